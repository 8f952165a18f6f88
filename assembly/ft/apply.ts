// Applying events (CHAIN R1): in order, only with the bytes at hand, and passing on only what is applied.

import { STATE } from "../core/sizes";
import * as seq from "../core/seq";
import * as list from "../core/list";
import * as counters from "../core/counters";
import { must } from "../core/err";
import * as tcp from "../tcp/tcp";
import { Conn } from "../tcp/conn";
import * as dispatch from "../service/dispatch";
import { Ft } from "./counters";
import { Event, Kind, Reason, synOf, mix } from "./event";
import { Replica, Member, MemberFlag, event, isTail, isPrimary, find, make, release, connOf, alive, unlink, deadline, disk, diskOf, memberOf, starved, starvedOf, stateOf, work, workOf } from "./replica";
import * as budget from "./budget";
import * as gates from "./gates";
import * as digest from "./digest";
import * as doubt from "./doubt";
import * as pull from "./pull";
import * as api from "./api";
import * as timestamps from "./timestamps";

/** Applies received events as far as possible. */
export function advance(r: Replica): void {
  while (r.applied != r.have) {
    const e = event(r, r.applied);
    if (!apply(r, e)) return;
    r.history = mix(r.history, e);
    e.history = r.history;
    r.applied++;
    counters.add(Ft.eventsApplied);
    if (isPrimary(r)) settle(r, r.applied);
  }
}

/** One event; false when it has to wait. */
function apply(r: Replica, e: Event): bool {
  if (e.kind == Kind.syn) return syn(r, e);
  if (e.kind == Kind.timer) { timer(r, e); return true; }
  const m = find(r, e.c);
  if (m == null) return contradicts(r);
  if (!alive(m!)) { r.time = e.time; return true; }
  switch (<i32>e.kind) {
    case Kind.accept: accept(r, e, m!); return true;
    case Kind.data: return data(r, e, m!);
    case Kind.fin: return fin(r, e, m!);
    case Kind.writable: return writable(r, e, m!);
    case Kind.reset: reset(r, e, m!); return true;
    default: closed(r, e, m!); return true;
  }
}

/** An event of a connection that does not exist: the successor is broken. It is asked again; if it insists, lag ends the matter. */
function contradicts(r: Replica): bool {
  counters.add(Ft.unknownConnection);
  r.have = r.applied;
  return false;
}

function syn(r: Replica, e: Event): bool {
  const m = make(r, e.c);
  if (m == null) { counters.add(Ft.noConnection); return false; }
  const conn = open(r, e);
  if (conn == null) { release(m); counters.add(Ft.noConnection); return false; }
  r.time = e.time;
  m.conn = changetype<usize>(conn);
  m.synAt = r.applied;
  m.edgeUp = conn.edge;
  m.edgeBelow = conn.edge;
  memory.fill(stateOf(m), 0, STATE);
  r.connections++;
  r.embryos++;
  gates.update(r, m);
  return true;
}

/** The control block of a `syn` event. */
function open(r: Replica, e: Event): Conn | null {
  return tcp.open(changetype<tcp.Listener>(r.listener), synOf(e), e.c, timestamps.offset(synOf(e), r.guard));
}

function accept(r: Replica, e: Event, m: Member): void {
  r.time = e.time;
  if (m.flags & MemberFlag.accepted) return;
  m.flags |= MemberFlag.accepted | MemberFlag.established;
  r.embryos--;
  tcp.establish(connOf(m));
  api.enter(r, e.c);
  dispatch.accept(r.kind, e.c);
  after(r, m);
}

function data(r: Replica, e: Event, m: Member): bool {
  const conn = connOf(m), n = e.a;
  if (conn.rcvd - conn.dep < n) { pull.fromBelow(r, m, conn.rcvd, conn.dep + n); return false; }
  if (!isTail(r) && bytesDigest(r, conn, conn.dep, n) != e.digest) {
    counters.add(Ft.inconsistentRetransmission);
    tcp.discard(conn);
    pull.fromBelow(r, m, conn.dep, conn.dep + n);
    return false;
  }
  r.time = e.time;
  m.retransmits = 0;
  tcp.deposit(conn, n);
  r.bytesIn += n;
  api.enter(r, e.c);
  dispatch.data(r.kind, e.c, n);
  after(r, m);
  return true;
}

function fin(r: Replica, e: Event, m: Member): bool {
  const conn = connOf(m);
  if (!conn.finRcvd) tcp.hearFin(conn, e.a);
  if (!conn.finRcvd) return false;
  r.time = e.time;
  tcp.depositFin(conn);
  api.enter(r, e.c);
  dispatch.eof(r.kind, e.c);
  after(r, m);
  return true;
}

