// The lists of exports and imports that host/ABI.md states: the document is the one place that names them.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";
import type { FuncType } from "./wasm.ts";

export interface Abi { imports: Map<string, FuncType>; exports: Map<string, FuncType | "memory"> }

/** Reads the tables of the document's sections "Exports of the module" and "Imports, module `env`"; for a board's module "Boards: imports" too. */
export async function readAbi(board = false): Promise<Abi> {
  const text = await readFile(path.join(ROOT, "host/ABI.md"), "utf8");
  const imports = new Map([...rows(text, "## Imports"), ...(board ? rows(text, "## Boards: imports") : [])]), exports = rows(text, "## Exports");
  if (imports.size === 0 || exports.size === 0) throw new Error("host/ABI.md: no table of imports or exports found");
  for (const [name, type] of imports) if (type === "memory") throw new Error(`host/ABI.md: import ${name} is no function`);
  return { imports: imports as Map<string, FuncType>, exports };
}

function rows(text: string, heading: string): Map<string, FuncType | "memory"> {
  const from = text.indexOf(heading);
  const section = from < 0 ? "" : text.slice(from, text.indexOf("\n## ", from + 1));
  const out = new Map<string, FuncType | "memory">();
  for (const line of section.split("\n")) {
    const m = /^\| `(\w+)[^`]*` \| (?:`\(([^)]*)\)(?: -> (\w+))?`|memory) \|/.exec(line);
    if (!m) continue;
    const params = (m[2] ?? "").split(",").map(s => s.trim()).filter(s => s !== "");
    out.set(m[1], m[2] === undefined ? "memory" : { params, results: m[3] ? [m[3]] : [] });
  }
  return out;
}

export function show(t: FuncType): string { return `(${t.params.join(", ")})${t.results.length ? ` -> ${t.results.join(", ")}` : ""}`; }
