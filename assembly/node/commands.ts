// Commands of the control interface: words of ASCII in the configuration buffer, the answer as text.

import * as config from "../core/config";
import { Err } from "../core/err";
import * as log from "../core/log";
import * as node from "./node";
import * as text from "./text";

let at: usize = 0, stop: usize = 0;

/** Begins with the command of n bytes. False where it cannot be one. */
export function begin(n: u32): bool {
  at = config.address();
  stop = at + n;
  text.begin();
  return n <= config.SIZE;
}

/** The next word, up to a blank; `length` of it. */
export function word(): usize {
  while (at < stop && load<u8>(at) <= 32) at++;
  const p = at;
  while (at < stop && load<u8>(at) > 32) at++;
  length = <u32>(at - p);
  return p;
}
export let length: u32 = 0;

/** True where the word at p of `length` bytes is s. */
export function is(p: usize, s: string): bool {
  if (<u32>s.length != length) return false;
  for (let i: u32 = 0; i < length; i++) if (<u32>load<u8>(p + i) != <u32>load<u16>(changetype<usize>(s) + (i << 1))) return false;
  return true;
}

/** The next word as a decimal number below 2^31, or -1. */
export function number(): i32 {
  const p = word();
  if (length == 0 || length > 9) return -1;
  let v: i32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const d = <i32>load<u8>(p + i) - 48;
    if (d < 0 || d > 9) return -1;
    v = v * 10 + d;
  }
  return v;
}

/** `log LEVEL`: 0 errors to 3 everything. */
export function logLevel(): i32 {
  const level = number();
  if (level < 0 || level > log.Level.debug) return Err.badRecord;
  log.setLimit(level);
  text.str("log level "); text.num(level);
  return text.end();
}

/** `command` of a node that has no commands of its own. */
export function common(n: u32): i32 {
  if (!begin(n)) return Err.badLength;
  return is(word(), "log") ? logLevel() : Err.notFound;
}

/** The counters that are not zero, by number, as JSON. */
export function counters(): i32 {
  text.begin();
  text.byte(0x7b);
  node.countersJson();
  text.byte(0x7d);
  return text.end();
}
