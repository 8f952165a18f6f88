// Seeded random numbers (sfc32). Each part of a simulation draws from a stream of its own, named by a string, so that a change in one part
// does not shift the numbers of another.

export class Random {
  private a: number;
  private b: number;
  private c = 0x9e3779b9;
  private d = 1;

  constructor(seed: number, stream: string) {
    this.a = seed | 0;
    this.b = (seed / 0x100000000) | 0;
    for (let i = 0; i < stream.length; i++) this.c = Math.imul(this.c ^ stream.charCodeAt(i), 0x01000193);
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** A whole number of 32 bits. */
  u32(): number {
    const t = (this.a + this.b + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t | 0;
    return t >>> 0;
  }

  /** In [0, 1). */
  unit(): number { return this.u32() / 0x100000000; }

  /** A whole number in [0, n). */
  below(n: number): number { return Math.floor(this.unit() * n); }

  /** A whole number in [lo, hi]. */
  between(lo: number, hi: number): number { return lo + this.below(hi - lo + 1); }

  /** True with probability p; draws nothing where p is 0. */
  chance(p: number): boolean { return p > 0 && this.unit() < p; }

  pick<T>(list: readonly T[]): T { return list[this.below(list.length)]; }
}
