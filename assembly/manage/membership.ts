// A host server's side of the view protocol for one service: a state machine on an explicit record, without any effect but on that record.
// Messages and time go in; what the replica is to do comes out as an Action. CHAIN.md R18, R23, R23a, R27; rules in docs/protocol-views.md.

import * as counters from "../core/counters";
import * as seq from "../core/seq";
import * as siphash from "../core/siphash";
import * as wire from "../wire/manage";
import { Message, Msg, Flag } from "../wire/manage";
import * as views from "../wire/view";
import { View } from "../wire/view";
import { Manage } from "./counters";

export const enum State {
  off = 0,         // this node does not carry the service
  leaving = 1,     // removed: state is dropped, but frames may still be on their way out
  unknown = 2,     // without an incarnation: registers
  waiting = 3,     // registered, in no view
  joining = 4,     // receives from the old tail
  member = 5,
}

/** What the replica has to do; the values are in the message, or in the record. */
export const enum Action { none, install, leave, lease, receive, feed, stop, orderOn, askAgain }

@unmanaged export class Membership {
  svc: u32;
  node: u32;            // this node's id
  state: u32;           // State
  viewNumber: u32;      // the view this node is a member of, else 0
  incarnation: u64;     // granted; 0: none
  manager: u64;         // the manager's incarnation as last heard
  askTime: u64;         // of the last ask or registration, microseconds
  nextAsk: u64;
  againAt: u64;         // when an ask that is not answered is repeated, 0: all is answered
  challenge: u64;       // to be repeated in the next registration
  secret: u64;          // what makes our nonces ours
  lease: u64;           // microseconds
  until: u64;           // end of the newest lease
  latest: u64;          // end of the latest lease of any view: no frame leaves after it
  reportAt: u64;        // when the last suspicion was told
  over: u64;            // join attempts up to this one are over, in this view
  feeding: u64;         // the attempt that is being fed, 0: none
  formerInc: u64;       // leaving: the incarnation that left
  wordDue: u32;         // 1: `left` has to be said
  probeDue: u32;        // 1: a probe has to be answered
  probe: u64;
  progress: u32;        // of a join, as last told
  connections: u32;
  suspicion: u32;
  stopped: u32;
  cookies: u32;         // 1: SYNs are met with cookies
  speaker: u32;         // 1: primary of its view
  slow: u32;            // about the longest that an answer to an ask took lately, microseconds
  view0: u64; view1: u64; view2: u64; view3: u64; view4: u64; view5: u64; view6: u64;
}
/**
 * A primary without an answer asks again after this part of a lease, others after twice that: on a slow or lossy way some asks of a primary must
 * come back in time, and the manager must hear of all that they live.
 */
const REPEAT: u32 = 20;
/** Microseconds between reports of the same suspicion. */
const REPORT: u64 = 5000;

export const MEMBERSHIP: u32 = 256;
if (offsetof<Membership>() > 256) ERROR("Membership: size");

/** The newest view that this node has heard of, also as one that is out. */
export function heard(m: Membership): View { return changetype<View>(changetype<usize>(m) + offsetof<Membership>("view0")); }

/** A node that has just started, with nothing. lease in microseconds. */
export function init(m: Membership, svc: u32, node: u32, lease: u64, secret: u64): void {
  memory.fill(changetype<usize>(m), 0, MEMBERSHIP);
  m.svc = svc; m.node = node; m.lease = lease; m.secret = secret;
  m.state = State.unknown;
}

/** The nonce of the ask of time t: the site's key and the node's secret make it, so that it need not be kept. */
function nonce(m: Membership, t: u64, key: usize): u64 {
  siphash.begin(key);
  siphash.word(m.secret);
  siphash.word(t);
  siphash.word(<u64>m.svc);
  return siphash.end(0, 24);
}

// ---- out

/** Whether something has to be said now. */
export function due(m: Membership, now: u64): bool {
  return m.state > <u32>State.leaving && (now >= dueAt(m) || m.wordDue != 0 || m.probeDue != 0);
}

/** When the next ask is due, if nothing comes between. */
export function dueAt(m: Membership): u64 { return m.againAt != 0 ? min(m.nextAsk, m.againAt) : m.nextAsk; }

/** Kind of the message that is due: what `fill` then fills in. */
export function kindDue(m: Membership): u32 {
  if (m.probeDue != 0) return Msg.answer;
  if (m.wordDue != 0 || m.state != State.unknown) return Msg.ask;
  return Msg.register;
}

