// The byte stream of the ttcp services, as assembly/service/common/pattern.ts makes it, and the sink's running check.

/** Word i of the stream under a seed. */
function word(seed: number, i: number): number {
  let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ x >>> 16, 0x85ebca6b);
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35);
  return x ^ x >>> 16;
}

/** The byte at an offset of the stream. */
export function byteAt(seed: number, offset: number): number { return word(seed, offset >>> 2) >>> 8 * (offset & 3) & 255; }

/** n bytes of the stream from an offset on. */
export function bytes(seed: number, offset: number, n: number): Buffer {
  const skip = offset & 3, out = Buffer.allocUnsafe(skip + n + 4), view = new DataView(out.buffer, out.byteOffset, out.length);
  for (let k = 0, i = offset >>> 2; k < skip + n; k += 4) view.setInt32(k, word(seed, i++), true);
  return out.subarray(skip, skip + n);
}

/** Index of the first byte that differs from the stream at this offset, or -1. */
export function differs(seed: number, offset: number, b: Buffer): number {
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  let k = 0;
  for (; k < b.length && (offset + k & 3) !== 0; k++) if (b[k] !== byteAt(seed, offset + k)) return k;
  for (let i = offset + k >>> 2; k + 4 <= b.length; k += 4) if (view.getInt32(k, true) !== word(seed, i++)) break;
  for (; k < b.length; k++) if (b[k] !== byteAt(seed, offset + k)) return k;
  return -1;
}

/** What the sink answers to the stream's first n bytes, n a multiple of four. */
export class Check {
  private h = 0;
  private n = 0;
  take(b: Buffer): void {
    const view = new DataView(b.buffer, b.byteOffset, b.length);
    for (let k = 0; k < b.length; k += 4) { const x = this.h ^ view.getInt32(k, true); this.h = Math.imul(x << 5 | x >>> 27, 0x9e3779b1); }
    this.n += b.length;
  }
  answer(): string { return `${this.n} ${(this.h >>> 0).toString(16).padStart(8, "0")}\n`; }
}
