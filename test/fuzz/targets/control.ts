// Messages of the acknowledgement channel and of the view protocol: by somebody who has the site's key, where no more can be asked than that
// nothing traps, hangs or leaks; and by somebody who has not, whose every message is refused and counted once.

import { Violation } from "../../sim/engine.ts";
import { messageOf } from "../../sim/messages.ts";
import { type SimNode } from "../../sim/node.ts";
import { addr, ipv4, Proto, put16, udp } from "../../sim/packet.ts";
import { Noise } from "../../sim/pattern.ts";
import { grown, refused, tally, total } from "../../sim/refusals.ts";
import { isChain, isManage } from "../../sim/wire.ts";
import { hostId, mac, SITE, VHOST } from "../../sim/world.ts";
import { Bed, ECHO, MS, SECOND } from "../bed.ts";
import { derive, Purpose, siphash } from "../siphash.ts";
import { type Source, Source as Reader } from "../source.ts";
import { judged, type Target } from "../target.ts";

const UDP = 42, TAG = 8, CHAIN = 52, HEAD = 64, VIEW = 56;
const CHAIN_KEYS = [0, 1, 2, 3].map(s => derive(SITE.key, Purpose.chain, s)), MANAGE_KEY = derive(SITE.key, Purpose.manage, 0);

/** A message on its way. */
interface Sent { payload: Uint8Array; from: number; to: number; port: number }

export const control: Target = {
  name: "control",
  about: "messages with the site's key that say anything: no trap, no endless work, no frame lost",
  acts: 40,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 0, tolerant: true, log });
      traffic(bed);
      for (const act of input) bed.grown(insider(bed, new Reader(act)), features);
      bed.run(2 * SECOND);
      bed.framesBack();
      return bed.world.engine.hash();
    });
  },
};

export const forged: Target = {
  name: "forged",
  about: "messages without the key, forged, damaged, replayed: each refused and counted once, honest connections go on",
  acts: 60,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 1, log });
      for (const act of input) bed.grown(outsider(bed, new Reader(act)), features);
      bed.finish();
      return bed.world.engine.hash();
    });
  },
};

/** Connections that give the channel something to say; they may be lost. */
function traffic(bed: Bed): void {
  for (let i = 0; i < 3; i++) {
    bed.world.flow(0, { name: `flow ${i}`, addr: addr(VHOST), port: ECHO, out: new Noise(i), outBytes: 20_000, shut: "sent", resetAllowed: true }, 1000 * i);
  }
  bed.run(3 * MS);
}

function insider(bed: Bed, s: Source): string {
  const what = s.below(8);
  if (what === 7) { bed.run(s.pick([1, 5, 20, 80, 300]) * MS); return "wait"; }
  const m = what < 2 ? changedChain(bed, s) : what < 4 ? chain(bed, s) : what === 4 ? join(s) : what === 5 ? changedView(bed, s) : view(bed, s);
  if (!m) { bed.run(MS); return "nothing"; }
  deliver(bed, m);
  bed.run(s.pick([20, 200, 2000]));
  return `control ${what}`;
}

// messages of the channel

/** The latest messages of the channel that were seen. */
const spoken = (bed: Bed, which: (f: Uint8Array) => boolean): Uint8Array[] => bed.arrived().filter(which);

const sentOf = (frame: Uint8Array): Sent => ({ payload: frame.slice(UDP, 34 + (frame[38] << 8 | frame[39])), from: frame[11], to: frame[5], port: frame[36] << 8 | frame[37] });

/** A message that was said, with the next number, and some of its fields and sections otherwise. */
function changedChain(bed: Bed, s: Source): Sent | null {
  const said = spoken(bed, isChain);
  if (said.length === 0) return null;
  const m = sentOf(said[said.length - 1 - s.below(Math.min(8, said.length))]);
  const p = m.payload, v = new DataView(p.buffer);
  v.setUint32(12, v.getUint32(12, true) + s.between(1, 4), true);
  for (let n = s.below(4); n > 0; n--) {
    if (s.oneIn(2)) { const at = s.pick([8, 12, 32, 36, 40, 44, 48]); v.setUint32(at, s.near(v.getUint32(at, true)), true); }
    else if (p.length > CHAIN + TAG) { const at = CHAIN + s.below(p.length - CHAIN - TAG); p[at] = s.near(p[at]); }
  }
  return seal(m, CHAIN_KEYS[p[2] & 3]);
}

/** The head of one that was said, and sections that nobody said. */
function chain(bed: Bed, s: Source): Sent | null {
  const said = spoken(bed, isChain);
  if (said.length === 0) return null;
  const m = sentOf(said[said.length - 1 - s.below(Math.min(4, said.length))]), parts: Uint8Array[] = [m.payload.slice(0, CHAIN)];
  const v = new DataView(parts[0].buffer);
  v.setUint32(12, v.getUint32(12, true) + s.between(1, 4), true);
  const want = v.getUint32(40, true), applied = v.getUint32(36, true);
  for (let n = s.between(1, 4); n > 0; n--) parts.push(section(s, applied, want));
  m.payload = Uint8Array.from(Buffer.concat([...parts, new Uint8Array(TAG)]));
  if (m.payload.length > 1464) m.payload = m.payload.slice(0, 1464);
  return seal(m, CHAIN_KEYS[m.payload[2] & 3]);
}

