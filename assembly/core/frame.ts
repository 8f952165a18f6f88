// Frame buffers: a fixed pool of 2 KiB buffers with reference counts. Any address inside a buffer names it.
// A received frame starts at HEADROOM, so that the IP header is 4-byte aligned and a tunnel header fits before it.

import { FRAMES } from "./sizes";
import { must } from "./err";
import * as counters from "./counters";

export const FRAME: u32 = 2048;
/** Offset of the Ethernet header of a received or built frame in its buffer: IP header at 64 + 14 + 2 = 80. */
export const HEADROOM: u32 = 66;
/** Bytes from HEADROOM to the buffer's end. */
export const CAPACITY: u32 = FRAME - HEADROOM;

const BASE: usize = (memory.data(FRAME * FRAMES + FRAME, 16) + (FRAME - 1)) & ~(<usize>FRAME - 1);
const REFS: usize = memory.data(FRAMES, 16);          // u8 per buffer
const FREE: usize = memory.data(FRAMES * 2, 16);      // stack of free indices, u16 each
let top: u32 = 0;

export function init(): void {
  memory.fill(REFS, 0, FRAMES);
  for (let i: u32 = 0; i < FRAMES; i++) store<u16>(FREE + (i << 1), <u16>(FRAMES - 1 - i));
  top = FRAMES;
}

/** A buffer with one reference, its base address; 0 when there is none, which is counted. */
export function alloc(): usize {
  if (top == 0) { counters.add(counters.Core.noFrame); return 0; }
  top--;
  const i = <u32>load<u16>(FREE + (top << 1));
  store<u8>(REFS + i, 1);
  return BASE + (<usize>i << 11);
}

/** One more owner of the buffer that holds address p. */
export function ref(p: usize): void {
  const r = REFS + index(p);
  must(load<u8>(r) != 0 && load<u8>(r) != 255);
  store<u8>(r, load<u8>(r) + 1);
}

/** One owner less; the last one returns the buffer to the pool. */
export function free(p: usize): void {
  const i = index(p);
  const n = load<u8>(REFS + i);
  must(n != 0);
  store<u8>(REFS + i, n - 1);
  if (n == 1) { store<u16>(FREE + (top << 1), <u16>i); top++; }
}

/** True where p's buffer has one owner, so that its bytes may be changed. */
export function sole(p: usize): bool { return load<u8>(REFS + index(p)) == 1; }

/** First byte of the buffer that holds p, and the one after its last. */
// @ts-ignore: decorator
@inline export function start(p: usize): usize { return p & ~(<usize>FRAME - 1); }
// @ts-ignore: decorator
@inline export function end(p: usize): usize { return start(p) + FRAME; }

/** Buffers in the pool: FRAMES when nothing is held. */
export function available(): u32 { return top; }

function index(p: usize): u32 {
  const i = <u32>(p - BASE) >> 11;
  must(i < FRAMES);
  return i;
}
