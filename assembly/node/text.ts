// Text into a static buffer: status as JSON, answers to commands. What does not fit is cut off and said so by `end`.

export const SIZE: u32 = 65536;
const BUFFER: usize = memory.data(65536, 16);
let at: u32 = 0;

export function address(): usize { return BUFFER; }
export function begin(): void { at = 0; }
/** Bytes written, or -1 where the buffer was too small. */
export function end(): i32 { return at < SIZE ? <i32>at : -1; }

export function byte(c: u32): void {
  if (at >= SIZE) return;
  store<u8>(BUFFER + at, <u8>c);
  at++;
}

/** A literal of ASCII characters, as it is. */
export function str(s: string): void {
  const p = changetype<usize>(s), n = <u32>s.length;
  for (let i: u32 = 0; i < n; i++) byte(<u32>load<u16>(p + (i << 1)));
}

export function num(v: u32): void {
  let div: u32 = 1000000000;
  while (div > 1 && v < div) div /= 10;
  for (; div != 0; div /= 10) byte(48 + v / div % 10);
}

/** 64 bits as 16 hexadecimal digits. */
export function hex(v: u64): void {
  for (let i = 60; i >= 0; i -= 4) { const d = <u32>(v >> i) & 15; byte(d < 10 ? 48 + d : 87 + d); }
}

export function ip(a: u32): void { num(a >> 24); byte(46); num(a >> 16 & 255); byte(46); num(a >> 8 & 255); byte(46); num(a & 255); }

/** `"name":`, after a comma where something stands before it in the same object. */
export function key(name: string): void {
  const before = at == 0 ? 0 : <u32>load<u8>(BUFFER + at - 1);
  if (before != 0x7b && before != 0x5b) byte(0x2c);
  byte(0x22); str(name); byte(0x22); byte(0x3a);
}

export function field(name: string, v: u32): void { key(name); num(v); }

/** A comma where an element stands before in the same array. */
export function element(): void { if (load<u8>(BUFFER + at - 1) != 0x5b) byte(0x2c); }

/** `"i":`, a number as a key. */
export function numberKey(i: u32): void {
  if (load<u8>(BUFFER + at - 1) != 0x7b) byte(0x2c);
  byte(0x22); num(i); byte(0x22); byte(0x3a);
}
