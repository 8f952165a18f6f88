// A node of two interfaces for specs of the network layer: 10.0.0.1/24 and 10.0.1.1/24, frames built and taken by hand.

import { Eth, EtherType, ETH } from "../../assembly/wire/eth";
import { Arp, ArpOp, ARP } from "../../assembly/wire/arp";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Ring, TxSlot } from "../../assembly/core/ring";
import * as arp from "../../assembly/net/arp";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as eth from "../../assembly/net/eth";
import * as frame from "../../assembly/core/frame";
import * as iface from "../../assembly/net/iface";
import * as net from "../../assembly/net/net";
import * as ring from "../../assembly/core/ring";
import * as wheel from "../../assembly/core/wheel";

export const A: u32 = 0x0a000001, B: u32 = 0x0a000101;          // ours
export const PEER: u32 = 0x0a000002, FAR: u32 = 0x0a000102;     // neighbours on interface 0 and 1
const MAC: usize = memory.data(8, 16);
/** The last frame taken by `next`, in one piece. */
export const OUT: usize = memory.data(4096, 16);
export let deadline: u64 = 0;
let base: u32 = 0;

/** Puts the MAC 02:00:00:00:ii:nn where `iface.add` reads it. */
export function mac(i: u32, n: u32): usize {
  store<u32>(MAC, 0x00000002);
  store<u8>(MAC, <u8>i, 4);
  store<u8>(MAC, <u8>n, 5);
  return MAC;
}
export function macHi(i: u32, n: u32): u32 { return i | n << 8; }

export function start(): void {
  clock.reset(1000000);
  frame.init();
  wheel.init(clock.ms);
  ring.init(0);
  counters.clear();
  net.init();
  expect(iface.add(A, 24, 1500, mac(0, 1), 1)).toBe(0);
  expect(iface.add(B, 24, 1500, mac(1, 1), 0)).toBe(0);
  base = frame.available();
}

/** Ends a test: what was sent is released, timers run out, and every buffer is back. */
export function end(): void {
  drain();
  later(20000);
  drain();
  expect(frame.available()).toBe(base, "frame pool is full again");
}

/** Time passes, due timers fire. */
export function later(ms: u32): void {
  for (let left = ms; left > 0;) {
    const d = min(left, 100);
    clock.set(clock.now + <u64>d * 1000);
    left -= d;
    for (;;) {
      const t = wheel.due(clock.ms);
      if (t == null) break;
      onTimer(t);
    }
  }
}
let extra: (t: wheel.Timer) => void = (t: wheel.Timer): void => {};
export function timers(f: (t: wheel.Timer) => void): void { extra = f; }
function onTimer(t: wheel.Timer): void { if (t.kind < 16) net.timer(t); else extra(t); }

/** Length of the next frame sent on interface i, copied to OUT; 0: none. */
export function next(i: u32): u32 {
  const r = ring.at(i);
  if (r.txSent == r.txQueued) return 0;
  const s = changetype<TxSlot>(<usize>r.txSlots + ((r.txSent & (r.txSize - 1)) << 5));
  memory.fill(OUT, 0xa5, 4096);
  memory.copy(OUT, s.head, s.headLen);
  if (s.body) memory.copy(OUT + s.headLen, s.body, s.bodyLen);
  const n = s.headLen + s.bodyLen;
  deadline = s.deadline;
  r.txSent++;
  ring.reclaim(i);
  return n;
}
export function drain(): void { for (let i: u32 = 0; i < 4; i++) while (next(i)) {} }
/** The IP header of the frame in OUT. */
export function out(): Ip4 { return changetype<Ip4>(OUT + ETH); }

/** An empty buffer's frame address; it is filled with 0xa5. */
export function blank(): usize {
  const b = frame.alloc();
  memory.fill(b, 0xa5, frame.FRAME);
  return b + frame.HEADROOM;
}

/** A frame for interface i with an IP packet of n payload bytes 0, 1, 2...; its address. */
export function packet(i: u32, src: u32, dst: u32, proto: u32, n: u32): usize {
  const p = blank(), f = iface.at(i);
  changetype<Eth>(p).write(f.macLo, f.macHi, 2, macHi(i, 2), EtherType.ip4);
  changetype<Ip4>(p + ETH).write(IP + n, src, dst, proto, 64, 0, 7, 0);
  for (let k: u32 = 0; k < n; k++) store<u8>(p + ETH + IP + k, <u8>k);
  return p;
}
/** Gives a built packet to the stack on interface i: the verdict. */
export function inject(i: u32, p: usize): u32 { return eth.input(i, p, ETH + changetype<Ip4>(p + ETH).length); }
export function head(p: usize): Ip4 { return changetype<Ip4>(p + ETH); }
export function payload(p: usize): usize { return p + ETH + IP; }

/** An ARP packet from (addr, mac 02::ii:nn) on interface i; owned by the stack. */
export function arpFrom(i: u32, op: u32, addr: u32, n: u32, target: u32): void {
  const p = blank(), f = iface.at(i);
  changetype<Eth>(p).write(0xffffffff, 0xffff, 2, macHi(i, n), EtherType.arp);
  changetype<Arp>(p + ETH).write(op, 2, macHi(i, n), addr, f.macLo, f.macHi, target);
  expect(eth.input(i, p, ETH + ARP)).toBe(0);
}
/** Makes a neighbour known, by a request of its own. */
export function meet(i: u32, addr: u32, n: u32): void {
  arpFrom(i, ArpOp.request, addr, n, iface.at(i).addr);
  while (next(i)) {}
  expect(arp.known(i, addr) != null).toBeTruthy();
}

/** A known neighbour answers where it is being asked again. */
export function answer(i: u32, addr: u32): void {
  const e = arp.known(i, addr);
  if (e != null && e.tries != 0 && wheel.isArmed(changetype<wheel.Timer>(e))) arpFrom(i, ArpOp.reply, addr, 2, iface.at(i).addr);
}

/** n bytes at p as hexadecimal digits. */
export function hex(p: usize, n: u32): string {
  let s = "";
  const digits = "0123456789abcdef";
  for (let i: u32 = 0; i < n; i++) {
    const b = <i32>load<u8>(p + i);
    s += digits.charAt(b >> 4) + digits.charAt(b & 15);
  }
  return s;
}
/** Bytes from hexadecimal digits; their number. */
export function bytes(p: usize, s: string): u32 {
  for (let i = 0; i < s.length; i += 2) store<u8>(p + (i >> 1), <u8>(nibble(s.charCodeAt(i)) << 4 | nibble(s.charCodeAt(i + 1))));
  return s.length >> 1;
}
function nibble(c: i32): i32 { return c < 58 ? c - 48 : c - 87; }
/** Exactly this counter was raised, by one. */
export function counted(c: u32): void { expect(counters.get(c)).toBe(1, "counter " + c.toString()); expect(sum()).toBe(1, "one counter"); }
export function sum(): u32 {
  let s: u32 = 0;
  for (let i: u32 = 0; i < 320; i++) s += counters.get(i);
  return s;
}
