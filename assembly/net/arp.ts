// ARP (RFC 826, 5227's announcements): a bounded cache of neighbours, each with a short queue of packets that wait for its answer.
// An entry is used for REACHABLE after it was last confirmed; older ones are used while the neighbour is asked again. A virtual host's
// address is never asked with, announced or answered for, but by proxy on a redirector's interface that says so.

import { NEIGHBOURS } from "../core/sizes";
import { Err } from "../core/err";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import { Arp, ArpOp, ARP } from "../wire/arp";
import { Eth, EtherType, ETH } from "../wire/eth";
import { LocalFlag } from "./local";
import { Net } from "./counters";
import * as counters from "../core/counters";
import * as clock from "../core/clock";
import * as frame from "../core/frame";
import * as iface from "./iface";
import * as local from "./local";
import * as ring from "../core/ring";
import * as route from "./route";
import * as wheel from "../core/wheel";

const REACHABLE: u32 = 30000;    // ms
const RETRY: u32 = 500;          // ms
const DOUBT: u32 = 1000;         // ms: no doubt is raised so soon after an answer
const TRIES: u32 = 4;
const ANNOUNCE: u32 = 2000;      // ms between the two announcements
const QUEUE: u32 = 8;            // packets that wait for one neighbour
const PENDING: u32 = 64;         // ... for all

const enum State { free = 0, incomplete = 1, reachable = 2, probing = 3 }

@unmanaged export class Neighbour {
  timer0: u64; timer1: u64;   // Timer
  next: usize;                // in the hash chain
  addr: u32;
  iface: u32;
  state: u32;                 // State
  macLo: u32;
  macHi: u32;
  confirmed: u32;             // ms
  first: usize;               // waiting packets, oldest first
  last: usize;
  queued: u32;
  tries: u32;
  used: u32;                  // 1: since the hand last passed
}
if (offsetof<Neighbour>() != 64) ERROR("Neighbour: layout");

/** A packet that waits: as for `send`. */
@unmanaged class Waiting {
  next: usize;
  head: usize; nHead: u32;
  body: usize; nBody: u32;
  pad: u32;
  deadline: u64;
}
if (offsetof<Waiting>() != 32) ERROR("Waiting: layout");

const TABLE: usize = memory.data(64 * NEIGHBOURS, 16);
const CHAINS: usize = memory.data(4 * NEIGHBOURS, 16);
const WAITING: usize = memory.data(32 * 64, 16);
const ANNOUNCER: usize = memory.data(16, 16);
let hand: u32 = 0;             // next entry to look at for eviction
let spare: usize = 0;          // unused Waiting slots
let failed: usize = 0;         // packets whose neighbour did not answer, for `takeFailed`

export function init(): void {
  memory.fill(TABLE, 0, 64 * NEIGHBOURS);
  memory.fill(CHAINS, 0, 4 * NEIGHBOURS);
  memory.fill(ANNOUNCER, 0, 16);
  hand = 0; spare = 0; failed = 0;
  for (let i: u32 = 0; i < PENDING; i++) {
    const w = changetype<Waiting>(WAITING + (i << 5));
    w.next = spare;
    spare = changetype<usize>(w);
  }
}

// @ts-ignore: decorator
@inline function chain(addr: u32): usize { return CHAINS + (((addr ^ addr >> 8 ^ addr >> 16) & (NEIGHBOURS - 1)) << 2); }
// @ts-ignore: decorator
@inline function timerOf(e: Neighbour): Timer { return changetype<Timer>(e); }

function find(i: u32, addr: u32): Neighbour | null {
  let e = <usize>load<u32>(chain(addr));
  while (e) {
    const b = changetype<Neighbour>(e);
    if (b.addr == addr && b.iface == i) return b;
    e = b.next;
  }
  return null;
}

/** The neighbour with this address on interface i, if its MAC is known. */
export function known(i: u32, addr: u32): Neighbour | null {
  const e = find(i, addr);
  return e != null && e.state >= <u32>State.reachable ? e : null;
}

/**
 * Sends an IP packet to a neighbour on interface i: nHead bytes at head (in a frame buffer with ETH bytes before it), then nBody bytes at
 * body (0: none). Owns one reference of each. deadline: as `ring.send`. 0, also where the packet waits for an answer, or Err.noBuffer.
 */
export function send(i: u32, hop: u32, head: usize, nHead: u32, body: usize, nBody: u32, deadline: u64): i32 {
  const e = find(i, hop);
  if (e != null && e.state >= <u32>State.reachable) {
    e.used = 1;
    if (e.state == State.reachable && clock.ms - e.confirmed > REACHABLE) seek(e, State.probing);
    return transmit(e, head, nHead, body, nBody, deadline);
  }
  return wait(e != null ? e : begin(i, hop), head, nHead, body, nBody, deadline);
}

