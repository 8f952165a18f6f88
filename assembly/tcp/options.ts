// TCP options (RFC 9293 3.2, RFC 7323, RFC 2018): read into this module's variables, written to a place. Unknown ones are skipped.

import { get16, get32, put16, put32 } from "../core/bytes";

const enum Kind { end = 0, nop = 1, mss = 2, wscale = 3, sackOk = 4, sack = 5, ts = 8 }
const TS_WORD: u32 = 0x0101080a;   // NOP NOP, timestamps, length 10

/** What `parse` found. mss 0: none; wscale 255: none. */
export let mss: u32 = 0;
export let wscale: u32 = 255;
export let sackOk: bool = false;
export let hasTs: bool = false;
export let tsVal: u32 = 0;
export let tsEcr: u32 = 0;
/** SACK blocks: their address and number. */
export let sackAt: usize = 0;
export let sackN: u32 = 0;

/** Reads the n bytes of options at p. False where a length is impossible. */
export function parse(p: usize, n: u32): bool {
  mss = 0; wscale = 255; sackOk = false; sackN = 0;
  hasTs = n == 12 && get32(p) == TS_WORD;
  if (hasTs) { tsVal = get32(p + 4); tsEcr = get32(p + 8); return true; }
  return n == 0 || walk(p, p + n);
}

function walk(p: usize, stop: usize): bool {
  while (p < stop) {
    const kind = <u32>load<u8>(p);
    if (kind == Kind.end) return true;
    if (kind == Kind.nop) { p++; continue; }
    if (p + 1 >= stop) return false;
    const n = <u32>load<u8>(p + 1);
    if (n < 2 || p + n > stop || !take(kind, p, n)) return false;
    p += n;
  }
  return true;
}

function take(kind: u32, p: usize, n: u32): bool {
  switch (kind) {
    case Kind.mss: if (n != 4) return false; mss = get16(p + 2); return true;
    // RFC 7323 2.3: a shift above 14 counts as 14
    case Kind.wscale: if (n != 3) return false; wscale = min(<u32>load<u8>(p + 2), 14); return true;
    case Kind.sackOk: if (n != 2) return false; sackOk = true; return true;
    case Kind.sack:
      if (n < 10 || (n - 2 & 7) != 0) return false;
      sackAt = p + 2; sackN = n - 2 >> 3;
      return true;
    case Kind.ts:
      if (n != 10) return false;
      hasTs = true; tsVal = get32(p + 2); tsEcr = get32(p + 6);
      return true;
  }
  return true;
}

/** Writes a SYN's options; wscale 255: none. Returns their length, a multiple of 4, at most 20. */
export function writeSyn(p: usize, maxSeg: u32, sack: bool, ts: bool, val: u32, ecr: u32, shift: u32): u32 {
  put32(p, 0x02040000 | maxSeg);
  let n: u32 = 4;
  if (ts) {
    put32(p + n, sack ? 0x0402080a : TS_WORD);
    put32(p + n + 4, val);
    put32(p + n + 8, ecr);
    n += 12;
  } else if (sack) { put32(p + n, 0x01010402); n += 4; }
  if (shift != 255) { put32(p + n, 0x01030300 | shift); n += 4; }
  return n;
}

/** Writes the timestamps option with its padding: 12 bytes. */
export function writeTs(p: usize, val: u32, ecr: u32): void {
  put32(p, TS_WORD);
  put32(p + 4, val);
  put32(p + 8, ecr);
}

/** Writes the head of a SACK option of n blocks: 4 bytes; the blocks follow. */
export function writeSack(p: usize, n: u32): void { put16(p, 0x0101); put16(p + 2, 0x0500 | 2 + (n << 3)); }
