// Sockets come to be and get their addresses: socket, bind, listen, accept, connect, getsockname, getpeername.

import { put16, put32, get16, get32 } from "../core/bytes";
import * as list from "../core/list";
import * as iface from "../net/iface";
import * as local from "../net/local";
import { LocalFlag } from "../net/local";
import * as route from "../net/route";
import * as tcp from "../tcp/tcp";
import { Listener } from "../tcp/tcp";
import { Conn, OWNER_USER } from "../tcp/conn";
import { AF_INET, Errno, IPPROTO_TCP, SOCKADDR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from "./linux";
import { Port } from "./port";
import * as port from "./port";
import { Process } from "./process";
import * as process from "./process";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";
import * as option from "./option";
import * as result from "./result";
import * as wait from "./wait";

const PORTS_FROM: u32 = 49152, PORTS_MASK: u32 = 16383, PORT_TRIES: u32 = 256;
const BACKLOG_MAX: u32 = 4096;
let turn: u32 = 0;

export function create(r: Process, family: u32, type: u32, protocol: u32): i32 {
  if (family != AF_INET) return -Errno.EAFNOSUPPORT;
  if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM) return -Errno.ESOCKTNOSUPPORT;
  if (protocol != 0 && protocol != IPPROTO_TCP) return -Errno.EPROTONOSUPPORT;
  const s = socket.make();
  if (s == null) return -Errno.ENFILE;
  if (type & SOCK_NONBLOCK) s.flags |= SockFlag.nonBlock;
  const fd = process.give(r, s);
  if (fd < 0) socket.release(s);
  return fd;
}

// addresses

let addr: u32 = 0, portNumber: u32 = 0;

/** Reads a sockaddr_in of n bytes at p into addr and portNumber: 0 or a negative errno. */
function readAddress(p: usize, n: u32): i32 {
  if (n < SOCKADDR) return -Errno.EINVAL;
  if (<u32>load<u16>(p) != AF_INET) return -Errno.EAFNOSUPPORT;
  portNumber = get16(p + 2);
  addr = get32(p + 4);
  return 0;
}

/** Writes a sockaddr_in as the reply's data. */
function tell(p: Port, a: u32, number: u32): i32 {
  const q = port.data(p);
  memory.fill(q, 0, SOCKADDR);
  store<u16>(q, <u16>AF_INET);
  put16(q + 2, number);
  put32(q + 4, a);
  result.setN(SOCKADDR);
  return 0;
}

export function sockName(p: Port, s: Sock): i32 {
  return s.conn != 0 ? tell(p, socket.conn(s).localAddr, socket.conn(s).localPort) : tell(p, s.addr, s.port);
}

export function peerName(p: Port, s: Sock): i32 {
  if (!has(s, SockFlag.connected) || has(s, SockFlag.dead)) return -Errno.ENOTCONN;
  return tell(p, socket.conn(s).remoteAddr, socket.conn(s).remotePort);
}

/** Addresses that a program may have: those of the interfaces, and v_hosts that need no tunnel. */
function mine(a: u32): bool {
  const l = local.find(a);
  return l != null && (l.flags & LocalFlag.tunnelOnly) == 0;
}

export function bind(s: Sock, p: usize, n: u32): i32 {
  const e = readAddress(p, n);
  if (e < 0) return e;
  if (s.port != 0 || s.conn != 0) return -Errno.EINVAL;
  if (addr != 0 && !mine(addr)) return -Errno.EADDRNOTAVAIL;
  if (portNumber == 0) return bindAny(s, addr);
  if (!isFree(s, addr, portNumber)) return -Errno.EADDRINUSE;
  s.addr = addr;
  s.port = portNumber;
  s.flags |= SockFlag.named;
  return 0;
}

function isFree(s: Sock, a: u32, number: u32): bool {
  return !socket.taken(s, a, number) && !tcp.listens(a, number) && (has(s, SockFlag.reuse) || !tcp.waitsAt(a, number));
}

/** Binds to a port that nobody has. */
function bindAny(s: Sock, a: u32): i32 {
  for (let i: u32 = 0; i < PORT_TRIES; i++) {
    const number = PORTS_FROM + (turn++ & PORTS_MASK);
    if (!isFree(s, a, number)) continue;
    s.addr = a;
    s.port = number;
    s.flags |= SockFlag.named;
    return 0;
  }
  return -Errno.EADDRINUSE;
}

