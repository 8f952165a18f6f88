// Changes of views: making them, telling them to the members and to the redirector's table, the fence (CHAIN.md R17-R19, R23).

import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import { Flag, Message, Msg } from "../wire/manage";
import * as views from "../wire/view";
import { VIEW } from "../wire/view";
import * as chain from "./chain";
import { Chain, JoinPhase, Peer, Phase } from "./chain";
import { Manage } from "./counters";
import * as durable from "./durable";
import * as members from "./members";
import * as outbox from "./outbox";

/** Microseconds between repetitions of a view, until an ask shows that it was taken. */
const AGAIN: u64 = 10000;

/** Why a view was made; also the text of its log line. */
export const enum Reason { restart, silent, link, accused, lag, loss, join, handOver, diverged }

/** The chain's view has its new members: numbers it and makes it the newest, to be recorded. Ends what was under way. */
export function made(c: Chain, why: Reason): void {
  c.number++;
  c.change = durable.change();
  c.probeNonce = 0;
  c.accused = 0; c.accusedAt = 0; c.link = 0; c.linkAt = 0;
  c.lossAt = 0;
  c.seenAt = chain.judge;
  endJoin(c);
  c.over = 0;
  for (let i: u32 = 0; i < nodes(c); i++) chain.peer(c, i).sentAt = 0;
  counters.add(why == Reason.loss ? Manage.losses : Manage.viewsMade);
  say(c, why);
}

function nodes(c: Chain): u32 { return <u32>chain.service(c).n; }

/** Ends a join. Unless it led into this view, the newcomer's incarnation is not taken again. */
export function endJoin(c: Chain): void {
  if (c.joinPhase == JoinPhase.none) return;
  c.joinPhase = JoinPhase.none;
  c.joinAt = 0;
  const p = chain.peerOf(c, c.joinNode);
  if (views.find(chain.view(c), c.joinNode, c.joinInc) < 0 && p.incarnation == c.joinInc) { p.incarnation = 0; p.registered = 0; }
}

function say(c: Chain, why: Reason): void {
  log.begin(why == Reason.loss ? log.Level.warning : log.Level.info);
  log.str("service "); log.num(c.svc); log.str(": view "); log.num(c.number); log.str(", nodes");
  for (let i: u32 = 0; i < c.n; i++) { log.str(" "); log.num(views.node(chain.view(c), i)); }
  switch (why) {
    case Reason.restart: { log.str(": manager restarted"); break; }
    case Reason.silent: { log.str(": removed who did not answer"); break; }
    case Reason.link: { log.str(": removed the farther end of a silent link"); break; }
    case Reason.accused: { log.str(": removed the primary, which the clients' retransmissions accuse"); break; }
    case Reason.lag: { log.str(": removed a laggard"); break; }
    case Reason.loss: { log.str(": state lost, new chain without state"); break; }
    case Reason.diverged: { log.str(": removed whose output differs from the majority's"); break; }
    case Reason.join: { log.str(": joined as tail"); break; }
    default: { log.str(": hand-over"); break; }
  }
  log.end();
}

/** Removes the members of these bits, which are not all. */
export function remove(c: Chain, bits: u32, why: Reason): void {
  const v = chain.view(c);
  for (let i = <i32>v.n - 1; i >= 0; i--) {
    if ((bits >> i & 1) == 0) continue;
    log.begin(log.Level.info);
    log.str("service "); log.num(c.svc); log.str(": node "); log.num(views.node(v, <u32>i)); log.str(" leaves the chain");
    log.end();
    counters.add(Manage.removals);
    expel(c, chain.member(c, <u32>i), views.incarnation(v, <u32>i));
    views.remove(v, <u32>i);
  }
  made(c, why);
}

/** R23: a removed incarnation never comes back; it hears of its removal with the view. */
export function expel(c: Chain, p: Peer, incarnation: u64): void {
  p.outInc = incarnation;
  if (p.incarnation == incarnation) { p.incarnation = 0; p.registered = 0; }
}

/** The newest view may be told. */
export function tellable(c: Chain): bool { return c.n != 0 && written(c); }
/** ... also one without members, as the reason for being out. */
export function written(c: Chain): bool { return c.phase == Phase.running && durable.isWritten(c.change); }

/** A message of the manager to a configured node, quoting its last ask. */
export function to(c: Chain, index: u32, kind: u32): Message {
  const p = chain.peer(c, index), m = outbox.begin(kind, c.svc, chain.self, config.member(chain.service(c), index));
  m.senderInc = chain.incarnation;
  m.receiverInc = p.incarnation;
  m.askTime = p.askTime;
  m.askNonce = p.askNonce;
  m.number = c.number;
  return m;
}

