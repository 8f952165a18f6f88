// AMD PCnet-PCI II (Am79C970A) and its successors, data sheet 19436: 32-bit descriptors (software style 2) in memory, 16 for reception straight into
// the posted buffers, two per frame to send, so that head and body leave from where they lie.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import { FRAME_MAX, Nic, RECORD } from "./device";
import { BROKEN, NOTHING, PART, refused, SENT } from "./take";

/** Ports in 32-bit mode; the two resets are of the 16-bit and the 32-bit mode. */
const enum Port { RDP = 0x10, RESET16 = 0x14, RAP = 0x14, RESET32 = 0x18, BDP = 0x1c }
const enum Csr { STATUS = 0, IADR0 = 1, IADR1 = 2, MASK = 3, FEATURES = 4, MISSED = 112 }
const enum Bcr { MISC = 2, LED0 = 4, STYLE = 20 }
const enum Csr0 { INIT = 0x01, STRT = 0x02, STOP = 0x04, TDMD = 0x08, INEA = 0x40, IDON = 0x100, MISS = 0x1000, EVENTS = 0x7f00 }
/** Both descriptors: owned by the chip, error, first and last part. */
const enum Md { OWN = 0x80000000, ERR = 0x40000000, STP = 0x02000000, ENP = 0x01000000, ONES = 0xf000 }
const enum Rmd { FRAM = 0x20000000, OFLO = 0x10000000, CRC = 0x08000000, BUFF = 0x04000000 }
const enum Tmd2 { BUFF = 0x80000000, UFLO = 0x40000000 }

/** Pad short frames; no interrupts of transmit start, counters, jabber. */
const FEATURES: u32 = 0x0800 | 0x0115;
/** Automatic selection of the medium. */
const ASEL: u32 = 0x02;
/** The link's LED: its pin shows the link status, bit 15 the pin. */
const LNKSTE: u32 = 0x40, LEDOUT: u32 = 0x8000;
const BUFFER: u32 = 1536;
/** Reads of CSR0 until the initialisation is done: a few microseconds. */
const PATIENCE: u32 = 1000;

export const DEPTH: u32 = 4;
export const DESCRIPTORS: u32 = 16;
const RX: u32 = 0, TX: u32 = 16 * DESCRIPTORS, BLOCK: u32 = TX + 16 * 2 * DEPTH, BLOCK_SIZE: u32 = 28;

/** Initialisation block, 32 bits wide. */
@unmanaged class Init { mode: u16; rlen: u8; tlen: u8; padr0: u32; padr1: u16; pad: u16; ladr0: u32; ladr1: u32; rdra: u32; tdra: u32; }
@unmanaged class Descriptor { address: u32; status: u32; more: u32; user: u32; }
if (offsetof<Init>() != BLOCK_SIZE || offsetof<Descriptor>() != 16) ERROR("PCnet: layout");

@unmanaged class Pcnet extends Nic {
  missed: u32;     // the chip's counter of missed frames, as last read
}
if (offsetof<Pcnet>() > RECORD) ERROR("Pcnet: layout");

function csr(n: Nic, r: u32): u32 { env.out32(n.port + Port.RAP, r); return env.in32(n.port + Port.RDP) & 0xffff; }
function setCsr(n: Nic, r: u32, v: u32): void { env.out32(n.port + Port.RAP, r); env.out32(n.port + Port.RDP, v); }
function bcr(n: Nic, r: u32): u32 { env.out32(n.port + Port.RAP, r); return env.in32(n.port + Port.BDP) & 0xffff; }
function setBcr(n: Nic, r: u32, v: u32): void { env.out32(n.port + Port.RAP, r); env.out32(n.port + Port.BDP, v); }

// @ts-ignore: decorator
@inline function rx(n: Nic, d: u32): Descriptor { return changetype<Descriptor>(<usize>n.memory + RX + (d << 4)); }
// @ts-ignore: decorator
@inline function tx(n: Nic, d: u32): Descriptor { return changetype<Descriptor>(<usize>n.memory + TX + (d << 4)); }

/** The software reset of either mode stops at once; a 32-bit write then selects 32-bit accesses. */
export function stop(n: Nic): void {
  env.in16(n.port + Port.RESET16);
  env.in32(n.port + Port.RESET32);
  env.out32(n.port + Port.RDP, 0);
  setCsr(n, Csr.STATUS, Csr0.STOP);
}

