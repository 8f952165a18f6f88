// Calls of local programs (docs/sockets.md): requests of any bytes, in any pieces, by several programs. Each call that is understood gets one
// whole reply, or waits; what is left open is closed when its program goes.

import { Kind, Mode } from "../../sim/config.ts";
import { Violation } from "../../sim/engine.ts";
import { type SimNode } from "../../sim/node.ts";
import { addr } from "../../sim/packet.ts";
import { hostId, World } from "../../sim/world.ts";
import { Source } from "../source.ts";
import { type FuzzModules, judged, type Target } from "../target.ts";

const MS = 1000, SECOND = 1_000_000, PORTS = 4;
const enum Word { inAt = 0, inSize = 1, inLen = 2, outAt = 3, outLen = 4, outSent = 5, state = 6, pid = 7 }
const ECHO = 2007, ADDRESSES = ["10.0.0.11", "10.0.0.12", "0.0.0.0", "10.0.0.99", "127.0.0.1", "203.0.113.1"].map(addr);

interface Look { pools(): number }

export const sockets: Target = {
  name: "sockets",
  about: "socket calls of any bytes by local programs: whole replies, no trap, everything given back when they have gone",
  acts: 60,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const site = new Site(modules, log);
      for (const act of input) features.add(site.play(new Source(act)));
      site.end();
      for (const [k, v] of site.h.counters()) if (k >= 96 && k < 160) features.add(`${k} ${Math.min(3, v)}`);
      return site.world.engine.hash();
    });
  },
};

/** Two plain host servers; programs call at the first one. */
class Site {
  readonly world: World;
  readonly h: SimNode;
  private readonly free: number[];
  private readonly replies = [0, 0, 0, 0];

  constructor(modules: FuzzModules, log?: (line: string) => void) {
    const plain = (i: number): object => ({ mode: Mode.plain, kind: Kind.echo, vHost: `10.0.0.${11 + i}`, port: ECHO, members: [hostId(i)], mssLimit: 1460 });
    this.world = new World(modules, { seed: 1, hosts: 2, clients: 0, services: [plain(0), plain(1)], log, unchecked: true });
    this.world.boot();
    this.run(300 * MS);
    this.h = this.world.hosts[0];
    this.free = this.pools();
  }

  private run(t: number): void { this.world.engine.run(this.world.engine.now + t); }

  private pools(): number[] { const p = [...this.h.wordsAt((this.h.exports as unknown as Look).pools(), 5)]; p[0] += this.h.framesHeld(); return p; }

  /** Words of the shared block: its first port, count, stride, news. */
  private get shared(): Uint32Array { return this.h.wordsAt(this.h.words[(this.h.exports!.abi() >>> 2) + 11], 4); }
  private port(i: number): number { const s = this.shared; return s[0] + i * s[2] >>> 2; }
  private news(i: number): void { this.h.words[(this.shared[3] >>> 2) + (i >> 5)] |= 1 << (i & 31); this.h.pollBy(this.world.engine.now); }

  play(s: Source): string {
    const i = s.below(PORTS), w = this.h.words, p = this.port(i), what = s.below(10);
    if (what === 9) { this.run(s.pick([1, 5, 30, 300]) * MS); return "wait"; }
    if (what === 8) { if (w[p + Word.state] === 1) { w[p + Word.state] = 2; this.news(i); this.run(MS); this.drain(i); } return "gone"; }
    if (w[p + Word.state] === 2) return "ending";
    if (w[p + Word.state] === 0) { w[p + Word.state] = 1; w[p + Word.pid] = s.pick([0, 100, 100, 200]); w[p + Word.inLen] = 0; }
    const b = request(s);
    this.write(i, b);
    this.run(s.pick([100, 1000]));
    return `${this.drain(i)} op ${b[0]}`;
  }

  /** As the host does: appends what there is room for, in pieces. */
  private write(i: number, b: Uint8Array): void {
    const w = this.h.words, p = this.port(i);
    for (let at = 0, tries = 0; at < b.length && tries < 20; tries++) {
      const n = Math.min(b.length - at, w[p + Word.inSize] - w[p + Word.inLen]);
      this.h.bytes.set(b.subarray(at, at + n), w[p + Word.inAt] + w[p + Word.inLen]);
      w[p + Word.inLen] += n;
      at += n;
      this.news(i);
      this.run(50);
      this.drain(i);
      if (w[p + Word.state] !== 1) return;
    }
  }

