// The names of the counters, read from the `const enum`s of assembly/*/counters.ts: index in the module's table -> "layer.name".

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";

/** Names by index. Throws where two counters share an index or a value is not understood. */
export async function counterNames(): Promise<Record<number, string>> {
  const base = path.join(ROOT, "assembly"), out: Record<number, string> = {};
  const bases = enumOf(await readFile(path.join(base, "core/counters.ts"), "utf8"), "Base", {});
  const folders = (await readdir(base, { withFileTypes: true })).filter(d => d.isDirectory()).map(d => d.name).sort();
  for (const layer of folders) {
    const file = path.join(base, layer, "counters.ts");
    const text = await readFile(file, "utf8").catch(() => "");
    for (const m of text.matchAll(/const enum (\w+)/g)) {
      if (m[1] === "Base") continue;
      for (const [name, index] of Object.entries(enumOf(text, m[1], bases))) {
        if (/^(COUNT|END|LAST)$/.test(name)) continue;
        if (out[index]) throw new Error(`${path.relative(ROOT, file)}: counter ${name} has index ${index}, which is ${out[index]}'s`);
        if (index >= bases.COUNT) throw new Error(`${path.relative(ROOT, file)}: counter ${name} has index ${index}, the table ends at ${bases.COUNT}`);
        out[index] = `${layer}.${name}`;
      }
    }
  }
  return out;
}

/** Members of one enum: a number, `Base.layer`, a sum of these, or one more than the member before. */
function enumOf(text: string, name: string, bases: Record<string, number>): Record<string, number> {
  const body = new RegExp(`const enum ${name}\\s*\\{([^}]*)\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`const enum ${name} not found`);
  const out: Record<string, number> = {};
  let next = 0;
  for (const part of body.replace(/\/\/.*$/gm, "").replace(/\/\*[^]*?\*\//g, "").split(",")) {
    const m = /^\s*(\w+)\s*(?:=\s*(.+?))?\s*$/s.exec(part);
    if (!m) { if (part.trim() !== "") throw new Error(`const enum ${name}: "${part.trim()}" not understood`); continue; }
    if (m[2] !== undefined) next = m[2].split("+").reduce((sum, term) => sum + value(term.trim(), bases, out), 0);
    out[m[1]] = next++;
  }
  return out;
}

function value(term: string, bases: Record<string, number>, own: Record<string, number>): number {
  const v = /^\d/.test(term) ? Number(term) : bases[term.replace(/^(counters\.)?Base\./, "")] ?? own[term.replace(/^\w+\./, "")];
  if (v === undefined || Number.isNaN(v)) throw new Error(`counter value "${term}" not understood`);
  return v;
}
