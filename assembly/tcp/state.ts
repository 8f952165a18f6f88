// The life of a connection beyond single segments: what was received becomes visible, what was sent is given back, and the state follows.
// A gated connection's owner calls these; a plain one's are called as soon as the segment has been read.

import { Conn, Dirty, Flag, Slot, State, SynFlag } from "./conn";
import { Range } from "./ranges";
import * as ranges from "./ranges";
import * as stream from "./stream";
import * as rcvpool from "./rcvpool";
import * as table from "./table";
import * as timers from "./timers";
import * as output from "./output";
import * as rtt from "./rtt";
import * as window from "./window";
import * as recovery from "./recovery";
import { TTL } from "../net/ip";
import * as out from "./out";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

/** FIN-WAIT-2 without a word for this long is asked whether the other side is there. */
export const FIN_WAIT2: u32 = 60000;

/** The handshake is complete. */
export function establish(c: Conn): void {
  if (c.state != State.synRcvd && c.state != State.synSent) return;
  c.state = <u8>(c.prodFin ? State.finWait1 : State.established);
  c.flags |= Flag.estHeard;
  c.flags &= ~<u32>Flag.synDue;
  timers.clear(c, Slot.rtx);
  c.backoff = 0;
  // RFC 6298 5.7: after a repeated SYN the data starts with 3 s
  if (c.synTries != 0 && !(c.flags & Flag.sampled)) c.rto = 3000;
  // RFC 5681 3.1, relaxed by RFC 6928 2: more than one SYN was lost
  if (c.synTries > 1) c.cwnd = c.mss;
  counters.add(C.established);
  keepAlive(c);
  table.want(c);
}

/** (Re)starts the keep-alive deadline where there is one. */
export function keepAlive(c: Conn): void {
  const idle = c.keepIdle != 0 ? c.keepIdle : c.state == State.finWait2 ? FIN_WAIT2 : 0;
  if (idle != 0 && !timers.armed(c, Slot.keep) && out.may(c.voice)) timers.set(c, Slot.keep, idle);
}

/** n more bytes are visible and may be acknowledged; 0 < n <= rcvd - dep. */
export function deposit(c: Conn, n: u32): void {
  stamps(c, c.dep + n);
  c.dep += n;
  const told = c.lastAck - c.irs - 1, due = c.dep - told;
  const kept = (c.flags & Flag.hold) != 0 && seq.ge(c.dep, c.holdRcvd), filled = c.holdTo != c.holdFrom;
  if (filled && seq.ge(c.dep, c.holdTo)) { c.holdFrom = 0; c.holdTo = 0; }
  // RFC 5681 4.2: at once while there is a gap, and when one was filled
  output.ackSoon(c, kept || filled || c.ooo != 0 || due >= 2 * c.rcvMss);
}

/** RFC 7323 4.3 (2), judged when dep passes the bytes (R16). */
function stamps(c: Conn, dep: u32): void {
  while (c.tsFirst != 0) {
    const r = changetype<Range>(c.tsFirst);
    if (seq.ge(r.start, dep)) return;
    stamp(c, c.irs + 1 + r.start, r.aux);
    c.tsFirst = r.next;
    ranges.give(r);
  }
  c.tsLast = 0;
}

/** Takes a TSval into TS.Recent if its segment reaches back to the last ACK sent. */
// @ts-ignore: decorator
@inline export function stamp(c: Conn, seqNo: u32, val: u32): void {
  if (seq.le(seqNo, c.lastAck) && seq.ge(val, c.tsRecent)) c.tsRecent = val;
}

/** Remembers the TSval of the in-order segment at offset `off` until its bytes are deposited. */
export function remember(c: Conn, off: u32, val: u32): void {
  if (c.tsLast != 0 && changetype<Range>(c.tsLast).aux == val) return;
  const r = ranges.take(off, off, val);
  if (r == null) return;
  const p = changetype<usize>(r);
  if (c.tsFirst == 0) c.tsFirst = p; else changetype<Range>(c.tsLast).next = p;
  c.tsLast = p;
}

/** The client's FIN is acknowledged, and the end of its stream visible. */
export function depositFin(c: Conn): void {
  if (c.finDep || !c.finRcvd) return;
  c.finDep = 1;
  switch (<i32>c.state) {
    case State.synRcvd:
    case State.established: c.state = <u8>State.closeWait; break;
    case State.finWait1: c.state = <u8>(c.finReleased ? State.timeWait : State.closing); break;
    case State.finWait2: c.state = <u8>State.timeWait; break;
  }
  output.ackSoon(c, true);
  ended(c);
}