/** Somebody gets no answers from beyond this neighbour: it is asked again, by itself, and used meanwhile. */
export function doubt(i: u32, addr: u32): void {
  const e = find(i, addr);
  if (e != null && e.state == State.reachable && clock.ms - e.confirmed > DOUBT) seek(e, State.probing);
}

/** Asks for a neighbour that is not known yet. */
export function resolve(i: u32, addr: u32): void { if (find(i, addr) == null) begin(i, addr); }

function transmit(e: Neighbour, head: usize, nHead: u32, body: usize, nBody: u32, deadline: u64): i32 {
  const f = iface.at(e.iface);
  changetype<Eth>(head - ETH).write(e.macLo, e.macHi, f.macLo, f.macHi, EtherType.ip4);
  return ring.send(e.iface, head - ETH, nHead + ETH, body, nBody, deadline) ? 0 : Err.noBuffer;
}

/** A new entry, asked for. */
function begin(i: u32, addr: u32): Neighbour {
  const e = enter(i, addr);
  seek(e, State.incomplete);
  return e;
}

/** A new entry in its chain. */
function enter(i: u32, addr: u32): Neighbour {
  const e = victim();
  e.addr = addr; e.iface = i; e.used = 0;
  const c = chain(addr);
  e.next = <usize>load<u32>(c);
  store<u32>(c, <u32>changetype<usize>(e));
  return e;
}

/** A free entry, or else one that was not used since the hand last passed; one that nobody answered for counts as not used. */
function victim(): Neighbour {
  let e = next();
  while (e.state != State.free && e.used != 0) { e.used = 0; e = next(); }
  if (e.state != State.free) forget(e);
  return e;
}

function next(): Neighbour {
  const e = changetype<Neighbour>(TABLE + (hand << 6));
  hand = (hand + 1) & (NEIGHBOURS - 1);
  return e;
}

/** Frees the entry; its waiting packets are dropped and counted. */
function forget(e: Neighbour): void {
  while (e.first) { counters.add(Net.arpQueue); drop(unqueue(e)); }
  remove(e);
}

function remove(e: Neighbour): void {
  wheel.cancel(timerOf(e));
  let link = chain(e.addr);
  while (<usize>load<u32>(link) != changetype<usize>(e)) link = <usize>load<u32>(link) + offsetof<Neighbour>("next");
  store<u32>(link, <u32>e.next);
  e.state = State.free;
  e.queued = 0;
}

function seek(e: Neighbour, state: u32): void {
  e.state = state;
  e.tries = 1;
  ask(e);
}

function ask(e: Neighbour): void {
  timerOf(e).kind = TimerKind.arp;
  wheel.arm(timerOf(e), clock.ms + RETRY);
  const f = iface.at(e.iface);
  if (e.state == State.probing) put(e.iface, e.macLo, e.macHi, ArpOp.request, f.addr, e.macLo, e.macHi, e.addr);
  else put(e.iface, 0xffffffff, 0xffff, ArpOp.request, f.addr, 0, 0, e.addr);
}

/** Builds and sends an ARP packet in a frame of its own. */
function put(i: u32, toLo: u32, toHi: u32, op: u32, senderIp: u32, targetLo: u32, targetHi: u32, targetIp: u32): void {
  const b = frame.alloc();
  if (!b) return;
  const p = b + frame.HEADROOM, f = iface.at(i);
  changetype<Eth>(p).write(toLo, toHi, f.macLo, f.macHi, EtherType.arp);
  changetype<Arp>(p + ETH).write(op, f.macLo, f.macHi, senderIp, targetLo, targetHi, targetIp);
  ring.send(i, p, ETH + ARP, 0, 0, 0);
}

// Waiting packets

function wait(e: Neighbour, head: usize, nHead: u32, body: usize, nBody: u32, deadline: u64): i32 {
  if (e.queued == QUEUE) { counters.add(Net.arpQueue); drop(unqueue(e)); }
  if (spare == 0) {
    counters.add(Net.arpQueue);
    frame.free(head);
    if (body) frame.free(body);
    return Err.noBuffer;
  }
  const w = changetype<Waiting>(spare);
  spare = w.next;
  w.head = head; w.nHead = nHead; w.body = body; w.nBody = nBody; w.deadline = deadline;
  queue(e, w);
  return 0;
}

function queue(e: Neighbour, w: Waiting): void {
  w.next = 0;
  if (e.first == 0) e.first = changetype<usize>(w); else changetype<Waiting>(e.last).next = changetype<usize>(w);
  e.last = changetype<usize>(w);
  e.queued++;
}

function unqueue(e: Neighbour): Waiting {
  const w = changetype<Waiting>(e.first);
  e.first = w.next;
  e.queued--;
  return w;
}

