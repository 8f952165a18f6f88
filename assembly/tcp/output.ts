// What a connection sends: `output` decides (window, congestion window, Nagle, SWS avoidance, recovery), the functions below build. Every
// segment of a connection is built by `build` and leaves through `out`. What the voice does not let out counts as not sent.

import { Conn, Flag, Slot, State, SynFlag } from "./conn";
import { Bit } from "../wire/tcp";
import * as site from "../core/site";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as out from "./out";
import * as options from "./options";
import * as sack from "./sack";
import * as sane from "./sane";
import * as stream from "./stream";
import * as table from "./table";
import * as timers from "./timers";
import * as rtt from "./rtt";
import * as cc from "./cc";
import * as window from "./window";
import * as recovery from "./recovery";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

/** RFC 9293 3.8.6.3: an ACK waits at most this long. */
const DELAY: u32 = 40;
/** Segments that a connection sends before it is another's turn; fewer than `out` keeps free, so that none is lost in the ring. */
const BURST: u32 = 15;
/** R5a: how long an ACK waits for the gate. */
const GATE: u32 = 5;

/** The acknowledgement number: what is deposited (R5), with the FIN. */
// @ts-ignore: decorator
@inline export function ackNo(c: Conn): u32 { return c.irs + 1 + c.dep + c.finDep; }

/** True where something of ours waits for an acknowledgement. */
// @ts-ignore: decorator
@inline export function outstanding(c: Conn): bool { return c.sentMax != c.heardAck || (c.flags & Flag.finEver && !c.finAcked); }

/** Sends everything that may leave now. */
export function output(c: Conn): void {
  if (c.state == State.closed) return;
  if (!out.may(c.voice)) { silent(c); return; }
  if (c.state == State.synSent || c.state == State.synRcvd) { handshake(c); return; }
  if (seq.lt(c.sent, c.ok) || c.flags & Flag.recovery || (c.okFin && !(c.flags & Flag.finSent))) transfer(c);
  if (c.flags & Flag.ackNow && ackMayLeave(c)) { sane.check(c); ack(c); }
}

/** A backup's output is its progress alone; it takes the ACK that it would have sent as sent (R16), and measures round trips by the echo of what the primary sends. */
function silent(c: Conn): void {
  if (c.gated) {
    rtt.abandon(c);
    sane.check(c);
    c.lastAck = ackNo(c);
    c.edgeSent = c.edgeLimit;
  } else if (outstanding(c) || seq.lt(c.sent, c.ok)) armRtx(c);
  c.flags &= ~<u32>(Flag.ackNow | Flag.ackDelayed | Flag.hold | Flag.held);
}

function handshake(c: Conn): void {
  if (!(c.flags & Flag.synDue)) return;
  if (!syn(c)) return;
  c.flags &= ~<u32>(Flag.synDue | Flag.ackNow | Flag.ackDelayed);
  if (!(c.deadlines & 1 << Slot.rtx)) armRtx(c);
}

// data

/** Bytes on the way. */
export function flight(c: Conn): u32 {
  if (c.flags & Flag.recovery && c.options & SynFlag.sack) return sack.pipe(c);
  const n = c.sent - c.heardAck;
  const away = c.sacked == 0 ? c.lost : sackedBelow(c);
  return n > away ? n - away : 0;
}

function sackedBelow(c: Conn): u32 { return c.sent == c.sentMax ? sack.bytes(c) : recovery.sackedBelow(c, c.sent); }

function transfer(c: Conn): void {
  if (windowShut(c)) { c.flags &= ~<u32>Flag.cwndLimited; return; }
  sane.check(c);
  if (out.full(c.remoteAddr)) { table.want(c); return; }
  if (c.flags & Flag.recovery) recovery.resend(c);
  let way = flight(c);
  if (way == 0 && c.sentAt != 0 && clock.ms - c.sentAt > c.rto) cc.idle(c);
  c.flags &= ~<u32>Flag.cwndLimited;
  let burst: u32 = 0;
  for (;;) {
    const n = next(c, way);
    if (n == 0) break;
    const fin = finFollows(c, c.sent + n);
    if (!data(c, c.sent, n, fin)) return;
    way += n;
    if (++burst == BURST) { table.want(c); return; }
  }
  if (!(c.flags & Flag.finSent) && finFollows(c, c.sent) && !data(c, c.sent, 0, true)) return;
  if (!outstanding(c) && seq.lt(c.sent, c.ok)) persist(c);
}

