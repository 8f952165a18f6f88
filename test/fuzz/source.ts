// One act of an input as bytes, read like a stream of decisions. What is not there reads as zero, so every byte string is a valid act, and a
// byte taken away or changed makes another one near it.

export class Source {
  private at = 0;
  constructor(private readonly b: Uint8Array) {}

  u8(): number { return this.at < this.b.length ? this.b[this.at++] : 0; }
  u16(): number { return this.u8() << 8 | this.u8(); }
  u32(): number { return (this.u16() << 16 | this.u16()) >>> 0; }

  /** A whole number in [0, n). */
  below(n: number): number { return n <= 1 ? 0 : (n <= 256 ? this.u8() : n <= 65536 ? this.u16() : this.u32()) % n; }
  between(lo: number, hi: number): number { return lo + this.below(hi - lo + 1); }
  pick<T>(list: readonly T[]): T { return list[this.below(list.length)]; }
  /** True in one of n cases, and where nothing is left never. */
  oneIn(n: number): boolean { return this.u8() % n === 1 % n; }

  /** A number at, next to, or far from `base`, or any: where comparisons of wrapping numbers go wrong. */
  near(base: number): number {
    switch (this.below(8)) {
      case 0: return base >>> 0;
      case 1: return base + this.u8() >>> 0;
      case 2: return base - this.u8() >>> 0;
      case 3: return base + this.u16() >>> 0;
      case 4: return base - this.u16() >>> 0;
      case 5: return base + 0x80000000 + this.u8() - 128 >>> 0;
      case 6: return this.pick([0, 1, 0x7fffffff, 0x80000000, 0xffffffff]);
      default: return this.u32();
    }
  }

  /** n bytes that follow from two of the source. */
  fill(n: number): Uint8Array {
    const out = new Uint8Array(n);
    let x = this.u16() * 0x9e3779b1 >>> 0;
    for (let i = 0; i < n; i++) { x = Math.imul(x, 1664525) + 1013904223 >>> 0; out[i] = x >>> 24; }
    return out;
  }

  /** What is left, at most n bytes. */
  rest(n: number): Uint8Array {
    const out = this.b.slice(this.at, this.at + n);
    this.at += out.length;
    return out;
  }
}
