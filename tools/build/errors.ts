// The names of the module's errors, as assembly/core/err.ts has them.

import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";

let names: Map<number, string> | undefined;

/** `badRecord` for -5. */
export function errorName(e: number): string {
  names ??= new Map([...readFileSync(path.join(ROOT, "assembly/core/err.ts"), "utf8").matchAll(/^\s+(\w+) = (-\d+),/gm)].map(m => [Number(m[2]), m[1]]));
  return names.get(e) ?? "unknown error";
}
