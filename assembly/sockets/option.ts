// Options: getsockopt, setsockopt, fcntl. Values are i32 but for SO_LINGER (two of them), TCP_CONGESTION (a name) and TCP_INFO.

import { RCV_MAX, SND_MAX } from "../core/sizes";
import { TTL } from "../net/ip";
import * as tcp from "../tcp/tcp";
import { Listener } from "../tcp/tcp";
import { Algo } from "../tcp/cc";
import { Conn } from "../tcp/conn";
import { AF_INET, Errno, Fcntl, IPPROTO_TCP, O_NONBLOCK, Ip, O_RDWR, SOCK_STREAM, SOL_IP, SOL_SOCKET, SOL_TCP, So, Tcp } from "./linux";
import { Port } from "./port";
import * as port from "./port";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";
import * as info from "./info";
import * as result from "./result";
import * as transfer from "./transfer";

/** Buffers of a socket, bytes: no less, whatever is asked. */
const BUFFER_MIN: u32 = 2048;
/** TCP_MAXSEG's range. */
const SEG_MIN: u32 = 88, SEG_MAX: u32 = 32767;
/** Bounds of keep-alive's times (seconds) and probes. */
const KEEP_TIME_MAX: u32 = 32767, KEEP_PROBES_MAX: u32 = 127;
const DEFAULT_USER_TIMEOUT: u32 = 300000;

// reading

/** The value in at most n bytes of the reply. */
export function get(p: Port, s: Sock, level: u32, name: u32, n: u32): i32 {
  const q = port.data(p);
  let size: u32 = 4;
  if (level == SOL_SOCKET && name == So.linger) {
    store<u32>(q, has(s, SockFlag.linger) ? 1 : 0);
    store<u32>(q, s.linger, 4);
    size = 8;
  } else if (level == SOL_TCP && name == Tcp.info) {
    info.write(q, s);
    size = info.SIZE;
  } else if (level == SOL_TCP && name == Tcp.congestion) {
    memory.fill(q, 0, 16);
    if (s.congestion == Algo.newreno) store<u32>(q, 0x6f6e6572); // "reno"
    else { store<u32>(q, 0x69627563); store<u8>(q, 0x63, 4); }   // "cubic"
    size = 16;
  } else if (level == SOL_SOCKET) { if (!socketValue(q, s, name)) return -Errno.ENOPROTOOPT; }
  else if (level == SOL_IP) { if (!ipValue(q, s, name)) return -Errno.ENOPROTOOPT; }
  else if (level != SOL_TCP) return -Errno.EOPNOTSUPP;
  else if (!tcpValue(q, s, name)) return -Errno.ENOPROTOOPT;
  result.setN(min<u32>(size, n));
  return 0;
}

function flag(q: usize, s: Sock, f: u32): bool { store<u32>(q, has(s, f) ? 1 : 0); return true; }
function value(q: usize, v: u32): bool { store<u32>(q, v); return true; }

function socketValue(q: usize, s: Sock, name: u32): bool {
  switch (<i32>name) {
    case So.reuseAddr: return flag(q, s, SockFlag.reuse);
    case So.type: return value(q, SOCK_STREAM);
    case So.error: return value(q, <u32>-transfer.takeError(s));
    case So.sndBuf: return value(q, s.sndBuf);
    case So.rcvBuf: return value(q, s.rcvBuf);
    case So.keepAlive: return flag(q, s, SockFlag.keepAlive);
    case So.oobInline: return value(q, 1);
    case So.acceptConn: return value(q, s.listener != 0 ? 1 : 0);
    case So.protocol: return value(q, IPPROTO_TCP);
    case So.domain: return value(q, AF_INET);
    default: return false;
  }
}

function ipValue(q: usize, s: Sock, name: u32): bool {
  switch (<i32>name) {
    case Ip.tos: return value(q, s.tos);
    case Ip.ttl: return value(q, s.ttl);
    case Ip.recvErr: return flag(q, s, SockFlag.recvErr);
    default: return false;
  }
}

