// Byte offsets of a wasm file to source lines, by the source map (version 3) that the compiler writes beside it.

import { readFile } from "node:fs/promises";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export interface Place { file: string; line: number }

export class SourceMap {
  private constructor(private readonly offsets: number[], private readonly places: Place[]) {}

  /** Reads a map; undefined where there is none. */
  static async read(file: string): Promise<SourceMap | undefined> {
    let text;
    try { text = await readFile(file, "utf8"); } catch { return undefined; }
    const map = JSON.parse(text) as { sources: string[]; mappings: string };
    const offsets: number[] = [], places: Place[] = [];
    let offset = 0, source = 0, line = 0;
    for (const segment of map.mappings.split(",")) {
      const v = vlq(segment);
      offset += v[0];
      if (v.length < 4) continue;
      source += v[1];
      line += v[2];
      offsets.push(offset);
      places.push({ file: map.sources[source].replace(/^.*?(?=assembly\/|boards\/|test\/|~lib\/)/, ""), line: line + 1 });
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