/** Fills an ask, answer or registration (the hash of a registration is the caller's), and plans the next. */
export function fill(m: Membership, out: Message, now: u64, key: usize): void {
  m.askTime = now > m.askTime ? now : m.askTime + 1;
  out.askTime = m.askTime;
  out.askNonce = nonce(m, m.askTime, key);
  out.senderInc = m.incarnation;
  out.receiverInc = m.manager;
  out.number = m.state == State.member ? m.viewNumber : heard(m).number;
  out.progress = <u8>m.progress;
  out.suspicion = <u16>m.suspicion;
  out.value = wire.askValue(m.connections, m.slow / 1000);
  if (m.stopped != 0) out.flags |= <u8>Flag.stopped;
  if (m.state == State.member) out.flags |= <u8>Flag.member;
  if (m.cookies != 0) out.flags |= <u8>Flag.cookies;
  if (m.suspicion != 0) m.reportAt = now;
  m.suspicion = 0;
  if (out.kind == Msg.register) out.word = m.challenge;
  if (out.kind == Msg.ask) out.word = m.over;
  if (out.kind == Msg.answer) {
    out.word = m.probe;
    m.probeDue = 0;
    views.copy(out.view, heard(m));
  }
  if (m.wordDue != 0 && out.kind == Msg.ask) {
    out.senderInc = m.formerInc;
    out.flags |= <u8>Flag.left;
    m.wordDue = 0;
    m.nextAsk = now; // the registration follows at once
    return;
  }
  // A member's answer is as good as an ask; no registration is put off by one.
  if (out.kind != Msg.answer || m.state == State.member) m.nextAsk = now + part(m.lease, 3);
  if (m.state == State.member) m.againAt = now + part(m.lease, m.speaker != 0 ? REPEAT : REPEAT / 2);
}

/** A part of a lease, without a 64-bit division. */
function part(lease: u64, k: u32): u64 { return <u64>(<u32>lease / k); }

/** After `Action.leave`: all frames of the former primary have left, or may not leave any more. */
export function drained(m: Membership, now: u64): void {
  if (m.state != State.leaving) return;
  m.state = State.unknown;
  m.wordDue = m.formerInc != 0 ? 1 : 0;
  m.nextAsk = now;
}

/** What the replica says of itself; something new is told at once, a suspicion that goes on every REPORT. */
export function observe(m: Membership, connections: u32, suspicion: u32, progress: u32, stopped: u32, now: u64): void {
  const turned = (connections == 0) != (m.connections == 0);
  m.suspicion |= suspicion;
  if (m.suspicion != 0) m.nextAsk = min(m.nextAsk, max(now, m.reportAt + REPORT));
  if (progress != m.progress || stopped != m.stopped || turned) m.nextAsk = now;
  m.connections = connections;
  m.progress = progress;
  m.stopped = stopped;
}

/** R12: whether the replica meets SYNs with cookies; a change is told at once. */
export function flood(m: Membership, on: bool, now: u64): void {
  if ((m.cookies != 0) == on) return;
  m.cookies = on ? 1 : 0;
  m.nextAsk = now;
}

// ---- in

/** Takes a message of the manager that is well formed, authentic and for this node. A refused one counts once and gives `none`. */
export function input(m: Membership, msg: Message, now: u64, key: usize): Action {
  if (m.state <= <u32>State.leaving) return refuse(Manage.unexpected);
  if (msg.kind == Msg.probe) {
    m.probe = msg.word; m.probeDue = 1;
    if (msg.senderInc != 0) m.manager = msg.senderInc;
    return Action.askAgain;
  }
  if (!fresh(m, msg, now, key)) return refuse(Manage.stale);
  if (msg.receiverInc != m.incarnation) return refuse(Manage.otherIncarnation);
  switch (<i32>msg.kind) {
    case Msg.hello: return hello(m, msg, now);
    case Msg.challenge: return challenge(m, msg, now);
    case Msg.granted: return granted(m, msg, now);
    case Msg.grant: return grant(m, msg, now);
    case Msg.view: return view(m, msg, now);
    case Msg.out: return out(m, msg);
    case Msg.receive: return startJoin(m, msg);
    case Msg.feed: case Msg.stop: case Msg.orderOn: return tail(m, msg, now);
    default: return refuse(Manage.unexpected);
  }
}

/** R18: the message quotes an ask of ours, at most a lease old. */
export function fresh(m: Membership, msg: Message, now: u64, key: usize): bool {
  const t = msg.askTime;
  return t != 0 && t <= m.askTime && t + m.lease > now && msg.askNonce == nonce(m, t, key);
}

function refuse(c: u32): Action { counters.add(c); return Action.none; }

/** Only tells who the manager is; if that is news, the ask is repeated for it. */
function hello(m: Membership, msg: Message, now: u64): Action {
  if (m.manager == msg.senderInc) return refuse(Manage.repeated);
  m.manager = msg.senderInc;
  m.nextAsk = now;
  return Action.askAgain;
}

function challenge(m: Membership, msg: Message, now: u64): Action {
  m.manager = msg.senderInc;
  if (m.state != State.unknown || msg.word == 0) return refuse(Manage.unexpected);
  m.challenge = msg.word;
  m.nextAsk = now;
  return Action.askAgain;
}

