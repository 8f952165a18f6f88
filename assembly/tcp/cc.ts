// Congestion control: what every algorithm is asked, and which one answers. An algorithm keeps its state in cc0..cc6 of the block; all
// amounts are bytes, all times milliseconds.

import { Conn, Flag } from "./conn";
import * as newreno from "./newreno";
import * as cubic from "./cubic";

export const enum Algo { cubic = 0, newreno = 1 }
export const INFINITE: u32 = 0x7fffffff;

/** Initial window, RFC 6928: ten segments. */
export function initial(mss: u32): u32 { return min<u32>(10 * mss, max<u32>(2 * mss, 14600)); }

/** A new connection, or a new path. */
export function init(c: Conn): void {
  c.cwnd = initial(c.mss);
  c.ssthresh = INFINITE;
  switch (<i32>c.cc) {
    case Algo.newreno: return newreno.init(c);
    default: return cubic.init(c);
  }
}

/** Another algorithm goes on from the window as it is. */
export function change(c: Conn, algo: u32): void {
  c.cc = <u8>algo;
  switch (<i32>algo) {
    case Algo.newreno: return newreno.init(c);
    default: return cubic.init(c);
  }
}

/** n bytes were newly acknowledged, outside fast recovery. The window grows only where it was what limited us (RFC 7661). */
export function acked(c: Conn, n: u32): void {
  if (!(c.flags & Flag.cwndLimited)) return;
  if (c.cwnd < c.ssthresh) { slowStart(c, n); return; }
  switch (<i32>c.cc) {
    case Algo.newreno: return newreno.acked(c, n);
    default: return cubic.acked(c, n);
  }
}

/** RFC 5681 3.1 with byte counting (RFC 3465): one ACK never adds more than eight segments. */
function slowStart(c: Conn, n: u32): void {
  c.cwnd = min<u32>(c.cwnd + min<u32>(n, 8 * <u32>c.mss), max<u32>(c.ssthresh, c.cwnd + 1));
}

/** A loss with `flight` bytes on the way: sets ssthresh, and returns it as the window to recover with. */
export function lost(c: Conn, flight: u32): u32 {
  switch (<i32>c.cc) {
    case Algo.newreno: newreno.lost(c, flight); break;
    default: cubic.lost(c, flight);
  }
  c.ssthresh = max<u32>(c.ssthresh, 2 * <u32>c.mss);
  return c.ssthresh;
}

/** The retransmission timer fired for the first time on these bytes. */
export function timeout(c: Conn, flight: u32): void {
  lost(c, flight);
  c.cwnd = c.mss;
}

/** Sending begins again after more than a timeout of silence (RFC 5681 4.1). */
export function idle(c: Conn): void {
  c.cwnd = min<u32>(c.cwnd, initial(c.mss));
  if (c.cc == Algo.cubic) cubic.idle(c);
}
