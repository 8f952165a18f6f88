// Packets that somebody forged, replayed, cut short or damaged: each is refused, counts in exactly one counter of the node that refuses it, and
// changes nothing.

import { Msg, messageOf } from "../messages.ts";
import { type SimNode } from "../node.ts";
import { addr, arp, Flag, fold, icmp, ipv4, Proto, put16, put32, sum, udp } from "../packet.ts";
import { Random } from "../random.ts";
import { fragments, tooBig, type RawConn } from "../raw.ts";
import { grown, refused, tally, total } from "../refusals.ts";
import { carries, isChain, isManage, Section } from "../wire.ts";
import { hostId, mac, SITE, VHOST } from "../world.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { bytes, closed, dataCopy, echoes, opened } from "./scripted.ts";

const UDP = 42, TAG = 8;
const STRANGER = 99;    // node id of a machine on the servers' switch that the site does not know

interface Look { lookAtConn(local: number, localPort: number, remote: number, remotePort: number): number }

/** The view, and what each host has of a connection. */
function state(s: Stage, c: RawConn | null): string {
  const views = s.world.hosts.map((_, i) => s.world.check.viewAt(0, i)).join(" ");
  if (!c) return views;
  const conns = s.world.hosts.map(h => {
    const p = h.up ? (h.exports as unknown as Look).lookAtConn(addr(VHOST), c.port, c.peer.address, c.localPort) : 0;
    return p === 0 ? "" : h.wordsAt(p, 21).join(",");
  });
  return `${views}; ${conns.join("; ")}`;
}

/** A frame arrives at a node: it counts one refusal there, and nothing changes anywhere. */
function refuse(s: Stage, node: SimNode, iface: number, frame: Uint8Array, what: string, c: RawConn | null = null, settle = 0): void {
  const before = tally(node), was = state(s, c);
  node.receive(iface, frame);
  s.run(20);
  if (refused(node) - total(before) !== 1) s.expect(`${what} counts once at ${node.name}: ${grown(node, before)}`, false);
  unchanged(s, c, was, what);
  if (settle) s.run(settle);
}

/** A frame leaves a client's machine: each of `nodes` refuses it once, nobody else does, and nothing changes. */
function refuseAll(s: Stage, c: RawConn, nodes: SimNode[], frame: Uint8Array, what: string): void {
  const all = [s.r, ...s.world.hosts], before = all.map(tally), was = state(s, c);
  c.peer.frame(frame);
  s.run(2 * MS);
  for (const [i, n] of all.entries()) {
    const due = nodes.includes(n) ? 1 : 0;
    if (refused(n) - total(before[i]) !== due) s.expect(`${what} counts ${due} times at ${n.name}: ${grown(n, before[i])}`, false);
  }
  unchanged(s, c, was, what);
}

function unchanged(s: Stage, c: RawConn | null, was: string, what: string): void {
  const is = state(s, c);
  if (is !== was) s.expect(`${what} changes nothing: ${was} became ${is}`, false);
}

/** A copy of a UDP frame whose payload `change` has changed, with lengths and IP checksum made good and no UDP checksum. */
function datagram(frame: Uint8Array, change: (payload: Uint8Array) => Uint8Array): Uint8Array {
  const payload = change(frame.slice(UDP, 34 + (frame[38] << 8 | frame[39]))), b = new Uint8Array(UDP + payload.length);
  b.set(frame.subarray(0, UDP));
  b.set(payload, UDP);
  put16(b, 38, 8 + payload.length);
  put16(b, 40, 0);
  return sized(b);
}

/** Makes the length and the checksum of the IP header good. */
function sized(b: Uint8Array): Uint8Array {
  put16(b, 16, b.length - 14);
  put16(b, 24, 0);
  put16(b, 24, fold(sum(b, 14, 20)));
  return b;
}

