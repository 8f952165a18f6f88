// The event log's entries (CHAIN R3): whatever a service can observe. In memory and on the wire.

import { Syn } from "../tcp/conn";

export const enum Kind { syn = 1, accept = 2, data = 3, fin = 4, writable = 5, timer = 6, reset = 7, closed = 8 }

/** Why a `reset` was ordered. */
export const enum Reason { client = 1, giveUp = 2, service = 3 }

export const enum EventSize { bits = 6, bytes = 64, wireMax = 40 }

@unmanaged export class Event {
  time: u32;        // service time, milliseconds (R3)
  kind: u8;         // Kind
  flags: u8;        // writable: 1 the FIN is acknowledged too; reset: Reason
  c: u16;           // connection
  history: u64;     // hash over all events up to this one
  a: u32;           // data: bytes; fin, writable: stream offset; timer: id
  pad: u32;
  digest: u64;      // data: keyed digest of the bytes at the tail (R0); a `syn` event has its SYN in this place
}
/** The SYN that a `syn` event holds. */
// @ts-ignore: decorator
@inline export function synOf(e: Event): Syn { return changetype<Syn>(changetype<usize>(e) + 24); }

/** Bytes of e on the wire. */
export function wireSize(kind: i32): u32 {
  switch (kind) {
    case Kind.syn: return 40;
    case Kind.data: return 20;
    case Kind.fin: case Kind.writable: case Kind.timer: return 12;
    default: return 8;
  }
}

/** Writes e at p; returns the bytes written. Layout: kind, flags, u16 c, u32 time, then by kind: SYN; u32 a; u32 a and u64 digest. */
export function write(e: Event, p: usize): u32 {
  store<u8>(p, e.kind);
  store<u8>(p + 1, e.flags);
  store<u16>(p + 2, e.c);
  store<u32>(p + 4, e.time);
  const n = wireSize(e.kind);
  if (n == 40) memory.copy(p + 8, changetype<usize>(e) + 24, 32);
  else {
    if (n >= 12) store<u32>(p + 8, e.a);
    if (n == 20) store<u64>(p + 12, e.digest);
  }
  return n;
}

/** Reads an event from the n bytes at p into e; returns the bytes taken, or 0 where they are no event. */
export function read(e: Event, p: usize, n: u32): u32 {
  if (n < 8) return 0;
  const kind = <i32>load<u8>(p), size = wireSize(kind);
  if (kind < Kind.syn || kind > Kind.closed || n < size) return 0;
  e.history = 0; e.a = 0; e.pad = 0; e.digest = 0;
  e.kind = <u8>kind;
  e.flags = load<u8>(p + 1);
  e.c = load<u16>(p + 2);
  e.time = load<u32>(p + 4);
  if (size == 40) memory.copy(changetype<usize>(e) + 24, p + 8, 32);
  else {
    if (size >= 12) e.a = load<u32>(p + 8);
    if (size == 20) e.digest = load<u64>(p + 12);
  }
  return size;
}

/** The history's hash after e, from the one before it: cheap, not keyed, for comparison only. */
export function mix(before: u64, e: Event): u64 {
  const p = changetype<usize>(e);
  let h = before ^ load<u64>(p);
  h = rotl<u64>(h, 23) + load<u64>(p + 16);
  h ^= h >> 29;
  h = rotl<u64>(h, 31) + load<u64>(p + 24);
  if (e.kind == Kind.syn) for (let i: u32 = 32; i < 56; i += 8) h = rotl<u64>(h, 17) + load<u64>(p + i);
  h ^= rotl<u64>(h, 41);
  return h + 0x9e3779b97f4a7c15;
}