function tcpValue(q: usize, s: Sock, name: u32): bool {
  switch (<i32>name) {
    case Tcp.noDelay: return flag(q, s, SockFlag.noDelay);
    case Tcp.cork: return flag(q, s, SockFlag.cork);
    case Tcp.maxSeg: return value(q, s.conn != 0 && has(s, SockFlag.connected) ? socket.conn(s).mss : s.maxSeg != 0 ? s.maxSeg : 536);
    case Tcp.keepIdle: return value(q, s.keepIdle);
    case Tcp.keepIntvl: return value(q, s.keepInterval);
    case Tcp.keepCnt: return value(q, s.keepProbes);
    case Tcp.userTimeout: return value(q, s.userTimeout);
    default: return false;
  }
}

// setting

/** The value in n bytes at q. */
export function set(s: Sock, level: u32, name: u32, q: usize, n: u32): i32 {
  if (level == SOL_TCP && name == Tcp.congestion) return setCongestion(s, q, n);
  if (level == SOL_SOCKET && name == So.linger) return setLinger(s, q, n);
  if (level != SOL_SOCKET && level != SOL_TCP && level != SOL_IP) return -Errno.ENOPROTOOPT;
  if (n < 4 && !(level == SOL_IP && n != 0)) return -Errno.EINVAL;
  const e = level == SOL_IP ? setIp(s, name, n < 4 ? load<u8>(q) : load<u32>(q)) : level == SOL_SOCKET ? setSocket(s, name, load<u32>(q)) : setTcp(s, name, load<u32>(q));
  if (e == 0 && s.listener != 0) passive(s, changetype<Listener>(s.listener));
  return e;
}

function setFlag(s: Sock, f: u32, on: bool): i32 {
  if (on) s.flags |= f; else s.flags &= ~f;
  return 0;
}

function setLinger(s: Sock, q: usize, n: u32): i32 {
  if (n < 8) return -Errno.EINVAL;
  if (load<u32>(q) != 0) s.linger = load<u32>(q, 4);
  return setFlag(s, SockFlag.linger, load<u32>(q) != 0);
}

function setSocket(s: Sock, name: u32, v: u32): i32 {
  switch (<i32>name) {
    case So.reuseAddr: return setFlag(s, SockFlag.reuse, v != 0);
    // urgent data stay in the stream (RFC 6093 3.2)
    case So.oobInline: return v != 0 ? 0 : -Errno.EINVAL;
    case So.keepAlive: { setFlag(s, SockFlag.keepAlive, v != 0); return keepAlive(s); }
    case So.sndBuf: {
      s.sndBuf = max<u32>(min<u32>(v, SND_MAX), BUFFER_MIN);
      if (s.conn != 0) tcp.setSendBuffer(socket.conn(s), s.sndBuf);
      return 0;
    }
    case So.rcvBuf: {
      s.rcvBuf = max<u32>(min<u32>(v, RCV_MAX), BUFFER_MIN);
      if (isOpen(s)) tcp.setReceiveBuffer(socket.conn(s), s.rcvBuf);
      return 0;
    }
    default: return -Errno.ENOPROTOOPT;
  }
}

/** As on Linux, a byte or four. */
function setIp(s: Sock, name: u32, v: u32): i32 {
  switch (<i32>name) {
    // the lower two bits are ECN's
    case Ip.tos: if (v > 255) return -Errno.EINVAL; s.tos = <u8>(v & 0xfc); break;
    case Ip.ttl: if (v != 0xffffffff && v - 1 > 254) return -Errno.EINVAL; s.ttl = <u8>(v == 0xffffffff ? TTL : v); break;
    case Ip.recvErr: return setFlag(s, SockFlag.recvErr, v != 0);
    default: return -Errno.ENOPROTOOPT;
  }
  if (s.conn != 0) tcp.setMarks(socket.conn(s), s.ttl, s.tos);
  return 0;
}

