// Sizes of the wire process.
export const WIDE: bool = true;      // the CPU computes with 64 bits at once
export const IFACES: u32 = 2;
export const RX_RING: u32 = 256;        // a power of two
export const TX_RING: u32 = 1024;       // a power of two
export const FRAMES: u32 = 16384;       // frame buffers of 2 KiB: what may wait on the wire
export const PORTS: u32 = 0;            // RPC connections of local programs; 0: no sockets
export const SOCKETS: u32 = 0;          // sockets of all programs together
export const FDS: u32 = 0;              // descriptors of one program
