// NewReno's window (RFC 5681 3.1, RFC 6582): one segment more per round trip, half after a loss. cc0: bytes acknowledged towards the next segment.

import { Conn } from "./conn";

export function init(c: Conn): void { c.cc0 = 0; }

export function acked(c: Conn, n: u32): void {
  c.cc0 += n;
  if (c.cc0 < c.cwnd) return;
  c.cc0 -= c.cwnd;
  c.cwnd += c.mss;
}

export function lost(c: Conn, flight: u32): void {
  c.cc0 = 0;
  c.ssthresh = flight >> 1;
}
