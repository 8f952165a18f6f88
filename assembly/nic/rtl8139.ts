// Realtek RTL8139, datasheet 1.2 of the RTL8139C(L): four transmit registers, one receive ring of 8 KiB that frames are copied from. The chip wants
// whole frames at addresses divisible by four, so a frame to send is put together in memory of its own.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import { FRAME_MAX, FRAME_MIN, Nic, RECORD } from "./device";
import { BROKEN, NOTHING, refused, SENT } from "./take";

/** Registers by their datasheet names (section 5). */
const enum Reg { IDR0 = 0x00, MAR0 = 0x08, TSD0 = 0x10, TSAD0 = 0x20, RBSTART = 0x30, CR = 0x37, CAPR = 0x38, IMR = 0x3c, ISR = 0x3e, TCR = 0x40, RCR = 0x44, MPC = 0x4c, CR9346 = 0x50, MSR = 0x58 }
const enum Cr { BUFE = 0x01, TE = 0x04, RE = 0x08, RST = 0x10 }
const enum Isr { ROK = 0x01, RER = 0x02, TOK = 0x04, TER = 0x08, RXOVW = 0x10, PUN = 0x20, FOVW = 0x40 }
/** Transmit status: under-run, on the wire without error, aborted. */
const enum Tsd { TUN = 0x4000, TOK = 0x8000, TABT = 0x40000000 }
/** Status before a received frame. */
const enum Rx { ROK = 0x01, FAE = 0x02, CRC = 0x04, LONG = 0x08, RUNT = 0x10, ISE = 0x20 }

/** Own and broadcast; damaged and short ones too, to be counted; ring of 8 KiB, bursts without limit, no early copy. */
const RCR: u32 = 0x02 | 0x08 | 0x10 | 0x20 | 7 << 8 | 7 << 13;
/** Standard gap, bursts of 2,048 bytes. */
const TCR: u32 = 3 << 24 | 7 << 8;
/** In MSR: no link. */
const LINKB: u32 = 0x04;
const MASK: u32 = Isr.ROK | Isr.RER | Isr.TOK | Isr.TER | Isr.RXOVW | Isr.PUN | Isr.FOVW;
const RING: u32 = 8192, RING_SPACE: u32 = RING + 16, BUFFER: u32 = 1536;

export const DEPTH: u32 = 4;

@unmanaged class Rtl8139 extends Nic {
  offset: u32;     // of the next frame in the ring
}
if (offsetof<Rtl8139>() > RECORD) ERROR("Rtl8139: layout");
// @ts-ignore: decorator
@inline function own(n: Nic): Rtl8139 { return changetype<Rtl8139>(n); }

/** A reset stops both directions at once; the bit falls when it is through. */
export function stop(n: Nic): void {
  env.out16(n.port + Reg.IMR, 0);
  env.out8(n.port + Reg.CR, Cr.RST);
}

export function start(n: Nic, mac: usize): bool {
  if ((env.in8(n.port + Reg.CR) & Cr.RST) != 0) return false;
  // The station address is written by whole words, with the configuration unlocked.
  env.out8(n.port + Reg.CR9346, 0xc0);
  env.out32(n.port + Reg.IDR0, load<u32>(mac));
  env.out32(n.port + Reg.IDR0 + 4, <u32>load<u16>(mac, 4));
  env.out8(n.port + Reg.CR9346, 0);
  env.out32(n.port + Reg.MAR0, 0); env.out32(n.port + Reg.MAR0 + 4, 0);
  env.out32(n.port + Reg.RBSTART, env.dma_address(n.memory, RING_SPACE));
  env.out8(n.port + Reg.CR, Cr.TE | Cr.RE);
  env.out32(n.port + Reg.TCR, TCR);
  env.out32(n.port + Reg.RCR, RCR);
  env.out32(n.port + Reg.MPC, 0);
  own(n).offset = 0;
  return (env.in8(n.port + Reg.CR) & (Cr.TE | Cr.RE)) == (Cr.TE | Cr.RE);
}

export function acknowledge(n: Nic): void {
  const isr = env.in16(n.port + Reg.ISR) & MASK;
  if (isr == 0) return;
  // An overflow of the ring is taken back together with the FIFO's.
  env.out16(n.port + Reg.ISR, (isr & Isr.RXOVW) != 0 ? isr | Isr.FOVW : isr);
  if ((isr & (Isr.RXOVW | Isr.FOVW)) != 0) counters.add(Count.rxOverflow);
}

export function arm(n: Nic): void { env.out16(n.port + Reg.IMR, n.armed != 0 ? <u32>MASK : 0); }

/** Copies the next frame of the ring to p. Before it stand its status and its length with the check sequence. */
export function take(n: Nic, p: usize): i32 {
  if ((env.in8(n.port + Reg.CR) & Cr.BUFE) != 0) return NOTHING;
  env.barrier();
  const c = own(n), head = load<u32>(<usize>c.memory + c.offset), status = head & 0xffff, count = head >> 16;
  if (count < 4 || count > RING - 16) return BROKEN;
  const len = count - 4, bad = judge(status, len);
  if (bad == 0) copy(c, c.offset + 4, p, len);
  c.offset = (c.offset + 4 + count + 3 & ~3) & RING - 1;
  env.out16(n.port + Reg.CAPR, c.offset - 16 & 0xffff);
  return bad == 0 ? <i32>len : refused(bad);
}

/** From the ring, whose end goes over into its start. */
function copy(c: Rtl8139, from: u32, p: usize, len: u32): void {
  from &= RING - 1;
  const first = min(len, RING - from);
  memory.copy(p, <usize>c.memory + from, first);
  if (first < len) memory.copy(p + first, c.memory, len - first);
}

function judge(status: u32, len: u32): u32 {
  if ((status & Rx.RUNT) != 0) return Count.rxShort;
  if ((status & Rx.FAE) != 0) return Count.rxAlign;
  if ((status & (Rx.CRC | Rx.ISE)) != 0) return Count.rxCrc;
  if ((status & Rx.LONG) != 0 || len > FRAME_MAX) return Count.rxLong;
  return (status & Rx.ROK) == 0 ? <u32>Count.rxCrc : 0;
}

/** Puts a frame together and hands it to transmit register d; writing its size starts it. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  const at = <usize>n.memory + RING_SPACE + d * BUFFER, len = s.headLen + s.bodyLen, bytes = max(len, FRAME_MIN);
  memory.copy(at, <usize>s.head, s.headLen);
  if (s.bodyLen != 0) memory.copy(at + s.headLen, <usize>s.body, s.bodyLen);
  if (len < bytes) memory.fill(at + len, 0, bytes - len);
  env.barrier();
  env.out32(n.port + Reg.TSAD0 + (d << 2), env.dma_address(at, BUFFER));
  // No early start: the threshold is above the longest frame.
  env.out32(n.port + Reg.TSD0 + (d << 2), 0x3f << 16 | bytes);
  return true;
}

export function done(n: Nic, d: u32): i32 {
  const tsd = env.in32(n.port + Reg.TSD0 + (d << 2));
  if ((tsd & Tsd.TUN) != 0) return BROKEN;
  if ((tsd & Tsd.TABT) != 0) return BROKEN;
  return (tsd & Tsd.TOK) != 0 ? SENT : NOTHING;
}

export function look(n: Nic): bool {
  n.ring.rxMissed += env.in32(n.port + Reg.MPC) & 0xffffff;
  env.out32(n.port + Reg.MPC, 0);
  return (env.in8(n.port + Reg.MSR) & LINKB) == 0;
}
