// The sockets of local programs: a pool of records. A socket stands between a descriptor and a listener or a connection, and outlives its descriptor
// until its connection has ended properly. A connection names its socket in `Conn.c`, a listener in `Listener.user`; number 0 is none.

import { RCV_MAX, SND_MAX, SOCKETS } from "../core/sizes";
import { Link } from "../core/list";
import * as list from "../core/list";
import { Timer } from "../core/wheel";
import * as wheel from "../core/wheel";
import { TimerKind } from "../core/timerkind";
import { TTL } from "../net/ip";
import { Conn } from "../tcp/conn";

@unmanaged export class Sock {
  next: usize; prev: usize;            // Link: free, or waiting to be accepted
  callsNext: usize; callsPrev: usize;  // list: calls parked on it
  queueNext: usize; queuePrev: usize;  // list: connections that wait to be accepted
  timerNext: usize; timerPrev: usize; timerAt: u32; timerKind: u32;
  number: u32;
  process: usize;     // Process, 0: no descriptor
  fd: u32;
  conn: usize;        // Conn
  listener: usize;    // Listener
  flags: u32;         // SockFlag
  error: i32;         // errno that waits to be told
  addr: u32;          // local, host order; 0: any
  port: u32;          // local; 0: not bound
  backlog: u32;
  seen: u32;          // orphans: acknowledged at the last look
  // options
  rcvBuf: u32;
  sndBuf: u32;
  linger: u32;        // seconds
  maxSeg: u32;        // 0: an Ethernet's
  userTimeout: u32;   // ms, 0: the default
  keepIdle: u32;      // seconds
  keepInterval: u32;
  keepProbes: u32;
  congestion: u32;    // Algo
  soft: i32;          // errno of the last soft error, told in place of a timeout
  ttl: u8;
  tos: u8;
}

export const enum SockFlag {
  nonBlock = 1, reuse = 2, noDelay = 4, cork = 8, keepAlive = 16, linger = 32,
  inUse = 64,
  connecting = 128,   // the SYN is out
  connected = 256,    // the handshake is complete, or was
  untold = 512,       // ... and connect has not said so
  rdShut = 1024,      // nothing more is read
  wrShut = 2048,      // nothing more is written
  dead = 4096,        // the connection was reset or given up, or has ended
  orphan = 8192,      // no descriptor: the connection ends by itself
  named = 16384,      // bound by its program, or to listen
  more = 32768,       // the connection is corked
  recvErr = 65536,    // soft errors are told at once
}
/** What an accepted connection has from the socket that listened. */
const INHERITED: u32 = SockFlag.reuse | SockFlag.noDelay | SockFlag.cork | SockFlag.keepAlive | SockFlag.linger | SockFlag.recvErr;

const STRIDE: u32 = 128;
if (offsetof<Sock>() > STRIDE) ERROR("Sock: too large");
if (SOCKETS > 65535) ERROR("SOCKETS: numbers are 16 bits");
const TABLE: usize = memory.data(SOCKETS == 0 ? 16 : SOCKETS * 128, 16);
const FREE: usize = memory.data(8, 16);
let count: u32 = 0;
let top: u32 = 0;     // no socket beyond this number was ever used

/** Buffers of a new socket, bytes. */
const BUFFER: u32 = 262144;

export function init(): void {
  memory.fill(TABLE, 0, SOCKETS * STRIDE);
  list.init(changetype<Link>(FREE));
  for (let i: u32 = 1; i <= SOCKETS; i++) list.push(changetype<Link>(FREE), link(at(i)));
  count = SOCKETS;
  top = 0;
}

/** Records in the pool: SOCKETS when there is no socket. */
export function available(): u32 { return count; }

/** Socket number i, from 1 on. */
// @ts-ignore: decorator
@inline export function at(i: u32): Sock { return changetype<Sock>(TABLE + <usize>(i - 1) * STRIDE); }
// @ts-ignore: decorator
@inline export function link(s: Sock): Link { return changetype<Link>(changetype<usize>(s)); }
// @ts-ignore: decorator
@inline export function calls(s: Sock): Link { return changetype<Link>(changetype<usize>(s) + offsetof<Sock>("callsNext")); }
// @ts-ignore: decorator
@inline export function queue(s: Sock): Link { return changetype<Link>(changetype<usize>(s) + offsetof<Sock>("queueNext")); }
// @ts-ignore: decorator
@inline export function timer(s: Sock): Timer { return changetype<Timer>(changetype<usize>(s) + offsetof<Sock>("timerNext")); }
// @ts-ignore: decorator
@inline export function ofTimer(t: Timer): Sock { return changetype<Sock>(changetype<usize>(t) - offsetof<Sock>("timerNext")); }
// @ts-ignore: decorator
@inline export function conn(s: Sock): Conn { return changetype<Conn>(s.conn); }
// @ts-ignore: decorator
@inline export function has(s: Sock, flag: u32): bool { return (s.flags & flag) != 0; }

/** The socket of a connection, or null. */
export function ofConn(c: Conn): Sock | null { return c.c == 0 ? null : at(c.c); }

/** A new socket with the usual options, or null when there is none. */
export function make(): Sock | null {
  if (list.isEmpty(changetype<Link>(FREE))) return null;
  const s = changetype<Sock>(changetype<Link>(FREE).next);
  list.remove(link(s));
  const i = <u32>(changetype<usize>(s) - TABLE) / STRIDE + 1;
  memory.fill(changetype<usize>(s), 0, STRIDE);
  count--;
  top = max(top, i);
  s.number = i;
  s.flags = SockFlag.inUse;
  s.timerKind = TimerKind.sockets + 1;
  s.rcvBuf = min<u32>(BUFFER, RCV_MAX); s.sndBuf = min<u32>(BUFFER, SND_MAX);
  s.ttl = <u8>TTL;
  s.keepIdle = 7200; s.keepInterval = 75; s.keepProbes = 9;
  list.init(calls(s));
  list.init(queue(s));
  return s;
}

/** Options of the socket that listened, for one that it accepted. */
export function inherit(s: Sock, from: Sock): void {
  s.flags |= from.flags & INHERITED;
  s.rcvBuf = from.rcvBuf; s.sndBuf = from.sndBuf;
  s.linger = from.linger;
  s.maxSeg = from.maxSeg;
  s.userTimeout = from.userTimeout;
  s.keepIdle = from.keepIdle; s.keepInterval = from.keepInterval; s.keepProbes = from.keepProbes;
  s.congestion = from.congestion;
  s.ttl = from.ttl; s.tos = from.tos;
}

/** Gives a record back, which has neither descriptor, connection, listener nor parked calls. */
export function release(s: Sock): void {
  wheel.cancel(timer(s));
  list.remove(link(s));
  s.flags = 0;
  list.push(changetype<Link>(FREE), link(s));
  count++;
}

/**
 * True where another socket has the port at an address that overlaps: s may not have it as well, unless both may share it (SO_REUSEADDR) and
 * neither listens.
 */
export function taken(s: Sock, addr: u32, port: u32): bool {
  for (let i: u32 = 1; i <= top; i++) {
    const o = at(i);
    if (!has(o, SockFlag.inUse) || o == s || o.port != port || (o.addr != 0 && addr != 0 && o.addr != addr)) continue;
    if (o.listener != 0 || !has(o, SockFlag.reuse) || !has(s, SockFlag.reuse)) return true;
  }
  return false;
}
