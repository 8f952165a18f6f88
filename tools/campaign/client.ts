// The client's program: runs in the client's namespace for a whole campaign, takes orders as lines of JSON and answers each with one.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { clock, Flow, type Result, type Spec } from "./flow.ts";

/** Counters of the kernel of this namespace, as nstat names them. */
export interface Counters { TCPTimeouts: number; RetransSegs: number; EstabResets: number; TCPLossProbes: number }

/** `open`: opens flows. `strike`: says when the fault comes; `stagger` flows open, or say their last words, one by one around it. `finish`: ends all flows, or gives them up. */
export type Order =
  | { do: "open"; specs: Spec[] }
  | { do: "strike"; at: number; from: number; every: number; open: Spec[]; last: boolean }
  | { do: "finish"; patience: number }
  | { do: "counters" };

let flows: Flow[] = [], steady: Flow[] = [];

function counters(): Counters {
  const text = readFileSync("/proc/net/snmp", "utf8") + readFileSync("/proc/net/netstat", "utf8");
  const value = (table: string, name: string): number => {
    const [names, values] = text.split("\n").filter(l => l.startsWith(`${table}: `)).map(l => l.split(" "));
    return Number(values[names.indexOf(name)]);
  };
  return { TCPTimeouts: value("TcpExt", "TCPTimeouts"), RetransSegs: value("Tcp", "RetransSegs"), EstabResets: value("Tcp", "EstabResets"), TCPLossProbes: value("TcpExt", "TCPLossProbes") };
}

const at = (time: number, f: () => void): void => { setTimeout(f, Math.max(0, time - clock())); };

function add(s: Spec, mark = Infinity): Flow { const f = new Flow(s); f.gaps.markAt = mark; flows.push(f); return f; }

async function obey(o: Order): Promise<unknown> {
  switch (o.do) {
    case "counters": return counters();
    case "open":
      steady = o.specs.map(s => add(s));
      return true;
    case "strike":
      for (const f of flows) f.gaps.markAt = o.at;
      o.open.forEach((s, i) => at(o.from + i * o.every, () => { const f = add(s, o.at); f.last(); }));
      if (o.last) steady.filter(f => f.spec.kind === "exchange" || f.spec.kind === "upload").forEach((f, i) => at(o.from + i * o.every, () => f.last()));
      return true;
    case "finish": return finish(o.patience);
  }
}

async function finish(patience: number): Promise<Result[]> {
  const all = flows;
  flows = steady = [];
  for (const f of all) f.finish();
  const timer = setTimeout(() => all.forEach(f => f.abandon()), patience);
  const out = await Promise.all(all.map(f => f.done));
  clearTimeout(timer);
  return out;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, order } = JSON.parse(line) as { id: number; order: Order };
  obey(order).then(answer => process.stdout.write(`${JSON.stringify({ id, answer })}\n`), (e: Error) => process.stdout.write(`${JSON.stringify({ id, error: e.message })}\n`));
}
process.exit(0);
