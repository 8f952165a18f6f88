// Intel 82557, 82558, 82559, 82550, 82551, 82801 (8255x Open Source Software Developer Manual 1.3): command blocks and receive frame descriptors as
// linked lists in memory. A receive descriptor lies before its frame, in the headroom of the buffer. Memory addresses are bases of 0 plus offsets.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import * as device from "./device";
import { FRAME_MAX, Nic, RECORD } from "./device";
import { BROKEN, FOREVER, NOTHING, refused, SENT } from "./take";

/** Registers (section 6.3). */
const enum Reg { STATUS = 0x00, ACK = 0x01, COMMAND = 0x02, MASK = 0x03, POINTER = 0x04, PORT = 0x08, MDI = 0x10 }
const enum PortCommand { RESET = 0, SELECTIVE = 2 }
const enum Unit { CU_START = 0x10, CU_RESUME = 0x20, LOAD_DUMP = 0x40, LOAD_CU_BASE = 0x60, DUMP_RESET = 0x70, RU_START = 0x01, LOAD_RU_BASE = 0x06 }
const enum Ack { RNR = 0x10 }
/** Receive unit, bits 2 to 5 of the status. */
const READY: u32 = 4;
/** Command blocks and receive descriptors: completed, good; end of list, suspend, interrupt, scattered buffers. */
const enum Bit { C = 0x8000, OK = 0x2000, U = 0x1000, EL = 0x8000, S = 0x4000, I = 0x2000, SF = 0x0008 }
const enum Op { NOP = 0, ADDRESS = 1, CONFIGURE = 2, TRANSMIT = 4 }
const enum Rfd { CRC = 0x0800, ALIGN = 0x0400, NO_BUFFER = 0x0200, OVERRUN = 0x0100, SHORT = 0x0080 }

@unmanaged class Block { status: u16; command: u16; link: u32; }
@unmanaged class Transmit { status: u16; command: u16; link: u32; array: u32; count: u16; threshold: u8; number: u8; address0: u32; size0: u32; address1: u32; size1: u32; }
@unmanaged class Receive { status: u16; command: u16; link: u32; reserved: u32; count: u16; size: u16; }
/** Statistical counters of the 82557, and the word that says that they are complete (section 6.4.3). */
@unmanaged class Statistics {
  tx0: u64; tx1: u64; tx2: u64; tx3: u64; tx4: u32;
  good: u32; crc: u32; align: u32; resource: u32; overrun: u32; collision: u32; short: u32; done: u32;
}
if (offsetof<Block>() != 8 || offsetof<Transmit>() != 32 || offsetof<Receive>() != 16 || offsetof<Statistics>() != 68) ERROR("8255x: layout");

/**
 * The configuration command's 22 bytes (section 6.4.2.3): standard blocks and counters, short and damaged frames are discarded and counted, long
 * ones are cut, no source address inserted, padding, MII, duplex by the PHY.
 */
const CONFIG: usize = memory.data<u8>([0x16, 0x08, 0, 0, 0, 0, 0x32, 0x03, 0x01, 0, 0x2e, 0, 0x60, 0, 0xf2, 0x48, 0, 0x40, 0xfa, 0x80, 0x3f, 0x05]);
const CONFIG_SIZE: u32 = 22;
const DUMPED: u32 = 0xa007;
/** Bytes of a receive buffer: a longer frame is cut, and refused. */
const BUFFER: u32 = 1520;
/** Reads until a command is accepted, and until a block is done; a block takes some microseconds. */
const PATIENCE: u32 = 200, BLOCK_PATIENCE: u32 = 4000;
/** Read of the PHY's status register; its link bit. */
const MDI_READ: u32 = 2 << 26 | 1 << 21 | 1 << 16, MDI_READY: u32 = 1 << 28, BMSR_LINK: u32 = 4;

export const DEPTH: u32 = 4;
export const DESCRIPTORS: u32 = 16;
/** Places in the NIC's memory. */
const SETUP: u32 = 0, DUMP: u32 = 64, TX: u32 = 144, ALL: u32 = TX + 32 * DEPTH;

@unmanaged class I8255x extends Nic {
  started: u32;   // 1: the command unit has a list; it is resumed from then on
  fresh: u32;     // 1: frames were added since
  asked: u32;     // 1: the PHY was asked
  listening: u32; // 1: the receive unit was started, and has not said since that it stopped
}
if (offsetof<I8255x>() > RECORD) ERROR("I8255x: layout");

