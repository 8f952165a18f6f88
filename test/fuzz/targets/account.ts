// One frame at a time at one node of a quiet site: it is refused and counts in exactly one counter, or it has an effect that shows. A frame that does
// neither was lost quietly (I9).

import { Violation } from "../../sim/engine.ts";
import { type SimNode } from "../../sim/node.ts";
import { Flag, ipAt, parseTcp, Proto, Segment, u16 } from "../../sim/packet.ts";
import { grown, refused, tally, total } from "../../sim/refusals.ts";
import { hostId, mac } from "../../sim/world.ts";
import { Bed, MS } from "../bed.ts";
import * as frames from "../frames.ts";
import { Source } from "../source.ts";
import { judged, type Target } from "../target.ts";

const STRANGER = mac(1, 99);
/** What `frame` and `ring` use: buffers of 2 KiB whose received frames begin at 66, and slots. */
const HEADROOM = 66, FRAME = 2048, FRAMES = 512, RX = 16 * 64 * 4, TX = 32 * 128 * 4, RINGS = 64 * 4;

export const account: Target = {
  name: "account",
  about: "one frame at a time: counted once as refused, or an effect that shows; nothing is lost quietly",
  acts: 40,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 0, log });
      for (let i = 0; i < 3; i++) { const c = bed.conn(i); c.answers = false; bed.sent(c.build(-1, { flags: Flag.syn })); c.syn(); }
      bed.run(20 * MS);
      for (let i = 0; i < 3; i++) bed.conn(i).ack();
      bed.run(20 * MS);
      for (const act of input) { one(bed, new Source(act)); bed.grown("account", features); }
      bed.finish();
      return bed.world.engine.hash();
    });
  },
};

function one(bed: Bed, s: Source): void {
  if (s.below(12) === 0) { bed.run(s.pick([1, 10, 100]) * MS); return; }
  const i = s.below(4), node = bed.nodes[i], iface = i === 0 ? s.below(2) : 0, way = { src: iface === 0 && i === 0 ? mac(0, 100) : STRANGER, dst: i === 0 ? mac(iface, 1) : mac(1, hostId(i - 1)) };
  bed.run(300);     // what the last one caused has arrived
  const frame = frameOf(bed, s, way, node), before = tally(node), were = [...node.counters().values()].reduce((a, x) => a + x, 0), was = Buffer.from(node.bytes), sent = sentBy(node);
  bed.sent(frame);
  node.receive(iface, frame);
  bed.run(12);
  const n = refused(node) - total(before), counted = [...node.counters().values()].reduce((a, x) => a + x, 0) - were;
  const evicts = isFragment(frame) || u16(frame, 12) === 0x0806 || sought(node, before);
  if (n > 1 && !evicts) throw new Violation(`${node.name}: one frame counts ${n} times: ${grown(node, before)}: ${hex(frame)}`);
  if (counted === 0 && sentBy(node) === sent && !changed(node, was) && !known(frame)) throw new Violation(`${node.name}: a frame is lost quietly: ${hex(frame)}`);
}

const hex = (b: Uint8Array): string => Buffer.from(b.subarray(0, 80)).toString("hex");
const isFragment = (b: Uint8Array): boolean => b.length >= 22 && (u16(b, 20) & 0x3fff) !== 0;
/** A packet that is forwarded may push another out of the queue that waits for its neighbour. */
const sought = (n: SimNode, before: number[]): boolean => { const at = tally(n); return at.some((x, i) => x !== before[i] && NEIGHBOUR.has(i)); };
const NEIGHBOUR = new Set<number>([1 + 41 - 32, 1 + 42 - 32]);

function frameOf(bed: Bed, s: Source, way: frames.Way, node: SimNode): Uint8Array {
  if (s.below(3) > 0) return frames.any(s, way);
  const c = bed.conn(s.below(3)), f = c.build(s.near(c.acked) | 0, { flags: s.u8() & 63, ack: s.oneIn(2) ? s.near(c.got.length) | 0 : undefined, options: s.oneIn(4) ? frames.tcpOptions(s) : undefined }, s.oneIn(2) ? s.fill(s.below(1300)) : undefined);
  return node === bed.redirector ? f : bed.toHost(node, f);
}

/** A segment with nothing in it that the connection did not know, or one that a muted replica may not answer, changes nothing. */
function known(frame: Uint8Array): boolean {
  const outer = ipAt(frame), ip = outer >= 0 && frame[outer + 9] === Proto.ipip ? outer + 20 : outer, s = new Segment();
  return ip >= 0 && frame.length > ip + 40 && parseTcp(frame, ip, s) && s.has(Flag.ack) && s.length === 0;
}

const ringOf = (n: SimNode): number => n.words[(n.exports!.abi() >>> 2) + 5] >>> 2;

function sentBy(n: SimNode): number {
  let sum = 0;
  for (let i = 0; i < n.ports.length; i++) sum += n.words[ringOf(n) + 16 * i + 6];
  return sum;
}

/** True where memory is not what it was, but for the frames and their rings. */
function changed(n: SimNode, was: Buffer): boolean {
  const r = ringOf(n), w = n.words, pool = poolOf(n), now = Buffer.from(n.bytes.buffer);
  const apart = [[pool, pool + FRAME * FRAMES], [4 * r, 4 * r + RINGS], [w[r], w[r] + RX], [w[r + 4], w[r + 4] + TX]].sort((a, b) => a[0] - b[0]);
  let at = 0;
  for (const [from, to] of [...apart, [now.length, now.length]]) {
    if (Buffer.compare(was.subarray(at, from), now.subarray(at, from)) !== 0) return true;
    at = Math.max(at, to);
  }
  return false;
}

/** Where the buffers begin: the lowest address that was ever posted is that of the first one. */
function poolOf(n: SimNode): number {
  const first = POOLS.get(n.exports!);
  if (first !== undefined) return first;
  const r = ringOf(n), w = n.words, all: number[] = [];
  for (let i = 0; i < n.ports.length; i++) for (let k = 0; k < 64; k++) { const p = w[(w[r + 16 * i] >>> 2) + 4 * k]; if (p) all.push(p); }
  const low = Math.min(...all) - HEADROOM & ~(FRAME - 1);
  POOLS.set(n.exports!, low);
  return low;
}
const POOLS = new WeakMap<object, number>();
