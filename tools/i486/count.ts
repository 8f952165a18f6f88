// Counts the instructions of a scene's paths: the module as i486 code plays the scene's recording under callgrind.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Modules } from "../../test/sim/build.ts";
import { run } from "../lab/process.ts";
import { play, type Scene } from "./paths.ts";
import { link, sections } from "./translate.ts";

/** Instructions of the polls of one path. */
export interface Count { median: number; least: number; most: number; polls: number }

/** Counts one scene in `dir`, where the module's C lies; `memory` is its linear memory in bytes. */
export async function count(scene: Scene, modules: Modules, dir: string, memory: number): Promise<{ paths: Map<string, Count>; text: number }> {
  const here = path.join(dir, scene.name.replaceAll(" ", "-")), program = path.join(here, "count"), played = play(scene, modules);
  await rm(here, { recursive: true, force: true });
  await mkdir(here, { recursive: true });
  const marks = [...new Set([...played.paths.values()].flat())].sort((a, b) => a - b);
  await writeFile(path.join(here, "recording"), played.recording);
  await writeFile(path.join(here, "marks"), new Uint32Array(marks));
  link(dir, "count.c", program, { MEMORY_SIZE: memory, RECORDING: path.join(here, "recording"), MARKS: path.join(here, "marks") });
  run("valgrind", ["--quiet", "--tool=callgrind", "--instr-atstart=no", `--callgrind-out-file=${path.join(here, "profile")}`, program]);
  const by = await profiles(here), out = new Map<string, Count>();
  for (const [name, calls] of played.paths) {
    const v = calls.map(c => by.get(c) ?? NaN).sort((a, b) => a - b);
    if (v.some(Number.isNaN)) throw new Error(`${scene.name}: callgrind wrote no profile of a poll of "${name}"`);
    out.set(name, { median: v[v.length >> 1], least: v[0], most: v[v.length - 1], polls: v.length });
  }
  return { paths: out, text: sections(program).text - played.recording.length - 4 * marks.length };
}

/** Instructions by call, from callgrind's files. */
async function profiles(dir: string): Promise<Map<number, number>> {
  const out = new Map<number, number>();
  for (const f of await readdir(dir)) {
    if (!f.startsWith("profile.")) continue;
    const text = await readFile(path.join(dir, f), "utf8"), call = /Client Request: (\d+)/.exec(text), sum = /^(?:summary|totals): (\d+)/m.exec(text);
    if (call && sum) out.set(Number(call[1]), Number(sum[1]));
  }
  return out;
}
