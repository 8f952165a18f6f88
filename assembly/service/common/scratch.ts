// One buffer for all services, between a `recv` or `content` and the `send` that follows it. Nothing in it outlives a callback.

export const SCRATCH_SIZE: u32 = 4096;
export const SCRATCH: usize = memory.data(4096, 16);
