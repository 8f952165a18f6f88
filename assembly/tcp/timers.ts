// The deadlines of a connection (Slot) behind one timer of the wheel. A deadline that moves later, as the retransmission timer's does with
// every ACK, costs one store: the wheel's timer fires early once and is armed anew.

import { Conn, Slot } from "./conn";
import * as wheel from "../core/wheel";
import { Timer } from "../core/wheel";
import * as clock from "../core/clock";
import * as seq from "../core/seq";

// @ts-ignore: decorator
@inline function timer(c: Conn): Timer { return changetype<Timer>(changetype<usize>(c) + offsetof<Conn>("timerNext")); }
// @ts-ignore: decorator
@inline function slot(c: Conn, s: u32): usize { return changetype<usize>(c) + offsetof<Conn>("at0") + (<usize>s << 2); }

/** The connection whose timer fired. */
// @ts-ignore: decorator
@inline export function owner(t: Timer): Conn { return changetype<Conn>(changetype<usize>(t) - offsetof<Conn>("timerNext")); }

/** Arms deadline s in `ms` milliseconds from now, moving it if it was armed. */
export function set(c: Conn, s: u32, ms: u32): void {
  const at = clock.ms + ms;
  store<u32>(slot(c, s), at);
  c.deadlines |= 1 << s;
  const t = timer(c);
  if (!wheel.isArmed(t) || seq.lt(at, t.at)) wheel.arm(t, at);
}

// @ts-ignore: decorator
@inline export function clear(c: Conn, s: u32): void { c.deadlines &= ~(<u32>1 << s); }
// @ts-ignore: decorator
@inline export function armed(c: Conn, s: u32): bool { return (c.deadlines >> s & 1) != 0; }
/** When deadline s is, in milliseconds of `clock.ms`. */
export function at(c: Conn, s: u32): u32 { return load<u32>(slot(c, s)); }

/** Disarms everything. */
export function stop(c: Conn): void {
  c.deadlines = 0;
  wheel.cancel(timer(c));
}

/** Takes the next deadline that is due; Slot.COUNT when none is, and the timer is armed for the rest. */
export function due(c: Conn): u32 {
  for (let s: u32 = 0; s < <u32>Slot.COUNT; s++) {
    if (!armed(c, s) || seq.gt(at(c, s), clock.ms)) continue;
    clear(c, s);
    return s;
  }
  rearm(c);
  return Slot.COUNT;
}

function rearm(c: Conn): void {
  if (c.deadlines == 0) return;
  let first = clock.ms + 0x7fffffff;
  for (let s: u32 = 0; s < <u32>Slot.COUNT; s++) if (armed(c, s)) first = seq.min(first, at(c, s));
  wheel.arm(timer(c), first);
}