const flipped = (frame: Uint8Array, bit: number): Uint8Array => datagram(frame, p => { p[bit >> 3] ^= 1 << (bit & 7); return p; });
const cut = (frame: Uint8Array, n: number): Uint8Array => datagram(frame, p => p.slice(0, n));
const payloadOf = (frame: Uint8Array): number => (frame[38] << 8 | frame[39]) - 8;
/** Cut to n bytes, which its head does not deny. */
const shortened = (frame: Uint8Array, n: number): Uint8Array => datagram(frame, p => { const q = p.slice(0, n); q[6] = n; q[7] = n >> 8; return q; });
/** Another sender's address in the IP header. */
const from = (frame: Uint8Array, address: string): Uint8Array => { const b = frame.slice(); put32(b, 26, addr(address)); put16(b, 40, 0); return sized(b); };
const retagged = (frame: Uint8Array, r: Random): Uint8Array => datagram(frame, p => { for (let i = p.length - TAG; i < p.length; i++) p[i] = r.u32(); return p; });

/** Every damage that a message can take on its way: each bit, each length. */
function* damages(frame: Uint8Array): Generator<[string, Uint8Array]> {
  const n = payloadOf(frame);
  for (let bit = 0; bit < 8 * n; bit++) yield [`bit ${bit} flipped`, flipped(frame, bit)];
  for (let k = 0; k < n; k++) yield [`cut to ${k} bytes`, cut(frame, k)];
  for (let k = 14; k < frame.length; k++) if (k < UDP + n) yield [`the frame cut to ${k} bytes`, frame.slice(0, k)];
}

/** A frame on its way to a node, and where it arrives. */
interface Kept { frame: Uint8Array; to: SimNode; iface: number }

/** Keeps what travels on all links of the site for which `which` is true. */
function eavesdrop(s: Stage, which: (frame: Uint8Array) => boolean): Kept[] {
  const kept: Kept[] = [], nodes = [s.r, ...s.world.hosts];
  for (const a of nodes) for (const b of nodes) if (a !== b) {
    const link = s.world.link(a, b);
    link.filter = frame => { if (which(frame)) kept.push({ frame, to: b, iface: link.to.iface }); return false; };
  }
  return kept;
}

/** One message of each kind of the view protocol. */
function kinds(kept: Kept[]): Map<number, Kept> {
  const all = new Map<number, Kept>();
  for (const k of kept) { const m = messageOf(k.frame)!; if (!all.has(m.kind)) all.set(m.kind, k); }
  return all;
}

/** A site on which every kind of message has been said: it booted, its primary died and joined again. */
function livedThrough(s: Stage, which: (frame: Uint8Array) => boolean): Kept[] {
  const kept = eavesdrop(s, which);
  s.chain([0, 1, 2]);
  const c = opened(s);
  echoes(s, c, 0, 1400);
  s.crash(s.s(0));
  s.chain([1, 2]);
  echoes(s, c, 1400, 1400);
  closed(s, c, 2800);
  s.boot(s.s(0));
  s.chain([1, 2, 0], 20 * SECOND);
  s.run(50 * MS);
  return kept;
}

/** What was kept is old news from now on, and a connection is there that nothing may touch. */
function old(s: Stage, kept: Kept[]): { kept: Kept[]; c: RawConn } {
  const was = kept.slice();
  s.run(2 * SITE.leaseMs * MS);
  const c = opened(s, 7, {}, s.raw(), 2100);
  echoes(s, c, 0, 500);
  s.run(50 * MS);
  return { kept: was, c };
}

/** The connection still works; then all is given back. */
function goesOn(s: Stage, c: RawConn, off: number): void {
  echoes(s, c, off, 1000);
  closed(s, c, off + 1000);
}

