// The detectors (DESIGN section 6): the clients' retransmissions, silence on the acknowledgement channel, lag. They only accuse; the manager
// probes and decides.

import { CONNS } from "../core/sizes";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import { Replica, Member, Suspect, alive, connOf, find, isPrimary, isTail } from "./replica";

/** Being polled later than asked for by more than this was our own sleep, in milliseconds (R25). */
const NAP: u32 = 4;
/** Nobody is asked to come back later than this while neighbours are judged. */
const LONGEST: u32 = 20;
let last: u32 = 0, wanted: u32 = 0;

export function init(): void { last = clock.ms; wanted = 0; }

/** Once per poll, before the others: for how long this node was not polled although it wanted to be, in milliseconds. */
export function slept(): u32 {
  const d = clock.ms - last, late = d - min(d, wanted);
  last = clock.ms;
  return late > NAP ? late : 0;
}

/** At the end of the poll: the next one is wanted within so many milliseconds. */
export function expectPoll(ms: u32): void { wanted = min(ms, LONGEST); }

/** R25: whoever slept adds it to every deadline that it judges others by. */
export function discount(r: Replica, nap: u32): void {
  r.upHeardAt += nap; r.downHeardAt += nap; r.upLagAt += nap; r.downLagAt += nap; r.upMarkAt += nap; r.downMarkAt += nap; r.seenAt += nap;
}

/** `told`: a connection of which the log does not show yet what the successor was told, or null. */
export function run(r: Replica, told: Member | null): void {
  if (r.heartbeat != 0) silence(r);
  if (r.lagLimit != 0) lag(r, told);
}

function silence(r: Replica): void {
  if (!isPrimary(r) && over(r.upHeardAt, r.silence)) r.suspicion |= Suspect.predecessor;
  if (!isTail(r) && over(r.downHeardAt, r.silence)) r.suspicion |= Suspect.successor;
}

/** Milliseconds until a neighbour that says nothing will have been silent for too long. */
export function wait(r: Replica): u32 {
  let ms: u32 = 0xffffffff;
  if (r.heartbeat == 0) return ms;
  if (!isPrimary(r)) ms = min(ms, left(r.upHeardAt, r.silence));
  if (!isTail(r)) ms = min(ms, left(r.downHeardAt, r.silence));
  return ms;
}

/** ... and none where it has been already. */
function left(since: u32, limit: u32): u32 { return over(since, limit) ? 0xffffffff : since + limit + 1 - clock.ms; }

// @ts-ignore: decorator
@inline function over(since: u32, limit: u32): bool { return <i32>(clock.ms - since) > <i32>limit; }

/**
 * A neighbour that answers but does not get on: for a whole lag limit it has never been less than a twentieth of that limit behind. It throttles
 * the clients all that time, or holds them up.
 */
function lag(r: Replica, told: Member | null): void {
  lagAbove(r, r.lagLimit / 20);
  lagBelow(r, told, r.lagLimit / 20);
  if (over(r.upLagAt, r.lagLimit)) r.suspicion |= Suspect.predecessorLag;
  if (over(r.downLagAt, r.lagLimit)) r.suspicion |= Suspect.lag;
}

/** Above: it applies what was applied here. In time, or there has been nothing to apply for a while: then it does not lag. */
function lagAbove(r: Replica, slow: u32): void {
  if (isPrimary(r)) { r.upLagAt = seq.max(r.upLagAt, clock.ms); return; }
  if (r.seen != r.applied) { r.seen = r.applied; r.seenAt = clock.ms; }
  if (r.upMarked) {
    if (seq.lt(r.upApplied, r.upMark)) return;
    if (!over(r.upMarkAt, slow)) r.upLagAt = seq.max(r.upLagAt, clock.ms);
    r.upMarked = 0;
    r.upMarkAt = clock.ms;
  }
  if (r.upApplied != r.applied) { r.upMarked = 1; r.upMark = r.applied; r.upMarkAt = r.seenAt; }
  else if (over(r.upMarkAt, slow)) r.upLagAt = seq.max(r.upLagAt, clock.ms);
}

/** Below: what it was told becomes events; likewise. That is the tail's doing, and only its neighbour can tell. */
function lagBelow(r: Replica, told: Member | null, slow: u32): void {
  if (r.pos + 2 != r.n) { r.downLagAt = seq.max(r.downLagAt, clock.ms); return; }
  let fine = false;
  if (r.markC != CONNS) {
    if (awaited(r)) return;
    fine = !over(r.downMarkAt, slow);
    r.markC = CONNS;
    r.downMarkAt = clock.ms;
  }
  if (told == null) fine = fine || over(r.downMarkAt, slow);
  else if (!mark(r, told)) fine = fine || r.applied != r.lagApplied;
  if (fine) r.downLagAt = seq.max(r.downLagAt, clock.ms);
  r.lagApplied = r.applied;
}

/** The marked bytes have not been deposited yet. */
function awaited(r: Replica): bool {
  const m = find(r, r.markC);
  return m != null && alive(m) && m.synAt == r.markSyn && seq.lt(connOf(m).dep, r.downMark);
}

/** Marks what has been received and told of it; false where that is not about bytes. */
function mark(r: Replica, m: Member): bool {
  const conn = connOf(m);
  if (conn.rcvd == conn.dep) return false;
  r.markC = m.c; r.markSyn = m.synAt; r.downMark = conn.rcvd; r.downMarkAt = clock.ms;
  return true;
}

/** Milliseconds within which what a client sends again counts once: its timer does not run out twice in that time, but after a loss it repairs in bursts. */
const ONCE: u32 = 100;

/** The client sent again what this replica holds: nobody answers it. Counted until the connection gets on (`setportopt`'s detector). */
export function retransmission(r: Replica, m: Member): void {
  if (m.retransmits != 0 && (clock.ms - m.retransmitAt & 0xffff) < ONCE) return;
  m.retransmits++;
  m.retransmitAt = <u16>clock.ms;
  if (r.threshold == 0 || isPrimary(r) || m.retransmits < r.threshold) return;
  m.retransmits = 0;
  r.suspicion |= Suspect.primary;
}
