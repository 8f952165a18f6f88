// One random run: everything about it follows from the seed. Faults for some seconds, then none, then all must complete in time.

import { type Modules } from "./build.ts";
import { Kind } from "./config.ts";
import { Violation } from "./engine.ts";
import { Faults } from "./fault.ts";
import { Noise, sinkAnswer, Text, Ttcp } from "./pattern.ts";
import { Random } from "./random.ts";
import { addr } from "./packet.ts";
import { VHOST, World, type WorldSpec } from "./world.ts";
import { type FlowSpec } from "./workload.ts";
import { type ServiceConfig } from "./config.ts";

const MS = 1000, SECOND = 1_000_000;
/** Virtual time after the last fault within which all must be complete. */
const BOUND = 300 * SECOND;

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
}

export interface SeedOptions { pcap?: string; log?: (line: string) => void }

/** Services of a run, by kind; each has a port of its own. */
const SERVICES: Record<string, (r: Random) => Partial<ServiceConfig>> = {
  echo: () => ({ kind: Kind.echo, port: 7 }),
  discard: () => ({ kind: Kind.discard, port: 9 }),
  source: r => ({ kind: Kind.ttcpSource, port: 5001, params: [r.chance(0.2) ? r.between(1, 2000) : r.between(2000, 300_000), r.u32()] }),
  sink: () => ({ kind: Kind.ttcpSink, port: 5002 }),
};

function worldOf(seed: number, r: Random, log?: (line: string) => void): WorldSpec {
  const hosts = r.pick([1, 2, 2, 3, 3, 3, 3, 3, 3, 4, 5]), names = Object.keys(SERVICES), n = r.pick([1, 1, 2]);
  const picked = new Set<string>();
  while (picked.size < n) picked.add(r.pick(names));
  const buffer = r.pick([8192, 16384, 65536]);
  const timing = r.pick([{ heartbeatMs: 10, silenceMs: 40 }, { heartbeatMs: 20, silenceMs: 60 }, { heartbeatMs: 0, silenceMs: 0 }, { heartbeatMs: 10, silenceMs: 30 }]);
  const services = [...picked].map(name => ({ rcv: buffer, snd: buffer, ...timing, lagMs: r.pick([300, 1000]), divergence: 0, ...SERVICES[name](r) }));
  return {
    seed, hosts, services, clients: r.between(1, 3), bypass: r.chance(0.4), log,
    clientLink: { delay: r.pick([200, 2000, 10_000, 40_000]) }, serverLink: { delay: r.pick([30, 100, 500, 3000]) },
    site: { leaseMs: r.pick([100, 300, 600]) },
    machine: () => ({ wake: r.pick([5, 20, 100]), storeDelay: r.pick([100, 2000, 20_000]), storeFail: r.chance(0.1) ? 0.2 : 0 }),
  };
}

/** A flow of a random kind for a service. */
function flowOf(r: Random, s: ServiceConfig, i: number): FlowSpec {
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
  const calm = r.between(300, 1500) * MS, storm = r.between(1, 6) * SECOND, faults = new Faults(world, seed, calm + storm);
  let failure = "";
  try {
    world.boot(name => new Random(seed, `boot ${name}`).below(200 * MS));
    world.engine.run(calm);
    faults.begin(r.between(3, 8));
    const flows = r.pick([1, 2, 3, 5, 8]);
    for (let i = 0; i < flows; i++) world.flow(r.below(world.clients.length), flowOf(r, r.pick(world.services), i), r.below(storm));
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
    views: c.views, takeovers: c.takeovers, segments: c.segments, losses: c.losses, story: world.story,
  };
}

/** Once no connection is left, every node joins again, and the full chains serve as before. */
function afterwards(world: World, r: Random): void {
  world.allJoined(30 * SECOND);
  for (const [i, s] of world.services.entries()) world.flow(0, flowOf(r, s, 100 + i));
  world.complete(BOUND);
}
