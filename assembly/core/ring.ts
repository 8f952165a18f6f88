// The rings that a NIC (the host's shim, or a driver) shares with the stack: layouts of host/ABI.md. The stack's side is in this file.
// Buffers posted for reception belong to the NIC until filled; frames queued for transmission until it counts them as sent.

import { IFACES, RX_RING, TX_RING } from "./sizes";
import * as frame from "./frame";
import * as counters from "./counters";

@unmanaged export class Ring {
  rxSlots: u32; rxSize: u32; rxPosted: u32; rxFilled: u32;
  txSlots: u32; txSize: u32; txQueued: u32; txSent: u32;
  txLate: u32; txFailed: u32; rxMissed: u32; rxBufSize: u32;
  linkUp: u32; rxTaken: u32; txReclaimed: u32; pad: u32;
}
@unmanaged export class RxSlot { ptr: u32; len: u32; flags: u32; pad: u32; }
@unmanaged export class TxSlot { head: u32; headLen: u32; body: u32; bodyLen: u32; deadline: u64; pad: u64; }
if (offsetof<Ring>() != 64 || offsetof<RxSlot>() != 16 || offsetof<TxSlot>() != 32) ERROR("ring: layout");

export const RINGS: usize = memory.data(64 * IFACES, 16);
const RX: usize = memory.data(16 * RX_RING * IFACES, 16);
const TX: usize = memory.data(32 * TX_RING * IFACES, 16);

// @ts-ignore: decorator
@inline export function at(iface: u32): Ring { return changetype<Ring>(RINGS + (iface << 6)); }
// @ts-ignore: decorator
@inline export function rxSlot(iface: u32, i: u32): RxSlot { return changetype<RxSlot>(RX + ((iface * RX_RING + (i & (RX_RING - 1))) << 4)); }
// @ts-ignore: decorator
@inline export function txSlot(iface: u32, i: u32): TxSlot { return changetype<TxSlot>(TX + ((iface * TX_RING + (i & (TX_RING - 1))) << 5)); }

/** Lays the rings out and posts receive buffers on the first n interfaces. */
export function init(n: u32): void {
  memory.fill(RINGS, 0, 64 * IFACES);
  for (let i: u32 = 0; i < IFACES; i++) {
    const r = at(i);
    r.rxSlots = <u32>(RX + ((i * RX_RING) << 4)); r.rxSize = RX_RING;
    r.txSlots = <u32>(TX + ((i * TX_RING) << 5)); r.txSize = TX_RING;
    r.rxBufSize = frame.CAPACITY;
    r.linkUp = 1;
  }
  for (let i: u32 = 0; i < n; i++) post(i);
}

/** Posts free buffers where some are missing. */
// @ts-ignore: decorator
@inline export function post(iface: u32): void { if (at(iface).rxPosted - at(iface).rxTaken != RX_RING) refill(iface); }

/** Posts free buffers until the receive ring is full, or the pool is nearly empty: a quarter of it is kept for sending. */
function refill(iface: u32): void {
  const r = at(iface);
  while (r.rxPosted - r.rxTaken < RX_RING && frame.available() > 8) {
    const p = frame.alloc();
    if (!p) return;
    const s = rxSlot(iface, r.rxPosted);
    s.ptr = <u32>(p + frame.HEADROOM);
    s.len = 0;
    r.rxPosted++;
  }
}

/** Address of the next received frame, its length in `takenLen`; 0 when none waits. The caller owns the buffer. */
export function take(iface: u32): usize {
  const r = at(iface);
  if (r.rxTaken == r.rxFilled) return 0;
  const s = rxSlot(iface, r.rxTaken);
  r.rxTaken++;
  takenLen = s.len <= frame.CAPACITY ? s.len : 0;
  return <usize>s.ptr;
}
export let takenLen: u32 = 0;

/** Frames that may still be queued on the interface. */
export function room(iface: u32): u32 { const r = at(iface); return TX_RING - (r.txQueued - r.txReclaimed); }

/**
 * Queues a frame: headLen bytes at head, then bodyLen bytes at body (0: none). Takes one reference of head's buffer, and one of body's.
 * deadline: microseconds on `clock.now` until which it may leave; 0: no limit. False, with the references released and the loss counted,
 * when the ring is full.
 */
export function send(iface: u32, head: usize, headLen: u32, body: usize, bodyLen: u32, deadline: u64): bool {
  const r = at(iface);
  if (r.txQueued - r.txReclaimed == TX_RING) {
    reclaim(iface);
    if (r.txQueued - r.txReclaimed == TX_RING) {
      frame.free(head);
      if (body) frame.free(body);
      counters.add(counters.Core.txFull);
      return false;
    }
  }
  const s = txSlot(iface, r.txQueued);
  s.head = <u32>head; s.headLen = headLen;
  s.body = <u32>body; s.bodyLen = bodyLen;
  s.deadline = deadline;
  r.txQueued++;
  return true;
}

/** Releases the buffers of frames that have left. */
// @ts-ignore: decorator
@inline export function reclaim(iface: u32): void { if (at(iface).txReclaimed != at(iface).txSent) release(iface); }

function release(iface: u32): void {
  const r = at(iface);
  while (r.txReclaimed != r.txSent) {
    const s = txSlot(iface, r.txReclaimed);
    frame.free(<usize>s.head);
    if (s.body) frame.free(<usize>s.body);
    r.txReclaimed++;
  }
}
