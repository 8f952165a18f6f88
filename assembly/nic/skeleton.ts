// A driver to copy: of a plain bus master that nobody makes, with the steps that the table in chip.ts names, in the order of the other drivers.
// Its model is test/nic/skeleton.ts, and it goes through the tests of all drivers.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import { FRAME_MAX, Nic, RECORD } from "./device";
import { NOTHING, refused, SENT } from "./take";

// 1. Registers, bits and layouts, by the names of the datasheet.

const enum Reg { ID = 0x00, CONTROL = 0x04, STATUS = 0x08, MASK = 0x0c, RX_RING = 0x10, TX_RING = 0x14, TX_KICK = 0x18, MAC0 = 0x1c, MAC1 = 0x20, LINK = 0x24, MISSED = 0x28 }
const enum Control { RESET = 1, RUN = 2 }
const enum Status { RX = 1, TX = 2, OVERFLOW = 4 }
/** Status word of a descriptor: the chip's, refused by it; the length of a received frame below. */
const enum Bit { OWN = 0x80000000, CRC = 0x40000000, LENGTH = 0xffff }
const ID: u32 = 0x4e494331;
const ALL: u32 = Status.RX | Status.TX | Status.OVERFLOW;

@unmanaged class RxDescriptor { address: u32; size: u32; status: u32; pad: u32; }
@unmanaged class TxDescriptor { head: u32; body: u32; sizes: u32; status: u32; }
if (offsetof<RxDescriptor>() != 16 || offsetof<TxDescriptor>() != 16) ERROR("skeleton: layout");

/** Frames that the chip may have, 4 at most; its receive descriptors, a power of two. */
export const DEPTH: u32 = 4;
export const DESCRIPTORS: u32 = 16;
/** Places in the NIC's memory (`device.MEMORY` bytes). */
const RX: u32 = 0, TX: u32 = 16 * DESCRIPTORS, SPACE: u32 = TX + 16 * DEPTH;
const BUFFER: u32 = 1536;

// 2. What the driver remembers, behind the fields of every NIC.

@unmanaged class Skeleton extends Nic {
  frames: u32;     // sent since the start
}
if (offsetof<Skeleton>() > RECORD) ERROR("Skeleton: layout");

// @ts-ignore: decorator
@inline function own(n: Nic): Skeleton { return changetype<Skeleton>(n); }
// @ts-ignore: decorator
@inline function rx(n: Nic, d: u32): RxDescriptor { return changetype<RxDescriptor>(<usize>n.memory + RX + (d << 4)); }
// @ts-ignore: decorator
@inline function tx(n: Nic, d: u32): TxDescriptor { return changetype<TxDescriptor>(<usize>n.memory + TX + (d << 4)); }

// 3. Stop and start. At least 2 ms lie between them, in which nobody waits.

/** Nothing may leave after this, whatever state the chip is in. */
export function stop(n: Nic): void {
  env.out32(n.port + Reg.MASK, 0);
  env.out32(n.port + Reg.CONTROL, Control.RESET);
}

/** False: it is tried again, and at last the chip is given up. A loop that waits has a bound. */
export function start(n: Nic, mac: usize): bool {
  if (env.in32(n.port + Reg.ID) != ID || (env.in32(n.port + Reg.CONTROL) & Control.RESET) != 0) return false;
  memory.fill(<usize>n.memory, 0, SPACE);
  const at = env.dma_address(n.memory, SPACE);
  env.out32(n.port + Reg.MAC0, load<u32>(mac));
  env.out32(n.port + Reg.MAC1, <u32>load<u16>(mac, 4));
  env.out32(n.port + Reg.RX_RING, at + RX);
  env.out32(n.port + Reg.TX_RING, at + TX);
  env.barrier();
  env.out32(n.port + Reg.CONTROL, Control.RUN);
  own(n).frames = 0;
  return true;
}

// 4. Interrupts.

/** What was set is taken back before the rings are looked at: what comes after sets it again. */
export function acknowledge(n: Nic): void {
  const s = env.in32(n.port + Reg.STATUS);
  if (s == 0) return;
  env.out32(n.port + Reg.STATUS, s);
  if ((s & Status.OVERFLOW) != 0) counters.add(Count.rxOverflow);
}

export function arm(n: Nic): void { env.out32(n.port + Reg.MASK, n.armed != 0 ? ALL : 0); }

// 5. Reception. The owner's word is written last, and read behind a barrier.

export function give(n: Nic, d: u32, p: usize): void {
  const r = rx(n, d);
  r.address = env.dma_address(p, BUFFER);
  r.size = BUFFER;
  env.barrier();
  r.status = Bit.OWN;
}

/** What the chip wrote is not believed: a length is checked before it is used. */
export function take(n: Nic, d: u32): i32 {
  env.barrier();
  const s = rx(n, d).status, len = s & Bit.LENGTH;
  if ((s & Bit.OWN) != 0) return NOTHING;
  if ((s & Bit.CRC) != 0) return refused(Count.rxCrc);
  if (len == 0) return refused(Count.rxShort);
  return len > FRAME_MAX ? refused(Count.rxLong) : <i32>len;
}

// 6. Transmission: head and body from where they lie. They stay until `done` or `stop`.

export function put(n: Nic, d: u32, s: TxSlot): bool {
  const t = tx(n, d);
  t.head = env.dma_address(<usize>s.head, s.headLen);
  t.body = s.bodyLen != 0 ? env.dma_address(<usize>s.body, s.bodyLen) : 0;
  t.sizes = s.headLen | s.bodyLen << 16;
  env.barrier();
  t.status = Bit.OWN;
  env.barrier();
  return true;
}

export function kick(n: Nic): void { env.out32(n.port + Reg.TX_KICK, 1); }

/** SENT only when the frame is on the wire: a lease is judged by it. */
export function done(n: Nic, d: u32): i32 {
  env.barrier();
  const s = tx(n, d).status;
  if ((s & Bit.OWN) != 0) return NOTHING;
  own(n).frames++;
  return (s & Bit.CRC) != 0 ? refused(Count.txError) : SENT;
}

// 7. Ten times a second: the chip's own counters, and the link.

export function look(n: Nic): bool {
  n.ring.rxMissed += env.in32(n.port + Reg.MISSED);
  return (env.in32(n.port + Reg.LINK) & 1) != 0;
}
