// Processes of the lab: programs that run to their end, and long-lived ones that are known by pid and start time, so that a pid that the
// system gave to somebody else is never signalled.

import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** A process: its pid, and when it started (clock ticks since boot). */
export interface Proc { pid: number; start: string }

export interface Result { code: number; stdout: string; stderr: string }

/** Runs a program to its end. Throws with what it said when it fails. */
export function run(program: string, args: string[], input?: string): string {
  const r = spawnSync(program, args, { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (r.error) throw new Error(`${program}: ${r.error.message}`);
  if (r.status !== 0) throw new Error(`${[program, ...args].join(" ")}: ${(r.stderr || r.stdout || `status ${r.status}`).trim()}${input ? `\n${input}` : ""}`);
  return r.stdout;
}

/** Runs a program to its end; gives false when it fails. */
export function attempt(program: string, args: string[], input?: string): boolean {
  return spawnSync(program, args, { input, stdio: ["pipe", "ignore", "ignore"] }).status === 0;
}

/** Collects what a child says until it ends. */
export function collect(child: ChildProcess): Promise<Result> {
  const out: Buffer[] = [], err: Buffer[] = [];
  child.stdout?.on("data", b => out.push(b));
  child.stderr?.on("data", b => err.push(b));
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => done({ code: code ?? (signal ? 128 : 1), stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
  });
}

/** Starts a process that outlives this one, its output in a file. */
export function start(program: string, args: string[], log: string, options: SpawnOptions = {}): Proc {
  const fd = openSync(log, "a");
  const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", fd, fd] });
  closeSync(fd);
  child.on("error", () => {}); // seen by `alive`
  child.unref();
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  return identify(child.pid);
}

export function identify(pid: number): Proc { return { pid, start: stat(pid)?.start ?? "" }; }

function stat(pid: number): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8"), f = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: f[0], start: f[19] };
  } catch {
    return undefined;
  }
}

export function alive(p: Proc): boolean {
  const s = stat(p.pid);
  return s !== undefined && s.start === p.start && s.state !== "Z" && s.state !== "X";
}

/** True while the process is stopped by a signal. */
export function stopped(p: Proc): boolean { return alive(p) && stat(p.pid)!.state === "T"; }

/** Sends a signal if it is still that process. */
export function signal(p: Proc, s: NodeJS.Signals): boolean {
  if (!alive(p)) return false;
  try { process.kill(p.pid, s); return true; } catch { return false; }
}

/** Ends processes and waits until they are gone. Blocks this process, for at most two seconds. */
export function end(all: Proc[]): void {
  for (const p of all) signal(p, "SIGKILL");
  for (const until = Date.now() + 2000; all.some(alive) && Date.now() < until;) pause(5);
}

/** Blocks for some milliseconds. */
export function pause(ms: number): void { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms); }

export const sleep = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms));

/** Waits until `test` gives a value other than undefined and false. Throws after `ms`, saying what was waited for. */
export async function until<T>(what: string, ms: number, test: () => T | undefined | false | Promise<T | undefined | false>, step = 10): Promise<T> {
  for (const end = Date.now() + ms; ;) {
    const v = await test();
    if (v !== undefined && v !== false) return v;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(step);
  }
}
