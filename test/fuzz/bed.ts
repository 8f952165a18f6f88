// The site that network targets feed: three replicas behind a redirector, honest clients whose streams must go on byte-exact, and machines of
// an attacker, on the clients' network and on the servers'.

import { Kind, Mode } from "../sim/config.ts";
import { Violation } from "../sim/engine.ts";
import { type SimNode } from "../sim/node.ts";
import { addr, Flag, ipAt, ipv4, parseTcp, Proto, putMac, Segment, tcp, u32 } from "../sim/packet.ts";
import { Noise } from "../sim/pattern.ts";
import { RawPeer, type RawConn } from "../sim/raw.ts";
import { CONTENT, HASH } from "../sim/web.ts";
import { hostId, mac, SITE, VHOST, World } from "../sim/world.ts";
import { type Flow } from "../sim/workload.ts";
import { type FuzzModules, magnitude } from "./target.ts";

export const MS = 1000, SECOND = 1_000_000;
export const ECHO = 7, WEB = 80, PLAIN_PORT = 2007;
export const PLAIN = "10.0.0.11";
/** Bytes that an honest client sends in all, in turns of TURN: less than any window, so that a guess beyond it is never in sequence. */
export const TOTAL = 12_000;
const TURN = 400;
/** Connections of the attacker's to the chain; those from this number on are to the plain service. */
const CHAINED = 9;
/** Counters that are looked at: those of all layers but services and drivers. */
const COUNTERS = 304;
/** Frames kept of what travelled last. */
const KEPT = 64;

export interface BedOptions { victims: number; log?: (line: string) => void; tolerant?: boolean }

interface Look { lookAtConn(local: number, localPort: number, remote: number, remotePort: number): number; pools(): number }

/** What a replica knows of a connection: sequence numbers for guesses that are near, and not right. */
export interface Numbers { port: number; irs: number; iss: number; rcvd: number; prod: number }

export class Bed {
  readonly world: World;
  readonly victims: Flow[] = [];
  readonly attacker: RawPeer;
  /** Another machine of the attacker's, which talks to the plain service. */
  readonly neighbour: RawPeer;
  /** Connections of the attacker's own: whatever happens to them is its own doing. */
  readonly conns: RawConn[] = [];
  /** Frames that travelled, the latest last, with where they came by. */
  readonly seen: { frame: Uint8Array; wan: boolean; at: number }[] = [];
  /** Pools of each host before the first connection. */
  private readonly free: number[][];
  private readonly tolerant: boolean;
  private readonly knocked = new Map<string, { src: number; srcPort: number; dst: number; dstPort: number }>();
  private readonly before = new Map<SimNode, Uint32Array>();

  constructor(modules: FuzzModules, options: BedOptions) {
    this.tolerant = options.tolerant === true;
    const services = [
      { kind: Kind.echo, port: ECHO, rcv: 65536, snd: 65536 }, { kind: Kind.http, port: WEB, rcv: 16384, snd: 16384 },
      { mode: Mode.plain, kind: Kind.echo, vHost: PLAIN, port: PLAIN_PORT, members: [hostId(0)], mssLimit: 1460, rcv: 16384, snd: 16384 },
    ];
    const spec = { seed: 1, hosts: 3, clients: 1, services, content: CONTENT, contentHash: HASH, log: options.log, unchecked: options.tolerant };
    this.world = new World(modules, spec);
    const taps = [this.world.clientLan, this.world.serverLan].map(lan => lan.tap!);
    [this.world.clientLan, this.world.serverLan].forEach((lan, i) => {
      lan.tap = (l, port, frame) => {
        taps[i](l, port, frame);
        this.seen.push({ frame, wan: i === 0, at: this.now });
        if (this.seen.length > KEPT) this.seen.shift();
      };
    });
    this.world.boot();
    this.attacker = new RawPeer(this.world, 0);
    this.neighbour = new RawPeer(this.world, 1, addr(PLAIN));
    this.run(60 * MS);
    const full = (): boolean => this.hosts.every(h => this.member(h, 0) && this.member(h, 1));
    if (!options.tolerant && !full() && !this.world.engine.run(this.now + 5 * SECOND, full)) throw new Error("the chain does not come up");
    if (options.tolerant) this.run(400 * MS);
    this.free = this.hosts.map(h => this.poolsOf(h));
    for (let i = 0; i < options.victims; i++) this.honest();
    this.run(20 * MS);
    this.note();
  }

