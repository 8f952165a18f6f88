// What a host server keeps per replicated service, and per connection of it. State of CHAIN's section "State"; everything else in ft works
// on these two records.

import { SERVICES, CONNS, EVENTS, STATE } from "../core/sizes";
import { must } from "../core/err";
import { Link } from "../core/list";
import * as list from "../core/list";
import { Conn } from "../tcp/conn";
import { Voice } from "../net/voice";
import { View, VIEW } from "../wire/view";
import { Event, EventSize } from "./event";

export const TIMERS: u32 = 16;

export const enum Role { none = 0, member = 1, joining = 2 }

/** What the agent reports to the manager (DESIGN section 6): bits, from `wrongShift` on one per position whose output is wrong. */
export const enum Suspect { primary = 1, predecessor = 2, successor = 4, lag = 8, predecessorLag = 16, newerView = 32, wrongShift = 8 }

/** One service on this node. Log positions are counts: `applied` = 7 means that events 0..6 are applied. */
@unmanaged export class Replica {
  mute: u32; voicePad: u32; until: u64;   // Voice: who may speak, see `voice`
  workNext: usize; workPrev: usize;       // connections with news not looked at yet
  upNext: usize; upPrev: usize;           // connections whose counters the predecessor must hear
  flightNext: usize; flightPrev: usize;   // ... sent, not known to have arrived
  hearNext: usize; hearPrev: usize;       // connections of which more is known than the log shows (R8)
  speakNext: usize; speakPrev: usize;     // connections on which a new primary still has to speak (R20)
  diskNext: usize; diskPrev: usize;       // connections whose service waits for content
  starvedNext: usize; starvedPrev: usize; // connections whose service was refused for want of chunks, in turn
  svc: u32;
  kind: u32;            // service kind, 0: no such service
  role: u32;            // Role
  viewNumber: u32;
  heardView: u32;       // newest view number heard of, also after `leave`
  n: u32;
  pos: u32;
  listener: usize;
  have: u32;            // events received
  applied: u32;
  stable: u32;          // applied by the primary
  logged: u32;          // log position at which this replica joined: it never had earlier events
  time: u32;            // service time: that of the last event applied
  connections: u32;
  embryos: u32;         // of these, not accepted yet
  cookies: u32;         // 1: SYNs are met with cookies
  history: u64;
  bytesIn: u64;         // deposited, produced: of all connections so far
  bytesOut: u64;
  sndChunks: u32;       // chunks of the send buffer pool in use: see budget
  // towards the predecessor
  upSeq: u32;
  upEvent: u32;         // next event to send
  upKnown: u32;         // 1 once it has said what it wants in this view
  upEventSeq: u32;      // sequence of the last message with events
  upEventAt: u32;       // ms
  upCounterAt: u32;     // ms when `flight` was last sent
  upSentAt: u32;        // ms of the last message
  upHeardAt: u32;       // ms of the last message from it
  upSeqTaken: u32;      // highest sequence taken from it, and which of the 32 before
  upBefore: u32;
  upApplied: u32;       // what it has applied
  upWant: u32;          // the next event it lacks
  upLagAt: u32;         // ms since when it has been behind
  upMarked: u32;        // 1: it had not applied `upMark` at `upMarkAt`, where we were then; 0: it has had nothing to apply since
  upMark: u32;
  seen: u32;            // `applied` as seen last, and since when
  seenAt: u32;
  upMarkAt: u32;
  // towards the successor
  downSeq: u32;
  downSentAt: u32;
  downHeardAt: u32;
  downSeqTaken: u32;
  downBefore: u32;
  downApplied: u32;     // `applied` last told
  downStable: u32;
  downUrgent: u32;      // something must be told at once: a gap, a pull
  downLagAt: u32;
  downMark: u32;        // what was received at `downMarkAt` of the connection of number and syn `markC`, `markSyn`
  downMarkAt: u32;
  markC: u32;           // CONNS: none
  markSyn: u32;
  lagApplied: u32;
  suspicion: u32;       // Suspect bits for the agent
  mutedAt: u64;         // when a view change last muted a speaking primary, microseconds
  lapsed: u32;          // 1: was primary and the lease had run out
  stirred: u32;         // 1: something has happened since the last pass
  passAt: u32;          // ms when the next pass is due in any case
  facts: u32;           // what the agent was last made to look at
  timers: u32;          // the service's timers that are armed, a bit each
  addr: usize;          // the v_host's address (host order)
  port: u32;
  guard: u32;           // view * GUARD, added to TSval (R13)
  heartbeat: u32;       // ms, 0: silence accuses nobody
  beat: u32;            // ms after which a neighbour is told something in any case (R7)
  silence: u32;
  threshold: u32;
  lagLimit: u32;
  stopped: u32;         // the tail has been told to stop for a join (R27)
  feedNode: u32;
  feedIncarnation: u64;
  feedAddr: u32;
  feedAt: u32;
  fed: u32;             // joins: serial of the last TIME-WAIT record that the newcomer has
  feedCount: u32;       // records in the last message
  fedAll: u32;          // the newcomer has the state
  caught: u32;          // joining: what `caughtUp` tells
  attempt: u64;         // the incarnation that names the attempt
  incarnation: u64;     // our own
}

