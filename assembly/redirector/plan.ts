// For each service, how its members are reached: interface, next hop and MTU, worked out anew when members or path MTUs change, so that a
// copied packet costs no route lookups.

import { SERVICES } from "../core/sizes";
import { IP } from "../wire/ip4";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import * as clock from "../core/clock";
import * as iface from "../net/iface";
import * as local from "../net/local";
import * as members from "../manage/members";
import * as route from "../net/route";
import * as wheel from "../core/wheel";

/** How long a learnt path MTU is believed, ms (RFC 1191 6.3). */
const AGE: u32 = 600000;
const PATH_MIN: u32 = 576;

@unmanaged export class Target {
  addr: u32;
  iface: u32;
  hop: u32;
  mtu: u32;     // what a copy to it may have inside the tunnel header
}
@unmanaged export class Plan {
  generation: u32;
  n: u32;       // members that a route leads to
  mtu: u32;     // the least of theirs
  view: u32;
}
if (offsetof<Target>() != 16 || offsetof<Plan>() != 16 || members.MAX != 8) ERROR("Plan: layout");

const STRIDE: u32 = 16 + 16 * 8;
const TABLE: usize = memory.data((16 + 16 * 8) * SERVICES, 16);
const TIMER: usize = memory.data(16, 16);
let learnt: u32 = 0;      // changes with every path MTU

export function init(): void {
  memory.fill(TABLE, 0, STRIDE * SERVICES);
  memory.fill(TIMER, 0, 16);
  learnt = 1;
}

// @ts-ignore: decorator
@inline export function target(q: Plan, i: u32): Target { return changetype<Target>(changetype<usize>(q) + 16 + (i << 4)); }

/** The plan of a service, up to date. */
export function current(svc: u32): Plan {
  const q = changetype<Plan>(TABLE + svc * STRIDE);
  if (q.generation != members.generation + learnt) build(q, svc);
  return q;
}

/** The target with this address, or null. */
export function find(q: Plan, addr: u32): Target | null {
  for (let i: u32 = 0; i < q.n; i++) if (target(q, i).addr == addr) return target(q, i);
  return null;
}

function build(q: Plan, svc: u32): void {
  q.generation = members.generation + learnt;
  q.view = members.view(svc);
  q.n = 0;
  q.mtu = iface.MTU_MAX;
  const n = members.count(svc);
  for (let i: u32 = 0; i < n; i++) {
    const addr = members.addr(svc, i), r = route.lookup(addr);
    if (r == null) continue;
    const t = target(q, q.n);
    t.addr = addr; t.iface = r.iface; t.hop = r.hop(addr);
    t.mtu = pathMtu(addr, iface.at(r.iface).mtu) - IP;
    q.mtu = min(q.mtu, t.mtu);
    q.n++;
  }
}

function pathMtu(addr: u32, link: u32): u32 {
  const l = local.any(addr);
  return l != null && l.mtu != 0 ? min(link, l.mtu) : link;
}

/** Takes note of a path MTU to a node, in bytes of the tunnel packet. False when it tells nothing. */
export function learn(addr: u32, mtu: u32): bool {
  const l = local.any(addr);
  if (l == null || (l.flags & local.LocalFlag.node) == 0 || mtu >= iface.MTU_MAX || (l.mtu != 0 && mtu >= l.mtu)) return false;
  l.mtu = max(mtu, PATH_MIN);
  learnt++;
  const t = changetype<Timer>(TIMER);
  t.kind = TimerKind.pathMtu;
  wheel.arm(t, clock.ms + AGE);
  return true;
}

/** A due timer of kind `pathMtu`: forgets what was learnt, so that larger packets are tried again. */
export function timer(): void {
  local.forgetMtus();
  learnt++;
}
