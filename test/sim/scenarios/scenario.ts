// What a named scenario is: a schedule, the shortest one that broke a weaker rule, on a site of its own. The checker watches every step.

import { type Modules } from "../build.ts";
import { Kind } from "../config.ts";
import { Violation } from "../engine.ts";
import { type Link } from "../net.ts";
import { type SimNode } from "../node.ts";
import { addr } from "../packet.ts";
import { Noise } from "../pattern.ts";
import { RawPeer } from "../raw.ts";
import { hostId, VHOST, World, type WorldSpec } from "../world.ts";
import { type Flow, type FlowSpec } from "../workload.ts";

export const MS = 1000, SECOND = 1_000_000;

export interface Scenario {
  name: string;
  /** One sentence: what must hold. */
  about: string;
  site?: Partial<WorldSpec>;
  /** Plays the schedule; throws a Violation where the promise does not hold. */
  play(stage: Stage): void;
}

/** Runs a scenario; returns what failed, or "". */
export function runScenario(modules: Modules, s: Scenario, options: { pcap?: string; log?: (line: string) => void } = {}): string {
  const world = new World(modules, { seed: 1, hosts: 3, clients: 1, services: [{ kind: Kind.echo, port: 7 }], ...s.site, log: options.log });
  if (options.pcap) world.capture(options.pcap);
  try {
    world.boot();
    s.play(new Stage(world));
    return "";
  } catch (e) {
    if (!(e instanceof Violation)) throw e;
    world.fails(e.message);
    return e.message;
  } finally {
    world.close();
  }
}

/** The vocabulary of schedules. */
export class Stage {
  constructor(readonly world: World) {}

  get now(): number { return this.world.engine.now; }
  get r(): SimNode { return this.world.redirector; }
  s(i: number): SimNode { return this.world.hosts[i]; }

  run(microseconds: number): void { this.world.engine.run(this.now + microseconds); }

  /** Runs until `what` holds; a violation where it does not within `bound`. */
  until(what: string, bound: number, holds: () => boolean): void {
    if (!holds() && !this.world.engine.run(this.now + bound, holds)) throw new Violation(`not within ${bound / MS} ms: ${what}`);
  }

  expect(what: string, holds: boolean): void { if (!holds) throw new Violation(`not so: ${what}`); }

  /** Runs until the chain of a service stands with exactly these hosts, and its primary speaks. */
  chain(hosts: number[], bound = 5 * SECOND, svc = 0): void {
    this.until(`chain ${hosts.map(i => `s${i}`).join(" ")}`, bound, () => {
      const m = this.world.check.membersOf(svc);
      return m.length === hosts.length && hosts.every((h, k) => m[k] === hostId(h) && this.world.check.installed(svc, h));
    });
  }

  /** An echo flow of n bytes; in turns where `turn` is set. */
  echo(n: number, more: Partial<FlowSpec> = {}): Flow {
    const noise = new Noise(n % 60_000);
    return this.world.flow(0, { name: "echo", addr: addr(VHOST), port: 7, out: noise, outBytes: n, in: noise, inBytes: n, shut: "received", ...more });
  }

  private raws = 0;
  /** A scripted machine on the clients' network. */
  raw(): RawPeer { return new RawPeer(this.world, this.raws++); }

  cut(...pairs: [SimNode, SimNode][]): void {
    for (const [a, b] of pairs) { this.world.tell(`cut from ${a.name} to ${b.name}`); this.world.link(a, b).set.cut = true; }
  }

  heal(...pairs: [SimNode, SimNode][]): void {
    for (const [a, b] of pairs) { this.world.tell(`healed from ${a.name} to ${b.name}`); this.world.link(a, b).set.cut = false; }
  }

  crash(n: SimNode): void { this.world.tell(`${n.name} crashes`); n.crash(); }
  boot(n: SimNode): void { this.world.tell(`${n.name} starts`); n.boot(); }
  pause(n: SimNode): void { this.world.tell(`${n.name} stands still`); n.pause(); }
  resume(n: SimNode): void { this.world.tell(`${n.name} goes on`); n.resume(); }

  /** Loses the frames from a to b for which `which` is true, at most `most` of them. */
  lose(a: SimNode, b: SimNode, which: (frame: Uint8Array) => boolean, most = Infinity): void {
    let left = most;
    this.world.link(a, b).filter = frame => left > 0 && which(frame) && left-- > 0;
  }

  /** Frames from a to b for which `which` is true arrive `delay` microseconds later than the others. */
  delay(a: SimNode, b: SimNode, delay: number, which: (frame: Uint8Array) => boolean): void {
    const link = this.world.link(a, b);
    link.filter = frame => {
      if (!which(frame)) return false;
      this.world.engine.after(delay, () => link.to.owner.receive(link.to.iface, frame));
      return true;
    };
  }

  /** Holds frames from a to b back for which `which` is true, at most `most` of them, until they are released; with `copy` they also arrive now. */
  hold(a: SimNode, b: SimNode, which: (frame: Uint8Array) => boolean, most = Infinity, copy = false): Held {
    const link = this.world.link(a, b), held = new Held(this, link);
    link.filter = frame => {
      if (held.frames.length >= most || !which(frame)) return false;
      held.frames.push(frame);
      return !copy;
    };
    return held;
  }

  /** Ends what `lose`, `delay` and `hold` began between a and b. */
  pass(a: SimNode, b: SimNode): void { this.world.link(a, b).filter = null; }

  /** A host's counter by its number. */
  count(i: number, counter: number): number { return this.s(i).counter(counter); }

  /** Everything started completes, nothing is held afterwards. */
  finish(bound = 120 * SECOND): void {
    this.world.complete(bound);
    this.world.poolsFull();
  }
}

/** Frames on their way that are held back. */
export class Held {
  readonly frames: Uint8Array[] = [];
  constructor(private readonly stage: Stage, private readonly link: Link) {}

  /** Lets all of them arrive now, in their order; what comes later passes. */
  release(): void {
    this.link.filter = null;
    this.again();
  }

  /** Lets all of them arrive now, and keeps them. */
  again(): void {
    this.stage.world.tell(`${this.frames.length} held frames arrive at ${this.link.to.name}`);
    for (const f of this.frames) this.link.to.owner.receive(this.link.to.iface, f);
  }
}
