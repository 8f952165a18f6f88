// The RPC connections of local programs. The first 32 bytes of a record are shared with the host (host/ABI.md), which moves bytes in and out and tells
// who has come and gone; the rest is the call that runs on it. A call is read when the reply before it has left.

import { PORTS } from "../core/sizes";
import { Link } from "../core/list";
import { Timer } from "../core/wheel";
import { TimerKind } from "../core/timerkind";

@unmanaged export class Port {
  inAt: usize;       // request buffer, its size, and how much of it is filled: the host appends, we begin anew
  inSize: u32;
  inLen: u32;
  outAt: usize;      // reply buffer, bytes of the reply, and how many have left
  outLen: u32;
  outSent: u32;
  state: u32;        // PortState
  pid: u32;          // process at the other end
  // ours alone
  waitNext: usize; waitPrev: usize;       // Link: the parked calls of a socket, or of a process that polls
  timerNext: usize; timerPrev: usize; timerAt: u32; timerKind: u32;
  process: usize;    // Process, 0: not met yet
  taken: u32;        // bytes of the request buffer that have been used
  phase: u32;        // Phase
  op: u32;           // the request's words
  a: u32;
  b: u32;
  c: u32;
  n: u32;
  left: u32;         // bytes of the request's data that have not been used
  done: u32;         // what the call has achieved so far
  expired: u32;      // 1: its timer has fired
}

export const enum PortState { free = 0, open = 1, ended = 2 }
export const enum Phase { idle = 0, running = 1, parked = 2, skipping = 3 }

/** Bytes of a request before its data, and of a reply. */
export const REQUEST: u32 = 20;
export const REPLY: u32 = 12;
export const IN_SIZE: u32 = 16384;
/** Data that one reply carries. */
export const DATA: u32 = 32768;
const OUT_SIZE: u32 = DATA + 16;
const STRIDE: u32 = 112;
if (offsetof<Port>() > STRIDE) ERROR("Port: too large");

const TABLE: usize = memory.data(PORTS == 0 ? 16 : PORTS * 112, 16);
const INS: usize = memory.data(PORTS == 0 ? 16 : PORTS * 16384, 16);
const OUTS: usize = memory.data(PORTS == 0 ? 16 : PORTS * 32784, 16);
export const WORDS: u32 = (PORTS + 31) / 32;
/** A bit per port: the host sets it with whatever it changes. */
export const NEWS: usize = memory.data(PORTS == 0 ? 16 : ((PORTS + 31) / 32) * 4, 16);
const SHARED: usize = memory.data(16, 16);

export function init(): void {
  memory.fill(TABLE, 0, PORTS * STRIDE);
  memory.fill(NEWS, 0, WORDS * 4);
  for (let i: u32 = 0; i < PORTS; i++) {
    const p = at(i);
    p.inAt = INS + i * IN_SIZE; p.inSize = IN_SIZE;
    p.outAt = OUTS + i * OUT_SIZE;
    p.timerKind = TimerKind.sockets;
  }
}

/** The `Sockets` block of host/ABI.md. */
export function shared(): usize {
  store<u32>(SHARED, <u32>TABLE);
  store<u32>(SHARED, PORTS, 4);
  store<u32>(SHARED, STRIDE, 8);
  store<u32>(SHARED, <u32>NEWS, 12);
  return SHARED;
}

// @ts-ignore: decorator
@inline export function at(i: u32): Port { return changetype<Port>(TABLE + <usize>i * STRIDE); }
// @ts-ignore: decorator
@inline export function link(p: Port): Link { return changetype<Link>(changetype<usize>(p) + offsetof<Port>("waitNext")); }
// @ts-ignore: decorator
@inline export function timer(p: Port): Timer { return changetype<Timer>(changetype<usize>(p) + offsetof<Port>("timerNext")); }
// @ts-ignore: decorator
@inline export function ofLink(l: usize): Port { return changetype<Port>(l - offsetof<Port>("waitNext")); }
// @ts-ignore: decorator
@inline export function ofTimer(t: Timer): Port { return changetype<Port>(changetype<usize>(t) - offsetof<Port>("timerNext")); }

/** Lets a look at the port happen with the next run. */
export function mark(p: Port): void {
  const i = <u32>(changetype<usize>(p) - TABLE) / STRIDE, w = NEWS + (i >> 5 << 2);
  store<u32>(w, load<u32>(w) | 1 << (i & 31));
}

/** True where the last reply has left. */
// @ts-ignore: decorator
@inline export function quiet(p: Port): bool { return p.outSent == p.outLen; }
/** Where the reply's data goes. */
// @ts-ignore: decorator
@inline export function data(p: Port): usize { return p.outAt + REPLY; }

/** Bytes of the request buffer that wait. */
// @ts-ignore: decorator
@inline export function waiting(p: Port): u32 { return p.inLen - p.taken; }
// @ts-ignore: decorator
@inline export function head(p: Port): usize { return p.inAt + p.taken; }

/** Takes n bytes of the request buffer as used. */
export function take(p: Port, n: u32): void {
  p.taken += n;
  if (p.taken != p.inLen) return;
  p.taken = 0;
  p.inLen = 0;
}

/** True once n bytes in a row wait; makes room for them where they do not fit behind what was used. n <= IN_SIZE. */
export function has(p: Port, n: u32): bool {
  if (waiting(p) >= n) return true;
  if (p.taken + n <= p.inSize) return false;
  memory.copy(p.inAt, head(p), waiting(p));
  p.inLen -= p.taken;
  p.taken = 0;
  return false;
}

/** Nobody is at the other end. */
export function clear(p: Port): void {
  p.process = 0;
  p.taken = 0;
  p.inLen = 0;
  p.outLen = 0;
  p.outSent = 0;
  p.phase = Phase.idle;
  p.state = PortState.free;
}

/** Publishes a reply with n bytes of data, which are in their place. */
export function reply(p: Port, result: i32, errno: i32, n: u32): void {
  store<i32>(p.outAt, result);
  store<i32>(p.outAt, errno, 4);
  store<u32>(p.outAt, n, 8);
  p.outLen = REPLY + n;
  p.outSent = 0;
}
