// One run of a failure class in a phase: traffic, fault, judgement, and the system brought back to three equal replicas.

import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Lab, type Options, sleep } from "../lab/lab.ts";
import { Bed } from "./bed.ts";
import type { Fault, Scene } from "./fault.ts";
import { clock, median, type Result } from "./flow.ts";
import { type Phase, plan } from "./phase.ts";

export interface Settings { lab: Options; rate: number; failed: string }

export interface Outcome {
  class: string; phase: Phase; run: number; ok: boolean; failures: string[]; notes: string[];
  /** Milliseconds: the longest silence of a client's socket less the undisturbed median, and both. */
  stall: number; gap: number; median: number;
  /** The client's kernel, over the run. */
  timeouts: number; retransmissions: number; probes: number;
  resets: number; connections: number; bytes: number; seconds: number;
}

/** Before the fault comes: long enough that a median silence means something. */
const LEAD = 350, STRIKE_LEAD = 60, STAGGER_LEAD = 8;

export class Campaign {
  private bed?: Bed;
  /** Name of a lab that is being brought up. */
  private starting?: string;
  constructor(private readonly settings: Settings) {}

  /** Removes the lab, also one that is only half up. */
  down(): void {
    if (this.starting) Lab.remove(this.starting);
    this.bed?.down();
    this.bed = this.starting = undefined;
  }

  private async up(): Promise<Bed> {
    this.starting = this.settings.lab.run;
    try { return await Bed.up(this.settings.lab); } finally { this.starting = undefined; }
  }

  async run(f: Fault, phase: Phase, run: number): Promise<Outcome> {
    const began = clock();
    this.bed ??= await this.up();
    const bed = this.bed, p = plan(bed, phase, this.settings.rate);
    const s: Scene = { bed, members: (await bed.lab.chain(p.service)).members, run, failures: [], notes: [] };
    const before = await bed.client.counters();
    await bed.client.open(p.steady);
    await sleep(LEAD + Math.random() * 100);
    const at = clock() + STRIKE_LEAD;
    await bed.client.strike({ at, from: at - STAGGER_LEAD + Math.random() * 4, every: p.every, open: p.opened, last: p.last });
    await moment(at);
    await f.strike(s).catch((e: Error) => { s.failures.push(e.message); });
    await sleep(f.after);
    const results = await bed.client.finish(f.patience), after = await bed.client.counters();
    judge(s, f, results);
    s.failures.push(...await bed.differences(1500));
    const stall = stallOf(phase, results, at);
    const out: Outcome = {
      class: f.name, phase, run, ok: s.failures.length === 0, failures: s.failures, notes: s.notes, ...stall,
      timeouts: after.TCPTimeouts - before.TCPTimeouts, retransmissions: after.RetransSegs - before.RetransSegs, probes: after.TCPLossProbes - before.TCPLossProbes,
      resets: results.filter(r => r.reset).length, connections: results.length, bytes: results.reduce((n, r) => n + r.bytes, 0), seconds: 0,
    };
    if (!out.ok || out.stall >= (f.bars.worst ?? Infinity)) await this.keep(bed, out);
    await this.heal(bed, out);
    out.ok = out.failures.length === 0;
    out.seconds = round((clock() - began) / 1e3);
    return out;
  }

  /** Starts the dead again and waits until they have joined; where that fails, the next run gets a new lab. */
  private async heal(bed: Bed, out: Outcome): Promise<void> {
    try {
      for (const n of [...bed.servers, "r"]) if (bed.lab.running(n) && bed.lab.paused(n)) bed.lab.resume(n);
      await Promise.all([...bed.servers, "r"].filter(n => !bed.lab.running(n)).map(n => bed.lab.start(n)));
      await bed.ready();
    } catch (e) {
      out.failures.push(`afterwards: ${(e as Error).message}`);
      await this.keep(bed, out);
      this.down();
    }
  }

  /** Keeps what the nodes said and know of a run that failed or was too slow. */
  private async keep(bed: Bed, out: Outcome): Promise<void> {
    const dir = path.join(this.settings.failed, `${out.class}-${out.phase}-${out.run}-${Date.now()}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, "outcome.json"), JSON.stringify(out, undefined, 1));
    writeFileSync(path.join(dir, "status.json"), JSON.stringify(await bed.lab.statuses(), undefined, 1));
    for (const f of existsSync(bed.lab.dir) ? readdirSync(bed.lab.dir) : []) if (/\.(log|pcap)$/.test(f)) copyFileSync(bed.lab.file(f), path.join(dir, f));
    out.notes.push(`kept in ${dir}`);
  }
}

/** Waits for a moment on the monotonic clock, to a tenth of a millisecond. */
async function moment(at: number): Promise<void> {
  await sleep(Math.max(0, at - clock() - 2));
  while (clock() < at);
}

function judge(s: Scene, f: Fault, results: Result[]): void {
  const bad = new Map<string, number>();
  for (const r of results) {
    if (f.resets ? r.reset : r.ok) continue;
    const text = f.resets ? `${r.kind}: ${r.ok ? "went on" : r.error}, where a reset is right` : `${r.kind}: ${r.error}`;
    bad.set(text, (bad.get(text) ?? 0) + 1);
  }
  for (const [text, n] of bad) s.failures.push(n > 1 ? `${n} x ${text}` : text);
}

/** A connection that is opened around the fault is silent while it is established. */
function stallOf(phase: Phase, results: Result[], at: number): { stall: number; gap: number; median: number } {
  const ordinary = median(results.filter(r => r.opened + r.connect < at).map(r => r.connect)), rows = results.map(r => {
    const m = r.median || ordinary, opening = r.connect > 0 && r.opened + r.connect >= at ? r.connect : 0, gap = Math.max(r.gap, phase === "handshake" || phase === "close" ? opening : 0);
    return { stall: round(Math.max(0, gap - m)), gap: round(gap), median: round(m) };
  });
  return rows.reduce((a, b) => b.stall > a.stall ? b : a, { stall: 0, gap: 0, median: 0 });
}

export const round = (v: number): number => Math.round(v * 100) / 100;
