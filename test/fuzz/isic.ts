// Random packets in bulk, as the program isic makes them: every kind, any field wrong, fragments, port scans, and guesses at live connections.
// They come in blocks, each at a site of its own, so that a block can be run again by its number.

import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { counterNames } from "../../tools/build/counters.ts";
import { Violation } from "../sim/engine.ts";
import { addr, Flag, Proto, tcp } from "../sim/packet.ts";
import { Random } from "../sim/random.ts";
import { refused } from "../sim/refusals.ts";
import { mac, VHOST } from "../sim/world.ts";
import { Bed } from "./bed.ts";
import * as frames from "./frames.ts";
import { Source } from "./source.ts";
import { type FuzzModules } from "./target.ts";
import { blind, enter, own, tunnel } from "./targets/packets.ts";

/** Packets of one block. */
export const BLOCK = 20_000;
/** Bytes of randomness per packet at most. */
const BYTES = 48;

export interface Bulk { packets: number; refused: number; honest: number; missed: number; counters: Record<number, number>; failure: string; block: number }

/** One block of n packets. Honest connections go on beside it, one after the other. */
export function block(modules: FuzzModules, seed: number, number: number, n = BLOCK): Bulk {
  const bed = new Bed(modules, { victims: 2, tolerant: true }), r = new Random(seed, `isic ${number}`), out: Bulk = { packets: 0, refused: 0, honest: 0, missed: 0, counters: {}, failure: "", block: number };
  const before = bed.nodes.map(refused);
  try {
    while (out.packets < n) { for (let i = 0; i < 100; i++) out.packets += packet(bed, r); renew(bed); }
    for (const [i, h] of bed.nodes.entries()) {
      out.refused += refused(h) - before[i];
      for (const [k, v] of h.counters()) out.counters[k] = (out.counters[k] ?? 0) + v;
    }
    bed.finish();
    out.honest = bed.victims.length;
    if (out.refused < out.packets / 2) throw new Violation(`${out.packets} packets, of which most are nonsense, and ${out.refused} refusals`);
  } catch (e) {
    if (!(e instanceof Violation)) throw e;
    out.failure = e.message;
  }
  return out;
}

/** Two honest connections are under way at any time. */
function renew(bed: Bed): void {
  const live = bed.victims.slice(-2).filter(f => !f.done).length;
  for (let i = live; i < 2; i++) bed.honest();
}

/** A packet, or one of the few acts that make several; how many. */
function packet(bed: Bed, r: Random): number {
  const b = new Uint8Array(BYTES);
  for (let i = 0; i < BYTES; i += 4) { const v = r.u32(); b[i] = v; b[i + 1] = v >>> 8; b[i + 2] = v >>> 16; b[i + 3] = v >>> 24; }
  const s = new Source(b), what = r.below(16);
  let n = 1;
  if (what < 8) enter(bed, s, way => [frames.any(s, way)]);
  else if (what < 10) enter(bed, s, way => { const list = frames.broken(s, frames.ip(s, way, s.pick([Proto.tcp, Proto.udp, Proto.icmp, Proto.ipip]), s.fill(s.below(1400)))); n = list.length; return list; });
  else if (what < 12) scan(bed, r);
  else if (what < 14) blind(bed, s);
  else if (what === 14) tunnel(bed, s);
  else own(bed, s);
  bed.run(r.below(20));
  return n;
}

/** One probe of a port scan: the flags that scanners use, to the next port. */
function scan(bed: Bed, r: Random): void {
  const flags = r.pick([Flag.syn, Flag.fin, 0, Flag.fin | Flag.psh | Flag.urg, Flag.ack, Flag.syn | Flag.ack, Flag.syn | Flag.fin, Flag.rst]), dst = addr(r.pick([VHOST, "10.0.0.11", "10.0.0.12", "192.0.2.1", "10.0.0.1"]));
  const f = tcp({ srcMac: mac(0, 100), dstMac: mac(0, 1), src: bed.attacker.address, dst, srcPort: 50_000 + r.below(1000), dstPort: r.below(65536), seq: r.u32(), ack: r.u32(), flags, window: 1024 });
  bed.sent(f);
  bed.attacker.frame(f);
}

/** `hydranet fuzz --isic N`. */
export async function isic(n: number, jobs: number, seed: number, say: (line: string) => void): Promise<number> {
  const blocks = Math.ceil(n / BLOCK), all: Bulk[] = [], names = await counterNames();
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(jobs, blocks) }, () => new Promise<void>((done, fail) => {
    const child = fork(path.join(path.dirname(fileURLToPath(import.meta.url)), "isic-worker.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const feed = (): void => { if (next < blocks) child.send({ seed, block: next, n: Math.min(BLOCK, n - next++ * BLOCK) }); else { child.disconnect(); done(); } };
    child.on("message", (o: Bulk) => {
      all.push(o);
      if (o.failure) console.log(`block ${o.block}: ${o.failure}`);
      if (process.stderr.isTTY || all.length % 50 === 0) say(`${all.reduce((a, x) => a + x.packets, 0)} of ${n} packets, ${all.filter(x => x.failure).length} failures`);
      feed();
    });
    child.on("error", fail);
    child.on("exit", code => { if (code) fail(new Error(`worker ended with status ${code}`)); });
    feed();
  })));
  print(all, names);
  return all.some(x => x.failure) ? 1 : 0;
}

function print(all: Bulk[], names: Record<number, string>): void {
  const sum = (f: (b: Bulk) => number): number => all.reduce((a, x) => a + f(x), 0), counters = new Map<number, number>();
  for (const o of all) for (const [k, v] of Object.entries(o.counters)) counters.set(Number(k), (counters.get(Number(k)) ?? 0) + v);
  for (const [k, v] of [...counters].sort((a, b) => a[0] - b[0])) console.log(`${(names[k] ?? String(k)).padEnd(32)} ${String(v).padStart(10)}`);
  console.log(`${sum(x => x.packets)} packets, ${sum(x => x.refused)} refusals at four nodes, ${sum(x => x.honest)} honest connections byte-exact, ${all.filter(x => x.failure).length} of ${all.length} blocks failed`);
}