function finFollows(c: Conn, end: u32): bool {
  return c.okFin != 0 && c.prodFin != 0 && end == c.prod && seq.le(end, c.heardAck + c.sndWnd);
}

/** Nothing may leave, and something is on the way whose ACK opens the window. */
function windowShut(c: Conn): bool {
  return <i32>(c.heardAck + c.sndWnd - c.sent) <= 0 && c.heardAck != c.sent && c.sent == c.sentMax
    && ((c.flags & Flag.recovery) | <u32>c.sacked | c.lost | <u32>c.okFin) == 0;
}

/** Payload bytes of the next segment from c.sent: 0 when none may leave (RFC 9293 3.8.6.2.1). */
function next(c: Conn, way: u32): u32 {
  if (c.sacked != 0 && c.sent != c.sentMax) c.sent = seq.min(sack.skip(c, c.sent), c.ok);
  const d = c.ok - c.sent;
  const u = <i32>(c.heardAck + c.sndWnd - c.sent);
  if (<i32>d <= 0 || u <= 0) return 0;
  const mss = <u32>c.mss;
  let n = min<u32>(min<u32>(d, <u32>u), mss);
  if (c.sacked != 0 && c.sent != c.sentMax) n = sack.nextStart(c, c.sent, c.sent + n) - c.sent;
  if (way + n > c.cwnd && way != 0) { c.flags |= Flag.cwndLimited; return 0; }
  if (n == mss || c.sent != c.sentMax) return n;
  if (n == d && c.flags & Flag.cork) return finFollows(c, c.sent + n) ? n : 0;
  if (n == d && (c.flags & Flag.noDelay || !smallOut(c) || finFollows(c, c.sent + n))) return n;
  return n >= c.sndWndMax >> 1 && n != d ? n : 0;
}

/** Nagle as refined by Minshall: a short segment waits for an earlier short one only. */
// @ts-ignore: decorator
@inline function smallOut(c: Conn): bool { return seq.gt(c.smallEnd, c.heardAck); }

/** Sends [off, off + n) and the FIN behind it if `fin`; false when it could not leave. */
export function data(c: Conn, off: u32, n: u32, fin: bool): bool {
  const first = off == c.sentMax && n != 0;
  if (!build(c, off, n, Bit.ack | (fin ? Bit.fin : 0) | (n != 0 && off + n == c.prod ? Bit.psh : 0))) return false;
  if (off == c.sent) c.sent += n;
  if (first) {
    rtt.begin(c, c.sent);
    if (n < c.mss) c.smallEnd = c.sent;
  } else if (n != 0) { counters.add(C.retransmits); c.retransmits++; rtt.abandon(c); }
  if (!outstanding(c)) c.progressAt = clock.ms;
  c.sentMax = seq.max(c.sentMax, off + n);
  if (fin) c.flags |= Flag.finSent | Flag.finEver;
  c.sentAt = clock.ms;
  // a deadline of the persist timer is none of this segment's (RFC 6298 5)
  if (c.flags & Flag.persist || !(c.deadlines & 1 << Slot.rtx)) armRtx(c);
  c.flags &= ~<u32>Flag.persist;
  if (c.options & SynFlag.sack && !(c.flags & (Flag.recovery | Flag.rtoRecovery | Flag.tlp))) recovery.armProbe(c);
  return true;
}

/** Sends what Nagle's rule or a cork holds back. */
export function push(c: Conn): void {
  const held = c.flags & (Flag.cork | Flag.noDelay);
  c.flags = c.flags & ~<u32>Flag.cork | Flag.noDelay;
  output(c);
  c.flags = c.flags & ~<u32>(Flag.cork | Flag.noDelay) | held;
}

