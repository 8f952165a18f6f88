// Mutation runs: takes rules out of the sources, one at a time, and demands that a scenario made for the rule then fails.

import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, load } from "./build.ts";
import { MUTATIONS } from "./mutations/index.ts";
import { type Job, type Outcome, unknownScenarios } from "./mutations/mutant.ts";
import { type Mutation } from "./mutations/mutation.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { runScenario } from "./scenarios/scenario.ts";

const WORKER = path.join(path.dirname(fileURLToPath(import.meta.url)), "mutations/mutant.ts");

/** Runs the mutations of the named rules (or that name these scenarios), or all of them; 1 where one survives. */
export async function mutate(names: string[], jobs: number, say: (line: string) => void): Promise<number> {
  const wanted = names.map(n => n.toLowerCase());
  const list = MUTATIONS.filter(m => wanted.length === 0 || wanted.includes(m.rule.toLowerCase()) || m.scenarios.some(s => wanted.includes(s)));
  for (const m of list) for (const s of unknownScenarios(m)) throw new Error(`mutation of ${m.rule}: no scenario '${s}'`);
  await build(undefined, say);
  await unharmed(list);
  console.log(row("rule", "mutation", "scenario", "what the checker said"));
  let survivors = 0;
  await all(list, jobs, (m, o) => { if (!killed(m, o)) survivors++; });
  console.log(`${list.length - survivors} of ${list.length} mutations are killed`);
  return survivors || list.length === 0 ? 1 : 0;
}

/** Every scenario that is named holds while no rule is missing. */
async function unharmed(list: readonly Mutation[]): Promise<void> {
  const modules = await load(["host", "redirector", "peer"]), named = new Set(list.flatMap(m => m.scenarios));
  for (const s of SCENARIOS) {
    const failure = named.has(s.name) ? runScenario(modules, s) : "";
    if (failure) throw new Error(`scenario ${s.name} fails without any mutation: ${failure}`);
  }
}

/** Tells what became of a mutation; true where a scenario failed. */
function killed(m: Mutation, o: Outcome): boolean {
  const failed = Object.entries(o.failures).filter(([, failure]) => failure !== "");
  if (o.error) console.log(row(m.rule, m.what, "ERROR", o.error));
  else if (failed.length === 0) console.log(row(m.rule, m.what, "SURVIVES", m.scenarios.join(", ")));
  for (const [name, failure] of failed) console.log(row(m.rule, m.what, name, failure));
  return o.error === "" && failed.length > 0;
}

const row = (rule: string, what: string, scenario: string, said: string): string => `${rule.padEnd(6)} | ${what} | ${scenario} | ${said}`;

/** Hands mutations to worker processes, each the next one when it has finished one. */
async function all(list: readonly Mutation[], jobs: number, tell: (m: Mutation, o: Outcome) => void): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(jobs, list.length) }, () => new Promise<void>((done, fail) => {
    const child: ChildProcess = fork(WORKER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const feed = (): void => {
      if (next === list.length) { child.disconnect(); done(); return; }
      const id = next++;
      child.send({ id, edits: list[id].edits, scenarios: list[id].scenarios } satisfies Job);
    };
    child.on("message", (o: Outcome) => { tell(list[o.id], o); feed(); });
    child.on("error", fail);
    child.on("exit", code => { if (code) fail(new Error(`worker ended with status ${code}`)); });
    feed();
  })));
}
