// What a segment does to a connection (RFC 9293 3.10.7.4, with RFC 5961 and RFC 7323), as a list of calls. Order and holes are judged by
// rcvd, also where the ACK field lags behind it (R5a, R11).

import { Conn, Dirty, Flag, Slot, State, SynFlag } from "./conn";
import { Bit } from "../wire/tcp";
import * as cc from "./cc";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as segment from "./segment";
import * as options from "./options";
import * as output from "./output";
import * as receive from "./receive";
import * as recovery from "./recovery";
import * as rtt from "./rtt";
import * as sack from "./sack";
import * as state from "./state";
import * as table from "./table";
import * as timers from "./timers";
import * as window from "./window";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

/** At most one challenge ACK in this many milliseconds and connection (RFC 5961 7). */
const QUIET: u32 = 200;
/** 24 days: TS.Recent is too old to judge by (RFC 7323 5.5). */
const TS_STALE: u32 = 2073600000;

/** The offset of the segment's first byte. */
// @ts-ignore: decorator
@inline function offset(c: Conn): u32 { return segment.seqNo - c.irs - 1; }
/** RCV.NXT as an offset, the FIN counted. */
// @ts-ignore: decorator
@inline function next(c: Conn): u32 { return c.rcvd + c.finRcvd; }

/** The parsed segment belongs to c, in any state but LISTEN and SYN-SENT. */
export function arrive(c: Conn): void {
  const bits = segment.bits;
  if (predicted(c)) { inOrder(c); return; }
  if (c.state == State.synRcvd && synAgain(c)) return;
  if (bits & Bit.rst) { rxRst(c); return; }
  if (stale(c) || !acceptable(c)) return;
  c.lastHeard = clock.ms;
  c.probes = 0;
  if (bits & Bit.syn) { rxSyn(c); return; }
  if (!(bits & Bit.ack)) { counters.add(C.noAck); return; }
  if (!rxAck(c)) return;
  if (bits & Bit.urg) rxUrgent(c);
  if (segment.len != 0) rxData(c);
  else if (options.hasTs && c.options & SynFlag.timestamps) state.stamp(c, segment.seqNo, options.tsVal);
  if (segment.bits & Bit.fin) rxFin(c);
}

/**
 * Header prediction: the next segment of an open connection on which nothing is missing, with new data or a new ACK, no more than was offered or sent.
 * None of the checks of the long way would find anything (RFC 9293 3.10.7.4, RFC 7323 5.3, RFC 5961 5).
 */
function predicted(c: Conn): bool {
  const n = segment.len, ahead = segment.ack - c.iss - 1 - c.heardAck;
  return c.state == State.established && (segment.bits & ~<u32>Bit.psh) == Bit.ack && segment.seqNo - c.irs - 1 == c.rcvd
    && ((c.flags & ODD) | <u32>c.ooo | <u32>c.sacked | options.sackN | <u32>c.prodFin) == 0
    && (!(c.options & SynFlag.timestamps) || (options.hasTs && seq.ge(options.tsVal, c.tsRecent)))
    && <i32>n < <i32>(c.edge - c.rcvd) && ahead <= (c.gated ? c.prod : c.sentMax) - c.heardAck && (n | ahead) != 0;
}
const ODD: u32 = Flag.finSeen | Flag.recovery | Flag.rtoRecovery | Flag.tlp | Flag.persist;

/** What is left of the long way for a predicted segment. */
function inOrder(c: Conn): void {
  c.lastHeard = clock.ms;
  c.probes = 0;
  const off = segment.ack - c.iss - 1, more = off != c.heardAck;
  if (more) advance(c, off);
  rxWindow(c, more);
  if (segment.len != 0) rxData(c);
  else if (c.options & SynFlag.timestamps) state.stamp(c, segment.seqNo, options.tsVal);
}

/** `rxNewAck` of a predicted segment: no FIN, no scoreboard, no recovery, no persist timer. */
function advance(c: Conn, off: u32): void {
  const n = off - c.heardAck;
  c.heardAck = off;
  c.progressAt = clock.ms;
  c.sent = seq.max(c.sent, off);
  c.sentMax = seq.max(c.sentMax, off);
  table.mark(c, Dirty.ack);
  rtt.acked(c);
  c.dupAcks = 0;
  c.lost = 0;
  cc.acked(c, n);
  state.afterAck(c);
  table.want(c);
}

/** The same SYN again: the SYN-ACK was lost, or waits for the gate. */
function synAgain(c: Conn): bool {
  if ((segment.bits & (Bit.syn | Bit.ack)) != Bit.syn || segment.seqNo != c.irs) return false;
  counters.add(C.duplicate);
  c.clientRetransmits++;
  table.mark(c, Dirty.retransmit);
  if (options.hasTs && c.options & SynFlag.timestamps) state.stamp(c, segment.seqNo, options.tsVal);
  c.flags |= Flag.synDue;
  table.want(c);
  return true;
}

