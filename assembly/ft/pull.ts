// Gap repair (CHAIN R9): requests for bytes that a neighbour has, and what is owed on the neighbours' requests. Small queues per direction;
// what does not fit is asked for again.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as counters from "../core/counters";
import { Ft } from "./counters";
import { Replica, Member, isPrimary, isTail } from "./replica";

export const enum Way { up = 0, down = 1 }
const DEPTH: u32 = 16;
/** Milliseconds after which bytes that did not come are asked for again. */
const AGAIN: u32 = 3;

@unmanaged export class Want { c: u32; from: u32; to: u32; pad: u32; }
const enum Kind { request = 0, debt = 1 }
const QUEUES: usize = memory.data(SERVICES * 4 * 16 * 16, 16);
const LENGTHS: usize = memory.data(SERVICES * 4 * 4, 16);

// @ts-ignore: decorator
@inline function queue(r: Replica, kind: u32, way: u32): u32 { return (r.svc << 2) + (kind << 1) + way; }

export function clear(r: Replica): void { memory.fill(LENGTHS + (r.svc << 4), 0, 16); }

function put(q: u32, c: u32, from: u32, to: u32): bool {
  const n = load<u32>(LENGTHS + (q << 2));
  if (n == DEPTH) return false;
  const w = changetype<Want>(QUEUES + (q << 8) + (n << 4));
  w.c = c; w.from = from; w.to = to;
  store<u32>(LENGTHS + (q << 2), n + 1);
  return true;
}

/** First entry of a queue, or null. */
function first(q: u32): Want | null {
  return load<u32>(LENGTHS + (q << 2)) == 0 ? null : changetype<Want>(QUEUES + (q << 8));
}

function shift(q: u32): void {
  const n = load<u32>(LENGTHS + (q << 2)) - 1, base = QUEUES + (q << 8);
  memory.copy(base, base + 16, n << 4);
  store<u32>(LENGTHS + (q << 2), n);
}

function ask(r: Replica, m: Member, way: u32, from: u32, to: u32): void {
  if (m.pullAt != 0 && clock.ms - m.pullAt < AGAIN) return;
  if (!put(queue(r, Kind.request, way), m.c, from, to)) return;
  m.pullAt = clock.ms != 0 ? clock.ms : 1; // 0: none is out
  counters.add(Ft.pulls);
}

/** Asks the successor: an event showed that it has these bytes. */
export function fromBelow(r: Replica, m: Member, from: u32, to: u32): void { if (!isTail(r)) ask(r, m, Way.down, from, to); }
/** Asks the predecessor: hearsay showed that it has these bytes. */
export function fromAbove(r: Replica, m: Member, from: u32, to: u32): void { if (!isPrimary(r)) ask(r, m, Way.up, from, to); }

/** A neighbour asked for bytes. */
export function owe(r: Replica, way: u32, c: u32, from: u32, to: u32): void { put(queue(r, Kind.debt, way), c, from, to); }

export function request(r: Replica, way: u32): Want | null { return first(queue(r, Kind.request, way)); }
export function requested(r: Replica, way: u32): void { shift(queue(r, Kind.request, way)); }
export function debt(r: Replica, way: u32): Want | null { return first(queue(r, Kind.debt, way)); }
export function paid(r: Replica, way: u32): void { shift(queue(r, Kind.debt, way)); }

/** True where a message in this direction has something of this to carry. */
export function pending(r: Replica, way: u32): bool { return request(r, way) != null || debt(r, way) != null; }
