// Runs figures: each contender in turn, again and again, so that whatever else the machine does falls on all of them.

import type { Contender, Figure } from "./figure.ts";
import { judge, type Sample, type Verdict } from "./stats.ts";

export interface Result { name: string; unit: string; cpu: string; seconds: number; runs: Record<string, Sample[]>; verdicts: Verdict[] }

export interface Plan { runs: number; seconds: number; say(line: string): void }

/** Measures one figure. `left` tells how much is still to be done, from how many samples are done. */
export async function measure(f: Figure, plan: Plan, left: (done: number) => string): Promise<Result> {
  const runs: Record<string, Sample[]> = {};
  try {
    const contenders = await f.up();
    for (const c of contenders) runs[c.name] = [];
    for (let i = 0, done = 0; i < plan.runs; i++) {
      for (const c of turn(contenders, i)) {
        const s = await c.measure(plan.seconds).catch(e => { throw new Error(`${f.name}, ${c.name}, run ${i + 1}: ${(e as Error).message}`); });
        runs[c.name].push(s);
        plan.say(`${left(++done)} ${f.name}, run ${i + 1} of ${plan.runs}, ${c.name}: ${show(s.value)} ${f.unit}${s.cpu === undefined ? "" : `, ${show(s.cpu)} ${f.cpu}`}`);
      }
    }
  } finally {
    await f.down();
  }
  return { name: f.name, unit: f.unit, cpu: f.cpu, seconds: plan.seconds, runs, verdicts: f.bars.map(b => judge(f.name, b, runs)) };
}

/** The contenders, another one first in each run. */
function turn(all: Contender[], i: number): Contender[] {
  const k = i % all.length;
  return [...all.slice(k), ...all.slice(0, k)];
}

/** Three or four digits that count. */
export function show(v: number): string {
  if (!Number.isFinite(v)) return "-";
  const a = Math.abs(v);
  return a >= 1000 ? Math.round(v).toLocaleString("en-US") : v.toFixed(a >= 100 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3);
}
