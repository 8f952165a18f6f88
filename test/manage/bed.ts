// The manager's record of one chain, set up by hand: service 0 of the nodes 2 to n + 1, of which some are in the view. What the manager says is
// taken out of the box message by message.

import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as log from "../../assembly/core/log";
import * as wire from "../../assembly/wire/manage";
import { Flag, Message } from "../../assembly/wire/manage";
import * as views from "../../assembly/wire/view";
import * as chain from "../../assembly/manage/chain";
import { Chain, Peer, Phase } from "../../assembly/manage/chain";
import { Manage } from "../../assembly/manage/counters";
import * as manager from "../../assembly/manage/manager";
import * as outbox from "../../assembly/manage/outbox";
import * as block from "../core/block";

export const LEASE: u64 = 300000, MARGIN: u64 = 20000;
/** The number of the view that `running` sets up. */
export const VIEW: u32 = 7;
const ENTROPY: usize = memory.data(16, 16);
const OUT: usize = memory.data(128, 16);
const IN: usize = memory.data(128, 16);

export function c(): Chain { return chain.at(0); }
export function inc(node: u32): u64 { return 0x500000000 + <u64>node; }
/** Of the configured node with this id. */
export function peer(node: u32): Peer { return chain.peerOf(c(), node); }

/** A manager that has just started, without storage, for `nodes` configured nodes. */
export function start(nodes: u32): void {
  clock.reset(1000000);
  expect(block.standard(1, nodes, nodes)).toBe(0);
  counters.clear();
  boot(-1);
}

/** ... with the configuration that was parsed; storage as `manager.recordLoaded` takes it. */
export function boot(storage: i32): void {
  expect(manager.init(ENTROPY)).toBe(0);
  manager.recordLoaded(IN, storage);
  while (log.oldest() != 0) log.drop();
}

/** A chain in view VIEW, whose members are the first n of `nodes` configured ones; all of them have just asked from within it. */
export function running(nodes: u32, n: u32): Chain {
  start(nodes);
  later(400000);
  const k = c();
  k.phase = Phase.running;
  views.clear(chain.view(k), VIEW);
  for (let id: u32 = 2; id < 2 + n; id++) { views.append(chain.view(k), id, inc(id)); member(id); }
  k.seenAt = chain.judge;
  return k;
}

/** The node has just asked, as the incarnation and from the view that the manager knows. */
export function member(id: u32): void {
  const p = peer(id);
  p.incarnation = inc(id);
  p.registered = 1;
  asked(id);
  p.flags = Flag.member;
  p.view = c().number;
}
/** The node has registered, in the incarnation inc(id), and is in no view. */
export function registered(id: u32): void {
  const p = peer(id);
  p.incarnation = inc(id);
  p.registered = 1;
  asked(id);
}
export function asked(id: u32): void {
  const p = peer(id);
  p.askTime++; p.askNonce = 0x9900 + <u64>id;
  p.askedAt = chain.now; p.heardAt = chain.judge;
}

/** Microseconds pass, for the manager too. */
export function later(us: u64): void {
  clock.set(clock.now + us);
  chain.setTime(chain.now + us, chain.judge + us);
}
/** ... while it was not polled: by its own clock alone. */
export function slept(us: u64): void {
  clock.set(clock.now + us);
  chain.setTime(chain.now + us, chain.judge);
}

// messages

/** Takes the manager's next message: its kind, 0 for none. It is in `msg`. */
export function next(): u32 {
  const m = outbox.oldest();
  if (m == null) return 0;
  memory.copy(OUT, changetype<usize>(m), 128);
  expect(wire.check(OUT, wire.lengthOf(m.kind), chain.KEY)).toBe(wire.Check.ok);
  outbox.drop();
  return <u32>msg().kind;
}
export function msg(): Message { return changetype<Message>(OUT); }
/** The next message is of this kind and to this node. */
export function expectMsg(kind: u32, node: u32): void {
  expect(next()).toBe(kind, "kind");
  expect(<u32>msg().receiver).toBe(node, "receiver");
}
export function expectNone(): void { expect(next()).toBe(0, "nothing is sent"); }
export function drain(): void { while (next()) {} }

/** A message of a node to the manager, quoting nothing yet. */
export function from(kind: u32, node: u32): Message {
  const m = wire.begin(IN, kind);
  m.sender = <u8>node; m.receiver = 1; m.site = 77;
  m.senderInc = inc(node);
  m.receiverInc = chain.incarnation;
  return m;
}

/** Nodes of the newest view as digits, first the primary: 2, 3 and 4 are 234. */
export function nodes(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < c().n; i++) n = n * 10 + views.node(chain.view(c()), i);
  return n;
}

/** Lines of the log that wait; they are dropped. */
export function lines(): u32 {
  let n: u32 = 0;
  for (; log.oldest() != 0; n++) log.drop();
  return n;
}
/** Messages refused so far. */
export function refusals(): u32 {
  let n: u32 = 0;
  for (let k: u32 = Manage.malformed; k <= <u32>Manage.wrongContent; k++) n += counters.get(k);
  return n;
}
