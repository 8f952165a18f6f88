// Sizes of the wire process.
export const WIDE: bool = true;      // the CPU computes with 64 bits at once
export const IFACES: u32 = 2;
export const RX_RING: u32 = 256;        // a power of two
export const TX_RING: u32 = 1024;       // a power of two
export const FRAMES: u32 = 16384;       // frame buffers of 2 KiB: what may wait on the wire
