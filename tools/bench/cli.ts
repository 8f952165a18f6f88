// `hydranet bench`.

import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { type Command, number, parse, type Parsed, say, UsageError } from "../command.ts";
import { direct, Pairs } from "./direct.ts";
import type { Figure } from "./figure.ts";
import { forward, FORWARD } from "./forward.ts";
import { FullQueue, Loss } from "./impaired.ts";
import { LINKS, links } from "./links.ts";
import { PEERS, type Peer, programs, type Programs } from "./programs.ts";
import { json, missed, table, verdicts } from "./report.ts";
import { measure, type Result } from "./run.ts";

const FULL = { runs: 11, seconds: 5 }, QUICK = { runs: 3, seconds: 2 };
const DIRECT = ["download", "upload", "ping-pong", "connections"];
const NAMES = [...DIRECT, "loss", "full-queue", ...FORWARD, ...LINKS];

export const command: Command = {
  help: `
hydranet bench [--quick] [--runs N] [--seconds S] [--only FIGURE]... [--against PEER]... [--json FILE]

Measures this project's TCP and redirector beside others doing the same work on the same links, each in turn, and judges the ratios of the medians. Needs two
processors that nothing else uses. The exit status is 0 when every bar held.

  --quick         ${QUICK.runs} runs of ${QUICK.seconds} s in place of ${FULL.runs} of ${FULL.seconds} s: ten minutes in place of ninety
  --runs N        runs of each contender
  --seconds S     length of a run
  --only FIGURE   ${NAMES.join(", ")}
  --against PEER  ${PEERS.join(", ")}: these alone beside Linux (default: all)
  --json FILE     where every sample goes (default build/bench/TIME.json)
  --build         only builds what the bench runs`,

  async run(args) {
    const text = { type: "string" } as const, list = { type: "string", multiple: true } as const, flag = { type: "boolean" } as const;
    const p = parse(args, { quick: flag, runs: text, seconds: text, only: list, against: list, json: text, build: flag }, 0);
    const base = p.options.quick ? QUICK : FULL, runs = number(p, "runs", 1, 1000) ?? base.runs, seconds = number(p, "seconds", 0.2, 600) ?? base.seconds;
    const names = chosen(p, "only", NAMES), peers = chosen(p, "against", [...PEERS]) as Peer[];
    if (os.cpus().length < 2) throw new Error("one processor is too few: client and server need one each");
    const tools = await programs(names.some(n => DIRECT.includes(n)) ? peers : [], say);
    if (p.options.build) return 0;
    const began = new Date(), file = path.resolve(typeof p.options.json === "string" ? p.options.json : path.join(ROOT, "build/bench", `${began.toISOString().replace(/[:.]/g, "-")}.json`));
    mkdirSync(path.dirname(file), { recursive: true });
    const pairs = new Pairs(tools);
    const results = await all(figures(tools, pairs, peers).filter(f => names.includes(f.name)), { runs, seconds }, r => writeFileSync(file, json(r, began))).finally(() => pairs.down());
    const bad = missed(results);
    process.stdout.write(`${table(results)}\n\n${verdicts(results)}\n\n${bad.length ? `missed:\n${bad.map(m => `  ${m}`).join("\n")}` : "every bar held"}\n${path.relative(process.cwd(), file)}\n`);
    return bad.length ? 1 : 0;
  },
};

function chosen(p: Parsed, key: string, known: string[]): string[] {
  const names = (p.options[key] as string[] | undefined) ?? [];
  for (const n of names) if (!known.includes(n)) throw new UsageError(`--${key}: found '${n}', expected one of ${known.join(", ")}`);
  return names.length ? names : known;
}

function figures(tools: Programs, pairs: Pairs, peers: Peer[]): Figure[] {
  return [...direct(pairs, ["ours", "linux", ...peers]), new Loss(tools), new FullQueue(tools), ...forward(tools), ...links(tools)];
}

async function all(figures: Figure[], plan: { runs: number; seconds: number }, keep: (r: Result[]) => void): Promise<Result[]> {
  const results: Result[] = [], began = Date.now();
  for (const [i, f] of figures.entries()) {
    say(`${f.name} (${i + 1} of ${figures.length})`);
    results.push(await measure(f, { ...plan, say }, () => `[${minutes(Date.now() - began)}]`));
    keep(results);
  }
  return results;
}

function minutes(ms: number): string { return `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`; }
