// `hydranet check-i486`: what the built modules cost as i486 code, against the committed table.

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build as buildSim, load as loadSim } from "../../test/sim/build.ts";
import { ROOT } from "../asc.ts";
import { build, targets, wasmOf } from "../build/build.ts";
import { type Command, parse, say } from "../command.ts";
import { run } from "../lab/process.ts";
import { count } from "./count.ts";
import { type Figure, type Scene, SCENES } from "./paths.ts";
import { lines, type Profile } from "./profile.ts";
import { judge, type Table } from "./table.ts";
import { link, sections, toC } from "./translate.ts";

const FILE = path.join(ROOT, "boards/i486.json"), WORK = path.join(ROOT, "build/i486");

export const command: Command = {
  help: `
hydranet check-i486 [--update] [--profile PATH]

Translates the boards' modules to C (wasm2c), compiles them for a 486 without FPU, plays recordings of simulated traffic to them, and counts the
instructions of each path with callgrind. Every output is compared with the recording's. Exit status 1 where a figure is more than 2 % above boards/i486.json.

  --update         writes the table
  --profile PATH   counts only the scenes that have a path whose name contains PATH, and prints where the instructions of its poll go, by function`,

  async run(args) {
    const p = parse(args, { update: { type: "boolean" }, profile: { type: "string" } }, 0);
    if (p.options.profile !== undefined) { await profile(String(p.options.profile)); return 0; }
    const table = (await measure()).table;
    const was = JSON.parse(await readFile(FILE, "utf8").catch(() => "null")) as Table | null;
    print(table, was);
    if (p.options.update) { await writeFile(FILE, `${JSON.stringify(table, null, 1)}\n`); say(`written: ${path.relative(ROOT, FILE)}`); return 0; }
    if (!was) throw new Error("boards/i486.json is missing: --update writes it");
    const worse = judge(table, was);
    for (const line of worse) say(line);
    return worse.length ? 1 : 0;
  },
};

/** Counts what is asked for: scenes with a path in which `wanted` is found. The table, and the profiles by path. */
export async function measure(wanted = ""): Promise<{ table: Table; profiles: Map<string, Profile> }> {
  const scenes = SCENES.filter(s => Object.keys(s.paths).some(p => pathName(s, p).includes(wanted)));
  if (scenes.length === 0) throw new Error(`no path's name contains "${wanted}"; there are ${SCENES.flatMap(s => Object.keys(s.paths).map(p => pathName(s, p))).join("; ")}`);
  const sizes = await targets(), programs = new Map<string, string>();
  await build([...new Set(SCENES.map(s => s.target))], say, false); // the simulated site needs both
  await buildSim(["peer"], say);
  const compiled = async (name: string): Promise<WebAssembly.Module> => WebAssembly.compile(await readFile(wasmOf(name)));
  const modules = { host: await compiled("host-small"), redirector: await compiled("redirector-small"), ...await loadSim(["peer"]) };
  const table: Table = { compiler: run("gcc", ["-dumpfullversion"]).trim(), modules: {}, paths: {} }, profiles = new Map<string, Profile>();
  for (const name of new Set(scenes.map(s => s.target))) {
    const dir = path.join(WORK, name), memory = sizes.find(t => t.name === name)!.memoryKiB * 1024, program = path.join(dir, "count");
    say(`${name}: wasm to C, to i486 code`);
    await toC(name, dir);
    link(dir, "count.c", program, { MEMORY_SIZE: memory });
    table.modules[name] = { text: sections(program).text, memory };
    programs.set(name, program);
  }
  for (const scene of scenes) {
    say(`${scene.name}: counting`);
    const c = await count(scene, modules, programs.get(scene.target)!, path.join(WORK, scene.target, scene.name.replace(/\W+/g, "-")));
    for (const [name, n] of c.paths) table.paths[pathName(scene, name)] = n;
    for (const [name, p] of c.profiles) profiles.set(pathName(scene, name), p);
  }
  return { table, profiles };
}

const pathName = (s: Scene, path: string): string => `${s.name}: ${path}`;

async function profile(wanted: string): Promise<void> {
  for (const [name, p] of (await measure(wanted)).profiles) {
    if (name.includes(wanted)) process.stdout.write(`${name}: ${p.sum} instructions in the poll\n${lines(p).join("\n")}\n`);
  }
}

/** By path: what issue 5 allows, and what lwIP takes. */
function figures(): Map<string, Figure> {
  return new Map(SCENES.flatMap(s => Object.entries(s.paths).flatMap(([p, f]) => (typeof f === "string" ? [] : [[pathName(s, p), f] as const]))));
}

function print(table: Table, was: Table | null): void {
  const known = figures();
  const rows = [
    ...Object.entries(table.modules).flatMap(([name, m]) => [[`${name}: code, bytes`, m.text, was?.modules[name]?.text], [`${name}: linear memory, bytes`, m.memory, was?.modules[name]?.memory]] as const),
    ...Object.entries(table.paths).map(([name, n]) => [name, n, was?.paths[name], known.get(name)?.bar, known.get(name)?.lwip] as const),
  ];
  const width = Math.max(...rows.map(r => r[0].length));
  const line = (name: string, ...cells: (string | number | undefined)[]): void => { process.stdout.write(`${name.padEnd(width)} ${cells.map(c => String(c ?? "-").padStart(9)).join("")}\n`); };
  line("instructions, i486", "now", "table", "at most", "lwIP");
  for (const [name, now, before, bar, lwip] of rows) line(name, now, before, bar, lwip);
}
