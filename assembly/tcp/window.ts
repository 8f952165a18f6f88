// The window that we offer. `edge` is what this block has room for, `edgeLimit` what is offered (gated: the minimum of the chain); neither
// goes back. The field counts units of 2^scale and is rounded up (R15a), so that 2^scale - 1 bytes more than the edge are accepted.

import { Conn, Dirty, Flag } from "./conn";
import * as rcvpool from "./rcvpool";
import * as table from "./table";
import * as seq from "../core/seq";

/** What a connection may still offer when the pool runs low. */
const LOW: u32 = 2048;

/** The first byte that has to be kept. */
// @ts-ignore: decorator
@inline export function base(c: Conn): u32 { return c.gated ? seq.min(c.readOff, c.keepFrom) : c.readOff; }
/** Bytes accepted beyond `edge`. */
// @ts-ignore: decorator
@inline export function slack(c: Conn): u32 { return (1 << <u32>c.wscaleRcv) - 1; }

/** Moves `edge` up by at least a segment or half the buffer (RFC 9293 3.8.6.2.2). */
export function update(c: Conn): void {
  let e = base(c) + c.rcvCap;
  if (rcvpool.low()) e = seq.min(e, c.rcvd + min<u32>(LOW, c.rcvCap));
  if (<i32>(e - c.edge) < <i32>min<u32>(c.rcvCap >> 1, c.mss)) return;
  c.edge = e;
  if (c.gated) table.mark(c, Dirty.edge);
  else limit(c, e);
}

/** What may be offered. An ACK tells the client when that is worth one. */
export function limit(c: Conn, e: u32): void {
  if (seq.le(e, c.edgeLimit)) return;
  c.edgeLimit = e;
  if (c.finRcvd) return; // nothing more can come
  const step = min<u32>(c.rcvCap >> 1, max<u32>(2 * <u32>c.mss, c.rcvCap >> 3));
  if (<i32>(e - c.edgeSent) < <i32>step) return;
  c.flags |= Flag.ackNow;
  table.want(c);
}

/** The window field of a segment that acknowledges up to offset `ack`. */
export function field(c: Conn, ack: u32): u32 {
  const n = <i32>(c.edgeLimit - ack);
  if (n <= 0) return 0;
  return min<u32>(<u32>n + slack(c) >> <u32>c.wscaleRcv, 65535);
}

/** The smallest scale that lets 16 bits tell `cap`. */
export function scaleFor(cap: u32): u32 {
  let s: u32 = 0;
  while (s < 14 && cap >> s > 65535) s++;
  return s;
}
