// Sizes of the host's test module.
export const IFACES: u32 = 4;
export const RX_RING: u32 = 256;
export const TX_RING: u32 = 512;
export const FRAMES: u32 = 1024;
