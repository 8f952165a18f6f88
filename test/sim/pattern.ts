// Byte streams that can be made and checked at any offset: seeded noise for what clients send, and the streams of the built-in services.

import { Violation } from "./engine.ts";
import { Random } from "./random.ts";

/** A stream whose bytes are a function of the offset. */
export interface Stream {
  /** Bytes [from, from + n). May be a view that the next call overwrites. */
  slice(from: number, n: number): Uint8Array;
}

const PERIOD = 65521;
const noise = (() => {
  const r = new Random(1, "noise"), b = new Uint8Array(2 * PERIOD);
  for (let i = 0; i < PERIOD; i++) b[i] = b[i + PERIOD] = r.u32();
  return b;
})();

/** Noise under a seed, with a period of 65,521 bytes. n is at most the period. */
export class Noise implements Stream {
  constructor(private readonly seed: number) {}
  slice(from: number, n: number): Uint8Array {
    const at = (from + this.seed) % PERIOD;
    return noise.subarray(at, at + n);
  }
}

/** The stream of the ttcp source: word i is a hash of seed and i (MurmurHash3's finaliser over a Weyl sequence), little-endian. */
export class Ttcp implements Stream {
  constructor(private readonly seed: number) {}
  slice(from: number, n: number): Uint8Array {
    const first = Math.floor(from / 4), words = new Uint32Array(Math.ceil((from + n) / 4) - first);
    for (let i = 0; i < words.length; i++) words[i] = mixed(this.seed, first + i);
    return new Uint8Array(words.buffer, from - 4 * first, n);
  }
}

function mixed(seed: number, i: number): number {
  let x = seed + Math.imul(i, 0x9e3779b9) | 0;
  x = Math.imul(x ^ x >>> 16, 0x85ebca6b);
  x = Math.imul(x ^ x >>> 13, 0xc2b2ae35);
  return (x ^ x >>> 16) >>> 0;
}

/** The sink's answer to n bytes of a stream: "COUNT CHECK\n". */
export function sinkAnswer(stream: Stream, n: number): string {
  let h = 0, word = 0;
  for (let at = 0; at < n; at += 16384) {
    const part = stream.slice(at, Math.min(16384, n - at));
    for (let i = 0; i < part.length; i++) {
      word |= part[i] << (i & 3) * 8;
      if ((i & 3) !== 3 && at + i + 1 !== n) continue;
      const x = h ^ word;
      h = Math.imul(x << 5 | x >>> 27, 0x9e3779b1);
      word = 0;
    }
  }
  return `${n} ${(h >>> 0).toString(16).padStart(8, "0")}\n`;
}

/** The character generator's stream (RFC 864): 95 lines of 72 characters that repeat. */
export class Chargen implements Stream {
  private static readonly ring = (() => {
    const b = new Uint8Array(95 * 74);
    for (let line = 0; line < 95; line++) {
      for (let k = 0; k < 72; k++) b[line * 74 + k] = 32 + (line + k) % 95;
      b[line * 74 + 72] = 13;
      b[line * 74 + 73] = 10;
    }
    return b;
  })();
  slice(from: number, n: number): Uint8Array {
    const out = new Uint8Array(n), ring = Chargen.ring;
    for (let i = 0; i < n; i++) out[i] = ring[(from + i) % ring.length];
    return out;
  }
}

/** Fixed bytes. */
export class Text implements Stream {
  private readonly bytes: Uint8Array;
  constructor(text: string | Uint8Array) { this.bytes = typeof text === "string" ? new TextEncoder().encode(text) : text; }
  get length(): number { return this.bytes.length; }
  slice(from: number, n: number): Uint8Array { return this.bytes.subarray(from, from + n); }
}

/** Compares received bytes at an offset with what they must be. */
export function verify(who: string, stream: Stream, from: number, got: Uint8Array): void {
  const want = stream.slice(from, got.length);
  if (want.length === got.length && Buffer.compare(want, got) === 0) return;
  let i = 0;
  while (i < got.length && want[i] === got[i]) i++;
  throw new Violation(`${who}: byte ${from + i} is ${got[i]}, expected ${want[i] ?? "the end"}`);
}
