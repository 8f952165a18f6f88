// A replica in views (CHAIN R18-R23): taking a new view, leaving, the lease, and the new primary's first words (R20).

import { CONNS } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import * as counters from "../core/counters";
import { Err } from "../core/err";
import * as list from "../core/list";
import * as log from "../core/log";
import * as seq from "../core/seq";
import * as tcp from "../tcp/tcp";
import * as views from "../wire/view";
import { View } from "../wire/view";
import { Ft } from "./counters";
import { Replica, Role, Member, MemberFlag, alive, at, clear, connOf, hearOf, isPrimary, memberOf, next, speak, speakOf, stir, upOf, view, work, workOf } from "./replica";
import { forget, settle } from "./apply";
import * as doubt from "./doubt";
import * as gates from "./gates";
import * as hearsay from "./hearsay";
import * as pull from "./pull";
import * as timestamps from "./timestamps";

/** Connections that a new primary speaks on in one poll. */
const BURST: u32 = 64;

/** Takes a newer view that has this node as a member. 0, Err.state for an old one, Err.notFound where this node is no member. */
export function install(svc: u32, v: View): i32 {
  const r = at(svc), pos = views.position(v, config.id());
  if (pos < 0) return Err.notFound;
  if (seq.lt(v.number, r.heardView) || (r.role == Role.member && seq.le(v.number, r.viewNumber))) return Err.state;
  const wasPrimary = r.role == Role.member && isPrimary(r);
  watchLease(r); // what was thrown away since the last pass must be said again in the new view
  stir(r);
  views.copy(view(r), v);
  r.role = Role.member;
  r.viewNumber = v.number;
  r.heardView = v.number;
  r.n = v.n;
  r.pos = <u32>pos;
  r.have = r.applied; // R21, R22: what was received and not applied is asked for again
  r.guard = v.number * config.site().guard;
  if (r.mute == 0) r.mutedAt = clock.now;
  r.mute = 1;         // R18: a grant is for one view
  r.until = 0;
  r.stopped = 0; r.feedNode = 0; r.suspicion = 0;
  tcp.setCookies(changetype<tcp.Listener>(r.listener), r.cookies != 0, r.guard);
  meetNeighbours(r);
  if (isPrimary(r)) settle(r, r.applied); // what the primary has applied is stable; no event may come that would say so
  forEach(r);
  if (isPrimary(r) && !wasPrimary) counters.add(Ft.takeovers);
  say(r);
  return 0;
}

/** R22: both sides start from what they have applied. */
function meetNeighbours(r: Replica): void {
  r.upKnown = 0; r.upSeqTaken = 0; r.downSeqTaken = 0; r.upBefore = 0; r.downBefore = 0;
  r.upEvent = r.applied; r.upWant = r.applied; r.upApplied = r.stable; r.upEventSeq = r.upSeq;
  r.upHeardAt = clock.ms; r.downHeardAt = clock.ms; r.upLagAt = clock.ms; r.downLagAt = clock.ms;
  r.upMarked = 0; r.upMarkAt = clock.ms; r.seenAt = clock.ms; r.markC = CONNS; r.downMarkAt = clock.ms;
  r.upSentAt = clock.ms; r.downSentAt = clock.ms;
  r.downUrgent = 1;
  pull.clear(r);
  doubt.clear(r);
  list.init(speak(r));
}

/** Every connection: the new view's timestamps, gates, and whatever the log does not show yet. */
function forEach(r: Replica): void {
  for (let m = next(r, 0); m != null; m = next(r, m!.c + 1)) {
    if (!alive(m)) continue;
    speakOf(m).next = 0;
    list.remove(upOf(m));
    list.remove(hearOf(m));
    m.pullAt = 0;
    m.flags &= ~(MemberFlag.diverged | MemberFlag.expecting | MemberFlag.doubted);
    timestamps.move(connOf(m), r.guard);
    gates.update(r, m);
    gates.report(r, m);
    if (!list.linked(workOf(m))) list.push(work(r), workOf(m));
  }
}

function say(r: Replica): void {
  log.begin(log.Level.info);
  log.str("service "); log.num(r.svc); log.str(": view "); log.num(r.viewNumber);
  log.str(isPrimary(r) ? ", primary of " : ", replica "); if (!isPrimary(r)) { log.num(r.pos); log.str(" of "); }
  log.num(r.n); log.str(", "); log.num(r.connections); log.str(" connections, event "); log.num(r.applied);
  log.end();
}

/** R23: removed. All state goes, but the newest view's number; it never returns with old state. */
export function leave(svc: u32): void {
  const r = at(svc), newest = r.heardView;
  for (let m = next(r, 0); m != null; m = next(r, m!.c + 1)) {
    forget(m);
  }
  hearsay.clear(r);
  pull.clear(r);
  clear(r);
  r.heardView = newest;
}

/** R18: the node may speak for this service until `until` on `clock.now`, in the view it is in. */
export function lease(svc: u32, until: u64): void {
  const r = at(svc);
  if (r.role != Role.member || until <= r.until) return;
  watchLease(r); // it may have lapsed since the last pass
  stir(r);
  // Muted by this very poll's view change: nothing was thrown away.
  const silent = r.lapsed != 0 || (r.mute != 0 && r.mutedAt != clock.now);
  r.until = until;
  if (!isPrimary(r) || until <= clock.now) return;
  r.mute = 0;
  r.lapsed = 0;
  if (silent) speakAll(r);
}

/** R20: all connections, those with data waiting first. */
function speakAll(r: Replica): void {
  for (let pass = 0; pass < 2; pass++) {
    for (let m = next(r, 0); m != null; m = next(r, m!.c + 1)) {
      if (!alive(m) || list.linked(speakOf(m))) continue;
      const conn = connOf(m), waiting = conn.heardAck != conn.ok || (conn.okFin && !conn.finAcked);
      if (waiting == (pass == 0)) list.push(speak(r), speakOf(m));
    }
  }
}

/** Speaks on a burst of the connections that wait for it. True where more wait. */
export function speakSome(r: Replica): bool {
  const head = speak(r);
  for (let i: u32 = 0; i < BURST && !list.isEmpty(head); i++) {
    const m = memberOf(head.next, offsetof<Member>("speakNext"));
    list.remove(speakOf(m));
    tcp.speak(connOf(m));
  }
  return !list.isEmpty(head);
}

/** Notices that a primary's lease has run out: what it sends from now on is thrown away and counts as unsent. */
export function watchLease(r: Replica): void {
  if (r.mute != 0 || r.until == 0 || r.until > clock.now || r.lapsed != 0) return;
  r.lapsed = 1;
  counters.add(Ft.leaseLapses);
  log.begin(log.Level.warning);
  log.str("service "); log.num(r.svc); log.str(": lease lapsed, silent until the next");
  log.end();
}
