// The detectors (DESIGN section 6): the clients' retransmissions, silence on the acknowledgement channel, lag. They only accuse; the manager
// probes and decides.

import { CONNS } from "../core/sizes";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import { Replica, Member, Suspect, alive, connOf, find, isPrimary, isTail } from "./replica";

/** A pause between two polls longer than this was our own sleep, in milliseconds (R25). */
const NAP: u32 = 4;
let last: u32 = 0;

export function init(): void { last = clock.ms; }

/** Once per poll, before the others: how long this node was not polled beyond the usual. */
export function slept(): u32 {
  const d = clock.ms - last;
  last = clock.ms;
  return d > NAP ? d : 0;
}

/** R25: whoever slept adds it to every deadline that it judges others by. */
export function discount(r: Replica, nap: u32): void {
  r.upHeardAt += nap; r.downHeardAt += nap; r.upLagAt += nap; r.downLagAt += nap; r.upMarkAt += nap; r.downMarkAt += nap;
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

/** Above: it applies what was applied here. */
function lagAbove(r: Replica, slow: u32): void {
  const through = isPrimary(r) || r.upApplied == r.applied;
  if (!through && seq.lt(r.upApplied, r.upMark)) return;
  if (through || !over(r.upMarkAt, slow)) r.upLagAt = seq.max(r.upLagAt, clock.ms);
  r.upMark = r.applied;
  r.upMarkAt = clock.ms;
}

/** Below: what it was told becomes events. */
function lagBelow(r: Replica, told: Member | null, slow: u32): void {
  if (told != null && awaited(r)) return;
  if (told == null || (r.markC != CONNS ? !over(r.downMarkAt, slow) : r.applied != r.lagApplied)) r.downLagAt = seq.max(r.downLagAt, clock.ms);
  r.lagApplied = r.applied;
  r.markC = CONNS;
  if (told != null) mark(r, told);
}

/** The marked bytes have not been deposited yet. */
function awaited(r: Replica): bool {
  const m = find(r, r.markC);
  return m != null && alive(m) && m.synAt == r.markSyn && seq.lt(connOf(m).dep, r.downMark);
}

function mark(r: Replica, m: Member): void {
  const conn = connOf(m);
  if (conn.rcvd == conn.dep) return;
  r.markC = m.c; r.markSyn = m.synAt; r.downMark = conn.rcvd; r.downMarkAt = clock.ms;
}

/** The client sent again what this replica holds: nobody answers it. Counted until the connection gets on (`setportopt`'s detector). */
export function retransmission(r: Replica, m: Member): void {
  m.retransmits++;
  if (r.threshold == 0 || isPrimary(r) || m.retransmits < r.threshold) return;
  m.retransmits = 0;
  r.suspicion |= Suspect.primary;
}