const TUNNEL: Scenario[] = [
  {
    name: "forged-tunnel-packets",
    about: "copies of a client's segments that the redirector did not make are refused, whoever sends them",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), hosts = [0, 1, 2];
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const inner = c.build(500, {}, bytes(500, 400)).slice(14);
      for (const i of hosts) {
        const node = addr(`10.0.0.${11 + i}`);
        refuseAll(s, c, [s.r], c.peer.packet(node, Proto.ipip, inner), "a tunnel packet of a client");
        refuseAll(s, c, [s.r], c.peer.packet(node, Proto.ipip, inner, addr(SITE.tunnel)), "a tunnel packet of a client under the redirector's address");
        refuseAll(s, c, [s.r], c.peer.packet(node, Proto.ipip, inner, addr("10.0.0.12")), "a tunnel packet of a client under a node's address");
        for (const src of ["10.0.0.99", "10.0.0.20", "192.0.2.100", VHOST]) {
          refuse(s, s.s(i), 0, ipv4(mac(1, STRANGER), mac(1, hostId(i)), addr(src), node, Proto.ipip, inner), `a tunnel packet from ${src}`, c);
        }
        refuse(s, s.s(i), 0, ipv4(mac(1, STRANGER), mac(1, hostId(i)), addr(SITE.tunnel), addr(VHOST), Proto.ipip, inner), "a tunnel packet to the virtual host", c);
        refuse(s, s.s(i), 0, ipv4(mac(1, STRANGER), mac(1, hostId(i)), c.peer.address, addr(VHOST), Proto.tcp, inner.slice(20)), "a segment outside of the tunnel", c);
        const nested = ipv4(0, 0, addr(SITE.tunnel), node, Proto.ipip, inner).slice(14);
        refuse(s, s.s(i), 0, ipv4(mac(1, 1), mac(1, hostId(i)), addr(SITE.tunnel), node, Proto.ipip, nested), "a tunnel in a tunnel", c);
      }
      refuseAll(s, c, [s.r], c.peer.packet(addr(VHOST), Proto.ipip, inner), "a tunnel packet to the virtual host");
      goesOn(s, c, 500);
    },
  },
  {
    name: "damaged-copies",
    about: "a copy with any bit flipped, or cut to any length, is refused by the tail; whole it is taken",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const held = s.hold(s.r, s.s(2), dataCopy, 1), tail = s.s(2);
      c.data(500, bytes(500, 60));
      s.run(300);
      const frame = held.frames[0], n = frame.length;
      for (let bit = 14 * 8; bit < 8 * n; bit++) {
        const b = frame.slice();
        b[bit >> 3] ^= 1 << (bit & 7);
        refuse(s, tail, 0, b, `bit ${bit} flipped`);
      }
      for (let k = 0; k < n; k++) refuse(s, tail, 0, frame.slice(0, k), `the frame cut to ${k} bytes`);
      for (let k = 34; k < n; k++) refuse(s, tail, 0, sized(frame.slice(0, k)), `the packet cut to ${k} bytes`);
      held.release();
      s.until("the echo", 500 * MS, () => c.got.length === 560);
      goesOn(s, c, 560);
    },
  },
];

