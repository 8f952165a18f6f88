// `hydranet sim`: many seeds in worker processes, or one seed with everything shown; and the named scenarios.

import { fork, type ChildProcess } from "node:child_process";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tools/asc.ts";
import { type Command, number, parse, say, UsageError } from "../../tools/command.ts";
import { build, load } from "./build.ts";
import { mutate } from "./mutate.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { runScenario } from "./scenarios/scenario.ts";
import { type Outcome, runSeed } from "./seed.ts";
import { throughput } from "./throughput.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CORPUS = path.join(HERE, "corpus.txt");
const FAILED = path.join(ROOT, "build/sim/failed");

type Timed = Outcome & { cpu: number };

const HELP = `
hydranet sim [--seeds N] [--from SEED] [--jobs J] [--remember]   run N random seeds (200), J at a time (2)
hydranet sim --minutes M [--from SEED] [--jobs J] [--remember]  as many seeds as M minutes allow
hydranet sim --seed SEED [--verbose] [--pcap FILE]              run one seed and tell what happens
hydranet sim --scenario NAME|all [--verbose] [--pcap FILE]      run a named scenario, or all of them
hydranet sim --mutations [RULE|SCENARIO...] [--jobs J]           take rules out one at a time: a scenario must fail for each
hydranet sim --grid [--write]                                   measure throughput, and compare with docs/throughput.md or write it
hydranet sim --list                                             list the scenarios

The simulator runs the modules that ship, in virtual time on a seeded network, and checks the protocol's invariants at every step. Seeds that once
failed (test/sim/corpus.txt) come first. A failing seed's log and capture are written to build/sim/failed/, with the command that replays it;
--remember adds it to the corpus.
`;

async function run(args: string[]): Promise<number> {
  const p = parse(args, {
    seeds: { type: "string" }, from: { type: "string" }, jobs: { type: "string" }, seed: { type: "string" }, verbose: { type: "boolean" },
    pcap: { type: "string" }, scenario: { type: "string" }, list: { type: "boolean" }, remember: { type: "boolean" },
    mutations: { type: "boolean" }, minutes: { type: "string" }, grid: { type: "boolean" }, write: { type: "boolean" },
  });
  if (p.words.length > 0 && !p.options.mutations) throw new UsageError(`unexpected word '${p.words[0]}'`);
  if (p.options.list) { for (const s of SCENARIOS) console.log(`${s.name.padEnd(44)} ${s.about}`); return 0; }
  const jobs = number(p, "jobs", 1, 256) ?? 2;
  if (p.options.mutations) return mutate(p.words, jobs, say);
  await build(undefined, say);
  const pcap = p.options.pcap as string | undefined, verbose = p.options.verbose === true;
  if (p.options.scenario !== undefined) return scenarios(String(p.options.scenario), verbose, pcap);
  if (p.options.grid) return throughput(await load(["host", "redirector", "peer"]), p.options.write === true, say);
  const seed = number(p, "seed", 0, 2 ** 48);
  if (seed !== undefined) return one(seed, verbose, pcap);
  const minutes = number(p, "minutes", 0, 1e6), n = number(p, "seeds", 0, 1e9) ?? (minutes === undefined ? 200 : 1e9), from = number(p, "from", 0, 2 ** 48) ?? 1;
  return many(new Supply(await corpus(), from, n, minutes), jobs, p.options.remember === true);
}

export const command: Command = { help: HELP, run };

async function one(seed: number, verbose: boolean, pcap?: string): Promise<number> {
  const o = runSeed(await load(["host", "redirector", "peer"]), seed, { pcap, log: verbose ? line => console.log(line) : undefined });
  console.log(`seed ${seed}: ${o.failure || "ok"}; trace ${o.hash}, ${o.steps} events, ${o.seconds.toFixed(1)} s, ${o.faults} faults, ${o.views} views, ${o.takeovers} speakers, ${o.segments} segments`);
  return o.failure ? 1 : 0;
}

async function scenarios(name: string, verbose: boolean, pcap?: string): Promise<number> {
  const list = name === "all" ? SCENARIOS : SCENARIOS.filter(s => s.name === name);
  if (list.length === 0) throw new UsageError(`--scenario: no scenario '${name}'`);
  const modules = await load(["host", "redirector", "peer"]);
  let failed = 0;
  for (const s of list) {
    const failure = runScenario(modules, s, { pcap, log: verbose ? line => console.log(line) : undefined });
    if (failure) failed++;
    console.log(`${failure ? "FAIL" : "ok  "} ${s.name}${failure ? `: ${failure}` : ""}`);
  }
  console.log(`${list.length - failed} of ${list.length} scenarios hold`);
  return failed ? 1 : 0;
}