  get now(): number { return this.world.engine.now; }
  get redirector(): SimNode { return this.world.redirector; }
  get hosts(): SimNode[] { return this.world.hosts; }
  get nodes(): SimNode[] { return [this.redirector, ...this.hosts]; }

  /** Frames that travelled and have arrived. */
  arrived(): Uint8Array[] { return this.seen.filter(k => k.at < this.now - 100).map(k => k.frame); }

  run(microseconds: number): void { this.world.engine.run(this.now + microseconds); }

  private member(h: SimNode, svc: number): boolean { return this.world.check.installed(svc, this.hosts.indexOf(h)) && this.world.check.membersOf(svc).length === 3; }

  /** One more honest connection: an echo in small turns, slow enough to last while an input runs. */
  honest(bytes = TOTAL): Flow {
    const i = this.victims.length, noise = new Noise(1000 * i % 60_000);
    const f = this.world.flow(0, { name: `honest ${i}`, addr: addr(VHOST), port: ECHO, out: noise, outBytes: bytes, in: noise, inBytes: bytes, shut: "received", turn: TURN }, i % 10 * 100);
    this.victims.push(f);
    return f;
  }

  /** Sequence numbers of a victim as host i has them; null before it has the connection and after. */
  numbers(f: Flow, i: number): Numbers | null {
    const h = this.hosts[i], p = h.up ? (h.exports as unknown as Look).lookAtConn(addr(VHOST), ECHO, f.client.address, f.localPort) : 0;
    if (p === 0) return null;
    const w = h.wordsAt(p, 9);
    return { port: f.localPort, irs: w[2], iss: w[3], rcvd: w[4], prod: w[8] };
  }

  /** The attacker's connection number i, made when it is first asked for: to the chain's services, or to the plain one. */
  conn(i: number): RawConn {
    const port = i >= CHAINED ? PLAIN_PORT : i % 3 === 2 ? WEB : ECHO, peer = i >= CHAINED ? this.neighbour : this.attacker;
    this.conns[i] ??= peer.conn(3000 + i, port, { isn: 77_000 * (i + 1), sack: i % 2 === 0, wscale: i % 3 === 0 ? 3 : -1, timestamps: i % 4 !== 3 });
    return this.conns[i];
  }

  /** Takes note of a frame of the attacker's: a SYN in it may begin a connection, which is reset at the end. */
  sent(frame: Uint8Array): void {
    const outer = ipAt(frame), ip = outer >= 0 && frame[outer + 9] === Proto.ipip && frame.length > outer + 60 ? outer + 20 : outer, s = new Segment();
    if (ip < 0 || !parseTcp(frame, ip, s) || !s.has(Flag.syn)) return;
    this.knocked.set(`${s.src} ${s.srcPort} ${s.dst} ${s.dstPort}`, { src: s.src, srcPort: s.srcPort, dst: s.dst, dstPort: s.dstPort });
  }

  /** Resets what the attacker began, with the numbers that only the server knows. */
  private hangUp(): void {
    const honest = new Set(this.victims.map(f => `${f.client.address} ${f.localPort}`));
    for (const c of this.conns) if (c) c.answers = false;
    for (const k of this.knocked.values()) if (!honest.has(`${k.src} ${k.srcPort}`)) for (const h of this.hosts) {
      const p = (h.exports as unknown as Look).lookAtConn(k.dst, k.dstPort, k.src, k.srcPort), w = h.wordsAt(p, 6);
      if (p === 0) continue;
      h.receive(0, this.toHost(h, rst(k, w[2] + 1 + w[4] + w[5] >>> 0)));
    }
  }

