// Counts the instructions of a scene's paths: the module as i486 code plays the scene's recording under callgrind.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Modules } from "../../test/sim/build.ts";
import { run } from "../lab/process.ts";
import { EMPTY, type Figure, play, type Scene } from "./paths.ts";
import { parse, type Profile } from "./profile.ts";

/** What a scene's polls took. */
export interface Count {
  /** Instructions by path. */
  paths: Map<string, number>;
  /** By path, the profile of the poll that the figure is from. */
  profiles: Map<string, Profile>;
}

/** Counts one scene with the program `count.c` of its target; files go to `dir`. */
export async function count(scene: Scene, modules: Modules, program: string, dir: string): Promise<Count> {
  const played = play(scene, modules), recording = path.join(dir, "recording"), marks = path.join(dir, "marks");
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await writeFile(recording, played.recording);
  await writeFile(marks, new Uint32Array([...new Set([...played.shapes.values()].flat())].sort((a, b) => a - b)));
  run("valgrind", ["--quiet", "--tool=callgrind", "--instr-atstart=no", `--callgrind-out-file=${path.join(dir, "profile")}`, program, recording, marks]);
  const by = await profiles(dir), out: Count = { paths: new Map(), profiles: new Map() };
  for (const [name, f] of Object.entries(scene.paths)) {
    const figure = typeof f === "string" ? { of: f } : f;
    const [p, ...rest] = [figure.of, ...figure.less ? [figure.less] : []].map((shape, i) => pick(shape, i === 1 && shape === EMPTY ? { of: shape, least: true } : figure));
    const minus = rest.length ? cost(rest[0], figure) : 0;
    out.paths.set(name, Math.round((cost(p, figure) - minus) / (figure.by ?? 1)));
    out.profiles.set(name, p);
  }
  return out;

  /** The poll of a shape that a figure is taken from: the cheapest, or the median. */
  function pick(shape: string, figure: Figure): Profile {
    const found = played.shapes.get(shape)!.map(c => by.get(c));
    if (found.some(p => p === undefined)) throw new Error(`${scene.name}: callgrind wrote no profile of a poll "${shape}"`);
    const sorted = (found as Profile[]).sort((a, b) => a.sum - b.sum);
    return sorted[figure.least ? 0 : sorted.length >> 1];
  }
}

function cost(p: Profile, f: Figure): number {
  const n = p.whole.get(f.inside ?? "poll_node");
  if (n === undefined) throw new Error(`no function ${f.inside} is called in a poll "${f.of}"`);
  return n;
}

/** Profiles by call. */
async function profiles(dir: string): Promise<Map<number, Profile>> {
  const out = new Map<number, Profile>();
  for (const f of await readdir(dir)) {
    const p = f.startsWith("profile.") ? parse(await readFile(path.join(dir, f), "utf8")) : null;
    if (p) out.set(p.call, p);
  }
  return out;
}