/** A section of any type; most are well-formed, so that what they say is looked at. */
function section(s: Source, applied: number, want: number): Uint8Array {
  const type = s.oneIn(10) ? s.u8() : s.between(1, 7), w: number[] = [], b: number[] = [];
  const u16 = (v: number): void => { b.push(v & 255, v >> 8 & 255); }, u32 = (v: number): void => { u16(v); u16(v >>> 16); };
  const c = (): number => (s.oneIn(4) ? s.u16() : s.below(6)), off = (): number => s.near(s.pick([0, 100, 4000, 20_000]));
  for (let n = s.between(1, 4); n > 0; n--) {
    switch (type) {
      case 1: if (b.length === 0) u32(s.near(s.oneIn(2) ? applied : want)); event(s, b, c, off); break;
      case 2: u16(c()); b.push(s.u8(), 0); u32(off()); u32(off()); u32(off()); u32(s.u32()); u32(s.u32()); break;
      case 3: u16(c()); b.push(s.u8(), 0); u32(s.u32()); u32(off()); u32(off()); u32(s.oneIn(2) ? 65535 : s.u32()); break;
      case 4: b.push(...syn(s)); break;
      case 5: u16(c()); u16(0); u32(off()); u32(off()); break;
      case 6: { const k = s.below(400); if (b.length) break; u16(c()); u16(s.oneIn(8) ? s.u16() : k); u32(off()); b.push(...s.fill(k)); break; }
      default: u16(c()); u16(0); u32(s.u32()); u32(off()); u32(off()); if (s.oneIn(2)) { u32(s.below(6)); u32(off()); u32(s.u32()); u32(s.u32()); }
    }
  }
  const n = s.oneIn(12) ? s.near(b.length) & 0xffff : b.length;
  w.push(type, 0, n & 255, n >> 8, ...b);
  return Uint8Array.from(w);
}

function event(s: Source, b: number[], c: () => number, off: () => number): void {
  const u32 = (v: number): void => { b.push(v & 255, v >> 8 & 255, v >> 16 & 255, v >>> 24); };
  const kind = s.oneIn(12) ? s.u8() : s.between(1, 8), n = c();
  b.push(kind, s.u8() & 3, n & 255, n >> 8);
  u32(s.near(500));
  if (kind === 1) b.push(...syn(s));
  else if (kind >= 3 && kind <= 6) u32(s.oneIn(2) ? s.below(500) : off());
  if (kind === 3) { u32(s.u32()); u32(s.u32()); }
}

/** A `Syn` record (assembly/tcp/conn.ts). */
function syn(s: Source): Uint8Array {
  const b = new Uint8Array(32), v = new DataView(b.buffer);
  v.setUint32(0, s.oneIn(2) ? s.u32() : addr("192.0.2.10"), true);
  v.setUint32(4, s.oneIn(4) ? s.u32() : addr(VHOST), true);
  v.setUint16(8, s.oneIn(2) ? s.u16() : 40000 + s.below(4), true);
  v.setUint16(10, s.oneIn(4) ? s.u16() : ECHO, true);
  for (const at of [12, 16, 20]) v.setUint32(at, s.u32(), true);
  v.setUint16(24, s.u16(), true);
  v.setUint16(26, s.oneIn(2) ? s.u16() : 1460, true);
  b[28] = s.u8(); b[29] = s.u8();
  return b;
}

/** A message of a join, which nobody waits for. */
function join(s: Source): Sent | null {
  const h = s.below(3), from = (h + s.between(1, 2)) % 3, n = 40 + 32 * s.below(4), b = new Uint8Array((s.oneIn(8) ? s.below(200) : n) + TAG);
  b.set(s.fill(b.length));
  const head = [0x4a, 1, s.below(3), s.between(0, 3), hostId(from), hostId(h), b.length & 255, b.length >> 8];
  b.set(head.slice(0, b.length));
  return b.length < 48 ? null : seal({ payload: b, from: hostId(from), to: hostId(h), port: SITE.chainPort }, CHAIN_KEYS[b[2] & 3]);
}

// messages of the view protocol

function changedView(bed: Bed, s: Source): Sent | null {
  const said = spoken(bed, isManage);
  if (said.length === 0) return null;
  const m = sentOf(said[said.length - 1 - s.below(Math.min(12, said.length))]), p = m.payload, v = new DataView(p.buffer);
  for (let n = s.between(1, 4); n > 0; n--) {
    const at = s.pick([3, 8, 16, 24, 32, 40, 44, 48, 50, 52, 56, 64, 68, 72, 80]);
    if (at + 12 <= p.length) v.setUint32(at, s.near(v.getUint32(at, true)), true);
  }
  return seal(m, MANAGE_KEY);
}