/** Gives send buffer back up to `acked`, and the FIN if `fin`. */
export function release(c: Conn, acked: u32, fin: bool): void {
  if (seq.gt(acked, c.acked)) {
    stream.release(table.txStream(c), c.acked, acked, acked == c.prod);
    c.acked = acked;
  }
  if (!fin || c.finReleased) return;
  c.finReleased = 1;
  switch (<i32>c.state) {
    case State.finWait1: c.state = <u8>(c.finDep ? State.timeWait : State.finWait2); break;
    case State.closing: c.state = <u8>State.timeWait; break;
    case State.lastAck: c.state = <u8>State.closed; break;
  }
  if (c.state == State.finWait2) keepAlive(c);
  ended(c);
}

function ended(c: Conn): void {
  if (!c.finDep || !c.finReleased) return;
  table.mark(c, Dirty.finished);
  if (c.state == State.closed) table.unlink(c);
  else { timers.clear(c, Slot.rtx); timers.clear(c, Slot.keep); timers.clear(c, Slot.probe); }
}

/** The service sends nothing more. */
export function shut(c: Conn): void {
  if (c.prodFin || c.state == State.closed) return;
  if (c.state == State.synSent) { abandon(c, 0); return; }
  c.prodFin = 1;
  if (!c.gated) c.okFin = 1;
  if (c.state == State.established) c.state = <u8>State.finWait1;
  else if (c.state == State.closeWait) c.state = <u8>State.lastAck;
  table.want(c);
}

/** Ends a plain connection at once, with news for its owner. */
export function abandon(c: Conn, why: u32): void {
  c.state = <u8>State.closed;
  table.unlink(c);
  table.mark(c, why);
}

/** A valid RST. */
export function resetHeard(c: Conn): void {
  counters.add(C.resetHeard);
  if (c.gated) table.mark(c, Dirty.reset);
  else abandon(c, Dirty.reset);
}

/** A timer has lost patience (R10: gated, the owner decides). */
export function giveUp(c: Conn): void {
  counters.add(C.gaveUp);
  if (c.gated) table.mark(c, Dirty.giveUp);
  else abandon(c, Dirty.giveUp);
}

/** A soft error: news for a plain connection's owner. A chain's service observes events alone (R3). */
export function trouble(c: Conn, what: u32): void {
  c.trouble = <u8>what;
  if (!c.gated) table.mark(c, Dirty.trouble);
}

/** An acknowledgement up to offset `off`, and of the FIN if `fin`, which is valid: returns the bytes newly acknowledged. */
export function acknowledged(c: Conn, off: u32, fin: bool): u32 {
  const n = seq.gt(off, c.heardAck) ? off - c.heardAck : 0;
  if (n == 0 && (!fin || c.finAcked)) return 0;
  c.heardAck += n;
  c.progressAt = clock.ms;
  c.sent = seq.max(c.sent, c.heardAck);
  c.sentMax = seq.max(c.sentMax, c.heardAck);
  if (fin) { c.finAcked = 1; c.flags |= Flag.finSent | Flag.finEver; }
  table.mark(c, Dirty.ack);
  return n;
}

/** After an ACK that told something new: timers, and what a plain connection releases. */
export function afterAck(c: Conn): void {
  // the doublings of probes; those of the timeout stay until a round trip was measured (RFC 6298 3 and 5, Karn)
  if (c.flags & Flag.persist) c.backoff = 0;
  c.flags &= ~<u32>Flag.persist;
  if (output.outstanding(c)) {
    output.armRtx(c);
    if (timers.armed(c, Slot.probe)) recovery.armProbe(c);
  } else { timers.clear(c, Slot.rtx); timers.clear(c, Slot.probe); }
  if (!c.gated) release(c, c.heardAck, c.finAcked != 0);
}

/** The service has read: room for the client. */
export function readUpTo(c: Conn, off: u32): void {
  const from = window.base(c);
  c.readOff = off;
  freed(c, from);
}

/** Gives receive buffer back between `from` and what has to be kept now. */
export function freed(c: Conn, from: u32): void {
  const to = window.base(c);
  if (from != to) rcvpool.release(table.rxStream(c), from, to, to == c.rcvd && c.ooo == 0);
  window.update(c);
}

/** Fills in what follows from the client's SYN and the listener's numbers alone. */
export function begin(c: Conn, rcvCap: u32, sndCap: u32): void {
  c.rcvCap = rcvCap;
  c.sndCap = sndCap;
  c.edge = rcvCap;
  c.edgeLimit = rcvCap;
  c.rto = rtt.INITIAL;
  c.ttl = <u8>TTL;
  c.rcvMss = 536;
}

/** The options of both SYNs agree on these. limit: largest segment, options included. */
export function agree(c: Conn, flags: u32, mss: u32, wscale: u32, limit: u32): void {
  c.options = <u8>flags;
  c.wscaleSnd = wscale == 255 ? 0 : <u8>wscale;
  const seg = max<u32>(min<u32>(mss == 0 ? 536 : mss, limit), 88);
  c.mssMax = <u16>limit;
  c.mss = <u16>(seg - (flags & SynFlag.timestamps ? 12 : 0));
  c.rcvMss = min<u32>(c.rcvMss, c.mss);
}