function setTcp(s: Sock, name: u32, v: u32): i32 {
  switch (<i32>name) {
    case Tcp.noDelay: {
      setFlag(s, SockFlag.noDelay, v != 0);
      if (isOpen(s)) tcp.setNoDelay(socket.conn(s), v != 0);
      return 0;
    }
    case Tcp.cork: {
      setFlag(s, SockFlag.cork, v != 0);
      if (v == 0 && isOpen(s)) { s.flags &= ~<u32>SockFlag.more; tcp.setCork(socket.conn(s), false); }
      return 0;
    }
    case Tcp.maxSeg: {
      if (v != 0 && v - SEG_MIN > SEG_MAX - SEG_MIN) return -Errno.EINVAL;
      s.maxSeg = v;
      return 0;
    }
    case Tcp.keepIdle: if (v - 1 >= KEEP_TIME_MAX) return -Errno.EINVAL; s.keepIdle = v; return keepAlive(s);
    case Tcp.keepIntvl: if (v - 1 >= KEEP_TIME_MAX) return -Errno.EINVAL; s.keepInterval = v; return keepAlive(s);
    case Tcp.keepCnt: if (v - 1 >= KEEP_PROBES_MAX) return -Errno.EINVAL; s.keepProbes = v; return keepAlive(s);
    case Tcp.userTimeout: {
      if (<i32>v < 0) return -Errno.EINVAL;
      s.userTimeout = v;
      if (s.conn != 0) tcp.setUserTimeout(socket.conn(s), v != 0 ? v : DEFAULT_USER_TIMEOUT);
      return 0;
    }
    default: return -Errno.ENOPROTOOPT;
  }
}

/** A connection that is there and may send. */
function isOpen(s: Sock): bool { return s.conn != 0 && !has(s, SockFlag.dead | SockFlag.connecting); }

function keepAlive(s: Sock): i32 {
  if (!isOpen(s)) return 0;
  const c = socket.conn(s);
  tcp.setKeepAliveProbes(c, s.keepInterval * 1000, s.keepProbes);
  tcp.setKeepAlive(c, has(s, SockFlag.keepAlive) ? s.keepIdle * 1000 : 0);
  return 0;
}

/** "cubic" or "reno", with or without a zero at the end. */
function setCongestion(s: Sock, q: usize, n: u32): i32 {
  if (n == 0) return -Errno.EINVAL;
  if (n >= 4 && load<u32>(q) == 0x6f6e6572 && (n == 4 || load<u8>(q, 4) == 0)) s.congestion = Algo.newreno;
  else if (n >= 5 && load<u32>(q) == 0x69627563 && load<u8>(q, 4) == 0x63 && (n == 5 || load<u8>(q, 5) == 0)) s.congestion = Algo.cubic;
  else return -Errno.ENOENT;
  if (s.conn != 0) tcp.setCongestion(socket.conn(s), s.congestion);
  if (s.listener != 0) passive(s, changetype<Listener>(s.listener));
  return 0;
}

/** What SYNs that come from now on are answered with. */
function passive(s: Sock, l: Listener): void {
  l.rcvCap = s.rcvBuf;
  l.sndCap = s.sndBuf;
  tcp.markAll(l, s.ttl, s.tos);
  tcp.configure(l, s.congestion, false);
}

/** Gives a new connection the options of its socket. */
export function apply(s: Sock, c: Conn): void {
  if (has(s, SockFlag.connecting)) {
    if (s.maxSeg != 0) tcp.limitMss(c, s.maxSeg);
    tcp.setCongestion(c, s.congestion);
  }
  tcp.setMarks(c, s.ttl, s.tos);
  if (has(s, SockFlag.noDelay)) tcp.setNoDelay(c, true);
  if (s.userTimeout != 0) tcp.setUserTimeout(c, s.userTimeout);
  if (!has(s, SockFlag.keepAlive)) return;
  tcp.setKeepAliveProbes(c, s.keepInterval * 1000, s.keepProbes);
  tcp.setKeepAlive(c, s.keepIdle * 1000);
}

// fcntl

export function fcntl(s: Sock, cmd: u32, arg: u32): i32 {
  switch (<i32>cmd) {
    case Fcntl.getFd: return 0;
    case Fcntl.setFd: return 0;
    case Fcntl.getFl: return <i32>(O_RDWR | (has(s, SockFlag.nonBlock) ? O_NONBLOCK : 0));
    case Fcntl.setFl: return setFlag(s, SockFlag.nonBlock, (arg & O_NONBLOCK) != 0);
    default: return -Errno.EINVAL;
  }
}