export function start(n: Nic, mac: usize): bool {
  if (csr(n, Csr.STATUS) != Csr0.STOP) return false;
  setBcr(n, Bcr.STYLE, 2);
  setBcr(n, Bcr.MISC, bcr(n, Bcr.MISC) | ASEL);
  setBcr(n, Bcr.LED0, bcr(n, Bcr.LED0) | LNKSTE);
  setCsr(n, Csr.FEATURES, FEATURES);
  setCsr(n, Csr.MASK, 0);
  memory.fill(<usize>n.memory, 0, BLOCK + BLOCK_SIZE);
  const at = env.dma_address(n.memory, BLOCK + BLOCK_SIZE), b = changetype<Init>(<usize>n.memory + BLOCK);
  b.rlen = 4 << 4; b.tlen = 3 << 4;      // powers of two: 16 and 8
  b.padr0 = load<u32>(mac); b.padr1 = load<u16>(mac, 4);
  b.rdra = at + RX; b.tdra = at + TX;
  env.barrier();
  setCsr(n, Csr.IADR0, at + BLOCK & 0xffff); setCsr(n, Csr.IADR1, at + BLOCK >> 16);
  setCsr(n, Csr.STATUS, Csr0.INIT);
  if (!initialised(n)) return false;
  setCsr(n, Csr.STATUS, Csr0.IDON | Csr0.STRT);
  changetype<Pcnet>(n).missed = csr(n, Csr.MISSED);
  env.out32(n.port + Port.RAP, Csr.STATUS);
  return true;
}

function initialised(n: Nic): bool {
  for (let k: u32 = 0; k < PATIENCE; k++) if ((csr(n, Csr.STATUS) & Csr0.IDON) != 0) return true;
  return false;
}

/** RAP stays at CSR0, so that this is one access where nothing happened. */
export function acknowledge(n: Nic): void {
  const s = env.in32(n.port + Port.RDP) & Csr0.EVENTS;
  if (s == 0) return;
  env.out32(n.port + Port.RDP, s | enable(n));
  if ((s & Csr0.MISS) != 0) counters.add(Count.rxOverflow);
}

function enable(n: Nic): u32 { return n.armed != 0 ? <u32>Csr0.INEA : 0; }
export function arm(n: Nic): void { env.out32(n.port + Port.RDP, enable(n)); }

/** The buffer's size is written as a two's complement. */
export function give(n: Nic, d: u32, p: usize): void {
  const r = rx(n, d);
  r.address = env.dma_address(p, BUFFER);
  r.more = 0;
  env.barrier();
  r.status = Md.OWN | Md.ONES | (-BUFFER & 0xfff);
}

export function take(n: Nic, d: u32): i32 {
  env.barrier();
  const r = rx(n, d), s = r.status;
  if ((s & Md.OWN) != 0) return NOTHING;
  // A frame that is longer than a buffer takes several; it counts at the first.
  if ((s & Md.STP) == 0) return PART;
  if ((s & Md.ENP) == 0) return refused((s & (Rmd.OFLO | Rmd.BUFF)) != 0 ? <u32>Count.rxFifo : Count.rxLong);
  if ((s & Md.ERR) != 0) return refused(why(s));
  const count = r.more & 0xfff;
  if (count < 4) return refused(Count.rxShort);
  return count - 4 > FRAME_MAX ? refused(Count.rxLong) : <i32>(count - 4);
}

function why(s: u32): u32 {
  if ((s & (Rmd.OFLO | Rmd.BUFF)) != 0) return Count.rxFifo;
  return (s & Rmd.FRAM) != 0 ? <u32>Count.rxAlign : Count.rxCrc;
}

/** Always two descriptors a frame: one without a body is cut in two. The first is given last. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  const first = tx(n, d << 1), last = tx(n, (d << 1) + 1);
  let a = s.headLen, p = <usize>s.body, b = s.bodyLen;
  if (b == 0) { a = s.headLen >> 1; p = <usize>s.head + a; b = s.headLen - a; }
  first.address = env.dma_address(<usize>s.head, a); first.more = 0;
  last.address = env.dma_address(p, b); last.more = 0;
  last.status = Md.OWN | Md.ENP | Md.ONES | (-b & 0xfff);
  env.barrier();
  first.status = Md.OWN | Md.STP | Md.ONES | (-a & 0xfff);
  env.barrier();
  return true;
}

export function kick(n: Nic): void { env.out32(n.port + Port.RDP, Csr0.TDMD | enable(n)); }

/** An underflow turns the transmitter off. */
export function done(n: Nic, d: u32): i32 {
  env.barrier();
  const first = tx(n, d << 1), last = tx(n, (d << 1) + 1);
  if (((first.status | last.status) & Md.OWN) != 0) return NOTHING;
  if (((first.status | last.status) & Md.ERR) == 0) return SENT;
  return ((first.more | last.more) & (Tmd2.BUFF | Tmd2.UFLO)) != 0 ? BROKEN : refused(Count.txError);
}

export function look(n: Nic): bool {
  const c = changetype<Pcnet>(n), missed = csr(n, Csr.MISSED), up = (bcr(n, Bcr.LED0) & LEDOUT) != 0;
  env.out32(n.port + Port.RAP, Csr.STATUS);
  n.ring.rxMissed += missed - c.missed & 0xffff;
  c.missed = missed;
  return up;
}