/** PAWS (RFC 7323 5.3 R1); a segment without the option that both sides agreed on is dropped as well (3.2). */
function stale(c: Conn): bool {
  if (!(c.options & SynFlag.timestamps)) return false;
  if (options.hasTs && (seq.ge(options.tsVal, c.tsRecent) || clock.ms - c.lastHeard > TS_STALE)) return false;
  counters.add(C.paws);
  if (options.hasTs) challenge(c);
  return true;
}

/** The sequence number check. What is not acceptable is answered by an ACK. */
function acceptable(c: Conn): bool {
  const n = segment.space(), ahead = offset(c) - next(c);
  const wnd = <i32>(c.edge + window.slack(c) - next(c));
  if (wnd > 0 && (ahead < <u32>wnd || (n != 0 && ahead + n - 1 < <u32>wnd))) return true;
  if (seq.le(c.edge, next(c)) && <i32>ahead <= <i32>c.rcvCap && (ahead == 0 || <i32>(ahead + n) > 0)) { closed(c, n); return true; }
  if (n != 0 && <i32>(ahead + n) <= 0) again(c);
  else { counters.add(C.outOfWindow); challenge(c); }
  return false;
}

/** The window is closed: nothing is acceptable but the ACK and the window (RFC 9293 3.10.7.4), also of who probes or has sent too much. */
function closed(c: Conn, n: u32): void {
  segment.bare(c.irs + 1 + next(c));
  if (n == 0) return;
  counters.add(C.windowClosed);
  window.update(c);
  output.ackDuplicate(c);
}

/**
 * All of the segment was received before: its ACK was lost, or has not left yet. The answer echoes this copy (RFC 7323 4.3 (2)), and it
 * accuses the primary, unless it lies further back than a window, where anybody could guess it.
 */
function again(c: Conn): void {
  const near = next(c) - offset(c) <= max<u32>(c.rcvCap, 65535);
  if (near && options.hasTs && c.options & SynFlag.timestamps) state.stamp(c, segment.seqNo, options.tsVal);
  counters.add(C.duplicate);
  if (near) {
    c.clientRetransmits++;
    table.mark(c, Dirty.retransmit);
  }
  output.ackDuplicate(c);
}

/** An ACK that tells where we are, at most one per QUIET. */
function challenge(c: Conn): void {
  if (seq.lt(clock.ms, c.quietUntil) && c.quietUntil != 0) { counters.add(C.challengeLimited); return; }
  c.quietUntil = clock.ms + QUIET | 1;
  output.ackDuplicate(c);
}

/** RFC 5961 3.2: exact, at rcvd or at the ACK last sent: reset; in the window: a challenge. */
function rxRst(c: Conn): void {
  if (c.state == State.timeWait) { counters.add(C.timeWaitSegment); return; } // RFC 1337: an old RST must not end TIME-WAIT
  const at = offset(c) - next(c);
  if (at == 0 || (c.gated && segment.seqNo == c.lastAck && c.state != State.synRcvd)) { state.resetHeard(c); return; }
  if (at < c.edge + window.slack(c) - next(c)) { counters.add(C.rstChallenged); challenge(c); }
  else counters.add(C.rstOutOfWindow);
}

/** RFC 5961 4.2. */
function rxSyn(c: Conn): void {
  counters.add(C.synChallenged);
  challenge(c);
}

/** Highest offset that an ACK may name, FIN counted: what was sent; gated (R14): what was produced. */
function ackLimit(c: Conn): u32 {
  if (c.gated) return c.prod + c.prodFin;
  return c.sentMax + (c.flags & Flag.finEver ? 1 : c.flags & Flag.persist ? 1 : 0);
}

/** False where the segment ends here. */
function rxAck(c: Conn): bool {
  const off = segment.ack - c.iss - 1;
  if (c.state == State.synRcvd && !rxHandshake(c, off)) return false;
  const una = c.heardAck + c.finAcked;
  if (seq.lt(off, una)) return rxOldAck(c, una - off);
  if (off - una > ackLimit(c) - una) { counters.add(C.ackChallenged); challenge(c); return false; }
  const told = options.sackN != 0 && c.sentMax != c.heardAck && sack.receive(c);
  if (off != una) rxNewAck(c, off);
  else if (told || recovery.isDuplicate(c)) { recovery.duplicate(c, told); table.want(c); }
  rxWindow(c, off != una);
  return c.state != State.closed;
}

