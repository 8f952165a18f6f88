// Received bytes: in order, out of order, twice. They end in the stream buffer; what becomes visible is `state.deposit`'s matter.

import { Conn, Dirty, Flag, SynFlag } from "./conn";
import { Range } from "./ranges";
import * as ranges from "./ranges";
import * as rcvpool from "./rcvpool";
import * as table from "./table";
import * as window from "./window";
import * as state from "./state";
import * as seq from "../core/seq";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

let stamp: u32 = 1;

/** Chunks of receiving's share that out-of-order bytes leave free, so that order can be restored. */
const RESERVE: u32 = rcvpool.LIMIT / 4;

// @ts-ignore: decorator
@inline function ooo(c: Conn): usize { return changetype<usize>(c) + offsetof<Conn>("ooo"); }

/** What `take` did with the bytes. */
export const enum Took { nothing = 0, inOrder = 1, outOfOrder = 2, filled = 3 }

/** Takes n bytes for offset off, from p; cut to what is new and has room. Returns Took. */
export function take(c: Conn, off: u32, p: usize, n: u32): u32 {
  const old = <i32>(c.rcvd - off);
  if (old > 0) {
    if (<u32>old >= n) return Took.nothing;
    off += old; p += old; n -= old;
  }
  const room = <i32>(c.edge + window.slack(c) - off);
  if (room <= 0) { counters.add(C.windowClosed); return Took.nothing; }
  n = min<u32>(n, <u32>room);
  if (c.flags & Flag.finSeen) {
    if (seq.ge(off, c.finOff)) { counters.add(C.afterFin); return Took.nothing; }
    n = min<u32>(n, c.finOff - off);
  }
  return off == c.rcvd ? append(c, p, n) : apart(c, off, p, n);
}

function append(c: Conn, p: usize, n: u32): u32 {
  const from = c.rcvd;
  const got = rcvpool.write(table.rxStream(c), from, p, n, 0);
  if (got == 0) { counters.add(C.noBuffer); return Took.nothing; }
  c.rcvd += got;
  if (c.ooo == 0) return Took.inOrder;
  absorb(c);
  return Took.filled;
}

/** Out of order: kept if the pool has plenty. */
function apart(c: Conn, off: u32, p: usize, n: u32): u32 {
  if (rcvpool.write(table.rxStream(c), off, p, n, RESERVE) != n) { counters.add(C.noBuffer); return Took.nothing; }
  if (!ranges.insert(ooo(c), off, off + n, stamp++)) { counters.add(C.noRange); return Took.nothing; }
  counters.add(C.reassembled);
  return Took.outOfOrder;
}

/** rcvd moves over the ranges that it reached. */
function absorb(c: Conn): void {
  while (c.ooo != 0) {
    const r = changetype<Range>(c.ooo);
    if (seq.gt(r.start, c.rcvd)) return;
    if (seq.gt(r.end, c.rcvd)) {
      if (c.gated) hold(c, r);
      c.rcvd = r.end;
    }
    c.ooo = r.next;
    ranges.give(r);
  }
}

/** R5a: what SACK told of this range forbids an ACK that stops in it. */
function hold(c: Conn, r: Range): void {
  if (!(c.options & SynFlag.sack) || seq.le(c.sackTop, r.start)) return;
  if (c.holdFrom == c.holdTo) c.holdFrom = r.start;
  c.holdTo = r.end;
}

/** The FIN is at offset `off`; true when it is contiguous now for the first time. */
export function fin(c: Conn, off: u32): bool {
  if (!(c.flags & Flag.finSeen)) {
    if (seq.lt(off, c.rcvd)) return false;
    c.flags |= Flag.finSeen;
    c.finOff = off;
  }
  if (c.finRcvd || c.finOff != c.rcvd) return false;
  c.finRcvd = 1;
  table.mark(c, Dirty.fin);
  return true;
}

/** rcvd moved: the owner hears of it, or a plain connection's bytes are visible at once; a FIN that waited may be reached. */
export function moved(c: Conn): void {
  table.mark(c, Dirty.data);
  if (c.flags & Flag.finSeen) fin(c, c.finOff);
  if (c.gated) return;
  if (c.rcvd != c.dep) state.deposit(c, c.rcvd - c.dep);
  if (c.finRcvd) state.depositFin(c);
}

/** Forgets what lies beyond dep (R0). */
export function discard(c: Conn): void {
  ranges.clear(ooo(c));
  ranges.clear(changetype<usize>(c) + offsetof<Conn>("tsFirst"));
  c.tsLast = 0;
  c.rcvd = c.dep;
  c.holdFrom = 0; c.holdTo = 0;
  if (c.finDep) return;
  c.finRcvd = 0;
  c.flags &= ~<u32>Flag.finSeen;
}
