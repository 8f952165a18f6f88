// The node's time, set once per poll from the host's. Nothing else in the node knows what time it is.

/** Microseconds since the shim started. */
export let now: u64 = 0;
/** The same, low 32 bits: wraps every 71 minutes; for short intervals. */
export let us: u32 = 0;
/** Milliseconds since the shim started; wraps after 49 days, compare by `seq`. */
export let ms: u32 = 0;
let rest: u32 = 0; // microseconds that `ms` does not show yet

/** Takes the host's clock. Divides 32-bit numbers only. A clock that went back stands still. */
export function set(t: u64): void {
  if (t < now) return;
  let d = t - now;
  now = t;
  us = <u32>t;
  while (d > 1000000000) { d -= 1000000000; ms += 1000000; }
  const n = <u32>d + rest, whole = n < 1000 ? 0 : n / 1000;
  ms += whole;
  rest = n - whole * 1000;
}

/** For tests: starts anew at t microseconds. */
export function reset(t: u64): void {
  now = 0; us = 0; ms = 0; rest = 0;
  set(t);
}
