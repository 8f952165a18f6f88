// Joining as the tail (CHAIN R27), for a service without connections: the old tail stops ordering on the manager's word, waits until all
// it ordered is stable, and states its log position, service time, history, and connections in TIME-WAIT; the newcomer starts from there.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as seq from "../core/seq";
import * as siphash from "../core/siphash";
import * as udp from "../net/udp";
import * as timewait from "../tcp/timewait";
import { Portable, PORTABLE } from "../tcp/timewait";
import { Magic, TAG } from "../wire/chain";
import { Ft } from "./counters";
import { Replica, Role, at, stir, voice } from "./replica";
import * as channel from "./channel";
import * as membership from "./membership";

@unmanaged export class Join {
  magic: u8;            // 'J'
  version: u8;
  service: u8;
  kind: u8;             // JoinKind
  sender: u8;
  receiver: u8;
  length: u16;
  attempt: u64;         // the newcomer's incarnation
  applied: u32;         // log position: nothing of the log before it is needed
  time: u32;            // service time
  history: u64;
  serial: u32;          // state: 0; taken: that of the last TIME-WAIT record taken
  count: u32;           // state: TIME-WAIT records that follow
}
export const JOIN: u32 = 40;
if (offsetof<Join>() != 40) ERROR("Join: layout");
/** TIME-WAIT records in one message. */
const RECORDS: u32 = 32;
const enum JoinKind { state = 1, taken = 2 }
const AGAIN: u32 = 5;

// ---- the newcomer

/** Prepares to take the state of a service from its old tail; `attempt` is this node's incarnation. */
export function awaitState(svc: u32, attempt: u64, feederAddr: u32): void {
  const r = at(svc);
  if (r.kind == 0 || (r.role == Role.joining && r.attempt == attempt)) return;
  if (r.role != Role.none) membership.leave(svc);
  r.role = Role.joining;
  r.attempt = attempt;
  r.feedAddr = feederAddr;
  r.caught = 1;
  r.fed = 0;
  stir(r);
}

/** 0: not joining; 1: only what the old tail orders last is missing; 2: has all of it. */
export function caughtUp(svc: u32): u32 { return at(svc).role == Role.joining ? at(svc).caught : 0; }

function takeState(r: Replica, m: Join, src: u32): void {
  if (r.role != Role.joining || r.attempt != m.attempt || src != r.feedAddr) { counters.add(Ft.notNeighbour); return; }
  r.applied = m.applied; r.have = m.applied; r.stable = m.applied; r.logged = m.applied;
  r.time = m.time;
  r.history = m.history;
  for (let i: u32 = 0; i < m.count; i++) {
    const q = changetype<Portable>(changetype<usize>(m) + JOIN + i * PORTABLE);
    if (seq.gt(q.serial, r.fed)) timewait.restore(q, changetype<usize>(voice(r)));
    r.fed = q.serial;
  }
  if (m.count < RECORDS) r.caught = 2;
  send(r, JoinKind.taken, m.sender);
}

// ---- the old tail

/** A node begins an attempt to join; its incarnation names it. */
export function feed(svc: u32, node: u32, incarnation: u64): void {
  const r = at(svc);
  r.feedNode = node;
  r.attempt = incarnation;
  r.feedAt = clock.ms - AGAIN;
  r.fed = 0;
  r.fedAll = 0;
  stir(r);
}

/** The manager's word to order nothing more, for this attempt. */
export function stopOrdering(svc: u32, attempt: u64): void {
  const r = at(svc);
  if (r.role == Role.member && r.feedNode != 0 && r.attempt == attempt) { r.stopped = 1; stir(r); }
}

/** The manager's word that attempts up to this one are over. */
export function orderOn(svc: u32, attempt: u64): void {
  const r = at(svc);
  if (r.role != Role.member || r.attempt != attempt) return;
  r.stopped = 0;
  r.feedNode = 0;
  stir(r);
}

/** True once this tail orders nothing more and the newcomer has its state. */
export function stopped(svc: u32): bool { return at(svc).stopped != 0 && at(svc).fedAll != 0; }

/** States the end of the log to the newcomer, again until it has it. */
export function feeding(r: Replica): void {
  if (!r.stopped || r.fedAll || r.applied != r.stable || r.connections != 0 || clock.ms - r.feedAt < AGAIN) return;
  r.feedAt = clock.ms;
  send(r, JoinKind.state, r.feedNode);
}

// ---- messages

function send(r: Replica, kind: u32, to: u32): void {
  const p = udp.alloc();
  if (!p) { counters.add(Ft.notSent); return; }
  const m = changetype<Join>(p);
  m.magic = <u8>Magic.join; m.version = <u8>Magic.version; m.service = <u8>r.svc; m.kind = <u8>kind;
  m.sender = <u8>config.id(); m.receiver = <u8>to;
  m.attempt = r.attempt;
  m.applied = r.applied; m.time = r.time; m.history = r.history;
  m.serial = r.fed;
  m.count = kind == JoinKind.state ? timewait.save(<u32>r.addr, r.port, r.fed, p + JOIN, RECORDS) : 0;
  if (kind == JoinKind.state) r.feedCount = m.count;
  const n = JOIN + m.count * PORTABLE;
  m.length = <u16>(n + TAG);
  store<u64>(p + n, siphash.hash(channel.key(r.svc), p, n));
  const port = <u32>config.site().chainPort;
  udp.output(p, n + TAG, config.node(config.id()).address, port, config.node(to).address, port, 0);
}

export function input(p: usize, n: u32, src: u32): void {
  const m = changetype<Join>(p);
  if (n < JOIN + TAG || m.length != n || m.version != Magic.version || m.count > RECORDS || n != JOIN + m.count * PORTABLE + TAG) { counters.add(Ft.shortMessage); return; }
  if (!config.isService(m.service) || at(m.service).kind == 0) { counters.add(Ft.unknownService); return; }
  if (siphash.hash(channel.key(m.service), p, n - TAG) != load<u64>(p + n - TAG)) { counters.add(Ft.badTag); return; }
  if (m.receiver != config.id() || !config.isNode(m.sender) || src != config.node(m.sender).address) { counters.add(Ft.notNeighbour); return; }
  const r = at(m.service);
  stir(r);
  if (m.kind == JoinKind.state) takeState(r, m, src);
  else if (m.kind == JoinKind.taken && r.stopped && m.attempt == r.attempt && m.sender == r.feedNode && m.applied == r.applied) taken(r, m);
  else counters.add(Ft.replayed);
}

/** The newcomer has the records up to one; the next follow at once. */
function taken(r: Replica, m: Join): void {
  if (seq.lt(m.serial, r.fed)) return;
  r.fed = m.serial;
  r.fedAll = r.feedCount < RECORDS ? 1 : 0; // the last message was the end
  if (!r.fedAll) send(r, JoinKind.state, r.feedNode);
}
