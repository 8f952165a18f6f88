// The paths whose instructions are counted, and the traffic that takes them: a simulated site of the boards' modules, recorded at one node. A poll
// belongs to a path by the frames that it saw and queued, and by nothing else.

import { type Modules } from "../../test/sim/build.ts";
import { Kind, Mode, type ServiceConfig } from "../../test/sim/config.ts";
import { addr, Flag, ipAt, parseTcp, Proto, Segment, u16, udp } from "../../test/sim/packet.ts";
import { type RawConn, type RawOptions, RawPeer } from "../../test/sim/raw.ts";
import { type Poll, Recorder } from "../../test/sim/recorder.ts";
import { SITE, World } from "../../test/sim/world.ts";

const MS = 1000;
/** Polls of one path that are counted at most. */
const SAMPLES = 15;
const PLAIN = "10.0.0.11";
/** Payload of a full segment with timestamps, of one that goes through a tunnel, of a full datagram; and the small one. */
const FULL = 1448, TUNNELLED = 1428, DATAGRAM = 1472, SMALL = 64;
/** Payload of a full segment where the client's MSS is the least that we believe. */
const LEAST = 76;

/** What is recorded: a module with the traffic at one of its nodes, and the figures that are taken from its polls. */
export interface Scene {
  name: string;
  target: "host-small" | "redirector-small";
  node: "r" | "s0" | "s2";
  services: Partial<ServiceConfig>[];
  /** `phase` names what follows, for shapes that begin with "NAME: ". */
  traffic(w: World, phase: (name: string) => void): void;
  /** Name -> the shape of the polls, "frames in > frames out", or more. */
  paths: Record<string, string | Figure>;
}

/** Instructions of the median poll of a shape; ... */
export interface Figure {
  of: string;
  /** ... of the cheapest instead; */
  least?: boolean;
  /** ... of what a function does in it, with all that it calls; */
  inside?: string;
  /** ... without those of another shape, */
  less?: string;
  /** ... divided by the frames that they are for. */
  by?: number;
  /** What issue 5 allows. */
  bar?: number;
  /** What lwIP takes for the same (see LWIP). */
  lwip?: number;
}

/**
 * lwIP 2.1.3 as i486 code (`-m32 -march=i486 -O2`, its fastest checksum), counted by callgrind like ours: without driver and without operating system, one
 * ACK sent or received for two segments of 1,460 bytes.
 */
export const LWIP = { in: 4501, out: 4671, ack: 1563, in64: 1882, out64: 1700 };

/** A path as it was played: the calls of the recording that take each shape. */
export interface Played { recording: Uint8Array; shapes: Map<string, number[]> }

const plain = (kind: Kind): Partial<ServiceConfig> => ({ mode: Mode.plain, vHost: PLAIN, members: [2], mssLimit: 1460, kind });
/** Polls to which nothing has happened and for which nothing is due. */
export const EMPTY = "idle: >";
const empty: Figure = { of: EMPTY, least: true };
/** Of each of several frames in one poll, what it costs beside the poll itself. */
const each8 = (of: string, more: Partial<Figure> = {}): Figure => ({ of, less: EMPTY, by: 8, ...more });
const DIGEST = "ft/apply/bytesDigest";

