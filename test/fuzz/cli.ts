// `hydranet fuzz`: searches for inputs that break a promise, in worker processes; plays one again; random packets in bulk; SYN floods.

import { fork, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../tools/asc.ts";
import { type Command, number, parse, type Parsed, say, UsageError } from "../../tools/command.ts";
import { build, load } from "../sim/build.ts";
import { keep, kept, read, save } from "./corpus.ts";
import { distil, type Finding, kind } from "./fuzzer.ts";
import { bytesOf, fromText, type Input } from "./input.ts";
import { flood } from "./flood.ts";
import { isic } from "./isic.ts";
import { find, TARGETS } from "./targets/index.ts";
import { type Job, type News } from "./worker.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url)), RUNNING = path.join(ROOT, "build/fuzz/running");
/** Milliseconds without a word after which an input counts as endless. */
const PATIENCE = 120_000;
/** Inputs that the repository keeps per target at most. */
const KEPT = 60;

const OPTIONS = {
  target: { type: "string", multiple: true }, seconds: { type: "string" }, cases: { type: "string" }, jobs: { type: "string" }, seed: { type: "string" }, keep: { type: "boolean" }, replay: { type: "string" },
  verbose: { type: "boolean" }, isic: { type: "string" }, flood: { type: "boolean" }, rate: { type: "string", multiple: true }, list: { type: "boolean" },
} as const;

export const command: Command = {
  help: `
hydranet fuzz [--target NAME]... [--seconds N] [--jobs J] [--seed S] [--keep]
hydranet fuzz --replay FILE --target NAME [--verbose]
hydranet fuzz --isic N [--jobs J] [--seed S]
hydranet fuzz --flood [--rate R]... [--seconds N]

Feeds the shipped modules, in this process's virtual time, with inputs that are generated and changed, and keeps those that show something new
(counters, errors, answers). Besides traps it looks for frames and buffers that are not given back, refusals that are not counted once, honest connections
that lose a byte or are reset, broken invariants of the protocol, endless work, and runs that differ from each other. A failing input is made small and
saved in build/fuzz/failed, with the command that plays it again.

  --target NAME   ${TARGETS.map(t => t.name).join(", ")} (default: all)
  --seconds N     how long, for each target (60)
  --cases N       at most so many inputs per job, however long it takes
  --jobs J        processes at a time (2)
  --seed S        of the random numbers (1)
  --keep          adds the inputs that show something new to test/fuzz/corpus, at most ${KEPT} for each target
  --replay FILE   runs the inputs of a file; --verbose tells what happens
  --isic N        N random packets of every kind, as the program isic makes them, port scans, and guesses at live connections
  --flood         SYNs from random sources beside 20 new connections per second, at each --rate (default 14880 and what lies above it)
  --list          what each target feeds, and what must hold`,

  async run(args) {
    const p = parse(args, OPTIONS, 0), jobs = number(p, "jobs", 1, 256) ?? 2, seed = number(p, "seed", 0, 2 ** 48) ?? 1;
    if (p.options.list) { for (const t of TARGETS) console.log(`${t.name.padEnd(10)} ${t.about}`); return 0; }
    const names = p.options.target as string[] | undefined;
    for (const n of names ?? []) if (!TARGETS.some(t => t.name === n)) throw new UsageError(`--target: found '${n}', expected one of ${TARGETS.map(t => t.name).join(", ")}`);
    if (p.options.flood) return flood((p.options.rate as string[] | undefined)?.map(Number), number(p, "seconds", 1, 3600) ?? 5, say);
    await build(undefined, say);
    const bulk = number(p, "isic", 1, 1e10);
    if (bulk !== undefined) return isic(bulk, jobs, seed, say);
    if (p.options.replay !== undefined) return replay(p, names);
    return search(names ?? TARGETS.map(t => t.name), p, jobs, seed);
  },
};

async function replay(p: Parsed, names?: string[]): Promise<number> {
  if (names?.length !== 1) throw new UsageError("--replay goes with one --target");
  const modules = await load(["host", "redirector", "peer"]), log = p.options.verbose ? (line: string): void => console.log(line) : undefined;
  let failed = 0;
  for (const [i, input] of read(String(p.options.replay)).entries()) {
    const o = find(names[0]).run(modules, input, log);
    if (o.failure) failed++;
    console.log(`input ${i + 1}: ${o.failure || `ok, ${o.features.size} features, trace ${o.hash.slice(0, 40)}`}`);
  }
  return failed ? 1 : 0;
}

async function search(names: string[], p: Parsed, jobs: number, seed: number): Promise<number> {
  const seconds = number(p, "seconds", 0, 1e7) ?? 60, cases = number(p, "cases", 1, 1e9) ?? Infinity, findings: Finding[] = [];
  mkdirSync(RUNNING, { recursive: true });
  for (const name of names) {
    const o = await one(name, { seconds, cases: Number.isFinite(cases) ? cases : 2 ** 52 }, jobs, seed);
    findings.push(...o.findings);
    console.log(`${name.padEnd(10)} ${o.cases} inputs, ${o.features.size} features, ${o.corpus.length} inputs that showed a new one, ${o.findings.length} failures`);
    if (p.options.keep && o.corpus.length > 0) await merge(name, o.corpus);
  }
  for (const f of findings) console.log(`\n${f.failure}\nagain: npm run fuzz -- --target ${f.target} --replay ${save(f)} --verbose`);
  return findings.length ? 1 : 0;
}

interface Sum { cases: number; features: Set<string>; corpus: Input[]; findings: Finding[] }

/** One target in `jobs` processes. */
async function one(target: string, until: { seconds: number; cases: number }, jobs: number, seed: number): Promise<Sum> {
  const sum: Sum = { cases: 0, features: new Set(), corpus: [], findings: [] }, counts = new Array<number>(jobs).fill(0), began = Date.now();
  const tell = (features: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${target}: ${((Date.now() - began) / 1000).toFixed(0)} s, ${counts.reduce((a, x) => a + x, 0)} inputs, ${features} features, ${sum.findings.length} failures \x1b[K`);
  };
  await Promise.all(counts.map((_, job) => work({ target, seed, job, ...until, running: path.join(RUNNING, `${target}-${job}.txt`) }, news => {
    counts[job] = news.cases;
    for (const f of news.findings) if (!sum.findings.some(x => kind(x.failure) === kind(f.failure))) sum.findings.push(f);
    for (const f of news.done?.features ?? []) sum.features.add(f);
    sum.corpus.push(...(news.done?.corpus ?? []));
    tell(news.features);
  })));
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  sum.cases = counts.reduce((a, x) => a + x, 0);
  return sum;
}

/** A process of its own; one that says nothing for PATIENCE is ended, and its input has failed. */
function work(job: Job, hear: (news: News) => void): Promise<void> {
  return new Promise((done, fail) => {
    const child: ChildProcess = fork(path.join(HERE, "worker.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
    let timer: NodeJS.Timeout, ended = false;
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        ended = true;
        child.kill("SIGKILL");
        hear({ cases: 0, features: 0, corpus: 0, findings: [{ target: job.target, failure: `no end after ${PATIENCE / 1000} s`, input: fromText(readFileSync(job.running, "utf8"), job.running) }] });
      }, PATIENCE);
    };
    child.on("message", (news: News) => { hear(news); if (news.findings.length) say(`${job.target}: ${news.findings[0].failure.split("\n")[0]}`); wait(); });
    child.on("error", fail);
    child.on("exit", code => { clearTimeout(timer); if (code && !ended) fail(new Error(`a worker of ${job.target} ended with status ${code}; its input is in ${job.running}`)); else done(); });
    child.send(job);
    wait();
  });
}

/** The inputs of the repository and the new ones, as few as show all. */
async function merge(target: string, inputs: Input[]): Promise<void> {
  const all = distil(find(target), await load(["host", "redirector", "peer"]), [...kept(target), ...inputs], bytesOf);
  keep(target, all.slice(0, KEPT));
  say(`test/fuzz/corpus/${target}.txt: ${Math.min(KEPT, all.length)} inputs`);
}
