// Programs that the demonstration runs: each is ended, at the latest, when the demonstration ends.

import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

const running = new Set<ChildProcess>();

/** Starts a program; `prefix` is a command line that runs another one, such as `ip netns exec NAME`. */
export function start(prefix: string[], program: string, args: string[], stdio: SpawnOptions["stdio"]): ChildProcess {
  const [first, ...rest] = [...prefix, program, ...args], child = spawn(first, rest, { stdio, detached: true });
  running.add(child);
  child.on("exit", () => running.delete(child));
  child.on("error", () => running.delete(child));
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

export function endAll(): void { for (const c of running) end(c); }

/** Standard output of a program that must succeed. */
export async function output(prefix: string[], program: string, args: string[]): Promise<string> {
  const child = start(prefix, program, args, ["ignore", "pipe", "ignore"]);
  let text = "";
  child.stdout!.on("data", d => { text += d; });
  const code = await ended(child);
  if (code !== 0) throw new Error(`${[...prefix, program, ...args].join(" ")} ended with ${code}`);
  return text;
}
