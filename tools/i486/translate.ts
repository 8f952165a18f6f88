// A built module as i486 code: wasm to C by wabt's wasm2c, C to machine code by gcc for a 486 without FPU, without library and runtime.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { run } from "../lab/process.ts";
import { ROOT } from "../asc.ts";
import { wasmOf } from "../build/build.ts";

const WASM2C = path.join(ROOT, "node_modules/wabt/bin/wasm2c");
export const SHIM = path.join(ROOT, "host/i486");
/** The end of the constant text that wasm2c writes before a module; host/i486/prelude.h takes its place. */
const PRELUDE_END = "wasm_rt_tailcallee_t* next)\n#endif\n";

/** Flags for code that every 486 runs, with or without FPU: floating point ends in a link error, since nothing emulates it. */
export const I486 = [
  "-m32", "-march=i486", "-mtune=i486", "-O2", "-ffreestanding", "-fno-pic", "-fno-pie", "-no-pie", "-static", "-nostdlib", "-fno-stack-protector",
  "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-fomit-frame-pointer", "-mno-80387", "-mno-sse", "-mpreferred-stack-boundary=2",
  "-fno-strict-aliasing", "-fwhole-program", "-Wall", "-Wno-unused",
];

/** Writes module.h and module.inc of a built module into `dir`; its symbols begin with w2c_node. */
export async function toC(target: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const whole = path.join(dir, "module.c");
  run(process.execPath, [WASM2C, wasmOf(target), "-n", "node", "-o", whole]);
  const text = await readFile(whole, "utf8"), at = text.lastIndexOf(PRELUDE_END);
  if (at < 0) throw new Error("wasm2c writes another prelude than version 1.0.39's");
  await writeFile(path.join(dir, "module.inc"), text.slice(at + PRELUDE_END.length));
}

/** Compiles one C file of host/i486 around the module of `dir`, with strings and numbers as macros. */
export function link(dir: string, source: string, out: string, macros: Record<string, string | number>): void {
  const defines = Object.entries(macros).map(([k, v]) => `-D${k}=${typeof v === "number" ? v : JSON.stringify(v)}`);
  run("gcc", [...I486, `-I${SHIM}`, `-I${dir}`, ...defines, path.join(SHIM, source), "-o", out]);
}

/** Bytes of the sections of a linked file. */
export function sections(file: string): { text: number; data: number; bss: number } {
  const [text, data, bss] = run("size", [file]).split("\n")[1].trim().split(/\s+/).map(Number);
  return { text, data, bss };
}
