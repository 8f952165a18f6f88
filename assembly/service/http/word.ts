// The word under way: a method, a version, a field's name or one member of its value, collected byte by byte and compared when it ends.

import { Request, WORD, wordAt } from "./state";

export function clear(r: Request): void { r.wordLen = 0; }

/** Adds a byte. A word that grows longer than WORD bytes is none that anybody knows. */
export function add(r: Request, b: u32): void {
  const n = <u32>r.wordLen;
  if (n < WORD) store<u8>(wordAt(r) + n, <u8>b);
  if (n <= WORD) r.wordLen = <u8>(n + 1);
}

/** Takes trailing blanks away. */
export function trim(r: Request): void {
  let n = <u32>r.wordLen;
  if (n > WORD) return;
  while (n != 0 && isBlank(load<u8>(wordAt(r) + n - 1))) n--;
  r.wordLen = <u8>n;
}

/** True where the word is the ASCII literal s. */
export function is(r: Request, s: string): bool {
  return <u32>r.wordLen == <u32>s.length && startsWith(r, s, false);
}

/** True where the word is s, which is lower case, in any case. */
export function isFold(r: Request, s: string): bool {
  return <u32>r.wordLen == <u32>s.length && startsWith(r, s, true);
}

/** True where the word begins with s; `fold`: in any case, s being lower case. */
export function startsWith(r: Request, s: string, fold: bool): bool {
  const p = wordAt(r), q = changetype<usize>(s), n = <u32>s.length;
  if (<u32>r.wordLen < n || <u32>r.wordLen > WORD) return false;
  for (let i: u32 = 0; i < n; i++) {
    let b = <u32>load<u8>(p + i);
    if (fold && b - 65 < 26) b += 32;
    if (b != <u32>load<u8>(q + (i << 1))) return false;
  }
  return true;
}

// @ts-ignore: decorator
@inline export function isBlank(b: u32): bool { return b == 32 || b == 9; }
// @ts-ignore: decorator
@inline export function isDigit(b: u32): bool { return b - 48 < 10; }

/** A character of an RFC 9110 token. */
export function isToken(b: u32): bool {
  if (b - 48 < 10 || (b | 32) - 97 < 26) return true;
  switch (b) {
    case 0x21: case 0x23: case 0x24: case 0x25: case 0x26: case 0x27: case 0x2a: case 0x2b: case 0x2d: case 0x2e: case 0x5e: case 0x5f:
    case 0x60: case 0x7c: case 0x7e: return true;
    default: return false;
  }
}

/** Value of a hexadecimal digit; 16 where it is none. */
export function hexDigit(b: u32): u32 {
  if (b - 48 < 10) return b - 48;
  const letter = (b | 32) - 97;
  return letter < 6 ? letter + 10 : 16;
}

/** The decimal number at the n bytes from p, n > 0 and all digits; 0xffffffff where it is larger. */
export function decimal(p: usize, n: u32): u32 {
  let v: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const d = <u32>load<u8>(p + i) - 48;
    if (v > 429496729 || (v == 429496729 && d > 4)) return 0xffffffff;
    v = v * 10 + d;
  }
  return v;
}

/** How many of the n bytes from p are digits before the first that is none. */
export function digits(p: usize, n: u32): u32 {
  let i: u32 = 0;
  while (i < n && isDigit(load<u8>(p + i))) i++;
  return i;
}
