// The link conditions of the QUIC interop runner (its ns-3 scenarios), between a client and the site, for TCP: each for a plain server and for a
// replicated one of three. What the runner does by files of its own sizes is done here by a service that sends as many bytes.

import { type Modules } from "./build.ts";
import { Kind, Mode, type ServiceConfig } from "./config.ts";
import { type Impairment, type Link } from "./net.ts";
import { addr } from "./packet.ts";
import { Ttcp } from "./pattern.ts";
import { VHOST, World } from "./world.ts";
import { type Flow } from "./workload.ts";

const SECOND = 1_000_000, MB = 1_000_000;
/** As the runner has it: 15 ms each way, 10 Mbit/s, 25 packets of queue, both ways. */
const USUAL: Partial<Impairment> = { delay: 15_000, rate: 10_000_000, queue: 25 * 1514 };
const PORT = 5001, OTHER = 5002;

export interface Condition {
  name: string;
  about: string;
  link: Partial<Impairment>;
  /** Bytes of each download, and how many follow each other. */
  bytes: number;
  times: number;
  /** Microseconds of passing and of nothing, in turn. */
  on?: number;
  off?: number;
  /** A second connection takes its share of the link meanwhile. */
  cross?: boolean;
}

export const CONDITIONS: Condition[] = [
  { name: "goodput", about: "the link as it is", link: {}, bytes: 10 * MB, times: 1 },
  { name: "handshakeloss", about: "30 % lost, in bursts of up to 3; 50 connections of 1 kB", link: { loss: 0.3, burst: 3 }, bytes: 1000, times: 50 },
  { name: "handshakecorruption", about: "30 % damaged, in bursts of up to 3; 50 connections of 1 kB", link: { corrupt: 0.3, burst: 3 }, bytes: 1000, times: 50 },
  { name: "transferloss", about: "2 % lost, in bursts of up to 3", link: { loss: 0.02, burst: 3 }, bytes: 2 * MB, times: 1 },
  { name: "transfercorruption", about: "2 % damaged, in bursts of up to 3", link: { corrupt: 0.02, burst: 3 }, bytes: 2 * MB, times: 1 },
  { name: "blackhole", about: "5 s pass, 2 s nothing, in turn", link: {}, bytes: 10 * MB, times: 1, on: 5 * SECOND, off: 2 * SECOND },
  { name: "longrtt", about: "750 ms one way", link: { delay: 750_000 }, bytes: 2 * MB, times: 1 },
  { name: "crosstraffic", about: "a second connection downloads meanwhile", link: {}, bytes: 10 * MB, times: 1, cross: true },
  { name: "reordering", about: "not the runner's: 10 % overtaken, 5 % twice", link: { reorder: 0.1, duplicate: 0.05 }, bytes: 2 * MB, times: 1 },
];

export interface Measured { rate: number; slowest: number }

/** All downloads of a condition; throws a Violation where one does not complete byte-exact. replicas 0: a plain server. */
export function measure(modules: Modules, c: Condition, replicas: number): Measured {
  const plain = replicas === 0, usual = { ...USUAL, ...c.link };
  const vHost = plain ? "10.0.0.11" : VHOST;
  const service = (port: number, bytes: number): Partial<ServiceConfig> => ({ kind: Kind.ttcpSource, port, params: [bytes, 7], vHost, mode: plain ? Mode.plain : Mode.ft, rcv: 262144, snd: 262144 });
  const world = new World(modules, {
    seed: 1, hosts: Math.max(1, replicas), clients: 1, clientLink: { ...usual },
    services: [service(PORT, c.bytes), service(OTHER, 2 * c.bytes)],
  });
  world.boot();
  world.engine.run(2 * SECOND);
  if (c.on) blackhole(world, c.on, c.off!);
  if (c.cross) download(world, OTHER, 2 * c.bytes, vHost);
  const began = world.engine.now, done: Flow[] = [];
  for (let i = 0; i < c.times; i++) {
    const f = download(world, PORT, c.bytes, vHost);
    world.engine.run(world.engine.now + 3600 * SECOND, () => f.done);
    if (!f.done) world.complete(SECOND);
    done.push(f);
  }
  const seconds = (world.engine.now - began) / SECOND;
  world.complete(3600 * SECOND);
  return { rate: c.bytes * c.times / 1000 / seconds, slowest: Math.max(...done.map(f => f.doneAt - f.startedAt)) / SECOND };
}

function download(world: World, port: number, bytes: number, vHost: string): Flow {
  return world.flow(0, { name: `download ${port}`, addr: addr(vHost), port, in: new Ttcp(7), inBytes: bytes, shut: "received", rcvCap: 262144, sndCap: 65536 });
}

/** Cuts the client's link again and again, for as long as the world runs. */
function blackhole(world: World, on: number, off: number): void {
  const c = world.clients[0].node, links: Link[] = [world.link(c, world.redirector), world.link(world.redirector, c)];
  const turn = (cut: boolean): void => {
    for (const l of links) l.set.cut = cut;
    world.engine.after(cut ? off : on, () => turn(!cut));
  };
  turn(false);
}
