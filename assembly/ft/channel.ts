// The acknowledgement channel, sending (CHAIN, "Messages"): a message is built from present state when it is sent, so a lost one costs
// nothing but time. Upwards: events, counters. Downwards: what is applied, hearsay. Either way: bytes and requests for them.

import * as clock from "../core/clock";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as list from "../core/list";
import * as seq from "../core/seq";
import * as siphash from "../core/siphash";
import * as udp from "../net/udp";
import * as tcp from "../tcp/tcp";
import { Syn } from "../tcp/conn";
import * as views from "../wire/view";
import { Chain, CHAIN, TAG, ChainFlag, Magic, Section, SECTION, MESSAGE_MAX, Counter, COUNTER, CounterFlag, Hearsay, HEARSAY, Pull, PULL, Bytes, BYTES } from "../wire/chain";
import { SERVICES } from "../core/sizes";
import { Ft } from "./counters";
import * as digest from "./digest";
import * as doubt from "./doubt";
import * as event from "./event";
import { EventSize } from "./event";
import { Replica, Member, Role, event as logged, isPrimary, isTail, view, up, flight, upOf, connOf, find, memberOf } from "./replica";
import * as hearsay from "./hearsay";
import * as pull from "./pull";
import { Way } from "./pull";

const KEYS: usize = memory.data(SERVICES * 16, 16);
/** Messages to one neighbour in one poll. */
const BURST: u32 = 8;
/** Milliseconds after which events or counters that the neighbour does not acknowledge are sent again. */
const RESEND: u32 = 4;

let p: usize = 0;      // the message under construction
let at: usize = 0;     // its end so far
let section: usize = 0;

export function init(siteKey: usize): void {
  for (let s: u32 = 0; s < SERVICES; s++) siphash.derive(siteKey, siphash.Key.chain, s, KEYS + (s << 4));
}
export function key(svc: u32): usize { return KEYS + (svc << 4); }

/** Sends both neighbours what they must know now. True where more waits than one poll sends. */
export function flush(r: Replica): bool {
  if (r.role != Role.member || r.n == 1) return false;
  let more = false;
  if (!isPrimary(r)) more = flushUp(r);
  if (!isTail(r)) more = flushDown(r) || more;
  return more;
}

// ---- upwards

function flushUp(r: Replica): bool {
  rewind(r);
  for (let i: u32 = 0; i < BURST; i++) {
    if (!upNeeded(r)) return false;
    if (!begin(r, r.pos - 1, ChainFlag.up | (r.cookies ? ChainFlag.cookies : 0))) return false;
    events(r);
    reports(r);
    open(Section.doubt); at += doubt.write(r, at, room()); close();
    bytes(r, Way.up);
    pulls(r, Way.up);
    r.upSentAt = clock.ms;
    send(r);
  }
  return true;
}

function upNeeded(r: Replica): bool {
  return (r.upKnown && r.upEvent != r.applied) || !list.isEmpty(up(r)) && reportable(r) || pull.pending(r, Way.up) || beat(r, r.upSentAt);
}

// @ts-ignore: decorator
@inline function beat(r: Replica, last: u32): bool { return clock.ms - last >= r.beat; }

/** What was sent and is not acknowledged after a while is sent again: events from where the predecessor stands, counters as they are now. */
function rewind(r: Replica): void {
  if (!list.isEmpty(flight(r)) && clock.ms - r.upCounterAt >= RESEND) list.splice(up(r), flight(r));
  if (r.upEvent != r.upWant && r.upKnown && clock.ms - r.upEventAt >= RESEND) {
    r.upEvent = r.upWant;
    r.upEventAt = clock.ms;
    counters.add(Ft.resent);
  }
}

function events(r: Replica): void {
  if (!r.upKnown || r.upEvent == r.applied) return;
  open(Section.events);
  store<u32>(at, r.upEvent);
  at += 4;
  while (r.upEvent != r.applied && room() >= <u32>EventSize.wireMax) {
    at += event.write(logged(r, r.upEvent), at);
    r.upEvent++;
  }
  close();
  r.upEventSeq = r.upSeq;
  r.upEventAt = clock.ms;
}

/** The first connection in `up` whose `syn` the predecessor has applied is at the front; others wait behind. */
function reportable(r: Replica): bool {
  const head = up(r);
  for (let l = head.next, i: u32 = 0; l != changetype<usize>(head) && i < 32; l = changetype<list.Link>(l).next, i++) {
    const m = memberOf(l, offsetof<Member>("upNext"));
    if (seq.lt(m.synAt, r.upApplied)) return true;
  }
  return false;
}

function reports(r: Replica): void {
  const head = up(r);
  open(Section.counters);
  let l = head.next;
  while (l != changetype<usize>(head) && room() >= COUNTER) {
    const m = memberOf(l, offsetof<Member>("upNext"));
    l = changetype<list.Link>(l).next;
    if (seq.ge(m.synAt, r.upApplied)) continue;
    list.remove(upOf(m));
    list.push(flight(r), upOf(m));
    m.upSeq = r.upSeq;
    counter(m, changetype<Counter>(at));
    at += COUNTER;
    r.upCounterAt = clock.ms;
  }
  close();
}

function counter(m: Member, k: Counter): void {
  const conn = connOf(m);
  m.edgeUp = conn.edgeLimit;
  m.prodUp = conn.prod;
  k.c = m.c;
  k.pad = 0;
  k.flags = <u8>((conn.okFin ? CounterFlag.okFin : 0) | (conn.prodFin ? CounterFlag.prodFin : 0));
  k.prod = conn.prod;
  k.ok = conn.ok;
  k.edge = conn.edgeLimit;
  k.digest = digest.whole(m.digest, m.carry);
}

