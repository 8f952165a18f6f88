// A lab without root lives in a user namespace, which lasts as long as a process is in it: a holder that sleeps. Commands enter it.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { hand } from "../children.ts";
import { alive, identify, type Proc, signal } from "./process.ts";

const DIR = path.join(process.env.XDG_RUNTIME_DIR ?? "/tmp", `hydranet-${process.getuid!()}`);
const fileOf = (run: string): string => path.join(DIR, `${run}.holder`);

function holder(run: string): Proc | undefined {
  try {
    const p = JSON.parse(readFileSync(fileOf(run), "utf8")) as Proc;
    return alive(p) ? p : undefined;
  } catch {
    return undefined;
  }
}

/** Starts the holder of a run unless there is one. */
async function hold(run: string): Promise<Proc> {
  const was = holder(run);
  if (was) return was;
  const child = spawn("unshare", ["-Urnm", "sh", "-c", "mount -t tmpfs tmpfs /run && echo ready && exec sleep infinity"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  const end = (): void => { child.kill("SIGKILL"); };
  process.on("exit", end);
  const ready = await new Promise<boolean>(done => { child.stdout.once("data", () => done(true)); child.once("close", () => done(false)); });
  if (!ready) throw new Error("no user namespace with network namespaces can be made here; run it as root");
  const proc = identify(child.pid!);
  mkdirSync(DIR, { recursive: true, mode: 0o700 });
  writeFileSync(fileOf(run), JSON.stringify(proc), { mode: 0o600 });
  process.removeListener("exit", end);
  child.stdout.destroy();
  child.unref();
  return proc;
}

/**
 * Runs this very command line inside the run's namespace; its exit status. `up` starts one, which ends again where it fails. Undefined where it
 * runs inside already.
 */
export async function enter(run: string, up: boolean): Promise<number | undefined> {
  if (process.getuid!() === 0) return undefined;
  const is = holder(run), proc = up ? await hold(run) : is;
  if (!proc) throw new Error(`no lab '${run}' is up`);
  const undo = (): void => release(run), fresh = up && !is;
  if (fresh) process.on("exit", undo);
  const status = await hand("nsenter", ["-t", String(proc.pid), "-U", "-n", "-m", "--preserve-credentials", "--", process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  if (fresh && status === 0) process.removeListener("exit", undo);
  return status;
}

/** Ends the holder, and what is left in its namespaces. */
export function release(run: string): void {
  const proc = holder(run);
  if (proc) for (const p of [...inNamespaceOf(proc.pid).map(identify), proc]) signal(p, "SIGKILL");
  rmSync(fileOf(run), { force: true });
}

/** Processes that share a process's mount namespace. */
function inNamespaceOf(pid: number): number[] {
  const space = (p: number): string => { try { return readlinkSync(`/proc/${p}/ns/mnt`); } catch { return ""; } }, its = space(pid);
  return its === "" ? [] : readdirSync("/proc").filter(p => /^\d+$/.test(p)).map(Number).filter(p => space(p) === its);
}
