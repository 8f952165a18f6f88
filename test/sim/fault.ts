// The faults of a random run: rates of its own per seed on every link, and a schedule of at least three discrete faults. `heal` ends all.
// The last member of a chain is never crashed: losing all replicas is a scenario of its own.

import { type Impairment, type Lan, type Link } from "./net.ts";
import { MACHINE, type SimNode } from "./node.ts";
import { ipAt, Proto, u16 } from "./packet.ts";
import { Random } from "./random.ts";
import { hostId, type World } from "./world.ts";

const MS = 1000, SECOND = 1_000_000;

/** Kinds of discrete faults and how often each is drawn. */
const KINDS = {
  crash: 6, restart: 4, pause: 5, partition: 3, oneWay: 4, slow: 2, lateRing: 2, drift: 2, manager: 4, managerPause: 1, replay: 3, linkDown: 2,
} as const;
type Kind = keyof typeof KINDS;
const BAG = (Object.keys(KINDS) as Kind[]).flatMap(k => new Array<Kind>(KINDS[k]).fill(k));

export class Faults {
  /** How many discrete faults took effect. */
  happened = 0;
  private readonly random: Random;
  private readonly replayer: Replayer;
  private healed = false;

  constructor(private readonly world: World, seed: number, private readonly until: number) {
    this.random = new Random(seed, "faults");
    this.replayer = new Replayer(world, new Random(seed, "replay"));
  }

  /** Sets the seed's rates and schedules `n` faults before `until`. */
  begin(n: number): void {
    this.rates();
    this.clocks();
    for (let i = 0; i < n; i++) this.world.engine.call(this.random.between(20 * MS, this.until), () => this.one());
    this.world.engine.call(this.until, () => this.heal());
  }

  private rates(): void {
    const r = this.random, w = this.world;
    const upTo = (most: number): number => (r.chance(0.4) ? 0 : most * r.unit() ** 2);
    const set = (lan: Lan, scale: number): void => {
      const x: Partial<Impairment> = { loss: scale * upTo(0.3), duplicate: upTo(0.5), reorder: scale * upTo(0.3), corrupt: scale * upTo(0.05), jitter: Math.floor(upTo(5 * MS)) };
      for (const link of lan.all()) Object.assign(link.set, x);
      for (const k of ["loss", "duplicate", "reorder", "corrupt", "jitter"] as const) if (x[k]! > 0) w.drew(`rate ${k}${k !== "jitter" && x[k]! > 0.1 ? " above 10 %" : ""}`);
      w.tell(`${lan.name}: loss ${pc(x.loss!)}, duplication ${pc(x.duplicate!)}, reordering ${pc(x.reorder!)}, corruption ${pc(x.corrupt!)}, jitter ${x.jitter} us`);
    };
    set(w.clientLan, 1);
    set(w.serverLan, r.chance(0.5) ? 0.2 : 1);
  }

  private clocks(): void {
    for (const n of this.world.nodes()) if (this.random.chance(0.6)) n.setDrift((this.random.unit() - 0.5) * 9e-4);
  }

  private one(): void {
    const kind = this.random.pick(BAG);
    if (this[kind]()) this.took(kind);
    else if (this.oneWay()) this.took("oneWay");
  }

  private took(kind: Kind): void {
    this.happened++;
    this.world.drew(`fault ${kind}`);
  }

  private later(most: number, run: () => void): void {
    const t = Math.min(this.until, this.world.engine.now + this.random.between(5 * MS, most));
    this.world.engine.call(t, run);
  }

  /** Hosts that may die: some other member of every chain they are in stays up. */
  private mortal(): SimNode[] {
    const w = this.world;
    return w.hosts.filter((h, i) => h.up && w.services.every((_, svc) => {
      const members = w.check.membersOf(svc);
      return members.length > 0 && (!members.includes(hostId(i)) || members.some(m => m !== hostId(i) && this.reachable(w.host(m))));
    }));
  }

  /** True where a host answers the manager. */
  private reachable(h: SimNode): boolean {
    const r = this.world.redirector;
    return h.up && !h.paused && !this.world.link(r, h).set.cut && !this.world.link(h, r).set.cut;
  }

  private crash(): boolean {
    const who = this.mortal();
    if (who.length === 0) return false;
    const h = this.random.pick(who);
    this.world.tell(`${h.name} crashes`);
    h.crash();
    return true;
  }

  private restart(): boolean {
    const who = this.mortal();
    if (who.length === 0) return false;
    const h = this.random.pick(who);
    this.world.tell(`${h.name} crashes, to restart soon`);
    h.crash();
    this.later(2 * SECOND, () => { if (!h.up) { this.world.tell(`${h.name} restarts`); h.boot(); } });
    return true;
  }

  private pause(): boolean { return this.suspend(this.random.pick(this.world.hosts)); }
  private managerPause(): boolean { return this.suspend(this.world.redirector); }

  private suspend(n: SimNode): boolean {
    if (!n.up || n.paused) return false;
    this.world.tell(`${n.name} stands still`);
    n.pause();
    const boots = n.boots;
    this.later(1500 * MS, () => { if (n.boots === boots && n.paused) { this.world.tell(`${n.name} goes on`); n.resume(); } });
    return true;
  }

  private manager(): boolean {
    const n = this.world.redirector;
    if (!n.up) return false;
    this.world.tell("the manager crashes");
    n.crash();
    this.later(1500 * MS, () => { if (!n.up) { this.world.tell("the manager restarts"); n.boot(); } });
    return true;
  }

