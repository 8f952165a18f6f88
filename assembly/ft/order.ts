// The tail orders (CHAIN R2): what it sees of its connections becomes events. Everybody else notes what the log does not show yet (R8).

import { EVENTS } from "../core/sizes";
import { must } from "../core/err";
import * as seq from "../core/seq";
import * as clock from "../core/clock";
import * as site from "../core/site";
import * as list from "../core/list";
import * as counters from "../core/counters";
import * as tcp from "../tcp/tcp";
import { Conn, Syn, SynFlag, Dirty } from "../tcp/conn";
import { Ft } from "./counters";
import { Event, EventSize, Kind, Reason, synOf } from "./event";
import { Replica, Member, MemberFlag, event, isTail, connOf, alive, find, freeNumber, freeMembers, work, workOf, hear, hearOf, deadline, memberOf } from "./replica";
import * as gates from "./gates";
import * as detect from "./detect";
import * as flood from "./flood";
import { advance, bytesDigest } from "./apply";

/** Milliseconds after which a predecessor tells what the log does not show (R8). */
export const HEARSAY_DELAY: u32 = 3;

/** True while the tail may append: fewer than half of the log's events are unstable (R2). */
function mayOrder(r: Replica): bool { return !r.stopped && r.applied - r.stable < EVENTS >> 1; }

function append(r: Replica, kind: u32, c: u32, flags: u32, a: u32): Event {
  const e = event(r, r.have);
  e.history = 0; e.pad = 0; e.digest = 0;
  e.kind = <u8>kind;
  e.c = <u16>c;
  e.flags = <u8>flags;
  e.a = a;
  e.time = seq.max(r.time, site.ms());
  return e;
}

/** Makes the appended event part of the log and applies it. */
function commit(r: Replica): void {
  r.have++;
  must(r.have - r.stable <= EVENTS);
  counters.add(Ft.eventsOrdered);
  advance(r);
}

/** TCP's news about a connection: remembers what does not stay visible in the control block, and puts it on the work list. False where none is. */
export function news(r: Replica, m: Member): bool {
  const conn = connOf(m), d = conn.dirty;
  conn.dirty = 0;
  if (d & Dirty.established) m.flags |= MemberFlag.established;
  if (d & Dirty.reset) m.flags |= MemberFlag.resetHeard;
  if (d & Dirty.giveUp) m.flags |= MemberFlag.giveUp;
  if (d & Dirty.edge) gates.update(r, m);
  if (d & Dirty.retransmit) detect.retransmission(r, m);
  if (d == Dirty.ack && settled(m, conn)) return false;
  if (!list.linked(workOf(m))) list.push(work(r), workOf(m));
  return true;
}

/** An ACK on an open connection of which the log shows everything: most do no more than move the window of what may be sent. */
function settled(m: Member, conn: Conn): bool {
  return (m.flags & (MemberFlag.accepted | MemberFlag.aborted | MemberFlag.resetHeard | MemberFlag.giveUp)) == MemberFlag.accepted
    && conn.rcvd == conn.dep && conn.finRcvd == 0 && !wantsWritable(m, conn);
}

/** R2a: room in the send buffer is worth an event when a quarter came free, all is acknowledged, or the service was refused. */
export function wantsWritable(m: Member, conn: Conn): bool {
  if (conn.finAcked && !conn.finReleased) return true;
  const freed = conn.heardAck - conn.acked;
  return freed != 0 && (freed >= conn.sndCap >> 2 || conn.heardAck == conn.prod || (m.flags & MemberFlag.refused) != 0);
}

/** True where this replica knows more of the client than the log shows. */
export function knowsMore(m: Member): bool {
  if (!alive(m)) return false;
  const conn = connOf(m);
  if (m.flags & (MemberFlag.resetHeard | MemberFlag.giveUp)) return true;
  if (!(m.flags & MemberFlag.accepted)) return (m.flags & MemberFlag.established) != 0;
  return conn.rcvd != conn.dep || (conn.finRcvd && !conn.finDep) || wantsWritable(m, conn);
}

/** Goes through the work list: the tail orders, others note hearsay. */
export function run(r: Replica): void {
  const head = work(r), tail = isTail(r);
  while (!list.isEmpty(head)) {
    if (tail && !mayOrder(r)) return;
    const m = memberOf(head.next, 0);
    list.remove(workOf(m));
    if (!alive(m)) continue;
    if (tail) connection(r, m);
    else if (!list.linked(hearOf(m)) && knowsMore(m)) {
      m.hearAt = clock.ms + HEARSAY_DELAY;
      list.push(hear(r), hearOf(m));
    }
  }
}

/** Orders the next event of one connection; it comes back by the work list while there is more. */
function connection(r: Replica, m: Member): void {
  const conn = connOf(m);
  if (m.flags & MemberFlag.resetHeard) one(r, Kind.reset, m, Reason.client, 0);
  else if (m.flags & MemberFlag.giveUp) one(r, Kind.reset, m, Reason.giveUp, 0);
  else if (m.flags & MemberFlag.aborted) one(r, Kind.reset, m, Reason.service, 0);
  else if (!(m.flags & MemberFlag.accepted)) { if (m.flags & MemberFlag.established) one(r, Kind.accept, m, 0, 0); }
  else if (conn.rcvd != conn.dep) data(r, m);
  else if (conn.finRcvd && !conn.finDep) one(r, Kind.fin, m, 0, conn.rcvd);
  else if (wantsWritable(m, conn)) one(r, Kind.writable, m, conn.finAcked, conn.heardAck);
  else if (conn.finDep && conn.finReleased) one(r, Kind.closed, m, 0, 0);
}

function one(r: Replica, kind: u32, m: Member, flags: u32, a: u32): void {
  append(r, kind, m.c, flags, a);
  commit(r);
}

function data(r: Replica, m: Member): void {
  const conn = connOf(m), e = append(r, Kind.data, m.c, 0, conn.rcvd - conn.dep);
  if (r.n > 1) e.digest = bytesDigest(r, conn, conn.dep, e.a);
  commit(r);
}

/** A SYN without a connection, at the tail: its own or by hearsay. False where there is no room for it now. */
export function syn(r: Replica, s: Syn): bool {
  if (!mayOrder(r) || freeMembers() == 0 || (!(s.flags & SynFlag.cookie) && !flood.admits(r))) return false;
  const c = freeNumber(r), e = append(r, Kind.syn, c, 0, 0);
  memory.copy(changetype<usize>(synOf(e)), changetype<usize>(s), 32);
  if (!(s.flags & SynFlag.cookie)) synOf(e).iss = tcp.chooseIss(s);
  commit(r);
  const m = find(r, c);
  if (m == null) { r.have--; return false; } // no control block: the event never was
  if (s.flags & SynFlag.cookie) { m.flags |= MemberFlag.established; list.push(work(r), workOf(m)); }
  return true;
}

/** Timers of the service whose time has come, at the tail. Returns milliseconds until the next one. */
export function timers(r: Replica): u32 {
  let next: u32 = 0xffffffff;
  if (r.timers == 0) return next;
  const now = seq.max(r.time, site.ms());
  for (let bits = r.timers; bits != 0; bits &= bits - 1) {
    const id = ctz<u32>(bits), left = load<u32>(deadline(r, id), 4) - now;
    if (<i32>left > 0) next = min(next, left);
    else if (mayOrder(r)) { append(r, Kind.timer, 0, 0, id); commit(r); }
  }
  return next;
}