/** Drops, and counts, every waiting packet that has a deadline: who may not speak any more says nothing, whoever answers later. */
export function silence(): void {
  for (let e = changetype<Neighbour>(TABLE), i: u32 = 0; i < NEIGHBOURS; i++, e = changetype<Neighbour>(changetype<usize>(e) + 64)) {
    for (let n = e.state == State.free ? 0 : e.queued; n > 0; n--) {
      const w = unqueue(e);
      if (w.deadline != 0) { counters.add(Net.arpQueue); drop(w); } else queue(e, w);
    }
  }
}

function giveBack(w: Waiting): void { w.next = spare; spare = changetype<usize>(w); }

function drop(w: Waiting): void {
  frame.free(w.head);
  if (w.body) frame.free(w.body);
  giveBack(w);
}

// Input

/** Takes an ARP frame of n bytes; owns the buffer. */
export function input(i: u32, p: usize, n: u32): void {
  const a = changetype<Arp>(p + ETH);
  if (n < ETH + ARP || !a.isIp4 || (a.op != ArpOp.request && a.op != ArpOp.reply) || (a.senderLo & 1) != 0) return refuse(p, Net.arpMalformed);
  const sender = a.senderIp, target = a.targetIp;
  const claimed = local.any(sender);
  if (claimed != null && (claimed.flags & (LocalFlag.own | LocalFlag.vhost | LocalFlag.proxy | LocalFlag.broadcast)) != 0) return refuse(p, Net.arpConflict);
  if (sender != 0 && !onLink(i, sender)) return refuse(p, Net.arpNotLocal);
  const ours = answersFor(i, target);
  const learnt = learn(i, sender, a.senderLo, a.senderHi, ours);
  if (a.op == ArpOp.reply || !ours) return learnt ? frame.free(p) : refuse(p, Net.arpIgnored);
  const f = iface.at(i), lo = a.senderLo, hi = a.senderHi;
  changetype<Eth>(p).write(lo, hi, f.macLo, f.macHi, EtherType.arp);
  a.write(ArpOp.reply, f.macLo, f.macHi, target, lo, hi, sender);
  ring.send(i, p, ETH + ARP, 0, 0, 0);
}

function refuse(p: usize, why: u32): void { counters.add(why); frame.free(p); }

function onLink(i: u32, addr: u32): bool {
  const r = route.lookup(addr);
  return r != null && <u32>r.iface == i && r.via == 0;
}

function answersFor(i: u32, target: u32): bool {
  const f = iface.at(i);
  if (target == f.addr) return true;
  if (!f.isProxy) return false;
  const l = local.any(target);
  return l != null && (l.flags & LocalFlag.proxy) != 0;
}

/** Takes a neighbour's MAC: always where it is known or sought, else only where it asked for us. False where it was of no use. */
function learn(i: u32, addr: u32, lo: u32, hi: u32, make: bool): bool {
  if (addr == 0) return make;
  let e = find(i, addr);
  if (e == null) {
    if (!make) return false;
    e = enter(i, addr);
  }
  wheel.cancel(timerOf(e));
  e.macLo = lo; e.macHi = hi;
  e.state = State.reachable;
  e.confirmed = clock.ms;
  while (e.first) {
    const w = unqueue(e);
    transmit(e, w.head, w.nHead, w.body, w.nBody, w.deadline);
    giveBack(w);
  }
  return true;
}

// Time

/** Announces the addresses of all interfaces, now and once more after two seconds. Call once, after the interfaces are set up. */
export function announce(): void {
  announceNow();
  const t = changetype<Timer>(ANNOUNCER);
  t.kind = TimerKind.announce;
  wheel.arm(t, clock.ms + ANNOUNCE);
}

function announceNow(): void {
  for (let i: u32 = 0; i < iface.count; i++) put(i, 0xffffffff, 0xffff, ArpOp.request, iface.at(i).addr, 0, 0, iface.at(i).addr);
}

/** A due timer of kind `arp` or `announce`. */
export function timer(t: Timer): void {
  if (t.kind == TimerKind.announce) return announceNow();
  const e = changetype<Neighbour>(t);
  if (e.tries < TRIES) { e.tries++; ask(e); return; }
  while (e.first) {
    const w = unqueue(e);
    w.next = failed;
    failed = changetype<usize>(w);
  }
  remove(e);
}

/**
 * Address of the IP header of a packet whose neighbour did not answer, counted; 0 when there is none. Its length is in `failedLen`; the
 * caller owns the buffer.
 */
export function takeFailed(): usize {
  if (failed == 0) return 0;
  const w = changetype<Waiting>(failed);
  failed = w.next;
  counters.add(Net.arpFailed);
  const p = w.head;
  failedLen = w.nHead;
  if (w.body) frame.free(w.body);
  giveBack(w);
  return p;
}
export let failedLen: u32 = 0;
