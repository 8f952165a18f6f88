// The results file: one line of JSON per run, keyed by the modules that it rests on; and what the runs of each class and phase amount to.

import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { wasmOf } from "../build/build.ts";
import type { Outcome } from "./campaign.ts";
import type { Fault } from "./fault.ts";
import { median } from "./flow.ts";
import type { Phase } from "./phase.ts";

export type Entry = Outcome & { key: string; commit: string; parameters: string; date: string };

/** `key`: hash of the modules; `commit`: what is checked out, with a plus where the modules' sources differ from it. */
export interface Shipped { key: string; commit: string; host: string; redirector: string }

function commit(): string {
  const git = (...args: string[]): string => spawnSync("git", args, { cwd: ROOT, encoding: "utf8" }).stdout?.trim() ?? "";
  const head = git("rev-parse", "--short=10", "HEAD");
  return head === "" ? "unknown" : `${head}${git("status", "--porcelain", "--", "assembly", "boards/linux-host", "boards/linux-redirector") === "" ? "" : "+"}`;
}

/** Takes a copy of the modules that are built, so that a build meanwhile changes nothing; the key is their hash. */
export function ship(folder: string): Shipped {
  const bytes = ["linux-host", "linux-redirector"].map(m => readFileSync(wasmOf(m))), h = createHash("sha256");
  for (const b of bytes) h.update(b);
  const key = h.digest("hex").slice(0, 16), dir = path.join(folder, key), [host, redirector] = ["host.wasm", "redirector.wasm"].map(f => path.join(dir, f));
  mkdirSync(dir, { recursive: true });
  [host, redirector].forEach((f, i) => { if (!existsSync(f)) writeFileSync(f, bytes[i]); });
  return { key, commit: commit(), host, redirector };
}

export function load(file: string): Entry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").split("\n").filter(l => l !== "").map((l, i) => {
    try { return JSON.parse(l) as Entry; } catch { throw new Error(`${file}:${i + 1}: no JSON; remove the line`); }
  });
}

export function append(file: string, e: Entry): void {
  mkdirSync(path.dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(e)}\n`);
}

/** How many runs of a class in a phase are wanted. */
export interface Item { fault: Fault; phase: Phase; wanted: number }

export interface Row {
  fault: Fault; phase: Phase | "all"; wanted: number; runs: number; passed: number;
  median: number; p90: number; worst: number; timeouts: number; retransmissions: number; probes: number; resets: number; stalls: number[];
  /** Promises that did not hold. */
  missed: string[];
}

/** The runs of a class in a phase, judged. */
export function summarise({ fault, phase, wanted }: Item, entries: Entry[]): Row {
  const row = sums(fault, phase, wanted, entries.filter(e => e.class === fault.name && e.phase === phase));
  return { ...row, missed: missed(row) };
}

/** All runs of each class, its phases together. */
export function totals(rows: Row[], entries: Entry[]): Row[] {
  const classes = [...new Set(rows.map(r => r.fault))];
  return classes.map(f => {
    const own = rows.filter(r => r.fault === f), phases = own.map(r => r.phase);
    return sums(f, "all", own.reduce((n, r) => n + r.wanted, 0), entries.filter(e => e.class === f.name && phases.includes(e.phase)));
  });
}

function sums(fault: Fault, phase: Row["phase"], wanted: number, all: Entry[]): Row {
  const stalls = all.map(e => e.stall).sort((a, b) => a - b), sum = (f: (e: Entry) => number): number => all.reduce((n, e) => n + f(e), 0);
  return {
    fault, phase, wanted, runs: all.length, passed: all.filter(e => e.ok).length, stalls, median: median(stalls), p90: stalls[Math.min(stalls.length - 1, Math.floor(stalls.length * 0.9))] ?? 0, worst: stalls.at(-1) ?? 0,
    timeouts: sum(e => e.timeouts), retransmissions: sum(e => e.retransmissions), probes: sum(e => e.probes), resets: sum(e => e.resets), missed: [],
  };
}

function missed(r: Row): string[] {
  const out: string[] = [], b = r.fault.bars, name = `${r.fault.name}/${r.phase}`;
  if (r.passed < Math.max(r.wanted, r.runs)) out.push(`${name}: ${r.passed} of ${Math.max(r.wanted, r.runs)} runs`);
  if (b.median !== undefined && r.runs > 0 && r.median >= b.median) out.push(`${name}: median stall ${r.median.toFixed(0)} ms, promised below ${b.median} ms`);
  if (b.worst !== undefined && r.worst >= b.worst) out.push(`${name}: worst stall ${r.worst.toFixed(0)} ms, promised below ${b.worst} ms`);
  if (b.timeouts !== undefined && r.timeouts > b.timeouts) out.push(`${name}: ${r.timeouts} retransmission timeouts at the client, promised ${b.timeouts}`);
  return out;
}

/** The table for the terminal. */
export function table(rows: Row[]): string {
  const head = ["class", "phase", "passed", "median", "p90", "worst ms", "RTO", "retr", "TLP", "resets"];
  const cells = rows.map(r => [r.fault.name, r.phase, `${r.passed}/${r.runs}`, r.median.toFixed(1), r.p90.toFixed(1), r.worst.toFixed(1), r.timeouts, r.retransmissions, r.probes, r.resets].map(String));
  const width = head.map((h, i) => Math.max(h.length, ...cells.map(c => c[i].length)));
  return [head, ...cells].map(c => c.map((t, i) => i < 2 ? t.padEnd(width[i]) : t.padStart(width[i])).join("  ").trimEnd()).join("\n");
}
