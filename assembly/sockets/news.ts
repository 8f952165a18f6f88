// What TCP has to say about the connections of programs.

import * as list from "../core/list";
import * as clock from "../core/clock";
import * as wheel from "../core/wheel";
import * as tcp from "../tcp/tcp";
import { Listener } from "../tcp/tcp";
import { Conn, Dirty, State, Trouble } from "../tcp/conn";
import { Errno } from "./linux";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";
import * as option from "./option";
import * as transfer from "./transfer";
import * as wait from "./wait";

/** Takes all news. */
export function take(): void {
  for (let c = tcp.nextPlain(); c != null; c = tcp.nextPlain()) {
    const bits = c.dirty;
    c.dirty = 0;
    const s = c.c == 0 ? adopt(c) : socket.ofConn(c);
    if (s == null) continue;
    if (has(s, SockFlag.orphan)) orphan(s, c, bits); else heard(s, c, bits);
  }
}

/** A new connection of a listener waits to be accepted; null, and reset, where there is no socket for it. */
function adopt(c: Conn): Sock | null {
  const l = changetype<Listener>(c.listener);
  const from = socket.at(l.user), s = socket.make();
  if (s == null) { l.waiting--; tcp.drop(c, true); return null; }
  socket.inherit(s, from);
  s.addr = c.localAddr;
  s.port = c.localPort;
  s.conn = changetype<usize>(c);
  s.flags |= SockFlag.connected;
  c.c = <u16>s.number;
  c.listener = 0;
  option.apply(s, c);
  list.push(socket.queue(from), socket.link(s));
  wait.wake(from);
  return s;
}

/** Linux's number for what stands in the way. */
function softError(c: Conn): i32 {
  switch (<i32>c.trouble) {
    case Trouble.network: return Errno.ENETUNREACH;
    case Trouble.protocol: return Errno.ENOPROTOOPT;
    case Trouble.port: return Errno.ECONNREFUSED;
    case Trouble.route: return Errno.EOPNOTSUPP;
    case Trouble.parameter: return Errno.EPROTO;
    case Trouble.retransmissions: return Errno.ETIMEDOUT;
    default: return Errno.EHOSTUNREACH;
  }
}

/** A soft error (RFC 9293 3.9.1.8) is told at once who asked for it by IP_RECVERR; others hear of the last one when the connection is given up. */
function troubled(s: Sock, c: Conn): void {
  s.soft = softError(c);
  if (has(s, SockFlag.recvErr)) s.error = s.soft;
}

function heard(s: Sock, c: Conn, bits: u32): void {
  if (bits & Dirty.trouble) troubled(s, c);
  if (has(s, SockFlag.connecting) && bits & Dirty.established) s.flags = s.flags & ~<u32>SockFlag.connecting | SockFlag.connected | SockFlag.untold;
  if (bits & (Dirty.reset | Dirty.giveUp)) {
    if (has(s, SockFlag.connecting)) { transfer.giveUpConnecting(s, bits & Dirty.reset ? Errno.ECONNREFUSED : timedOut(s)); return; }
    // as Linux: whose peer has closed before hears of a broken pipe
    s.error = bits & Dirty.giveUp ? timedOut(s) : c.finDep && !c.prodFin ? Errno.EPIPE : Errno.ECONNRESET;
    over(s, c);
  }
  if (bits & Dirty.finished) over(s, c);
  wait.wake(s);
}

function timedOut(s: Sock): i32 { return s.soft != 0 ? s.soft : Errno.ETIMEDOUT; }

/** The connection has ended; what was received can still be read. */
function over(s: Sock, c: Conn): void {
  if (has(s, SockFlag.dead)) return;
  s.flags |= SockFlag.dead;
  tcp.retire(c, false);
}

function orphan(s: Sock, c: Conn, bits: u32): void {
  if (bits & (Dirty.reset | Dirty.giveUp)) { transfer.bury(s, false); return; }
  // nobody will read it (RFC 9293 3.6.1)
  if (tcp.unread(c) != 0) { transfer.bury(s, true); return; }
  if (bits & Dirty.finished) { tcp.finish(c); wait.end(s); socket.release(s); return; }
  if (bits & Dirty.ack && c.state == State.finWait2) wheel.arm(socket.timer(s), clock.ms + transfer.ORPHAN_FIN_WAIT2);
  wait.wake(s);
}
