// Plain TCP against itself: random flows between two client ends over a link with random loss, duplication, reordering, corruption and cuts.
// `npx tsx test/sim/soak.ts [--seeds N] [--from S] [--pcap FILE]`.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, load } from "./build.ts";
import { News, type Socket, type SocketUser } from "./client.ts";
import { Violation } from "./engine.ts";
import { Pair } from "./grid.ts";
import { Noise } from "./pattern.ts";
import { Random } from "./random.ts";
import { Flow } from "./workload.ts";

const SECOND = 1_000_000;

/** An echo at a client end: sends back what it receives, closes after its peer. */
class Echo implements SocketUser {
  done = false;
  private waiting: Uint8Array[] = [];
  private said = false;
  constructor(private readonly socket: Socket) {}

  onNews(bits: number): void {
    if (this.done) return;
    if (bits & (News.reset | News.giveUp)) throw new Violation(`echo: connection ${bits & News.reset ? "reset" : "given up"}`);
    this.pump();
    if (this.socket.ended && this.socket.unread === 0 && this.waiting.length === 0 && !this.said) { this.said = true; this.socket.shut(); }
    if (bits & News.finished) { this.done = true; this.socket.finish(); }
  }

  /** At most one part waits here, so that a peer that does not read is not read from. */
  private pump(): void {
    for (;;) {
      if (this.waiting.length === 0) {
        const part = this.socket.recv(8192);
        if (part.length === 0) return;
        this.waiting.push(part.slice());
      }
      const n = this.socket.send(this.waiting[0]);
      if (n === this.waiting[0].length) this.waiting.pop();
      else { this.waiting[0] = this.waiting[0].subarray(n); return; }
    }
  }
}

/** Runs one seed; returns its trace hash, or throws a Violation. */
export function soak(module: WebAssembly.Module, seed: number, file?: string): string {
  const r = new Random(seed, "soak"), upTo = (most: number): number => (r.chance(0.4) ? 0 : most * r.unit() ** 2);
  const link = { delay: r.pick([50, 1000, 20_000, 100_000]), jitter: r.pick([0, 100, 20_000]), loss: upTo(0.3), duplicate: upTo(0.5), reorder: upTo(0.5), corrupt: upTo(0.1), rate: r.pick([0, 0, 1e6, 1e7]), queue: 64 * 1024 };
  const pair = new Pair(module, seed, link, file), [a, b] = pair.ends, echoes: Echo[] = [], flows: Flow[] = [];
  const cap = (): number => r.pick([512, 4096, 16384, 65536, 262144]);
  for (const c of pair.ends) {
    c.accept = socket => { const e = new Echo(socket); echoes.push(e); return e; };
    c.act(() => c.listen(7, cap(), cap()));
  }
  const n = r.between(1, 4);
  for (let i = 0; i < n; i++) {
    const [from, to] = r.chance(0.5) ? [a, b] : [b, a], bytes = r.pick([0, 1, r.below(3000), r.below(100_000)]), stream = new Noise(r.below(60_000));
    const turn = r.chance(0.3) ? r.pick([1, 500, 5000]) : 0, total = turn ? Math.min(bytes, 30 * turn) : bytes;
    const f = new Flow(from, { name: `flow ${i}`, addr: to.address, port: 7, out: stream, outBytes: total, in: stream, inBytes: total, turn, shut: r.pick(["sent", "received"]), rcvCap: cap(), sndCap: cap(), readRate: r.chance(0.2) ? 500 : 0 }, 40000 + i);
    flows.push(f);
    pair.engine.after(r.below(2 * SECOND), () => f.start());
  }
  cuts(pair, r);
  pair.engine.call(20 * SECOND, () => { for (const l of pair.lan.all()) Object.assign(l.set, { loss: 0, duplicate: 0, reorder: 0, corrupt: 0, cut: false }); });
  try {
    pair.engine.run(1200 * SECOND, () => flows.every(f => f.done) && echoes.every(e => e.done));
    const open = flows.filter(f => !f.done);
    if (open.length || echoes.some(e => !e.done)) throw new Violation(`not complete: ${open.join("; ") || "an echo end is still open"}`);
    return pair.engine.hash();
  } finally {
    pair.close();
  }
}

function cuts(pair: Pair, r: Random): void {
  for (let i = r.below(3); i > 0; i--) {
    const at = r.below(15 * SECOND), links = [...pair.lan.all()], which = r.chance(0.5) ? links : [r.pick(links)];
    pair.engine.call(at, () => { for (const l of which) l.set.cut = true; });
    pair.engine.call(at + r.below(3 * SECOND), () => { for (const l of which) l.set.cut = false; });
  }
}

async function main(): Promise<void> {
  const { values: o } = parseArgs({ options: { seeds: { type: "string" }, from: { type: "string" }, pcap: { type: "string" } } });
  await build(["peer"]);
  const { peer } = await load(["peer"]);
  const from = Number(o.from ?? 1), n = Number(o.seeds ?? 100), began = Date.now();
  let failed = 0;
  for (let seed = from; seed < from + n; seed++) {
    try {
      soak(peer, seed, o.pcap);
    } catch (e) {
      if (!(e instanceof Violation)) throw e;
      failed++;
      console.log(`seed ${seed}: ${e.message}`);
    }
  }
  console.log(`${n - failed} of ${n} plain TCP seeds hold, ${((Date.now() - began) / n).toFixed(0)} ms each`);
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
