// Bytes through sockets, and their ends: read, recv, write, send, shutdown, close, ioctl.

import * as clock from "../core/clock";
import * as wheel from "../core/wheel";
import * as tcp from "../tcp/tcp";
import { Conn } from "../tcp/conn";
import { Errno, FIONREAD, How, Msg, SIOCATMARK, SIOCOUTQ } from "./linux";
import { DATA, Phase, Port } from "./port";
import * as port from "./port";
import * as process from "./process";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";
import * as open from "./open";
import * as result from "./result";
import * as wait from "./wait";

/** How long a cork holds a short segment, milliseconds. */
const CORK: u32 = 200;
/** A writer that found the pool of buffers empty tries again after this many milliseconds. */
const POOL: u32 = 20;
/** A connection without descriptor that gets nowhere ends after this many milliseconds, in FIN-WAIT-2 after the second. */
export const ORPHAN: u32 = 120000, ORPHAN_FIN_WAIT2: u32 = 60000;

/** The error that waits, told once. */
export function takeError(s: Sock): i32 {
  const e = s.error;
  s.error = 0;
  return -e;
}

// reading

export function read(p: Port, s: Sock, size: u32, flags: u32): i32 {
  if (flags & Msg.oob) return -Errno.EINVAL;
  const dontWait = has(s, SockFlag.nonBlock) || (flags & Msg.dontWait) != 0;
  if (s.conn != 0) {
    const c = socket.conn(s), most = min<u32>(size, DATA), have = tcp.unread(c);
    const want = flags & Msg.waitAll && !dontWait ? min<u32>(most, c.rcvCap >> 1) : 1;
    if (have != 0 && (have >= min<u32>(want, toMark(c)) || isOver(s, c))) return take(p, c, most, flags);
  }
  if (s.error != 0) return takeError(s);
  if (s.conn == 0) return -Errno.ENOTCONN;
  if (size == 0 || isOver(s, socket.conn(s))) return 0;
  return dontWait ? -Errno.EAGAIN : wait.on(p, s);
}

/** Nothing follows what is unread. */
function isOver(s: Sock, c: Conn): bool { return c.finDep != 0 || has(s, SockFlag.rdShut | SockFlag.dead); }

/** Bytes before the last urgent one, at which reading halts once (Linux's mark); without limit where none waits, or it is the next. */
function toMark(c: Conn): u32 {
  const n = tcp.urgent(c);
  return n > 1 ? n - 1 : 0xffffffff;
}

function take(p: Port, c: Conn, most: u32, flags: u32): i32 {
  const n = min<u32>(most, toMark(c));
  const got = flags & Msg.peek ? tcp.peek(c, port.data(p), n) : tcp.recv(c, port.data(p), n);
  result.setN(got);
  return <i32>got;
}

// writing

/** Takes the request's data as it comes; p.done counts what the connection has. */
export function write(p: Port, s: Sock, flags: u32): i32 {
  const dontWait = has(s, SockFlag.nonBlock) || (flags & Msg.dontWait) != 0;
  if (s.error != 0) return p.done != 0 ? <i32>p.done : takeError(s);
  if (s.conn == 0 || has(s, SockFlag.wrShut | SockFlag.dead)) return p.done != 0 ? <i32>p.done : -Errno.EPIPE;
  if (has(s, SockFlag.connecting)) return dontWait ? -Errno.EAGAIN : wait.on(p, s);
  const c = socket.conn(s), corked = has(s, SockFlag.cork) || (flags & Msg.more) != 0;
  if (corked) cork(s, c);
  while (p.left != 0) {
    const n = min<u32>(port.waiting(p), p.left);
    if (n == 0) { p.phase = Phase.running; return result.LATER; }
    const got = flags & Msg.oob ? tcp.sendUrgent(c, port.head(p), n) : tcp.send(c, port.head(p), n);
    port.take(p, got);
    p.left -= got;
    p.done += got;
    if (got == n) continue;
    if (dontWait) { if (p.done == 0) return -Errno.EAGAIN; break; }
    if (tcp.room(c) != 0) wait.within(p, POOL);
    return wait.on(p, s);
  }
  if (!corked && has(s, SockFlag.more)) { s.flags &= ~<u32>SockFlag.more; tcp.setCork(c, false); }
  return <i32>p.done;
}