// timers that output arms

// @ts-ignore: decorator
@inline export function armRtx(c: Conn): void { timers.set(c, Slot.rtx, rtt.timeout(c)); }

/** Nothing is on the way and nothing may leave: the persist timer asks (RFC 9293 3.8.6.1). */
function persist(c: Conn): void {
  if (c.flags & Flag.persist && c.deadlines & 1 << Slot.rtx) return;
  c.flags |= Flag.persist;
  armRtx(c);
}

// acknowledgements

/** An ACK is due: at once (leaves with this poll's output), or within DELAY. */
export function ackSoon(c: Conn, now: bool): void {
  if (now) { c.flags |= Flag.ackNow; table.want(c); return; }
  if (c.flags & (Flag.ackNow | Flag.ackDelayed)) return;
  c.flags |= Flag.ackDelayed;
  if (out.may(c.voice)) timers.set(c, Slot.ack, DELAY);
  else table.want(c);
}

/** A duplicate ACK: at once, one for each segment; while the gate is closed it is kept (R5a). */
export function ackDuplicate(c: Conn): void {
  if (c.gated && c.dep != c.rcvd) {
    c.flags |= Flag.hold;
    c.holdRcvd = c.rcvd;
    gateTimer(c);
    return;
  }
  if (out.may(c.voice)) ack(c);
}

function gateTimer(c: Conn): void {
  if (out.may(c.voice) && !timers.armed(c, Slot.gate)) timers.set(c, Slot.gate, GATE);
}

/** R5a: no duplicate while the gate is closed, and no ACK that stops in what SACK told before; both for 5 ms at most. */
function ackMayLeave(c: Conn): bool {
  if (!c.gated || c.flags & Flag.held) return true;
  const repeats = ackNo(c) == c.lastAck && c.edgeLimit == c.edgeSent && c.dep != c.rcvd;
  if (!repeats && !inHole(c)) return true;
  gateTimer(c);
  return false;
}

// @ts-ignore: decorator
@inline function inHole(c: Conn): bool { return c.holdTo != c.holdFrom && seq.ge(c.dep, c.holdFrom) && seq.lt(c.dep, c.holdTo); }

/** A pure ACK, now. Its sequence number is SND.NXT, or the window's right edge where that lies before: beyond it nobody would take it. */
export function ack(c: Conn): bool {
  const nxt = c.sentMax + (c.flags & Flag.finEver ? 1 : 0);
  return build(c, seq.min(nxt, c.heardAck + c.finAcked + c.sndWnd), 0, Bit.ack);
}

// building

/** Builds and sends [off, off + n) with `bits`; all bookkeeping of what an ACK tells is here. False when it did not leave. */
function build(c: Conn, off: u32, n: u32, bits: u32): bool {
  const o = out.begin(c.voice);
  if (!o) return false;
  out.mark(c.ttl, c.tos);
  if (c.flags & Flag.sndUrgent) bits |= urgent(c, off);
  const ts = (c.options & SynFlag.timestamps) != 0;
  if (ts) options.writeTs(o, c.tsOffset + site.ms(), c.tsRecent);
  let len: u32 = ts ? 12 : 0;
  const blocks = sack.toTell(c);
  // where both do not fit, the data goes and the blocks wait for the next ACK
  if (blocks != 0 && n + 4 + (blocks << 3) <= c.mss) {
    options.writeSack(o + len, blocks);
    sack.write(c, o + len + 4, blocks);
    len += 4 + (blocks << 3);
  }
  if (n != 0) stream.read(table.txStream(c), off, o + len, n);
  const a = c.gated && inHole(c) && !(c.flags & Flag.held) ? c.lastAck : ackNo(c);
  out.end(c.voice, c.localAddr, c.localPort, c.remoteAddr, c.remotePort, c.iss + 1 + off, a, bits, window.field(c, a - c.irs - 1), len, n);
  told(c, a);
  return true;
}