  /** A client's packet as it arrives at a host: in the redirector's tunnel, or as it is where it is for the node itself. */
  toHost(h: SimNode, frame: Uint8Array): Uint8Array {
    const id = hostId(this.hosts.indexOf(h)), own = addr(`10.0.0.${11 + this.hosts.indexOf(h)}`);
    if (u32(frame, 30) === own) { const b = frame.slice(); putMac(b, 0, mac(1, id)); return b; }
    return ipv4(mac(1, 1), mac(1, id), addr(SITE.tunnel), own, Proto.ipip, frame.slice(14));
  }

  /** What a host has free: frame buffers with those that its rings hold, stream chunks, ranges, control blocks, connection records. */
  private poolsOf(n: SimNode): number[] {
    const all = [...n.wordsAt((n.exports as unknown as Look).pools(), 5)];
    all[0] += n.framesHeld();
    return all;
  }

  private freeFrames(n: SimNode): number { return n.wordsAt((n.exports as unknown as Look).pools(), 1)[0] + n.framesHeld(); }

  private note(): void { for (const n of this.nodes) this.before.set(n, countersOf(n)); }

  /** Features of what happened since the last call: which counters grew at whom, under an act of which kind. */
  grown(kind: string, features: Set<string>): void {
    for (const n of this.nodes) {
      const was = this.before.get(n)!, is = countersOf(n), who = n === this.redirector ? "r" : "h";
      for (let i = 0; i < is.length; i++) if (is[i] !== was[i]) features.add(`${kind} ${who}${i} ${Math.min(4, magnitude(is[i] - was[i]))}`);
      this.before.set(n, is);
    }
  }

  /** The honest go on to their end, byte-exact; then everything is given back. Throws a Violation where not. */
  finish(): void {
    for (const c of this.conns) if (c) c.answers = false;
    this.world.complete(60 * SECOND);
    for (let i = 0; i < 3; i++) { this.hangUp(); this.run(50 * MS); }
    if (!this.tolerant) this.world.poolsFull();
    this.poolsBack();
    this.framesBack();
  }

  /** Every host has free what it had before the first connection, but for frames. What waits for a timeout gets its time. */
  private poolsBack(): void {
    const held = (): number => this.hosts.findIndex((h, i) => this.poolsOf(h).some((x, k) => k > 0 && x !== this.free[i][k]));
    for (let left = 120; left > 0 && held() >= 0; left--) this.run(3 * SECOND);
    if (held() >= 0) throw new Violation(`${this.hosts[held()].name}: free ${this.poolsOf(this.hosts[held()]).join(" ")}, before the first connection ${this.free[held()].join(" ")}`);
  }

  /** No node holds a frame buffer. What waits for a timeout gets its time. */
  framesBack(): void {
    const all = this.hosts[0].wordsAt((this.hosts[0].exports as unknown as Look).pools(), 6)[5], held = (): SimNode | undefined => this.nodes.find(n => this.freeFrames(n) !== all);
    for (let left = 40; left > 0 && held(); left--) this.run(3 * SECOND);
    const n = held();
    if (n) throw new Violation(`${n.name}: ${all - this.freeFrames(n)} of ${all} frames are held`);
  }
}

function countersOf(n: SimNode): Uint32Array {
  const out = new Uint32Array(COUNTERS);
  for (let i = 0; i < out.length; i++) out[i] = n.counter(i);
  return out;
}

const rst = (k: { src: number; srcPort: number; dst: number; dstPort: number }, seq: number): Uint8Array =>
  tcp({ srcMac: mac(0, 1), dstMac: mac(0, 1), ...k, seq, flags: Flag.rst });
