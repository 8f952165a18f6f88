// An input: a list of acts, each a byte string (`Source`). How inputs are made, changed, made smaller, and kept in files.

import { type Random } from "../sim/random.ts";

export type Input = Uint8Array[];

/** Longest act, and how long a fresh one is mostly. */
const LONGEST = 400, USUAL = 40;

/** One act a line in hexadecimal; "-" is an empty one; # begins a comment. */
export const toText = (input: Input): string => input.map(a => (a.length ? Buffer.from(a).toString("hex") : "-")).join("\n") + "\n";

/** Throws with the line's number where it is no act. */
export function fromText(text: string, file: string): Input {
  const out: Input = [];
  for (const [i, line] of text.split("\n").entries()) {
    const t = line.replace(/#.*/, "").trim();
    if (t === "") continue;
    if (t !== "-" && !/^([0-9a-f]{2})+$/i.test(t)) throw new Error(`${file}:${i + 1}: found '${t.slice(0, 40)}', expected an act in hexadecimal, or '-'`);
    out.push(t === "-" ? new Uint8Array(0) : Uint8Array.from(Buffer.from(t, "hex")));
  }
  return out;
}

export const bytesOf = (input: Input): number => input.reduce((n, a) => n + a.length + 1, 0);

function freshAct(r: Random): Uint8Array {
  const n = r.chance(0.05) ? r.below(LONGEST) : r.between(2, USUAL), a = new Uint8Array(n);
  for (let i = 0; i < n; i++) a[i] = r.u32();
  return a;
}

/** A new input of 1 to `most` acts. */
export const fresh = (r: Random, most: number): Input => Array.from({ length: r.between(1, most) }, () => freshAct(r));

/** An input like `a`, perhaps with parts of `b`; at most `most` acts. */
export function mutate(r: Random, a: Input, b: Input, most: number): Input {
  let out = a.slice();
  for (let k = r.between(1, 6); k > 0; k--) {
    const i = r.below(out.length + 1);
    switch (r.below(7)) {
      case 0: out.splice(i, 0, freshAct(r)); break;
      case 1: if (out.length > 1) out.splice(Math.min(i, out.length - 1), 1); break;
      case 2: if (i < out.length) out.splice(i, 0, out[i]); break;
      case 3: out = [...out.slice(0, i), ...b.slice(r.below(b.length + 1))]; break;
      case 4: if (b.length) out.splice(i, 0, r.pick(b)); break;
      default: if (i < out.length) out[i] = changed(r, out[i]); break;
    }
  }
  if (out.length === 0) out.push(freshAct(r));
  return out.slice(0, most);
}

function changed(r: Random, act: Uint8Array): Uint8Array {
  const b = [...act];
  for (let k = r.between(1, 4); k > 0; k--) {
    const i = r.below(b.length + 1);
    switch (r.below(6)) {
      case 0: b.splice(i, 0, r.u32() & 255); break;
      case 1: b.splice(i, 1); break;
      case 2: if (i < b.length) b[i] ^= 1 << r.below(8); break;
      case 3: if (i < b.length) b[i] = r.pick([0, 1, 127, 128, 255]); break;
      case 4: if (i < b.length) b[i] = b[i] + r.between(-4, 4) & 255; break;
      default: if (i < b.length) b[i] = r.u32() & 255; break;
    }
  }
  return Uint8Array.from(b.slice(0, LONGEST));
}

/** A smaller input for which `fails` is still true: fewer acts, shorter ones, with more zeros. `budget`: how many may be tried. */
export function minimise(input: Input, fails: (i: Input) => boolean, budget: number): Input {
  let left = budget, best = input;
  const better = (candidate: Input): boolean => {
    if (left-- <= 0 || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let i = 0; i < best.length && left > 0;) if (best.length <= size || !better([...best.slice(0, i), ...best.slice(i + size)])) i += size;
  }
  for (let i = 0; i < best.length && left > 0; i++) {
    for (let n = best[i].length; n >= 1 && left > 0;) {
      const short = best.slice();
      short[i] = best[i].slice(0, Math.max(0, best[i].length - n));
      if (best[i].length === 0 || !better(short)) n >>= 1;
    }
    for (let k = 0; k < best[i].length && left > 0; k++) {
      if (best[i][k] === 0) continue;
      const plain = best.slice();
      plain[i] = best[i].slice();
      plain[i][k] = 0;
      better(plain);
    }
  }
  return best;
}
