// A small site for tests: the manager, and the view protocol's state machine of up to eight nodes, whose messages travel at once or are
// lost, cut or kept for later by the test. After every step at most one node may speak (I5), and a view number has one membership.

import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as log from "../../assembly/core/log";
import * as site from "../../assembly/core/site";
import * as wire from "../../assembly/wire/manage";
import { Message, Msg } from "../../assembly/wire/manage";
import * as views from "../../assembly/wire/view";
import * as chain from "../../assembly/manage/chain";
import * as manager from "../../assembly/manage/manager";
import * as membership from "../../assembly/manage/membership";
import { Action, Membership, State } from "../../assembly/manage/membership";
import * as outbox from "../../assembly/manage/outbox";
import * as block from "../core/block";

const NODES: usize = memory.data(256 * 10, 16);
const ENTROPY: usize = memory.data(16, 16);
const DISK: usize = memory.data(512, 16);
const OUT: usize = memory.data(128, 16);
const KEPT: usize = memory.data(128, 16);
const MEMBERSHIPS: usize = memory.data(8 * 4096, 16);

/** Of each node: powered, heard by and hearing the manager, and what its replica tells. */
const UP: usize = memory.data(16, 16);
const CUT_OUT: usize = memory.data(16, 16);
const CUT_IN: usize = memory.data(16, 16);
const CONNECTIONS: usize = memory.data(16, 16);
const SUSPICION: usize = memory.data(16, 16);
const CAUGHT: usize = memory.data(16, 16);
const STOPPED: usize = memory.data(16, 16);
/** Frames that cannot leave yet: the word of a removed node waits. */
const STUCK: usize = memory.data(16, 16);
const PAUSED: usize = memory.data(16, 16);

let nodes: u32 = 0;
let diskLen: i32 = -1;
let managerUp: bool = false;
export let diskStuck: bool = false;
export let keepKind: u32 = 0, keepNode: u32 = 0, kept: bool = false;
let boots: u64 = 0;

export function at(id: u32): Membership { return changetype<Membership>(NODES + (<usize>id << 8)); }
export function up(id: u32): bool { return load<u8>(UP + id) != 0; }
export function cut(id: u32, on: bool): void { cutOut(id, on); cutIn(id, on); }
export function cutOut(id: u32, on: bool): void { store<u8>(CUT_OUT + id, on ? 1 : 0); }
export function cutIn(id: u32, on: bool): void { store<u8>(CUT_IN + id, on ? 1 : 0); }
export function connections(id: u32, n: u32): void { store<u8>(CONNECTIONS + id, <u8>n); }
export function suspect(id: u32, bits: u32): void { store<u8>(SUSPICION + id, <u8>bits); }
export function stick(id: u32, on: bool): void { store<u8>(STUCK + id, on ? 1 : 0); }
/** Hears, but does not get to answer. */
export function pause(id: u32, on: bool): void { store<u8>(PAUSED + id, on ? 1 : 0); }
export function stickDisk(on: bool): void { diskStuck = on; }
/** Keeps the next message of a kind to or from a node instead of delivering it; 0: none. */
export function keep(kind: u32, node: u32): void { keepKind = kind; keepNode = node; kept = false; }

/** Redirector 1, hosts 2 to n + 1, all members of service 0. storage: -1 none, 0 empty. */
export function start(n: u32, storage: i32): void {
  clock.reset(1000000);
  block.standard(1, n, n);
  counters.clear();
  nodes = n;
  diskLen = storage;
  diskStuck = false; kept = false; keepKind = 0;
  memory.fill(NODES, 0, 256 * 10);
  memory.fill(UP, 0, 16); memory.fill(CUT_OUT, 0, 16); memory.fill(CUT_IN, 0, 16); memory.fill(CONNECTIONS, 0, 16); memory.fill(SUSPICION, 0, 16);
  memory.fill(CAUGHT, 0, 16); memory.fill(STOPPED, 0, 16); memory.fill(STUCK, 0, 16); memory.fill(PAUSED, 0, 16);
  memory.fill(MEMBERSHIPS, 0, 8 * 4096);
  boot();
  for (let id: u32 = 2; id < 2 + n; id++) reboot(id);
}

/** A manager starts, with what is on the disk. */
export function boot(): void {
  managerUp = true;
  store<u64>(ENTROPY, boots);
  manager.init(ENTROPY);
  manager.recordLoaded(DISK, diskLen);
}
export function managerDown(): void { managerUp = false; }
export function loseDisk(): void { diskLen = diskLen < 0 ? -1 : 0; }

export function kill(id: u32): void { store<u8>(UP + id, 0); }
export function reboot(id: u32): void {
  store<u8>(UP + id, 1); store<u8>(CAUGHT + id, 0); store<u8>(STOPPED + id, 0); store<u8>(SUSPICION + id, 0); store<u8>(CONNECTIONS + id, 0);
  membership.init(at(id), 0, id, chain.lease, ++boots);
}

