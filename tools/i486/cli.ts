// `hydranet check-i486`: what the built modules cost as i486 code, against the committed table.

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build as buildSim, load as loadSim } from "../../test/sim/build.ts";
import { ROOT } from "../asc.ts";
import { build, targets, wasmOf } from "../build/build.ts";
import { type Command, parse, say } from "../command.ts";
import { run } from "../lab/process.ts";
import { count } from "./count.ts";
import { SCENES } from "./paths.ts";
import { judge, type Table } from "./table.ts";
import { toC } from "./translate.ts";

const FILE = path.join(ROOT, "boards/i486.json"), WORK = path.join(ROOT, "build/i486");

export const command: Command = {
  help: `
hydranet check-i486 [--update]

Translates the boards' modules to C (wasm2c), compiles them for a 486 without FPU, plays recordings of simulated traffic to them, and counts the
instructions of each path with callgrind. Every output is compared with the recording's. Exit status 1 where a figure is more than 2 % above boards/i486.json.

  --update   writes the table`,

  async run(args) {
    const p = parse(args, { update: { type: "boolean" } }, 0);
    const table = await measure();
    const was = JSON.parse(await readFile(FILE, "utf8").catch(() => "null")) as Table | null;
    print(table, was);
    if (p.options.update) { await writeFile(FILE, `${JSON.stringify(table, null, 1)}\n`); say(`written: ${path.relative(ROOT, FILE)}`); return 0; }
    if (!was) throw new Error("boards/i486.json is missing: --update writes it");
    const worse = judge(table, was);
    for (const line of worse) say(line);
    return worse.length ? 1 : 0;
  },
};

/** Builds and counts everything. */
export async function measure(): Promise<Table> {
  const names = [...new Set(SCENES.map(s => s.target))], sizes = await targets();
  await build(names, say, false);
  await buildSim(["peer"], say);
  const compiled = async (name: string): Promise<WebAssembly.Module> => WebAssembly.compile(await readFile(wasmOf(name)));
  const modules = { host: await compiled("host-small"), redirector: await compiled("redirector-small"), ...await loadSim(["peer"]) };
  const table: Table = { compiler: run("gcc", ["-dumpfullversion"]).trim(), modules: {}, paths: {} };
  for (const name of names) {
    say(`${name}: wasm to C`);
    await toC(name, path.join(WORK, name));
  }
  for (const scene of SCENES) {
    say(`${scene.name}: compiling, counting`);
    const memory = sizes.find(t => t.name === scene.target)!.memoryKiB * 1024;
    const c = await count(scene, modules, path.join(WORK, scene.target), memory);
    table.modules[scene.target] = { text: c.text, memory };
    for (const [name, n] of c.paths) table.paths[`${scene.name}: ${name}`] = n.median;
  }
  return table;
}

function print(table: Table, was: Table | null): void {
  const rows = [
    ...Object.entries(table.modules).flatMap(([name, m]) => [[`${name}: code, bytes`, m.text, was?.modules[name]?.text], [`${name}: linear memory, bytes`, m.memory, was?.modules[name]?.memory]] as const),
    ...Object.entries(table.paths).map(([name, n]) => [name, n, was?.paths[name]] as const),
  ];
  const width = Math.max(...rows.map(r => r[0].length));
  process.stdout.write(`${"instructions per poll, i486".padEnd(width)} ${"now".padStart(9)} ${"table".padStart(9)}\n`);
  for (const [name, now, before] of rows) process.stdout.write(`${name.padEnd(width)} ${String(now).padStart(9)} ${String(before ?? "-").padStart(9)}\n`);
}
