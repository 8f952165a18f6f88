// TCP as the layers above see it: segments in, news out, and what an owner does with its connections. Offsets are stream offsets
// (`conn.ts`). Nothing here blocks or allocates; what does not fit is refused.

import { Conn, Flag, Slot, State, Syn } from "./conn";
import { Bit } from "../wire/tcp";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import { RCV_MAX, SND_MAX } from "../core/sizes";
import * as frame from "../core/frame";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as local from "../net/local";
import * as segment from "./segment";
import * as stream from "./stream";
import * as rcvpool from "./rcvpool";
import * as ranges from "./ranges";
import * as table from "./table";
import * as timers from "./timers";
import * as keys from "./keys";
import * as listeners from "./listen";
import { Listener as L } from "./listen";
import * as halfopen from "./halfopen";
import { HalfOpen } from "./halfopen";
import * as timewait from "./timewait";
import * as synsent from "./synsent";
import * as receive from "./receive";
import * as arrival from "./input";
import * as output from "./output";
import * as out from "./out";
import * as expire from "./expire";
import * as state from "./state";
import * as window from "./window";
import * as recovery from "./recovery";
import * as cc from "./cc";
import * as errors from "./icmp";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

export { Listener } from "./listen";

/**
 * Empties all pools. `frame`, `wheel`, `clock` and net come first. siteKey: 16 bytes that the keys of ISN, timestamps and cookies come from;
 * secret: 16 bytes of the node's own, which key its tables.
 */
export function init(siteKey: usize, secret: usize): void {
  stream.init();
  rcvpool.init();
  ranges.init();
  keys.set(siteKey, secret);
  table.init();
  listeners.init();
  halfopen.init();
  timewait.init();
}

// segments

/** Takes an IP packet of n bytes at p that holds a TCP segment, and owns its buffer. */
export function input(p: usize, n: u32): void {
  if (segment.parse(p, n)) dispatch();
  frame.free(p);
}

function dispatch(): void {
  const la = segment.localAddr, lp = segment.localPort, ra = segment.remoteAddr, rp = segment.remotePort;
  const c = table.find(la, lp, ra, rp);
  if (c != null) { deliver(c); return; }
  const w = timewait.find(la, lp, ra, rp);
  let floor: u32 = 0;
  if (w != null) {
    if (!timewait.arrive(w)) return;
    floor = w.sndNxt;
    const l = listeners.find(la, lp);
    if (l != null && !l.gated) timewait.drop(w);
  }
  const h = halfopen.find(la, lp, ra, rp);
  if (h != null) { const made = halfopen.arrive(h); if (made != null) deliver(made); return; }
  knock(floor);
}

function deliver(c: Conn): void {
  if (c.state == State.synSent) synsent.arrive(c); else arrival.arrive(c);
}

/** A segment for nobody: a SYN for a listener, a cookie's ACK, or refused. */
function knock(floor: u32): void {
  const bits = segment.bits, l = listeners.find(segment.localAddr, segment.localPort);
  if (bits & Bit.rst) { counters.add(C.noPortSilent); return; }
  if (l != null && (bits & (Bit.syn | Bit.ack)) == Bit.syn) { halfopen.syn(l, floor); return; }
  if (l != null && (bits & (Bit.syn | Bit.ack)) == Bit.ack) {
    const made = halfopen.cookieAck(l);
    if (made != null) deliver(made);
    if (halfopen.taken || halfopen.early(l)) return;
  }
  counters.add(C.noPort);
  refuse(l);
}

/** RST to the sender of the parsed segment, in the voice of the listener or of the address. */
function refuse(l: L | null): void {
  const voice = l != null ? l.voice : voiceOf(segment.localAddr);
  const la = segment.localAddr, lp = segment.localPort, ra = segment.remoteAddr, rp = segment.remotePort;
  if (segment.bits & Bit.ack) output.refuse(voice, la, lp, ra, rp, segment.ack, 0, Bit.rst);
  else output.refuse(voice, la, lp, ra, rp, 0, segment.seqNo + segment.space(), Bit.rst | Bit.ack);
}

function voiceOf(addr: u32): usize {
  const a = local.find(addr);
  return a != null && a.voice != 0 ? a.voice : out.ALWAYS;
}