/** Time passes for everybody, in steps of a millisecond. */
export function run(ms: u32): void { for (let i: u32 = 0; i < ms; i++) { clock.set(clock.now + 1000); step(); } }
/** ... until the chain is of n members that all know its view, all the candidates joined; milliseconds taken, at most limit. */
export function settle(n: u32, limit: u32): u32 {
  let t: u32 = 0;
  while (t < limit && !settled(n)) { run(1); t++; }
  return t;
}
export function settled(n: u32): bool {
  const v = chain.view(chain.at(0));
  if (v.n != n || !managerUp) return false;
  for (let i: u32 = 0; i < n; i++) {
    const m = at(views.node(v, i));
    if (!up(m.node) || m.state != State.member || m.viewNumber != v.number) return false;
  }
  return speaker() == views.node(v, 0);
}
/** One poll of everybody at the present time. */
export function step(): void {
  for (let id: u32 = 2; id < 2 + nodes; id++) if (up(id) && load<u8>(PAUSED + id) == 0) nodeStep(id);
  if (managerUp) {
    const n = manager.recordPending();
    if (n != 0 && !diskStuck) { memory.copy(DISK, manager.recordAddress(), n); diskLen = <i32>n; manager.recordDone(true); }
    else if (n != 0) manager.recordDone(false);
    manager.work();
    deliver();
  }
  check();
}

function nodeStep(id: u32): void {
  const m = at(id);
  if (m.state == State.leaving && (load<u8>(STUCK + id) == 0 || clock.now >= m.latest)) membership.drained(m, clock.now);
  if (m.state == State.member || m.state == State.joining) {
    const caught: u32 = m.state == State.joining ? load<u8>(CAUGHT + id) : 0;
    membership.observe(m, load<u8>(CONNECTIONS + id), load<u8>(SUSPICION + id), caught, load<u8>(STOPPED + id), clock.now);
  }
  for (let i = 0; i < 3 && membership.due(m, clock.now); i++) say(id);
}

function say(id: u32): void {
  const m = at(id), out = wire.begin(OUT, membership.kindDue(m));
  out.sender = <u8>id; out.receiver = 1; out.site = 77;
  membership.fill(m, out, clock.now, chain.KEY);
  const n = wire.seal(out, chain.KEY);
  if (keepKind == out.kind && keepNode == id && !kept) { memory.copy(KEPT, OUT, 128); kept = true; return; }
  if (load<u8>(CUT_OUT + id) != 0 || !managerUp) return;
  manager.input(OUT, n, 0x0a000000 + id, 7001);
}

/** Everything that the manager has to send. */
export function deliver(): void {
  for (;;) {
    const msg = outbox.oldest();
    if (msg == null) return;
    const id = <u32>msg.receiver;
    if (keepKind == msg.kind && keepNode == id && !kept) { memory.copy(KEPT, changetype<usize>(msg), 128); kept = true; }
    else if (up(id) && load<u8>(CUT_IN + id) == 0) hear(id, msg);
    outbox.drop();
  }
}

function hear(id: u32, msg: Message): void {
  const m = at(id);
  switch (membership.input(m, msg, clock.now, chain.KEY)) {
    case Action.install: { store<u8>(STOPPED + id, 0); store<u8>(CAUGHT + id, 0); store<u8>(SUSPICION + id, 0); break; }
    case Action.leave: { store<u8>(STOPPED + id, 0); store<u8>(CAUGHT + id, 0); store<u8>(CONNECTIONS + id, 0); store<u8>(SUSPICION + id, 0); break; }
    case Action.receive: { store<u8>(CAUGHT + id, 1); break; }
    case Action.stop: { if (load<u8>(CONNECTIONS + id) == 0) { store<u8>(STOPPED + id, 1); if (up(lastFed)) store<u8>(CAUGHT + lastFed, 2); } break; }
    case Action.feed: { lastFed = msg.value; break; }
    case Action.orderOn: { store<u8>(STOPPED + id, 0); break; }
    default: break;
  }
}
let lastFed: u32 = 0;
export function isStopped(id: u32): bool { return load<u8>(STOPPED + id) != 0; }

/** Delivers the message that was kept, to a node or, of a node, to the manager. */
export function release(): void {
  const msg = changetype<Message>(KEPT);
  if (<u32>msg.kind < <u32>Msg.hello) manager.input(KEPT, wire.lengthOf(msg.kind), 0x0a000000 + msg.sender, 7001);
  else hear(msg.receiver, msg);
}
export function keptMessage(): Message { return changetype<Message>(KEPT); }

/** The node that may speak to clients now, or 0. */
export function speaker(): u32 {
  let s: u32 = 0;
  for (let id: u32 = 2; id < 2 + nodes; id++) if (speaks(id)) s = id;
  return s;
}
function speaks(id: u32): bool {
  const m = at(id);
  return up(id) && m.state == State.member && m.until > clock.now && views.node(membership.heard(m), 0) == id;
}

function check(): void {
  let n = 0;
  for (let id: u32 = 2; id < 2 + nodes; id++) {
    if (speaks(id)) n++;
    const m = at(id);
    if (up(id) && m.state == State.member) unique(membership.heard(m).number, m);
  }
  assert(n <= 1, "I5: two speakers");
  while (log.oldest() != 0) log.drop();
}

export function forgetViews(): void { memory.fill(MEMBERSHIPS, 0, 8 * 4096); }

/** One membership per number. */
function unique(number: u32, m: Membership): void {
  assert(number < 4096 / 8);
  let h: u64 = 1;
  const v = changetype<usize>(membership.heard(m));
  for (let i: u32 = 0; i < 56; i += 4) h = (h ^ load<u32>(v + i)) * 0x100000001b3;
  const p = MEMBERSHIPS + (number << 3);
  assert(load<u64>(p) == 0 || load<u64>(p) == h, "R17: two memberships of one number");
  store<u64>(p, h);
}

export function number(): u32 { return chain.view(chain.at(0)).number; }
export function size(): u32 { return chain.view(chain.at(0)).n; }
export function nodeAt(i: u32): u32 { return views.node(chain.view(chain.at(0)), i); }
export function us(): u64 { return clock.now; }
export function siteKnown(): bool { return site.isKnown(); }
