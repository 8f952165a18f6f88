// Reads values out of a TOML table against a schema: each access names a key, its kind and its default; what is left over was misspelt.

import { SiteError, type Toml } from "./toml.ts";

export class Table {
  private readonly seen = new Set<string>();
  constructor(private readonly toml: Toml, private readonly values: Record<string, unknown>, readonly path = "") {}

  static of(toml: Toml): Table { return new Table(toml, toml.root); }

  private at(key: string): string { return this.path === "" ? key : `${this.path}.${key}`; }

  /** Line of a key, or of the closest table around it. */
  line(key: string): number {
    for (let p = this.at(key); p !== ""; p = p.replace(/(\[\d+\]|\.[^.[\]]+|^[^.[\]]+)$/, "")) {
      const n = this.toml.lines.get(p);
      if (n !== undefined) return n;
    }
    return 1;
  }

  fail(key: string, found: unknown, expected: string): never {
    const text = found === undefined ? "nothing" : typeof found === "bigint" ? String(found) : JSON.stringify(found);
    throw new SiteError(this.toml.file, this.line(key), this.at(key), text, expected);
  }

  has(key: string): boolean { return this.values[key] !== undefined; }

  private take(key: string): unknown { this.seen.add(key); return this.values[key]; }

  /** A value that `parse` understands; without a default it must be there. */
  get<T>(key: string, expected: string, parse: (v: unknown) => T | undefined, fallback?: T): T {
    const v = this.take(key);
    if (v === undefined && fallback !== undefined) return fallback;
    const out = v === undefined ? undefined : parse(v);
    return out === undefined ? this.fail(key, v, expected) : out;
  }

  int(key: string, min: number, max: number, fallback?: number): number {
    return this.get(key, `a whole number from ${min} to ${max}`, v => typeof v === "number" && Number.isInteger(v) && v >= min && v <= max ? v : undefined, fallback);
  }

  bool(key: string, fallback: boolean): boolean { return this.get(key, "true or false", v => typeof v === "boolean" ? v : undefined, fallback); }

  /** A string that matches; `expected` says how it should look. */
  text(key: string, pattern: RegExp, expected: string, fallback?: string): string {
    return this.get(key, expected, v => typeof v === "string" && pattern.test(v) ? v : undefined, fallback);
  }

  oneOf<T extends string>(key: string, words: readonly T[], fallback?: T): T {
    return this.get(key, `one of ${words.map(w => `"${w}"`).join(", ")}`, v => words.includes(v as T) ? v as T : undefined, fallback);
  }

  list<T>(key: string, expected: string, parse: (v: unknown) => T | undefined, max: number, fallback?: T[]): T[] {
    return this.get(key, expected, v => {
      if (!Array.isArray(v) || v.length > max) return undefined;
      const out = v.map(parse);
      return out.includes(undefined) ? undefined : out as T[];
    }, fallback);
  }

  /** An array of tables; absent: none. */
  tables(key: string): Table[] {
    const v = this.take(key) ?? [];
    if (!Array.isArray(v) || v.some(e => typeof e !== "object" || e === null || Array.isArray(e))) this.fail(key, v, `tables, written [[${this.at(key).replace(/\[\d+\]/g, "")}]]`);
    return (v as Record<string, unknown>[]).map((e, i) => new Table(this.toml, e, `${this.at(key)}[${i}]`));
  }

  /** A table; absent: an empty one. */
  table(key: string): Table {
    const v = this.take(key) ?? {};
    if (typeof v !== "object" || Array.isArray(v)) this.fail(key, v, `a table, written [${this.at(key)}]`);
    return new Table(this.toml, v as Record<string, unknown>, this.at(key));
  }

  /** Refuses keys that nothing asked for. */
  done(): void {
    for (const key of Object.keys(this.values)) if (!this.seen.has(key)) this.fail(key, key, `one of the keys ${[...this.seen].join(", ")}`);
  }
}