/** An ICMP error of n bytes at p (its IP header) that quotes a segment of ours. The buffer stays the caller's. */
export function icmp(p: usize, n: u32): void { errors.input(p, n); }

/** A due timer of kind TimerKind.tcp + 0 .. 15. */
export function timer(t: Timer): void {
  switch (t.kind) {
    case TimerKind.tcp: expire.connection(timers.owner(t)); break;
    case TimerKind.tcp + 1: halfopen.timer(t); break;
    case TimerKind.tcp + 2: timewait.timer(); break;
  }
}

/** Connections that one `flush` looks at: a poll's work is bounded. */
const BURST: u32 = 256;

/** Sends what the connections on the output list may send. True where some still wait: for their turn, or for room in the NIC's ring. */
export function flush(): bool {
  const stop = table.lastOut();
  for (let i: u32 = 0; i < BURST; i++) {
    const c = table.nextOut();
    if (c == null) return false;
    output.output(c);
    if (changetype<usize>(c) == stop) break;
  }
  return table.pending();
}

// news

/** The next connection with news (`dirty`), or null. The owner clears the bits it has dealt with. */
export function nextDirty(): Conn | null { return table.nextDirty(); }
/** Puts a connection that `nextDirty` gave, and whose news are another's, on the list of `nextPlain`. */
export function setAside(c: Conn): void { table.setAside(c); }
/** The next connection set aside, or null. Its owner clears the bits that it has dealt with. */
export function nextPlain(): Conn | null { return table.nextPlain(); }
/** The next SYN of a gated listener that its owner has not heard of, or null. The record stays until `dropSyn`, `open`, or 5 s. */
export function nextSyn(): Syn | null { return halfopen.next(); }
/** Forgets a SYN. */
export function dropSyn(s: Syn): void { halfopen.drop(changetype<HalfOpen>(changetype<usize>(s))); }

/** The connection of these addresses and ports, or null. */
export function find(localAddr: u32, localPort: u32, remoteAddr: u32, remotePort: u32): Conn | null {
  return table.find(localAddr, localPort, remoteAddr, remotePort);
}

// opening

/**
 * Takes SYNs for (addr, port), addr 0: any of ours. gated: they are only recorded. Buffers in bytes; mssLimit: largest segment in both
 * directions, options included, 0: Ethernet's. voice: who speaks for it, 0: always. Null when the port is taken or the table full.
 */
export function listen(addr: u32, port: u32, owner: u32, gated: bool, voice: usize, rcvCap: u32, sndCap: u32, mssLimit: u32): L | null {
  const l = listeners.add(addr, port);
  if (l == null) return null;
  l.owner = <u8>owner;
  l.gated = gated ? 1 : 0;
  l.voice = voice != 0 ? voice : voiceOf(addr);
  l.rcvCap = min<u32>(rcvCap, RCV_MAX);
  l.sndCap = min<u32>(sndCap, SND_MAX);
  l.mssLimit = <u16>(mssLimit == 0 ? listeners.MSS : min<u32>(mssLimit, listeners.MSS));
  return l;
}

/** Congestion control (Algo) and keep-alive of a listener's connections. */
export function configure(l: L, congestion: u32, keepAlive: bool): void {
  l.cc = <u8>congestion;
  l.keepIdle = keepAlive ? listeners.KEEP_IDLE : 0;
}

/** At most n connections of l wait to be accepted; 0: any number. The owner counts `waiting` down with each that it has accepted. */
export function limitWaiting(l: L, n: u32): void { l.limit = n; }

/** Stops listening; connections stay, who has begun to connect finds nobody. */
export function unlisten(l: L): void {
  halfopen.dropAll(l);
  listeners.remove(l);
}

/** True where a listener takes SYNs for this address (0: exactly for any) and port. */
export function listens(addr: u32, port: u32): bool { return listeners.find(addr, port) != null; }
/** True where a TIME-WAIT record has this local address (0: any) and port; or these addresses and ports. */
export function waitsAt(addr: u32, port: u32): bool { return timewait.holds(addr, port); }
export function waits(localAddr: u32, localPort: u32, remoteAddr: u32, remotePort: u32): bool { return timewait.find(localAddr, localPort, remoteAddr, remotePort) != null; }

