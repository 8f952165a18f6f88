// What receive streams hold of the chunk pool, and may hold: so much that sending always finds its half, and an index for each two chunks of it
// or for each connection, whichever is less. Who grants more of the send buffer than half of the pool has no such promise.

import { CHUNK, CHUNKS, CONNS } from "../core/sizes";
import { Stream } from "./stream";
import * as stream from "./stream";

/** Chunks that received bytes may take, indices included. */
export const LIMIT: u32 = CHUNKS / 2 - (CONNS < CHUNKS / 4 ? CONNS : CHUNKS / 4);
let count: u32 = 0;

export function init(): void { count = 0; }

/** Chunks in use by receive streams. */
export function used(): u32 { return count; }

/** True from half of LIMIT on: windows grow by the least that keeps a connection going. */
// @ts-ignore: decorator
@inline export function low(): bool { return count >= LIMIT / 2; }

/** Writes n bytes from p at `off`, leaving `spare` chunks of LIMIT; returns how many: beyond that only what fits the chunk at `off`. */
export function write(s: Stream, off: u32, p: usize, n: u32, spare: u32): u32 {
  // chunks that the bytes may need, and an index
  if (count + spare + n / CHUNK + 3 > LIMIT) {
    if (stream.span(s, off) == 0) return 0;
    n = min<u32>(n, stream.spanLen(off));
  }
  const before = stream.held(s), done = stream.write(s, off, p, n);
  count += stream.held(s) - before;
  return done;
}

/** `stream.release` of a receive stream. */
export function release(s: Stream, from: u32, to: u32, empty: bool): void {
  const before = stream.held(s);
  stream.release(s, from, to, empty);
  count -= before - stream.held(s);
}

/** `stream.clear` of a receive stream. */
export function clear(s: Stream): void {
  count -= stream.held(s);
  stream.clear(s);
}
