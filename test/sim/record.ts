// Reads the view manager's durable record, as its layout in docs/protocol-views.md says: two slots of 256 bytes, the newer valid one counts.

import { type ViewOf } from "./check.ts";
import { crc32 } from "./config.ts";

const SLOT = 256, HEAD = 16, MAGIC = 0x52565948;

/** The newest view of each service in a record. */
export function recordedViews(record: Uint8Array): Map<number, ViewOf> {
  const slots = [0, SLOT].filter(at => valid(record, at)).sort((a, b) => word(record, b + 4) - word(record, a + 4) | 0);
  const views = new Map<number, ViewOf>();
  if (slots.length === 0) return views;
  let p = slots[0] + HEAD;
  for (let left = record[slots[0] + 10]; left > 0; left--) {
    const n = record[p + 5], nodes = [...record.subarray(p + 6, p + 6 + n)], incarnations: string[] = [];
    for (let i = 0, at = p + 6 + n; i < n; i++, at += 8) incarnations.push(`${word(record, at + 4).toString(16)}.${word(record, at).toString(16)}`);
    views.set(record[p + 4], { number: word(record, p), nodes, incarnations });
    p += 6 + 9 * n;
  }
  return views;
}

function valid(record: Uint8Array, at: number): boolean {
  if (record.length !== 2 * SLOT || word(record, at) !== MAGIC) return false;
  const slot = record.slice(at, at + SLOT), crc = word(slot, 12);
  slot.fill(0, 12, 16);
  return crc32(slot) === crc;
}

function word(b: Uint8Array, at: number): number { return (b[at] | b[at + 1] << 8 | b[at + 2] << 16 | b[at + 3] << 24) >>> 0; }
