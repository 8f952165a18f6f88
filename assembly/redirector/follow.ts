// Fragments of TCP to virtual hosts: later ones carry no ports, so they go where their first fragment went, and wait for it within a bound.

import { REASM } from "../core/sizes";
import { Ip4 } from "../wire/ip4";
import { Redirector } from "./counters";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import * as clock from "../core/clock";
import * as ip from "../net/ip";
import * as seq from "../core/seq";
import * as wheel from "../core/wheel";

const TIMEOUT: u32 = 3000;      // ms
const WAIT: u32 = 8;            // fragments that wait, per datagram

@unmanaged export class Datagram {
  timer0: u64; timer1: u64;     // Timer
  src: u32;
  dst: u32;
  idProto: u32;
  used: u32;
  way: u32;                     // where it goes, as `Way`; 0: not known yet
  svc: u32;
  addr: u32;
  waiting: u32;
}
if (offsetof<Datagram>() != 48) ERROR("Datagram: layout");

const STRIDE: u32 = 48 + 8 * 8; // and address and length of each waiting fragment
const TABLE: usize = memory.data((48 + 8 * 8) * REASM, 16);

export function init(): void { memory.fill(TABLE, 0, STRIDE * REASM); }

// @ts-ignore: decorator
@inline function slot(i: u32): Datagram { return changetype<Datagram>(TABLE + i * STRIDE); }

/** The record of a fragment's datagram, new where there was none. */
export function record(h: Ip4): Datagram {
  const key = h.id << 8 | <u32>h.proto, src = h.src, dst = h.dst;
  let d = slot(0);
  for (let i: u32 = 0; i < REASM; i++) {
    const e = slot(i);
    if (e.used != 0 && e.idProto == key && e.src == src && e.dst == dst) return e;
    if (d.used != 0 && (e.used == 0 || seq.lt(changetype<Timer>(e).at, changetype<Timer>(d).at))) d = e;
  }
  if (d.used != 0) close(d, Redirector.fragmentQueue);
  memory.fill(changetype<usize>(d), 0, STRIDE);
  d.src = src; d.dst = dst; d.idProto = key; d.used = 1;
  changetype<Timer>(d).kind = TimerKind.follow;
  wheel.arm(changetype<Timer>(d), clock.ms + TIMEOUT);
  return d;
}

/** Keeps a fragment until the first one comes. Owns the buffer. */
export function wait(d: Datagram, p: usize, n: u32): void {
  if (d.waiting == WAIT) return ip.refuse(p, Redirector.fragmentQueue);
  const w = changetype<usize>(d) + 48 + (d.waiting << 3);
  store<u32>(w, <u32>p);
  store<u32>(w, n, 4);
  d.waiting++;
}

/** Takes the last waiting fragment out: its address, its length in `takenLen`; 0 when none waits. */
export function take(d: Datagram): usize {
  if (d.waiting == 0) return 0;
  d.waiting--;
  const w = changetype<usize>(d) + 48 + (d.waiting << 3);
  takenLen = load<u32>(w, 4);
  return <usize>load<u32>(w);
}
export let takenLen: u32 = 0;

function close(d: Datagram, why: u32): void {
  for (let p = take(d); p; p = take(d)) ip.refuse(p, why);
  wheel.cancel(changetype<Timer>(d));
  d.used = 0;
}

/** A due timer of kind `follow`. */
export function timer(t: Timer): void { close(changetype<Datagram>(t), Redirector.fragmentLate); }
