// One random run: everything about it follows from the seed. Faults for some seconds, then none, then all must complete in time.

import { type Modules } from "./build.ts";
import { Kind } from "./config.ts";
import { Violation } from "./engine.ts";
import { Faults } from "./fault.ts";
import { answers, CONTENT, draw, HASH, requests } from "./web.ts";
import { Chargen, Noise, sinkAnswer, Text, Ttcp } from "./pattern.ts";
import { Random } from "./random.ts";
import { addr } from "./packet.ts";
import { VHOST, World, type WorldSpec } from "./world.ts";
import { type FlowSpec } from "./workload.ts";
import { type ServiceConfig } from "./config.ts";

const MS = 1000, SECOND = 1_000_000;
/** Virtual time after the last fault within which all must be complete. */
const BOUND = 300 * SECOND;
const WRAP = 2 ** 32;

export interface Outcome {
  seed: number;
  /** Empty where every promise held. */
  failure: string;
  hash: string;
  steps: number;
  seconds: number;
  faults: number;
  views: number;
  takeovers: number;
  segments: number;
  losses: number;
  /** What happened, for the report of a failure. */
  story: string[];
  /** How often each kind of workload and fault was drawn. */
  drawn: Record<string, number>;
}

export interface SeedOptions { pcap?: string; log?: (line: string) => void }

/** Services of a run, by kind; each has a port of its own. */
const SERVICES: Record<string, (r: Random) => Partial<ServiceConfig>> = {
  echo: () => ({ kind: Kind.echo, port: 7 }),
  discard: () => ({ kind: Kind.discard, port: 9 }),
  source: r => ({ kind: Kind.ttcpSource, port: 5001, params: [r.chance(0.2) ? r.between(1, 2000) : r.between(2000, 300_000), r.u32()] }),
  sink: () => ({ kind: Kind.ttcpSink, port: 5002 }),
  chargen: () => ({ kind: Kind.chargen, port: 19 }),
  http: () => ({ kind: Kind.http, port: 80 }),
};

function worldOf(seed: number, r: Random, log?: (line: string) => void): WorldSpec {
  const hosts = r.pick([1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5]), names = Object.keys(SERVICES), n = r.pick([1, 1, 2]), clocks = new Random(seed, "clocks");
  const picked = new Set<string>();
  while (picked.size < n) picked.add(r.pick(names));
  const buffer = r.pick([8192, 16384, 65536]);
  const timing = r.pick([{ heartbeatMs: 10, silenceMs: 40 }, { heartbeatMs: 20, silenceMs: 60 }, { heartbeatMs: 0, silenceMs: 0 }, { heartbeatMs: 10, silenceMs: 30 }]);
  const services = [...picked].map(name => ({ rcv: buffer, snd: buffer, ...timing, lagMs: r.pick([300, 1000]), divergence: 0, ...SERVICES[name](r) }));
  return {
    seed, hosts, services, clients: r.between(1, 3), bypass: r.chance(0.4), log,
    clientLink: { delay: r.pick([200, 2000, 10_000, 40_000]) }, serverLink: { delay: r.pick([30, 100, 500, 3000]) },
    site: { leaseMs: r.pick([100, 300, 600]) },
    machine: () => ({ wake: r.pick([5, 20, 100]), storeDelay: r.pick([100, 2000, 20_000]), storeFail: r.chance(0.1) ? 0.2 : 0, clockStart: clocks.chance(0.1) ? WRAP * MS - clocks.below(8 * SECOND) : 0 }),
    content: CONTENT, contentHash: HASH,
  };
}

/** A flow for a service, with what its client does out of the ordinary: rests, resets the connection, has numbers near the wrap. */
function flowOf(r: Random, s: ServiceConfig, i: number, world: World): FlowSpec {
  const f = plainFlow(r, s, i);
  world.drew(`flow ${f.name.split(" ")[0]}`);
  if (f.abortAt !== undefined) world.drew("client resets");
  if (f.readRate) world.drew("client reads slowly");
  if (f.shut === "sent" && f.inBytes !== 0) world.drew("client closes first");
  if (r.chance(0.2)) {
    f.pauseAt = r.below((f.inBytes ?? 20_000) + (f.outBytes ?? 0) + 1);
    f.pauseFor = r.between(20 * MS, 4 * SECOND);
    world.drew("client rests, its window closes");
  }
  if (r.chance(0.2)) {
    f.numbers = { isn: WRAP - 1 - r.below(r.pick([1, 3000, 100_000])), ts: WRAP - 1 - r.below(r.pick([1, 500, 5000])) };
    world.drew("client's numbers near the wrap");
  }
  return f;
}

