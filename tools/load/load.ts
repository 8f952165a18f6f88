// Many live connections while the primary is killed.

import path from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { ROOT } from "../asc.ts";
import { TYPESCRIPT } from "../children.ts";
import { Bed } from "../campaign/bed.ts";
import { median } from "../campaign/flow.ts";
import { type Options, sleep } from "../lab/lab.ts";
import { showIp } from "../site/address.ts";
import type { Site } from "../site/site.ts";
import type { Order, Result } from "./client.ts";

export interface Case {
  name: string; connections: number; period: number;
  /** The clients' retransmissions alone accuse the primary (`heartbeat` 0). */
  paper: boolean;
  /** Milliseconds of stall: the median of those that waited, the worst of all; absent: everybody goes on, and the stall is told. */
  bars?: { median: number; worst: number; timeouts: number };
}

export interface Found { name: string; connections: number; failures: string[]; kinds: Record<string, Stalls>; timeouts: number; retransmissions: number; bytes: number }
/** `waited`: connections for which an answer took more than WAITED longer than usual. */
interface Stalls { connections: number; waited: number; median: number; worst: number }

const WAITED = 10;
/** Periods of undisturbed traffic, and of traffic after the kill. */
const BEFORE = 5, AFTER = 4;

function paper(site: Site): Site { return { ...site, services: site.services.map(s => ({ ...s, heartbeat: 0 })) }; }

export async function load(c: Case, options: Options, say: (line: string) => void): Promise<Found> {
  const bed = await Bed.up(options, c.paper ? paper : undefined);
  try {
    const s = bed.service("echo"), order: Order = { host: showIp(s.address), port: s.port, connections: c.connections, period: c.period, patience: 30_000 };
    const limit = 'ulimit -n "$(ulimit -H -n)"; exec "$@"';
    const child = bed.lab.spawn("c", "sh", ["-c", limit, "sh", process.execPath, ...TYPESCRIPT, path.join(ROOT, "tools/load/client.ts"), JSON.stringify(order)], { input: "pipe" });
    let said = "";
    child.stderr!.on("data", b => { said = (said + b).slice(-2000); });
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator](), next = async (): Promise<string> => {
      const l = await lines.next();
      if (l.done) throw new Error(`the client's program ended: ${said}`);
      return l.value;
    };
    await next();
    say(`${c.name}: ${c.connections} connections are open`);
    await sleep(BEFORE * c.period + 500);
    const before = await bed.client.counters(), { members } = await bed.lab.chain("echo");
    child.stdin!.write("mark\n");
    await sleep(20);
    await bed.lab.kill(members[0]);
    await sleep(AFTER * c.period + 1000);
    const after = await bed.client.counters();
    child.stdin!.write("finish\n");
    const results = JSON.parse(await next()) as Result[];
    if (child.exitCode === null) await once(child, "exit");
    return { ...judge(c, results), timeouts: after.TCPTimeouts - before.TCPTimeouts, retransmissions: after.RetransSegs - before.RetransSegs };
  } finally {
    bed.down();
  }
}

function judge(c: Case, results: Result[]): Omit<Found, "timeouts" | "retransmissions"> {
  const failures = new Map<string, number>(), kinds: Record<string, Stalls> = {};
  for (const r of results) if (!r.ok) failures.set(`${r.kind}: ${r.error}`, (failures.get(`${r.kind}: ${r.error}`) ?? 0) + 1);
  for (const kind of ["request", "stream"] as const) {
    const own = results.filter(r => r.kind === kind), waited = own.filter(r => r.wait > WAITED);
    kinds[kind] = { connections: own.length, waited: waited.length, median: median(waited.map(r => r.wait)), worst: own.reduce((n, r) => Math.max(n, r.stall, r.wait), 0) };
  }
  return { name: c.name, connections: results.length, failures: [...failures].slice(0, 10).map(([t, n]) => `${n} x ${t}`), kinds, bytes: results.reduce((n, r) => n + r.bytes, 0) };
}

/** Promises that did not hold. */
export function missed(c: Case, f: Found): string[] {
  const out = f.failures.map(t => `${c.name}: ${t}`), b = c.bars;
  if (f.connections !== c.connections) out.push(`${c.name}: ${f.connections} of ${c.connections} connections were opened`);
  for (const [kind, s] of Object.entries(f.kinds)) {
    if (b && s.waited > 0 && s.median >= b.median) out.push(`${c.name}: median stall of the ${kind}s that waited ${s.median.toFixed(0)} ms, promised below ${b.median} ms`);
    if (b && s.worst >= b.worst) out.push(`${c.name}: worst stall of the ${kind}s ${s.worst.toFixed(0)} ms, promised below ${b.worst} ms`);
  }
  if (b && f.timeouts > b.timeouts) out.push(`${c.name}: ${f.timeouts} retransmission timeouts at the client, promised ${b.timeouts}`);
  return out;
}