/** One connection of a service. It outlives its place in TCP's table until its `closed` or `reset` is stable. */
@unmanaged export class Member {
  workNext: usize; workPrev: usize;
  upNext: usize; upPrev: usize;           // in `up` or `flight`
  hearNext: usize; hearPrev: usize;
  speakNext: usize; speakPrev: usize;
  diskNext: usize; diskPrev: usize;
  starvedNext: usize; starvedPrev: usize;
  conn: usize;          // Conn; once `gone` it is kept for its bytes alone, until that is stable (R4)
  c: u16;
  svc: u8;
  pad: u8;
  flags: u32;           // MemberFlag
  upSeq: u32;           // message that carried its counters last
  hearAt: u32;          // ms when hearsay about it is due
  okBelow: u32;         // what the successor reported
  edgeBelow: u32;
  endBelow: u32;        // 1: the successor may send the FIN, 2: it has produced it
  edgeUp: u32;          // reported or offered: never decreases (R15)
  prodUp: u32;          // reported
  synAt: u32;           // log position of its `syn`
  stableDep: u32;       // deposited at `stable`
  pullAt: u32;          // ms of the last request for its bytes
  retransmits: u16;     // client's retransmissions since it last got on
  retransmitAt: u16;    // ms of the last one that counted
  carry: u32;           // running digest of its output: bytes that are no whole word yet
  expectAt: u32;        // `expecting`: the successor's digest at that offset
  digest: u64;
  expect: u64;
}
export const enum MemberFlag { accepted = 1, gone = 2, refused = 4, aborted = 8, resetHeard = 16, giveUp = 32, established = 64, diverged = 128, expecting = 256, doubted = 512 }

const MEMBER: u32 = 128;
if (offsetof<Member>() > MEMBER) ERROR("Member: too large");
const REPLICA: u32 = 512;
if (offsetof<Replica>() > REPLICA) ERROR("Replica: too large");

const REPLICAS: usize = memory.data(512 * SERVICES, 16);
const VIEWS: usize = memory.data(56 * SERVICES, 16);
const MEMBER_TABLE: usize = memory.data(128 * CONNS, 16);
const FREE: usize = memory.data(CONNS * 4, 16);                 // stack of free Member addresses
const MAP: usize = memory.data(SERVICES * CONNS * 4, 16);       // Member by (service, c)
const USED_WORDS: u32 = (CONNS + 31) / 32;
const USED: usize = memory.data(SERVICES * ((CONNS + 31) / 32) * 4, 16); // numbers taken, a bit each
const LOGS: usize = memory.data(SERVICES * EVENTS * 64, 16);
const DEADLINES: usize = memory.data(SERVICES * 16 * 8, 16);    // per timer: armed, service time
const STATES: usize = memory.data(CONNS * STATE, 16);            // what services keep per connection
let free: u32 = 0;