// @ts-ignore: decorator
@inline function own(n: Nic): I8255x { return changetype<I8255x>(n); }
// @ts-ignore: decorator
@inline function tx(n: Nic, d: u32): Transmit { return changetype<Transmit>(<usize>n.memory + TX + (d << 5)); }
// @ts-ignore: decorator
@inline function rfd(p: usize): Receive { return changetype<Receive>(p - 16); }

/** Gives a command with its pointer, when the one before is accepted. */
function command(n: Nic, c: u32, pointer: u32): bool {
  for (let k: u32 = 0; k < PATIENCE; k++) {
    if (env.in8(n.port + Reg.COMMAND) != 0) continue;
    env.out32(n.port + Reg.POINTER, pointer);
    env.out8(n.port + Reg.COMMAND, c);
    return true;
  }
  return false;
}

/** The selective reset leaves the bus cleanly; the full one follows in `start`. */
export function stop(n: Nic): void {
  env.out32(n.port + Reg.PORT, PortCommand.SELECTIVE);
  env.out8(n.port + Reg.MASK, 1);
}

export function start(n: Nic, mac: usize): bool {
  env.out32(n.port + Reg.PORT, PortCommand.RESET);
  settle();
  env.out8(n.port + Reg.MASK, 1);
  memory.fill(<usize>n.memory, 0, ALL);
  const c = own(n), at = env.dma_address(n.memory, ALL);
  c.started = 0; c.fresh = 0; c.asked = 0; c.listening = 0;
  for (let d: u32 = 0; d < DEPTH; d++) { tx(n, d).link = at + TX + ((d + 1 & DEPTH - 1) << 5); tx(n, d).command = <u16>(Op.NOP | Bit.S); }
  if (!command(n, Unit.LOAD_CU_BASE, 0) || !command(n, Unit.LOAD_RU_BASE, 0) || !command(n, Unit.LOAD_DUMP, at + DUMP)) return false;
  return setup(n, Op.CONFIGURE, CONFIG, CONFIG_SIZE) && setup(n, Op.ADDRESS, mac, 6) && command(n, Unit.DUMP_RESET, 0);
}

/** 10 us after a reset; bounded where the clock does not run. */
function settle(): void {
  const from = <u32>env.now();
  for (let k: u32 = 0; k < 100 && <u32>env.now() - from < 20; k++) {}
}

/** Executes one command block with n bytes of parameters. */
function setup(n: Nic, op: u32, p: usize, bytes: u32): bool {
  const at = <usize>n.memory + SETUP, b = changetype<Block>(at);
  b.status = 0; b.command = <u16>(op | Bit.EL); b.link = 0xffffffff;
  memory.copy(at + 8, p, bytes);
  env.barrier();
  if (!command(n, Unit.CU_START, env.dma_address(at, 64))) return false;
  for (let k: u32 = 0; k < BLOCK_PATIENCE; k++) {
    env.in8(n.port + Reg.STATUS);
    env.barrier();
    if ((b.status & Bit.C) != 0) return (b.status & Bit.OK) != 0;
  }
  return false;
}

export function acknowledge(n: Nic): void {
  const ack = env.in8(n.port + Reg.ACK);
  if (ack == 0) return;
  env.out8(n.port + Reg.ACK, ack);
  if ((ack & Ack.RNR) != 0) { counters.add(Count.rxOverflow); own(n).listening = 0; }
}

export function arm(n: Nic): void { env.out8(n.port + Reg.MASK, n.armed != 0 ? 0 : 1); }

/** The new descriptor ends the list; the one before it goes on to it, if the chip still has that. */
export function give(n: Nic, p: usize): void {
  const r = rfd(p), at = env.dma_address(p - 16, BUFFER + 16);
  r.status = 0; r.command = <u16>Bit.EL; r.link = 0xffffffff; r.reserved = 0xffffffff; r.count = 0; r.size = <u16>BUFFER;
  if (n.provided == n.ring.rxFilled) return;
  const before = rfd(<usize>device.rxSlot(n, n.provided - 1).ptr);
  before.link = at;
  env.barrier();
  before.command = 0;
}

