// What a wire does to frames: an ordered list of rules, the first that fits a frame decides. No rule: the frame passes at once.

import { Eth } from "../wire/eth";

export const RULES: u32 = 16;

@unmanaged export class Rule {
  used: u8;
  dirs: u8;             // bit 0: from interface 0 to 1; bit 1: back
  cut: u8;
  match: u8;            // bit 0: source must be `src`; bit 1: destination must be `dst`
  srcLo: u32; srcHi: u32;
  dstLo: u32; dstHi: u32;
  loss: u32; dup: u32; corrupt: u32; reorder: u32;   // parts per million
  delay: u32; jitter: u32;                           // us
  hold: u32;            // us that a reordered frame is held back
  rate: u32;            // kbit/s, 0: no limit
  limit: u32;           // us that a frame may wait for the rate, longer: dropped
  free0: u32; free1: u32;   // us: when the line is free again, per direction
  rest0: u32; rest1: u32;   // what the division by the rate left over
  last0: u32; last1: u32;   // us: latest release so far, per direction; order is kept behind it
  queued0: u32; queued1: u32;   // frames in the queue: while there are none, `free` and `last` say nothing
  pad0: u32; pad1: u32;
}
const SIZE: u32 = 96;
if (offsetof<Rule>() != SIZE) ERROR("Rule: layout");
const TABLE: usize = memory.data(96 * 16, 16);

// @ts-ignore: decorator
@inline export function at(i: u32): Rule { return changetype<Rule>(TABLE + i * SIZE); }

/** Empties rule i, or all with i = RULES. */
export function clear(i: u32): void {
  if (i == RULES) memory.fill(TABLE, 0, SIZE * RULES);
  else memory.fill(TABLE + i * SIZE, 0, SIZE);
}

/** The first rule for a frame of direction dir, its index; RULES where none fits. */
export function find(dir: u32, p: usize): u32 {
  for (let i: u32 = 0; i < RULES; i++) if (fits(at(i), dir, changetype<Eth>(p))) return i;
  return RULES;
}

function fits(r: Rule, dir: u32, e: Eth): bool {
  if (r.used == 0 || (<u32>r.dirs >> dir & 1) == 0) return false;
  if ((r.match & 1) != 0 && (e.srcLo != r.srcLo || e.srcHi != r.srcHi)) return false;
  return (r.match & 2) == 0 || e.isGroup || (e.dstLo == r.dstLo && e.dstHi == r.dstHi);
}