/** R1: waits until all that is freed has been produced here too. */
function writable(r: Replica, e: Event, m: Member): bool {
  const conn = connOf(m), end = (e.flags & 1) != 0;
  if (seq.lt(conn.prod, e.a) || (end && !conn.prodFin)) return false;
  r.time = e.time;
  tcp.hearAck(conn, e.a, end, conn.sndWnd);
  const to = seq.max(e.a, conn.acked), freed = to - conn.acked;
  budget.give(r, conn, to);
  tcp.release(conn, to, end);
  m.flags &= ~MemberFlag.refused;
  api.enter(r, e.c);
  if (freed != 0 && !conn.prodFin) dispatch.writable(r.kind, e.c, freed);
  after(r, m);
  feed(r);
  return true;
}

/** Connections that were refused for want of chunks, in turn, as far as the chunks go. */
function feed(r: Replica): void {
  const head = starved(r);
  for (let n = r.connections; n != 0 && !list.isEmpty(head) && budget.any(r); n--) {
    const m = memberOf(head.next, offsetof<Member>("starvedNext"));
    list.remove(starvedOf(m));
    api.enter(r, m.c);
    dispatch.writable(r.kind, m.c, api.room(m.c));
    after(r, m);
  }
}

function reset(r: Replica, e: Event, m: Member): void {
  r.time = e.time;
  api.enter(r, e.c);
  if (m.flags & MemberFlag.accepted) dispatch.closed(r.kind, e.c);
  budget.give(r, connOf(m), connOf(m).prod);
  gone(r, m, e.flags != Reason.client);
  feed(r);
}

function closed(r: Replica, e: Event, m: Member): void {
  r.time = e.time;
  api.enter(r, e.c);
  if (m.flags & MemberFlag.accepted) dispatch.closed(r.kind, e.c);
  budget.give(r, connOf(m), connOf(m).prod);
  gone(r, m, false);
  feed(r);
}

/** The connection is over; its number stays taken, and its bytes are kept for who lacks them, until this is stable. */
function gone(r: Replica, m: Member, rst: bool): void {
  if (!(m.flags & MemberFlag.accepted)) r.embryos--;
  doubt.close(r, m);
  tcp.retire(connOf(m), rst);
  m.flags |= MemberFlag.gone;
  unlink(m);
  r.connections--;
}

function timer(r: Replica, e: Event): void {
  r.time = e.time;
  store<u32>(deadline(r, e.a & 15), 0);
  r.timers &= ~(1 << (e.a & 15));
  api.enter(r, api.NONE);
  dispatch.timer(r.kind, e.a);
}

/** After the service has run: it may have read, sent, closed, or aborted any connection; this one is looked at here, others by `api`. */
function after(r: Replica, m: Member): void {
  gates.update(r, m);
  if (!list.linked(workOf(m))) list.push(work(r), workOf(m));
}

/** Services that waited for content ask again; what they produce now is the same as it would have been before. */
export function resume(r: Replica): void {
  for (let n = r.connections, head = disk(r); n != 0 && !list.isEmpty(head); n--) {
    const m = memberOf(head.next, offsetof<Member>("diskNext"));
    list.remove(diskOf(m));
    api.enter(r, m.c);
    dispatch.resume(r.kind, m.c);
    after(r, m);
  }
}

/** Keyed digest of the received bytes [off, off + n). */
export function bytesDigest(r: Replica, conn: Conn, off: u32, n: u32): u64 {
  digest.begin(r.svc);
  while (n != 0) {
    const p = tcp.rcvSpan(conn, off), take = min<u32>(n, tcp.spanLen);
    must(p != 0 && take != 0);
    digest.add(p, take);
    off += take;
    n -= take;
  }
  return digest.end();
}

/** Raises `stable` to at most what is applied: bytes need not be kept any more, numbers are free again (R4). */
export function settle(r: Replica, to: u32): void {
  if (seq.gt(to, r.applied)) to = r.applied;
  while (seq.lt(r.stable, to)) {
    const e = event(r, r.stable);
    r.stable++;
    if (e.kind == Kind.timer) continue;
    const m = find(r, e.c);
    if (m == null) continue;
    if (e.kind == Kind.data) {
      m.stableDep += e.a;
      if (alive(m)) tcp.keep(connOf(m), m.stableDep);
    } else if (e.kind == Kind.closed || e.kind == Kind.reset) {
      forget(m);
    }
  }
}

/** Gives back the record of a connection, and its control block. */
export function forget(m: Member): void {
  tcp.drop(connOf(m), false);
  release(m);
}
