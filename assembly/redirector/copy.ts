// Copies to members by IP-in-IP (RFC 2003): a head per copy, one body for all. Outer header: TTL 64, the inner TOS, DF, and the low 16 bits of
// the view as identification. A packet that does not fit is fragmented inside, or reported where it has DF.

import { ETH } from "../wire/eth";
import { Frag, IP, Ip4, Proto } from "../wire/ip4";
import { IcmpType, Unreachable } from "../wire/icmp";
import { Plan, Target } from "./plan";
import { Redirector } from "./counters";
import * as counters from "../core/counters";
import * as frame from "../core/frame";
import * as icmp from "../net/icmp";
import * as ip from "../net/ip";
import * as options from "../net/options";
import * as output from "../net/output";
import * as plan from "./plan";

let own: u32 = 0;

/** Says the tunnel's address on this side. */
export function init(tunnelAddress: u32): void { own = tunnelAddress; }

/** Sends the packet of n bytes at p to all members. Owns the buffer. The TTL was decremented. */
export function toAll(q: Plan, p: usize, n: u32): void {
  if (q.n == 0) return ip.refuse(p, Redirector.noMember);
  send(plan.target(q, 0), q.n, q.mtu, q.view, p, n);
}

/** Sends it to one of them. */
export function toOne(t: Target, view: u32, p: usize, n: u32): void { send(t, 1, t.mtu, view, p, n); }

/** To `count` targets from t on. */
function send(t: Target, count: u32, mtu: u32, view: u32, p: usize, n: u32): void {
  if (n <= mtu) {
    counters.add(Redirector.copied);
    counters.addN(Redirector.copies, count);
    return whole(t, count, view, p, n);
  }
  if (changetype<Ip4>(p).dontFragment) {
    icmp.error(p, n, IcmpType.unreachable, Unreachable.fragNeeded, mtu);
    return ip.refuse(p, Redirector.tooBig);
  }
  counters.add(Redirector.copied);
  inside(t, count, mtu, view, p, n);
}

/** The last copy's head goes before the packet itself, where a received frame has room for it. */
function whole(t: Target, count: u32, view: u32, p: usize, n: u32): void {
  const tos = <u32>changetype<Ip4>(p).tos;
  for (; count > 1; count--, t = after(t)) {
    const b = frame.alloc();
    if (!b) continue;
    const head = b + frame.HEADROOM + ETH;
    wrap(head, t, view, tos, n);
    frame.ref(p);
    ip.outputVia(t.iface, t.hop, head, IP, p, n, 0);
  }
  wrap(p - IP, t, view, tos, n);
  ip.outputVia(t.iface, t.hop, p - IP, IP + n, 0, 0, 0);
}

// @ts-ignore: decorator
@inline function after(t: Target): Target { return changetype<Target>(changetype<usize>(t) + offsetof<Target>()); }

/** Writes the outer header of a copy of n bytes. */
function wrap(head: usize, t: Target, view: u32, tos: u32, n: u32): void {
  changetype<Ip4>(head).write(IP + n, own, t.addr, Proto.ipip, output.TTL, tos, view & 0xffff, Frag.df);
}

/** Fragments inside the tunnel: each with both headers in its head, and a part of the packet as body. */
function inside(t: Target, count: u32, mtu: u32, view: u32, p: usize, n: u32): void {
  const h = changetype<Ip4>(p), hl = h.headerLen, frag = h.frag, step = (mtu - hl) & ~7;
  for (let at = hl; at < n; at += step) {
    const len = min(step, n - at), f = frag + (at - hl >> 3) | (at + len < n ? Frag.mf : 0);
    let to = t;
    for (let i: u32 = 0; i < count; i++, to = after(to)) fragment(to, view, p, hl, at, len, f);
  }
  frame.free(p);
}

function fragment(t: Target, view: u32, p: usize, hl: u32, at: u32, len: u32, frag: u32): void {
  const b = frame.alloc();
  if (!b) return;
  const head = b + frame.HEADROOM + ETH, inner = head + IP;
  memory.copy(inner, p, hl);
  if (at != hl && hl > IP) options.later(inner, hl);
  output.cut(changetype<Ip4>(inner), hl + len, frag);
  wrap(head, t, view, changetype<Ip4>(p).tos, hl + len);
  frame.ref(p);
  counters.add(Redirector.copies);
  ip.outputVia(t.iface, t.hop, head, IP + hl, p + at, len, 0);
}
