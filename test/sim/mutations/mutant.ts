// One mutant: the modules that its edits touch, built apart with little optimisation, and the scenarios that it was made for. Also the worker
// process that does so.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { compile, ROOT } from "../../../tools/asc.ts";
import { load, MODULES, type ModuleName, type Modules, SIZES, sourcesOf } from "../build.ts";
import { SCENARIOS } from "../scenarios/index.ts";
import { runScenario } from "../scenarios/scenario.ts";
import { type Edit, type Mutation } from "./mutation.ts";

export interface Job { id: number; edits: Edit[]; scenarios: string[] }
/** Per scenario what failed, or ""; `error` where there was no mutant. */
export interface Outcome { id: number; failures: Record<string, string>; error: string }

const DIRECTORY = "build/sim/mutants";

/** The sources with the edits; throws where a text does not occur exactly once. */
async function edited(edits: Edit[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const e of edits) {
    const text = texts.get(e.file) ?? await readFile(path.join(ROOT, e.file), "utf8"), n = text.split(e.find).length - 1;
    if (n !== 1) throw new Error(`${e.file}: occurs ${n} times, not once: ${e.find}`);
    texts.set(e.file, text.replace(e.find, () => e.put));
  }
  return texts;
}

/** Which modules are made of these files. */
async function affected(files: Iterable<string>): Promise<ModuleName[]> {
  const all = [...files], out: ModuleName[] = [];
  for (const name of ["host", "redirector"] as const) {
    const sources = await sourcesOf(name);
    if (all.some(f => sources.has(f))) out.push(name);
  }
  return out;
}

/** Builds a mutant's modules; the others are those of the simulator. */
async function modulesOf(texts: Map<string, string>, directory: string): Promise<Modules> {
  const modules = await load(["host", "redirector", "peer"]), replace: Record<string, string> = { "assembly/core/sizes.ts": SIZES };
  let n = 0;
  for (const [file, text] of texts) {
    replace[file] = path.join(directory, `${n++}.ts`);
    await writeFile(path.join(ROOT, replace[file]), text);
  }
  for (const name of await affected(texts.keys())) {
    const m = MODULES[name], out = path.join(directory, `${name}.wasm`);
    await compile({ entry: m.entry, out, memoryKiB: m.memoryKiB, replace, flags: ["--optimizeLevel", "1"] });
    modules[name] = await WebAssembly.compile(await readFile(path.join(ROOT, out)));
  }
  return modules;
}

/** Builds the mutant and plays its scenarios. */
async function play(job: Job): Promise<Outcome> {
  const directory = path.join(DIRECTORY, `${process.pid}-${job.id}`), failures: Record<string, string> = {};
  try {
    await mkdir(path.join(ROOT, directory), { recursive: true });
    const modules = await modulesOf(await edited(job.edits), directory);
    for (const name of job.scenarios) failures[name] = runScenario(modules, SCENARIOS.find(s => s.name === name)!);
    return { id: job.id, failures, error: "" };
  } catch (e) {
    return { id: job.id, failures, error: (e as Error).message };
  } finally {
    await rm(path.join(ROOT, directory), { recursive: true, force: true });
  }
}

/** Names of scenarios that a mutation has and that are none. */
export function unknownScenarios(m: Mutation): string[] { return m.scenarios.filter(name => !SCENARIOS.some(s => s.name === name)); }

if (process.send) process.on("message", async (job: Job) => { process.send!(await play(job)); });
