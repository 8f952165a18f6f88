// DEC 21143 (Hardware Reference Manual EC-QWC4F): descriptor rings in memory, both parts of a frame in one transmit descriptor. The first transmit
// descriptor after a start has the station address. The medium is a PHY at the MII where one answers, else the chip's own 10BASE-T.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import { FRAME_MAX, Nic, RECORD } from "./device";
import * as mii from "./mii";
import { BROKEN, FAILED, FOREVER, NOTHING, PART, refused, SENT } from "./take";

/** Registers, eight bytes apart. */
const enum Csr { BUS = 0x00, TX_POLL = 0x08, RX_POLL = 0x10, RX_LIST = 0x18, TX_LIST = 0x20, STATUS = 0x28, MODE = 0x30, MASK = 0x38, MISSED = 0x40, SROM = 0x48, SIA_STATUS = 0x60, SIA_CONNECT = 0x68, SIA_TX_RX = 0x70, SIA_GENERAL = 0x78 }
/** Bus mode: software reset; bursts of 8 words, cache alignment 8. */
const SWR: u32 = 1, BUS: u32 = 0x4800;
const enum Mode { SR = 0x02, PB = 0x08, FD = 0x200, ST = 0x2000, PS = 0x40000, HBD = 0x80000, SF = 0x200000, TTM = 0x400000, MBO = 0x2000000 }
/** Status: transmitted, transmit stopped and underflow, received, no receive buffer, receive stopped, bus error, and the two sums. */
const enum Status { TI = 0x01, TPS = 0x02, UNF = 0x20, RI = 0x40, RU = 0x80, RPS = 0x100, FBE = 0x2000, AIS = 0x8000, NIS = 0x10000 }
const MASK: u32 = Status.TI | Status.UNF | Status.RI | Status.RU | Status.FBE | Status.AIS | Status.NIS;
const OWN: u32 = 0x80000000;
const enum Rdes0 { ES = 0x8000, DE = 0x4000, RF = 0x0800, FS = 0x0200, LS = 0x0100, TL = 0x0080, DB = 0x04, CE = 0x02, OF = 0x01 }
const enum Tdes0 { ES = 0x8000, UF = 0x02 }
const enum Tdes1 { IC = 0x80000000, LS = 0x40000000, FS = 0x20000000, SET = 0x08000000 }
/** Last descriptor of a ring, in the second word. */
const END: u32 = 0x02000000;
/** 10BASE-T by the chip itself: reset, then twisted pair without negotiation (table of the SIA's settings). */
const SIA_TX_RX: u32 = 0x7f3f, SIA_GENERAL: u32 = 0x08, SIA_ON: u32 = 0x01, LS10: u32 = 0x04;
/** Receive buffers begin at an address divisible by four, two bytes behind where the frame belongs. */
const SHIFT: u32 = 2, BUFFER: u32 = 1536;

export const DEPTH: u32 = 4;
export const DESCRIPTORS: u32 = 16;
const TX_RING: u32 = 8;
const RX: u32 = 0, TX: u32 = 16 * DESCRIPTORS, SETUP: u32 = TX + 16 * TX_RING, SETUP_SIZE: u32 = 192, ALL: u32 = SETUP + SETUP_SIZE;

@unmanaged class Descriptor { status: u32; control: u32; buffer1: u32; buffer2: u32; }
if (offsetof<Descriptor>() != 16) ERROR("21143: layout");

@unmanaged class Dc21143 extends Nic {
  next: u32;      // transmit descriptors used since the start: the ring is longer than the depth
  phy: u32;       // address of the PHY, or NONE
}
if (offsetof<Dc21143>() > RECORD) ERROR("Dc21143: layout");

// @ts-ignore: decorator
@inline function own(n: Nic): Dc21143 { return changetype<Dc21143>(n); }
// @ts-ignore: decorator
@inline function rx(n: Nic, d: u32): Descriptor { return changetype<Descriptor>(<usize>n.memory + RX + (d << 4)); }
// @ts-ignore: decorator
@inline function tx(n: Nic, i: u32): Descriptor { return changetype<Descriptor>(<usize>n.memory + TX + ((i & TX_RING - 1) << 4)); }

/** The reset ends what runs. */
export function stop(n: Nic): void {
  env.out32(n.port + Csr.MODE, env.in32(n.port + Csr.MODE) & ~(Mode.ST | Mode.SR) | Mode.MBO);
  env.out32(n.port + Csr.MASK, 0);
  env.out32(n.port + Csr.BUS, SWR);
}

export function start(n: Nic, mac: usize): bool {
  env.out32(n.port + Csr.BUS, BUS);
  if ((env.in32(n.port + Csr.BUS) & 0xffff) != BUS) return false;
  env.out32(n.port + Csr.MASK, 0);
  memory.fill(<usize>n.memory, 0, ALL);
  rx(n, DESCRIPTORS - 1).control = END;
  tx(n, TX_RING - 1).control = END;
  const c = own(n), at = env.dma_address(n.memory, ALL);
  station(n, mac, at);
  env.barrier();
  env.out32(n.port + Csr.RX_LIST, at + RX);
  env.out32(n.port + Csr.TX_LIST, at + TX);
  env.out32(n.port + Csr.STATUS, 0x1ffff);
  c.next = 1;
  c.phy = mii.find(n.port + Csr.SROM);
  const mode = medium(c) | Mode.MBO | Mode.SF | Mode.HBD | Mode.PB;
  env.out32(n.port + Csr.MODE, mode);
  env.out32(n.port + Csr.MODE, mode | Mode.ST | Mode.SR);
  return (env.in32(n.port + Csr.MODE) & (Mode.ST | Mode.SR)) == (Mode.ST | Mode.SR);
}

