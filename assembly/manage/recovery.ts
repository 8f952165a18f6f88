// How a chain gets its first view after the manager's start, and after the loss of all members (CHAIN.md R17, R26a).

import * as config from "../core/config";
import * as log from "../core/log";
import * as seq from "../core/seq";
import { Flag, Message } from "../wire/manage";
import * as views from "../wire/view";
import { View, VIEW } from "../wire/view";
import * as chain from "./chain";
import { Chain, Phase } from "./chain";
import * as change from "./change";
import { Reason } from "./change";
import * as probing from "./probing";

const DRAFT: usize = memory.data(56, 16);
/** Microseconds between two rounds of questions to every node. */
const ROUND: u64 = 20000;

/** The wait after the start is over. */
export function held(c: Chain): void {
  c.seenAt = chain.judge;
  if (c.recorded != 0) { c.phase = Phase.running; change.made(c, Reason.restart); return; }
  c.phase = Phase.asking;
  c.lossAt = chain.judge;
  probing.askAll(c, ROUND);
}

/** Phase asking: an answer to the present question, from whatever incarnation. */
export function answer(c: Chain, index: u32, msg: Message): void {
  const p = chain.peer(c, index), v = msg.view;
  if (p.registered != 0 && msg.senderInc != p.incarnation) return;
  p.answered = 1;
  p.incarnation = msg.senderInc;
  p.flags = msg.flags;
  p.heardNumber = v.number;
  views.copy(chain.heard(p), v);
  for (let i: u32 = 0; i < <u32>chain.service(c).n; i++) if (chain.peer(c, i).answered == 0) return;
  goOn(c);
}

/** Phase asking goes on, or gives up on those who do not answer. */
export function askStep(c: Chain): void {
  if (chain.judge - c.lossAt >= lossTimeout()) { afresh(c, "not every node has answered"); return; }
  if (chain.judge >= c.probeAt) probing.askAll(c, ROUND);
}

function lossTimeout(): u64 { return <u64>(config.site().lossTimeout * 1000); }

/** Every node has answered: above the highest view that anyone has heard of, with its members that still hold state. */
function goOn(c: Chain): void {
  const newest = chain.peer(c, highest(c)), v = chain.heard(newest), draft = changetype<View>(DRAFT);
  views.clear(draft, v.number);
  for (let i: u32 = 0; i < <u32>chain.service(c).n; i++) if (chain.peer(c, i).heardNumber == 0) { afresh(c, "a node has started anew"); return; }
  if (!views.valid(v)) { afresh(c, "nobody knows the newest view"); return; }
  for (let i: u32 = 0; i < v.n; i++) if (holds(c, v, i)) views.append(draft, views.node(v, i), views.incarnation(v, i));
  if (draft.n == 0) { afresh(c, "nobody holds its state"); return; }
  memory.copy(changetype<usize>(chain.view(c)), DRAFT, VIEW);
  c.phase = Phase.running;
  change.made(c, Reason.restart);
}

function highest(c: Chain): u32 {
  let best: u32 = 0;
  for (let i: u32 = 1; i < <u32>chain.service(c).n; i++) if (seq.gt(chain.peer(c, i).heardNumber, chain.peer(c, best).heardNumber)) best = i;
  return best;
}

function holds(c: Chain, v: View, i: u32): bool {
  const index = config.memberIndex(chain.service(c), views.node(v, i));
  if (index < 0) return false;
  const p = chain.peer(c, <u32>index);
  return (p.flags & Flag.member) != 0 && p.incarnation == views.incarnation(v, i);
}

/** State may be lost: a chain without members, above whatever was heard of, that waits for registrations. */
function afresh(c: Chain, why: string): void {
  views.clear(chain.view(c), chain.peer(c, highest(c)).heardNumber);
  c.phase = Phase.running;
  c.probeNonce = 0;
  // Those who are there have had a lease's time to register by then.
  const wait = lossTimeout() > chain.lease ? lossTimeout() - chain.lease : 0;
  c.lossAt = chain.judge > wait ? chain.judge - wait : 1;
  log.begin(log.Level.info);
  log.str("service "); log.num(c.svc); log.str(": no record of views, begins afresh: "); log.str(why);
  log.end();
}

/** R26a: nobody is left, or nobody ever was. */
export function renew(c: Chain): void {
  if (c.lossAt == 0 || (chain.judge - c.lossAt < lossTimeout() && !anew(c)) || !chain.quiet(c, 0)) return;
  const s = chain.service(c), draft = changetype<View>(DRAFT);
  views.clear(draft, c.number);
  for (let i: u32 = 0; i < <u32>s.n; i++) {
    const p = chain.peer(c, i);
    if (p.registered != 0 && chain.alive(p) && chain.position(c, i) < 0) views.append(draft, config.member(s, i), p.incarnation);
  }
  if (draft.n == 0) return;
  for (let i: u32 = 0; i < c.n; i++) if (chain.same(c, i)) change.expel(c, chain.member(c, i), views.incarnation(chain.view(c), i));
  memory.copy(changetype<usize>(chain.view(c)), DRAFT, VIEW);
  change.made(c, Reason.loss);
}

/** All members (of a chain that has none yet: all configured nodes) have registered in another incarnation. */
function anew(c: Chain): bool {
  const s = chain.service(c);
  for (let i: u32 = 0; i < <u32>s.n; i++) {
    const p = chain.peer(c, i);
    if (c.n != 0 && views.position(chain.view(c), config.member(s, i)) < 0) continue;
    if (p.registered == 0 || !chain.alive(p) || chain.position(c, i) >= 0) return false;
  }
  return true;
}

/** Somebody has heard of a view above ours: it is of a manager whose record was lost. Ours goes above it. */
export function outnumbered(c: Chain, number: u32): void {
  if (seq.le(number, c.number)) return;
  c.number = number;
  if (c.n != 0) change.made(c, Reason.restart);
}
