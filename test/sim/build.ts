// Builds the modules that the simulator runs: the sources that ship, with the sizes of boards/sim. Incremental by the hashes of what was read.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { compile, ROOT } from "../../tools/asc.ts";

const OUT = path.join(ROOT, "build/sim");
export const SIZES = "boards/sim/sizes.ts";

/** Name, entry and linear memory of each module. */
export const MODULES = {
  host: { entry: "boards/sim/host.ts", memoryKiB: 6144 },
  redirector: { entry: "boards/sim/redirector.ts", memoryKiB: 6144 },
  peer: { entry: "test/sim/peer/peer.ts", memoryKiB: 6144 },
} as const;
export type ModuleName = keyof typeof MODULES;

export interface Modules { host: WebAssembly.Module; redirector: WebAssembly.Module; peer: WebAssembly.Module }

const fileOf = (name: ModuleName): string => path.join(OUT, `${name}.wasm`);

/** Builds what is out of date; throws with the compiler's text. */
export async function build(names: readonly ModuleName[] = ["host", "redirector", "peer"], say: (line: string) => void = () => {}): Promise<void> {
  await mkdir(OUT, { recursive: true });
  for (const name of names) {
    if (await upToDate(name)) continue;
    say(`build/sim/${name}.wasm`);
    const read = new Set<string>(), m = MODULES[name];
    await compile({ entry: m.entry, out: path.relative(ROOT, fileOf(name)), memoryKiB: m.memoryKiB, replace: { "assembly/core/sizes.ts": SIZES }, onRead: f => read.add(f) });
    await writeFile(state(name), JSON.stringify(await hashes([...read].sort())));
  }
}

/** The compiled modules; `build` comes first. */
export async function load<N extends ModuleName>(names: readonly N[]): Promise<Record<N, WebAssembly.Module>> {
  const out = {} as Record<N, WebAssembly.Module>;
  for (const name of names) out[name] = await WebAssembly.compile(await readFile(fileOf(name)));
  return out;
}

/** The source files that a module was built from; `build` comes first. */
export async function sourcesOf(name: ModuleName): Promise<Set<string>> {
  return new Set(Object.keys(JSON.parse(await readFile(state(name), "utf8")) as Record<string, string>));
}

const state = (name: ModuleName): string => path.join(OUT, `${name}.inputs.json`);

async function upToDate(name: ModuleName): Promise<boolean> {
  if (!existsSync(fileOf(name)) || !existsSync(state(name))) return false;
  const was = JSON.parse(await readFile(state(name), "utf8")) as Record<string, string>;
  const is = await hashes(Object.keys(was));
  return Object.keys(was).every(f => was[f] === is[f]);
}

async function hashes(files: string[]): Promise<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const f of new Set([...files, SIZES, "asconfig.json", "tools/asc.ts", "test/sim/build.ts"])) {
    out[f] = createHash("sha256").update(await readFile(path.resolve(ROOT, f)).catch(() => "")).digest("hex");
  }
  return out;
}