/** Cookie mode on or off (R12), and what R13 adds to timestamps in the present view. */
export function setCookies(l: L, on: bool, guard: u32): void { l.cookies = on ? 1 : 0; l.guard = guard; }
/** SYN records that are free: an owner turns cookies on before there are none. */
export function synRoom(): u32 { return halfopen.available(); }

/** The ISN for a SYN (RFC 6528). */
export function chooseIss(s: Syn): u32 { return keys.isn(s.localAddr, s.localPort, s.remoteAddr, s.remotePort); }
/** The keyed part of TSval's offset. */
export function tsOffset(localAddr: u32, localPort: u32, remoteAddr: u32, remotePort: u32): u32 {
  return keys.tsOffset(localAddr, localPort, remoteAddr, remotePort);
}

/** Makes the connection number c of a SYN, in SYN-RECEIVED with s.iss; the SYN-ACK leaves if the voice may speak. Null: no room, or there is one. */
export function open(l: L, s: Syn, c: u32, tsOffset: u32): Conn | null {
  const w = timewait.find(s.localAddr, s.localPort, s.remoteAddr, s.remotePort);
  const conn = listeners.make(l, s, tsOffset);
  if (conn == null) return null;
  if (w != null) timewait.drop(w);
  const h = halfopen.find(s.localAddr, s.localPort, s.remoteAddr, s.remotePort);
  if (h != null) halfopen.drop(h);
  conn.c = <u16>c;
  table.want(conn);
  return conn;
}

/** Opens a plain connection; localPort 0: one is chosen. Null: no room, or none free. */
export function connect(localAddr: u32, localPort: u32, remoteAddr: u32, remotePort: u32, owner: u32, rcvCap: u32, sndCap: u32): Conn | null {
  if (localPort == 0) localPort = ephemeral(localAddr, remoteAddr, remotePort);
  const w = timewait.find(localAddr, localPort, remoteAddr, remotePort);
  if (w != null) timewait.drop(w);
  return synsent.open(localAddr, localPort, remoteAddr, remotePort, owner, voiceOf(localAddr), min<u32>(rcvCap, RCV_MAX), min<u32>(sndCap, SND_MAX));
}

/** A local port not in use towards this remote end (RFC 6056 3.3.3): keyed start, then upwards. */
function ephemeral(localAddr: u32, remoteAddr: u32, remotePort: u32): u32 {
  const start = keys.isn(localAddr, 0, remoteAddr, remotePort) + turn++;
  for (let i: u32 = 0; i < 256; i++) {
    const port = 49152 + (start + i & 16383);
    if (table.find(localAddr, port, remoteAddr, remotePort) == null && timewait.find(localAddr, port, remoteAddr, remotePort) == null) return port;
  }
  return 49152 + (start & 16383);
}
let turn: u32 = 0;

// what a gated connection's owner steers

/** The handshake is complete on every replica below. */
export function establish(c: Conn): void { state.establish(c); }
/** n more bytes are visible; n <= rcvd - dep. */
export function deposit(c: Conn, n: u32): void { if (n != 0) state.deposit(c, min<u32>(n, c.rcvd - c.dep)); }
/** The client's FIN is visible. */
export function depositFin(c: Conn): void { state.depositFin(c); }

/** It may send up to `ok`, and the FIN if okFin. */
export function allow(c: Conn, ok: u32, okFin: bool): void {
  c.ok = ok;
  c.okFin = okFin ? 1 : 0;
  table.want(c);
}

/** It may offer up to `edge`. Never goes back. */
export function limitEdge(c: Conn, edge: u32): void { window.limit(c, edge); }

/** Gives send buffer back up to `acked`, and the FIN if `fin` (event `writable`). */
export function release(c: Conn, acked: u32, fin: bool): void { state.release(c, acked, fin); }

/** Received bytes below min(from, readOff) may be freed. */
export function keep(c: Conn, from: u32): void {
  const before = window.base(c);
  c.keepFrom = from;
  state.freed(c, before);
}

/** n received bytes for offset `off` from elsewhere (R9), as if a segment had carried them. */
export function fill(c: Conn, off: u32, p: usize, n: u32): void {
  const took = receive.take(c, off, p, n);
  if (took == receive.Took.inOrder || took == receive.Took.filled) receive.moved(c);
}

/** Forgets everything received beyond dep (R0). */
export function discard(c: Conn): void { receive.discard(c); }