export function take(n: Nic, p: usize): i32 {
  const r = rfd(p);
  env.barrier();
  if ((r.status & Bit.C) == 0 && !listen(n, p)) return NOTHING;
  const len = <u32>r.count & 0x3fff;
  if ((r.status & Bit.OK) == 0) return refused(why(r.status));
  return len > FRAME_MAX ? refused(Count.rxLong) : <i32>len;
}

/**
 * The receive unit stops at the list's end, also where that has moved on meanwhile: it is started anew at the first empty descriptor, whose buffer is
 * at p. True when that was filled in the meantime.
 */
function listen(n: Nic, p: usize): bool {
  if ((env.in8(n.port + Reg.STATUS) >> 2 & 15) == READY) { own(n).listening = 1; return false; }
  env.barrier();
  if ((rfd(p).status & Bit.C) != 0) return true;
  if (command(n, Unit.RU_START, env.dma_address(p - 16, BUFFER + 16))) own(n).listening = 1;
  return false;
}

export function tend(n: Nic): u32 {
  const r = n.ring;
  if (own(n).listening == 0 && n.provided != r.rxFilled) listen(n, <usize>device.rxSlot(n, r.rxFilled).ptr);
  return FOREVER;
}

function why(s: u32): u32 {
  if ((s & Rfd.OVERRUN) != 0) return Count.rxFifo;
  if ((s & Rfd.NO_BUFFER) != 0) return Count.rxLong;
  if ((s & Rfd.SHORT) != 0) return Count.rxShort;
  return (s & Rfd.ALIGN) != 0 ? <u32>Count.rxAlign : Count.rxCrc;
}

/** The new block suspends the unit; then the one before it does not any more. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  const t = tx(n, d);
  t.status = 0;
  t.array = env.dma_address(changetype<usize>(t) + 16, 16);
  t.count = 0; t.threshold = 0xe0; t.number = s.bodyLen != 0 ? 2 : 1;
  t.address0 = env.dma_address(<usize>s.head, s.headLen); t.size0 = s.headLen;
  if (s.bodyLen != 0) { t.address1 = env.dma_address(<usize>s.body, s.bodyLen); t.size1 = s.bodyLen; }
  t.command = <u16>(Op.TRANSMIT | Bit.SF | Bit.S | Bit.I);
  env.barrier();
  if (n.outstanding != 0) { const before = tx(n, d - 1 & DEPTH - 1); before.command = <u16>(before.command & ~Bit.S); }
  env.barrier();
  own(n).fresh = 1;
  return true;
}

export function kick(n: Nic, d: u32): void {
  const c = own(n);
  if (c.fresh == 0) return;
  if (!command(n, c.started != 0 ? Unit.CU_RESUME : Unit.CU_START, env.dma_address(changetype<usize>(tx(n, d)), 32))) return;
  c.fresh = 0;
  c.started = 1;
}

/** A block that is done becomes one that does nothing and suspends: a resume too many stays there. */
export function done(n: Nic, d: u32): i32 {
  env.barrier();
  const t = tx(n, d);
  if ((t.status & Bit.C) == 0) return NOTHING;
  if (n.outstanding == 1) t.command = <u16>(Op.NOP | Bit.S);
  if ((t.status & Bit.U) != 0) return BROKEN;
  return (t.status & Bit.OK) != 0 ? SENT : refused(Count.txError);
}

/** Counters and the PHY's status as asked for at the look before. Without a PHY at address 1 the link counts as up. */
export function look(n: Nic): bool {
  statistics(n);
  const c = own(n), mdi = env.in32(n.port + Reg.MDI), data = mdi & 0xffff, answered = c.asked != 0 && (mdi & MDI_READY) != 0;
  c.asked = 1;
  env.out32(n.port + Reg.MDI, MDI_READ);
  return !answered || data == 0 || data == 0xffff ? n.ring.linkUp != 0 : (data & BMSR_LINK) != 0;
}

function statistics(n: Nic): void {
  env.barrier();
  const s = changetype<Statistics>(<usize>n.memory + DUMP);
  if (s.done != DUMPED) return;
  counters.addN(Count.rxCrc, s.crc); counters.addN(Count.rxAlign, s.align);
  counters.addN(Count.rxFifo, s.overrun); counters.addN(Count.rxShort, s.short);
  n.ring.rxMissed += s.resource;
  s.done = 0;
  env.barrier();
  command(n, Unit.DUMP_RESET, 0);
}