function cork(s: Sock, c: Conn): void {
  s.flags |= SockFlag.more;
  tcp.setCork(c, true);
  if (!wheel.isArmed(socket.timer(s))) wheel.arm(socket.timer(s), clock.ms + CORK);
}

/** The cork has held long enough, or the orphan lived long enough. */
export function timer(s: Sock): void {
  if (s.conn == 0) return;
  if (has(s, SockFlag.orphan)) watch(s); else if (!has(s, SockFlag.dead)) tcp.push(socket.conn(s));
}

// ending

export function shutdown(s: Sock, how: u32): i32 {
  if (how > <u32>How.rdwr) return -Errno.EINVAL;
  if (s.listener != 0) { if (how != How.wr) open.unlisten(s); wait.wake(s); return 0; }
  if (s.conn == 0 || has(s, SockFlag.dead)) return -Errno.ENOTCONN;
  if (has(s, SockFlag.connecting)) { giveUpConnecting(s, Errno.ECONNABORTED); return 0; }
  if (how != How.wr) s.flags |= SockFlag.rdShut;
  if (how != How.rd && !has(s, SockFlag.wrShut)) { s.flags |= SockFlag.wrShut; tcp.shut(socket.conn(s)); }
  wait.wake(s);
  return 0;
}

/** The attempt to connect is over, for this reason; the socket may try again. */
export function giveUpConnecting(s: Sock, why: i32): void {
  tcp.drop(socket.conn(s), false);
  s.conn = 0;
  s.error = why;
  s.flags &= ~<u32>SockFlag.connecting;
  if (!has(s, SockFlag.named)) s.port = 0;
  wait.wake(s);
}

/** Takes the descriptor away. p: the call, which lingers where it was asked to; null: the program has ended. */
export function close(p: Port | null, s: Sock): i32 {
  wait.end(s);
  process.takeAway(s);
  if (!disown(s)) { socket.release(s); return 0; }
  if (p == null || !has(s, SockFlag.linger)) return 0;
  p.done = <u32>changetype<usize>(s);
  wait.within(p, min<u32>(s.linger, 1000000) * 1000);
  return wait.on(p, s);
}

/** A close that lingers looks again. */
export function lingered(p: Port, s: Sock): i32 {
  return p.expired != wait.Expired.no || s.conn == 0 || has(s, SockFlag.dead) || socket.conn(s).finAcked ? 0 : wait.on(p, s);
}

/** The socket's end without its descriptor. True where its connection goes on to end properly. */
function disown(s: Sock): bool {
  open.unlisten(s);
  if (s.conn == 0) return false;
  const c = socket.conn(s), abort = (has(s, SockFlag.linger) && s.linger == 0) || tcp.unread(c) != 0;
  if (abort || has(s, SockFlag.dead | SockFlag.connecting)) {
    // what was not read is told to the other side (RFC 9293 3.6.1, RFC 2525 2.17)
    tcp.drop(c, abort);
    return false;
  }
  tcp.shut(c);
  s.flags |= SockFlag.orphan;
  s.seen = c.heardAck;
  wheel.arm(socket.timer(s), clock.ms + ORPHAN);
  return true;
}

/** An orphan that got nowhere ends; in FIN-WAIT-2 without a word, as its other side may never close. */
function watch(s: Sock): void {
  const c = socket.conn(s);
  if (c.finAcked == 0 && c.heardAck != s.seen) {
    s.seen = c.heardAck;
    wheel.arm(socket.timer(s), clock.ms + ORPHAN);
  } else bury(s, c.finAcked == 0);
}

/** An orphan's connection and record go, with an RST where wanted. */
export function bury(s: Sock, rst: bool): void {
  tcp.drop(socket.conn(s), rst);
  wait.end(s);
  socket.release(s);
}

export function ioctl(p: Port, s: Sock, request: u32): i32 {
  if (request != FIONREAD && request != SIOCOUTQ && request != SIOCATMARK) return -Errno.EINVAL;
  if (s.listener != 0) return -Errno.EINVAL;
  let v: u32 = 0;
  if (s.conn != 0) { const c = socket.conn(s); v = request == FIONREAD ? tcp.unread(c) : request == SIOCOUTQ ? tcp.unacknowledged(c) : tcp.urgent(c) == 1 ? 1 : 0; }
  store<u32>(port.data(p), v);
  result.setN(4);
  return 0;
}