// passive

export function listen(s: Sock, backlog: u32): i32 {
  if (s.conn != 0 || has(s, SockFlag.connected)) return -Errno.EINVAL;
  s.backlog = min<u32>(backlog, BACKLOG_MAX) + 1;   // as Linux: one more than asked
  if (s.listener != 0) { tcp.limitWaiting(changetype<Listener>(s.listener), s.backlog); return 0; }
  if (s.port == 0) { const e = bindAny(s, 0); if (e < 0) return e; }
  if (tcp.listens(s.addr, s.port)) return -Errno.EADDRINUSE;
  const l = tcp.listen(s.addr, s.port, OWNER_USER, false, 0, s.rcvBuf, s.sndBuf, s.maxSeg);
  if (l == null) return -Errno.ENOBUFS;
  l.user = <u16>s.number;
  tcp.configure(l, s.congestion, false);
  tcp.markAll(l, s.ttl, s.tos);
  tcp.limitWaiting(l, s.backlog);
  s.listener = changetype<usize>(l);
  return 0;
}

export function accept(p: Port, r: Process, s: Sock): i32 {
  if (s.listener == 0) return -Errno.EINVAL;
  if (list.isEmpty(socket.queue(s))) return has(s, SockFlag.nonBlock) ? -Errno.EAGAIN : wait.on(p, s);
  const k = changetype<Sock>(socket.queue(s).next), fd = process.give(r, k);
  if (fd < 0) return fd;
  list.remove(socket.link(k));
  changetype<Listener>(s.listener).waiting--;
  tell(p, socket.conn(k).remoteAddr, socket.conn(k).remotePort);
  return fd;
}

/** Stops listening; who waits to be accepted is reset. */
export function unlisten(s: Sock): void {
  if (s.listener == 0) return;
  tcp.unlisten(changetype<Listener>(s.listener));
  s.listener = 0;
  while (!list.isEmpty(socket.queue(s))) {
    const k = changetype<Sock>(socket.queue(s).next);
    tcp.drop(socket.conn(k), true);
    socket.release(k);
  }
}

// active

/** p.done is 1 once this call has begun, or waits for, the attempt. */
export function connect(p: Port, s: Sock, q: usize, n: u32): i32 {
  if (p.done == 0) {
    const e = readAddress(q, n);
    if (e < 0) return e;
    if (s.listener != 0) return -Errno.EISCONN;
    if (has(s, SockFlag.connecting)) { if (has(s, SockFlag.nonBlock)) return -Errno.EALREADY; }
    else if (s.error == 0 && !has(s, SockFlag.untold)) {
      if (has(s, SockFlag.connected)) return -Errno.EISCONN;
      const started = begin(s);
      if (started < 0) return started;
      if (has(s, SockFlag.nonBlock)) return -Errno.EINPROGRESS;
    }
    p.done = 1;
  }
  if (has(s, SockFlag.connecting)) return wait.on(p, s);
  s.flags &= ~<u32>SockFlag.untold;
  const e = s.error;
  s.error = 0;
  return e != 0 ? -e : has(s, SockFlag.connected) ? 0 : -Errno.ECONNABORTED;
}

function begin(s: Sock): i32 {
  const l = local.any(addr), way = route.lookup(addr);
  if (way == null || addr >> 24 == 0 || addr >> 24 == 127 || addr >= 0xe0000000 || (l != null && (l.isOwn || (l.flags & LocalFlag.broadcast) != 0))) return -Errno.ENETUNREACH;
  if (portNumber == 0) return -Errno.ECONNREFUSED;
  const from = s.addr != 0 ? s.addr : iface.at(way.iface).addr;
  if (s.port != 0 && (tcp.find(from, s.port, addr, portNumber) != null || tcp.waits(from, s.port, addr, portNumber))) return -Errno.EADDRNOTAVAIL;
  const c = tcp.connect(from, s.port, addr, portNumber, OWNER_USER, s.rcvBuf, s.sndBuf);
  if (c == null) return -Errno.ENOBUFS;
  c.c = <u16>s.number;
  s.conn = changetype<usize>(c);
  s.port = c.localPort;
  s.flags |= SockFlag.connecting;
  option.apply(s, c);
  return 0;
}
