// The console of a board: lines are typed and edited, the entry answers them, and an answer leaves as the console has room. Whatever else comes
// in (noise on an open line, escape sequences) is thrown away.

import * as env from "../env";

const LINE: u32 = 128;
const TYPED: usize = memory.data(128, 16);
const INPUT: usize = memory.data(64, 16);
const OUTPUT: usize = memory.data(256, 16);
let length: u32 = 0;              // of the line so far
let overlong: bool = false;
let answer: usize = 0, left: u32 = 0;

const enum Key { backspace = 8, newline = 10, enter = 13, remove = 127 }

/** The line that was ended by Enter, until `done`; its length. */
export let ready: bool = false;
export function line(): usize { return TYPED; }
export function lineLength(): u32 { return length; }

/** Sends what waits and takes what was typed; true where a line waits for its answer. */
export function run(): bool {
  if (left != 0) { flush(); return false; }
  while (!ready) {
    const n = env.console_read(INPUT, 1);
    if (n == 0) return false;
    typed(load<u8>(INPUT));
  }
  return true;
}

function typed(c: u32): void {
  if (c == Key.enter || c == Key.newline) { end(); return; }
  if (c == Key.backspace || c == Key.remove) {
    if (length != 0) { length--; echo(8); echo(32); echo(8); }
    return;
  }
  if (c < 32 || c > 126) return;
  if (length == LINE) { overlong = true; return; }
  store<u8>(TYPED + length, <u8>c);
  length++;
  echo(c);
}

function end(): void {
  echo(13); echo(10);
  if (overlong) { overlong = false; length = 0; say("line too long\r\n"); return; }
  ready = length != 0;
}

function echo(c: u32): void { store<u8>(INPUT, <u8>c); env.console_write(INPUT, 1); }

/** True where the line's first word is s; the rest is at `rest`. */
export function is(s: string): bool {
  const n = <u32>s.length;
  if (length < n || length > n && load<u8>(TYPED + n) != 32) return false;
  for (let i: u32 = 0; i < n; i++) if (<u32>load<u8>(TYPED + i) != <u32>load<u16>(changetype<usize>(s) + (i << 1))) return false;
  rest = TYPED + n;
  while (rest < TYPED + length && load<u8>(rest) == 32) rest++;
  return true;
}
export let rest: usize = 0;

/** The line's answer: n bytes at p, which stay there until they have left. */
export function reply(p: usize, n: i32): void {
  ready = false;
  length = 0;
  if (n < 0) { say("refused\r\n"); return; }
  answer = p;
  left = <u32>n;
  flush();
}

function flush(): void {
  const n = env.console_write(answer, left);
  answer += n;
  left -= n;
  if (left == 0) say("\r\n");
}

/** A literal of ASCII characters. */
export function say(s: string): void {
  const n = min(<u32>s.length, 256);
  for (let i: u32 = 0; i < n; i++) store<u8>(OUTPUT + i, <u8>load<u16>(changetype<usize>(s) + (i << 1)));
  env.console_write(OUTPUT, n);
}

/** True while an answer leaves: its bytes must not be overwritten. */
export function busy(): bool { return left != 0; }
