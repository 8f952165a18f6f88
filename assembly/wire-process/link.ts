// The wire itself: a frame comes in at one interface, meets its rule, and leaves by the other one at its time, or not at all.

import * as clock from "../core/clock";
import * as frame from "../core/frame";
import * as ring from "../core/ring";
import * as seq from "../core/seq";
import { ETH } from "../wire/eth";
import * as queue from "./queue";
import * as random from "./random";
import * as rule from "./rule";
import { Rule } from "./rule";

/** Per direction; every frame that came in and did not leave counts in exactly one of lost, cut, overflow, bad. */
@unmanaged export class Stats {
  rx: u32; rxBytes: u32; tx: u32; txBytes: u32;
  lost: u32; cut: u32; overflow: u32; bad: u32;
  duplicated: u32; corrupted: u32; reordered: u32; pad: u32;
}
const STATS: usize = memory.data(96, 16);
if (offsetof<Stats>() != 48) ERROR("Stats: layout");
// @ts-ignore: decorator
@inline export function stats(dir: u32): Stats { return changetype<Stats>(STATS + dir * 48); }

const BATCH: u32 = 128;
/** Preamble, FCS and gap between frames: what Ethernet adds on the line. */
const OVERHEAD: u32 = 24;

/** Takes waiting frames of an interface; true where more wait. */
export function receive(dir: u32): bool {
  ring.reclaim(dir);
  for (let i: u32 = 0; i < BATCH; i++) {
    const p = ring.take(dir);
    if (p == 0) return false;
    input(dir, p, ring.takenLen);
  }
  return true;
}

function input(dir: u32, p: usize, n: u32): void {
  const s = stats(dir);
  // Five numbers per frame, whatever the rules: a change of one setting leaves the others' draws alone.
  const loss = random.next(dir), dup = random.next(dir), corrupt = random.next(dir), reorder = random.next(dir), jitter = random.next(dir);
  s.rx++; s.rxBytes += n;
  if (n < ETH) { s.bad++; frame.free(p); return; }
  const i = rule.find(dir, p);
  if (i == rule.RULES) { enqueue(clock.us, p, n, dir, i); return; }
  const r = rule.at(i);
  if (r.cut != 0) { s.cut++; frame.free(p); return; }
  if (chance(loss, r.loss)) { s.lost++; frame.free(p); return; }
  if (chance(corrupt, r.corrupt) && n > ETH) { damage(p, n, corrupt); s.corrupted++; }
  const copy = chance(dup, r.dup);
  if (copy) frame.ref(p);
  pass(r, i, dir, p, n, reorder, jitter);
  if (copy) { s.duplicated++; pass(r, i, dir, p, n, ~reorder, jitter); }
}

function chance(draw: u32, ppm: u32): bool { return ppm != 0 && draw <= ppm * 4294 + ppm / 1000 * 967; }

/** Flips one bit behind the Ethernet header. */
function damage(p: usize, n: u32, draw: u32): void {
  const bit = (draw * 0x9e3779b1 >>> 8) % ((n - ETH) << 3), at = p + ETH + (bit >> 3);
  store<u8>(at, load<u8>(at) ^ <u8>(<u32>1 << (bit & 7)));
}

/** Finds the frame's time: its turn on the line, then the delay. */
function pass(r: Rule, i: u32, dir: u32, p: usize, n: u32, reorder: u32, jitter: u32): void {
  let at = clock.us;
  if (r.rate != 0) {
    at = lineFree(r, dir, n);
    if (at - clock.us > r.limit) { stats(dir).overflow++; frame.free(p); return; }
    setFree(r, dir, at);
  }
  at += r.delay;
  if (r.jitter != 0) at += jitter % (r.jitter + 1);
  const busy = (dir == 0 ? r.queued0 : r.queued1) != 0, last = dir == 0 ? r.last0 : r.last1;
  if (busy && seq.lt(at, last)) at = last;
  if (chance(reorder, r.reorder)) { at += r.hold; stats(dir).reordered++; }
  else if (dir == 0) r.last0 = at;
  else r.last1 = at;
  enqueue(at, p, n, dir, i);
}

/** When the line has sent a frame of n bytes that joins its queue now. */
function lineFree(r: Rule, dir: u32, n: u32): u32 {
  const free = dir == 0 ? r.free0 : r.free1, busy = seq.gt(free, clock.us) && free - clock.us <= r.limit;
  bits = (n + OVERHEAD) * 8000 + (busy ? dir == 0 ? r.rest0 : r.rest1 : 0);
  return (busy ? free : clock.us) + bits / r.rate;
}
let bits: u32 = 0;

function setFree(r: Rule, dir: u32, at: u32): void {
  if (dir == 0) { r.free0 = at; r.rest0 = bits % r.rate; } else { r.free1 = at; r.rest1 = bits % r.rate; }
}

function enqueue(at: u32, p: usize, n: u32, dir: u32, i: u32): void {
  if (!queue.push(at, p, n, dir, i)) { stats(dir).overflow++; frame.free(p); return; }
  count(i, dir, 1);
}

function count(i: u32, dir: u32, by: i32): void {
  if (i == rule.RULES) return;
  const r = rule.at(i);
  if (dir == 0) r.queued0 += by; else r.queued1 += by;
}

/** Sends what is due; returns the microseconds until the next frame is, 0xffffffff without one. */
export function transmit(): u32 {
  while (queue.size() > 0) {
    const w = queue.first(), dir = <u32>w.dir, out = dir ^ 1, wait = w.at - clock.us;
    if (<i32>wait > 0) return wait;
    if (ring.room(out) == 0) { ring.reclaim(out); if (ring.room(out) == 0) return 100; }
    const s = stats(dir);
    s.tx++; s.txBytes += w.len;
    count(w.rule, dir, -1);
    ring.send(out, w.p, w.len, 0, 0, 0);
    queue.drop();
  }
  return 0xffffffff;
}
