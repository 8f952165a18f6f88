// Routes by longest prefix. The table is kept as disjoint ranges in order, so that a lookup is one binary search.

import { ROUTES } from "../core/sizes";
import { Err } from "../core/err";

@unmanaged export class Route {
  prefix: u32;
  via: u32;      // next hop; 0: on link
  len: u8;
  iface: u8;
  pad: u16;
  pad2: u32;

  /** Whom to ask for on the link. */
  hop(dst: u32): u32 { return this.via ? this.via : dst; }
}
if (offsetof<Route>() != 16) ERROR("Route: layout");

const TABLE: usize = memory.data(16 * ROUTES, 16);
const STARTS: usize = memory.data(4 * (2 * ROUTES + 1), 16);   // first address of each range, rising
const BEST: usize = memory.data(4 * (2 * ROUTES + 1), 16);     // its Route, or 0
let count: u32 = 0, ranges: u32 = 0;
let lastDst: u32 = 0, lastRoute: usize = 0;   // of the last lookup

export function init(): void { count = 0; ranges = 0; build(); }

/** The mask of a prefix length. */
export function mask(len: u32): u32 { return len == 0 ? 0 : 0xffffffff << (32 - len); }

/** Adds a route, or replaces the one of the same prefix. 0, or Err.tooMany, Err.badRecord. */
export function add(prefix: u32, len: u32, iface: u32, via: u32): i32 {
  if (len > 32) return Err.badRecord;
  prefix &= mask(len);
  let r = same(prefix, len);
  if (r == null) {
    if (count == ROUTES) return Err.tooMany;
    r = at(count);
    count++;
  }
  r.prefix = prefix; r.len = <u8>len; r.iface = <u8>iface; r.via = via;
  build();
  return 0;
}

/** The route for an address, or null. */
export function lookup(dst: u32): Route | null {
  if (dst != lastDst) { lastRoute = search(dst); lastDst = dst; }
  return changetype<Route | null>(lastRoute);
}

function search(dst: u32): usize {
  let lo: u32 = 0, hi = ranges; // STARTS[lo] <= dst < STARTS[hi]
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (load<u32>(STARTS + (mid << 2)) <= dst) lo = mid; else hi = mid;
  }
  return <usize>load<u32>(BEST + (lo << 2));
}

// @ts-ignore: decorator
@inline function at(i: u32): Route { return changetype<Route>(TABLE + (i << 4)); }

function same(prefix: u32, len: u32): Route | null {
  for (let i: u32 = 0; i < count; i++) if (at(i).prefix == prefix && <u32>at(i).len == len) return at(i);
  return null;
}

function build(): void {
  ranges = 0;
  cut(0);
  for (let i: u32 = 0; i < count; i++) {
    const r = at(i), after = (r.prefix | ~mask(r.len)) + 1;
    cut(r.prefix);
    if (after != 0) cut(after);
  }
  for (let i: u32 = 0; i < ranges; i++) store<u32>(BEST + (i << 2), <u32>longest(load<u32>(STARTS + (i << 2))));
  lastDst = 0; lastRoute = search(0);
}

/** Lets a range begin at an address. */
function cut(start: u32): void {
  let i = ranges;
  for (; i > 0 && load<u32>(STARTS + ((i - 1) << 2)) >= start; i--) if (load<u32>(STARTS + ((i - 1) << 2)) == start) return;
  for (let j = ranges; j > i; j--) store<u32>(STARTS + (j << 2), load<u32>(STARTS + ((j - 1) << 2)));
  store<u32>(STARTS + (i << 2), start);
  ranges++;
}

function longest(addr: u32): usize {
  let best: usize = 0, len: i32 = -1;
  for (let i: u32 = 0; i < count; i++) {
    const r = at(i);
    if ((addr & mask(r.len)) == r.prefix && <i32>r.len > len) { best = changetype<usize>(r); len = <i32>r.len; }
  }
  return best;
}
