// Lists of ranges of stream offsets, from one bounded pool: what was received out of order, what the client has SACKed, and the TSvals that
// wait with their bytes. A list's head is a word in the control block. Sorted lists have neither overlaps nor neighbours that touch.

import { RANGES } from "../core/sizes";
import { must } from "../core/err";
import * as seq from "../core/seq";

@unmanaged export class Range {
  next: usize;
  start: u32;
  end: u32;      // exclusive
  aux: u32;      // out of order: stamp of its last growth; TS list: the TSval
}
if (offsetof<Range>() != 16) ERROR("Range: layout");

const BASE: usize = memory.data(16 * RANGES, 16);
let free: usize = 0;
let count: u32 = 0;
/** Ranges that one list may hold: nobody takes the pool alone. */
export const LIMIT: u32 = 48;

export function init(): void {
  free = 0; count = 0;
  for (let i: u32 = 0; i < RANGES; i++) give(changetype<Range>(BASE + (<usize>i << 4)));
}

/** Ranges in the pool: RANGES when nothing is held. */
export function available(): u32 { return count; }

export function take(start: u32, end: u32, aux: u32): Range | null {
  if (free == 0) return null;
  const r = changetype<Range>(free);
  free = r.next;
  count--;
  r.next = 0; r.start = start; r.end = end; r.aux = aux;
  return r;
}

export function give(r: Range): void {
  must(count < RANGES);
  r.next = free;
  free = changetype<usize>(r);
  count++;
}

// @ts-ignore: decorator
@inline export function first(head: usize): usize { return load<usize>(head); }

/** Adds [start, end) to the sorted list at `head`, joining what touches. False, nothing changed, when the pool or the list is full. */
export function insert(head: usize, start: u32, end: u32, aux: u32): bool {
  let link = head, n: u32 = 0;
  while (load<usize>(link) != 0 && seq.lt(changetype<Range>(load<usize>(link)).end, start)) { link = load<usize>(link); n++; }
  const at = load<usize>(link);
  if (at == 0 || seq.lt(end, changetype<Range>(at).start)) {
    if (n >= LIMIT) return false;
    const r = take(start, end, aux);
    if (r == null) return false;
    r.next = at;
    store<usize>(link, changetype<usize>(r));
    return true;
  }
  const r = changetype<Range>(at);
  r.start = seq.min(r.start, start);
  r.aux = aux;
  if (seq.gt(end, r.end)) { r.end = end; absorb(r); }
  return true;
}

/** Joins the ranges after r that r has reached. */
function absorb(r: Range): void {
  while (r.next != 0 && seq.le(changetype<Range>(r.next).start, r.end)) {
    const x = changetype<Range>(r.next);
    r.end = seq.max(r.end, x.end);
    r.next = x.next;
    give(x);
  }
}

/** Removes everything below `off` from the sorted list. */
export function trim(head: usize, off: u32): void {
  for (;;) {
    const at = load<usize>(head);
    if (at == 0) return;
    const r = changetype<Range>(at);
    if (seq.gt(r.end, off)) { r.start = seq.max(r.start, off); return; }
    store<usize>(head, r.next);
    give(r);
  }
}

/** Gives a whole list back. */
export function clear(head: usize): void {
  for (let at = load<usize>(head); at != 0;) {
    const r = changetype<Range>(at);
    at = r.next;
    give(r);
  }
  store<usize>(head, 0);
}

/** True where `off` lies in a range of the sorted list. */
export function has(head: usize, off: u32): bool {
  for (let at = load<usize>(head); at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (seq.lt(off, r.start)) return false;
    if (seq.lt(off, r.end)) return true;
  }
  return false;
}

/** Number of ranges in a list. */
export function length(head: usize): u32 {
  let n: u32 = 0;
  for (let at = load<usize>(head); at != 0; at = changetype<Range>(at).next) n++;
  return n;
}
