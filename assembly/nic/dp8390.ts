// National DP8390D network interface controller, as far as it does not depend on the bus: datasheet of July 1995. The card's buffer memory is
// reached by remote DMA through a 16-bit data port. Two transmit buffers, the rest is the receive ring.
//
// A frame is loaded while the one before it is on the wire, and started when that has left. Nic.events keeps what the interrupt status showed.

import { TxSlot } from "../core/ring";
import * as counters from "../core/counters";
import * as env from "../env";
import { Nic as Count } from "./counters";
import { FRAME_MAX, FRAME_MIN, Nic, RECORD } from "./device";
import { BROKEN, FOREVER, NOTHING, refused, SENT } from "./take";

/** Register offsets of page 0, and of page 1 where named so (section 10.1). */
const enum Reg { CR = 0, PSTART = 1, PSTOP = 2, BNRY = 3, TPSR = 4, TSR = 4, TBCR0 = 5, TBCR1 = 6, ISR = 7, RSAR0 = 8, RSAR1 = 9, RBCR0 = 10, RBCR1 = 11, RCR = 12, TCR = 13, CNTR0 = 13, DCR = 14, CNTR1 = 14, IMR = 15, CNTR2 = 15 }
const enum Page1 { PAR0 = 1, CURR = 7, MAR0 = 8 }
/** Command register: stop, start, transmit; remote read, write, none; page 1. */
const enum Cr { STP = 0x01, STA = 0x02, TXP = 0x04, READ = 0x08, WRITE = 0x10, NODMA = 0x20, PAGE1 = 0x40 }
const enum Isr { PRX = 0x01, PTX = 0x02, RXE = 0x04, TXE = 0x08, OVW = 0x10, CNT = 0x20, RDC = 0x40, RST = 0x80 }
const enum Tsr { PTX = 0x01, ABT = 0x08, CRS = 0x10, FU = 0x20, OWC = 0x80 }
/** Receive status: good; check sequence, alignment, FIFO overrun. */
const enum Rsr { PRX = 0x01, CRC = 0x02, FAE = 0x04, FO = 0x08 }

/** Word transfers, FIFO threshold of 8 bytes, no loopback (section 10.3). */
const DCR: u32 = 0x49;
/** Accept broadcast, and short frames, to be counted; frames to the station address are accepted anyway. */
const RCR: u32 = 0x06;
const LOOPBACK: u32 = 0x02;
const MASK: u32 = Isr.PRX | Isr.PTX | Isr.RXE | Isr.TXE | Isr.OVW | Isr.CNT;

/** Pages of 256 bytes in the card's memory: two transmit buffers of six, then the ring. */
const TX_PAGE: u32 = 0x40, TX_PAGES: u32 = 6, RX_START: u32 = 0x4c, RX_STOP: u32 = 0x80;
/** A data port behind the 16 registers. */
const DATA: u32 = 16;
/** us that the chip takes to stop: the longest frame, and a little (section 11, overflow). */
const STOPS: u32 = 1600;
/** Reads of the status until a remote write is complete; each is 0.5 us or more, the write itself some. */
const PATIENCE: u32 = 200;
const HEADER: usize = memory.data(4, 4);
const JOINT: usize = memory.data(4, 4);

const enum Phase { none = 0, stopping = 1, loopback = 2 }

export const DEPTH: u32 = 2;

@unmanaged class Dp8390 extends Nic {
  next: u32;      // page of the next frame
  curr: u32;      // page behind the last frame that was seen
  loaded: u32;    // frames in the transmit buffers
  running: u32;   // 1: the oldest of them is on the wire
  len0: u32;      // bytes in the two transmit buffers
  len1: u32;
  phase: u32;     // of the overflow procedure
  began: u32;     // us: of the phase
  resend: u32;    // 1: the stop may have cut a transmission off
  seen: u32;      // `next` when the loopback began
}
if (offsetof<Dp8390>() > RECORD) ERROR("Dp8390: layout");

// @ts-ignore: decorator
@inline function own(n: Nic): Dp8390 { return changetype<Dp8390>(n); }