/** Hearsay of the client's ACK: offset, FIN, window in bytes. */
export function hearAck(c: Conn, off: u32, fin: bool, wnd: u32): void {
  if (off - c.heardAck > c.prod - c.heardAck) return;
  if (fin && (!c.prodFin || off != c.prod)) fin = false;
  const n = state.acknowledged(c, off, fin);
  if (n != 0 || (fin && !c.finReleased)) {
    recovery.advanced(c, n);
    state.afterAck(c);
    table.want(c);
  }
  if (wnd == c.sndWnd || (n == 0 && wnd < c.sndWnd)) return;
  c.sndWnd = wnd;
  c.sndWndMax = max<u32>(c.sndWndMax, wnd);
  table.want(c);
}

/** Hearsay of the client's FIN at offset `off`. */
export function hearFin(c: Conn, off: u32): void { receive.fin(c, off); }
/** Hearsay of the handshake's last ACK. */
export function hearEstablished(c: Conn): void { arrival.heardEstablished(c); }

/** R20: at once an ACK with the window and the first unacknowledged bytes. */
export function speak(c: Conn): void { expire.speak(c); }

// what every owner does

/** Send buffer that is free. */
export function room(c: Conn): u32 {
  const used = c.prod - c.acked;
  return used < c.sndCap && !c.prodFin && c.state != State.closed ? c.sndCap - used : 0;
}

/** The service produces n bytes from p; returns how many were taken: min(n, room). */
export function send(c: Conn, p: usize, n: u32): u32 {
  const want = min<u32>(n, room(c));
  const got = stream.write(table.txStream(c), c.prod, p, want);
  if (got < want) counters.add(C.sendShort);
  if (got == 0) return 0;
  c.prod += got;
  if (!c.gated) c.ok = c.prod;
  table.want(c);
  return got;
}

/**
 * The same, and the last byte taken is the last urgent one: the segments that lie before say so, also while the window is closed (RFC 9293 3.8.5).
 * Plain connections alone have urgent data.
 */
export function sendUrgent(c: Conn, p: usize, n: u32): u32 {
  const got = send(c, p, n);
  if (got == 0) return 0;
  c.sndUp = c.prod;
  c.flags |= Flag.sndUrgent | Flag.ackNow;
  return got;
}

/** Bytes from the next that is read to the last urgent one; 0: no urgent data wait. */
export function urgent(c: Conn): u32 { return c.flags & Flag.rcvUrgent && seq.gt(c.rcvUp, c.readOff) ? c.rcvUp - c.readOff : 0; }

/** The service sends nothing more: a FIN follows. */
export function shut(c: Conn): void { state.shut(c); }

/** Bytes visible and not read. */
export function unread(c: Conn): u32 { return c.dep - c.readOff; }

/** The service reads at most n bytes to p; returns how many. */
export function recv(c: Conn, p: usize, n: u32): u32 {
  const got = min<u32>(n, c.dep - c.readOff);
  if (got == 0) return 0;
  stream.read(table.rxStream(c), c.readOff, p, got);
  state.readUpTo(c, c.readOff + got);
  if (c.flags & Flag.rcvUrgent && seq.ge(c.readOff, c.rcvUp)) c.flags &= ~<u32>Flag.rcvUrgent;
  return got;
}

/** Leaves n bytes out, n <= unread. */
export function skip(c: Conn, n: u32): void { state.readUpTo(c, c.readOff + n); }

/** Address of the received byte at `off`, 0: not held. `spanLen` of them lie in a row. */
export function rcvSpan(c: Conn, off: u32): usize {
  const end = c.rcvd - off;
  if (<i32>end <= 0) return 0;
  spanLen = min<u32>(stream.spanLen(off), end);
  return stream.span(table.rxStream(c), off);
}

/** The same of the produced bytes. */
export function sndSpan(c: Conn, off: u32): usize {
  const end = c.prod - off;
  if (<i32>end <= 0) return 0;
  spanLen = min<u32>(stream.spanLen(off), end);
  return stream.span(table.txStream(c), off);
}
export let spanLen: u32 = 0;

/** Copies at most n bytes of what `recv` would give to p and leaves them; returns how many. */
export function peek(c: Conn, p: usize, n: u32): u32 {
  const got = min<u32>(n, c.dep - c.readOff);
  if (got != 0) stream.read(table.rxStream(c), c.readOff, p, got);
  return got;
}