export const SCENES: Scene[] = [
  {
    name: "plain sink", target: "host-small", node: "s0", services: [plain(Kind.discard)],
    traffic(w, phase) {
      const p = new RawPeer(w, 1, addr(PLAIN));
      phase("alone");
      const large = talk(w, p, 2000, FULL), small = talk(w, p, 2001, SMALL);
      phase("burst");
      bursts(w, large, FULL);
      bursts(w, small, SMALL);
    },
    paths: {
      "poll without work": empty, [`segment in, ${SMALL}`]: { of: `alone: tcp ${SMALL} >`, bar: 3000, lwip: LWIP.in64 }, [`segment in, ${FULL}`]: { of: `alone: tcp ${FULL} >`, bar: 3000, lwip: LWIP.in },
      [`segment in and ACK out, ${FULL}`]: `alone: tcp ${FULL} > ack`,
      [`segment in, ${SMALL}, of eight with an ACK out`]: each8(`burst: 8 tcp ${SMALL} > ack`, { bar: 3000, lwip: LWIP.in64 }),
      [`segment in, ${FULL}, of eight with an ACK out`]: each8(`burst: 8 tcp ${FULL} > ack`, { bar: 3000, lwip: LWIP.in }),
    },
  },
  {
    name: "plain source", target: "host-small", node: "s0", services: [plain(Kind.chargen)],
    traffic(w, phase) {
      const p = new RawPeer(w, 1, addr(PLAIN));
      draw(w, phase, reader(w, p, 2000, {}), FULL, "");
      draw(w, phase, reader(w, p, 2001, { mss: LEAST + 12 }), LEAST, "small ");
      draw(w, phase, reader(w, p, 2002, { window: SMALL }), SMALL, "tiny ");
    },
    paths: {
      [`ACK in, of ${FULL}`]: { of: "acks: ack >", bar: 1000, lwip: LWIP.ack }, [`ACK in, of ${SMALL}`]: { of: "small acks: ack >", bar: 1000, lwip: LWIP.ack },
      [`ACK in, of ${LEAST}, of eight`]: each8("small eight acks: 8 ack >", { bar: 1000, lwip: LWIP.ack }),
      [`ACK in, segment out, ${SMALL}`]: `tiny one: ack > tcp ${SMALL}`, [`ACK in, segment out, ${FULL}`]: `one: ack > tcp ${FULL}`,
      [`segment out alone, ${SMALL}`]: { of: `tiny one: ack > tcp ${SMALL}`, less: "tiny none: ack >", bar: 3200, lwip: LWIP.out64 },
      [`segment out alone, ${FULL}`]: { of: `one: ack > tcp ${FULL}`, less: "none: ack >", bar: 3200, lwip: LWIP.out },
      [`segment out, ${LEAST}, one more of eight`]: { of: `small eight: ack > 8 tcp ${LEAST}`, less: `small four: ack > 4 tcp ${LEAST}`, by: 4, bar: 3200, lwip: LWIP.out64 },
      [`segment out, ${FULL}, one more of eight`]: { of: `eight: ack > 8 tcp ${FULL}`, less: `four: ack > 4 tcp ${FULL}`, by: 4, bar: 3200, lwip: LWIP.out },
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
      "poll without work": empty, "channel message in, no bytes": { of: "chain >", bar: 3000 }, "ACK in": "copy of ack >",
      [`segment in, ${SMALL}`]: `copy of tcp ${SMALL} >`, [`segment in, ${TUNNELLED}`]: `copy of tcp ${TUNNELLED} >`,
      [`channel message in, reply of ${SMALL} out`]: `chain > chain + tcp ${SMALL}`, [`channel message in, reply of ${TUNNELLED} out`]: `chain > chain + tcp ${TUNNELLED}`,
      [`R0's digest of these ${SMALL}`]: { of: `chain > chain + tcp ${SMALL}`, inside: DIGEST }, [`R0's digest of these ${TUNNELLED}`]: { of: `chain > chain + tcp ${TUNNELLED}`, inside: DIGEST },
    },
  },
  {
    name: "primary of three, sink", target: "host-small", node: "s0", services: [{ kind: Kind.discard }],
    traffic(w, phase) { const p = new RawPeer(w, 1); phase("large"); talk(w, p, 2000, TUNNELLED); phase("small"); talk(w, p, 2001, SMALL); },
    paths: { [`channel message with the event of ${SMALL} in, message out`]: "small: chain > chain", [`channel message with the event of ${TUNNELLED} in, message out`]: "large: chain > chain" },
  },
  {
    name: "tail of three", target: "host-small", node: "s2", services: [{ kind: Kind.echo }],
    traffic(w) { const p = new RawPeer(w, 1); talk(w, p, 2000, TUNNELLED); talk(w, p, 2001, SMALL); },
    paths: {
      "channel message in, no bytes": { of: "chain >", bar: 3000 },
      [`segment in, channel message out, ${SMALL}`]: `copy of tcp ${SMALL} > chain`, [`segment in, channel message out, ${TUNNELLED}`]: `copy of tcp ${TUNNELLED} > chain`,
      [`R0's digest of these ${SMALL}`]: { of: `copy of tcp ${SMALL} > chain`, inside: DIGEST }, [`R0's digest of these ${TUNNELLED}`]: { of: `copy of tcp ${TUNNELLED} > chain`, inside: DIGEST },
    },
  },
  {
    name: "redirector", target: "redirector-small", node: "r", services: [{ kind: Kind.echo }],
    traffic(w, phase) {
      const p = new RawPeer(w, 1), to = addr("10.0.0.12");
      const send = (n: number, i: number): void => p.frame(p.packet(to, Proto.udp, udp(p.address, to, 1000 + i, 9999, pattern(n))));
      phase("alone");
      for (const n of [SMALL, DATAGRAM]) each(w, i => send(n, i));
      const large = talk(w, p, 2000, TUNNELLED), small = talk(w, p, 2001, SMALL);
      phase("burst");
      for (const n of [SMALL, DATAGRAM]) each(w, i => { for (let k = 0; k < 8; k++) send(n, i); }, SAMPLES);
      bursts(w, large, TUNNELLED);
      bursts(w, small, SMALL);
    },
    paths: {
      "poll without work": empty, [`forward, ${SMALL}`]: `alone: udp ${SMALL} > udp ${SMALL}`, [`forward, ${DATAGRAM}`]: `alone: udp ${DATAGRAM} > udp ${DATAGRAM}`,
      [`forward, ${SMALL}, of eight`]: each8(`burst: 8 udp ${SMALL} > 8 udp ${SMALL}`), [`forward, ${DATAGRAM}, of eight`]: each8(`burst: 8 udp ${DATAGRAM} > 8 udp ${DATAGRAM}`),
      [`copy to three, ${SMALL}`]: `alone: tcp ${SMALL} > 3 copy of tcp ${SMALL}`, [`copy to three, ${TUNNELLED}`]: `alone: tcp ${TUNNELLED} > 3 copy of tcp ${TUNNELLED}`,
      [`copy to three, ${SMALL}, of eight`]: each8(`burst: 8 tcp ${SMALL} > 24 copy of tcp ${SMALL}`), [`copy to three, ${TUNNELLED}, of eight`]: each8(`burst: 8 tcp ${TUNNELLED} > 24 copy of tcp ${TUNNELLED}`),
      "copy an ACK to three": "alone: ack > 3 copy of ack", [`reply to the client, ${TUNNELLED}`]: `alone: tcp ${TUNNELLED} > tcp ${TUNNELLED}`,
    },
  },
];

