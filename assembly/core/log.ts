// Log lines, built without allocation and kept in a ring until the entry hands them to the host.
// `begin(level); str("view "); num(v); end();`

import * as counters from "./counters";

export const enum Level { error = 0, warning = 1, info = 2, debug = 3 }

const LINE: u32 = 240;
const LINES: u32 = 64;
const RING: usize = memory.data(256 * 64, 16); // u8 level, u8 length, text
let put: u32 = 0, got: u32 = 0;
let at: usize = 0, stop: usize = 0;

/** Lines above this level are not built. */
export let limit: u32 = Level.info;
export function setLimit(l: u32): void { limit = l; }

export function begin(level: u32): void {
  at = 0; stop = 0;
  if (level > limit) return;
  if (put - got == LINES) { counters.add(counters.Core.logLost); return; }
  const slot = RING + ((put & (LINES - 1)) << 8);
  store<u8>(slot, <u8>level);
  at = slot + 2;
  stop = at + LINE;
}

function byte(c: u32): void {
  if (at < stop) { store<u8>(at, <u8>c); at++; }
}

/** A string literal, ASCII. */
export function str(s: string): void {
  const p = changetype<usize>(s);
  const n = <u32>s.length;
  for (let i: u32 = 0; i < n; i++) byte(<u32>load<u16>(p + (i << 1)));
}

export function num(v: u32): void {
  let div: u32 = 1000000000;
  while (div > 1 && v < div) div /= 10;
  for (; div != 0; div /= 10) byte(48 + v / div % 10);
}

export function hex(v: u32): void {
  for (let i = 28; i >= 0; i -= 4) { const d = v >> i & 15; byte(d < 10 ? 48 + d : 87 + d); }
}

/** An IPv4 address in host order. */
export function ip(a: u32): void {
  num(a >> 24); byte(46); num(a >> 16 & 255); byte(46); num(a >> 8 & 255); byte(46); num(a & 255);
}

export function end(): void {
  if (at == 0) return;
  const slot = RING + ((put & (LINES - 1)) << 8);
  store<u8>(slot + 1, <u8>(at - slot - 2));
  put++;
  at = 0; stop = 0;
}

/** Address of the oldest line that waits (level, length, text), or 0. `drop` removes it. */
export function oldest(): usize { return got == put ? 0 : RING + ((got & (LINES - 1)) << 8); }
export function drop(): void { got++; }
