// `hydranet campaign`.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { type Command, logLevel, number, parse, type Parsed, say, UsageError } from "../command.ts";
import { defaults } from "../site/site.ts";
import { Campaign } from "./campaign.ts";
import { FAULTS } from "./fault.ts";
import { page } from "./page.ts";
import { PHASES } from "./phase.ts";
import { append, type Entry, type Item, load, ship, summarise, table, totals } from "./results.ts";

const OPTIONS = {
  runs: { type: "string" }, each: { type: "boolean" }, class: { type: "string", multiple: true }, phase: { type: "string", multiple: true }, resume: { type: "boolean" }, report: { type: "string" }, results: { type: "string" },
  rate: { type: "string" }, run: { type: "string" }, pcap: { type: "boolean" }, log: { type: "string" },
} as const;

export const command: Command = {
  help: `
hydranet campaign [--runs N] [--each] [--class NAME]... [--phase NAME]... [--resume] [--report FILE.html]

Does to the system in the lab what it must survive, again and again, while a stock Linux client moves bytes. Every run demands: all bytes exact, no reset
(but where all state is lost), everything completes, replicas equal. Prints a table; the exit status is 0 when every promise held.

  --runs N        runs of each class, its phases in turn (default 100)
  --each          N runs of each class in each phase
  --class NAME    ${FAULTS.map(f => f.name).join(", ")}
  --phase NAME    ${PHASES.join(", ")}
  --resume        counts the runs of the same modules and parameters that the results file has already
  --report FILE   where the page goes (default build/campaign/report.html)
  --results FILE  one line of JSON per run is appended to it (default build/campaign/results.jsonl)
  --rate R        bulk downloads are read at R bytes per second (default 0: as fast as they come)
  --run NAME      name of the lab; --pcap, --log LEVEL: as for the lab; what a failed run left is in build/campaign/failed`,

  async run(args) {
    const p = parse(args, OPTIONS, 0), runs = number(p, "runs", 1, 100000) ?? 100, rate = number(p, "rate", 0, 1e9) ?? 0, items = chosen(p, runs);
    const name = (key: string, otherwise: string): string => path.resolve(typeof p.options[key] === "string" ? p.options[key] : path.join(ROOT, "build/campaign", otherwise));
    const log = logLevel(p), file = name("results", "results.jsonl"), report = name("report", "report.html");
    if (!process.env.HYDRANET_INSIDE) await build([], say);
    const { key, commit, ...modules } = ship(path.join(ROOT, "build/campaign/modules")), parameters = `rate ${rate}`, old = load(file).filter(e => e.key === key && e.parameters === parameters);
    const entries: Entry[] = p.options.resume ? old : [];
    const campaign = new Campaign({ lab: { run: p.options.run as string | undefined, pcap: p.options.pcap === true, log, modules }, rate, failed: path.join(ROOT, "build/campaign/failed") });
    process.on("exit", () => campaign.down());
    for (const s of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(s, () => process.exit(s === "SIGINT" ? 130 : 143));
    await runAll(campaign, items, entries, e => append(file, e), { key, commit, parameters });
    campaign.down();
    const all = items.map(i => summarise(i, entries)), whole = totals(all, entries), missed = all.flatMap(r => r.missed), commits = [...new Set(entries.map(e => e.commit))];
    mkdirSync(path.dirname(report), { recursive: true });
    const basis = `${entries.length} runs of modules ${key}, commit ${commits.join(", ")}, ${parameters}; ${defaults()}`;
    writeFileSync(report, page(all, whole, entries, basis));
    process.stdout.write(`${table(all)}\n\n${table(whole)}\n\n${basis}\n${missed.length ? `missed:\n${missed.map(m => `  ${m}`).join("\n")}` : "every promise held"}\n${report}\n`);
    return missed.length ? 1 : 0;
  },
};

/** What is run: by default the phases of a class share its runs. */
function chosen(p: Parsed, runs: number): Item[] {
  const pick = (key: string, known: readonly string[]): string[] => {
    const names = (p.options[key] as string[] | undefined) ?? [];
    for (const n of names) if (!known.includes(n)) throw new UsageError(`--${key}: found '${n}', expected one of ${known.join(", ")}`);
    return names.length ? names : [...known];
  };
  const classes = pick("class", FAULTS.map(f => f.name)), phases = pick("phase", PHASES);
  const items = FAULTS.filter(f => classes.includes(f.name)).flatMap(fault => {
    const own = fault.phases.filter(x => phases.includes(x));
    return own.map((phase, i) => ({ fault, phase, wanted: p.options.each ? runs : Math.ceil((runs - i) / own.length) }));
  });
  if (items.length === 0) throw new UsageError(`no such class has the phase ${phases.join(", ")}`);
  return items.filter(i => i.wanted > 0);
}

/** Runs what is still missing, the classes in turn, so that a campaign that is cut short has some of each. */
async function runAll(campaign: Campaign, items: Item[], entries: Entry[], add: (e: Entry) => void, basis: Pick<Entry, "key" | "commit" | "parameters">): Promise<void> {
  const have = (i: Item): number => entries.filter(e => e.class === i.fault.name && e.phase === i.phase).length;
  const total = items.reduce((n, i) => n + Math.max(0, i.wanted - have(i)), 0), most = Math.max(...items.map(i => i.wanted));
  for (let done = 0, n = 0; n < most; n++) {
    for (const i of items) {
      if (n >= i.wanted || have(i) > n) continue;
      const o = await campaign.run(i.fault, i.phase, n + i.fault.phases.indexOf(i.phase)), e = { ...o, ...basis, date: new Date().toISOString() };
      entries.push(e);
      add(e);
      say(`[${++done}/${total}] ${o.class}/${o.phase} ${n + 1}: ${o.ok ? "ok" : "FAILED"}, stall ${o.stall.toFixed(1)} ms, ${o.timeouts} RTO, ${o.retransmissions} retransmitted, ${(o.bytes / 1e6).toFixed(1)} MB, ${o.seconds.toFixed(1)} s${[...o.failures, ...o.notes].map(t => `\n    ${t}`).join("")}`);
    }
  }
}
