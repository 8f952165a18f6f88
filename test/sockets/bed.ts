// A program at the socket interface for specs: each call is a request as the host puts it into port 0, and the reply that it finds there. Segments go
// in and out by tcp/bed.

import { BUF, end as endTcp, later as laterTcp, start as startTcp } from "../tcp/bed";
import * as bed from "../net/bed";
import { AF_INET, SOCK_STREAM } from "../../assembly/sockets/linux";
import { Op } from "../../assembly/sockets/call";
import { Port, PortState, REPLY, REQUEST } from "../../assembly/sockets/port";
import { Timer } from "../../assembly/core/wheel";
import { TimerKind } from "../../assembly/core/timerkind";
import { SOCKETS } from "../../assembly/core/sizes";
import { put16, put32 } from "../../assembly/core/bytes";
import * as port from "../../assembly/sockets/port";
import * as socket from "../../assembly/sockets/socket";
import * as sockets from "../../assembly/sockets/sockets";
import * as tcp from "../../assembly/tcp/tcp";

/** Data of the next request, and of the last reply. */
export const ARG: usize = memory.data(1 << 16, 16);
export const GOT: usize = memory.data(1 << 16, 16);
export let gotLen: u32 = 0;
/** errno of the last reply; LATER while the call waits. */
export let errno: i32 = 0;
export const WAITS: i32 = -1000;

export function start(): void {
  startTcp();
  sockets.init();
  bed.timers((t: Timer): void => { if (t.kind >> 4 == TimerKind.tcp >> 4) tcp.timer(t); else sockets.timer(t); });
  join(0, 100);
}

/** A program's RPC connection: process `pid` at port i. */
export function join(i: u32, pid: u32): void { const p = port.at(i); p.state = PortState.open; p.pid = pid; }
/** It goes. */
export function leave(i: u32): void { const p = port.at(i); p.state = PortState.ended; port.mark(p); run(); }

/** Ends a test: programs gone, every socket is back. */
export function end(): void {
  for (let i: u32 = 0; i < 8; i++) if (port.at(i).state == PortState.open) leave(i);
  run();
  later(200000);
  expect(socket.available()).toBe(SOCKETS, "sockets");
  endTcp();
}

export function later(ms: u32): void {
  for (let left = ms; left > 0;) { const d = min<u32>(left, 1000); laterTcp(d); run(); if (ms > 60000) bed.drain(); left -= d; }
}

/** What a poll of the node does beside segments. */
export function run(): void {
  for (let c = tcp.nextDirty(); c != null; c = tcp.nextDirty()) tcp.setAside(c);
  while (sockets.run()) {}
  tcp.flush();
}

/** A call on port i with n bytes of ARG: its result, or WAITS. */
export function callOn(i: u32, op: u32, a: u32, b: u32, c: u32, n: u32): i32 {
  const p = port.at(i), q = p.inAt + p.inLen;
  expect(p.outSent).toBe(p.outLen, "the reply before has left");
  store<u32>(q, op); store<u32>(q, a, 4); store<u32>(q, b, 8); store<u32>(q, c, 12); store<u32>(q, n, 16);
  memory.copy(q + REQUEST, ARG, n);
  p.inLen += REQUEST + n;
  port.mark(p);
  run();
  return reply(i);
}
export function call(op: u32, a: u32, b: u32, c: u32, n: u32): i32 { return callOn(0, op, a, b, c, n); }

/** The reply that has come on port i: its result, or WAITS. */
export function reply(i: u32): i32 {
  const p = port.at(i);
  errno = WAITS; gotLen = 0;
  if (p.outSent == p.outLen) return WAITS;
  errno = load<i32>(p.outAt, 4);
  gotLen = load<u32>(p.outAt, 8);
  memory.copy(GOT, p.outAt + REPLY, gotLen);
  p.outSent = p.outLen;
  port.mark(p);
  run();
  return load<i32>(p.outAt);
}

// calls

export function stream(): i32 { return call(Op.socket, AF_INET, SOCK_STREAM, 0, 0); }
/** Puts a sockaddr_in into ARG: its length. */
export function address(addr: u32, number: u32): u32 {
  memory.fill(ARG, 0, 16);
  store<u16>(ARG, <u16>AF_INET);
  put16(ARG + 2, number); put32(ARG + 4, addr);
  return 16;
}
export function connect(fd: i32, addr: u32, number: u32): i32 { return call(Op.connect, fd, 0, 0, address(addr, number)); }
export function bindTo(fd: i32, addr: u32, number: u32): i32 { return call(Op.bind, fd, 0, 0, address(addr, number)); }
export function set(fd: i32, level: u32, name: u32, v: u32): i32 { store<u32>(ARG, v); return call(Op.setsockopt, fd, level, name, 4); }
export function get(fd: i32, level: u32, name: u32): i32 {
  store<u32>(ARG, 4);
  const r = call(Op.getsockopt, fd, level, name, 4);
  return r < 0 ? r : load<i32>(GOT);
}
/** Writes n bytes of BUF from its beginning, with flags. */
export function send(fd: i32, n: u32, flags: u32): i32 { memory.copy(ARG, BUF, n); return call(Op.send, fd, 0, flags, n); }
export function recv(fd: i32, n: u32, flags: u32): i32 { return call(Op.recv, fd, n, flags, 0); }
/** What poll says of one descriptor at once. */
export function ready(fd: i32, events: u32): u32 {
  store<i32>(ARG, fd); store<u32>(ARG, events, 4);
  expect(call(Op.poll, 1, 0, 0, 8) >= 0).toBeTruthy("poll");
  return <u32>load<u16>(GOT, 6);
}
