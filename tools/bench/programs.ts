// What a bench runs beside this project's own: the measuring client, the plain C programs and the peers' servers, built in the cache outside
// the clone, each again when its source has changed.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { build, cacheDir } from "../build/build.ts";
import { ended, start } from "../children.ts";
import * as go from "./peers/go.ts";
import * as lwip from "./peers/lwip.ts";

export const HERE = path.join(ROOT, "tools/bench");
export const bench = (...names: string[]): string => path.join(cacheDir(), "bench", ...names);

/** Paths of programs. */
export interface Programs { client: string; linux: string; loop: string; generate: string; smoltcp?: string; lwip?: string; netstack?: string }
export const PEERS = ["smoltcp", "lwip", "netstack"] as const;
export type Peer = typeof PEERS[number];

/** Builds the programs of this folder, and the peers that are named. */
export async function programs(peers: Peer[], say: (line: string) => void): Promise<Programs> {
  await build([], say);
  const out: Programs = { client: "", linux: "", loop: "", generate: "" };
  for (const [name, file] of [["client", "client.c"], ["linux", "peers/linux.c"], ["loop", "peers/loop.c"], ["generate", "generate.c"]] as const) {
    out[name] = await once(name, [path.join(HERE, file)], "", say, to => tool("cc", ["-O2", "-Wall", "-o", to, path.join(HERE, file)]));
  }
  if (peers.includes("smoltcp")) out.smoltcp = await smoltcp(say);
  if (peers.includes("lwip")) out.lwip = await lwip.build(say);
  if (peers.includes("netstack")) out.netstack = await go.build(say);
  return out;
}

/** cargo looks itself at what has changed. */
async function smoltcp(say: (line: string) => void): Promise<string> {
  const target = bench("smoltcp"), made = path.join(target, "release/smoltcp-server");
  if (!existsSync(made)) say("smoltcp: building");
  await tool("cargo", ["build", "--release", "--locked", "--manifest-path", path.join(HERE, "peers/smoltcp/Cargo.toml")], { CARGO_TARGET_DIR: target });
  return made;
}

/** A program in the cache, made by `make` unless it was made of the same files and words before. */
export async function once(name: string, sources: string[], words: string, say: (line: string) => void, make: (to: string) => Promise<unknown>): Promise<string> {
  const hash = createHash("sha256").update(words);
  for (const f of sources.flatMap(files)) hash.update(f).update(readFileSync(f));
  const to = bench(name), stamp = `${to}.of`, key = hash.digest("hex");
  if (existsSync(to) && existsSync(stamp) && readFileSync(stamp, "utf8") === key) return to;
  say(`${name}: building`);
  mkdirSync(path.dirname(to), { recursive: true });
  rmSync(stamp, { force: true });
  await make(`${to}.new`);
  renameSync(`${to}.new`, to);
  writeFileSync(stamp, key);
  return to;
}

function files(f: string): string[] {
  return statSync(f).isDirectory() ? readdirSync(f).sort().flatMap(n => files(path.join(f, n))) : [f];
}

/** Runs a tool that must succeed; throws with the last lines that it printed. */
export async function tool(program: string, args: string[], env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<string> {
  const child = start([], program, args, ["ignore", "pipe", "pipe"], { env: { ...process.env, ...env }, cwd });
  let out = "", all = "";
  child.stdout!.on("data", (b: Buffer) => { out += b.toString(); all += b.toString(); });
  child.stderr!.on("data", (b: Buffer) => { all += b.toString(); });
  const code = await ended(child);
  if (code !== 0) throw new Error(`${program} ${args[0] ?? ""} failed${code < 0 ? " to start" : ""}:\n${all.split("\n").slice(-30).join("\n")}`);
  return out;
}
