// Hearsay (CHAIN R8): what a replica knows of a client and the log does not show goes to the successor. Also SYNs that have no event yet.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as list from "../core/list";
import * as counters from "../core/counters";
import * as tcp from "../tcp/tcp";
import { Syn } from "../tcp/conn";
import { Hearsay, HearsayFlag } from "../wire/chain";
import { Ft } from "./counters";
import { Replica, Member, MemberFlag, connOf, find, hear, hearOf, isTail, memberOf, alive } from "./replica";
import { HEARSAY_DELAY, knowsMore, news } from "./order";
import * as order from "./order";
import * as pull from "./pull";

/** Milliseconds after which the same is told again while the log does not show it. */
const AGAIN: u32 = 10;

// SYNs waiting for their event: told after 3, 13, 33, ... 633 ms, and remembered until then, which is longer than it takes to remove a dead tail:
// the new tail orders them. After a second the client sends them again.
const SYNS: u32 = 64;
const SYN_TIMES: u32 = 7;
@unmanaged class Waiting { syn0: u64; syn1: u64; syn2: u64; syn3: u64; at: u32; times: u32; pad: u64; }
const WAITING: usize = memory.data(SERVICES * 64 * 48, 16);
const COUNTS: usize = memory.data(SERVICES * 4, 16);

// @ts-ignore: decorator
@inline function waiting(r: Replica, i: u32): Waiting { return changetype<Waiting>(WAITING + ((r.svc << 6) + i) * 48); }
// @ts-ignore: decorator
@inline function count(r: Replica): u32 { return load<u32>(COUNTS + (r.svc << 2)); }
// @ts-ignore: decorator
@inline function setCount(r: Replica, n: u32): void { store<u32>(COUNTS + (r.svc << 2), n); }

export function clear(r: Replica): void { setCount(r, 0); }

/** True while SYNs wait for their event. */
export function waits(r: Replica): bool { return count(r) != 0; }

/** A SYN without a connection: ordered at the tail, remembered elsewhere. */
export function syn(r: Replica, s: Syn): void {
  if (isTail(r) && order.syn(r, s)) return;
  const n = count(r);
  if (n == SYNS) { counters.add(Ft.synsLost); return; }
  const w = waiting(r, n);
  memory.copy(changetype<usize>(w), changetype<usize>(s), 32);
  w.at = clock.ms + HEARSAY_DELAY;
  w.times = 0;
  setCount(r, n + 1);
}

function dropSyn(r: Replica, i: u32): void {
  const n = count(r) - 1;
  if (i != n) memory.copy(changetype<usize>(waiting(r, i)), changetype<usize>(waiting(r, n)), 48);
  setCount(r, n);
}

/** True where the SYN has become a connection. */
function served(s: Syn): bool { return tcp.find(s.localAddr, s.localPort, s.remoteAddr, s.remotePort) != null; }

/** The next SYN that is due to be told, or null; forgets those that are served or told often enough. A new tail orders them instead. */
export function dueSyn(r: Replica): Syn | null {
  for (let i: u32 = 0; i < count(r);) {
    const w = waiting(r, i), s = changetype<Syn>(changetype<usize>(w));
    if (served(s) || w.times == SYN_TIMES || (isTail(r) && order.syn(r, s))) { dropSyn(r, i); continue; }
    if (seq.le(w.at, clock.ms)) {
      w.at = clock.ms + (AGAIN << w.times);
      w.times++;
      return s;
    }
    i++;
  }
  return null;
}

/** True where `next` or `dueSyn` has something now. */
export function due(r: Replica): bool {
  for (let i: u32 = 0; i < count(r); i++) if (seq.le(waiting(r, i).at, clock.ms)) return true;
  const head = hear(r);
  return !list.isEmpty(head) && seq.le(memberOf(head.next, offsetof<Member>("hearNext")).hearAt, clock.ms);
}

/** Milliseconds until `due`. */
export function wait(r: Replica): u32 {
  if (count(r) != 0) return 1;
  const head = hear(r);
  if (list.isEmpty(head)) return 0xffffffff;
  const at = memberOf(head.next, offsetof<Member>("hearNext")).hearAt;
  return seq.le(at, clock.ms) ? 0 : at - clock.ms;
}

/** The first connection of which the log does not show yet all that is known here, or null. */
export function first(r: Replica): Member | null {
  for (const head = hear(r); !list.isEmpty(head);) {
    const m = memberOf(head.next, offsetof<Member>("hearNext"));
    if (knowsMore(m)) return m;
    list.remove(hearOf(m));
  }
  return null;
}

/** The next connection about which the successor must hear, written at h; false when there is none now. */
export function next(r: Replica, h: Hearsay): bool {
  const head = hear(r);
  while (!list.isEmpty(head)) {
    const m = memberOf(head.next, offsetof<Member>("hearNext"));
    if (seq.gt(m.hearAt, clock.ms)) return false;
    list.remove(hearOf(m));
    if (!knowsMore(m)) continue;
    m.hearAt = clock.ms + AGAIN;
    list.push(hear(r), hearOf(m));
    describe(m, h);
    return true;
  }
  return false;
}

function describe(m: Member, h: Hearsay): void {
  const conn = connOf(m);
  h.c = m.c;
  h.pad = 0;
  h.irs = conn.irs;
  h.rcvd = conn.rcvd;
  h.ack = conn.heardAck;
  h.wnd = conn.sndWnd;
  h.flags = <u8>(
    (m.flags & MemberFlag.established ? HearsayFlag.established : 0) | (conn.finRcvd ? HearsayFlag.fin : 0) |
    (conn.finAcked ? HearsayFlag.finAcked : 0) | (m.flags & MemberFlag.resetHeard ? HearsayFlag.reset : 0) |
    (m.flags & MemberFlag.giveUp ? HearsayFlag.giveUp : 0));
}

/** Takes what the predecessor knows, as if packets had carried it; bytes that it has and we lack are asked for. */
export function take(r: Replica, h: Hearsay): void {
  const m = find(r, h.c);
  if (m == null || !alive(m) || connOf(m).irs != h.irs) { counters.add(Ft.unknownConnection); return; }
  const conn = connOf(m), f = <u32>h.flags;
  if (f & HearsayFlag.reset) m.flags |= MemberFlag.resetHeard;
  if (f & HearsayFlag.giveUp) m.flags |= MemberFlag.giveUp;
  if (f & HearsayFlag.established) { m.flags |= MemberFlag.established; tcp.hearEstablished(conn); }
  tcp.hearAck(conn, h.ack, (f & HearsayFlag.finAcked) != 0, h.wnd);
  if (seq.gt(h.rcvd, conn.rcvd)) pull.fromAbove(r, m, conn.rcvd, h.rcvd);
  else if ((f & HearsayFlag.fin) && conn.rcvd == h.rcvd) tcp.hearFin(conn, h.rcvd);
  news(r, m);
}
