// Reassembly of IPv4 datagrams (RFC 791, 815) up to what fits in one frame buffer: 1,944 bytes of payload; larger ones are refused.
// A fragment that was there already is ignored; one that overlaps another in part spoils its datagram (RFC 5722's rule).

import { REASM } from "../core/sizes";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import { Frag, IP, Ip4 } from "../wire/ip4";
import { ETH } from "../wire/eth";
import { Net } from "./counters";
import * as clock from "../core/clock";
import * as counters from "../core/counters";
import * as frame from "../core/frame";
import * as icmp from "./icmp";
import * as output from "./output";
import * as seq from "../core/seq";
import * as wheel from "../core/wheel";

const TIMEOUT: u32 = 15000;      // ms
/** Bytes of payload at most: whole blocks of 8. */
export const LIMIT: u32 = (frame.CAPACITY - ETH - IP) & ~7;

@unmanaged class Datagram {
  timer0: u64; timer1: u64;      // Timer
  src: u32;
  dst: u32;
  idProto: u32;
  used: u32;
  at: usize;                     // IP header of the datagram being built; 0: spoilt
  total: u32;                    // bytes of payload; 0: not known yet
  blocks: u32;                   // blocks of 8 bytes that are here
  first: u32;                    // bytes of the first fragment's payload; 0: not here
  map0: u64; map1: u64; map2: u64; map3: u64;  // a bit per block
}
if (offsetof<Datagram>() != 80 || LIMIT > 256 * 8) ERROR("Datagram: layout");

const TABLE: usize = memory.data(80 * REASM, 16);

export function init(): void { memory.fill(TABLE, 0, 80 * REASM); }

// @ts-ignore: decorator
@inline function slot(i: u32): Datagram { return changetype<Datagram>(TABLE + i * 80); }

/** Takes a fragment, its IP header at p, n bytes in all, and owns its buffer. The whole datagram, now the caller's, or 0. */
export function input(p: usize, n: u32): usize {
  const h = changetype<Ip4>(p), hl = h.headerLen, off = h.fragOffset, len = n - hl, more = h.moreFragments;
  if (len == 0 || (more && (len & 7) != 0)) return refuse(p, Net.reasmMalformed);
  let d = find(h);
  if (off + len > LIMIT) { if (d != null) spoil(d); return refuse(p, Net.reasmTooBig); }
  if (d == null) d = open(h);
  if (d == null) { frame.free(p); return 0; }
  if (d.at == 0) return refuse(p, Net.reasmOverlap);
  const why = place(d, off, len, more);
  if (why == Net.reasmDuplicate) return refuse(p, why);
  if (why != 0) { spoil(d); return refuse(p, why); }
  memory.copy(d.at + IP + off, p + hl, len);
  if (off == 0) { memory.copy(d.at, p, IP); d.first = len; }
  frame.free(p);
  return d.total != 0 && d.blocks == d.total + 7 >> 3 ? finish(d) : 0;
}

function refuse(p: usize, why: u32): usize { output.refuse(p, why); return 0; }

function find(h: Ip4): Datagram | null {
  const key = h.id << 8 | <u32>h.proto, src = h.src, dst = h.dst;
  for (let i: u32 = 0; i < REASM; i++) {
    const d = slot(i);
    if (d.used != 0 && d.idProto == key && d.src == src && d.dst == dst) return d;
  }
  return null;
}

/** A record for a new datagram, at need the oldest one's; null when there is no buffer. */
function open(h: Ip4): Datagram | null {
  const b = frame.alloc();
  if (!b) return null;
  let d = slot(0);
  for (let i: u32 = 0; i < REASM && d.used != 0; i++) {
    const e = slot(i), t = changetype<Timer>(e);
    if (e.used == 0 || seq.lt(t.at, changetype<Timer>(d).at)) d = e;
  }
  if (d.used != 0) { counters.add(Net.reasmEvicted); close(d); }
  memory.fill(changetype<usize>(d), 0, 80);
  d.src = h.src; d.dst = h.dst; d.idProto = h.id << 8 | <u32>h.proto;
  d.used = 1;
  d.at = b + frame.HEADROOM + ETH;
  changetype<Timer>(d).kind = TimerKind.reasm;
  wheel.arm(changetype<Timer>(d), clock.ms + TIMEOUT);
  return d;
}

/** Marks a fragment's blocks: 0, or the counter of what is wrong with it. */
function place(d: Datagram, off: u32, len: u32, more: bool): u32 {
  const end = off + len, from = off >> 3, to = end + 7 >> 3;
  let here: u32 = 0;
  for (let b = from; b < to; b++) here += <u32>load<u8>(bits(d, b)) >> (b & 7) & 1;
  if (here == to - from && (more ? d.total == 0 || end <= d.total : d.total == end)) return Net.reasmDuplicate;
  if (here != 0) return Net.reasmOverlap;
  if (more ? d.total != 0 && end > d.total : d.total != 0 || beyond(d, to)) return Net.reasmOverlap;
  for (let b = from; b < to; b++) store<u8>(bits(d, b), <u8>(<u32>load<u8>(bits(d, b)) | 1 << (b & 7)));
  d.blocks += to - from;
  if (!more) d.total = end;
  return 0;
}

// @ts-ignore: decorator
@inline function bits(d: Datagram, b: u32): usize { return changetype<usize>(d) + 48 + (b >> 3); }

/** True where a block from b on is here: then a fragment that ends before it cannot be the last. */
function beyond(d: Datagram, b: u32): bool {
  for (; b < 256; b++) if ((<u32>load<u8>(bits(d, b)) >> (b & 7) & 1) != 0) return true;
  return false;
}

function finish(d: Datagram): usize {
  const p = d.at, h = changetype<Ip4>(p);
  h.setHeaderLen(IP);
  output.cut(h, IP + d.total, h.frag & Frag.df);
  d.at = 0;
  close(d);
  return p;
}

/** Gives the bytes up but keeps the record, so that the datagram's other fragments are refused until its time is over. */
function spoil(d: Datagram): void {
  if (d.at) frame.free(d.at);
  d.at = 0;
}

function close(d: Datagram): void {
  spoil(d);
  wheel.cancel(changetype<Timer>(d));
  d.used = 0;
}

/** A due timer of kind `reasm`. */
export function timer(t: Timer): void {
  const d = changetype<Datagram>(t);
  if (d.at) counters.add(Net.reasmTimeout);
  if (d.at && d.first) {
    const h = changetype<Ip4>(d.at);
    h.setHeaderLen(IP);
    output.cut(h, IP + d.first, Frag.mf);
    icmp.reassemblyFailed(d.at, IP + d.first);
  }
  close(d);
}