function granted(m: Membership, msg: Message, now: u64): Action {
  // value names the challenge: a grant for an earlier one is not ours.
  if (m.state != State.unknown || m.challenge == 0 || msg.value != <u32>m.challenge || msg.word == 0) return refuse(Manage.unexpected);
  m.manager = msg.senderInc;
  m.incarnation = msg.word;
  m.challenge = 0;
  m.state = State.waiting;
  m.nextAsk = now;
  return Action.askAgain;
}

function grant(m: Membership, msg: Message, now: u64): Action {
  if (m.state != State.member || msg.number != m.viewNumber) return refuse(Manage.unexpected);
  const a = renewal(m, msg);
  if (a == Action.lease) measure(m, <u32>(now - msg.askTime));
  return a;
}

/** An answer took so many microseconds. */
function measure(m: Membership, took: u32): void { m.slow = took > m.slow ? took : m.slow - (m.slow - took >> 8); }

/** A lease for the present view; one that quotes no newer ask is known already. */
function renewal(m: Membership, msg: Message): Action {
  return msg.askTime + m.lease <= m.until ? refuse(Manage.repeated) : lease(m, msg, Action.lease);
}

/** The lease counts from the ask. */
function lease(m: Membership, msg: Message, action: Action): Action {
  m.manager = msg.senderInc;
  m.until = max(m.until, msg.askTime + m.lease);
  if (msg.askTime + part(m.lease, 3) >= m.nextAsk) m.againAt = 0;
  m.latest = max(m.latest, m.until);
  return action;
}

function view(m: Membership, msg: Message, now: u64): Action {
  const v = msg.view;
  if (!views.valid(v) || v.number != msg.number) return refuse(Manage.malformed);
  if (m.state == State.member && v.number == m.viewNumber) return renewal(m, msg); // sent again: a grant like any
  if (m.state == State.member && seq.lt(v.number, m.viewNumber)) return refuse(Manage.unexpected);
  if (seq.lt(v.number, heard(m).number) || views.find(v, m.node, m.incarnation) < 0) return refuse(Manage.unexpected);
  // An unfinished join cannot become a membership: the manager installs it only after "caught up".
  if (m.state == State.joining && m.progress < 2) return refuse(Manage.unexpected);
  views.copy(heard(m), v);
  m.viewNumber = v.number;
  m.state = State.member;
  m.over = 0;
  m.feeding = 0;
  m.progress = 0;
  m.suspicion = 0;  // it was about neighbours of the former view
  m.until = 0;
  m.nextAsk = now;
  m.againAt = 0;
  m.speaker = views.node(v, 0) == m.node ? 1 : 0;
  return lease(m, msg, Action.install);
}

/** R23: out, with nothing kept but the newest view's number and members. */
function out(m: Membership, msg: Message): Action {
  const v = msg.view;
  if (v.number != msg.number || seq.lt(v.number, heard(m).number) || (v.number != 0 && v.n != 0 && !views.valid(v))) return refuse(Manage.unexpected);
  if (v.n != 0 && views.find(v, m.node, m.incarnation) >= 0) return refuse(Manage.unexpected);
  m.manager = msg.senderInc;
  views.copy(heard(m), v);
  drop(m);
  return Action.leave;
}

/** Forgets the membership; the incarnation is over. */
function drop(m: Membership): void {
  m.formerInc = m.incarnation;
  m.incarnation = 0;
  m.viewNumber = 0;
  m.challenge = 0;
  m.progress = 0; m.connections = 0; m.suspicion = 0; m.stopped = 0; m.cookies = 0;
  m.over = 0; m.feeding = 0;
  m.speaker = 0; m.againAt = 0;
  m.state = State.leaving;
}

function startJoin(m: Membership, msg: Message): Action {
  if (msg.word != m.incarnation || m.incarnation == 0) return refuse(Manage.unexpected);
  if (m.state == State.joining) return refuse(Manage.repeated); // as messages of a join are until they show effect
  if (m.state != State.waiting) return refuse(Manage.unexpected);
  m.state = State.joining;
  return Action.receive;
}

/** To the old tail of a join: feed, stop, order on, for the view it is in. Attempts that are over stay over. */
function tail(m: Membership, msg: Message, now: u64): Action {
  if (m.state != State.member || msg.number != m.viewNumber || msg.word == 0) return refuse(Manage.unexpected);
  if (msg.kind == Msg.orderOn) {
    if (msg.word > m.over) { m.over = msg.word; m.nextAsk = now; }
    m.feeding = 0;
    return Action.orderOn;
  }
  if (msg.word <= m.over) return refuse(Manage.unexpected);
  if (msg.kind == Msg.stop) return m.feeding == msg.word ? Action.stop : Action.none;
  if (m.feeding == msg.word) return refuse(Manage.repeated);
  m.feeding = msg.word;
  return Action.feed;
}
