// The simulated network: switches (`Lan`) whose ports belong to nodes. Between each directed pair of ports lies a `Link` with its own
// impairments, all drawn from one seeded stream. Frames keep their order on a link unless reordering is on.

import { Engine, type Target } from "./engine.ts";
import { EtherType, u16 } from "./packet.ts";
import { Random } from "./random.ts";

/** Impairments of one directed link. Times in microseconds, probabilities 0 to 1. */
export interface Impairment {
  delay: number;
  jitter: number;
  loss: number;
  duplicate: number;
  reorder: number;
  corrupt: number;
  /** Bits per second; 0: no limit. */
  rate: number;
  /** Bytes that may wait for the rate limit; more are dropped. */
  queue: number;
  /** Nothing passes. */
  cut: boolean;
  /** Frames in a row that loss and corruption take at most; 0: any number. */
  burst: number;
}

export const CLEAN: Impairment = { delay: 50, jitter: 0, loss: 0, duplicate: 0, reorder: 0, corrupt: 0, rate: 0, queue: 256 * 1024, cut: false, burst: 0 };

/** Whoever hangs on a port. The frame is shared with other receivers: it is read, never written. */
export interface Receiver {
  receive(iface: number, frame: Uint8Array): void;
}

/** Sees each frame at the moment when it leaves its sender. */
export type Tap = (lan: Lan, port: Port, frame: Uint8Array) => void;

export class Port {
  constructor(readonly lan: Lan, readonly index: number, readonly name: string, readonly mac: number, readonly owner: Receiver, readonly iface: number) {}
  send(frame: Uint8Array): void { this.lan.send(this, frame); }
}

/** One direction between two ports. */
export class Link implements Target {
  set: Impairment;
  /** Frames that chance dropped, and that a cut did. */
  lost = 0;
  severed = 0;
  /** Drops a frame for which it returns true: how a scenario loses exactly one. */
  filter: ((frame: Uint8Array) => boolean) | null = null;
  private last = 0;     // arrival of the latest frame that kept its order
  private free = 0;     // when the rate limiter is idle again
  private readonly flying = new Map<number, Uint8Array>();
  private next = 0;
  private row = 0;      // frames taken in a row

  constructor(private readonly engine: Engine, private readonly random: Random, set: Impairment, readonly from: Port, readonly to: Port) {
    this.set = { ...set };
  }

  carry(frame: Uint8Array): void {
    const s = this.set;
    if (s.cut) { this.severed++; return; }
    if (this.filter?.(frame) || this.strikes(s.loss)) { this.lost++; return; }
    const copies = this.random.chance(s.duplicate) ? 2 : 1;
    for (let i = 0; i < copies; i++) this.launch(frame);
  }

  /** Chance, but never more than a burst in a row. */
  private strikes(p: number): boolean {
    const hit = this.random.chance(p);
    if (this.set.burst === 0) return hit;
    this.row = hit && this.row < this.set.burst ? this.row + 1 : 0;
    return this.row > 0;
  }

  private launch(frame: Uint8Array): void {
    const s = this.set, r = this.random;
    let t = this.engine.now;
    if (s.rate > 0) {
      const start = Math.max(t, this.free), waiting = (start - t) * s.rate / 8e6;
      if (waiting > s.queue) { this.lost++; return; }
      t = this.free = start + frame.length * 8e6 / s.rate;
    }
    t = Math.floor(t + s.delay + (s.jitter > 0 ? r.below(s.jitter + 1) : 0));
    if (r.chance(s.reorder)) t += r.below(2 * (s.delay + s.jitter) + 200);
    else this.last = t = Math.max(t, this.last);
    const arrives = this.strikes(s.corrupt) ? damaged(frame, r) : frame;
    if (arrives === null) { this.lost++; return; }
    const id = this.next++;
    this.flying.set(id, arrives);
    this.engine.at(t, this, id);
  }

  fire(id: number): void {
    const frame = this.flying.get(id)!;
    this.flying.delete(id);
    if (this.set.cut) { this.severed++; return; }
    this.to.owner.receive(this.to.iface, frame);
  }
}

/**
 * A copy with one byte changed, which the checksum of IP, UDP, ICMP or TCP finds for certain. Ethernet's header and ARP have none but the FCS, which
 * drops the frame: null.
 */
function damaged(frame: Uint8Array, r: Random): Uint8Array | null {
  if (frame.length < 15 || u16(frame, 12) !== EtherType.ip) return null;
  const copy = frame.slice();
  copy[r.between(14, copy.length - 1)] ^= r.between(1, 255);
  return copy;
}

/** A switch. Ports are told apart by the MAC address given when they are attached; frames to unknown addresses go to all. */
export class Lan {
  readonly ports: Port[] = [];
  tap: Tap | null = null;
  private readonly links: Link[][] = [];
  private readonly byMac = new Map<number, Port>();
  private readonly random: Random;

  constructor(readonly engine: Engine, readonly name: string, seed: number, readonly usual: Impairment) {
    this.random = new Random(seed, `lan ${name}`);
  }

  attach(name: string, mac: number, owner: Receiver, iface: number): Port {
    const port = new Port(this, this.ports.length, name, mac, owner, iface);
    this.links.push([]);
    for (const other of this.ports) {
      this.links[other.index][port.index] = new Link(this.engine, this.random, this.usual, other, port);
      this.links[port.index][other.index] = new Link(this.engine, this.random, this.usual, port, other);
    }
    this.ports.push(port);
    this.byMac.set(mac, port);
    return port;
  }

  link(from: Port, to: Port): Link { return this.links[from.index][to.index]; }

  /** Every directed link. */
  *all(): Generator<Link> {
    for (const row of this.links) for (const link of row) if (link) yield link;
  }

  send(from: Port, frame: Uint8Array): void {
    this.tap?.(this, from, frame);
    if (frame.length < 14) return;
    const to = frame[0] & 1 ? undefined : this.byMac.get(macAt(frame, 0));
    if (to) {
      if (to !== from) this.links[from.index][to.index].carry(frame);
      return;
    }
    for (const link of this.links[from.index]) link?.carry(frame);
  }
}

/** The MAC address at offset `at` as a number of 48 bits. */
export function macAt(frame: Uint8Array, at: number): number {
  return (frame[at] * 256 + frame[at + 1]) * 0x100000000 + ((frame[at + 2] << 24 | frame[at + 3] << 16 | frame[at + 4] << 8 | frame[at + 5]) >>> 0);
}