export function send(m: Message): void { outbox.add(m, chain.KEY); }

/** Tells the newest view to every member that is not in it yet, the new primary once all others are fenced; and to the redirector's table. */
export function tell(c: Chain): void {
  if (!tellable(c)) return;
  publish(c);
  for (let i: u32 = 0; i < nodes(c); i++) tellOut(c, i);
  for (let i: u32 = 0; i < c.n; i++) {
    const node = views.node(chain.view(c), i), index = <u32>config.memberIndex(chain.service(c), node), p = chain.peer(c, index);
    if (!chain.same(c, i) || knows(c, p) || !chain.quotable(p)) continue;
    if (p.sentAt != 0 && chain.now - p.sentAt < AGAIN) continue;
    if (i == 0 && !chain.quiet(c, changetype<usize>(p))) continue;
    p.sentAt = chain.now;
    if (i == 0) promote(c, p);
    sendView(c, index, p);
  }
}

/** Its last ask came from within the newest view. */
export function knows(c: Chain, p: Peer): bool { return (p.flags & Flag.member) != 0 && p.view == c.number; }

/** R19: from now on this is the one that may speak. */
function promote(c: Chain, p: Peer): void {
  for (let k: u32 = 0; k < nodes(c); k++) chain.peer(c, k).told = 0;
  p.told = 1;
}

/** A view that quotes an ask is a grant too. */
function sendView(c: Chain, index: u32, p: Peer): void {
  p.until = chain.now + chain.fence;
  const m = to(c, index, Msg.view);
  memory.copy(changetype<usize>(m.view), changetype<usize>(chain.view(c)), VIEW);
  send(m);
}

/** Answers an ask from within the newest view. */
export function grant(c: Chain, index: u32): void {
  const p = chain.peer(c, index);
  p.until = chain.now + chain.fence;
  counters.add(Manage.grants);
  send(to(c, index, Msg.grant));
}

/** A removed member hears of it once; should that be lost, again as the answer to its next ask. */
function tellOut(c: Chain, index: u32): void {
  const p = chain.peer(c, index);
  if (p.outInc == 0) return;
  if (chain.quotable(p)) {
    const m = to(c, index, Msg.out);
    m.receiverInc = p.outInc;
    memory.copy(changetype<usize>(m.view), changetype<usize>(chain.view(c)), VIEW);
    send(m);
  }
  p.outInc = 0;
}

/** Tells the incarnation that asks that it is out, by the newest view, which may be one without members. */
export function out(c: Chain, index: u32, ask: Message): void {
  if (!written(c)) return;
  const m = to(c, index, Msg.out);
  m.receiverInc = ask.senderInc;
  m.askTime = ask.askTime;
  m.askNonce = ask.askNonce;
  memory.copy(changetype<usize>(m.view), changetype<usize>(chain.view(c)), VIEW);
  send(m);
}

/** Somebody still has to hear the newest view. */
export function untold(c: Chain): bool {
  if (c.phase != Phase.running || c.n == 0) return false;
  for (let i: u32 = 0; i < c.n; i++) {
    const p = chain.member(c, i);
    if (chain.same(c, i) && !knows(c, p) && chain.quotable(p)) return true;
  }
  return false;
}

/** The redirector copies to all members of the newest view, and during a join also to the newcomer. */
export function publish(c: Chain): void {
  const joiner = c.joinPhase != JoinPhase.none ? c.joinNode : 0;
  const key = c.number << 6 | joiner;
  if (c.announced == key) return;
  c.announced = key;
  members.begin(c.svc, c.number);
  for (let i: u32 = 0; i < c.n; i++) add(c, views.node(chain.view(c), i));
  if (joiner != 0) add(c, joiner);
}

function add(c: Chain, node: u32): void { members.add(c.svc, node, config.node(node).address); }

/** `nearest` and `plain`: whoever is alive, of those that are configured. bits: one per configured node. */
export function publishPool(c: Chain, bits: u32): void {
  if (c.pooled == bits && c.announced != 0) return;
  c.pooled = bits;
  c.announced = 1;
  members.begin(c.svc, 0);
  for (let i: u32 = 0; i < nodes(c); i++) if ((bits >> i & 1) != 0) add(c, config.member(chain.service(c), i));
}
