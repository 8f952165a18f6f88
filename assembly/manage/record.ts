// The manager's durable record (CHAIN.md R17): two slots of 256 bytes written in turn, each with a counter, the site and a checksum; the
// valid slot with the higher counter counts. A slot lists the newest view of every chain.
//
// slot: u32 magic, u32 counter, u16 site, u8 chains, u8 0, u32 CRC-32 (of the slot with this field zero), then per chain u32 number,
// u8 service, u8 n, u8[n] node ids, u64[n] incarnations, without padding.

import * as crc32 from "../core/crc32";
import * as seq from "../core/seq";
import * as view from "../wire/view";
import { View } from "../wire/view";

export const SIZE: u32 = 512;
const SLOT: u32 = 256;
const HEAD: u32 = 16;
const MAGIC: u32 = 0x52565948;

/** Bytes of a chain of n members in a slot; `ROOM` bytes are there for all. */
export function need(n: u32): u32 { return 6 + 9 * n; }
export const ROOM: u32 = SLOT - HEAD;

let at: usize = 0;

/** Starts writing the slot whose turn it is by `counter`; the other one stays as it is. `record` has SIZE bytes. */
export function begin(record: usize, counter: u32, site: u32): void {
  const p = record + (counter & 1) * SLOT;
  memory.fill(p, 0, SLOT);
  store<u32>(p, MAGIC);
  store<u32>(p, counter, 4);
  store<u16>(p, <u16>site, 8);
  at = p + HEAD;
}

/** Adds the newest view of a chain. False when the slot is full. */
export function add(record: usize, counter: u32, svc: u32, v: View): bool {
  const p = record + (counter & 1) * SLOT;
  if (<u32>(at - p) + need(v.n) > SLOT) return false;
  store<u32>(at, v.number);
  store<u8>(at, <u8>svc, 4);
  store<u8>(at, <u8>v.n, 5);
  at += 6;
  for (let i: u32 = 0; i < v.n; i++) store<u8>(at++, <u8>view.node(v, i));
  for (let i: u32 = 0; i < v.n; i++, at += 8) store<u64>(at, view.incarnation(v, i));
  store<u8>(p, load<u8>(p, 10) + 1, 10);
  return true;
}

export function end(record: usize, counter: u32): void {
  const p = record + (counter & 1) * SLOT;
  store<u32>(p, crc32.update(0, p, SLOT), 12);
}

/** Address of the newest valid slot of this site in a record of n bytes, or 0. */
export function newest(record: usize, n: u32, site: u32): usize {
  if (n != SIZE) return 0;
  const a = good(record, site), b = good(record + SLOT, site);
  if (!a) return b ? record + SLOT : 0;
  if (!b) return record;
  return seq.gt(load<u32>(record, 4), load<u32>(record + SLOT, 4)) ? record : record + SLOT;
}

export function counterOf(slot: usize): u32 { return load<u32>(slot, 4); }

function good(p: usize, site: u32): bool {
  if (load<u32>(p) != MAGIC || <u32>load<u16>(p, 8) != site) return false;
  const crc = load<u32>(p, 12);
  store<u32>(p, 0, 12);
  const is = crc32.update(0, p, SLOT);
  store<u32>(p, crc, 12);
  return is == crc;
}

/** Copies the view of a service out of a valid slot; false when it is not listed, or cannot be. */
export function find(slot: usize, svc: u32, v: View): bool {
  let p = slot + HEAD;
  for (let i: u32 = <u32>load<u8>(slot, 10); i != 0; i--) {
    if (<u32>(p - slot) + 6 > SLOT) return false;
    const n = <u32>load<u8>(p, 5);
    if (n > view.MEMBERS || <u32>(p - slot) + need(n) > SLOT) return false;
    if (<u32>load<u8>(p, 4) == svc) {
      view.clear(v, load<u32>(p));
      for (let k: u32 = 0; k < n; k++) view.append(v, <u32>load<u8>(p + 6 + k), load<u64>(p + 6 + n + (k << 3)));
      return view.valid(v);
    }
    p += need(n);
  }
  return false;
}
