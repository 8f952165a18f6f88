// Packets of every kind, from machines on the clients' network and on the servers', beside honest connections.

import { addr, EtherType, Flag, fold, ipAt, ipv4, Proto, put16, put32, sum, tcp, u16 } from "../../sim/packet.ts";
import { fragments, type RawConn } from "../../sim/raw.ts";
import { hostId, mac, SITE, VHOST } from "../../sim/world.ts";
import { Bed, ECHO, MS, type Numbers } from "../bed.ts";
import * as frames from "../frames.ts";
import { type Source, Source as Reader } from "../source.ts";
import { judged, type Target } from "../target.ts";

/** Machines of the attacker's: at the clients' network (as `RawPeer` 0), and one that the site does not know at the servers'. */
const OUTSIDE = mac(0, 100), STRANGER = mac(1, 99);

export const packets: Target = {
  name: "packets",
  about: "frames of every kind: no trap, no leak, honest connections go on byte-exact without a reset, the protocol's invariants hold",
  acts: 60,
  run(modules, input, log) {
    const features = new Set<string>();
    return judged(features, () => {
      const bed = new Bed(modules, { victims: 2, log });
      for (const act of input) {
        const kind = play(bed, new Reader(act));
        bed.grown(kind, features);
      }
      bed.finish();
      return bed.world.engine.hash();
    });
  },
};

/** One act; its kind. */
function play(bed: Bed, s: Source): string {
  switch (s.below(12)) {
    case 0: case 1: enter(bed, s, way => [frames.any(s, way)]); bed.run(200); return "any";
    case 2: enter(bed, s, way => frames.broken(s, frames.ip(s, way, s.pick([Proto.tcp, Proto.udp, Proto.icmp, Proto.ipip]), s.fill(s.below(1400))))); bed.run(200); return "fragments";
    case 3: case 4: case 5: case 6: return own(bed, s);
    case 7: case 8: return blind(bed, s);
    case 9: return again(bed, s);
    case 10: return tunnel(bed, s);
    default: bed.run(s.pick([1, 3, 10, 30, 100, 300]) * MS); return "wait";
  }
}

/** Sends frames from the clients' side by way of the switch, or delivers them at a node as if by the servers' switch. */
export function enter(bed: Bed, s: Source, make: (way: frames.Way) => Uint8Array[]): void {
  const at = s.below(6);
  if (at < 3) for (const f of make({ src: OUTSIDE, dst: mac(0, 1) })) outside(bed, f);
  else if (at < 5) { const h = s.below(3); for (const f of make({ src: STRANGER, dst: mac(1, hostId(h)) })) { bed.sent(f); bed.hosts[h].receive(0, f); } }
  else for (const f of make({ src: STRANGER, dst: mac(1, 1) })) { bed.sent(f); bed.redirector.receive(1, f); }
}

function outside(bed: Bed, frame: Uint8Array): void {
  bed.sent(frame);
  bed.attacker.frame(frame);
}

// connections of the attacker's own

/** A segment on a connection of the attacker's, right, nearly right or wrong. */
export function own(bed: Bed, s: Source): string {
  const c = bed.conn(s.below(12)), what = s.below(9);
  if (c.irs < 0 && what < 7) { bed.sent(c.build(-1, { flags: Flag.syn })); c.syn(); bed.run(s.pick([100, 600, 2000, 15000])); return "own syn"; }
  const at = Math.max(0, c.acked), near = (): number => s.near(at) | 0;
  if (s.oneIn(8)) c.answers = !c.answers;
  if (s.oneIn(8)) c.window = s.pick([0, 1, 500, 65535]);
  switch (what) {
    case 0: case 1: c.data(at, s.fill(s.between(1, 1400))); break;
    case 2: c.data(near(), s.fill(s.between(1, 1400)), said(s, c)); break;
    case 3: c.ack(said(s, c)); break;
    case 4: c.fin(s.oneIn(3) ? near() : at); break;
    case 5: c.rst(near()); break;
    case 6: for (const f of fragments(c.build(at, said(s, c), s.fill(s.between(1, 1400))), 8 * s.between(1, 100))) outside(bed, f); break;
    case 7: outside(bed, c.build(near(), { ...said(s, c), flags: s.u8() & 63 }, s.oneIn(2) ? s.fill(s.below(1400)) : undefined)); break;
    default: outside(bed, c.build(-1 + (s.oneIn(2) ? 0 : s.u16()), { flags: Flag.syn, options: s.oneIn(2) ? frames.tcpOptions(s) : undefined }));
  }
  bed.run(s.pick([50, 300, 1000, 6000]));
  return `own ${what}`;
}

