// What is known of each NIC: where it is, and how far chip and rings have come.

import { IFACES } from "../core/sizes";
import * as ring from "../core/ring";
import { Ring, RxSlot, TxSlot } from "../core/ring";

/** Kinds of chips, as the board block numbers them (host/ABI.md). */
export const enum Chip { none = 0, ne2000 = 1, rtl8139 = 2, pcnet = 3, i8255x = 4, dc21143 = 5 }
export const enum State { absent = 0, resetting = 1, up = 2, dead = 3 }

@unmanaged export class Nic {
  chip: u32;        // Chip
  state: u32;       // State
  port: u32;        // first I/O port
  irq: u32;
  pci: u32;         // bus << 8 | device << 3 | function; NOT_PCI
  iface: u32;       // its ring
  given: u32;       // frames handed to the chip so far; counts like Ring.txQueued
  txBase: u32;      // `given` at the last start: which descriptor a frame has
  provided: u32;    // receive buffers handed to the chip so far; counts like Ring.rxPosted
  rxHead: u32;      // receive descriptors that came back since the last start
  clear: u32;       // us: when all frames given should have left
  since: u32;       // us: of the state
  tended: u32;      // us: of the last look at the link and the chip's own counters
  tries: u32;       // starts that failed in a row
  events: u32;      // the chip's interrupt status, as far as not worked off
  armed: u32;       // 1: the chip's interrupts are on
  memory: u32;      // DMA memory of this NIC
  opened: u32;      // 1: an interface has it
  macLo: u32; macHi: u32;   // station address, in the order of the wire

  get ring(): Ring { return ring.at(this.iface); }
  /** Frames that the chip has. */
  get outstanding(): u32 { return this.given - this.ring.txSent; }
}
if (offsetof<Nic>() != 80) ERROR("Nic: layout");
/** Bytes of a record: behind `Nic` lies what the chip's driver adds to it. */
export const RECORD: u32 = 128;

export const NOT_PCI: u32 = 0xffffffff;
/** Bytes of DMA memory of one NIC: what the RTL8139 needs, a ring of 8 KiB + 16 and four frames. */
export const MEMORY: u32 = 8208 + 4 * 1536;
/** The longest frame without its check sequence, and the shortest. */
export const FRAME_MAX: u32 = 1514, FRAME_MIN: u32 = 60;

const TABLE: usize = memory.data(128 * IFACES, 16);
const DMA: usize = memory.data((8208 + 4 * 1536) * IFACES, 16);
export let count: u32 = 0;

// @ts-ignore: decorator
@inline export function at(i: u32): Nic { return changetype<Nic>(TABLE + (i << 7)); }

export function init(): void { memory.fill(TABLE, 0, 128 * IFACES); count = 0; }

/** The record of the next NIC, or null when there are as many as interfaces. */
export function add(chip: u32, port: u32, irq: u32, pci: u32): Nic | null {
  if (count == IFACES) return null;
  const n = at(count);
  n.chip = chip; n.port = port; n.irq = irq; n.pci = pci;
  n.iface = count;
  n.memory = <u32>(DMA + count * MEMORY);
  count++;
  return n;
}

/** Slot i of the NIC's rings; i runs freely. */
// @ts-ignore: decorator
@inline export function rxSlot(n: Nic, i: u32): RxSlot { return ring.rxSlot(n.iface, i); }
// @ts-ignore: decorator
@inline export function txSlot(n: Nic, i: u32): TxSlot { return ring.txSlot(n.iface, i); }

/** Address of the six bytes of its station address. */
export function mac(n: Nic): usize { return changetype<usize>(n) + offsetof<Nic>("macLo"); }

/** Microseconds that a frame of n bytes takes on 10 Mbit/s at most, with preamble, check sequence and gap: 0.8 a byte. */
export function wire(n: u32): u32 { return max(n, FRAME_MIN) + 24; }

/** An interface that has no chip, or none any more. */
export function ringDown(iface: u32): void { ring.at(iface).linkUp = 0; }
