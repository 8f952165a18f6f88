// Loss recovery: fast recovery by the SACK scoreboard (RFC 6675) or without it (RFC 6582), tail loss probes (RFC 8985 7), and going back
// after a timeout.

import { Conn, Flag, Slot, SynFlag } from "./conn";
import { Range } from "./ranges";
import * as sack from "./sack";
import * as cc from "./cc";
import * as rtt from "./rtt";
import * as timers from "./timers";
import * as output from "./output";
import * as segment from "./segment";
import * as seq from "../core/seq";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

const DUP_THRESH: u32 = 3;

/** After an ACK that moved heardAck by n bytes. */
export function advanced(c: Conn, n: u32): void {
  sack.trim(c);
  c.dupAcks = 0;
  c.flags &= ~<u32>Flag.tlp;
  if (c.flags & Flag.recovery) { partial(c, n); return; }
  if (c.flags & Flag.rtoRecovery && seq.ge(c.heardAck, c.recover)) c.flags &= ~<u32>Flag.rtoRecovery;
  c.lost = 0;
  cc.acked(c, n);
  if (c.sacked != 0) suspect(c);
}

/** In fast recovery: it ends at RecoveryPoint; before that, without SACK, each partial ACK shows the next hole. */
function partial(c: Conn, n: u32): void {
  c.lost -= min(c.lost, n);
  if (seq.lt(c.heardAck, c.recover)) { c.highRxt = seq.max(c.highRxt, c.heardAck); return; }
  c.flags &= ~<u32>Flag.recovery;
  c.lost = 0;
  // RFC 6582 3.2 (3): no burst. With SACK the window has been ssthresh all along, and what was on the way was counted (RFC 6675 5)
  if (!(c.options & SynFlag.sack)) c.cwnd = min<u32>(c.ssthresh, max<u32>(output.flight(c), c.mss) + c.mss);
}

/** A duplicate ACK, or one with new SACK blocks (`told`). */
export function duplicate(c: Conn, told: bool): void {
  if (c.dupAcks < 255) c.dupAcks++;
  if (!(c.options & SynFlag.sack)) c.lost = min<u32>(c.lost + c.mss, c.sentMax - c.heardAck);
  else if (!told && c.sacked == 0) return;
  if (!(c.flags & Flag.recovery)) suspect(c);
}

/** Enters fast recovery where the first byte counts as lost, once per window (RFC 6582 3.2 (2)). */
function suspect(c: Conn): void {
  if (c.flags & Flag.rtoRecovery || c.sentMax == c.heardAck) return;
  const bySack = (c.options & SynFlag.sack) != 0;
  if (bySack ? !(sack.firstIsLost(c) || (c.dupAcks >= DUP_THRESH && c.sacked != 0)) : c.dupAcks < DUP_THRESH) return;
  enter(c);
}

function enter(c: Conn): void {
  counters.add(C.fastRetransmits);
  // RFC 5681 3.2 (2): what limited transmit sent beyond the window does not count
  const way = min<u32>(c.sentMax - c.heardAck, c.cwnd);
  c.recover = c.sentMax;
  c.cwnd = cc.lost(c, way);
  c.flags |= Flag.recovery;
  c.flags &= ~<u32>Flag.tlp;
  c.highRxt = c.heardAck;
  c.rescue = c.heardAck;
  c.sent = c.sentMax;
  timers.clear(c, Slot.probe);
  first(c);
  output.armRtx(c);
}

/** Sends the first unacknowledged segment again, whatever the window of congestion. */
export function first(c: Conn): bool {
  const end = seq.min(c.heardAck + c.mss, c.sentMax);
  const stop = c.sacked != 0 ? sack.nextStart(c, c.heardAck, end) : end;
  const n = stop - c.heardAck;
  if (n == 0 && !(c.flags & Flag.finEver)) return true;
  if (!output.data(c, c.heardAck, n, (c.flags & Flag.finEver) != 0 && stop == c.prod)) return false;
  c.highRxt = seq.max(c.highRxt, stop);
  return true;
}

