// The paths whose instructions are counted, and the traffic that takes them: a simulated site of the boards' modules, recorded at one node. A poll
// belongs to a path by the frames that it saw and queued, and by nothing else.

import { type Modules } from "../../test/sim/build.ts";
import { Kind, Mode, type ServiceConfig } from "../../test/sim/config.ts";
import { addr, Flag, ipAt, parseTcp, Proto, Segment, u16, udp } from "../../test/sim/packet.ts";
import { RawPeer } from "../../test/sim/raw.ts";
import { type Poll, Recorder } from "../../test/sim/recorder.ts";
import { SITE, World } from "../../test/sim/world.ts";

const MS = 1000;
/** Polls of one path that are counted at most. */
const SAMPLES = 15;
const PLAIN = "10.0.0.11";
/** Payload of a full segment with timestamps, of one that goes through a tunnel, of a full datagram; and the small one. */
const FULL = 1448, TUNNELLED = 1428, DATAGRAM = 1472, SMALL = 64;

/** What is recorded: a module with the traffic at one of its nodes, and the paths by the shape of their polls. */
export interface Scene {
  name: string;
  target: "host-small" | "redirector-small";
  node: "r" | "s0" | "s2";
  services: Partial<ServiceConfig>[];
  traffic(w: World): void;
  /** Name of a path -> "frames in > frames out". */
  paths: Record<string, string>;
}

/** A path as it was played: the calls of the recording that take it. */
export interface Played { recording: Uint8Array; paths: Map<string, number[]> }

const plain = (kind: Kind): Partial<ServiceConfig> => ({ mode: Mode.plain, vHost: PLAIN, members: [2], mssLimit: 1460, kind });

export const SCENES: Scene[] = [
  {
    name: "plain sink", target: "host-small", node: "s0", services: [plain(Kind.discard)],
    traffic(w) { const p = new RawPeer(w, 1, addr(PLAIN)); talk(w, p, 2000, FULL); talk(w, p, 2001, SMALL); },
    paths: {
      "poll without work": ">", [`segment in, ${SMALL}`]: `tcp ${SMALL} >`, [`segment in, ${FULL}`]: `tcp ${FULL} >`,
      [`segment in and ACK out, ${FULL}`]: `tcp ${FULL} > ack`,
    },
  },
  {
    name: "plain echo", target: "host-small", node: "s0", services: [plain(Kind.echo)],
    traffic(w) { const p = new RawPeer(w, 1, addr(PLAIN)); talk(w, p, 2000, FULL); talk(w, p, 2001, SMALL); },
    paths: { "ACK in": "ack >", [`segment in and out, ${SMALL}`]: `tcp ${SMALL} > tcp ${SMALL}`, [`segment in and out, ${FULL}`]: `tcp ${FULL} > tcp ${FULL}` },
  },
  {
    name: "primary of three", target: "host-small", node: "s0", services: [{ kind: Kind.echo }],
    traffic(w) { const p = new RawPeer(w, 1); talk(w, p, 2000, TUNNELLED); talk(w, p, 2001, SMALL); },
    paths: {
      "poll without work": ">", "channel message in, no bytes": "chain >", "ACK in": "copy of ack >",
      [`segment in, ${SMALL}`]: `copy of tcp ${SMALL} >`, [`segment in, ${TUNNELLED}`]: `copy of tcp ${TUNNELLED} >`,
      [`channel message in, reply of ${SMALL} out`]: `chain > chain + tcp ${SMALL}`, [`channel message in, reply of ${TUNNELLED} out`]: `chain > chain + tcp ${TUNNELLED}`,
    },
  },
  {
    name: "tail of three", target: "host-small", node: "s2", services: [{ kind: Kind.echo }],
    traffic(w) { const p = new RawPeer(w, 1); talk(w, p, 2000, TUNNELLED); talk(w, p, 2001, SMALL); },
    paths: { [`segment in, channel message out, ${SMALL}`]: `copy of tcp ${SMALL} > chain`, [`segment in, channel message out, ${TUNNELLED}`]: `copy of tcp ${TUNNELLED} > chain` },
  },
  {
    name: "redirector", target: "redirector-small", node: "r", services: [{ kind: Kind.echo }],
    traffic(w) {
      const p = new RawPeer(w, 1), to = addr("10.0.0.12");
      for (const n of [SMALL, DATAGRAM]) each(w, i => p.frame(p.packet(to, Proto.udp, udp(p.address, to, 1000 + i, 9999, pattern(n)))));
      talk(w, p, 2000, TUNNELLED);
      talk(w, p, 2001, SMALL);
    },
    paths: {
      "poll without work": ">", [`forward, ${SMALL}`]: `udp ${SMALL} > udp ${SMALL}`, [`forward, ${DATAGRAM}`]: `udp ${DATAGRAM} > udp ${DATAGRAM}`,
      [`copy to three, ${SMALL}`]: `tcp ${SMALL} > 3 copy of tcp ${SMALL}`, [`copy to three, ${TUNNELLED}`]: `tcp ${TUNNELLED} > 3 copy of tcp ${TUNNELLED}`,
      "copy an ACK to three": "ack > 3 copy of ack", [`reply to the client, ${TUNNELLED}`]: `tcp ${TUNNELLED} > tcp ${TUNNELLED}`,
    },
  },
];

