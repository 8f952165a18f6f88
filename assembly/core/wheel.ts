// Timers in milliseconds: a hierarchical wheel of intrusive lists. Arming and cancelling cost the same whatever the number of timers.
// Level 0 has 256 slots of 1 ms, level 1 and 2 have 64 slots of 256 ms and 16.4 s; a timer further away waits in the last slot.

import * as seq from "./seq";

/** Embedded in its owner; `kind` tells whose it is. Not armed: `next` is 0. */
@unmanaged export class Timer {
  next: usize;
  prev: usize;
  at: u32;      // milliseconds on `clock.ms`
  kind: u32;
}

const enum Level { bits0 = 8, slots0 = 256, slots = 64, shift1 = 8, shift2 = 14 }
const HEADS: u32 = 256 + 64 + 64;
const TABLE: usize = memory.data(HEADS * 8, 16); // next, prev of each slot's list
const MAP: usize = memory.data(32, 16);          // a bit per slot of level 0: clear where it is empty
let time: u32 = 0;      // all slots before this millisecond are empty; may lag behind the clock up to `next`
let armed: u32 = 0;
let next: u32 = 0;      // from `time` to this millisecond no slot has a timer and no cascade comes

export function init(now: u32): void {
  for (let i: u32 = 0; i < HEADS; i++) { const h = head(i); store<u32>(h, <u32>h); store<u32>(h + 4, <u32>h); }
  memory.fill(MAP, 0, 32);
  time = now;
  next = now;
  armed = 0;
}

// @ts-ignore: decorator
@inline function head(i: u32): usize { return TABLE + (<usize>i << 3); }

/** Arms t for `at`, moving it if it was armed. A time that has passed fires with the next `due`. */
export function arm(t: Timer, at: u32): void {
  cancel(t);
  t.at = at;
  insert(t);
  armed++;
}

export function cancel(t: Timer): void {
  if (t.next == 0) return;
  unlink(changetype<usize>(t));
  t.next = 0;
  armed--;
}

// @ts-ignore: decorator
@inline export function isArmed(t: Timer): bool { return t.next != 0; }

function unlink(p: usize): void {
  const n = <usize>load<u32>(p), q = <usize>load<u32>(p + 4);
  store<u32>(n + 4, <u32>q);
  store<u32>(q, <u32>n);
}

function insert(t: Timer): void {
  const at = seq.lt(t.at, time) ? time : t.at;
  const d = at - time;
  let i: u32;
  if (d < 256) {
    i = at & 255;
    mark(i);
    if (seq.lt(at, next)) next = at;
  }
  else if (d < 64 << Level.shift1) i = 256 + (at >> Level.shift1 & 63);
  else i = 320 + ((d < 63 << Level.shift2 ? at : time + (62 << Level.shift2)) >> Level.shift2 & 63);
  const h = head(i), p = changetype<usize>(t), last = <usize>load<u32>(h + 4);
  store<u32>(p, <u32>h);
  store<u32>(p + 4, <u32>last);
  store<u32>(last, <u32>p);
  store<u32>(h + 4, <u32>p);
}

/** Takes one timer that is due at `now` out of the wheel and returns it, or 0 when none is left. */
// @ts-ignore: decorator
@inline export function due(now: u32): Timer | null { return seq.lt(now, next) ? null : take(now); }

function take(now: u32): Timer | null {
  while (seq.le(time, now)) {
    const h = head(time & 255), p = <usize>load<u32>(h);
    if (p != h) {
      const t = changetype<Timer>(p);
      cancel(t);
      return t;
    }
    if (time == now) return null;
    if (armed == 0) { time = now; return null; }
    time = seq.lt(time, next) ? (seq.lt(next, now) ? next : now) : time + 1;
    if ((time & 255) == 0) cascade();
  }
  return null;
}

/** Spreads the slots that begin now over the finer levels. */
function cascade(): void {
  if ((time & ((1 << Level.shift2) - 1)) == 0) spread(320 + (time >> Level.shift2 & 63));
  spread(256 + (time >> Level.shift1 & 63));
}

function spread(i: u32): void {
  const h = head(i);
  let p = <usize>load<u32>(h);
  store<u32>(h, <u32>h); store<u32>(h + 4, <u32>h);
  while (p != h) {
    const n = <usize>load<u32>(p);
    insert(changetype<Timer>(p));
    p = n;
  }
}

/** Milliseconds from `now` until `due` may have something; at most 256 ms too early, never late. 0xffffffff: no timer. */
export function wait(now: u32): u32 {
  if (armed == 0) return 0xffffffff;
  next = busy(seq.lt(next, time) ? time : next, (time | 255) + 1);
  return seq.le(next, now) ? 0 : next - now;
}

// @ts-ignore: decorator
@inline function mark(slot: u32): void {
  const w = MAP + (slot >> 5 << 2);
  store<u32>(w, load<u32>(w) | 1 << (slot & 31));
}

/** The first millisecond from t with a timer, before `end`, the next cascade; or `end`. */
function busy(t: u32, end: u32): u32 {
  while (t != end) {
    const w = MAP + ((t >> 5 & 7) << 2), bits = load<u32>(w), later = bits & 0xffffffff << (t & 31);
    if (later == 0) { t = (t | 31) + 1; continue; }
    t = (t & ~31) + ctz(later);
    const h = head(t & 255);
    if (<usize>load<u32>(h) != h) return t;
    store<u32>(w, bits & ~(1 << (t & 31)));
  }
  return end;
}
