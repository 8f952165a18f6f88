// Builds what boards/*/target.json names into build/*.wasm, checks it, and builds the Linux host. Incremental: a module is compiled again when
// one of the files that it was made of has changed.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { compile, ROOT } from "../asc.ts";
import { start } from "../children.ts";
import { checkModule } from "./check.ts";
import { counterNames } from "./counters.ts";
import { checkImports } from "./imports.ts";

/** A board, as boards/NAME/target.json describes it. */
export interface Target {
  name: string;
  /** Entry file, from the project's root. */
  entry: string;
  /** The file that takes the place of assembly/core/sizes.ts. */
  sizes: string;
  /** Linear memory in KiB, a multiple of 64. */
  memoryKiB: number;
  /** Further source files that others stand in for. */
  replace?: Record<string, string>;
  /** The target's module is built only when its name is given. */
  extra?: boolean;
  /** The module drives the machine itself: it may have the imports of a board. */
  board?: boolean;
}

export const BUILD = path.join(ROOT, "build");
export const HOST = path.join(BUILD, "hydranet-host");
export const wasmOf = (target: string): string => path.join(BUILD, `${target}.wasm`);

/** The cache outside the clone. */
export function cacheDir(): string {
  return process.env.HYDRANET_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "hydranet");
}

export async function targets(): Promise<Target[]> {
  const base = path.join(ROOT, "boards"), out: Target[] = [];
  for (const name of (await readdir(base)).sort()) {
    const file = path.join(base, name, "target.json");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const t = JSON.parse(text) as Partial<Target>;
    if (!Number.isInteger(t.memoryKiB) || t.memoryKiB! % 64) throw new Error(`boards/${name}/target.json: memoryKiB: found ${t.memoryKiB}, expected a multiple of 64`);
    out.push({ entry: `boards/${name}/main.ts`, sizes: `boards/${name}/sizes.ts`, ...t, name, memoryKiB: t.memoryKiB! });
  }
  return out;
}

/** Builds the named targets, or all; `say` gets a line for each step that does something. Throws with every finding of the checks. */
export async function build(names: string[] = [], say: (line: string) => void = () => {}, host = true): Promise<void> {
  const all = await targets();
  const unknown = names.filter(n => !all.some(t => t.name === n));
  if (unknown.length) throw new Error(`no target ${unknown.join(", ")}; there are ${all.map(t => t.name).join(", ")}`);
  await mkdir(path.join(BUILD, "state"), { recursive: true });
  const shim = host ? buildHost(say) : Promise.resolve();
  shim.catch(() => {});
  const findings = await checkImports();
  await writeFile(path.join(BUILD, "counters.json"), JSON.stringify(await counterNames(), null, 1));
  const queue = all.filter(t => names.length ? names.includes(t.name) : !t.extra);
  await Promise.all(Array.from({ length: Math.min(JOBS, queue.length) }, async () => { for (let t = queue.shift(); t; t = queue.shift()) findings.push(...await buildModule(t, say)); }));
  if (findings.length) throw new Error(findings.join("\n"));
  await shim;
}

/** Modules that are compiled at a time; each takes some 400 MB. */
const JOBS = Math.min(4, os.availableParallelism());

/** Compiles and checks one module where an input has changed since; returns the findings of the check. */
async function buildModule(t: Target, say: (line: string) => void): Promise<string[]> {
  const state = path.join(BUILD, "state", `${t.name}.json`), out = wasmOf(t.name);
  if (await upToDate(state, out, t)) return [];
  await rm(state, { force: true });
  say(`build/${t.name}.wasm: compiling ${t.entry}`);
  const began = Date.now(), inputs = new Set<string>();
  await compile({ entry: t.entry, out: path.relative(ROOT, out), memoryKiB: t.memoryKiB, replace: { "assembly/core/sizes.ts": t.sizes, ...t.replace }, onRead: f => inputs.add(f) });
  const findings = (await checkModule(out, t.board)).map(l => l.replaceAll(`${ROOT}/`, ""));
  const size = (await readFile(out)).length;
  say(`${path.relative(ROOT, out)}: ${(size / 1024).toFixed(0)} KiB with names, memory ${t.memoryKiB} KiB, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  if (findings.length === 0) await writeFile(state, JSON.stringify({ target: t, inputs: await hashes([...inputs].sort()) }));
  return findings;
}

/** Files beside a module's own sources that decide what comes out. */
const COMMON = ["asconfig.json", "package-lock.json", "host/ABI.md", "tools/asc.ts", "tools/compiler.ts", "tools/build/build.ts", "tools/build/check.ts", "tools/build/narrow.ts", "tools/build/wasm.ts"];

async function hashes(files: string[]): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const f of [...files, ...COMMON]) out[f] = await sha256(path.join(ROOT, f));
  return out;
}

async function upToDate(state: string, out: string, t: Target): Promise<boolean> {
  try {
    const was = JSON.parse(await readFile(state, "utf8")) as { target: Target; inputs: Record<string, string> };
    await readFile(out);
    if (JSON.stringify(was.target) !== JSON.stringify(t)) return false;
    for (const [f, h] of Object.entries(was.inputs)) if (await sha256(path.join(ROOT, f)) !== h) return false;
    return true;
  } catch {
    return false;
  }
}

async function sha256(file: string): Promise<string> {
  return createHash("sha256").update(await readFile(file).catch(() => "")).digest("hex");
}

/** The environment in which cargo runs: its target folder is in the cache. */
export function cargo(): NodeJS.ProcessEnv { return { ...process.env, CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? path.join(cacheDir(), "cargo") }; }

/** Builds the Rust host in the cache's target folder and copies it to build/. */
async function buildHost(say: (line: string) => void): Promise<void> {
  const env = cargo(), target = env.CARGO_TARGET_DIR!;
  await mkdir(target, { recursive: true });
  const args = ["build", "--release", "--locked", "--manifest-path", path.join(ROOT, "host/linux/Cargo.toml")];
  const child = start([], "cargo", args, ["ignore", "pipe", "pipe"], { env });
  let text = "";
  const relay = (b: Buffer): void => {
    text += b;
    for (const line of String(b).split(/[\r\n]+/)) if (/^\s*(Compiling|Downloaded|Downloading|Blocking) /.test(line)) say(`cargo: ${line.trim()}`);
  };
  child.stdout!.on("data", relay);
  child.stderr!.on("data", relay);
  const code = await new Promise<number>((done, fail) => { child.on("error", fail); child.on("close", c => done(c ?? 1)); });
  if (code !== 0) throw new Error(`cargo build failed:\n${text.split("\n").slice(-60).join("\n")}`);
  const made = path.join(target, "release/hydranet-host");
  if (await sha256(made) === await sha256(HOST)) return;
  await copyFile(made, `${HOST}.new`);
  await rename(`${HOST}.new`, HOST);
}
