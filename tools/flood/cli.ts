// `hydranet flood`: SYNs from random sources beside new connections of a stock Linux client, in the lab, at one rate after the other.

import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { type Command, number, parse, say, UsageError } from "../command.ts";
import { Lab, type Status, until } from "../lab/lab.ts";
import { showIp } from "../site/address.ts";

const SITE = path.join(ROOT, "tools/flood/site.toml"), RATES = [0, 14_880, 20_000, 30_000, 60_000];
/** What is promised: of new connections at HONEST a second, at PROMISED SYN/s, this share is established within a second. */
const PROMISED = 14_880, HONEST = 20, SHARE = 0.8;
/** Seconds that the flood runs before the client begins, and after it has ended. */
const AROUND = 0.5;

interface Row { rate: number; sent: number; tried: number; established: number; served: number; slowest: number }

export const command: Command = {
  help: `
hydranet flood [--rate R]... [--seconds N]

In the lab: SYNs from random sources to a replicated service at each rate, beside ${HONEST} new connections per second of a stock Linux client. Prints how many of
these were established, and answered, within a second. Exit status 1 where fewer than ${100 * SHARE} % were established at ${PROMISED} SYN/s.

  --rate R      SYNs per second (default ${RATES.join(", ")})
  --seconds N   of the client's connections at each rate (10)`,

  async run(args) {
    const p = parse(args, { rate: { type: "string", multiple: true }, seconds: { type: "string" }, run: { type: "string" } }, 0), seconds = number(p, "seconds", 1, 3600) ?? 10;
    const rates = ((p.options.rate as string[] | undefined) ?? RATES).map(Number);
    if (rates.some(r => !(r >= 0 && r <= 1e6))) throw new UsageError("--rate: expected numbers from 0 to 1000000");
    if (!process.env.HYDRANET_INSIDE) await build([], say);
    const lab = await Lab.up(SITE, { run: p.options.run as string | undefined });
    try {
      await until("all servers are members", 15_000, async () => ready(await lab.statuses()));
      const rows: Row[] = [];
      for (const rate of rates) { rows.push(await one(lab, rate, seconds)); say(line(rows[rows.length - 1])); }
      return report(rows);
    } finally {
      lab.down();
    }
  },
};

function ready(all: Record<string, Status>): boolean {
  const seen = ["s0", "s1", "s2"].map(n => all[n]?.services?.[0]);
  return seen.every(x => x?.state === "member" && x.members?.length === 3) && seen.some(x => x?.speaks === true && x.position === 0);
}

async function one(lab: Lab, rate: number, seconds: number): Promise<Row> {
  const s = lab.site.services[0], to = [showIp(s.address), String(s.port)], loader = pathToFileURL(path.join(ROOT, "node_modules/tsx/dist/loader.mjs")).href;
  const flood = rate > 0 ? lab.exec("x", "perl", [path.join(ROOT, "tools/flood/syn.pl"), ...to, String(rate), String(seconds + 4 * AROUND)]) : undefined;
  await new Promise(done => { setTimeout(done, AROUND * 1000); });
  const client = await lab.exec("c", process.execPath, ["--import", loader, path.join(ROOT, "tools/flood/client.ts"), ...to, String(HONEST), String(seconds)], (seconds + 30) * 1000);
  const sent = Number((await flood)?.stdout ?? 0);
  if (client.code !== 0) throw new Error(`the client ended with ${client.code}: ${client.stderr}`);
  return { rate, sent: Math.round(sent / (seconds + 4 * AROUND)), ...JSON.parse(client.stdout) as Omit<Row, "rate" | "sent"> };
}

const share = (a: number, b: number): string => `${(100 * a / b).toFixed(0)} %`;
const line = (r: Row): string => `${String(r.rate).padStart(8)} ${String(r.sent).padStart(8)} ${String(r.tried).padStart(8)} ${share(r.established, r.tried).padStart(12)} ${share(r.served, r.tried).padStart(8)} ${r.slowest.toFixed(0).padStart(8)}`;

function report(rows: Row[]): number {
  process.stdout.write(`${"SYN/s".padStart(8)} ${"sent".padStart(8)} ${"honest".padStart(8)} ${"established".padStart(12)} ${"served".padStart(8)} ${"ms, worst".padStart(8)}\n${rows.map(line).join("\n")}\n`);
  const missed = rows.filter(r => r.rate > 0 && r.rate <= PROMISED && r.established < SHARE * r.tried);
  for (const r of missed) process.stdout.write(`missed: at ${r.rate} SYN/s ${share(r.established, r.tried)} were established within a second, ${100 * SHARE} % are promised\n`);
  return missed.length ? 1 : 0;
}