// @ts-ignore: decorator
@inline function get(n: Nic, r: u32): u32 { return env.in8(n.port + r); }
// @ts-ignore: decorator
@inline function set(n: Nic, r: u32, v: u32): void { env.out8(n.port + r, v); }

/** Whether registers answer as a stopped DP8390's do at this port. */
export function answers(port: u32): bool {
  env.out8(port, Cr.STP | Cr.NODMA);
  if (env.in8(port) != (Cr.STP | Cr.NODMA)) return false;
  env.out8(port, Cr.STP | Cr.NODMA | Cr.PAGE1);
  env.out8(port + Page1.PAR0, 0x52);
  env.out8(port + Page1.PAR0 + 1, 0xad);
  const kept = env.in8(port + Page1.PAR0) == 0x52 && env.in8(port + Page1.PAR0 + 1) == 0xad;
  env.out8(port, Cr.STP | Cr.NODMA);
  return kept;
}

/** Off the wire, deaf and without interrupts. */
export function halt(n: Nic): void {
  set(n, Reg.CR, Cr.STP | Cr.NODMA);
  set(n, Reg.IMR, 0);
}

/** Sets the stopped chip up and starts it (section 11, initialization). */
export function start(n: Nic, mac: usize): bool {
  set(n, Reg.CR, Cr.STP | Cr.NODMA);
  set(n, Reg.DCR, DCR);
  set(n, Reg.RBCR0, 0); set(n, Reg.RBCR1, 0);
  set(n, Reg.RCR, RCR);
  set(n, Reg.TCR, LOOPBACK);
  set(n, Reg.PSTART, RX_START); set(n, Reg.PSTOP, RX_STOP); set(n, Reg.BNRY, RX_STOP - 1);
  set(n, Reg.ISR, 0xff);
  set(n, Reg.IMR, 0);
  set(n, Reg.CR, Cr.STP | Cr.NODMA | Cr.PAGE1);
  for (let i: u32 = 0; i < 6; i++) set(n, Page1.PAR0 + i, load<u8>(mac + i));
  for (let i: u32 = 0; i < 8; i++) set(n, Page1.MAR0 + i, 0);
  set(n, Page1.CURR, RX_START);
  set(n, Reg.CR, Cr.STA | Cr.NODMA);
  set(n, Reg.TCR, 0);
  const c = own(n);
  c.next = RX_START; c.curr = RX_START;
  c.loaded = 0; c.running = 0;
  c.phase = Phase.none;
  return get(n, Reg.CR) == (Cr.STA | Cr.NODMA);
}

export function acknowledge(n: Nic): void {
  const isr = get(n, Reg.ISR) & MASK;
  if (isr == 0) return;
  // OVW stays until the overflow procedure is through.
  set(n, Reg.ISR, isr & ~Isr.OVW);
  n.events |= isr & MASK;
  if ((isr & Isr.CNT) != 0) look(n);
}

export function arm(n: Nic): void { set(n, Reg.IMR, n.armed != 0 ? <u32>MASK : 0); }

// Remote DMA.

function remote(n: Nic, address: u32, bytes: u32, cmd: u32): void {
  set(n, Reg.RSAR0, address & 0xff); set(n, Reg.RSAR1, address >> 8);
  set(n, Reg.RBCR0, bytes & 0xff); set(n, Reg.RBCR1, bytes >> 8);
  set(n, Reg.CR, Cr.STA | cmd);
}

/** Reads an even number of bytes of the card's memory; the ring's end goes over into its start. */
function fetch(n: Nic, address: u32, p: usize, bytes: u32): void {
  remote(n, address, bytes, Cr.READ);
  env.ins16(n.port + DATA, p, bytes >> 1);
}

/** True when the remote DMA is through; the transmitter must not start before. */
function complete(n: Nic): bool {
  for (let k: u32 = 0; k < PATIENCE; k++) if ((get(n, Reg.ISR) & Isr.RDC) != 0) { set(n, Reg.ISR, Isr.RDC); return true; }
  return false;
}