function said(s: Source, c: RawConn): { ack?: number; window?: number; tsVal?: number; noTs?: boolean; options?: Uint8Array } {
  return {
    ack: s.oneIn(4) ? s.near(c.got.length) | 0 : undefined, window: s.oneIn(4) ? s.u16() : undefined, tsVal: s.oneIn(5) ? s.near(c.tsRecent) : undefined,
    noTs: s.oneIn(8), options: s.oneIn(6) ? frames.tcpOptions(s) : undefined,
  };
}

// guesses at the honest connections

/** A segment under an honest client's address, or under the server's, by somebody who does not know the numbers (RFC 5961). */
export function blind(bed: Bed, s: Source): string {
  const f = s.pick(bed.victims), n = bed.numbers(f, s.below(3));
  if (!n) { bed.run(300); return "blind, none"; }
  const toServer = !s.oneIn(4), what = s.below(5), frame = guess(s, n, f.client.address, toServer, what);
  if (toServer) outside(bed, frame);
  else f.client.node.receive(0, frame);
  bed.run(s.pick([50, 300, 1000]));
  return `blind ${toServer ? "server" : "client"} ${what}`;
}

/** The offset is well ahead of what was received, or anywhere far off. Data may be in sequence where it has no timestamp; with one, which may happen to be newer, it lies far off. */
function guess(s: Source, n: Numbers, client: number, toServer: boolean, what: number): Uint8Array {
  const inWindow = n.rcvd + 4000 + s.below(30_000), far = s.between(200_000, 0x7f000000), off = s.oneIn(2) ? inWindow : s.oneIn(2) ? far : -far;
  const [mine, other] = toServer ? [n.irs, n.iss] : [n.iss, n.irs], stamped = what === 2 && s.oneIn(2);
  const seq = mine + 1 + (stamped ? far : (what === 2 || what === 3) && s.oneIn(2) ? n.rcvd : off), ack = other + 1 + (s.oneIn(2) ? n.prod : s.u32());
  const flags = [Flag.rst, Flag.syn, Flag.ack | Flag.psh, Flag.ack | Flag.fin, Flag.rst | Flag.ack][what], data = what === 2 ? s.fill(s.between(1, 1400)) : undefined;
  const options = stamped ? Uint8Array.from([1, 1, 8, 10, 0, 0, 0, s.u8(), 0, 0, 0, 0]) : s.oneIn(6) ? Uint8Array.from([1, 1, 1, 1]) : undefined;
  const [src, dst, srcPort, dstPort] = toServer ? [client, addr(VHOST), n.port, ECHO] : [addr(VHOST), client, ECHO, n.port];
  return tcp({ srcMac: toServer ? OUTSIDE : mac(0, 1), dstMac: toServer ? mac(0, 1) : mac(0, 24), src, dst, srcPort, dstPort, seq: seq >>> 0, ack: ack >>> 0, flags, window: s.u16(), options, data });
}

// what travelled

/** A frame that was seen arrives again, as it was or damaged so that a checksum finds it. */
function again(bed: Bed, s: Source): string {
  const k = s.pick(bed.seen), b = k.frame.slice();
  if (u16(b, 12) !== EtherType.ip) { bed.run(300); return "again, ARP"; }
  if (s.oneIn(2)) b[14 + s.below(b.length - 14)] ^= 1 << s.below(8);
  const node = bed.nodes.find((_, i) => (i === 0 ? [mac(0, 1), mac(1, 1)] : [mac(1, hostId(i - 1))]).some(m => stationIs(b, m)));
  const frame = s.oneIn(4) ? b.slice(0, s.below(b.length)) : b;
  if (node) node.receive(node === bed.redirector && !k.wan ? 1 : 0, frame);
  bed.run(s.pick([50, 300]));
  return "again";
}

const stationIs = (b: Uint8Array, m: number): boolean => u16(b, 0) * 0x100000000 + (u16(b, 2) * 65536 + u16(b, 4)) === m;

/** What claims to be the redirector's tunnel: a guess at an honest connection, or any packet, in a packet from its address. */
export function tunnel(bed: Bed, s: Source): string {
  const h = s.below(3), f = s.pick(bed.victims), n = bed.numbers(f, h), node = addr(`10.0.0.${11 + h}`);
  const inside = n && s.oneIn(2) ? guess(s, n, f.client.address, true, s.below(5)).slice(14) : frames.ip(s, { src: 0, dst: 0 }, s.pick([Proto.tcp, Proto.icmp, Proto.udp, Proto.ipip]), s.fill(s.below(200))).slice(14);
  const b = ipv4(mac(1, 1), mac(1, hostId(h)), s.oneIn(3) ? frames.address(s) : addr(SITE.tunnel), node, Proto.ipip, inside);
  if (s.oneIn(4)) put16(b, 18, s.u16());
  put16(b, 24, 0);
  put16(b, 24, fold(sum(b, 14, 20)));
  if (ipAt(b) >= 0) put32(b, 30, node);
  bed.sent(b);
  bed.hosts[h].receive(0, b);
  bed.run(s.pick([50, 300]));
  return "tunnel";
}