/** The bit of a segment from `off`, its pointer set, while urgent data of ours lie ahead of it (RFC 9293 3.8.5); 0: none do. */
function urgent(c: Conn, off: u32): u32 {
  if (seq.le(c.sndUp, c.heardAck)) c.flags &= ~<u32>Flag.sndUrgent;
  if (seq.le(c.sndUp, off)) return 0;
  out.setUrgent(min<u32>(c.sndUp - off, 65535));
  return Bit.urg;
}

/** The segment that left told the client about everything up to `a` and the window. */
function told(c: Conn, a: u32): void {
  c.lastAck = a;
  c.edgeSent = c.edgeLimit;
  if (a != ackNo(c)) return;
  c.flags &= ~<u32>(Flag.ackNow | Flag.ackDelayed | Flag.held);
  timers.clear(c, Slot.ack);
  if (!(c.flags & Flag.hold)) return;
  if (seq.ge(c.dep, c.holdRcvd)) { c.flags &= ~<u32>Flag.hold; timers.clear(c, Slot.gate); }
}

/** The SYN or SYN-ACK, now. */
function syn(c: Conn): bool {
  const o = out.begin(c.voice);
  if (!o) return false;
  out.mark(c.ttl, c.tos);
  const active = c.state == State.synSent;
  const sackOk = (c.options & SynFlag.sack) != 0, ts = (c.options & SynFlag.timestamps) != 0;
  const n = options.writeSyn(o, c.mssMax, sackOk, ts, c.tsOffset + site.ms(), active ? 0 : c.tsRecent, c.wscaleRcv);
  out.end(c.voice, c.localAddr, c.localPort, c.remoteAddr, c.remotePort, c.iss, active ? 0 : c.irs + 1,
    active ? Bit.syn : Bit.syn | Bit.ack, min<u32>(c.edgeLimit, 65535), n, 0);
  if (!active) c.lastAck = c.irs + 1;
  if (c.synTries == 0) { rtt.begin(c, 0); c.progressAt = clock.ms; } else rtt.abandon(c);
  c.edgeSent = min<u32>(c.edgeLimit, 65535);
  return true;
}

/** An RST of a synchronized connection: exact at what the client expects next, as far as we know. */
export function rst(c: Conn): void {
  const o = out.begin(c.voice), ts = (c.options & SynFlag.timestamps) != 0;
  if (!o) return;
  out.mark(c.ttl, c.tos);
  // RFC 7323 3.2: also an RST carries them
  if (ts) options.writeTs(o, c.tsOffset + site.ms(), c.tsRecent);
  counters.add(C.resetSent);
  const at = c.iss + 1 + seq.max(c.sentMax, c.heardAck) + (c.flags & Flag.finEver ? 1 : 0);
  out.end(c.voice, c.localAddr, c.localPort, c.remoteAddr, c.remotePort, at, ackNo(c), Bit.rst | Bit.ack, 0, ts ? 12 : 0, 0);
}

/** A keep-alive probe: an old sequence number that asks for an ACK (RFC 9293 3.8.4). */
export function keepAlive(c: Conn): bool {
  counters.add(C.keepAlives);
  return build(c, c.heardAck - 1, 0, Bit.ack);
}

/** A window probe: what the window allows, or the next byte although it is closed, which counts as sent only when acknowledged. */
export function windowProbe(c: Conn): bool {
  const u = <i32>(c.heardAck + c.sndWnd - c.sent);
  counters.add(C.windowProbes);
  if (u > 0) return data(c, c.sent, min<u32>(min<u32>(<u32>u, c.ok - c.sent), c.mss), false);
  return build(c, c.sent, 1, Bit.ack);
}

/** RST for a segment that belongs to nothing (RFC 9293 3.10.7.1). */
export function refuse(voice: usize, local: u32, lport: u32, remote: u32, rport: u32, seqNo: u32, ackNumber: u32, bits: u32): void {
  if (!out.begin(voice)) return;
  counters.add(C.resetSent);
  out.end(voice, local, lport, remote, rport, seqNo, ackNumber, bits, 0, 0, 0);
}

