// A phase of the soak: traffic in rounds on a lab whose nodes nobody kills. Whoever is removed is removed falsely; lapses of a lease are counted beside.

import { spawn, type ChildProcess } from "node:child_process";
import os from "node:os";
import type { Bed } from "../campaign/bed.ts";
import { plan } from "../campaign/phase.ts";
import type { Shape } from "../lab/link.ts";
import { sleep } from "../lab/lab.ts";

export interface Phase { name: string; minutes: number; shape: Shape; busy: boolean }

/** What the nodes counted in a phase, and what the clients saw. */
export interface Found {
  phase: string; minutes: number; rounds: number; removals: number; losses: number; lapses: number; probings: number; views: number; bytes: number;
  /** At the clients' kernel. */
  timeouts: number; retransmissions: number;
  failures: string[];
}

/** Of assembly/manage/counters.ts and assembly/ft/counters.ts. */
const COUNTERS = { views: "270", removals: "271", losses: "274", lapses: "180", probings: "277" } as const;
type Counted = Record<keyof typeof COUNTERS, number>;

/** Milliseconds of traffic between two looks at the bytes, and within which it must end and all be members again. */
const ROUND = 20_000, PATIENCE = 30_000, RATE = 400_000;

/** Every link of the site: each interface's own. */
function links(bed: Bed): string[] {
  return bed.lab.site.nodes.flatMap(n => n.interfaces.map(i => n.interfaces.length > 1 ? `${n.name}.${i.name}` : n.name));
}

async function counted(bed: Bed): Promise<Counted> {
  const all = await bed.counters();
  return Object.fromEntries(Object.entries(COUNTERS).map(([name, index]) => [name, all[index] ?? 0])) as unknown as Counted;
}

/** Programs that compute and nothing else, one per processor. */
class Busy {
  private readonly children: ChildProcess[] = [];
  private readonly end = (): void => this.stop();
  start(): void {
    process.on("exit", this.end);
    for (let i = 0; i < os.cpus().length; i++) this.children.push(spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
  }
  stop(): void {
    process.removeListener("exit", this.end);
    for (const c of this.children.splice(0)) c.kill("SIGKILL");
  }
}

export async function soak(bed: Bed, phase: Phase, tell: (f: Found, left: number) => void): Promise<Found> {
  const found: Found = { phase: phase.name, minutes: 0, rounds: 0, removals: 0, losses: 0, lapses: 0, probings: 0, views: 0, bytes: 0, timeouts: 0, retransmissions: 0, failures: [] };
  const busy = new Busy(), began = Date.now(), end = began + phase.minutes * 60_000;
  try {
    for (const l of Object.keys(phase.shape).length ? links(bed) : []) await bed.lab.shape(l, phase.shape);
    if (phase.busy) busy.start();
    while (Date.now() < end) {
      await round(bed, found, Math.min(ROUND, end - Date.now()));
      found.minutes = (Date.now() - began) / 60_000;
      tell(found, Math.max(0, end - Date.now()));
    }
  } finally {
    busy.stop();
  }
  for (const l of Object.keys(phase.shape).length ? links(bed) : []) await bed.lab.shape(l, {});
  return found;
}

/** Some seconds of traffic of every kind, its end, and everybody's place in the chains afterwards. */
async function round(bed: Bed, found: Found, ms: number): Promise<void> {
  const before = await counted(bed), kernel = await bed.client.counters();
  await bed.client.open((["upload", "download", "pingpong"] as const).flatMap(p => plan(bed, p, RATE).steady.map(s => ({ ...s, rate: RATE }))));
  await sleep(ms);
  const results = await bed.client.finish(PATIENCE), after = await counted(bed), told = await bed.client.counters();
  for (const k of Object.keys(COUNTERS) as (keyof Counted)[]) found[k] += after[k] - before[k];
  found.rounds++;
  found.bytes += results.reduce((n, r) => n + r.bytes, 0);
  found.timeouts += told.TCPTimeouts - kernel.TCPTimeouts;
  found.retransmissions += told.RetransSegs - kernel.RetransSegs;
  for (const r of results) if (!r.ok) found.failures.push(`round ${found.rounds}: ${r.kind}: ${r.error}`);
  for (const d of await bed.differences(5000)) found.failures.push(`round ${found.rounds}: ${d}`);
  await bed.ready(PATIENCE);
}