  /** Takes what was replied; a reply is as long as it says. */
  private drain(i: number): string {
    const w = this.h.words, p = this.port(i), n = w[p + Word.outLen], had = w[p + Word.outSent];
    if (n === had) return "waits";
    if (n < 12 || n > 12 + 32768) throw new Violation(`port ${i}: a reply of ${n} bytes`);
    const v = new DataView(this.h.bytes.buffer, w[p + Word.outAt]), result = v.getInt32(0, true), errno = v.getInt32(4, true);
    if (v.getUint32(8, true) !== n - 12) throw new Violation(`port ${i}: a reply of ${n} bytes says ${v.getUint32(8, true)}`);
    if (result < 0 ? errno <= 0 : errno !== 0) throw new Violation(`port ${i}: result ${result} with errno ${errno}`);
    w[p + Word.outSent] = n;
    this.replies[i]++;
    this.news(i);
    this.run(20);
    return `${result < 0 ? -1 : Math.min(result, 2)} ${errno}`;
  }

  /** All programs go; then nothing is held, but by connections that close in their own time. */
  end(): void {
    for (let i = 0; i < PORTS; i++) {
      const p = this.port(i);
      if (this.h.words[p + Word.state] === 1) { this.h.words[p + Word.state] = 2; this.news(i); }
    }
    for (let k = 0; k < 10; k++) { this.run(10 * MS); for (let i = 0; i < PORTS; i++) this.drain(i); }
    for (let i = 0; i < PORTS; i++) if (this.h.words[this.port(i) + Word.state] !== 0) throw new Violation(`port ${i} is not free after its program has gone`);
    const held = (): number => this.pools().findIndex((x, k) => x !== this.free[k]);
    for (let left = 130; left > 0 && held() >= 0; left--) this.run(5 * SECOND);
    if (held() >= 0) throw new Violation(`pool ${held()}: free ${this.pools()[held()]}, before ${this.free[held()]}`);
  }
}

/** A request: twenty bytes and its data; the words near what means something. */
function request(s: Source): Uint8Array {
  if (s.oneIn(10)) return s.rest(60);
  const op = s.oneIn(10) ? s.u8() : s.between(1, 18), fd = (): number => (s.oneIn(6) ? s.u32() : 3 + s.below(6)), data = dataOf(s, op), b = new Uint8Array(20 + data.length), v = new DataView(b.buffer);
  const a = op === 1 ? s.pick([2, 2, 2, 10, s.u8()]) : op === 15 ? data.length / 8 : fd();
  const x = op === 1 ? s.pick([1, 1, 2049, 2, 524289]) : op === 11 ? s.below(4) : op === 12 || op === 13 ? s.pick([1, 6, 0, s.u8()]) : op === 16 ? s.pick([0x541b, 0x5411, 0]) : op === 15 ? s.pick([0, 1, 50, -1]) : s.pick([0, 1, 4, 1000, 40_000, s.u32()]);
  const c = op === 12 || op === 13 ? s.between(0, 30) : op === 14 ? s.pick([0, 2048]) : s.pick([0, 0, 0x40, 2, 0x100, 0x4000, s.u32()]);
  [op, a, x, c, s.oneIn(30) ? s.near(data.length) : data.length].forEach((n, i) => v.setUint32(4 * i, n >>> 0, true));
  b.set(data, 20);
  return b;
}

function dataOf(s: Source, op: number): Uint8Array {
  switch (op) {
    case 2: case 5: {
      const b = new Uint8Array(s.oneIn(10) ? s.below(20) : 16), a = s.pick(ADDRESSES), port = s.pick([ECHO, 4000, 4001, 0, 7]);
      b.set([s.oneIn(10) ? s.u8() : 2, 0, port >> 8, port & 255, a >>> 24, a >> 16 & 255, a >> 8 & 255, a & 255].slice(0, b.length));
      return b;
    }
    case 7: case 9: return s.fill(s.pick([0, 1, 100, 5000, 30_000, 65_535]));
    case 12: return Uint8Array.from([s.pick([4, 8, 0, 240, 255]), 0, 0, 0]);
    case 13: return s.oneIn(3) ? s.rest(12) : Uint8Array.from([s.u8(), s.u8() & 3, 0, 0, s.u8() & 1, 0, 0, 0].slice(0, s.pick([4, 8, 1])));
    case 15: { const n = s.below(6), b = new Uint8Array(8 * n); for (let i = 0; i < n; i++) { b[8 * i] = 3 + s.below(6); b[8 * i + 4] = s.u8(); } return b; }
    default: return s.oneIn(6) ? s.rest(20) : new Uint8Array(0);
  }
}
