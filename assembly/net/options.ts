// IPv4 options (RFC 791, 1122 3.2.1.8): skipped, but for malformed ones and source routes, which are refused.

import { IP } from "../wire/ip4";
import { Net } from "./counters";

const enum Option { end = 0, nop = 1, lsrr = 131, ssrr = 137 }

/** Looks over the options of a header of hl bytes at p: 0, or the counter of what is wrong with them. */
export function check(p: usize, hl: u32): u32 {
  for (let at: u32 = IP; at < hl;) {
    const kind = <u32>load<u8>(p + at);
    if (kind == Option.end) return 0;
    if (kind == Option.nop) { at++; continue; }
    if (kind == Option.lsrr || kind == Option.ssrr) return Net.ipSourceRoute;
    if (at + 1 >= hl) return Net.ipOptions;
    const len = <u32>load<u8>(p + at, 1);
    if (len < 2 || at + len > hl) return Net.ipOptions;
    at += len;
  }
  return 0;
}

/** Turns the options that only a datagram's first fragment carries into no-operations. The header was checked. */
export function later(p: usize, hl: u32): void {
  for (let at: u32 = IP; at < hl;) {
    const kind = <u32>load<u8>(p + at);
    if (kind == Option.end) return;
    const len = kind == Option.nop ? 1 : <u32>load<u8>(p + at, 1);
    if ((kind & 0x80) == 0) memory.fill(p + at, <u8>Option.nop, len);
    at += len;
  }
}
