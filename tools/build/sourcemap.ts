// Byte offsets of a wasm file to source lines, by the source map (version 3) that the compiler writes beside it.

import { existsSync, readFileSync } from "node:fs";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export interface Place { file: string; line: number; column: number }

export class SourceMap {
  private constructor(private readonly offsets: number[], private readonly places: Place[]) {}

  /** Reads a map; undefined where there is none. */
  static read(file: string): SourceMap | undefined {
    if (!existsSync(file)) return undefined;
    const map = JSON.parse(readFileSync(file, "utf8")) as { sources: string[]; mappings: string };
    const offsets: number[] = [], places: Place[] = [];
    let offset = 0, source = 0, line = 0, column = 0;
    for (const segment of map.mappings.split(",")) {
      const v = vlq(segment);
      offset += v[0];
      if (v.length < 4) continue;
      source += v[1];
      line += v[2];
      column += v[3];
      offsets.push(offset);
      places.push({ file: map.sources[source].replace(/^.*?(?=assembly\/|boards\/|test\/|~lib\/)/, ""), line: line + 1, column: column + 1 });
    }
    return new SourceMap(offsets, places);
  }

  /** The source of the instruction at a byte offset. */
  at(offset: number): Place | undefined {
    let lo = 0, hi = this.offsets.length;
    while (lo < hi) { const mid = (lo + hi) >> 1; if (this.offsets[mid] <= offset) lo = mid + 1; else hi = mid; }
    return this.places[lo - 1];
  }
}

/** Decodes one segment of base-64 variable-length numbers. */
function vlq(s: string): number[] {
  const out: number[] = [];
  let v = 0, shift = 0;
  for (const c of s) {
    const d = DIGITS.indexOf(c);
    v += (d & 31) << shift;
    if (d & 32) { shift += 5; continue; }
    out.push(v & 1 ? -(v >> 1) : v >> 1);
    v = 0;
    shift = 0;
  }
  return out;
}
