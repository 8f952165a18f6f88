// `hydranet test`: every suite, with its progress, summed in one last line. A suite that could not run, and a test that was skipped, have failed.

import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "./asc.ts";
import { build, BUILD, cargo } from "./build/build.ts";
import { end, start, TYPESCRIPT } from "./children.ts";
import { type Command, parse, UsageError } from "./command.ts";
import { runSpecs, specs } from "./spec.ts";

interface Outcome { passed: number; failed: number; text: string }
interface Suite {
  name: string;
  /** Measures time: nothing else runs beside it. */
  alone?: boolean;
  run(): Promise<Outcome>;
}

/** Folders of test/ with tests for node's test runner, and how many files may run at a time. */
const NODE = [{ dir: "tools", alone: true, jobs: 1 }, { dir: "rfc", jobs: 1 }, { dir: "service", jobs: 1 }, { dir: "firmware", jobs: 1 }, { dir: "nic", jobs: 1 }, { dir: "host", alone: true, jobs: 1 }, { dir: "sim", alone: true, jobs: 2 }, { dir: "fuzz", alone: true, jobs: 1 }, { dir: "lab", alone: true, jobs: 1 }];
const PATIENCE = 40 * 60_000;

async function suites(): Promise<Suite[]> {
  const files = await specs([]), folders = [...new Set(files.map(f => f.split("/")[1]))];
  return [
    { name: "build", alone: true, run: () => attempt(async () => { const lines: string[] = []; await build([], l => lines.push(l)); return lines.join("\n"); }) },
    { name: "types", run: () => program("types", process.execPath, ["node_modules/typescript/bin/tsc", "-p", "."], exitStatus) },
    { name: "cargo", run: () => program("cargo", "cargo", ["test", "--release", "--locked", "--manifest-path", "host/linux/Cargo.toml"], cargoSums, cargo()) },
    ...folders.map(f => ({ name: `spec ${f}`, run: () => specSuite(files.filter(x => x.startsWith(`test/${f}/`))) })),
    ...NODE.map(n => ({ name: n.dir, alone: n.alone, run: () => nodeSuite(n.dir, n.jobs) })),
  ];
}

async function attempt(f: () => Promise<string>): Promise<Outcome> {
  try { return { passed: 1, failed: 0, text: await f() }; } catch (e) { return { passed: 0, failed: 1, text: (e as Error).message }; }
}

async function specSuite(files: string[]): Promise<Outcome> {
  let text = "";
  const status = await runSpecs(files, t => { text += t; });
  const m = /\[Tests\]:\s*(\d+)\s*\/\s*(\d+)/.exec(plain(text));
  return atLeastOne(status, m ? Number(m[1]) : 0, m ? Number(m[2]) - Number(m[1]) : 0, text);
}

async function nodeSuite(dir: string, jobs: number): Promise<Outcome> {
  const files = (await readdir(path.join(ROOT, "test", dir), { recursive: true }).catch(() => [])).filter(f => f.endsWith(".test.ts")).map(f => `test/${dir}/${f}`).sort();
  if (files.length === 0) return { passed: 0, failed: 1, text: `test/${dir}: no file *.test.ts` };
  return program(dir, process.execPath, [...TYPESCRIPT, "--test", "--test-reporter=tap", `--test-concurrency=${jobs}`, ...files], tapSums);
}

