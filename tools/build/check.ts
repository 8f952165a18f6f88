// What a built module may contain, so that it runs on a 486 without an FPU and never allocates: no floating point, no vectors, no growing memory,
// no start function, no allocator, no recursion, no 64-bit division, 64-bit multiplication of zero-extended 32-bit values only, and
// the imports and exports of host/ABI.md.

import { readFile } from "node:fs/promises";
import { type Abi, readAbi, show } from "./abi.ts";
import { SourceMap } from "./sourcemap.ts";
import { type Func, type Module, ops, parse } from "./wasm.ts";
import { wideMultiplications } from "./narrow.ts";

/** Checks a built module, a board's or another; returns one line per finding, with its place. */
export async function checkModule(file: string, board = false): Promise<string[]> {
  const m = parse(await readFile(file));
  const map = SourceMap.read(`${file}.map`);
  return [...checkInterface(m, await readAbi(board)), ...checkCode(m, map), ...recursion(m)].map(line => `${file}: ${line}`);
}

/** Imports, exports, memory and start function. */
export function checkInterface(m: Module, abi: Abi): string[] {
  const out: string[] = [];
  if (m.hasStart) out.push("has a start function: a global's initial value is not a constant");
  if (!m.memory || m.memory.max !== m.memory.min) out.push(`memory is not fixed: ${m.memory?.min} to ${m.memory?.max ?? "any"} pages`);
  for (const i of m.imports) {
    const want = abi.imports.get(i.name);
    if (i.module !== "env" || i.kind !== "function" || !want) out.push(`imports ${i.module}.${i.name} (${i.kind}), which is not in host/ABI.md`);
    else if (show(want) !== show(i.type!)) out.push(`imports ${i.name} as ${show(i.type!)}, host/ABI.md has ${show(want)}`);
  }
  const imported = m.imports.filter(i => i.kind === "function").length;
  for (const [name, want] of abi.exports) {
    const e = m.exports.find(x => x.name === name);
    if (!e) { out.push(`does not export ${name} of host/ABI.md`); continue; }
    if (want === "memory") { if (e.kind !== 2) out.push(`exports ${name} as something other than a memory`); continue; }
    const f = e.kind === 0 ? m.funcs[e.index - imported] : undefined;
    if (!f || show(f.type) !== show(want)) out.push(`exports ${name} as ${f ? show(f.type) : "no function of its own"}, host/ABI.md has ${show(want)}`);
  }
  return out;
}

/** Instructions that no module may contain. */
export function checkCode(m: Module, map?: SourceMap): string[] {
  const out: string[] = [];
  for (const f of m.funcs) {
    if (f.name.startsWith("~lib/rt/")) out.push(`${f.name}: the runtime's allocator is linked in; something allocates (new, array literal, string, closure)`);
    const float = f.locals.concat(f.type.results).find(t => t !== "i32" && t !== "i64");
    if (float) out.push(`${f.name}: a value of type ${float}`);
    let mul = false;
    for (const op of ops(m, f)) {
      const bad = refused(op.code);
      if (bad) out.push(`${place(f, op.at, map)}: ${bad}`);
      mul ||= op.code === 0x7e;
    }
    if (mul) for (const at of wideMultiplications(m, f)) out.push(`${place(f, at, map)}: i64.mul of a value that is not zero-extended from 32 bits`);
  }
  return out;
}

function place(f: Func, at: number, map?: SourceMap): string {
  const p = map?.at(at);
  return p ? `${p.file}:${p.line} (in ${f.name})` : `${f.name}, byte ${at}`;
}

function refused(c: number): string | undefined {
  if (c >= 0x7f && c <= 0x82) return ["i64.div_s", "i64.div_u", "i64.rem_s", "i64.rem_u"][c - 0x7f];
  if (c === 0x40) return "memory.grow";
  if (isFloat(c)) return `floating point (opcode 0x${c.toString(16)})`;
  if (c >> 8 === 0xfd) return "v128";
  if (c >> 8 === 0xfe) return "an atomic instruction";
  return undefined;
}

/** Opcode ranges that touch f32 or f64. */
const FLOAT = [[0x2a, 0x2b], [0x38, 0x39], [0x43, 0x44], [0x5b, 0x66], [0x8b, 0xa6], [0xa8, 0xab], [0xae, 0xbf], [0xfc00, 0xfc07]];
function isFloat(c: number): boolean { return FLOAT.some(([a, b]) => c >= a && c <= b); }

/** Cycles of the call graph; an indirect call may reach every function of the table that has its type. */
export function recursion(m: Module): string[] {
  const byIndex = new Map(m.funcs.map(f => [f.index, f])), same = (a: number, f: Func) => show(m.types[a]) === show(f.type);
  const calls = new Map<Func, Func[]>();
  for (const f of m.funcs) {
    const to = new Set<Func>();
    for (const op of ops(m, f)) {
      if (op.code === 0x10) { const g = byIndex.get(op.imm[0] as number); if (g) to.add(g); }
      if (op.code === 0x11) for (const i of m.table) { const g = byIndex.get(i); if (g && same(op.imm[0] as number, g)) to.add(g); }
    }
    calls.set(f, [...to]);
  }
  const out: string[] = [], done = new Set<Func>(), path: Func[] = [];
  const visit = (f: Func): void => {
    if (path.includes(f)) { out.push(`recursion: ${[...path.slice(path.indexOf(f)), f].map(g => g.name).join(" -> ")}`); return; }
    if (done.has(f)) return;
    done.add(f);
    path.push(f);
    for (const g of calls.get(f)!) visit(g);
    path.pop();
  };
  for (const f of m.funcs) visit(f);
  return out;
}
