// Frames that wait for their time: a binary heap by release time, then by arrival.

import { FRAMES } from "../core/sizes";
import * as seq from "../core/seq";

@unmanaged export class Waiting {
  at: u32;        // us on `clock.us`
  serial: u32;
  p: u32;
  len: u16;
  dir: u8;
  rule: u8;
}
if (offsetof<Waiting>() != 16) ERROR("Waiting: layout");
const LIMIT: u32 = 2 * FRAMES;   // a buffer may wait twice: duplicates share it
const HEAP: usize = memory.data(32 * FRAMES, 16);
let n: u32 = 0, serial: u32 = 0;

// @ts-ignore: decorator
@inline function slot(i: u32): usize { return HEAP + (<usize>i << 4); }
export function size(): u32 { return n; }
/** The frame that leaves first. Precondition: there is one. */
export function first(): Waiting { return changetype<Waiting>(HEAP); }

function before(a: usize, b: usize): bool {
  const x = changetype<Waiting>(a), y = changetype<Waiting>(b);
  return x.at == y.at ? seq.lt(x.serial, y.serial) : seq.lt(x.at, y.at);
}

function swap(a: usize, b: usize): void {
  const lo = load<u64>(a), hi = load<u64>(a, 8);
  store<u64>(a, load<u64>(b)); store<u64>(a, load<u64>(b, 8), 8);
  store<u64>(b, lo); store<u64>(b, hi, 8);
}

/** Adds a frame; it keeps one reference of the buffer. False where the queue is full. */
export function push(at: u32, p: usize, len: u32, dir: u32, rule: u32): bool {
  if (n == LIMIT) return false;
  const w = changetype<Waiting>(slot(n));
  w.at = at; w.serial = serial++; w.p = <u32>p; w.len = <u16>len; w.dir = <u8>dir; w.rule = <u8>rule;
  for (let i = n++; i > 0 && before(slot(i), slot((i - 1) >> 1)); i = (i - 1) >> 1) swap(slot(i), slot((i - 1) >> 1));
  return true;
}

/** Removes the first. */
export function drop(): void {
  n--;
  if (n > 0) swap(slot(0), slot(n));
  for (let i: u32 = 0; ;) {
    let least = i;
    for (let c: u32 = 2 * i + 1; c <= 2 * i + 2; c++) if (c < n && before(slot(c), slot(least))) least = c;
    if (least == i) return;
    swap(slot(i), slot(least));
    i = least;
  }
}
