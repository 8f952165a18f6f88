// The table of chips: which driver does a step for a NIC. A new chip has a line in each function that it needs (docs/porting.md).

import { TxSlot } from "../core/ring";
import { Chip, Nic } from "./device";
import * as dc21143 from "./dc21143";
import * as i8255x from "./i8255x";
import * as ne2000 from "./ne2000";
import * as pcnet from "./pcnet";
import * as rtl8139 from "./rtl8139";
import { FOREVER } from "./take";

/** Frames that may be with the chip: 4 at most (CHAIN R18a), fewer where it has room for fewer. */
export function depth(n: Nic): u32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.DEPTH;
    case Chip.rtl8139: return rtl8139.DEPTH;
    case Chip.pcnet: return pcnet.DEPTH;
    case Chip.i8255x: return i8255x.DEPTH;
    case Chip.dc21143: return dc21143.DEPTH;
    default: return 0;
  }
}

/** Receive descriptors, a power of two; 0: the chip has a ring of bytes that `take` copies from. */
export function descriptors(n: Nic): u32 {
  switch (n.chip) {
    case Chip.pcnet: return pcnet.DESCRIPTORS;
    case Chip.i8255x: return i8255x.DESCRIPTORS;
    case Chip.dc21143: return dc21143.DESCRIPTORS;
    default: return 0;
  }
}

/** Stops the chip at once: nothing leaves any more, no memory is touched. Its reset may go on. */
export function stop(n: Nic): void {
  switch (n.chip) {
    case Chip.ne2000: { ne2000.stop(n); return; }
    case Chip.rtl8139: { rtl8139.stop(n); return; }
    case Chip.pcnet: { pcnet.stop(n); return; }
    case Chip.i8255x: { i8255x.stop(n); return; }
    case Chip.dc21143: { dc21143.stop(n); return; }
  }
}

/** Sets a stopped chip up and starts it, deaf to interrupts; mac: its station address. False: not ready yet, or broken. */
export function start(n: Nic, mac: usize): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.start(n, mac);
    case Chip.rtl8139: return rtl8139.start(n, mac);
    case Chip.pcnet: return pcnet.start(n, mac);
    case Chip.i8255x: return i8255x.start(n, mac);
    case Chip.dc21143: return dc21143.start(n, mac);
    default: return false;
  }
}

/** Reads the interrupt status, keeps what matters in `events`, and takes the interrupt back. */
export function acknowledge(n: Nic): void {
  switch (n.chip) {
    case Chip.ne2000: { ne2000.acknowledge(n); return; }
    case Chip.rtl8139: { rtl8139.acknowledge(n); return; }
    case Chip.pcnet: { pcnet.acknowledge(n); return; }
    case Chip.i8255x: { i8255x.acknowledge(n); return; }
    case Chip.dc21143: { dc21143.acknowledge(n); return; }
  }
}

/** Lets the chip interrupt, or not. */
export function arm(n: Nic, on: bool): void {
  n.armed = on ? 1 : 0;
  switch (n.chip) {
    case Chip.ne2000: { ne2000.arm(n); return; }
    case Chip.rtl8139: { rtl8139.arm(n); return; }
    case Chip.pcnet: { pcnet.arm(n); return; }
    case Chip.i8255x: { i8255x.arm(n); return; }
    case Chip.dc21143: { dc21143.arm(n); return; }
  }
}

/** Gives the chip an empty buffer of Ring.rxBufSize bytes at p in receive descriptor d. */
export function give(n: Nic, d: u32, p: usize): void {
  switch (n.chip) {
    case Chip.pcnet: { pcnet.give(n, d, p); return; }
    case Chip.i8255x: { i8255x.give(n, p); return; }
    case Chip.dc21143: { dc21143.give(n, d, p); return; }
  }
}

/** The next received frame, whose bytes are or come at p; d: its descriptor. Its length, or what take.ts names. */
export function take(n: Nic, d: u32, p: usize): i32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.take(n, p);
    case Chip.rtl8139: return rtl8139.take(n, p);
    case Chip.pcnet: return pcnet.take(n, d);
    case Chip.i8255x: return i8255x.take(n, p);
    case Chip.dc21143: return dc21143.take(n, d, p);
    default: return 0;
  }
}

/** Hands a frame over; d: its descriptor. Its buffers stay untouched until `done` or `stop`. False: the chip does not take it now. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.put(n, d, s);
    case Chip.rtl8139: return rtl8139.put(n, d, s);
    case Chip.pcnet: return pcnet.put(n, d, s);
    case Chip.i8255x: return i8255x.put(n, d, s);
    case Chip.dc21143: return dc21143.put(n, s);
    default: return false;
  }
}

/** Lets the chip send what it was handed; d: the oldest frame's descriptor. */
export function kick(n: Nic, d: u32): void {
  switch (n.chip) {
    case Chip.ne2000: { ne2000.kick(n, d); return; }
    case Chip.pcnet: { pcnet.kick(n); return; }
    case Chip.i8255x: { i8255x.kick(n, d); return; }
    case Chip.dc21143: { dc21143.kick(n); return; }
  }
}

/** Asks for the oldest frame that the chip has: SENT, NOTHING, BROKEN, or a counter. */
export function done(n: Nic, d: u32): i32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.done(n);
    case Chip.rtl8139: return rtl8139.done(n, d);
    case Chip.pcnet: return pcnet.done(n, d);
    case Chip.i8255x: return i8255x.done(n, d);
    case Chip.dc21143: return dc21143.done(n);
    default: return 0;
  }
}

/** What a chip does over time, at each poll. Microseconds until it wants more, or FOREVER; FAILED: it is to be started anew. */
export function tend(n: Nic, now: u32): u32 {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.tend(n, now);
    case Chip.i8255x: return i8255x.tend(n);
    case Chip.dc21143: return dc21143.tend(n);
    default: return FOREVER;
  }
}

/** Adds the chip's own counters to ours, and tells whether the link is up. */
export function look(n: Nic): bool {
  switch (n.chip) {
    case Chip.ne2000: return ne2000.look(n);
    case Chip.rtl8139: return rtl8139.look(n);
    case Chip.pcnet: return pcnet.look(n);
    case Chip.i8255x: return i8255x.look(n);
    case Chip.dc21143: return dc21143.look(n);
    default: return true;
  }
}