// @ts-ignore: decorator
@inline export function at(svc: u32): Replica { return changetype<Replica>(REPLICAS + svc * REPLICA); }
// @ts-ignore: decorator
@inline export function voice(r: Replica): Voice { return changetype<Voice>(changetype<usize>(r)); }
// @ts-ignore: decorator
@inline export function view(r: Replica): View { return changetype<View>(VIEWS + r.svc * VIEW); }
// @ts-ignore: decorator
@inline export function work(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("workNext")); }
// @ts-ignore: decorator
@inline export function up(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("upNext")); }
// @ts-ignore: decorator
@inline export function flight(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("flightNext")); }
// @ts-ignore: decorator
@inline export function hear(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("hearNext")); }
// @ts-ignore: decorator
@inline export function speak(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("speakNext")); }

// @ts-ignore: decorator
@inline export function disk(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("diskNext")); }

// @ts-ignore: decorator
@inline export function workOf(m: Member): Link { return changetype<Link>(changetype<usize>(m)); }
// @ts-ignore: decorator
@inline export function upOf(m: Member): Link { return changetype<Link>(changetype<usize>(m) + offsetof<Member>("upNext")); }
// @ts-ignore: decorator
@inline export function hearOf(m: Member): Link { return changetype<Link>(changetype<usize>(m) + offsetof<Member>("hearNext")); }
// @ts-ignore: decorator
@inline export function speakOf(m: Member): Link { return changetype<Link>(changetype<usize>(m) + offsetof<Member>("speakNext")); }
// @ts-ignore: decorator
@inline export function diskOf(m: Member): Link { return changetype<Link>(changetype<usize>(m) + offsetof<Member>("diskNext")); }
// @ts-ignore: decorator
@inline export function starved(r: Replica): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Replica>("starvedNext")); }
// @ts-ignore: decorator
@inline export function starvedOf(m: Member): Link { return changetype<Link>(changetype<usize>(m) + offsetof<Member>("starvedNext")); }
/** The member whose link at `offset` is l. */
// @ts-ignore: decorator
@inline export function memberOf(l: usize, offset: usize): Member { return changetype<Member>(l - offset); }

// @ts-ignore: decorator
@inline export function connOf(m: Member): Conn { return changetype<Conn>(m.conn); }
// @ts-ignore: decorator
@inline export function alive(m: Member): bool { return (m.flags & MemberFlag.gone) == 0; }

// @ts-ignore: decorator
@inline export function isTail(r: Replica): bool { return r.pos + 1 == r.n; }
// @ts-ignore: decorator
@inline export function isPrimary(r: Replica): bool { return r.pos == 0; }

/** The event at log position i; it must be kept still, or be the place for the next. */
// @ts-ignore: decorator
@inline export function event(r: Replica, i: u32): Event {
  return changetype<Event>(LOGS + (((r.svc * EVENTS) + (i & (EVENTS - 1))) << EventSize.bits));
}

/** The next poll looks at the service. */
// @ts-ignore: decorator
@inline export function stir(r: Replica): void { r.stirred = 1; }

/** Timer id of the service: armed in the low word, service time in the high one. */
// @ts-ignore: decorator
@inline export function deadline(r: Replica, id: u32): usize { return DEADLINES + (((r.svc << 4) + id) << 3); }

/** The service's own block of STATE bytes for the connection. */
// @ts-ignore: decorator
@inline export function stateOf(m: Member): usize { return STATES + ((changetype<usize>(m) - MEMBER_TABLE) >> 7) * STATE; }

// @ts-ignore: decorator
@inline function slot(svc: u32, c: u32): usize { return MAP + ((svc * CONNS + c) << 2); }

export function init(): void {
  memory.fill(REPLICAS, 0, REPLICA * SERVICES);
  memory.fill(MAP, 0, SERVICES * CONNS * 4);
  free = 0;
  for (let i: u32 = 0; i < CONNS; i++) { store<u32>(FREE + (free << 2), <u32>(MEMBER_TABLE + (CONNS - 1 - i) * MEMBER)); free++; }
  for (let i: u32 = 0; i < SERVICES; i++) { at(i).svc = i; clear(at(i)); }
}