/** Plays a scene. Throws where a shape was not taken. */
export function play(scene: Scene, modules: Modules): Played {
  const world = new World(modules, { seed: 1, hosts: 3, clients: 0, unchecked: true, services: scene.services.map(s => ({ port: 7, ...s })) });
  const node = [...world.nodes()].find(n => n.name === scene.node)!;
  const recorder = node.recorder = new Recorder(node.ports.length);
  world.boot();
  world.engine.run(1500 * MS);
  const phases = [{ name: "idle", from: node.clock() }];
  each(world, () => node.pollBy(world.engine.now), SAMPLES);
  phases.push({ name: "", from: node.clock() });
  scene.traffic(world, name => phases.push({ name, from: node.clock() }));
  world.engine.run(world.engine.now + 300 * MS);
  const all = byShape(recorder.polls, phases), shapes = new Map<string, number[]>();
  for (const shape of Object.values(scene.paths).flatMap(f => (typeof f === "string" ? [f] : f.less ? [f.of, f.less] : [f.of]))) {
    const calls = all.get(shape);
    if (!calls) throw new Error(`${scene.name}: no poll was "${shape}"; there were ${[...all.keys()].map(s => `"${s}"`).join(", ")}`);
    shapes.set(shape, calls.slice(-SAMPLES));
  }
  return { recording: recorder.bytes(), shapes };
}

