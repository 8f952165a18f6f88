// The wire's commands, as text. Words are separated by spaces; numbers are decimal.
//   seed N                 starts the random numbers anew
//   clear [I]              removes a rule, or all
//   rule I ab|ba|both [src MAC] [dst MAC] [cut] [loss PPM] [dup PPM] [corrupt PPM] [reorder PPM] [hold US] [delay US] [jitter US] [rate KBIT] [limit US]

import { Err } from "../core/err";
import * as random from "./random";
import * as rule from "./rule";
import { Rule, RULES } from "./rule";

const NEW: usize = memory.data(96, 16);
let at: usize = 0, stop: usize = 0;         // what is left of the line
let word: usize = 0, length: u32 = 0;       // the word taken last
let value: u32 = 0;                         // the number taken last
let lo: u32 = 0, hi: u32 = 0;               // the MAC taken last

/** Runs one line. 0, or Err.badRecord: then nothing has changed. */
export function run(p: usize, n: u32): i32 {
  at = p; stop = p + n;
  if (!take()) return 0;
  if (is("seed")) { if (!number()) return Err.badRecord; const s = value; if (take()) return Err.badRecord; random.seed(s); return 0; }
  if (is("clear")) return runClear();
  return is("rule") ? runRule() : Err.badRecord;
}

/** Runs several lines: the number of the first bad one, from 1, or 0. */
export function runAll(p: usize, n: u32): u32 {
  const end = p + n;
  for (let line: u32 = 1; p < end; line++) {
    let q = p;
    while (q < end && load<u8>(q) != 10) q++;
    if (run(p, <u32>(q - p)) < 0) return line;
    p = q + 1;
  }
  return 0;
}

function runClear(): i32 {
  let i = RULES;
  if (take()) { if (!digits() || value >= RULES) return Err.badRecord; i = value; if (take()) return Err.badRecord; }
  rule.clear(i);
  return 0;
}

function runRule(): i32 {
  if (!number() || value >= RULES) return Err.badRecord;
  const i = value, old = rule.at(i), r = changetype<Rule>(NEW);
  memory.fill(NEW, 0, 96);
  if (!take()) return Err.badRecord;
  if (is("ab")) r.dirs = 1; else if (is("ba")) r.dirs = 2; else if (is("both")) r.dirs = 3; else return Err.badRecord;
  r.used = 1; r.hold = 2000; r.limit = 50000;
  while (take()) if (!setting(r)) return Err.badRecord;
  r.queued0 = old.queued0; r.queued1 = old.queued1; // frames that wait still point at the rule
  r.last0 = old.last0; r.last1 = old.last1;
  memory.copy(changetype<usize>(old), NEW, 96);
  return 0;
}

/** Takes the setting that the last word names. */
function setting(r: Rule): bool {
  if (is("cut")) { r.cut = 1; return true; }
  if (is("src")) { if (!mac()) return false; r.match |= 1; r.srcLo = lo; r.srcHi = hi; return true; }
  if (is("dst")) { if (!mac()) return false; r.match |= 2; r.dstLo = lo; r.dstHi = hi; return true; }
  if (is("loss")) { r.loss = bounded(1000000); return value != NONE; }
  if (is("dup")) { r.dup = bounded(1000000); return value != NONE; }
  if (is("corrupt")) { r.corrupt = bounded(1000000); return value != NONE; }
  if (is("reorder")) { r.reorder = bounded(1000000); return value != NONE; }
  if (is("hold")) { r.hold = bounded(10000000); return value != NONE; }
  if (is("delay")) { r.delay = bounded(60000000); return value != NONE; }
  if (is("jitter")) { r.jitter = bounded(60000000); return value != NONE; }
  if (is("rate")) { r.rate = bounded(100000000); return value != NONE; }
  if (is("limit")) { r.limit = bounded(60000000); return value != NONE; }
  return false;
}

/** What `value` is when no number was found, or one beyond its bound. */
const NONE: u32 = 0xffffffff;

function bounded(most: u32): u32 {
  if (!number() || value > most) value = NONE;
  return value;
}

function take(): bool {
  while (at < stop && load<u8>(at) <= 32) at++;
  word = at;
  while (at < stop && load<u8>(at) > 32) at++;
  length = <u32>(at - word);
  return length != 0;
}

function is(s: string): bool {
  if (length != <u32>s.length) return false;
  const p = changetype<usize>(s);
  for (let i: u32 = 0; i < length; i++) if (<u32>load<u8>(word + i) != <u32>load<u16>(p + (i << 1))) return false;
  return true;
}

function number(): bool { return take() && digits(); }

function digits(): bool {
  if (length > 9) return false;
  value = 0;
  for (let i: u32 = 0; i < length; i++) {
    const d = <u32>load<u8>(word + i) - 48;
    if (d > 9) return false;
    value = value * 10 + d;
  }
  return true;
}

function mac(): bool {
  if (!take() || length != 17) return false;
  lo = 0; hi = 0;
  for (let i: u32 = 0; i < 6; i++) {
    const p = word + i * 3, a = hexDigit(load<u8>(p)), b = hexDigit(load<u8>(p + 1));
    if (a > 15 || b > 15 || (i < 5 && load<u8>(p + 2) != 58)) return false;
    const byte = a << 4 | b;
    if (i < 4) lo |= byte << (i << 3); else hi |= byte << ((i - 4) << 3);
  }
  return true;
}

function hexDigit(c: u32): u32 {
  if (c - 48 < 10) return c - 48;
  const l = c | 32;
  return l - 97 < 6 ? l - 87 : 16;
}