const CHANNEL: Scenario[] = [
  {
    name: "damaged-channel-messages",
    about: "messages of the acknowledgement channel with any bit flipped, any length, a forged tag, from others than the neighbour are refused; whole they are taken",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), r = new Random(1, "tags");
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const ways: [SimNode, SimNode, (f: Uint8Array) => boolean][] = [[s.s(2), s.s(1), f => carries(f, Section.events)], [s.s(0), s.s(1), isChain], [s.s(1), s.s(2), isChain]];
      for (const [k, [a, b, which]] of ways.entries()) {
        const held = s.hold(a, b, which, 1);
        c.data(500 + 50 * k, bytes(500 + 50 * k, 50));
        s.until("a message", 100 * MS, () => held.frames.length === 1);
        const f = held.frames[0], n = payloadOf(f);
        for (const [what, bad] of damages(f)) refuse(s, b, 0, bad, `a message of ${a.name} with ${what}`);
        for (let i = 60; i < n; i++) refuse(s, b, 0, shortened(f, i), `a message of ${a.name} shortened to ${i} bytes`);
        for (let i = 0; i < 50; i++) refuse(s, b, 0, retagged(f, r), `a message of ${a.name} with a random tag`);
        for (const src of ["10.0.0.99", "10.0.0.1", "192.0.2.100"]) refuse(s, b, 0, from(f, src), `a message of ${a.name} from ${src}`);
        held.release();
        s.until("the echo", SECOND, () => c.got.length === 550 + 50 * k);
        s.run(30 * MS);
      }
      goesOn(s, c, 650);
    },
  },
  {
    name: "replayed-channel-messages",
    about: "messages of the acknowledgement channel arrive again: in their view, after it, at those who were not meant, at one who has left, after it has joined again",
    play(s) {
      const kept = eavesdrop(s, isChain);
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 1400);
      s.run(50 * MS);
      for (const k of kept.slice()) refuse(s, k.to, k.iface, k.frame, "a message of this view", c);
      for (const k of kept.slice(0, 60)) for (const h of s.world.hosts) if (h !== k.to) {
        const b = k.frame.slice();
        put32(b, 30, addr(`10.0.0.${11 + s.world.hosts.indexOf(h)}`));
        put16(b, 40, 0);
        refuse(s, h, 0, sized(b), "a message for another member", c);
      }
      const first = kept.slice();
      s.crash(s.s(0));
      s.chain([1, 2]);
      echoes(s, c, 1400, 1000);
      s.run(50 * MS);
      for (const k of first) if (k.to.up) refuse(s, k.to, k.iface, k.frame, "a message of an old view", c);
      closed(s, c, 2400);
      const second = kept.slice();
      s.boot(s.s(0));
      s.run(2 * MS);
      s.chain([1, 2, 0], 20 * SECOND);
      const d = opened(s, 7, {}, s.raw(), 2001);
      echoes(s, d, 0, 500);
      s.run(50 * MS);
      for (const k of second) refuse(s, k.to, k.iface, k.frame, "a message of before the rejoin", d);
      goesOn(s, d, 500);
    },
  },
];

