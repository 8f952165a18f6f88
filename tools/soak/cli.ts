// `hydranet soak`.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { build } from "../build/build.ts";
import { Bed } from "../campaign/bed.ts";
import { ship } from "../campaign/results.ts";
import { type Command, number, parse, say } from "../command.ts";
import { Lab } from "../lab/lab.ts";
import { defaults } from "../site/site.ts";
import { type Found, type Phase, soak } from "./soak.ts";

const OPTIONS = { minutes: { type: "string" }, "busy-minutes": { type: "string" }, loss: { type: "string" }, jitter: { type: "string" }, report: { type: "string" }, run: { type: "string" } } as const;

export const command: Command = {
  help: `
hydranet soak [--minutes N] [--busy-minutes N] [--report FILE.json]

Nobody is killed: traffic runs over a lab in which every link loses and delays frames, then over one whose processors others keep busy. Whoever is removed from
a chain is removed falsely. The exit status is 0 when nobody was, all bytes were exact and no connection was reset; lapses of a lease are counted beside.

  --minutes N       minutes with impaired links (default 60)
  --busy-minutes N  minutes with all processors kept busy (default a sixth of that)
  --loss P          percent of the frames that each link loses, each way (default 1)
  --jitter MS       milliseconds by which each link delays a frame at most, each way (default 10)
  --report FILE     where the findings go (default build/soak/report.json)
  --run NAME        name of the lab`,

  async run(args) {
    const p = parse(args, OPTIONS, 0), minutes = number(p, "minutes", 0, 100000) ?? 60, busy = number(p, "busy-minutes", 0, 100000) ?? minutes / 6;
    const loss = number(p, "loss", 0, 50) ?? 1, jitter = number(p, "jitter", 0, 1000) ?? 10, report = path.resolve(typeof p.options.report === "string" ? p.options.report : path.join(ROOT, "build/soak/report.json"));
    if (!process.env.HYDRANET_INSIDE) await build([], say);
    const { key, ...modules } = ship(path.join(ROOT, "build/soak/modules")), run = p.options.run as string | undefined ?? `soak${process.pid.toString(36)}`;
    process.on("exit", () => Lab.remove(run));
    const phases: Phase[] = [{ name: `${loss} % loss, ${jitter} ms jitter on every link`, minutes, shape: { loss: loss / 100, jitter }, busy: false }, { name: "all processors busy", minutes: busy, shape: {}, busy: true }];
    const all: Found[] = [];
    for (const phase of phases.filter(x => x.minutes > 0)) {
      const bed = await Bed.up({ run, modules, log: "info" });
      try { all.push(await soak(bed, phase, (f, left) => say(`${line(f)}; ${(left / 60_000).toFixed(1)} minutes left`))); } finally { bed.down(); }
    }
    const missed = all.flatMap(judge), basis = `modules ${key}; ${defaults()}`;
    mkdirSync(path.dirname(report), { recursive: true });
    writeFileSync(report, `${JSON.stringify({ basis, phases: all, missed }, undefined, 1)}\n`);
    process.stdout.write(`${all.map(line).join("\n")}\n${basis}\n${missed.length ? `missed:\n${missed.map(m => `  ${m}`).join("\n")}` : "every promise held"}\n${report}\n`);
    return missed.length ? 1 : 0;
  },
};

function line(f: Found): string {
  return `${f.phase}: ${f.minutes.toFixed(1)} minutes, ${f.rounds} rounds, ${(f.bytes / 1e6).toFixed(0)} MB, ${f.removals} false removals, ${f.losses} total losses, ${f.lapses} lapses of a lease, ${f.probings} suspicions looked into, ` +
    `${f.timeouts} timeouts and ${f.retransmissions} retransmissions of the client, ${f.failures.length} failures`;
}

function judge(f: Found): string[] {
  const out = f.failures.map(t => `${f.phase}: ${t}`);
  if (f.removals) out.push(`${f.phase}: ${f.removals} false removals, promised none`);
  if (f.losses) out.push(`${f.phase}: ${f.losses} times all state was given up, promised never`);
  return out;
}