/** Plays a scene. Throws where a path was not taken. */
export function play(scene: Scene, modules: Modules): Played {
  const world = new World(modules, { seed: 1, hosts: 3, clients: 0, unchecked: true, services: scene.services.map(s => ({ port: 7, ...s })) });
  const node = [...world.nodes()].find(n => n.name === scene.node)!;
  const recorder = node.recorder = new Recorder(node.ports.length);
  world.boot();
  world.engine.run(1500 * MS);
  const from = node.clock();
  scene.traffic(world);
  world.engine.run(world.engine.now + 300 * MS);
  const shapes = byShape(recorder.polls.filter(p => p.now >= from)), paths = new Map<string, number[]>();
  for (const [name, shape] of Object.entries(scene.paths)) {
    const calls = shapes.get(shape);
    if (!calls) throw new Error(`${scene.name}: no poll was "${shape}"; there were ${[...shapes.keys()].map(s => `"${s}"`).join(", ")}`);
    paths.set(name, calls.slice(-SAMPLES));
  }
  return { recording: recorder.bytes(), paths };
}

/** One frame after the other, each alone in its poll. */
function each(w: World, send: (i: number) => void): void {
  for (let i = 0; i < 40; i++) { send(i); w.engine.run(w.engine.now + 7 * MS); }
}

const pattern = (n: number): Uint8Array => new Uint8Array(n).map((_, i) => i * 7);

/** Opens a connection and sends segments of one size. */
function talk(w: World, peer: RawPeer, localPort: number, size: number): void {
  const c = peer.conn(localPort);
  c.syn();
  w.engine.run(w.engine.now + 50 * MS);
  if (c.irs < 0) throw new Error("no connection");
  each(w, i => c.data(i * size, pattern(size)));
}

function byShape(polls: Poll[]): Map<string, number[]> {
  const out = new Map<string, number[]>();
  for (const p of polls) {
    const s = `${list(p.in)} > ${list(p.out)}`.trim(), calls = out.get(s);
    if (calls) calls.push(p.call);
    else out.set(s, [p.call]);
  }
  return out;
}

/** Frames by kind, equal ones counted: "chain + 2 tcp 1448". */
function list(frames: Uint8Array[]): string {
  const n = new Map<string, number>();
  for (const f of frames) n.set(kind(f), (n.get(kind(f)) ?? 0) + 1);
  return [...n].map(([k, c]) => (c > 1 ? `${c} ${k}` : k)).join(" + ");
}

/** What a frame is, as far as the paths tell frames apart. */
function kind(frame: Uint8Array): string {
  const ip = ipAt(frame);
  if (ip < 0) return "arp";
  const proto = frame[ip + 9];
  if (proto === Proto.ipip) return `copy of ${segment(frame, ip + 20)}`;
  if (proto === Proto.udp) return u16(frame, 36) === SITE.chainPort ? "chain" : u16(frame, 36) === SITE.managePort ? "manage" : `udp ${u16(frame, 38) - 8}`;
  return proto === Proto.tcp ? segment(frame, ip) : `protocol ${proto}`;
}

function segment(frame: Uint8Array, ip: number): string {
  const s = new Segment();
  if (!parseTcp(frame, ip, s)) return "other";
  return s.flags & (Flag.syn | Flag.fin | Flag.rst) ? "control" : s.length ? `tcp ${s.length}` : "ack";
}