/**
 * The predecessor has taken our message `heard` and those of the 32 before it that `before` names: counters they carried have arrived. Those of
 * an older message that it has not taken are lost, and are sent again at once.
 */
export function acknowledged(r: Replica, heard: u32, before: u32): void {
  const head = flight(r);
  while (!list.isEmpty(head)) {
    const m = memberOf(head.next, offsetof<Member>("upNext")), age = heard - m.upSeq;
    if (<i32>age < 0) return;
    list.remove(upOf(m));
    if (age != 0 && (age > 32 || !(before >> age - 1 & 1))) list.push(up(r), upOf(m));
  }
}

// ---- downwards

function flushDown(r: Replica): bool {
  for (let i: u32 = 0; i < BURST; i++) {
    if (!downNeeded(r)) return false;
    if (!begin(r, r.pos + 1, 0)) return false;
    heard(r);
    syns(r);
    open(Section.doubt); at += doubt.ask(r, at, room()); close();
    bytes(r, Way.down);
    pulls(r, Way.down);
    r.downSentAt = clock.ms;
    r.downApplied = r.applied;
    r.downStable = r.stable;
    r.downUrgent = 0;
    send(r);
  }
  return true;
}

function downNeeded(r: Replica): bool {
  return r.applied != r.downApplied || r.stable != r.downStable || r.downUrgent != 0 || hearsay.due(r) || pull.pending(r, Way.down) || beat(r, r.downSentAt);
}

function heard(r: Replica): void {
  open(Section.hearsay);
  while (room() >= HEARSAY && hearsay.next(r, changetype<Hearsay>(at))) at += HEARSAY;
  close();
}

function syns(r: Replica): void {
  open(Section.syn);
  while (room() >= 32) {
    const s = hearsay.dueSyn(r);
    if (s == null) break;
    memory.copy(at, changetype<usize>(s), 32);
    at += 32;
  }
  close();
}

// ---- either way

function pulls(r: Replica, way: u32): void {
  open(Section.pull);
  while (room() >= PULL) {
    const w = pull.request(r, way);
    if (w == null) break;
    const q = changetype<Pull>(at);
    q.c = <u16>w.c; q.pad = 0; q.from = w.from; q.to = w.to;
    at += PULL;
    pull.requested(r, way);
  }
  close();
}

/** Bytes that the neighbour asked for, as many as fit and are here. */
function bytes(r: Replica, way: u32): void {
  for (;;) {
    const w = pull.debt(r, way);
    if (w == null || room() < SECTION + BYTES + 64) return;
    const m = find(r, w.c);
    const n = m == null ? 0 : piece(m, w);
    if (n == 0) { pull.paid(r, way); continue; }
    w.from += n;
    if (seq.ge(w.from, w.to)) pull.paid(r, way);
  }
}

/** One section of bytes from w.from, also of a connection that is over; their number, 0 where we do not have them. */
function piece(m: Member, w: pull.Want): u32 {
  const conn = connOf(m), stop = seq.min(w.to, conn.rcvd);
  if (seq.ge(w.from, stop)) return 0;
  const src = tcp.rcvSpan(conn, w.from);
  if (!src) return 0;
  const n = min(min(stop - w.from, tcp.spanLen), room() - SECTION - BYTES);
  open(Section.bytes);
  const b = changetype<Bytes>(at);
  b.c = m.c; b.n = <u16>n; b.offset = w.from;
  memory.copy(at + BYTES, src, n);
  at += BYTES + n;
  close();
  counters.addN(Ft.bytesGiven, n);
  return n;
}

// ---- the message

// @ts-ignore: decorator
@inline function room(): u32 { return <u32>(p + MESSAGE_MAX - TAG - SECTION - at); }

function begin(r: Replica, to: u32, flags: u32): bool {
  p = udp.alloc();
  if (!p) { counters.add(Ft.notSent); return false; }
  const m = changetype<Chain>(p), v = view(r);
  m.magic = <u8>Magic.chain; m.version = <u8>Magic.version;
  m.service = <u8>r.svc; m.flags = <u8>flags;
  m.sender = <u8>config.id(); m.receiver = <u8>views.node(v, to);
  m.view = r.viewNumber;
  m.senderIncarnation = views.incarnation(v, r.pos);
  m.receiverIncarnation = views.incarnation(v, to);
  if (flags & ChainFlag.up) { m.seq = ++r.upSeq; m.heard = r.upSeqTaken; m.before = r.upBefore; }
  else { m.seq = ++r.downSeq; m.heard = r.downSeqTaken; m.before = r.downBefore; }
  m.applied = r.applied;
  m.want = r.have;
  m.stable = r.stable;
  at = p + CHAIN;
  return true;
}

function open(type: u32): void {
  section = at;
  store<u16>(at, <u16>type);
  at += SECTION;
}

/** Ends the section; an empty one vanishes. */
function close(): void {
  const n = <u32>(at - section) - SECTION;
  if (n == 0) at = section;
  else store<u16>(section, <u16>n, 2);
}

function send(r: Replica): void {
  const n = <u32>(at - p), m = changetype<Chain>(p);
  m.length = <u16>(n + TAG);
  store<u64>(at, siphash.hash(key(r.svc), p, n));
  counters.add(Ft.sent);
  const port = <u32>config.site().chainPort;
  udp.output(p, n + TAG, config.node(config.id()).address, port, config.node(m.receiver).address, port, 0);
}
