// The detectors (DESIGN section 6): the clients' retransmissions, silence on the acknowledgement channel, lag. They only accuse; the manager
// probes and decides.

import * as clock from "../core/clock";
import * as list from "../core/list";
import * as seq from "../core/seq";
import { Conn } from "../tcp/conn";
import { Replica, Role, Member, Suspect, connOf, hear, isPrimary, isTail } from "./replica";

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
  r.upHeardAt += nap; r.downHeardAt += nap; r.upLagAt += nap; r.downLagAt += nap;
}

export function run(r: Replica): void {
  if (r.heartbeat != 0) silence(r);
  if (r.lagLimit != 0) lag(r);
}

function silence(r: Replica): void {
  if (!isPrimary(r) && over(r.upHeardAt, r.silence)) r.suspicion |= Suspect.predecessor;
  if (!isTail(r) && over(r.downHeardAt, r.silence)) r.suspicion |= Suspect.successor;
}

// @ts-ignore: decorator
@inline function over(since: u32, limit: u32): bool { return <i32>(clock.ms - since) > <i32>limit; }

/** A neighbour that answers but does not get on: above, it does not apply what it was given; below, it does not order what it was told. */
function lag(r: Replica): void {
  if (isPrimary(r) || r.upApplied == r.applied) r.upLagAt = seq.max(r.upLagAt, clock.ms);
  else if (over(r.upLagAt, r.lagLimit)) r.suspicion |= Suspect.predecessorLag;
  if (isTail(r) || list.isEmpty(hear(r)) || r.applied != r.lagApplied) { r.downLagAt = seq.max(r.downLagAt, clock.ms); r.lagApplied = r.applied; }
  else if (over(r.downLagAt, r.lagLimit)) r.suspicion |= Suspect.lag;
}

/** The client sent again what this replica holds: nobody answers it. Counted until the connection gets on (`setportopt`'s detector). */
export function retransmission(r: Replica, m: Member): void {
  m.retransmits++;
  if (r.threshold == 0 || isPrimary(r) || m.retransmits < r.threshold) return;
  m.retransmits = 0;
  r.suspicion |= Suspect.primary;
}
