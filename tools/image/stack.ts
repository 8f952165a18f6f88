// How deep a program's stack may become: gcc's own numbers for each function, over its call graph (-fcallgraph-info=su). There is no recursion in a
// module (the build checks it), none in the shim, and a cycle here is an error.

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../lab/process.ts";

/** Stack of each function, whom it calls, and names of one and the same code: gcc keeps one of equal functions. */
export interface Graph { bytes: Map<string, number>; calls: Map<string, Set<string>>; same: Map<string, string[]> }

/** Where execution begins, and what an interrupt puts on top: its frame by the CPU, registers, line and argument. */
const BEGIN = "shim", HANDLERS = ["interrupt_taken", "exception_taken"], FRAME = 12 + 4 + 32 + 4 + 4;
/** Bytes of the canary. */
const CANARY = 4;

/** The deepest stack in bytes of a linked file, whose objects lie in a folder. */
export async function stackDepth(dir: string, elf: string): Promise<number> {
  const files = (await readdir(dir)).filter(f => f.endsWith(".ci"));
  if (files.length === 0) throw new Error(`${dir}: gcc left no call graph`);
  const g: Graph = { bytes: new Map(), calls: new Map(), same: sameCode(run("nm", ["-n", elf])) };
  for (const f of files) read(await readFile(path.join(dir, f), "utf8"), g);
  return depth(g, BEGIN) + FRAME + Math.max(...HANDLERS.map(h => depth(g, h))) + FRAME + depth(g, "exception_taken") + CANARY;
}

/** Names by name that stand at one address. */
function sameCode(text: string): Map<string, string[]> {
  const at = new Map<string, string[]>(), out = new Map<string, string[]>();
  for (const m of text.matchAll(/^([0-9a-f]+) [tT] (\S+)$/gm)) at.set(m[1], [...at.get(m[1]) ?? [], m[2]]);
  for (const names of at.values()) for (const n of names) out.set(n, names);
  return out;
}

/** Adds a VCG graph of gcc. */
export function read(text: string, g: Graph): void {
  for (const m of text.matchAll(/node: \{ title: "([^"]+)" label: "([^"]*)"/g)) {
    const size = /\\n(\d+) bytes \((\w+)/.exec(m[2]);
    if (size && size[2] === "dynamic" && !m[2].includes("bounded")) throw new Error(`${m[1]}: takes stack as it goes`);
    if (size) g.bytes.set(m[1], Number(size[1]));
  }
  for (const m of text.matchAll(/edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/g)) {
    const set = g.calls.get(m[1]);
    if (set) set.add(m[2]); else g.calls.set(m[1], new Set([m[2]]));
  }
}

/** Bytes from a function's call on. Throws on a cycle, on a function without a number, and on a call of what is not known. */
export function depth(g: Graph, from: string, above: string[] = [], done = new Map<string, number>()): number {
  const name = resolve(g, from), known = done.get(name);
  if (known !== undefined) return known;
  if (above.includes(name)) throw new Error(`recursion: ${[...above.slice(above.indexOf(name)), name].join(" -> ")}`);
  const own = g.bytes.get(name);
  if (own === undefined) {
    if (name === "start_again") return 0; // never comes back
    throw new Error(`no size of stack is known for ${name}, called by ${above.at(-1) ?? "the start"}`);
  }
  let most = 0;
  for (const to of g.calls.get(name) ?? []) most = Math.max(most, depth(g, to, [...above, name], done));
  done.set(name, own + most);
  return own + most;
}

/** Titles of local functions carry their file: "shim.c:fault". */
function resolve(g: Graph, name: string): string {
  if (g.bytes.has(name)) return name;
  const bare = name.slice(name.lastIndexOf(":") + 1), names = g.same.get(bare) ?? [bare];
  return [...g.bytes.keys()].find(k => names.includes(k.slice(k.lastIndexOf(":") + 1))) ?? name;
}
