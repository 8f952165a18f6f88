// IPv4 input (RFC 791, 1122, 1812 4.2.2, 5.3): checks a packet and says whose it is. Output is in `output.ts` and offered here as well.

import { IcmpType, Unreachable } from "../wire/icmp";
import { IP, Ip4, Proto } from "../wire/ip4";
import { Local, LocalFlag } from "./local";
import { Net } from "./counters";
import { Verdict } from "./verdict";
import * as icmp from "./icmp";
import * as local from "./local";
import * as options from "./options";
import * as out from "./output";
import * as reasm from "./reasm";
import * as udp from "./udp";

export { doubt, fill, output, outputOn, outputVia, refuse, TTL } from "./output";

/** The packet of the last verdict: its IP header, its bytes, the interface that it came by. */
export let p: usize = 0, n: u32 = 0, iface: u32 = 0;
/** What its addresses are to this node (`Local`), or 0. */
export let from: usize = 0, to: usize = 0;
/** 1 while a tunnel's inner packet is looked at. */
let inside: u32 = 0;

/**
 * Two addresses in the order of the wire, and what they are to this node: those of the last packet, and of the last one inside a tunnel. `takes`: such a
 * packet is for this node if it is no fragment and no tunnel packet.
 */
@unmanaged class Pair { rawSrc: u32; rawDst: u32; from: usize; to: usize; generation: u32; takes: u32; pad0: u32; pad1: u32; }
if (offsetof<Pair>() != 32) ERROR("Pair: layout");
const PAIRS: usize = memory.data(32 * 2, 16);

/** Takes an IP packet of at most `len` bytes at `at`, and owns its buffer until it returns a verdict other than `done`. */
export function input(i: u32, at: usize, len: u32): u32 {
  if (len < IP) return refuse(at, Net.ipShort);
  const h = changetype<Ip4>(at), hl = h.headerLen, total = h.length;
  if (!h.isPlain) {
    if (h.version != 4) return refuse(at, Net.ipVersion);
    if (hl < IP) return refuse(at, Net.ipLength);
  }
  if (total < hl || total > len) return refuse(at, Net.ipLength);
  if (!h.sumIsRight) return refuse(at, Net.ipChecksum);
  const pair = changetype<Pair>(PAIRS + (<usize>inside << 5));
  if (pair.rawSrc != h.rawSrc || pair.rawDst != h.rawDst || pair.generation != local.generation) {
    const why = meet(pair, h);
    if (why) return refuse(at, why);
  }
  if (hl > IP) { const bad = options.check(at, hl); if (bad) return refuse(at, bad); }
  p = at; n = total; iface = i;
  from = pair.from; to = pair.to;
  if (pair.takes && h.proto == Proto.tcp && !h.isFragment) return Verdict.tcp;
  if (to == 0) return Verdict.forward;
  const l = changetype<Local>(to);
  return l.isOwn ? deliver(l, h) : (l.flags & LocalFlag.broadcast) != 0 ? refuse(at, Net.ipBroadcast) : Verdict.forward;
}

/** The same for a packet of exactly `len` bytes that came through the tunnel: it must be for a virtual host of this node. */
export function inputInner(i: u32, at: usize, len: u32): u32 {
  inside = 1;
  const v = input(i, at, len);
  inside = 0;
  return v == Verdict.forward ? refuse(at, Net.tunnelInner) : v;
}

function refuse(at: usize, why: u32): u32 { out.refuse(at, why); return Verdict.done; }

/** Looks up a packet's addresses. The counter of what is wrong with them, or 0. */
function meet(pair: Pair, h: Ip4): u32 {
  const src = h.src, dst = h.dst;
  from = changetype<usize>(local.any(src));
  to = changetype<usize>(local.any(dst));
  const why = martian(src, dst);
  if (why) return why;
  const l = changetype<Local>(to);
  pair.rawSrc = h.rawSrc; pair.rawDst = h.rawDst; pair.from = from; pair.to = to; pair.generation = local.generation;
  pair.takes = to != 0 && l.isOwn && ((l.flags & LocalFlag.vhost) != 0 || inside == 0) && ((l.flags & LocalFlag.tunnelOnly) == 0 || inside != 0) ? 1 : 0;
  return 0;
}

/** Addresses that cannot be on a link (RFC 1122 3.2.1.3): the counter, or 0. */
function martian(src: u32, dst: u32): u32 {
  if (dst >> 28 >= 14) return Net.ipBroadcast;
  const s = src >> 24, d = dst >> 24;
  if (s == 0 || s == 127 || s >= 224 || d == 0 || d == 127) return Net.ipMartian;
  if (from && (changetype<Local>(from).flags & (LocalFlag.own | LocalFlag.vhost | LocalFlag.broadcast)) != 0) return Net.ipMartian;
  return 0;
}

function deliver(l: Local, h: Ip4): u32 {
  if (inside) {
    if ((l.flags & LocalFlag.vhost) == 0 || h.proto == Proto.ipip) return refuse(p, Net.tunnelInner);
  } else if ((l.flags & LocalFlag.tunnelOnly) != 0) return refuse(p, Net.untunnelled);
  if (h.isFragment) {
    if (h.proto == Proto.ipip) return refuse(p, Net.tunnelFragment);
    p = reasm.input(p, n);
    if (!p) return Verdict.done;
    n = changetype<Ip4>(p).length;
  }
  return demux(l, changetype<Ip4>(p).proto);
}

function demux(l: Local, proto: u32): u32 {
  switch (proto) {
    case Proto.tcp: return Verdict.tcp;
    case Proto.udp: {
      const why = udp.check(p, n);
      return why ? refuse(p, why) : Verdict.udp;
    }
    case Proto.icmp: return icmp.input(l, p, n);
    case Proto.ipip: return Verdict.ipip;
    default:
      icmp.error(p, n, IcmpType.unreachable, Unreachable.protocol, 0);
      return refuse(p, Net.ipProtocol);
  }
}
