// The wire's status as JSON: what each direction took, passed, and did to frames.

import * as frame from "../core/frame";
import * as queue from "./queue";
import * as link from "./link";

const TEXT: usize = memory.data(2048, 16);
let at: usize = 0;

export function address(): usize { return TEXT; }

function str(s: string): void {
  const p = changetype<usize>(s), n = <u32>s.length;
  for (let i: u32 = 0; i < n; i++) { store<u8>(at, load<u8>(p + (i << 1))); at++; }
}

function num(v: u32): void {
  let div: u32 = 1000000000;
  while (div > 1 && v < div) div /= 10;
  for (; div != 0; div /= 10) { store<u8>(at, <u8>(48 + v / div % 10)); at++; }
}

function field(name: string, v: u32): void { str("\""); str(name); str("\":"); num(v); str(","); }

/** Writes the text; its length. */
export function write(): u32 {
  at = TEXT;
  str("{\"role\":\"wire\",");
  field("frames", frame.available());
  field("queued", queue.size());
  direction("ab", 0); str(",");
  direction("ba", 1); str("}");
  return <u32>(at - TEXT);
}

function direction(name: string, dir: u32): void {
  const s = link.stats(dir);
  str("\""); str(name); str("\":{");
  field("rx", s.rx); field("rxBytes", s.rxBytes); field("tx", s.tx); field("txBytes", s.txBytes);
  field("lost", s.lost); field("cut", s.cut); field("overflow", s.overflow); field("bad", s.bad);
  field("duplicated", s.duplicated); field("corrupted", s.corrupted);
  str("\"reordered\":"); num(s.reordered); str("}");
}

/** Writes an answer of plain text; its length. */
export function answer(s: string): u32 { at = TEXT; str(s); return <u32>(at - TEXT); }
