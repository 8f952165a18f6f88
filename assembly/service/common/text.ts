// Building short ASCII text in a buffer of the caller's, which must be large enough.

let start: usize = 0, at: usize = 0;

/** Text goes to p from here on. */
export function begin(p: usize): void { start = p; at = p; }
/** Bytes written since `begin`. */
export function length(): u32 { return <u32>(at - start); }

export function char(c: u32): void { store<u8>(at++, <u8>c); }

/** A string literal, ASCII. */
export function str(s: string): void {
  const p = changetype<usize>(s), n = <u32>s.length;
  for (let i: u32 = 0; i < n; i++) store<u8>(at++, load<u8>(p + (i << 1)));
}

/** n bytes from p. */
export function bytes(p: usize, n: u32): void {
  memory.copy(at, p, n);
  at += n;
}

/** Decimal. */
export function num(v: u32): void {
  let div: u32 = 1;
  while (v / div >= 10) div *= 10;
  for (; div != 0; div /= 10) char(48 + v / div % 10);
}

/** Eight hexadecimal digits. */
export function hex(v: u32): void { for (let i = 24; i >= 0; i -= 8) hex8(v >> i & 255); }

/** Two hexadecimal digits. */
export function hex8(v: u32): void {
  const hi = v >> 4 & 15, lo = v & 15;
  char(hi < 10 ? 48 + hi : 87 + hi);
  char(lo < 10 ? 48 + lo : 87 + lo);
}

/** Takes the last n bytes back. */
export function back(n: u32): void { at -= n; }