/** Empties a replica's state, except what survives a removal (R23): the configuration and the newest view heard of. */
export function clear(r: Replica): void {
  list.init(work(r)); list.init(up(r)); list.init(flight(r)); list.init(hear(r)); list.init(speak(r)); list.init(disk(r)); list.init(starved(r));
  memory.fill(USED + r.svc * USED_WORDS * 4, 0, USED_WORDS * 4);
  memory.fill(DEADLINES + (r.svc << 7), 0, 128);
  r.timers = 0;
  stir(r);
  r.role = Role.none;
  r.mute = 1; r.until = 0;
  r.viewNumber = 0; r.n = 0; r.pos = 0;
  r.have = 0; r.applied = 0; r.stable = 0; r.time = 0; r.logged = 0; r.history = 0; r.connections = 0; r.embryos = 0; r.cookies = 0; r.bytesIn = 0; r.bytesOut = 0; r.sndChunks = 0;
  r.suspicion = 0; r.lapsed = 0; r.stopped = 0; r.feedNode = 0; r.attempt = 0; r.guard = 0;
}

/** The connection c of a service, or null. Any c. */
export function find(r: Replica, c: u32): Member | null {
  return c < CONNS ? changetype<Member>(<usize>load<u32>(slot(r.svc, c))) : null;
}

/** A number that no connection of the service has, or CONNS. */
export function freeNumber(r: Replica): u32 {
  const base = USED + r.svc * USED_WORDS * 4;
  for (let w: u32 = 0; w < USED_WORDS; w++) {
    const bits = load<u32>(base + (w << 2));
    if (bits != 0xffffffff) return min<u32>((w << 5) + ctz<u32>(~bits), CONNS);
  }
  return CONNS;
}

// @ts-ignore: decorator
@inline export function freeMembers(): u32 { return free; }

/** Makes the record of connection c, which must be free; null when there is no room. */
export function make(r: Replica, c: u32): Member | null {
  if (free == 0 || c >= CONNS || load<u32>(slot(r.svc, c)) != 0) return null;
  free--;
  const m = changetype<Member>(<usize>load<u32>(FREE + (free << 2)));
  memory.fill(changetype<usize>(m), 0, MEMBER);
  m.c = <u16>c;
  m.svc = <u8>r.svc;
  store<u32>(slot(r.svc, c), <u32>changetype<usize>(m));
  const w = USED + (r.svc * USED_WORDS + (c >> 5) << 2);
  store<u32>(w, load<u32>(w) | 1 << (c & 31));
  return m;
}

/** Gives the record back; the number is free again. */
export function release(m: Member): void {
  must(free < CONNS && load<u32>(slot(m.svc, m.c)) == <u32>changetype<usize>(m));
  unlink(m);
  store<u32>(slot(m.svc, m.c), 0);
  const w = USED + (m.svc * USED_WORDS + (<u32>m.c >> 5) << 2);
  store<u32>(w, load<u32>(w) & ~(1 << (m.c & 31)));
  store<u32>(FREE + (free << 2), <u32>changetype<usize>(m));
  free++;
}

/** Takes m out of all lists. */
export function unlink(m: Member): void {
  list.remove(workOf(m)); list.remove(upOf(m)); list.remove(hearOf(m)); list.remove(speakOf(m)); list.remove(diskOf(m)); list.remove(starvedOf(m));
}

/** The first connection of the service with a number of at least c, or null: `for (let m = next(r, 0); m != null; m = next(r, m!.c + 1))`. */
export function next(r: Replica, c: u32): Member | null {
  const base = USED + r.svc * USED_WORDS * 4;
  for (let w = c >> 5; w < USED_WORDS; w++) {
    let bits = load<u32>(base + (w << 2));
    if (w == c >> 5) bits &= 0xffffffff << (c & 31);
    if (bits != 0) return find(r, (w << 5) + ctz<u32>(bits));
  }
  return null;
}
