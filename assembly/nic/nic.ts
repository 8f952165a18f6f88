// The drivers as the entry of a board sees them. Between each chip and the two rings of its interface run four loops: rxReturn, rxProvide,
// txProvide, txReturn. Interrupts only end the halt: every poll looks at every chip, so a lost one costs time and nothing else.

import { RX_RING, TX_RING } from "../core/sizes";
import * as counters from "../core/counters";
import { TxSlot } from "../core/ring";
import * as env from "../env";
import * as chip from "./chip";
import { Nic as Count } from "./counters";
import * as device from "./device";
import { FRAME_MAX, Nic, State, wire } from "./device";
import * as find from "./find";
import * as report from "./report";
import { BROKEN, FAILED, FOREVER, NOTHING, PART, SENT } from "./take";

/** Frames of one NIC in one poll. */
const BATCH: u32 = 64;
/** us. A frame is taken back that much before its deadline, and does not go to the chip when it could not leave before that. */
const GUARD: u64 = 2000;
/** us. A chip that has not sent by then what it should have is stopped. */
const STUCK: u32 = 20000;
/** us. A reset takes that long; the DP8390 needs 1.6 ms. */
const SETTLE: u32 = 2000;
/** us. Between looks at link and chip counters; and how long a lost interrupt may go unnoticed. */
const LOOK: u32 = 100000, IDLE: u32 = 10000;
const TRIES: u32 = 50;

let more: bool = false;   // a batch did not take all that a chip has

/** Finds the NICs of the board block and stops them. How many there are. */
export function probe(): u32 {
  device.init();
  find.all();
  const now = <u32>env.now();
  for (let i: u32 = 0; i < device.count; i++) reset(device.at(i), now);
  return device.count;
}

/** After the node's `init`, for each of its interfaces: NIC i has the station address at mac. An interface without a NIC is down. */
export function open(i: u32, mac: usize): void {
  if (i >= device.count) { device.ringDown(i); report.missing(i); return; }
  const n = device.at(i);
  n.opened = 1;
  memory.copy(device.mac(n), mac, 6);
  report.found(n);
}

/** Before the node's poll: takes back what the chips are done with, received and sent. */
export function input(): void {
  const now = env.now();
  more = false;
  for (let i: u32 = 0; i < device.count; i++) {
    const n = device.at(i);
    if (n.opened == 0) continue;
    if (n.state == State.resetting) revive(n, <u32>now);
    if (n.state != State.up) continue;
    chip.acknowledge(n);
    txReturn(n, now);
    if (n.state == State.up) rxReturn(n);
    if (n.state == State.up) watch(n, now);
    if (n.state == State.up && n.outstanding != 0) chip.kick(n, txIndex(n, n.ring.txSent));
  }
}

/** After the node's poll: gives the chips what they may have. Microseconds until `input` wants to be called. */
export function output(): u32 {
  const now = env.now();
  let wait = IDLE;
  for (let i: u32 = 0; i < device.count; i++) {
    const n = device.at(i);
    if (n.opened == 0) continue;
    if (n.state == State.up) {
      txReturn(n, now);
      if (n.state == State.up) watch(n, now);
    }
    if (n.state == State.up) {
      rxProvide(n);
      const t = chip.tend(n, <u32>now);
      if (t == FAILED) reset(n, <u32>now);
      wait = min(wait, t);
    }
    txProvide(n);
    wait = min(wait, patience(n, now));
  }
  rearm();
  return more ? 0 : wait;
}

// The four loops.

/** Received frames go from the chip to the ring. What is left waits for the next poll: then there is more to do at once. */
function rxReturn(n: Nic): void {
  const r = n.ring, ring = chip.descriptors(n) == 0;
  for (let k: u32 = 0; k < BATCH; k++) {
    if (r.rxFilled == (ring ? r.rxPosted : n.provided)) return;
    const s = device.rxSlot(n, r.rxFilled), len = chip.take(n, rxIndex(n), <usize>s.ptr);
    if (len == NOTHING) return;
    if (len == BROKEN) { counters.add(Count.rxRing); reset(n, <u32>env.now()); return; }
    n.rxHead++;
    if (len > 0) { s.len = <u32>len; s.flags = 0; r.rxFilled++; continue; }
    if (len != PART) counters.add(<u32>-len);
    if (!ring) rotate(n);
  }
  more = true;
}

/** A descriptor came back without a frame: its buffer goes behind all that the chip has. Slot rxFilled + i belongs to descriptor rxHead + i. */
function rotate(n: Nic): void {
  const r = n.ring, p = device.rxSlot(n, r.rxFilled).ptr;
  for (let i = r.rxFilled; i != n.provided - 1; i++) device.rxSlot(n, i).ptr = device.rxSlot(n, i + 1).ptr;
  device.rxSlot(n, n.provided - 1).ptr = p;
  n.provided--;
}

/** Empty buffers go from the ring to the chip's descriptors. */
function rxProvide(n: Nic): void {
  const r = n.ring, most = min(chip.descriptors(n), RX_RING);
  while (n.provided != r.rxPosted && n.provided - r.rxFilled < most) {
    chip.give(n, n.rxHead + (n.provided - r.rxFilled) & most - 1, <usize>device.rxSlot(n, n.provided).ptr);
    n.provided++;
  }
}