// Reception.

/** Copies the next frame of the ring to p. */
export function take(n: Nic, p: usize): i32 {
  const c = own(n);
  if (c.phase == Phase.stopping || c.next == c.curr && !moved(c)) return NOTHING;
  fetch(n, c.next << 8, HEADER, 4);
  const status = <u32>load<u8>(HEADER), next = <u32>load<u8>(HEADER, 1), count = <u32>load<u16>(HEADER, 2);
  // The count has the check sequence; so have the pages, after the header of four bytes.
  if (count < 4 || count > 4096 || next != after(c.next, count)) return BROKEN;
  const len = count - 4, bad = judge(status, len);
  if (bad == 0) fetch(n, (c.next << 8) + 4, p, len + 1 & ~1);
  set(n, Reg.ISR, Isr.RDC);
  release(c, next);
  return bad == 0 ? <i32>len : refused(bad);
}

/** Looks how far the chip has received, when its status says that it has. */
function moved(c: Dp8390): bool {
  if ((c.events & (Isr.PRX | Isr.RXE | Isr.OVW)) == 0) return false;
  c.events &= ~(Isr.PRX | Isr.RXE);
  set(c, Reg.CR, Cr.STA | Cr.NODMA | Cr.PAGE1);
  c.curr = get(c, Page1.CURR);
  set(c, Reg.CR, Cr.STA | Cr.NODMA);
  return c.next != c.curr;
}

function after(page: u32, count: u32): u32 {
  const next = page + (count + 4 + 255 >> 8);
  return next >= RX_STOP ? next - (RX_STOP - RX_START) : next;
}

/** The ring is the chip's again up to page `next`. */
function release(c: Dp8390, next: u32): void {
  c.next = next;
  set(c, Reg.BNRY, next == RX_START ? RX_STOP - 1 : next - 1);
}

function judge(status: u32, len: u32): u32 {
  if ((status & Rsr.FO) != 0) return Count.rxFifo;
  if ((status & Rsr.FAE) != 0) return Count.rxAlign;
  if ((status & Rsr.CRC) != 0 || (status & Rsr.PRX) == 0) return Count.rxCrc;
  if (len < FRAME_MIN) return Count.rxShort;
  return len > FRAME_MAX ? <u32>Count.rxLong : 0;
}

// Transmission.

/** Loads a frame into transmit buffer d & 1, head and body in a row, filled up to the least length. */
export function put(n: Nic, d: u32, s: TxSlot): bool {
  const c = own(n);
  if (c.phase != Phase.none) return false;
  const len = s.headLen + s.bodyLen, bytes = max(len, FRAME_MIN);
  remote(n, TX_PAGE + (d & 1) * TX_PAGES << 8, bytes + 1 & ~1, Cr.WRITE);
  stream(n.port + DATA, s);
  for (let at = len + 1 & ~1; at < bytes; at += 2) env.out16(n.port + DATA, 0);
  if (!complete(n)) return false;
  if ((d & 1) != 0) c.len1 = bytes; else c.len0 = bytes;
  c.loaded++;
  return true;
}

/** Head and body to the data port in words; where the head is odd, one word has the last byte of the one and the first of the other. */
function stream(data: u32, s: TxSlot): void {
  let p = <usize>s.body, left = s.bodyLen;
  env.outs16(data, <usize>s.head, s.headLen >> 1);
  if ((s.headLen & 1) != 0) {
    let w = <u32>load<u8>(<usize>s.head + s.headLen - 1);
    if (left != 0) { w |= <u32>load<u8>(p) << 8; p++; left--; }
    env.out16(data, w);
  }
  if (left > 1) env.outs16(data, p, left >> 1);
  if ((left & 1) != 0) env.out16(data, <u32>load<u8>(p + left - 1));
}