/** RFC 5961 5.2: an ACK older than the largest window was never ours. */
function rxOldAck(c: Conn, age: u32): bool {
  if (age <= max<u32>(c.sndWndMax, 65535)) return true;
  counters.add(C.ackChallenged);
  challenge(c);
  return false;
}

function rxNewAck(c: Conn, off: u32): void {
  const fin = c.prodFin != 0 && off == c.prod + 1;
  const n = state.acknowledged(c, fin ? c.prod : off, fin);
  rtt.acked(c);
  recovery.advanced(c, n);
  state.afterAck(c);
  table.want(c);
}

/** In SYN-RECEIVED: the ACK of our SYN, anything else is refused (RFC 9293 3.10.7.4, fifth). */
function rxHandshake(c: Conn, off: u32): bool {
  if (off > ackLimit(c)) {
    counters.add(C.badAck);
    output.refuse(c.voice, c.localAddr, c.localPort, c.remoteAddr, c.remotePort, segment.ack, 0, Bit.rst);
    return false;
  }
  setWindow(c);
  if (c.flags & Flag.rttOn) rtt.acked(c);
  heardEstablished(c);
  return true;
}

/** The handshake's last ACK: completes a plain connection; a gated one's owner decides. */
export function heardEstablished(c: Conn): void {
  if (c.flags & Flag.estHeard) return;
  c.flags |= Flag.estHeard;
  table.mark(c, Dirty.established);
  if (!c.gated) state.establish(c);
}

function setWindow(c: Conn): void {
  c.sndWnd = segment.wnd << c.wscaleSnd;
  c.sndWndMax = max<u32>(c.sndWndMax, c.sndWnd);
  c.sndWl1 = segment.seqNo;
  c.sndWl2 = segment.ack;
}

/**
 * Takes the window unless the segment is older than the last one it was taken from. One that acknowledges more is not, whatever its sequence
 * number: SND.UNA has moved, and the old window from there on would reach beyond the right edge.
 */
function rxWindow(c: Conn, more: bool): void {
  if (!more && (seq.gt(c.sndWl1, segment.seqNo) || (c.sndWl1 == segment.seqNo && seq.gt(c.sndWl2, segment.ack)))) return;
  const before = c.sndWnd;
  setWindow(c);
  if (c.sndWnd == before) return;
  table.mark(c, Dirty.ack);
  if (before == 0 && c.state != State.synRcvd) opened(c);
  if (c.sndWnd > before) table.want(c);
}

/** The window opens: what was sent into the closed one counts as unsent, and goes at once; the probes' doublings are over. */
function opened(c: Conn): void {
  c.progressAt = clock.ms;
  c.backoff = 0;
  c.flags &= ~<u32>Flag.persist;
  timers.clear(c, Slot.rtx);
  if (!output.outstanding(c)) return;
  recovery.rewind(c);
  output.armRtx(c);
}

function rxData(c: Conn): void {
  const off = offset(c), fresh = seq.le(off, c.rcvd), behind = seq.lt(off, c.rcvd), n = segment.len;
  const took = receive.take(c, off, segment.data, n);
  if (took == receive.Took.inOrder || took == receive.Took.filled) {
    if (n > c.rcvMss) c.rcvMss = min<u32>(n, c.mssMax);
    if (fresh && options.hasTs && c.options & SynFlag.timestamps) rxStamp(c, off);
    receive.moved(c);
    if (took == receive.Took.filled && !c.gated) output.ackSoon(c, true);
  } else if (took == receive.Took.nothing && behind && seq.le(off + n, c.rcvd)) again(c);
  else output.ackDuplicate(c);
}

/** TS.Recent follows the bytes (R16). */
function rxStamp(c: Conn, off: u32): void {
  if (c.gated) state.remember(c, off, options.tsVal);
  else state.stamp(c, segment.seqNo, options.tsVal);
}

/** The urgent pointer moves on (RFC 9293 3.10.7.4, sixth); the data stay in the stream. A chain's service observes events alone (R3), and is not told. */
function rxUrgent(c: Conn): void {
  const up = segment.urgent - c.irs - 1;
  if (c.gated || c.finRcvd || seq.le(up, c.readOff) || (c.flags & Flag.rcvUrgent && seq.le(up, c.rcvUp))) return;
  c.rcvUp = up;
  c.flags |= Flag.rcvUrgent;
  table.mark(c, Dirty.urgent);
}

function rxFin(c: Conn): void {
  const was = c.finRcvd;
  const contiguous = receive.fin(c, offset(c) + segment.len);
  if (contiguous) { if (!c.gated) state.depositFin(c); }
  else if (!was && !c.finRcvd && segment.len == 0) output.ackDuplicate(c);
}
