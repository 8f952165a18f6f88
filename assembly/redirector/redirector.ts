// The redirector: what is addressed to a virtual host goes to those who serve it, all else is routed. Packets come as the verdict
// `forward` of `eth.input`, in `ip.p`, `ip.n`, `ip.iface`.

import { IP, Ip4, Proto } from "../wire/ip4";
import { Icmp, IcmpType, ICMP, Unreachable } from "../wire/icmp";
import { Local, LocalFlag } from "../net/local";
import { Mode } from "../core/config";
import { Redirector } from "./counters";
import { Entry } from "./table";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import { get16 } from "../core/bytes";
import * as copy from "./copy";
import * as flows from "./flows";
import * as follow from "./follow";
import * as forward from "./forward";
import * as iface from "../net/iface";
import * as ip from "../net/ip";
import * as limit from "./limit";
import * as members from "../manage/members";
import * as nearest from "./nearest";
import * as plan from "./plan";
import * as table from "./table";
import * as trust from "./trust";

const enum TcpFlag { syn = 2, ack = 16 }

/** Where a packet goes. */
const enum Way { unknown = 0, all = 1, one = 2, origin = 3, drop = 4 }
let svc: u32 = 0, addr: u32 = 0;    // the service; the member's or origin's address, or why it is dropped

/** Empties all tables. tunnel: this side's tunnel address; then the site's control ports. `table.add`, `nearest.add`, `local.add` follow. */
export function init(tunnel: u32, managePort: u32, chainPort: u32): void {
  table.init(); plan.init(); flows.init(); follow.init(); nearest.init(); limit.init();
  copy.init(tunnel);
  trust.init(managePort, chainPort);
}

/** Takes the packet of verdict `forward`, and owns its buffer. */
export function input(): void {
  const p = ip.p, n = ip.n, why = trust.check();
  if (why) return ip.refuse(p, why);
  if (ip.to == 0 || (changetype<Local>(ip.to).flags & LocalFlag.proxy) == 0) return forward.input(p, n, changetype<Ip4>(p).dst);
  const h = changetype<Ip4>(p);
  if (h.proto == Proto.ipip) return ip.refuse(p, Redirector.forgedTunnel);
  if (!forward.alive(p, n)) return;
  if (h.isFragment && h.proto == Proto.tcp) return fragment(h, p, n);
  go(choose(h, n), p, n);
}

/** May this node take the packet of another verdict itself? If not, it is refused here. */
export function admit(): bool {
  const why = trust.check();
  if (why) ip.refuse(ip.p, why);
  return why == 0;
}

/** Sends a packet its way, one hop on. */
function go(way: u32, p: usize, n: u32): void {
  if (way == Way.origin) return forward.input(p, n, addr);
  if (way == Way.drop) return ip.refuse(p, addr);
  changetype<Ip4>(p).hop();
  const q = plan.current(svc);
  if (way == Way.all) return copy.toAll(q, p, n);
  const t = plan.find(q, addr);
  if (t == null) return ip.refuse(p, Redirector.noMember);
  copy.toOne(t, q.view, p, n);
}

/** The way of a packet that is no fragment, or a first one. */
function choose(h: Ip4, n: u32): u32 {
  const hl = h.headerLen;
  if (h.proto == Proto.icmp) return chooseIcmp(h, n - hl);
  if (h.proto != Proto.tcp) return rest(h.dst);
  if (n < hl + 4) return drop(Redirector.portless);
  const e = table.find(h.dst, get16(h.payload + 2));
  if (e == null) return rest(h.dst);
  const flags = n < hl + 14 ? 0 : <u32>load<u8>(h.payload, 13), syn = (flags & (TcpFlag.syn | TcpFlag.ack)) == TcpFlag.syn;
  return service(e, h.src, get16(h.payload), syn);
}

/** Refused, and its later fragments with it: `addr` names the counter. */
function drop(why: u32): u32 { addr = why; return Way.drop; }

/** The way of a packet for a service. */
function service(e: Entry, client: u32, port: u32, syn: bool): u32 {
  svc = e.svc;
  if (e.mode == Mode.route) return toOrigin(e);
  if (syn && !limit.take(svc)) return drop(Redirector.synLimited);
  if (e.mode == Mode.nearest) return toMember(nearest.member(svc, client, port, syn));
  if (e.mode == Mode.plain || (syn && members.cookie(svc))) return toMember(members.count(svc) > 0 ? 0 : -1);
  return Way.all;
}

function toOrigin(e: Entry): u32 {
  addr = e.origin ? e.origin : e.addr;
  return Way.origin;
}

function toMember(i: i32): u32 {
  if (i < 0) return drop(Redirector.noMember);
  addr = members.addr(svc, <u32>i);
  return Way.one;
}

/** What is for a virtual host but for none of its services: the origin, or the primary alone. */
function rest(dst: u32): u32 {
  const e = table.find(dst, 0);
  if (e == null) return drop(Redirector.noMember);
  svc = e.svc;
  if (e.origin || e.mode == Mode.route) return toOrigin(e);
  return toMember(members.count(svc) > 0 ? 0 : -1);
}

/** An ICMP error goes where the connection goes of which it quotes a packet. */
function chooseIcmp(h: Ip4, len: u32): u32 {
  const m = changetype<Icmp>(h.payload), q = changetype<Ip4>(m.data);
  if (h.isFragment || len < ICMP + IP + 4 || !m.isError) return rest(h.dst);
  if (q.version != 4 || q.proto != Proto.tcp || q.src != h.dst || q.headerLen < IP || len < ICMP + q.headerLen + 4) return rest(h.dst);
  const e = table.find(q.src, get16(q.payload));
  if (e == null) return rest(h.dst);
  svc = e.svc;
  if (e.mode == Mode.route) return toOrigin(e);
  if (e.mode == Mode.nearest) return toMember(nearest.lookup(svc, q.dst, get16(q.payload + 2)));
  if (e.mode == Mode.plain) return toMember(members.count(svc) > 0 ? 0 : -1);
  return Way.all;
}

/** A fragment of a TCP segment: the first one decides, the others follow. */
function fragment(h: Ip4, p: usize, n: u32): void {
  const d = follow.record(h);
  if (h.fragOffset == 0) {
    d.way = choose(h, n);
    d.svc = svc; d.addr = addr;
  }
  if (d.way == Way.unknown) return follow.wait(d, p, n);
  pass(d, p, n);
  for (let w = follow.take(d); w; w = follow.take(d)) pass(d, w, follow.takenLen);
}

function pass(d: follow.Datagram, p: usize, n: u32): void {
  svc = d.svc; addr = d.addr;
  go(d.way, p, n);
}

/** Takes the packet of verdict `tunnelError`: a router's word about a copy. Owns the buffer. */
export function tunnelError(): void {
  const p = ip.p, m = changetype<Icmp>(changetype<Ip4>(p).payload), q = changetype<Ip4>(m.data);
  const told = iface.at(ip.iface).isControl && m.type == IcmpType.unreachable && m.code == Unreachable.fragNeeded && plan.learn(q.dst, m.mtu);
  ip.refuse(p, told ? Redirector.pathMtu : Redirector.tunnelError);
}

/** A due timer of the redirector's kinds. */
export function timer(t: Timer): void {
  if (t.kind == TimerKind.follow) follow.timer(t);
  else plan.timer();
}
