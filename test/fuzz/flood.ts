// SYNs from random sources at a fixed rate, beside stock connections that begin twenty times a second: how many of these are established, and
// served, within a second. The modules are those that the Linux host runs; time is virtual, so what is measured is the protocol, not a processor.

import { readFile } from "node:fs/promises";
import { build as ship, wasmOf } from "../../tools/build/build.ts";
import { build, load, type Modules } from "../sim/build.ts";
import { Kind } from "../sim/config.ts";
import { type Receiver } from "../sim/net.ts";
import { addr, arp, EtherType, Flag, tcp, u16, u32 } from "../sim/packet.ts";
import { Noise } from "../sim/pattern.ts";
import { Random } from "../sim/random.ts";
import { mac, SITE, VHOST, World } from "../sim/world.ts";
import { type Flow } from "../sim/workload.ts";

const SECOND = 1_000_000;
/** 10 Mbit/s Ethernet's line rate, and above it. */
const RATES = [14_880, 20_000, 24_000, 28_000, 40_000, 80_000];
/** New connections per second, the share of them that must be established within a second, and bytes that each echoes. */
const HONEST = 20, SHARE = 0.8, BYTES = 64;
const GATEWAY = "192.0.2.254", GATEWAY_MAC = mac(0, 254);

/** What came of one rate. */
export interface Flooded { rate: number; syns: number; honest: number; established: number; served: number; cookies: number; limited: number }

/** A flood of `seconds` at a rate; honest connections begin once it has run for half a second. */
export function run(modules: Modules, rate: number, seconds: number, seed = 1): Flooded {
  const world = new World(modules, { seed, hosts: 3, clients: 1, services: [{ kind: Kind.echo, port: 7 }], site: { ...SITE, leaseMs: 60, marginMs: 5 }, gateway: GATEWAY, unchecked: true });
  const r = new Random(seed, "flood"), flows: Flow[] = [], out: Flooded = { rate, syns: 0, honest: 0, established: 0, served: 0, cookies: 0, limited: 0 };
  const port = world.clientLan.attach("internet", GATEWAY_MAC, new Gateway(frame => port.send(frame)), 0), e = world.engine, gap = SECOND / rate;
  world.boot();
  e.run(2 * SECOND);
  const began = e.now, stop = began + seconds * SECOND;
  const syn = (): void => {
    port.send(knock(r));
    if (began + ++out.syns * gap < stop) e.call(began + Math.floor(out.syns * gap), syn);
  };
  if (rate > 0) e.call(began, syn);
  const noise = new Noise(0);
  for (let at = began + SECOND / 2; at + SECOND < stop; at += SECOND / HONEST) {
    e.call(at + r.below(SECOND / HONEST), () => { out.honest++; flows.push(honest(world, noise)); });
  }
  e.run(stop);
  for (const f of flows) {
    if (f.establishedAt >= 0 && f.establishedAt - f.startedAt <= SECOND) out.established++;
    if (f.done && !f.broken && f.doneAt - f.startedAt <= SECOND) out.served++;
  }
  for (const h of world.hosts) out.cookies += h.counter(118);
  out.limited = world.redirector.counter(220);
  return out;
}

/** A connection that echoes a little and goes. */
function honest(world: World, noise: Noise): Flow {
  return world.flow(0, { name: "honest", addr: addr(VHOST), port: 7, out: noise, outBytes: BYTES, in: noise, inBytes: BYTES, shut: "received", abortAt: BYTES, rcvCap: 4096, sndCap: 4096, resetAllowed: true });
}

function knock(r: Random): Uint8Array {
  let src = r.u32();
  while (src >>> 24 === 0 || src >>> 24 === 10 || src >>> 24 === 127 || src >>> 24 === 192 || src >>> 24 === 203 || src >>> 24 >= 224) src = r.u32();
  return tcp({ srcMac: GATEWAY_MAC, dstMac: mac(0, 1), src, dst: addr(VHOST), srcPort: r.between(1024, 65535), dstPort: 7, seq: r.u32(), flags: Flag.syn, window: 65535, options: Uint8Array.from([2, 4, 5, 180]) });
}

/** Answers for its own address; what else comes goes to the Internet. */
class Gateway implements Receiver {
  constructor(private readonly send: (frame: Uint8Array) => void) {}
  receive(_iface: number, frame: Uint8Array): void {
    if (u16(frame, 12) === EtherType.arp && u16(frame, 20) === 1 && u32(frame, 38) === addr(GATEWAY)) this.send(arp(2, GATEWAY_MAC, addr(GATEWAY), mac(0, 1), u32(frame, 28)));
  }
}

/** The modules that the Linux host runs, and the simulator's client. */
export async function shipped(say: (line: string) => void): Promise<Modules> {
  await ship(["linux-host", "linux-redirector"], say, false);
  await build(["peer"], say);
  const compile = async (name: string): Promise<WebAssembly.Module> => WebAssembly.compile(await readFile(wasmOf(name)));
  return { host: await compile("linux-host"), redirector: await compile("linux-redirector"), ...await load(["peer"]) };
}

/** `hydranet fuzz --flood`: a row per rate; fails where the promised rate does not serve. */
export async function flood(rates: number[] | undefined, seconds: number, say: (line: string) => void): Promise<number> {
  const modules = await shipped(say);
  let missed = 0;
  console.log(`${"SYN/s".padStart(8)} ${"honest".padStart(8)} ${"established".padStart(12)} ${"served".padStart(8)} ${"cookies".padStart(9)} ${"limited".padStart(9)}`);
  for (const rate of rates ?? RATES) {
    const o = run(modules, rate, seconds), share = (n: number): string => `${(100 * n / o.honest).toFixed(0)} %`;
    console.log(`${String(rate).padStart(8)} ${String(o.honest).padStart(8)} ${share(o.established).padStart(12)} ${share(o.served).padStart(8)} ${String(o.cookies).padStart(9)} ${String(o.limited).padStart(9)}`);
    if (rate <= RATES[0] && o.established < SHARE * o.honest) { missed++; console.log(`missed: at ${rate} SYN/s ${share(o.established)} of the new connections were established within a second, ${100 * SHARE} % are promised`); }
  }
  return missed ? 1 : 0;
}
