// Round-trip time and retransmission timeout (RFC 6298). One sample per round trip, timed in microseconds; after a retransmission one of
// the timestamp's echo (RFC 7323 4 and G), never one from before a jump of TSval (`tsFloor`).

import { Conn, Flag, SynFlag } from "./conn";
import * as clock from "../core/clock";
import * as site from "../core/site";
import * as options from "./options";
import * as seq from "../core/seq";

export const INITIAL: u32 = 1000;
export const MIN: u32 = 200;
export const MAX: u32 = 60000;

/** Begins a sample that ends when `end` is acknowledged, unless one is under way. */
// @ts-ignore: decorator
@inline export function begin(c: Conn, end: u32): void {
  if (c.flags & Flag.rttOn) return;
  c.flags |= Flag.rttOn;
  c.rttEnd = end;
  c.rttAt = clock.us;
}

/** Karn: what was sent again is not measured. */
// @ts-ignore: decorator
@inline export function abandon(c: Conn): void { c.flags = c.flags & ~<u32>Flag.rttOn | Flag.rttEcho; }

/** The segment just received acknowledges up to c.heardAck. */
export function acked(c: Conn): void {
  if (c.flags & Flag.rttOn) {
    if (seq.lt(c.heardAck, c.rttEnd)) return;
    c.flags &= ~<u32>Flag.rttOn;
    sample(c, (clock.us - c.rttAt) / 1000);
  } else if (c.flags & Flag.rttEcho && c.options & SynFlag.timestamps && options.hasTs && seq.ge(options.tsEcr, c.tsFloor)) {
    echo(c);
  }
}

/** A sample from the timestamp echo, if it is plausible. */
export function echo(c: Conn): void {
  const d = c.tsOffset + site.ms() - options.tsEcr;
  if (d >= 120000) return;
  c.flags &= ~<u32>Flag.rttEcho;
  sample(c, d);
}

/** One measurement, milliseconds (RFC 6298 2.2, 2.3). */
export function sample(c: Conn, ms: u32): void {
  if (!(c.flags & Flag.sampled)) {
    c.flags |= Flag.sampled;
    c.srtt = ms << 3;
    c.rttvar = ms << 1;
  } else {
    const d = <i32>ms - <i32>(c.srtt >> 3);
    c.srtt += d;
    c.rttvar += (d < 0 ? -d : d) - (c.rttvar >> 2);
  }
  c.backoff = 0;
  c.rto = clamp((c.srtt >> 3) + max<u32>(c.rttvar, 10));
}

function clamp(v: u32): u32 { return min<u32>(max<u32>(v, MIN), MAX); }

/** The timeout with its doublings. */
export function timeout(c: Conn): u32 { return clamp(c.rto << min<u32>(c.backoff, 9)); }