/** The setup frame (perfect filtering): the station, and the broadcast address in the places that are left; two bytes a word. */
function station(n: Nic, mac: usize, at: u32): void {
  const p = <usize>n.memory + SETUP, d = tx(n, 0);
  for (let i: u32 = 0; i < SETUP_SIZE; i += 4) store<u32>(p + i, i < 12 ? <u32>load<u16>(mac + (i >> 1)) : 0xffff);
  d.buffer1 = at + SETUP;
  d.control = Tdes1.SET | SETUP_SIZE;
  d.status = OWN;
}

/** Mode bits of the medium. */
function medium(c: Dc21143): u32 {
  if (c.phy != mii.NONE) {
    const m = mii.media(c.port + Csr.SROM, c.phy);
    return Mode.PS | ((m & mii.Media.fast) != 0 ? 0 : <u32>Mode.TTM) | ((m & mii.Media.full) != 0 ? <u32>Mode.FD : 0);
  }
  env.out32(c.port + Csr.SIA_CONNECT, 0);
  env.out32(c.port + Csr.SIA_TX_RX, SIA_TX_RX);
  env.out32(c.port + Csr.SIA_GENERAL, SIA_GENERAL);
  env.out32(c.port + Csr.SIA_CONNECT, SIA_ON);
  return Mode.TTM;
}

export function acknowledge(n: Nic): void {
  const s = env.in32(n.port + Csr.STATUS) & 0x1ffff;
  if (s == 0) return;
  env.out32(n.port + Csr.STATUS, s);
  n.events |= s & (Status.UNF | Status.FBE);
  if ((s & Status.RU) != 0) { counters.add(Count.rxOverflow); n.events |= Status.RU; }
}

export function arm(n: Nic): void { env.out32(n.port + Csr.MASK, n.armed != 0 ? <u32>MASK : 0); }

export function give(n: Nic, d: u32, p: usize): void {
  const r = rx(n, d);
  r.buffer1 = env.dma_address(p + SHIFT, BUFFER);
  r.control = d == DESCRIPTORS - 1 ? END | BUFFER : BUFFER;
  env.barrier();
  r.status = OWN;
}

/** A chip that ran out of buffers looks again when it is told to. */
export function tend(n: Nic): u32 {
  if ((n.events & (Status.UNF | Status.FBE)) != 0) return FAILED;
  if ((n.events & Status.RU) != 0) {
    n.events &= ~Status.RU;
    env.out32(n.port + Csr.RX_POLL, 1);
  }
  return FOREVER;
}

export function take(n: Nic, d: u32, p: usize): i32 {
  env.barrier();
  const s = rx(n, d).status;
  if ((s & OWN) != 0) return NOTHING;
  if ((s & Rdes0.FS) == 0) return PART;
  if ((s & Rdes0.LS) == 0) return refused((s & Rdes0.DE) != 0 ? <u32>Count.rxFifo : Count.rxLong);
  const count = s >> 16 & 0x3fff;
  if (count < 4) return refused(Count.rxShort);
  if ((s & Rdes0.ES) != 0) return refused(why(s, count - 4));
  if (count - 4 > FRAME_MAX) return refused(Count.rxLong);
  memory.copy(p, p + SHIFT, count - 4);
  return <i32>(count - 4);
}

function why(s: u32, len: u32): u32 {
  if ((s & (Rdes0.OF | Rdes0.DE)) != 0) return Count.rxFifo;
  if ((s & Rdes0.RF) != 0) return Count.rxShort;
  if ((s & Rdes0.CE) != 0) return (s & Rdes0.DB) != 0 ? <u32>Count.rxAlign : Count.rxCrc;
  return len > FRAME_MAX || (s & Rdes0.TL) != 0 ? <u32>Count.rxLong : Count.rxCrc;
}

export function put(n: Nic, s: TxSlot): bool {
  const c = own(n), d = tx(n, c.next);
  d.buffer1 = env.dma_address(<usize>s.head, s.headLen);
  d.buffer2 = s.bodyLen != 0 ? env.dma_address(<usize>s.body, s.bodyLen) : 0;
  d.control = Tdes1.IC | Tdes1.FS | Tdes1.LS | ((c.next & TX_RING - 1) == TX_RING - 1 ? END : 0) | s.bodyLen << 11 | s.headLen;
  env.barrier();
  d.status = OWN;
  env.barrier();
  c.next++;
  return true;
}

export function kick(n: Nic): void { env.out32(n.port + Csr.TX_POLL, 1); }

export function done(n: Nic): i32 {
  env.barrier();
  const s = tx(n, own(n).next - n.outstanding).status;
  if ((s & OWN) != 0) return NOTHING;
  if ((s & Tdes0.UF) != 0) return BROKEN;
  return (s & Tdes0.ES) != 0 ? refused(Count.txError) : SENT;
}

/** Missed frames: no buffer in the lower half, no room in the FIFO in the upper; a read clears them. */
export function look(n: Nic): bool {
  const c = own(n), m = env.in32(n.port + Csr.MISSED);
  n.ring.rxMissed += m & 0xffff;
  counters.addN(Count.rxFifo, m >> 17 & 0x7ff);
  return c.phy != mii.NONE ? mii.up(n.port + Csr.SROM, c.phy) : (env.in32(n.port + Csr.SIA_STATUS) & LS10) == 0;
}
