// The wire does not show a takeover, to the bit and the microsecond of virtual time: TTL, identification, DF, options with their order and values, window,
// and the timestamp's clock. TSval's step with each view (R13) is the one trace, and never goes backwards.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build, load, type Modules } from "./build.ts";
import { Kind } from "./config.ts";
import { Flag, ipAt, parseTcp, Segment, u16, u32 } from "./packet.ts";
import { Noise } from "./pattern.ts";
import { SITE, VHOST, World } from "./world.ts";
import { addr } from "./packet.ts";

const MS = 1000, SECOND = 1_000_000;
/** How far clocks of two hosts are apart at most (docs/protocol.md, R13), ms. */
const CLOCKS = 20;
let modules: Modules;

before(async () => { await build(); modules = await load(["host", "redirector", "peer"]); });

/** One segment of the service as its client gets it. */
interface Seen { at: number; port: number; flags: number; ttl: number; tos: number; id: number; frag: number; options: string; tsVal: number; scale: number; ack: number; window: number }

function look(now: number, frame: Uint8Array): Seen | undefined {
  const ip = ipAt(frame), s = new Segment();
  if (ip < 0 || u32(frame, ip + 12) !== addr(VHOST) || !parseTcp(frame, ip, s)) return undefined;
  const kinds: string[] = [], from = ip + 20 + 20, to = ip + 20 + (frame[ip + 32] >> 4) * 4;
  for (let p = from; p < to; p += frame[p] === 1 ? 1 : frame[p + 1]) kinds.push(frame[p] === 2 ? `mss ${u16(frame, p + 2)}` : frame[p] === 3 ? `scale ${frame[p + 2]}` : String(frame[p]));
  return { at: now, port: s.dstPort, flags: s.flags, ttl: frame[ip + 8], tos: frame[ip + 1], id: u16(frame, ip + 4), frag: u16(frame, ip + 6), options: kinds.join(","), tsVal: s.tsVal, scale: s.wscale, ack: s.ack, window: s.window };
}

/** A site whose primary dies while one connection lasts; another begins before and one after. */
function life(seed: number): { seen: Seen[]; killed: number } {
  const world = new World(modules, { seed, hosts: 3, clients: 1, services: [{ kind: Kind.echo, port: 7 }], serverLink: { delay: 100 }, clientLink: { delay: 2000 } }), seen: Seen[] = [];
  const tap = world.clientLan.tap!;
  world.clientLan.tap = (lan, port, frame) => {
    tap(lan, port, frame);
    const s = port.owner === world.redirector ? look(world.engine.now, frame) : undefined;
    if (s) seen.push(s);
  };
  world.boot(name => name.length * 1234);
  world.engine.run(2 * SECOND);
  const echo = (n: number, delay: number): void => { const noise = new Noise(n); world.flow(0, { name: `echo ${n}`, addr: addr(VHOST), port: 7, out: noise, outBytes: n, in: noise, inBytes: n, shut: "received", turn: 100 }, delay); };
  echo(60_000, 0);
  echo(500, 10 * MS);
  world.engine.run(world.engine.now + SECOND);
  const killed = world.engine.now;
  world.hosts[0].crash();
  world.engine.run(killed + 2 * SECOND);
  echo(501, 0);
  world.complete(60 * SECOND);
  world.close();
  return { seen, killed };
}

/** Everything that differs of two lists' traits. */
const traits = (all: Seen[]): Record<string, string[]> => {
  const syn = all.filter(s => s.flags & Flag.syn), rest = all.filter(s => !(s.flags & Flag.syn)), set = (x: (string | number)[]): string[] => [...new Set(x.map(String))].sort();
  return {
    ttl: set(all.map(s => s.ttl)), tos: set(all.map(s => s.tos)), id: set(all.map(s => s.id)), frag: set(all.map(s => s.frag)),
    synOptions: set(syn.map(s => s.options)), synWindow: set(syn.map(s => s.window)), options: set(rest.map(s => s.options)),
  };
};

test("a takeover leaves TTL, identification, flags, options and their order as they were", () => {
  const { seen, killed } = life(1), first = seen.filter(s => s.at <= killed), then = seen.filter(s => s.at > killed);
  assert.ok(first.length > 50 && then.length > 50 && then.some(s => s.flags & Flag.syn), "segments on both sides of it");
  const was = traits(first);
  assert.deepEqual(traits(then), was);
  assert.deepEqual([was.id, was.frag, was.tos], [["0"], ["16384"], ["0"]]);
  assert.equal(was.synOptions.length, 1);
});

test("the timestamp's clock ticks in milliseconds before and after, steps once by the guard, and never goes back", () => {
  const { seen, killed } = life(2), port = seen[0].port, one = seen.filter(s => s.port === port && s.tsVal >= 0);
  /** TSval less the time, which is one number for as long as one replica speaks. */
  const offsets = (all: Seen[]): number[] => all.map(s => (s.tsVal - Math.floor(s.at / MS)) | 0);
  const first = offsets(one.filter(s => s.at <= killed)), then = offsets(one.filter(s => s.at > killed));
  for (const [what, all] of [["before", first], ["after", then]] as const) {
    assert.ok(all.length > 20, what);
    assert.ok(Math.max(...all) - Math.min(...all) <= 1 + 2, `${what}: the clock's rate is 1,000 a second (${Math.min(...all)} to ${Math.max(...all)})`);
  }
  const step = then[0] - first[first.length - 1];
  assert.ok(Math.abs(step - SITE.guardMs) <= CLOCKS, `the step is the guard: ${step}`);
  for (let i = 1; i < one.length; i++) assert.ok((one[i].tsVal - one[i - 1].tsVal | 0) >= 0, "never backwards");
});

test("the acknowledgement and the window's right edge never go back at a takeover", () => {
  const { seen } = life(3), port = seen[0].port, scale = seen.find(s => s.flags & Flag.syn)!.scale, one = seen.filter(s => s.port === port && !(s.flags & Flag.syn));
  for (let i = 1; i < one.length; i++) {
    assert.ok((one[i].ack - one[i - 1].ack | 0) >= 0, "acknowledgement");
    // the field counts units of 2^scale and is rounded up
    assert.ok((one[i].ack + (one[i].window + 1) * 2 ** scale - 1 - one[i - 1].ack - one[i - 1].window * 2 ** scale | 0) >= 0, "right edge");
  }
});