  private servers(): SimNode[] { return [this.world.redirector, ...this.world.hosts]; }

  private partition(): boolean {
    const all = this.servers(), side = new Set(all.filter(() => this.random.chance(0.5)));
    if (side.size === 0 || side.size === all.length) return false;
    this.world.tell(`cut between ${[...side].map(n => n.name).join(" ")} and the others`);
    const cut: Link[] = [];
    for (const a of side) for (const b of all) if (!side.has(b)) cut.push(this.world.link(a, b), this.world.link(b, a));
    this.sever(cut, 800 * MS);
    return true;
  }

  private oneWay(): boolean {
    const all = this.servers(), a = this.random.pick(all), b = this.random.pick(all.filter(n => n !== a));
    this.world.tell(`cut from ${a.name} to ${b.name}`);
    this.sever([this.world.link(a, b)], 1500 * MS);
    return true;
  }

  /** All links of one node. */
  private linkDown(): boolean {
    const all = this.servers(), a = this.random.pick(all);
    this.world.tell(`${a.name}'s cable is out`);
    this.sever(all.filter(n => n !== a).flatMap(b => [this.world.link(a, b), this.world.link(b, a)]), 600 * MS);
    return true;
  }

  private sever(links: Link[], most: number): void {
    for (const l of links) l.set.cut = true;
    this.later(most, () => { for (const l of links) l.set.cut = false; });
  }

  private slow(): boolean {
    const h = this.random.pick(this.world.hosts);
    this.world.tell(`${h.name} becomes slow`);
    h.machine.pollCost = this.random.between(100, 3000);
    h.machine.frameCost = this.random.between(50, 500);
    this.later(2 * SECOND, () => this.quick(h));
    return true;
  }

  private quick(n: SimNode): void {
    n.machine.pollCost = MACHINE.pollCost;
    n.machine.frameCost = MACHINE.frameCost;
    n.machine.txDelay = MACHINE.txDelay;
  }

  private lateRing(): boolean {
    const h = this.random.pick(this.world.hosts);
    h.machine.txDelay = this.random.between(MS, 500 * MS);
    this.world.tell(`${h.name}'s frames wait ${h.machine.txDelay} us in the ring`);
    this.later(SECOND, () => this.quick(h));
    return true;
  }

  private drift(): boolean {
    const n = this.random.pick(this.servers());
    const drift = (this.random.unit() - 0.5) * 9e-4;
    this.world.tell(`${n.name}'s clock drifts by ${(drift * 1e6).toFixed(0)} ppm`);
    n.setDrift(drift);
    return true;
  }

  private replay(): boolean {
    this.world.tell("messages of the site are replayed, some damaged");
    this.replayer.start();
    this.later(2 * SECOND, () => this.replayer.stop());
    return true;
  }

  /** All faults end; who is down comes back. */
  heal(): void {
    if (this.healed) return;
    this.healed = true;
    const w = this.world;
    w.tell("all faults end");
    this.replayer.stop();
    for (const lan of [w.clientLan, w.serverLan]) {
      for (const link of lan.all()) Object.assign(link.set, { loss: 0, duplicate: 0, reorder: 0, corrupt: 0, jitter: 0, cut: false });
    }
    for (const n of w.nodes()) {
      this.quick(n);
      if (!n.up) n.boot();
      if (n.paused) n.resume();
    }
  }
}

const pc = (x: number): string => `${(100 * x).toFixed(1)} %`;

/** Keeps datagrams between nodes of the site and delivers them again: late, out of order, to whom they were for, some with bits changed. */
class Replayer {
  private readonly kept: { frame: Uint8Array; to: SimNode; iface: number }[] = [];
  private on = false;
  private hooked = false;

  constructor(private readonly world: World, private readonly random: Random) {}

  start(): void {
    this.on = true;
    if (!this.hooked) this.hook();
    this.world.engine.after(1000, () => this.tick());
  }

  stop(): void { this.on = false; }

  private hook(): void {
    this.hooked = true;
    for (const link of this.world.serverLan.all()) {
      const to = link.to;
      link.filter = frame => {
        if (this.on && isDatagram(frame)) this.keep(frame, to.owner as SimNode, to.iface);
        return false;
      };
    }
  }

  private keep(frame: Uint8Array, to: SimNode, iface: number): void {
    const entry = { frame, to, iface };
    if (this.kept.length < 64) this.kept.push(entry);
    else this.kept[this.random.below(64)] = entry;
  }

  private tick(): void {
    if (!this.on) return;
    if (this.kept.length > 0) {
      const k = this.random.pick(this.kept), frame = this.random.chance(0.3) ? spoiled(k.frame, this.random) : k.frame;
      k.to.receive(k.iface, frame);
    }
    this.world.engine.after(this.random.between(200, 20_000), () => this.tick());
  }
}

function isDatagram(frame: Uint8Array): boolean {
  const ip = ipAt(frame);
  return ip >= 0 && frame[ip + 9] === Proto.udp && frame.length > 42;
}

/** A copy with payload changed behind a UDP checksum of zero, which means "none": only the tag can tell. */
function spoiled(frame: Uint8Array, r: Random): Uint8Array {
  const b = frame.slice(), payload = 42;
  b[40] = b[41] = 0;
  b[payload + r.below(Math.max(1, Math.min(b.length, 14 + u16(b, 16)) - payload))] ^= 1 << r.below(8);
  return b;
}
