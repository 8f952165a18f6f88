// The table of chips: which driver does a step for a NIC. A new chip has a line in each function (docs/porting.md).

import { TxSlot } from "../core/ring";
import { Chip, Nic } from "./device";
import * as ne2000 from "./ne2000";

/** Frames that may be with the chip: 4 at most (CHAIN R18a), fewer where it has room for fewer. */
export function depth(n: Nic): u32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.DEPTH;
    default: return 0;
  }
}

/** Receive descriptors; 0: the chip has a ring of bytes that `take` copies from. */
export function descriptors(n: Nic): u32 {
  switch (n.chip) {
    default: return 0;
  }
}

/** Stops the chip at once: nothing leaves any more, no memory is touched. Its reset may go on. */
export function stop(n: Nic): void {
  switch (n.chip) {
    case Chip.ne2000: ne2000.stop(n); break;
  }
}

/** Sets a stopped chip up and starts it, deaf to interrupts; mac: its station address. False: not ready yet, or broken. */
export function start(n: Nic, mac: usize): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.start(n, mac);
    default: return false;
  }
}

/** Reads the interrupt status, keeps what matters in `events`, and takes the interrupt back. */
export function acknowledge(n: Nic): void {
  switch (n.chip) {
    case Chip.ne2000: ne2000.acknowledge(n); break;
  }
}

/** Lets the chip interrupt, or not. */
export function arm(n: Nic, on: bool): void {
  n.armed = on ? 1 : 0;
  switch (n.chip) {
    case Chip.ne2000: ne2000.arm(n); break;
  }
}

/** Gives the chip an empty buffer of Ring.rxBufSize bytes at p in receive descriptor d. */
export function give(n: Nic, d: u32, p: usize): void {
  switch (n.chip) {
  }
}

/** The next received frame, whose bytes are or come at p; d: its descriptor. Its length, or what take.ts names. */
export function take(n: Nic, d: u32, p: usize): i32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.take(n, p);
    default: return 0;
  }
}

/** Hands a frame over; d: its descriptor. Its buffers stay untouched until `done` or `stop`. False: the chip does not take it. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.put(n, d, s);
    default: return false;
  }
}

/** Asks for the oldest frame that the chip has: SENT, NOTHING, BROKEN, or a counter. */
export function done(n: Nic, d: u32): i32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.done(n);
    default: return 0;
  }
}

/** Lets the chip send what it was handed; d: the oldest frame's descriptor. */
export function kick(n: Nic, d: u32): void {
  switch (n.chip) {
    case Chip.ne2000: ne2000.kick(n, d); break;
  }
}

/** What a chip does over time at each poll. Microseconds until it wants more, or FOREVER; 0: it is broken. */
export function tend(n: Nic, now: u32): u32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.tend(n, now);
    default: return FOREVER;
  }
}
export const FOREVER: u32 = 0xffffffff;

/** Adds the chip's own counters to ours, and tells whether the link is up. */
export function look(n: Nic): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.look(n);
    default: return true;
  }
}