const MANAGER: Scenario[] = [
  {
    name: "damaged-view-messages",
    about: "a message of each kind of the view protocol with any bit flipped, any length, a forged tag, from a wrong address: refused by its receiver",
    play(s) {
      const { kept, c } = old(s, livedThrough(s, isManage)), r = new Random(1, "tags");
      const all = kinds(kept);
      for (const kind of [Msg.register, Msg.ask, Msg.challenge, Msg.granted, Msg.grant, Msg.probe, Msg.answer, Msg.view, Msg.feed, Msg.receive, Msg.stop]) s.expect(`a message of kind ${kind} was said`, all.has(kind));
      for (const [kind, k] of all) {
        for (const [what, bad] of damages(k.frame)) refuse(s, k.to, k.iface, bad, `a message of kind ${kind} with ${what}`);
        for (let i = 0; i < 20; i++) refuse(s, k.to, k.iface, retagged(k.frame, r), `a message of kind ${kind} with a random tag`);
        refuse(s, k.to, k.iface, from(k.frame, "10.0.0.99"), `a message of kind ${kind} from a stranger`, c);
        refuse(s, k.to, k.iface, from(k.frame, k.to === s.r ? "10.0.0.1" : "10.0.0.14"), `a message of kind ${kind} from another node`, c);
        if (k.to === s.r) refuseAll(s, c, [s.r], from(c.peer.packet(addr("10.0.0.1"), Proto.udp, k.frame.slice(34)), "192.0.2.100"), `a message of kind ${kind} from a client`);
      }
      goesOn(s, c, 500);
    },
  },
  {
    name: "replayed-view-messages",
    about: "all that nodes and manager said over a crash and a rejoin arrives again later: refused; an old probe is answered, which the manager refuses",
    play(s) {
      const { kept, c } = old(s, livedThrough(s, isManage)), was = state(s, c);
      for (const k of kept) {
        const kind = messageOf(k.frame)!.kind;
        if (kind === Msg.probe) {
          const before = refused(s.r);
          k.to.receive(k.iface, k.frame);
          s.run(20 * MS);
          s.expect("the answer to an old probe is refused", refused(s.r) > before);
          continue;
        }
        refuse(s, k.to, k.iface, k.frame, `a message of kind ${kind}, said again`, c, k.to === s.r ? 20 * MS : 0);
      }
      unchanged(s, c, was, "all of it");
      goesOn(s, c, 500);
    },
  },
  {
    name: "ten-thousand-hostile-messages",
    about: "10,000 messages of the channel and of the view protocol, forged, replayed, cut short and damaged: none is accepted, each counts once",
    play(s) {
      const { kept, c } = old(s, livedThrough(s, f => isChain(f) || isManage(f))), r = new Random(1, "hostile");
      const chain = kept.filter(k => isChain(k.frame)), views = [...kinds(kept.filter(k => isManage(k.frame))).values()];
      let off = 500;
      for (let i = 0; i < 10_000; i++) {
        const k = r.chance(0.5) ? r.pick(chain) : r.pick(views), n = payloadOf(k.frame), how = r.below(4);
        const probe = isManage(k.frame) && messageOf(k.frame)!.kind === Msg.probe;
        if (how === 0 && !probe) refuse(s, k.to, k.iface, k.frame, "a replayed message", c, k.to === s.r ? 20 * MS : 0);
        else if (how === 1) refuse(s, k.to, k.iface, cut(k.frame, r.below(n)), "a truncated message", c);
        else if (how === 2) refuse(s, k.to, k.iface, flipped(k.frame, r.below(8 * n)), "a damaged message", c);
        else refuse(s, k.to, k.iface, retagged(k.frame, r), "a forged message", c);
        if (i % 1000 === 999) { echoes(s, c, off, 100); off += 100; s.run(50 * MS); }
      }
      goesOn(s, c, off);
    },
  },
];

