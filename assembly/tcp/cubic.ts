// CUBIC (RFC 9438): after a loss the window follows W(t) = C (t - K)^3 + W_max with C = 0.4, or Reno's line where that is higher. In integers:
// time in units of 1/128 s, windows in bytes. cc0 W_max, cc1 K, cc2 the epoch's start (ms), cc3 Reno's estimate, cc4 bytes
// acknowledged towards it, cc5 bytes acknowledged towards the next step, cc6 1 while an epoch runs.

import { Conn, Flag } from "./conn";
import * as clock from "../core/clock";

export function init(c: Conn): void { c.cc0 = 0; c.cc6 = 0; }
/** Time without sending is no time of growth. */
export function idle(c: Conn): void { c.cc6 = 0; }

export function lost(c: Conn, flight: u32): void {
  // RFC 9438 4.6 allows the window itself where it was what limited us: ACKs of the same poll may just have emptied it
  const w = max<u32>(c.flags & Flag.cwndLimited ? c.cwnd : min<u32>(c.cwnd, flight), c.mss);
  // fast convergence (4.7): the window of a flow that shrinks makes room for others
  c.cc0 = w < c.cc0 ? mulDiv1024(w, 870) : w;
  c.cc6 = 0;
  c.ssthresh = mulDiv1024(w, 717);
}

export function acked(c: Conn, n: u32): void {
  if (c.cc6 == 0) begin(c);
  // the window one round trip ahead (4.2)
  const t = units(clock.ms - c.cc2 + (c.srtt >> 3));
  const target = max<u32>(min<u32>(curve(c, t), c.cwnd + (c.cwnd >> 1)), reno(c, n));
  if (target > c.cwnd) grow(c, n, target);
}

function begin(c: Conn): void {
  c.cc6 = 1;
  c.cc2 = clock.ms;
  c.cc3 = c.cwnd;
  c.cc4 = 0;
  c.cc5 = 0;
  if (c.cc0 <= c.cwnd) { c.cc0 = c.cwnd; c.cc1 = 0; }
  else c.cc1 = rise(min<u32>((c.cc0 - c.cwnd) / c.mss * 5 / 2, 1 << 24));
}

/** Adds (target - cwnd) / cwnd of each byte acknowledged. */
function grow(c: Conn, n: u32, target: u32): void {
  const step = c.cwnd / max<u32>((target - c.cwnd) / c.mss, 1);   // bytes acknowledged per segment of growth
  c.cc5 += n;
  if (c.cc5 < step) return;
  c.cwnd = min<u32>(c.cwnd + c.mss, target);
  c.cc5 = min<u32>(c.cc5 - step, c.cwnd);
}

/** Reno's window with the same loss rate (4.3): 0.53 segments per window acknowledged, and one from the window of the last loss on. */
function reno(c: Conn, n: u32): u32 {
  c.cc4 += n;
  const s = c.ssthresh, prior = s + (s >> 2) + (s >> 3) + (s >> 4);   // 1.44: 1 / 0.7
  const per = c.cc3 >= prior ? c.cc3 : c.cc3 + (c.cc3 >> 1) + (c.cc3 >> 2) + (c.cc3 >> 3);   // 1.88 windows: 1 / 0.53
  if (c.cc4 >= per) { c.cc4 -= per; c.cc3 += c.mss; }
  return c.cc3;
}

/** W(t) in bytes, t in units since the epoch began. */
export function curve(c: Conn, t: u32): u32 {
  const k = c.cc1, d = min<u32>(t < k ? k - t : t - k, 65535);
  const cube = min<u64>(<u64>(d * d >> 7) * <u64>d >> 7, 0xffffffff);       // s^3 * 128
  const bytes = <u32>min<u64>(<u64><u32>cube * <u64>(<u32>c.mss * 2 / 5) >> 7, 0x3fffffff);
  return t < k ? (c.cc0 > bytes ? c.cc0 - bytes : 0) : c.cc0 + bytes;
}

/** Milliseconds in units of 1/128 s. */
function units(ms: u32): u32 { return min<u32>(ms, 1 << 20) * 131 >> 10; }

/** Cube root of x seconds^3 in units of 1/128 s. */
export function rise(x: u32): u32 {
  let shift: u32 = 21;                       // 128^3
  while (shift != 0 && x >> (32 - shift) != 0) shift -= 3;
  return cbrt(x << shift) << (7 - shift / 3);
}

/** Integer cube root, bit by bit. */
export function cbrt(x: u32): u32 {
  let y: u32 = 0;
  for (let s: i32 = 30; s >= 0; s -= 3) {
    y <<= 1;
    const b: u32 = 3 * y * (y + 1) + 1;
    if (x >> <u32>s >= b) { x -= b << <u32>s; y++; }
  }
  return y;
}

/** v * k / 1024, in 32 bits. */
function mulDiv1024(v: u32, k: u32): u32 { return (v >> 10) * k + ((v & 1023) * k >> 10); }