/** Many connections of a few bytes each. */
function shortFlows(world: World, r: Random, storm: number): void {
  world.drew("many short connections");
  for (let n = r.between(5, 20), i = 0; i < n; i++) {
    const s = r.pick(world.services), f = flowOf(r, s, 200 + i, world);
    f.turn = 0;
    if (s.kind === Kind.echo) f.outBytes = f.inBytes = Math.min(f.outBytes!, r.below(200));
    else if (s.kind === Kind.discard) f.outBytes = Math.min(f.outBytes!, r.below(200));
    else if (s.kind === Kind.chargen) f.abortAt = 1;
    else continue;
    world.flow(r.below(world.clients.length), f, r.below(storm));
  }
}

/** A flow of a random kind for a service. */
function plainFlow(r: Random, s: ServiceConfig, i: number): FlowSpec {
  const n = r.pick([0, 1, r.between(2, 3000), r.between(3000, 60_000), r.between(60_000, 200_000), r.between(100_000, 300_000)]), noise = new Noise(r.u32() % 60_000);
  const rcvCap = r.pick([4096, 16384, 65536, 262144]), sndCap = r.pick([8192, 65536]), readRate = r.chance(0.1) ? 2000 : 0;
  const base = { addr: addr(VHOST), port: s.port, rcvCap, sndCap, readRate };
  switch (s.kind) {
    case Kind.echo: {
      const turn = r.chance(0.5) ? r.pick([1, 64, 700, 4000]) : 0, out = turn ? Math.min(n, turn * 100) : n;
      return { ...base, name: `echo ${i}`, out: noise, outBytes: out, in: noise, inBytes: out, shut: r.pick(["sent", "received"]), turn };
    }
    case Kind.discard: return { ...base, name: `discard ${i}`, out: noise, outBytes: n, inBytes: 0, shut: "sent" };
    case Kind.ttcpSource: return { ...base, name: `source ${i}`, in: new Ttcp(s.params![1]), inBytes: s.params![0], shut: r.pick(["sent", "received"]) };
    case Kind.chargen: return { ...base, name: `chargen ${i}`, in: new Chargen(), shut: "received", abortAt: r.between(1, 100_000) };
    case Kind.http: {
      const list = requests(r, draw(r)), out = new Text(list.map(x => x.text).join(""));
      return { ...base, name: `http ${i}`, out, outBytes: out.length, shut: "received", judge: all => answers(all, list) };
    }
    default: {
      const answer = new Text(sinkAnswer(noise, n));
      return { ...base, name: `sink ${i}`, out: noise, outBytes: n, in: answer, inBytes: answer.length, shut: "sent" };
    }
  }
}

/** Runs a seed to its end. */
export function runSeed(modules: Modules, seed: number, options: SeedOptions = {}): Outcome {
  const r = new Random(seed, "seed"), world = new World(modules, worldOf(seed, r, options.log));
  if (options.pcap) world.capture(options.pcap);
  for (const n of world.nodes()) if (n.machine.clockStart > 0) world.drew("clock near the wrap");
  const calm = r.between(300, 1500) * MS, storm = r.between(1, 6) * SECOND, faults = new Faults(world, seed, calm + storm);
  let failure = "";
  try {
    world.boot(name => new Random(seed, `boot ${name}`).below(200 * MS));
    world.engine.run(calm);
    faults.begin(r.between(3, 8));
    const flows = r.pick([1, 2, 3, 5, 8]);
    for (let i = 0; i < flows; i++) world.flow(r.below(world.clients.length), flowOf(r, r.pick(world.services), i, world), r.below(storm));
    if (r.chance(0.2)) shortFlows(world, r, storm);
    world.engine.run(calm + storm);
    world.complete(BOUND);
    world.poolsFull();
    if (r.chance(0.3)) afterwards(world, r);
  } catch (e) {
    if (!(e instanceof Violation)) throw e;
    failure = e.message;
    world.fails(failure);
  } finally {
    world.close();
  }
  const c = world.check;
  return {
    seed, failure, hash: world.engine.hash(), steps: world.engine.steps, seconds: world.engine.now / SECOND, faults: faults.happened,
    views: c.views, takeovers: c.takeovers, segments: c.segments, losses: c.losses, story: world.story, drawn: Object.fromEntries(world.drawn),
  };
}

/** Once no connection is left, every node joins again, and the full chains serve as before. */
function afterwards(world: World, r: Random): void {
  world.allJoined(30 * SECOND);
  for (const [i, s] of world.services.entries()) world.flow(0, flowOf(r, s, 100 + i, world));
  world.complete(BOUND);
}
