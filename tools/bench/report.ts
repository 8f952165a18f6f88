// What a bench prints and keeps: a table for the terminal, JSON for everything else.

import { execFileSync } from "node:child_process";
import os from "node:os";
import { ROOT } from "../asc.ts";
import { type Result, show } from "./run.ts";
import { summarise } from "./stats.ts";

/** One line per contender of each figure, its bars below. */
export function table(results: Result[]): string {
  const rows = results.flatMap(r => Object.entries(r.runs).map(([name, all], i) => {
    const v = summarise(all.map(s => s.value)), c = summarise(all.flatMap(s => s.cpu ?? [])), notes = Object.keys(all[0]?.notes ?? {});
    return [i === 0 ? r.name : "", name, show(v.median), `${show(v.q1)} - ${show(v.q3)}`, i === 0 ? r.unit : "", c.runs ? show(c.median) : "", i === 0 ? r.cpu : "",
      notes.map(n => `${n} ${show(summarise(all.flatMap(s => s.notes?.[n] ?? [])).median)}`).join(", ")];
  }));
  const head = ["figure", "contender", "median", "quartiles", "", "CPU", "", ""], width = head.map((h, i) => Math.max(h.length, ...rows.map(r => r[i].length)));
  const right = [2, 3, 5];
  return [head, ...rows].map(r => r.map((t, i) => right.includes(i) ? t.padStart(width[i]) : t.padEnd(width[i])).join("  ").trimEnd()).join("\n");
}

export function verdicts(results: Result[]): string {
  return results.flatMap(r => r.verdicts.map(v => `${v.held ? "held  " : "MISSED"}  ${v.figure}: ${v.text}: ${v.ratio.toFixed(3)}`)).join("\n");
}

/** The bars that were missed. */
export function missed(results: Result[]): string[] {
  return results.flatMap(r => r.verdicts.filter(v => !v.held).map(v => `${v.figure}: ${v.text}, is ${v.ratio.toFixed(3)}`));
}

export function json(results: Result[], began: Date): string {
  const figures = results.map(r => ({
    name: r.name, unit: r.unit, cpu: r.cpu, seconds: r.seconds, bars: r.verdicts,
    contenders: Object.entries(r.runs).map(([name, all]) => ({ name, ...summarise(all.map(s => s.value)), cpu: summarise(all.flatMap(s => s.cpu ?? [])), samples: all })),
  }));
  const machine = { kernel: os.release(), processor: os.cpus()[0]?.model, processors: os.cpus().length, node: process.version };
  return JSON.stringify({ commit: commit(), began: began.toISOString(), took: Math.round((Date.now() - began.getTime()) / 1000), machine, figures }, null, 1);
}

/** The commit that was measured, with a + where files differ from it. */
function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? "+" : "");
  } catch {
    return "unknown";
  }
}
