// FT-TCP: the replicated services of this host server. What the node and the agent call; `run` is one pass over everything that changed.

import { PORTS, SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { Mode } from "../core/config";
import { Err } from "../core/err";
import * as list from "../core/list";
import * as seq from "../core/seq";
import * as local from "../net/local";
import { LocalFlag } from "../net/local";
import * as tcp from "../tcp/tcp";
import { Syn } from "../tcp/conn";
import * as views from "../wire/view";
import { View, VIEW } from "../wire/view";
import { Magic } from "../wire/chain";
import { Replica, Role, Suspect, alive, at, disk, find, flight, hear, isPrimary, isTail, speak, stir, voice } from "./replica";
import * as replica from "./replica";
import * as api from "./api";
import * as apply from "./apply";
import * as budget from "./budget";
import * as channel from "./channel";
import * as detect from "./detect";
import * as digest from "./digest";
import * as flood from "./flood";
import * as hearsay from "./hearsay";
import * as join from "./join";
import * as membership from "./membership";
import * as order from "./order";
import * as receive from "./receive";

export { install, leave, lease } from "./membership";
export { Suspect } from "./replica";
export { awaitState, caughtUp, feed, orderOn, stopOrdering, stopped } from "./join";

/** Milliseconds between heartbeats where silence is not judged: what was lost is repaired all the same. */
const BEAT: u32 = 20;
const ALONE: usize = memory.data(56, 16);
/** Services of the configuration have numbers below this. */
let top: u32 = 0;
/** Counts up when there is something about a service that the agent does not know. */
export let notable: u32 = 0;

/** Makes the services of the configuration that this node carries: listeners, addresses; those without a chain speak at once. */
export function init(): i32 {
  replica.init();
  api.init(config.key());
  channel.init(config.key());
  detect.init();
  budget.init();
  top = 0;
  for (let s: u32 = 0; s < SERVICES; s++) {
    if (!config.isService(s) || config.memberIndex(config.service(s), config.id()) < 0) continue;
    const e = service(s);
    if (e < 0) return e;
  }
  return 0;
}

function service(s: u32): i32 {
  const k = config.service(s), r = at(s), ft = k.mode == Mode.ft;
  if (k.mode == Mode.route) return 0;
  top = s + 1;
  digest.init(config.key(), s);
  r.kind = k.kind;
  r.heartbeat = k.heartbeat; r.beat = k.heartbeat != 0 ? k.heartbeat : BEAT; r.silence = k.silence; r.threshold = k.retransmits; r.lagLimit = k.lagLimit;
  api.setParam(s, 0, k.param0); api.setParam(s, 1, k.param1); api.setParam(s, 2, k.param2); api.setParam(s, 3, k.param3);
  const addr = k.address != 0 ? k.address : config.node(config.id()).address;
  r.addr = addr; r.port = k.port;
  if (k.address != 0) {
    const e = local.add(addr, changetype<usize>(voice(r)), LocalFlag.vhost | (k.mode == Mode.plain ? 0 : LocalFlag.tunnelOnly));
    if (e < 0) return e;
  }
  const l = tcp.listen(addr, k.port, <u8>s, true, changetype<usize>(voice(r)), k.rcvBuf, k.sndBuf, k.mssLimit);
  if (l == null) return Err.tooMany;
  tcp.configure(l, k.congestion, (k.flags & 1) != 0);
  r.listener = changetype<usize>(l);
  return ft ? 0 : alone(r);
}

/** A service without a chain: this node is all of it, for ever, without a lease. */
function alone(r: Replica): i32 {
  const v = changetype<View>(ALONE);
  views.clear(v, 1);
  views.append(v, config.id(), 1);
  const e = membership.install(r.svc, v);
  r.mute = 0;
  return e;
}

/** A datagram to the chain's port: n bytes at p, from `src`. The buffer stays the caller's. */
export function input(p: usize, n: u32, src: u32): void {
  if (n != 0 && load<u8>(p) == Magic.join) join.input(p, n, src);
  else receive.input(p, n, src);
}

/** What may be different in the next poll although nothing is told: room for a SYN or for an event, content, a neighbour that has been silent. */
function restless(r: Replica): bool {
  return r.have != r.applied || r.suspicion != 0 || hearsay.waits(r) || !list.isEmpty(disk(r));
}

/** TCP's news into events, events into calls, changes into messages, of all services that something has happened to. Microseconds until more is due. */
export function run(): u32 {
  const nap = detect.slept();
  news();
  let ms: u32 = LATE;
  for (let s: u32 = 0; s < top; s++) {
    const r = at(s);
    if (r.kind == 0 || r.role == Role.none) continue;
    if (nap != 0) { detect.discount(r, nap); stir(r); }
    if (r.stirred != 0 || seq.le(r.passAt, clock.ms)) pass(r);
    ms = min(ms, r.passAt - clock.ms);
  }
  detect.expectPoll(ms);
  return ms == LATE ? 0xffffffff : ms * 1000;
}

/** Nothing is due for so many milliseconds. */
const LATE: u32 = 1000000;

function pass(r: Replica): void {
  r.passAt = clock.ms + min(r.role == Role.member ? member(r) : LATE, LATE);
  r.stirred = restless(r) ? 1 : 0;
  const facts = (r.connections != 0 ? 1 : 0) | r.cookies << 1 | r.stopped << 2 | r.fedAll << 3 | r.caught << 4 | r.role << 6;
  if (facts != r.facts || r.suspicion != 0) { r.facts = facts; notable++; }
}

function news(): void {
  for (let conn = tcp.nextDirty(); conn != null; conn = tcp.nextDirty()) {
    if (!conn.gated) { if (PORTS != 0) tcp.setAside(conn); continue; }
    const r = at(conn.owner), m = find(r, conn.c);
    if (m != null && alive(m) && order.news(r, m)) stir(r);
  }
  for (let s = tcp.nextSyn(); s != null; s = tcp.nextSyn()) {
    const r = serviceOf(s);
    if (r != null && r.role == Role.member) { hearsay.syn(r, s); stir(r); }
    tcp.dropSyn(s);
  }
}

function serviceOf(s: Syn): Replica | null {
  for (let i: u32 = 0; i < SERVICES; i++) if (at(i).kind != 0 && at(i).addr == s.localAddr && at(i).port == s.localPort) return at(i);
  return null;
}

/** One pass over a service. Milliseconds until the next one is due. */
function member(r: Replica): u32 {
  membership.watchLease(r);
  if (!list.isEmpty(disk(r))) apply.resume(r);
  apply.advance(r);
  const timer = isTail(r) ? order.timers(r) : 0xffffffff;
  if (isTail(r)) hearsay.dueSyn(r);
  order.run(r);
  flood.judge(r);
  const speaking = r.mute == 0 && membership.speakSome(r);
  let more = false;
  if (r.n > 1) {
    detect.run(r, isTail(r) ? null : hearsay.first(r));
    more = channel.flush(r);
  }
  join.feeding(r);
  return more || speaking ? 0 : deadline(r, timer);
}

function deadline(r: Replica, timer: u32): u32 {
  let ms = timer;
  if (r.n > 1) {
    if (!isTail(r)) ms = min(ms, hearsay.wait(r));
    if (r.have != r.applied || r.upEvent != r.upWant || !list.isEmpty(flight(r))) ms = min<u32>(ms, 1);
    ms = min(ms, min(beat(r), detect.wait(r)));
  }
  if (r.stopped || !list.isEmpty(disk(r))) ms = min<u32>(ms, 1);
  return ms;
}

/** Milliseconds until the next heartbeat. */
function beat(r: Replica): u32 {
  let since: u32 = 0;
  if (!isPrimary(r)) since = max(since, clock.ms - r.upSentAt);
  if (!isTail(r)) since = max(since, clock.ms - r.downSentAt);
  return since >= r.beat ? 0 : r.beat - since;
}

/** Suspect bits gathered since the last call. */
export function suspicion(svc: u32): u32 {
  const s = at(svc).suspicion;
  at(svc).suspicion = 0;
  return s;
}
export function viewNumber(svc: u32): u32 { return at(svc).role == Role.member ? at(svc).viewNumber : 0; }
/** The newest view number that this node has heard of, also after it left. */
export function heardView(svc: u32): u32 { return at(svc).heardView; }
/** Connections of the service, TIME-WAIT not counted. */
export function connections(svc: u32): u32 { return at(svc).connections; }
/** R12: SYNs are met with cookies. */
export function cookies(svc: u32): bool { return at(svc).cookies != 0; }