/** Starts the oldest loaded frame where none is on the wire. */
export function kick(n: Nic, d: u32): void {
  const c = own(n);
  if (c.loaded == 0 || c.running != 0 || c.phase != Phase.none) return;
  const bytes = (d & 1) != 0 ? c.len1 : c.len0;
  set(n, Reg.TPSR, TX_PAGE + (d & 1) * TX_PAGES);
  set(n, Reg.TBCR0, bytes & 0xff); set(n, Reg.TBCR1, bytes >> 8);
  set(n, Reg.CR, Cr.STA | Cr.NODMA | Cr.TXP);
  c.running = 1;
}

/** TXP falls when the transmission is over, whatever became of it (section 10.3, CR). */
export function done(n: Nic): i32 {
  const c = own(n);
  if (c.running == 0 || c.phase != Phase.none || (get(n, Reg.CR) & Cr.TXP) != 0) return NOTHING;
  const tsr = get(n, Reg.TSR);
  c.loaded--;
  c.running = 0;
  if ((tsr & Tsr.FU) != 0) return refused(Count.txUnderrun);
  return (tsr & Tsr.PTX) == 0 ? refused(Count.txError) : SENT;
}

// The ring is full.

/**
 * The overflow procedure (section 11): the chip is stopped, and its 1.6 ms pass between two polls; then it runs in loopback until the ring has room
 * again, and a transmission that the stop has cut off is started anew. us until it wants to go on.
 */
export function tend(n: Nic, now: u32): u32 {
  const c = own(n);
  switch (c.phase) {
    case Phase.none: return (c.events & Isr.OVW) == 0 ? FOREVER : overflow(c, now);
    case Phase.stopping: {
      if (now - c.began < STOPS) return STOPS - (now - c.began);
      loopback(c);
      return 0;
    }
    default: {
      // A poll has passed: it took frames unless there was no buffer for them. Then one is dropped, so that the chip goes on.
      if (c.next == c.seen) skip(c);
      onLine(c);
      return 0;
    }
  }
}

function overflow(c: Dp8390, now: u32): u32 {
  counters.add(Count.rxOverflow);
  // What is set from here on tells of the transmission that TXP names.
  set(c, Reg.ISR, Isr.PTX | Isr.TXE);
  c.events &= ~(Isr.PTX | Isr.TXE);
  c.resend = (get(c, Reg.CR) & Cr.TXP) != 0 ? 1 : 0;
  set(c, Reg.CR, Cr.STP | Cr.NODMA);
  c.phase = Phase.stopping;
  c.began = now;
  return STOPS;
}

function loopback(c: Dp8390): void {
  set(c, Reg.RBCR0, 0); set(c, Reg.RBCR1, 0);
  if (((get(c, Reg.ISR) | c.events) & (Isr.PTX | Isr.TXE)) != 0) c.resend = 0;
  set(c, Reg.TCR, LOOPBACK);
  set(c, Reg.CR, Cr.STA | Cr.NODMA);
  c.seen = c.next;
  c.phase = Phase.loopback;
}

function onLine(c: Dp8390): void {
  set(c, Reg.ISR, Isr.OVW);
  c.events = c.events & ~Isr.OVW | Isr.PRX;
  set(c, Reg.TCR, 0);
  if (c.resend != 0) set(c, Reg.CR, Cr.STA | Cr.NODMA | Cr.TXP);
  c.phase = Phase.none;
}

/** Drops the oldest frame of the ring, for which there is no buffer. */
function skip(c: Dp8390): void {
  if (c.next == c.curr && !moved(c)) return;
  fetch(c, c.next << 8, HEADER, 4);
  set(c, Reg.ISR, Isr.RDC);
  const next = <u32>load<u8>(HEADER, 1);
  if (next < RX_START || next >= RX_STOP) return;
  c.ring.rxMissed++;
  release(c, next);
}

/** The tallies of frames refused; a read clears them. The chip knows no link. */
export function look(n: Nic): bool {
  counters.addN(Count.rxAlign, get(n, Reg.CNTR0));
  counters.addN(Count.rxCrc, get(n, Reg.CNTR1));
  n.ring.rxMissed += get(n, Reg.CNTR2);
  return true;
}