/** A message of any kind, by a host to the manager or the other way, that quotes what was said last. */
function view(bed: Bed, s: Source): Sent | null {
  const kinds = [1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26], kind = s.pick(kinds), up = kind < 16, h = s.below(3);
  const like = spoken(bed, isManage).filter(f => (up ? f[11] === hostId(h) : f[5] === hostId(h) && f[11] === 1)).pop();
  if (!like) return null;
  const m = sentOf(like), n = HEAD + (kind === 1 ? 32 : kind === 3 || kind === 21 || kind === 22 ? VIEW : 0) + TAG, p = new Uint8Array(n), v = new DataView(p.buffer);
  p.set(m.payload.slice(0, HEAD));
  if (n > HEAD + TAG) p.set(bodyOf(s, h).slice(0, n - HEAD - TAG), HEAD);
  p[2] = kind;
  if (s.oneIn(4)) p[3] = s.below(4);
  if (s.oneIn(2)) v.setUint32(40, s.near(v.getUint32(40, true)), true);
  if (s.oneIn(2)) p[48] = s.u8();
  if (s.oneIn(2)) v.setUint16(50, s.u16(), true);
  if (s.oneIn(2)) v.setUint32(52, s.oneIn(2) ? hostId(s.below(4)) : s.u32(), true);
  if (s.oneIn(2)) v.setBigUint64(56, BigInt(s.u32()), true);
  if (up && s.oneIn(2)) v.setBigUint64(24, v.getBigUint64(24, true) + BigInt(s.u16()), true);
  return seal({ ...m, payload: p }, MANAGE_KEY);
}

/** A view, or a hash: 56 bytes. */
function bodyOf(s: Source, h: number): Uint8Array {
  const b = new Uint8Array(VIEW), v = new DataView(b.buffer), n = s.oneIn(6) ? s.u8() : s.between(1, 3);
  v.setUint32(0, s.near(2), true);
  v.setUint32(4, n, true);
  for (let i = 0; i < Math.min(n, 5); i++) { b[8 + i] = s.oneIn(6) ? s.u8() : hostId((h + i) % 3); v.setUint32(16 + 8 * i, s.u32(), true); }
  return b.slice(0, VIEW);
}

function seal(m: Sent, key: Uint8Array): Sent {
  const p = m.payload, n = p.length - TAG, v = new DataView(p.buffer, p.byteOffset);
  if (m.port === SITE.chainPort) v.setUint16(6, p.length, true);
  v.setBigUint64(n, siphash(key, p.subarray(0, n)), true);
  return m;
}

const nodeOf = (bed: Bed, id: number): SimNode | undefined => (id === 1 ? bed.redirector : bed.hosts[id - hostId(0)]);
const addressOf = (id: number): number => addr(id === 1 ? "10.0.0.1" : `10.0.0.${11 + id - hostId(0)}`);

function frameOf(m: Sent): Uint8Array {
  const src = addressOf(m.from), dst = addressOf(m.to);
  return ipv4(mac(1, m.from), mac(1, m.to), src, dst, Proto.udp, udp(src, dst, m.port, m.port, m.payload));
}

/** The message arrives at its receiver, from where its sender's would come. */
function deliver(bed: Bed, m: Sent): void {
  const node = nodeOf(bed, m.to);
  node?.receive(node === bed.redirector ? 1 : 0, frameOf(m));
}

// without the key

function outsider(bed: Bed, s: Source): string {
  const what = s.below(5), said = spoken(bed, f => isChain(f) || isManage(f)).filter(f => frameTo(bed, f));
  if (what === 4 || said.length === 0) { bed.run(s.pick([300, 3000, 20_000])); return "wait"; }
  const frame = s.pick(said), m = sentOf(frame), node = frameTo(bed, frame)!;
  if (what === 0 && isManage(frame) && messageOf(frame)?.kind === 20) return "probe";   // an old probe may be answered
  if (what === 1) m.payload = m.payload.slice(0, s.below(m.payload.length));
  else if (what === 2) m.payload[s.below(m.payload.length)] ^= 1 << s.below(8);
  else if (what === 3) m.payload.set(s.fill(TAG), m.payload.length - TAG);
  const b = frameOf(m), before = tally(node);
  if (what !== 0 || s.oneIn(2)) put16(b, 40, 0);
  node.receive(node === bed.redirector ? 1 : 0, b);
  bed.run(15);
  if (refused(node) - total(before) !== 1) throw new Violation(`a message (${["replayed", "cut", "damaged", "forged"][what]}) counts once at ${node.name}: ${grown(node, before)}`);
  return `forged ${what}`;
}

const frameTo = (bed: Bed, f: Uint8Array): SimNode | undefined => nodeOf(bed, f[5]);
