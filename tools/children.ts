// Programs that run beside this one, each in a process group of its own: when this process ends, by whatever signal that can be caught, they
// have ended before.

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";

/** Options of Node that let it run this project's TypeScript. */
export const TYPESCRIPT = ["--import", new URL("../node_modules/tsx/dist/loader.mjs", import.meta.url).href];

const running = new Set<ChildProcess>();
/** Milliseconds that a program has to end by itself. */
const PATIENCE = 8000;

/** Starts a program; `prefix` is a command line that runs another one, such as `nsenter ... --`. */
export function start(prefix: string[], program: string, args: string[], stdio: SpawnOptions["stdio"], options: SpawnOptions = {}): ChildProcess {
  const [first, ...rest] = [...prefix, program, ...args], child = spawn(first, rest, { ...options, stdio, detached: true });
  if (running.size === 0) process.on("exit", endAll);
  running.add(child);
  for (const e of ["exit", "error"]) child.on(e, () => { running.delete(child); if (running.size === 0) process.removeListener("exit", endAll); });
  return child;
}

/** Its exit status; -1 where it could not be started or was killed. */
export function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise(ok => { child.on("error", () => ok(-1)); child.on("close", code => ok(code ?? -1)); });
}

/** Ends a program with its children, at once. */
export function end(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) try { process.kill(-child.pid, signal); } catch { /* gone */ }
}

/** Ends all programs with their children: SIGTERM, and SIGKILL for who does not heed it. Blocks until they are gone. */
export function endAll(): void {
  const all = [...running];
  for (const c of all) end(c, "SIGTERM");
  for (const until = Date.now() + PATIENCE; all.some(lives) && Date.now() < until;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  for (const c of all) end(c);
}

/** True while a process of the child's group runs. */
function lives(child: ChildProcess): boolean {
  return readdirSync("/proc").some(pid => {
    if (!/^\d/.test(pid)) return false;
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "latin1"), [state, , group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return Number(group) === child.pid && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  });
}

/**
 * Runs a program on this terminal to its end, in this process group: SIGINT, SIGTERM and SIGHUP go on to it. Gives its exit status. `take` gets its
 * standard output.
 */
export function hand(program: string, args: string[], take?: (text: string) => void): Promise<number> {
  const child = spawn(program, args, { stdio: ["inherit", take ? "pipe" : "inherit", "inherit"] });
  let text = "";
  child.stdout?.on("data", d => { text += d; });
  for (const s of SIGNALS) { process.removeAllListeners(s); process.on(s, () => child.kill(s)); }
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => { take?.(text); done(code ?? 128 + os.constants.signals[signal!]); });
  });
}

export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** From now on these signals end this process as `exit` does, so that what must be undone is undone. */
export function exitOnSignals(): void {
  for (const s of SIGNALS) process.on(s, () => process.exit(128 + os.constants.signals[s]));
}

/** Standard output of a program that must succeed. */
export async function output(prefix: string[], program: string, args: string[]): Promise<string> {
  const child = start(prefix, program, args, ["ignore", "pipe", "ignore"]);
  let text = "";
  child.stdout!.on("data", d => { text += d; });
  const code = await ended(child);
  if (code !== 0) throw new Error(`${[...prefix, program, ...args].join(" ")} ended with ${code}`);
  return text;
}
