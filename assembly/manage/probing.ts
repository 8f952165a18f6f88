// Suspicion is not removal (CHAIN.md R24): a report, or silence of a member's asks, makes the manager probe all members at once, a few times
// within a few milliseconds; then it decides.

import * as config from "../core/config";
import * as counters from "../core/counters";
import * as siphash from "../core/siphash";
import { Msg } from "../wire/manage";
import * as views from "../wire/view";
import * as chain from "./chain";
import { Chain } from "./chain";
import * as change from "./change";
import { Reason } from "./change";
import { Manage } from "./counters";
import * as decide from "./decide";

/** Microseconds within which clients must accuse a primary again that answers probes, and the least time in between. */
const ACCUSE_AGAIN: u64 = 30000000;
const ACCUSE_REST: u64 = 200000;

let nonces: u64 = 0;

/** Begins a probing, unless one is under way: the first probes leave now. */
export function start(c: Chain): void {
  if (c.probeNonce != 0 || c.n == 0) return;
  counters.add(Manage.probings);
  begin(c);
  probeMembers(c);
}

/** A new nonce; `first` probes count as sent. */
function begin(c: Chain): void {
  siphash.begin(chain.KEY);
  siphash.word(chain.incarnation);
  siphash.word(++nonces);
  c.probeNonce = siphash.end(0, 16) | 1;
  c.answered = 0;
  c.probesSent = 0;
  c.probeAt = chain.judge;
}

function probeMembers(c: Chain): void {
  for (let i: u32 = 0; i < c.n; i++) {
    if ((c.answered >> i & 1) == 0) probe(c, <u32>config.memberIndex(chain.service(c), views.node(chain.view(c), i)));
  }
  sent(c, interval());
}

function interval(): u64 { return <u64>(<u32>config.site().probeInterval * 1000); }
function sent(c: Chain, wait: u64): void { c.probesSent++; c.probeAt = chain.judge + wait; }

/** A probe goes to the node, whatever its incarnation: the answer tells. */
function probe(c: Chain, index: u32): void {
  const m = change.to(c, index, Msg.probe);
  m.word = c.probeNonce;
  change.send(m);
}

/** Without a record (R17): asks every configured node of the chain, whatever it holds. */
export function askAll(c: Chain, wait: u64): void {
  if (c.probeNonce == 0) begin(c);
  for (let i: u32 = 0; i < <u32>chain.service(c).n; i++) if (chain.peer(c, i).answered == 0) probe(c, i);
  sent(c, wait);
}

/** Member i has answered the present probe in the incarnation that the view names. */
export function answered(c: Chain, i: u32): void {
  c.answered |= 1 << i;
  if (c.answered == (1 << c.n) - 1) verdict(c);
}

/** Goes on with a probing that is due. */
export function step(c: Chain): void {
  if (c.probeNonce == 0 || chain.judge < c.probeAt) return;
  if (c.probesSent < <u32>config.site().probes || lately(c)) probeMembers(c);
  else verdict(c);
}

/**
 * Who has not answered yet but was heard of a moment ago, by the measure of how long its own asks take, is on a slow or lossy way: it is probed on,
 * for at most two leases.
 */
function lately(c: Chain): bool {
  if (<u64>c.probesSent * interval() >= chain.lease << 1) return false;
  for (let i: u32 = 0; i < c.n; i++) {
    const p = chain.member(c, i);
    if ((c.answered >> i & 1) == 0 && chain.same(c, i) && chain.judge - p.heardAt < linkRest(c) + <u64>(p.slow * 1000)) return true;
  }
  return false;
}

function verdict(c: Chain): void {
  c.probeNonce = 0;
  const all: u32 = (1 << c.n) - 1, accused = c.accused != 0;
  c.accused = 0;
  if (c.answered == 0) {
    if (c.lossAt == 0) c.lossAt = chain.judge;
    return;
  }
  c.lossAt = 0;
  const healthy = c.answered == all;
  const link = healthy && linkStays(c) ? linkPosition(c) : 0;
  const bits = decide.remove(c.n, c.answered, link, accused || c.accusedAt != 0, accused && accusedBefore(c));
  if (bits != 0) { change.remove(c, bits, !healthy ? Reason.silent : bits == 1 ? Reason.accused : Reason.link); return; }
  // All answered: what was suspected is kept for a while.
  if (c.link != 0 && c.linkAt == 0) c.linkAt = chain.judge;
  if (accused && c.accusedAt == 0) c.accusedAt = chain.judge;
}

function linkPosition(c: Chain): u32 {
  const i = views.position(chain.view(c), c.link);
  return i > 0 ? <u32>i : 0;
}

/** The silence limit of a link: how long it is left to recover after all have answered, and what is lately. */
function linkRest(c: Chain): u64 { return <u64>(max<u32>(chain.service(c).silence, 20) * 1000); }

/** The link is reported ever since all answered, longer than it may be silent. */
function linkStays(c: Chain): bool { return c.link != 0 && c.linkAt != 0 && c.linkSeen >= c.linkAt + linkRest(c); }

/** The primary was accused before, although it answered: not just now, not long ago. */
function accusedBefore(c: Chain): bool { return c.accusedAt != 0 && chain.judge - c.accusedAt >= ACCUSE_REST; }

/** The member at `position` reports: suspicions are kept, and probing starts. Lag and wrong output need no probe. */
export function report(c: Chain, position: u32, suspicion: u32): void {
  const wrong = decide.wrong(c.n, position, suspicion);
  if (wrong != 0) { change.remove(c, wrong, Reason.diverged); return; }
  const said = believed(c, position, suspicion), slow = decide.laggard(c.n, position, said);
  if (slow != 0) { change.remove(c, slow, Reason.lag); return; }
  const far = decide.farther(c.n, position, said);
  if (far != 0) silentLink(c, views.node(chain.view(c), far));
  if ((said & decide.Suspect.primary) != 0) accuse(c);
  if (decide.farther(c.n, position, suspicion) != 0 || (suspicion & decide.Suspect.primary) != 0) start(c);
}

/** Neighbours and the primary are judged only once they are in the newest view: a new primary hears of it behind the fence, and talks to nobody before. */
function believed(c: Chain, position: u32, suspicion: u32): u32 {
  if (position == 0 || !change.knows(c, chain.member(c, 0))) suspicion &= ~(<u32>decide.Suspect.primary);
  if (position == 0 || !change.knows(c, chain.member(c, position - 1))) suspicion &= ~(<u32>(decide.Suspect.predecessor | decide.Suspect.predecessorLag));
  if (position + 1 >= c.n || !change.knows(c, chain.member(c, position + 1))) suspicion &= ~(<u32>(decide.Suspect.successor | decide.Suspect.lag));
  return suspicion;
}

/** One link at a time: another one waits until the first is no longer reported. */
function silentLink(c: Chain, far: u32): void {
  if (c.link == 0 || chain.judge - c.linkSeen > linkRest(c)) { c.link = far; c.linkAt = 0; }
  if (c.link == far) c.linkSeen = chain.judge;
}

function accuse(c: Chain): void {
  if (c.accusedAt != 0 && chain.judge - c.accusedAt > ACCUSE_AGAIN) c.accusedAt = 0;
  c.accused = 1;
}