type Sums = (text: string, status: number) => [number, number];
const exitStatus: Sums = (_, status) => status === 0 ? [1, 0] : [0, 1];
const cargoSums: Sums = text => [total(text, /(\d+) passed;/g), total(text, /(\d+) failed;/g) + total(text, /(\d+) ignored;/g)];
const tapSums: Sums = text => [total(text, /^# pass (\d+)/gm), ["fail", "cancelled", "skipped", "todo"].reduce((n, k) => n + total(text, new RegExp(`^# ${k} (\\d+)`, "gm")), 0)];

function total(text: string, pattern: RegExp): number { return [...text.matchAll(pattern)].reduce((n, m) => n + Number(m[1]), 0); }

async function program(name: string, file: string, args: string[], sums: Sums, env: NodeJS.ProcessEnv = process.env): Promise<Outcome> {
  const child = start([], file, args, ["ignore", "pipe", "pipe"], { cwd: ROOT, env });
  let text = "";
  child.stdout!.on("data", b => { text += b; });
  child.stderr!.on("data", b => { text += b; });
  const timer = setTimeout(() => { text += `\n${name}: ended after ${PATIENCE / 60_000} minutes\n`; end(child, "SIGTERM"); }, PATIENCE);
  const status = await new Promise<number>(done => { child.on("error", e => { text += e.message; done(1); }); child.on("close", c => done(c ?? 1)); });
  clearTimeout(timer);
  return atLeastOne(status, ...sums(text, status), text);
}

/** A suite that ended badly or ran nothing has failed, whatever it counted. */
function atLeastOne(status: number, passed: number, failed: number, text: string): Outcome {
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed, text };
}

/** Without the terminal's colours. */
function plain(text: string): string { return text.replace(/\x1b\[[0-9;]*m/g, ""); }

/** What a reader of a failure wants to see first. */
function excerpt(text: string): string {
  const lines = plain(text).split("\n"), bad = lines.flatMap((l, i) => /^\s*not ok|✖|^error|FAILURE|failed,|panicked|: error TS/i.test(l) && !/# (SKIP|TODO)/.test(l) ? lines.slice(i, i + 14) : []);
  return (bad.length ? bad : lines.slice(-40)).slice(0, 120).join("\n");
}

async function runOne(s: Suite): Promise<Outcome> {
  const began = Date.now();
  process.stderr.write(`  ${s.name} ...\n`);
  const o = await s.run().catch(e => ({ passed: 0, failed: 1, text: String(e) }));
  const file = path.join(BUILD, "test", `${s.name.replace(" ", "-")}.log`);
  await writeFile(file, plain(o.text));
  process.stdout.write(`${o.failed ? "FAILED" : "ok"}  ${s.name}: ${o.passed} passed, ${o.failed} failed, ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
  if (o.failed) process.stdout.write(`${excerpt(o.text)}\n(all of it: ${path.relative(ROOT, file)})\n`);
  return o;
}

/** Runs suites: those that need the machine for themselves one by one, the others two at a time. */
async function runAll(all: Suite[]): Promise<Outcome[]> {
  const out: Outcome[] = [], queue = [...all];
  while (queue.length) {
    if (queue[0].alone) { out.push(await runOne(queue.shift()!)); continue; }
    const group = queue.splice(0, queue.findIndex(s => s.alone) < 0 ? queue.length : queue.findIndex(s => s.alone));
    const worker = async (): Promise<void> => { for (let s = group.shift(); s; s = group.shift()) out.push(await runOne(s)); };
    await Promise.all([worker(), worker()]);
  }
  return out;
}

export const command: Command = {
  help: `
hydranet test [SUITE...] [--list]

Runs all suites, or those whose name contains a word: build, types, cargo, spec FOLDER, tools, rfc, service, firmware, nic, host, sim, fuzz, lab. What each said is in
build/test/. The last line is the sum; the exit status is 0 when nothing failed.`,

  async run(args) {
    const p = parse(args, { list: { type: "boolean" } }), all = await suites();
    const chosen = p.words.length ? all.filter(s => p.words.some(w => s.name.split(" ").includes(w))) : all;
    if (chosen.length === 0) throw new UsageError(`no suite '${p.words.join(" ")}'; there are ${all.map(s => s.name).join(", ")}`);
    if (p.options.list) { process.stdout.write(`${chosen.map(s => s.name).join("\n")}\n`); return 0; }
    await mkdir(path.join(BUILD, "test"), { recursive: true });
    const out = await runAll(chosen), passed = out.reduce((n, o) => n + o.passed, 0), failed = out.reduce((n, o) => n + o.failed, 0);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    return failed === 0 ? 0 : 1;
  },
};