/** Frames to send go from the ring to the chip, at most its depth; those that may not leave any more are dropped in their order. */
function txProvide(n: Nic): void {
  const r = n.ring;
  let given = false;
  for (let k: u32 = 0; k < TX_RING && n.given != r.txQueued; k++) {
    const s = device.txSlot(n, n.given), out = n.outstanding, v = verdict(n, s);
    if (v != Verdict.go) {
      if (out != 0) break;
      if (v == Verdict.late) r.txLate++; else r.txFailed++;
      n.given++; r.txSent++;
      continue;
    }
    if (n.state != State.up || r.linkUp == 0 || out >= chip.depth(n) || !chip.put(n, txIndex(n, n.given), s)) break;
    n.given++;
    n.clear = <u32>env.now() + ahead(n);
    given = true;
  }
  if (given) chip.kick(n, txIndex(n, r.txSent));
}

/** Frames that left go back to the ring. */
function txReturn(n: Nic, now: u64): void {
  const r = n.ring;
  while (r.txSent != n.given) {
    const e = chip.done(n, txIndex(n, r.txSent));
    if (e == NOTHING) return;
    if (e == BROKEN) { counters.add(Count.txUnderrun); r.txFailed++; r.txSent++; reset(n, <u32>now); return; }
    if (e != SENT) { counters.add(<u32>-e); r.txFailed++; }
    r.txSent++;
    n.clear = <u32>now + ahead(n);
  }
}

// Deadlines.

const enum Verdict { go = 0, late = 1, failed = 2 }

/** Whether a frame may go to the chip: it must be able to leave before its deadline, behind all that the chip has (CHAIN R18a). */
function verdict(n: Nic, s: TxSlot): u32 {
  const len = s.headLen + s.bodyLen;
  if (s.headLen < 14 || s.headLen > FRAME_MAX || len > FRAME_MAX || n.state == State.dead) return Verdict.failed;
  if (s.deadline == 0) return n.ring.linkUp == 0 ? Verdict.failed : Verdict.go;
  return env.now() + GUARD + <u64>(ahead(n) + wire(len)) > s.deadline ? Verdict.late : Verdict.go;
}

/** us that the frames with the chip take on the wire. */
function ahead(n: Nic): u32 {
  let us: u32 = 0;
  for (let i = n.ring.txSent; i != n.given; i++) { const s = device.txSlot(n, i); us += wire(s.headLen + s.bodyLen); }
  return us;
}

/** Takes everything back from a chip that did not send in time, or has lost its link; looks at link and chip counters now and then. */
function watch(n: Nic, now: u64): void {
  if (<u32>now - n.tended >= LOOK) {
    n.tended = <u32>now;
    const was = n.ring.linkUp;
    link(n, chip.look(n));
    if (n.ring.linkUp < was) { reset(n, <u32>now); return; }
  }
  if (n.outstanding == 0 || !overdue(n, now)) return;
  counters.add(Count.txTimeout);
  reset(n, <u32>now);
}

function overdue(n: Nic, now: u64): bool {
  if (<i32>(<u32>now - n.clear - STUCK) >= 0) return true;
  for (let i = n.ring.txSent; i != n.given; i++) {
    const t = device.txSlot(n, i).deadline;
    if (t != 0 && now + GUARD >= t) return true;
  }
  return false;
}

function link(n: Nic, up: bool): void {
  const r = n.ring;
  if (up == (r.linkUp != 0)) return;
  r.linkUp = up ? 1 : 0;
  if (!up) counters.add(Count.linkLost);
  report.link(n, up);
}

/** us until the NIC must be looked at again. */
function patience(n: Nic, now: u64): u32 {
  if (n.state == State.resetting) return SETTLE;
  if (n.state != State.up) return FOREVER;
  let wait = FOREVER;
  for (let i = n.ring.txSent; i != n.given; i++) {
    const t = device.txSlot(n, i).deadline;
    if (t != 0) wait = min(wait, t > now + GUARD ? <u32>(t - now - GUARD) : 0);
  }
  return wait;
}

// Starting anew.

/** Stops a chip; frames and buffers that it had are the ring's again. */
function reset(n: Nic, now: u32): void {
  chip.stop(n);
  counters.add(Count.restart);
  counters.addN(Count.txRecalled, n.outstanding);
  n.given = n.ring.txSent;
  n.provided = n.ring.rxFilled;
  n.state = State.resetting;
  n.since = now;
}

/** Starts a chip whose reset has had its time. */
function revive(n: Nic, now: u32): void {
  if (now - n.since < SETTLE) return;
  n.since = now;
  n.txBase = n.given;
  n.rxHead = 0; n.events = 0; n.armed = 0; n.tended = now;
  if (chip.start(n, device.mac(n))) {
    n.state = State.up;
    n.tries = 0;
    link(n, chip.look(n));
    chip.arm(n, true);
    env.irq_open(n.irq);
    return;
  }
  chip.stop(n);
  if (++n.tries < TRIES) return;
  n.state = State.dead;
  device.ringDown(n.iface);
  counters.add(Count.dead);
  report.dead(n);
}

/**
 * Opens the lines that interrupted. A line of the ISA bus reports edges: with the chips silent while it is opened, one that has something to say
 * makes a new edge.
 */
function rearm(): void {
  for (let i: u32 = 0; i < device.count; i++) {
    const n = device.at(i);
    if (n.state == State.up && env.irq_taken(n.irq) != 0) reopen(n.irq);
  }
}

function reopen(line: u32): void {
  for (let i: u32 = 0; i < device.count; i++) { const n = device.at(i); if (n.irq == line && n.state == State.up) chip.arm(n, false); }
  env.irq_open(line);
  for (let i: u32 = 0; i < device.count; i++) { const n = device.at(i); if (n.irq == line && n.state == State.up) chip.arm(n, true); }
}

function rxIndex(n: Nic): u32 { const most = chip.descriptors(n); return most == 0 ? 0 : n.rxHead & min(most, RX_RING) - 1; }
function txIndex(n: Nic, i: u32): u32 { return i - n.txBase & 3; }