/** Time after time, each alone in its poll. */
function each(w: World, send: (i: number) => void, times = 40): void {
  for (let i = 0; i < times; i++) { send(i); w.engine.run(w.engine.now + 7 * MS); }
}

const pattern = (n: number): Uint8Array => new Uint8Array(n).map((_, i) => i * 7);

function open(w: World, peer: RawPeer, localPort: number, options: Partial<RawOptions>): RawConn {
  const c = peer.conn(localPort, 7, options);
  c.syn();
  w.engine.run(w.engine.now + 50 * MS);
  if (c.irs < 0) throw new Error("no connection");
  return c;
}

/** A connection, and how much its client has sent. */
interface Talk { conn: RawConn; sent: number }

/** Opens a connection and sends segments of one size. */
function talk(w: World, peer: RawPeer, localPort: number, size: number): Talk {
  const t = { conn: open(w, peer, localPort, {}), sent: 0 };
  each(w, () => say(t, size));
  return t;
}

function say(t: Talk, size: number): void {
  t.conn.data(t.sent, pattern(size));
  t.sent += size;
}

/** Eight segments at once, again and again. */
function bursts(w: World, t: Talk, size: number): void {
  each(w, () => { for (let k = 0; k < 8; k++) say(t, size); }, SAMPLES);
}

/** A connection whose client takes only what `draw` asks for. */
function reader(w: World, peer: RawPeer, localPort: number, options: Partial<RawOptions>): RawConn {
  const c = open(w, peer, localPort, { window: 0, ...options });
  c.answers = false;
  return c;
}

/**
 * Opens the window for none, one, four, eight or nine segments, in phases of these names. Eight of the nine are acknowledged with the window closing meanwhile,
 * one after the other (phase "acks") or all in one poll ("eight acks"); the rest in the phases "between", when the server's buffer is filled anew.
 */
function draw(w: World, phase: (name: string) => void, c: RawConn, size: number, prefix: string): void {
  const soon = (): void => { w.engine.run(w.engine.now + MS); };
  for (let round = 0; round < SAMPLES; round++) {
    for (const [name, n] of [["none", 0], ["one", 1], ["four", 4], ["eight", 8], ["nine", 9]] as const) {
      const from = c.got.length;
      phase(prefix + name);
      c.ack({ window: Math.max(n * size, 1) });
      soon();
      if (n === 9) {
        phase(prefix + (round & 1 ? "eight acks" : "acks"));
        for (let k = 1; k <= 8; k++) { c.ack({ ack: Math.min(from + k * size, c.got.length), window: (9 - k) * size }); if (!(round & 1)) soon(); }
        soon();
      }
      phase("between");
      c.ack({ window: 0 });
      soon();
    }
  }
}

/** The calls of the polls by shape, each also with its phase before it. */
function byShape(polls: Poll[], phases: { name: string; from: number }[]): Map<string, number[]> {
  const out = new Map<string, number[]>();
  let at = -1;
  for (const p of polls) {
    while (at + 1 < phases.length && p.now >= phases[at + 1].from) at++;
    if (at < 0) continue;
    const shape = `${list(p.in)} > ${list(p.out)}`.trim();
    for (const s of [shape, `${phases[at].name}: ${shape}`]) out.set(s, [...out.get(s) ?? [], p.call]);
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
