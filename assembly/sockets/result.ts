// What a call gives back besides a count or a negative errno.

/** The call waits for its socket, for time, or for the rest of its data. */
export const LATER: i32 = i32.MIN_VALUE;
/** Bytes of data behind the reply that the call has written to `port.data`. */
export let n: u32 = 0;
export function setN(v: u32): void { n = v; }