const CONNECTIONS: Scenario[] = [
  {
    name: "blind-segments",
    about: "RST, SYN and data of somebody who guesses at a live connection (RFC 5961): refused by every replica, which all count them once",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), hosts = [s.s(0), s.s(1), s.s(2)], r = new Random(1, "blind");
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const far = (): number => r.between(1_000_000, 2_000_000_000) * (r.chance(0.5) ? 1 : -1);
      for (let i = 0; i < 40; i++) {
        refuseAll(s, c, hosts, c.build(500 + far(), { flags: Flag.rst, noTs: true }), "an RST out of the window");
        refuseAll(s, c, hosts, c.build(500 + r.between(1, 20_000), { flags: Flag.rst, noTs: true }), "an RST in the window");
        refuseAll(s, c, hosts, c.build(500 + (r.chance(0.5) ? far() : r.below(20_000)), { flags: Flag.syn }), "a SYN");
        refuseAll(s, c, hosts, c.build(500 + far(), {}, bytes(0, 100)), "data out of the window");
        refuseAll(s, c, hosts, c.build(500 + r.below(20_000), { ack: 500 + far() }, bytes(0, 100)), "data that acknowledges what nobody sent");
        refuseAll(s, c, hosts, c.build(500, { tsVal: 0 - 1_000_000 >>> 0 }, bytes(500, 100)), "data of long ago");
        refuseAll(s, c, hosts, c.build(500, { flags: 0 }, bytes(500, 100)), "data without ACK");
      }
      goesOn(s, c, 500);
    },
  },
  {
    name: "forged-icmp-errors",
    about: "ICMP errors about a live connection by somebody who guesses: refused by every replica",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), hosts = [s.s(0), s.s(1), s.s(2)], r = new Random(1, "icmp");
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const last = c.heard[c.heard.length - 1];
      for (const type of [3, 11, 12]) for (let code = 0; code < (type === 3 ? 16 : 2); code++) for (let i = 0; i < 3; i++) {
        const h = { ...last, s: Object.assign(Object.create(Object.getPrototypeOf(last.s)), last.s, { seq: last.s.seq + r.between(100_000, 2_000_000_000) >>> 0 }) };
        const e = tooBig(h, r.pick([0, 68, 576, 1400]));
        refuseAll(s, c, hosts, c.peer.packet(addr(VHOST), Proto.icmp, icmp(type, code, type === 3 && code === 4 ? e.rest : 0, e.data)), `an ICMP error ${type}/${code}`);
      }
      goesOn(s, c, 500);
    },
  },
  {
    name: "garbage-in-fragments",
    about: "fragments that overlap, do not fit, never become whole: nothing is held for good, the connection goes on",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), r = new Random(1, "fragments");
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const was = state(s, c);
      for (let i = 0; i < 400; i++) {
        const parts = fragments(c.build(500 + r.below(5000), { flags: r.below(64), ack: r.u32() }, bytes(0, r.between(1, 1400))), 8 * r.between(1, 64)), f = r.pick(parts);
        put16(f, 18, r.below(8));
        put16(f, 20, r.pick([r.below(0x2000), 0x2000 | r.below(64), 0x3fff, r.below(16)]));
        if (r.chance(0.5)) c.peer.frame(sized(f));
        else {
          const h = r.below(3);
          put32(f, 26, r.pick([addr(SITE.tunnel), addr("10.0.0.99")]));
          put32(f, 30, addr(`10.0.0.${11 + h}`));
          f[23] = r.pick([Proto.ipip, Proto.udp, Proto.icmp, Proto.tcp]);
          f.set([2, 0, 0, 0, 1, hostId(h)]);
          s.s(h).receive(0, sized(f));
        }
        s.run(100);
      }
      s.run(100 * MS);
      unchanged(s, c, was, "garbage");
      s.expect("they are counted", refused(s.s(0)) > 50);
      goesOn(s, c, 500);
    },
  },
  {
    name: "truncated-packets-of-every-protocol",
    about: "ARP, ICMP, UDP, TCP cut to any length: each counts once, at host server and redirector",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 500);
      s.run(50 * MS);
      const own = addr("10.0.0.11"), src = addr("10.0.0.12"), from12 = mac(1, hostId(1)), to = mac(1, hostId(0));
      const whole: [string, Uint8Array][] = [
        ["ARP", arp(2, from12, src, to, own)], ["an ICMP echo request", ipv4(from12, to, src, own, Proto.icmp, icmp(8, 0, 1, bytes(0, 40)))],
        ["a datagram", ipv4(from12, to, src, own, Proto.udp, udp(src, own, 9, SITE.chainPort, bytes(0, 40)))],
        ["a segment", ipv4(from12, to, src, own, Proto.tcp, c.build(500, {}, bytes(500, 40)).slice(34))],
      ];
      for (const [what, f] of whole) for (let k = 0; k < f.length; k++) refuse(s, s.s(0), 0, f.slice(0, k), `${what} cut to ${k} bytes`, c);
      const toR: [string, Uint8Array][] = [
        ["an ICMP echo request", c.peer.packet(addr("192.0.2.1"), Proto.icmp, icmp(8, 0, 1, bytes(0, 40)))], ["a segment", c.build(500, {}, bytes(500, 40))],
        ["a datagram", c.peer.packet(addr("192.0.2.1"), Proto.udp, udp(c.peer.address, addr("192.0.2.1"), 9, SITE.managePort, bytes(0, 40)))],
      ];
      for (const [what, f] of toR) for (let k = 0; k < f.length; k++) refuse(s, s.r, 0, f.slice(0, k), `${what} cut to ${k} bytes`, c);
      goesOn(s, c, 500);
    },
  },
];

export const HOSTILE: Scenario[] = [...TUNNEL, ...CHANNEL, ...MANAGER, ...CONNECTIONS];
