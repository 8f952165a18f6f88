// A registered node joins as the tail (CHAIN.md R27): fed by the old tail, then the old tail stops ordering, and once the newcomer has
// everything it is in the next view. An attempt is named by the newcomer's incarnation.

import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import { Msg } from "../wire/manage";
import * as views from "../wire/view";
import * as chain from "./chain";
import { Chain, JoinPhase, Peer } from "./chain";
import * as change from "./change";
import { Manage } from "./counters";

/** Connections of the service at its tail, at most, for a join to begin. */
const BUSY: u32 = 0;
/** Microseconds: repetition of a join's messages; without progress an attempt ends; rest between two attempts. */
const AGAIN: u64 = 10000;
const PATIENCE: u64 = 2000000;
const REST: u64 = 500000;

/** Starts a join where one is possible, or goes on with the present one. */
export function step(c: Chain): void {
  if (!change.tellable(c)) return;
  if (c.joinPhase == JoinPhase.none) { begin(c); return; }
  const p = chain.peerOf(c, c.joinNode);
  if (p.incarnation != c.joinInc || !chain.alive(p) || chain.judge - c.joinAt > PATIENCE || busy(c)) { abandon(c); return; }
  if (c.joinPhase == JoinPhase.feeding && p.progress >= 1) { c.joinPhase = JoinPhase.stopping; c.joinAt = chain.judge; p.sentAt = 0; tail(c).sentAt = 0; }
  if (c.joinPhase == JoinPhase.stopping && p.progress >= 2) { finish(c); return; }
  tell(c, p);
}

function begin(c: Chain): void {
  if (c.n >= views.MEMBERS || c.probeNonce != 0 || c.lossAt != 0 || change.untold(c) || !settled(c) || busy(c)) return;
  if (c.joinAt != 0 && chain.judge - c.joinAt < REST) return;
  const s = chain.service(c);
  for (let i: u32 = 0; i < <u32>s.n; i++) {
    const p = chain.peer(c, i), node = config.member(s, i);
    if (p.registered == 0 || !chain.alive(p) || views.position(chain.view(c), node) >= 0) continue;
    c.joinPhase = JoinPhase.feeding;
    c.joinNode = node;
    c.joinInc = p.incarnation;
    c.joinAt = chain.judge;
    p.sentAt = 0; p.progress = 0; tail(c).sentAt = 0;
    change.publish(c);
    say(c, "begins to join");
    return;
  }
}

/** All members have taken the newest view, and the tail tells of this view. */
function settled(c: Chain): bool {
  for (let i: u32 = 0; i < c.n; i++) if (!chain.same(c, i) || !change.knows(c, chain.member(c, i))) return false;
  return true;
}

function tail(c: Chain): Peer { return chain.member(c, c.n - 1); }
function busy(c: Chain): bool { return tail(c).connections > BUSY; }

function tell(c: Chain, p: Peer): void {
  const old = tail(c);
  if (c.joinPhase == JoinPhase.feeding && again(p)) send(c, c.joinNode, Msg.receive, tailNode(c), c.joinInc);
  if (!again(old)) return;
  // The feed is repeated with the stop: it may have been lost.
  send(c, tailNode(c), Msg.feed, c.joinNode, c.joinInc);
  if (c.joinPhase == JoinPhase.stopping) send(c, tailNode(c), Msg.stop, c.joinNode, c.joinInc);
}

function tailNode(c: Chain): u32 { return views.node(chain.view(c), c.n - 1); }

function again(p: Peer): bool {
  if (!chain.quotable(p) || (p.sentAt != 0 && chain.now - p.sentAt < AGAIN)) return false;
  p.sentAt = chain.now;
  return true;
}

function send(c: Chain, node: u32, kind: u32, other: u32, attempt: u64): void {
  const m = change.to(c, <u32>config.memberIndex(chain.service(c), node), kind);
  m.value = other;
  m.word = attempt;
  change.send(m);
}

/** "Caught up" is accepted: from here on nobody is told that the attempt is over. */
function finish(c: Chain): void {
  counters.add(Manage.joins);
  views.append(chain.view(c), c.joinNode, c.joinInc);
  change.made(c, change.Reason.join);
}

/** The attempt is over in the present view: the old tail is told so, the newcomer that it is out. */
export function abandon(c: Chain): void {
  if (c.joinPhase == JoinPhase.none) return;
  say(c, "does not get on with joining");
  c.over = max(c.over, c.joinInc);
  change.endJoin(c);
  c.joinAt = chain.judge;
  change.publish(c);
}

/** To the old tail, which asks: attempts are over that it does not know of. */
export function tellOver(c: Chain, p: Peer): void {
  if (c.over != 0 && p.over < c.over) send(c, tailNode(c), Msg.orderOn, 0, c.over);
}

function say(c: Chain, what: string): void {
  log.begin(log.Level.info);
  log.str("service "); log.num(c.svc); log.str(": node "); log.num(c.joinNode); log.str(" "); log.str(what);
  log.end();
}