/** Nagle's rule off (RFC 1122 4.2.3.4) or on; off sends what it held back. */
export function setNoDelay(c: Conn, on: bool): void {
  if (on) { c.flags |= Flag.noDelay; output.push(c); } else c.flags &= ~<u32>Flag.noDelay;
}
/** While corked, segments shorter than full ones wait for more, or for the FIN. Uncorking sends them. */
export function setCork(c: Conn, on: bool): void {
  if (on) { c.flags |= Flag.cork; return; }
  c.flags &= ~<u32>Flag.cork;
  output.push(c);
}
/** Sends now what Nagle's rule or a cork holds back. */
export function push(c: Conn): void { output.push(c); }
/** Largest segment of a connection whose SYN has not left, options included; at most an Ethernet's. */
export function limitMss(c: Conn, mss: u32): void {
  c.mssMax = <u16>min<u32>(mss, listeners.MSS);
  c.mss = min<u16>(c.mss, c.mssMax);
}
/** Another receive buffer, in bytes. What has been offered stays offered. */
export function setReceiveBuffer(c: Conn, n: u32): void { c.rcvCap = min<u32>(n, RCV_MAX); window.update(c); }
/** Another send buffer, in bytes. */
export function setSendBuffer(c: Conn, n: u32): void { c.sndCap = min<u32>(n, SND_MAX); }
/** Another congestion control (Algo). */
export function setCongestion(c: Conn, algo: u32): void { if (c.cc != algo) cc.change(c, algo); }
/** Keep-alive probes: milliseconds between them, and how many without answer end the connection; 0: the default. */
export function setKeepAliveProbes(c: Conn, interval: u32, probes: u32): void { c.keepInterval = interval; c.keepProbes = probes; }
/** Time to live and type of service (the DSCP in its upper six bits) of what a connection sends from now on (RFC 9293 3.9.2, 3.9.1.6). */
export function setMarks(c: Conn, ttl: u32, tos: u32): void { c.ttl = <u8>ttl; c.tos = <u8>tos; }
/** The same for a listener's connections. */
export function markAll(l: L, ttl: u32, tos: u32): void { l.ttl = <u8>ttl; l.tos = <u8>tos; }
/** Gives up after this many milliseconds without an acknowledgement. */
export function setUserTimeout(c: Conn, ms: u32): void { c.userTimeout = ms; }
/** Keep-alive after this many idle milliseconds; 0: none. */
export function setKeepAlive(c: Conn, ms: u32): void {
  c.keepIdle = ms;
  timers.clear(c, Slot.keep);
  state.keepAlive(c);
}

/** Gives the block back; leaves a TIME-WAIT record where due. */
export function finish(c: Conn): void {
  if (c.state == State.timeWait) {
    if (c.flags & (Flag.ackNow | Flag.ackDelayed)) output.output(c);
    timewait.add(c);
  }
  table.release(c);
}

/**
 * The connection is over, with an RST where wanted: nothing more comes or goes, its addresses are free, a TIME-WAIT record is left where due. What was
 * received stays (`rcvSpan`) until `drop(c, false)`.
 */
export function retire(c: Conn, rst: bool): void {
  if (c.state == State.timeWait) {
    if (c.flags & (Flag.ackNow | Flag.ackDelayed)) output.output(c);
    timewait.add(c);
  } else if (rst && c.state != State.closed) output.rst(c);
  table.unlink(c);
  stream.clear(table.txStream(c));
  c.state = <u8>State.closed;
}

/** Gives the block back at once; with an RST where wanted and where there is anybody to hear it. */
export function drop(c: Conn, rst: bool): void {
  if (rst && c.state != State.closed && c.state != State.timeWait && c.state != State.synSent) output.rst(c);
  table.release(c);
}

/** Bytes produced and not acknowledged yet. */
export function unacknowledged(c: Conn): u32 { return c.prod - c.heardAck; }

/** Number of connections. */
export function connections(): u32 { return table.used(); }
/** Milliseconds that the oldest unacknowledged byte has waited; 0: nothing waits. */
export function waiting(c: Conn): u32 { return output.outstanding(c) ? clock.ms - c.progressAt : 0; }
