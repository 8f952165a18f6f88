// `hydranet load`.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { ship } from "../campaign/results.ts";
import { type Command, number, parse, say } from "../command.ts";
import { Lab } from "../lab/lab.ts";
import { defaults } from "../site/site.ts";
import { type Case, type Found, load, missed } from "./load.ts";

const OPTIONS = { connections: { type: "string" }, period: { type: "string" }, paper: { type: "boolean" }, runs: { type: "string" }, report: { type: "string" }, run: { type: "string" } } as const;
const BARS = { median: 60, worst: 200, timeouts: 0 };
/** So many connections are judged by the bars; more have to go on, no more. */
const JUDGED = 1000;

export const command: Command = {
  help: `
hydranet load [--runs N] [--connections N] [--period MS] [--paper] [--report FILE.json]

Kills the primary under many live connections of a stock Linux client, half of them requests and responses, half streams, 100 bytes at a time. Without --connections:
1,000 every 200 ms; 10,000 every 2 s; 1,000 with the clients' retransmissions as the only detector. The exit status is 0 when every connection went on byte-exact, and
of up to 1,000 none stalled for 200 ms, the median of those that waited is below 60 ms, and the client's retransmission timer never ran out.

  --connections N  as many, in place of these three
  --period MS      between two times 100 bytes on each (default 200)
  --paper          heartbeat 0: detection by the clients' retransmissions and silent lease asks
  --runs N         each so many times (default 1)
  --report FILE    where the findings go (default build/load/report.json)
  --run NAME       name of the lab`,

  async run(args) {
    const p = parse(args, OPTIONS, 0), n = number(p, "connections", 2, 10_000), period = number(p, "period", 10, 60_000) ?? 200, runs = number(p, "runs", 1, 1000) ?? 1;
    const report = path.resolve(typeof p.options.report === "string" ? p.options.report : path.join(ROOT, "build/load/report.json")), run = p.options.run as string | undefined ?? `load${process.pid.toString(36)}`;
    const cases = n === undefined ? [one(1000, 200, false), one(10_000, 2000, false), one(1000, 200, true)] : [one(n, period, p.options.paper === true)];
    if (!process.env.HYDRANET_INSIDE) await build([], say);
    const { key, commit, ...modules } = ship(path.join(ROOT, "build/load/modules")), all: Found[] = [], bad: string[] = [];
    process.on("exit", () => Lab.remove(run));
    for (const c of cases) for (let i = 0; i < runs; i++) {
      const f = await load(c, { run, modules }, say);
      all.push(f);
      bad.push(...missed(c, f));
      process.stdout.write(`${line(f)}\n`);
    }
    const basis = `modules ${key}, commit ${commit}; ${defaults()}`;
    mkdirSync(path.dirname(report), { recursive: true });
    writeFileSync(report, `${JSON.stringify({ basis, cases: all, missed: bad }, undefined, 1)}\n`);
    process.stdout.write(`${basis}\n${bad.length ? `missed:\n${bad.map(m => `  ${m}`).join("\n")}` : "every promise held"}\n${report}\n`);
    return bad.length ? 1 : 0;
  },
};

function one(connections: number, period: number, paper: boolean): Case {
  const bars = !paper && connections <= JUDGED ? BARS : undefined;
  return { name: `${connections} connections, 100 bytes every ${period} ms${paper ? ", the clients' retransmissions alone" : ""}`, connections, period, paper, bars };
}

function line(f: Found): string {
  const kinds = Object.entries(f.kinds).map(([k, s]) => `${k}s: ${s.waited} of ${s.connections} waited, median ${s.median.toFixed(0)} ms, worst stall of all ${s.worst.toFixed(0)} ms`);
  return `${f.name}: ${kinds.join("; ")}; ${f.timeouts} timeouts, ${f.retransmissions} retransmissions, ${(f.bytes / 1e6).toFixed(1)} MB, ${f.failures.length ? f.failures.join("; ") : "all went on"}`;
}
