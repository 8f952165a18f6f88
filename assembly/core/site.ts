// The site's clock (CHAIN.md R13): this node's milliseconds plus an offset learnt from the manager's answers, at most half a round trip
// wrong. Once known it never goes back: small corrections are slewed, a great one forward is taken at once. Before it is known nothing
// that a takeover must honour may be derived from it. The manager's own clock is the site's; a restarted one hears it from its nodes.

import * as clock from "./clock";
import * as seq from "./seq";

/** Milliseconds: a correction forward above this is no measuring error and is taken at once. */
export const STEP: u32 = 500;
/** Smaller corrections are slewed by one part in 2^SLEW of the time that passes. */
const SLEW: u32 = 4;

let offset: u32 = 0;     // site = clock.ms + offset
let target: u32 = 0;     // what offset moves to
let at: u32 = 0;         // clock.ms up to which slewing is done
let known: bool = false;

export function init(): void {
  offset = 0; target = 0; at = clock.ms; known = false;
}

/** True once the offset has been learnt or set. */
export function isKnown(): bool { return known; }

/** Site milliseconds; wraps, compare by `seq`. */
export function ms(): u32 {
  const credit = clock.ms - at >> SLEW;
  at += credit << SLEW;
  offset = toward(offset, target, credit);
  return clock.ms + offset;
}

/** from, moved toward `to` by at most `step`. */
function toward(from: u32, to: u32, step: u32): u32 {
  const up = to - from, down = from - to;
  if (seq.ge(to, from)) return up < step ? to : from + step;
  return down < step ? to : from - step;
}

/**
 * Learns from an answer of the manager: its site time `site` was read between `asked` and now (both on this node's clock.ms). The best
 * guess is the middle; what is known already stays while it lies within the answer's error.
 */
export function learn(site: u32, asked: u32): void {
  const half = (clock.ms - asked >> 1) + 1;
  const guess = site + half - 1 - clock.ms;
  if (!known) { set(guess); return; }
  ms();
  if (guess - target + half <= half << 1) return;
  target = guess;
  if (seq.gt(target, offset + STEP)) offset = target;
}

/** The manager hears a node's site time: one far ahead is from before the manager's restart and is taken over. */
export function hear(site: u32): void {
  if (known && seq.le(site, ms() + STEP)) return;
  set(site - clock.ms);
}

/** Sets the offset at once. */
export function set(to: u32): void {
  offset = to; target = to; at = clock.ms; known = true;
}