/** Retransmissions of fast recovery, as many as the window of congestion has room for. */
export function resend(c: Conn): void {
  if (!(c.options & SynFlag.sack)) { if (seq.le(c.highRxt, c.heardAck)) first(c); return; }
  let way = sack.pipe(c);
  while (way + c.mss <= c.cwnd && sack.hole(c, true)) {
    const n = min<u32>(sack.holeEnd - sack.holeStart, c.mss);
    const at = sack.holeStart;
    if (!output.data(c, at, n, false)) return;
    c.highRxt = at + n;
    way += n;
  }
  if (way + c.mss <= c.cwnd && c.sent == c.ok) rest(c);
}

/** NextSeg rules 3 and 4: with nothing new to send, holes that may not be lost yet, then once the very last segment. */
function rest(c: Conn): void {
  if (sack.hole(c, false)) {
    const at = sack.holeStart, n = min<u32>(sack.holeEnd - at, c.mss);
    if (output.data(c, at, n, false)) c.highRxt = at + n;
    return;
  }
  if (c.rescue != c.heardAck && seq.gt(c.rescue, c.heardAck)) return;
  // rule 4 is about the highest byte that was not SACKed: where the end was, all of them went again already
  if (c.sacked != 0 && sack.skip(c, c.sentMax - 1) != c.sentMax - 1) return;
  if (last(c)) c.rescue = c.recover;
}

/** Sends the last segment that was ever sent again, FIN included. */
function last(c: Conn): bool {
  const n = min<u32>(c.sentMax - c.heardAck, c.mss);
  const fin = (c.flags & Flag.finEver) != 0 && c.sentMax == c.prod;
  if (n == 0 && !fin) return false;
  return output.data(c, c.sentMax - n, n, fin);
}

/** The retransmission timer fired on data (RFC 6298 5.4, RFC 5681 3.1): everything unacknowledged counts as unsent. */
export function timeout(c: Conn): void {
  counters.add(C.timeouts);
  // RFC 5681 3.1: ssthresh is held where this very segment has timed out before
  if (c.backoff == 0 || c.timedOut != c.heardAck) cc.timeout(c, c.sentMax - c.heardAck);
  else c.cwnd = c.mss;
  c.timedOut = c.heardAck;
  if (c.backoff < 255) c.backoff++;
  c.recover = c.sentMax;
  rewind(c);
  c.flags |= Flag.rtoRecovery | Flag.cwndLimited;
  // RFC 2018 8: the client may have discarded what it told
  sack.clear(c);
  output.armRtx(c);
  first(c);
  c.sent = seq.max(c.sent, c.highRxt);
}

/** What is unacknowledged counts as unsent. */
export function rewind(c: Conn): void {
  c.sent = c.heardAck;
  c.highRxt = c.heardAck;
  c.lost = 0;
  c.dupAcks = 0;
  c.flags &= ~<u32>(Flag.finSent | Flag.recovery | Flag.tlp | Flag.rtoRecovery);
  rtt.abandon(c);
}

/** Bytes SACKed below `off`. */
export function sackedBelow(c: Conn, off: u32): u32 {
  let n: u32 = 0;
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (seq.ge(r.start, off)) break;
    n += seq.min(r.end, off) - r.start;
  }
  return n;
}

/** Arms the tail loss probe: two round trips after the last data (RFC 8985 7.2), if that is before the timeout. */
export function armProbe(c: Conn): void {
  if (!(c.flags & Flag.sampled)) return;
  let ms = max<u32>(c.srtt >> 2, 10);
  if (c.sentMax - c.heardAck <= c.mss) ms += 50;   // the ACK of a single segment may be delayed
  if (ms >= c.rto) { timers.clear(c, Slot.probe); return; }
  timers.set(c, Slot.probe, ms);
}

/** The probe's time: one segment, new if there is one, else the last again. */
export function probe(c: Conn): void {
  if (!output.outstanding(c) || c.flags & (Flag.recovery | Flag.rtoRecovery | Flag.tlp)) return;
  counters.add(C.tailProbes);
  c.flags |= Flag.tlp;
  const room = <i32>(c.heardAck + c.sndWnd - c.sent);
  const n = room > 0 ? min<u32>(min<u32>(c.ok - c.sent, <u32>room), c.mss) : 0;
  if (n != 0 && c.sent == c.sentMax) output.data(c, c.sent, n, false);
  else last(c);
  output.armRtx(c);
}

/** The segment just received is a duplicate ACK (RFC 5681 2). */
export function isDuplicate(c: Conn): bool {
  return segment.len == 0 && output.outstanding(c) && segment.wnd << c.wscaleSnd == c.sndWnd;
}