async function corpus(): Promise<number[]> {
  const text = await readFile(CORPUS, "utf8").catch(() => "");
  return text.split("\n").map(l => l.replace(/#.*/, "").trim()).filter(l => l !== "").map(Number);
}

/** The seeds of the corpus, then `n` from `from` on, or as many as there is time for. */
class Supply {
  private readonly first: number[];
  private readonly end: number;
  private given = 0;
  constructor(corpus: number[], private readonly from: number, private readonly n: number, minutes?: number) {
    this.first = [...new Set(corpus)].filter(s => s < from || s >= from + n);
    this.end = minutes === undefined ? Infinity : Date.now() + minutes * 60_000;
  }
  /** How many, where that is known. */
  get size(): number | undefined { return this.end === Infinity ? this.first.length + this.n : undefined; }
  next(): number | undefined {
    const i = this.given++;
    if (i < this.first.length) return this.first[i];
    return i - this.first.length < this.n && Date.now() < this.end ? this.from + i - this.first.length : undefined;
  }
}

/** Runs seeds in worker processes; each gets its next one when it has finished one. */
async function many(seeds: Supply, jobs: number, remember: boolean): Promise<number> {
  const bar = new Bar(seeds.size), results: Timed[] = [], failures: Timed[] = [];
  await Promise.all(Array.from({ length: Math.min(jobs, seeds.size ?? jobs) }, () => new Promise<void>((done, fail) => {
    let child: ChildProcess, current: number | undefined;
    const feed = (): void => {
      current = seeds.next();
      if (current === undefined) { child.disconnect(); done(); return; }
      child.send(current);
    };
    child = fork(path.join(HERE, "worker.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.on("message", (o: Timed) => {
      results.push(o);
      if (o.failure) { failures.push(o); bar.clear(); console.log(`seed ${o.seed}: ${o.failure}`); }
      bar.step(failures.length);
      feed();
    });
    child.on("error", fail);
    child.on("exit", code => { if (code) fail(new Error(`worker ended with status ${code} in seed ${current}`)); });
    feed();
  })));
  bar.clear();
  for (const f of failures.slice(0, 5)) await report(f.seed);
  if (remember && failures.length) await appendFile(CORPUS, failures.map(f => `${f.seed}\n`).join(""));
  console.log(coverage(results));
  console.log(summary(results, failures.length));
  const missed = failed(results);
  for (const m of missed) console.log(`missed: ${m}`);
  return missed.length ? 1 : 0;
}

/** Runs a failed seed again with log and capture. */
async function report(seed: number): Promise<void> {
  await mkdir(FAILED, { recursive: true });
  const pcap = path.join(FAILED, `${seed}.pcapng`), lines: string[] = [];
  runSeed(await load(["host", "redirector", "peer"]), seed, { pcap, log: line => lines.push(line) });
  await writeFile(path.join(FAILED, `${seed}.log`), lines.join("\n") + "\n");
  const file = path.relative(ROOT, pcap);
  console.log(`seed ${seed}: ${path.relative(ROOT, path.join(FAILED, `${seed}.log`))}; again: npm run sim -- --seed ${seed} --verbose --pcap ${file}`);
}

/** What was drawn: how often, and in how many seeds. */
function coverage(all: Timed[]): string {
  const times = new Map<string, number>(), seeds = new Map<string, number>();
  for (const o of all) for (const [what, n] of Object.entries(o.drawn)) {
    times.set(what, (times.get(what) ?? 0) + n);
    seeds.set(what, (seeds.get(what) ?? 0) + 1);
  }
  const rows = [...times].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, n]) => `${what.padEnd(34)} ${String(n).padStart(8)} ${String(seeds.get(what)).padStart(8)}`);
  return [`${"drawn".padEnd(34)} ${"times".padStart(8)} ${"in seeds".padStart(8)}`, ...rows].join("\n");
}

/** Seconds of processor that a seed may take on average. */
const CPU = 0.2;

/** Promises that did not hold. */
function failed(all: Timed[]): string[] {
  const out: string[] = [], bad = all.filter(o => o.failure !== "").length, few = all.filter(o => o.faults < 3).length, cpu = all.reduce((n, o) => n + o.cpu, 0) / Math.max(1, all.length);
  if (bad) out.push(`${bad} of ${all.length} seeds failed`);
  if (few) out.push(`${few} seeds had less than three faults`);
  if (cpu > CPU) out.push(`${cpu.toFixed(3)} s of processor per seed, promised at most ${CPU} s`);
  return out;
}

function summary(all: Timed[], failed: number): string {
  const sum = (f: (o: Timed) => number): number => all.reduce((n, o) => n + f(o), 0);
  const least = all.reduce((n, o) => Math.min(n, o.faults), Infinity);
  return `${all.length - failed} of ${all.length} seeds hold: ${sum(o => o.faults)} faults (at least ${least} each), ${sum(o => o.views)} views, ${sum(o => o.takeovers)} speakers, ` +
    `${sum(o => o.losses)} total losses, ${sum(o => o.segments)} segments checked, ${Math.round(sum(o => o.seconds))} virtual seconds, ${(sum(o => o.cpu) / Math.max(1, all.length)).toFixed(3)} s of processor per seed`;
}

/** A line on the terminal that shows how far it is. */
class Bar {
  private done = 0;
  private shown = 0;
  constructor(private readonly all: number | undefined) {}

  step(failed: number): void {
    this.done++;
    const now = Date.now();
    if (!process.stderr.isTTY || (now - this.shown < 200 && this.done !== this.all)) return;
    this.shown = now;
    const width = 30, full = Math.round(width * this.done / (this.all ?? Infinity)), bar = this.all === undefined ? "" : `[${"#".repeat(full)}${".".repeat(width - full)}] `;
    process.stderr.write(`\r${bar}${this.done}${this.all === undefined ? "" : `/${this.all}`} seeds, ${failed} failed `);
  }

  clear(): void { if (process.stderr.isTTY) process.stderr.write("\r\x1b[K"); }
}
