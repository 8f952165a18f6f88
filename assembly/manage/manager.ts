// The view manager, on the redirector (CHAIN.md R13, R17-R19, R23-R28; docs/protocol-views.md): what comes in, and what is due. The node
// calls `init`, `recordLoaded`, `input`, `run`, and writes the record when `recordPending` says so.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { Mode } from "../core/config";
import * as counters from "../core/counters";
import { Err } from "../core/err";
import * as log from "../core/log";
import * as site from "../core/site";
import * as wire from "../wire/manage";
import { Flag, Message, Msg } from "../wire/manage";
import * as views from "../wire/view";
import * as chain from "./chain";
import { Chain, JoinPhase, Phase } from "./chain";
import * as change from "./change";
import { Reason } from "./change";
import { Manage } from "./counters";
import * as durable from "./durable";
import * as joining from "./joining";
import * as members from "./members";
import * as outbox from "./outbox";
import * as probing from "./probing";
import * as record from "./record";
import * as recovery from "./recovery";
import * as registration from "./registration";

/** Microseconds: the manager looks at everything at least this often, and while something is to be repeated. */
const IDLE: u32 = 25000;
const BUSY: u32 = 2000;

/** Later than this: nothing of the gap counts, since those who were to be judged in it may have waited for us. */
const NAP: u32 = 20000;

let startedAt: u64 = 0, lastAt: u64 = 0, slept: u64 = 0, wanted: u32 = 0;
let entropyAt: usize = 0;
let stirred: bool = true; // something has happened since the last `work`

/** After the configuration was read. `entropy`: address of 16 bytes, kept. 0, or Err.tooMany where the record cannot hold all chains. */
export function init(entropy: usize): i32 {
  entropyAt = entropy;
  chain.init();
  durable.init();
  outbox.init();
  members.init();
  registration.init();
  site.init();
  stirred = true;
  startedAt = clock.now; lastAt = clock.now; slept = 0; wanted = IDLE;
  chain.setTime(clock.now, clock.now + 1);
  for (let s: u32 = 0; s < SERVICES; s++) if (config.isService(s)) begin(s);
  if (durable.fits()) return 0;
  log.begin(log.Level.error); log.str("the chains of the site do not fit the record of views"); log.end();
  return Err.tooMany;
}

function begin(s: u32): void {
  const c = chain.at(s), mode = <u32>config.service(s).mode;
  c.svc = s;
  if (mode == Mode.ft) c.phase = Phase.hold;
  else if (mode == Mode.nearest) c.phase = Phase.pool;
  // Until a view is known, whoever may be a member gets the packets: the others ignore them.
  if (mode != Mode.route) change.publishPool(c, (1 << <u32>config.service(s).n) - 1);
}

/** What the host's storage held at the start: n bytes at p; 0: nothing yet; -1: this node has no storage. Once, after `init`. */
export function recordLoaded(p: usize, n: i32): void {
  stirred = true;
  const slot = durable.load(p, n);
  chain.name(durable.life(), entropyAt, config.mac(0));
  if (!slot) {
    log.begin(log.Level.warning);
    log.str(n < 0 ? "no storage for the record of views" : n == 0 ? "no record of views yet" : "the record of views is damaged or of another site: as if there were none");
    log.end();
    return;
  }
  for (let s: u32 = 0; s < SERVICES; s++) if (chain.at(s).phase == Phase.hold) adopt(chain.at(s), slot);
}

/** Takes a chain's newest view out of the record, where its members are still those of the configuration. */
function adopt(c: Chain, slot: usize): void {
  const v = chain.view(c);
  if (!record.find(slot, c.svc, v) || !configured(c)) { views.clear(v, 0); return; }
  c.recorded = 1;
  for (let i: u32 = 0; i < c.n; i++) chain.member(c, i).incarnation = views.incarnation(v, i);
  change.publish(c);
}

function configured(c: Chain): bool {
  for (let i: u32 = 0; i < c.n; i++) if (config.memberIndex(chain.service(c), views.node(chain.view(c), i)) < 0) return false;
  return true;
}

/** Length of a record that the host is to write now, from `recordAddress()`; else 0. It is answered by `recordDone`. */
export function recordPending(): u32 { return durable.pending(); }
export function recordAddress(): usize { return durable.address(); }
export function recordDone(ok: bool): void { stirred = true; durable.done(ok); }

// ---- messages

/** A datagram to the manage port: n bytes at p from src. The buffer stays the caller's. */
export function input(p: usize, n: u32, src: u32, srcPort: u32): void {
  stirred = true;
  tick(false);
  const ok = wire.check(p, n, chain.KEY);
  if (ok != wire.Check.ok) { counters.add(ok == wire.Check.forged ? Manage.forged : Manage.malformed); return; }
  const msg = changetype<Message>(p);
  if (!toUs(msg, src)) { counters.add(Manage.misdirected); return; }
  const svc = <u32>msg.service;
  if (svc >= SERVICES || (chain.at(svc).phase == Phase.off)) { counters.add(Manage.unknownService); return; }
  const index = config.memberIndex(config.service(svc), msg.sender);
  if (index < 0) { counters.add(Manage.unknownService); return; }
  if (!durable.started()) { counters.add(Manage.notReady); return; }
  const c = chain.at(svc);
  if (msg.kind == Msg.register) register(c, <u32>index, msg);
  else ask(c, <u32>index, msg);
}

function toUs(msg: Message, src: u32): bool {
  return <u32>msg.receiver == chain.self && <u32>msg.site == config.siteId() && <u32>msg.kind < <u32>Msg.hello
    && config.isNode(msg.sender) && config.node(msg.sender).address == src;
}

function register(c: Chain, index: u32, msg: Message): void {
  const node = <u32>msg.sender, isMember = c.phase == Phase.running && views.position(chain.view(c), node) >= 0;
  if (registration.input(c, index, msg)) {
    if (c.joinPhase != JoinPhase.none && c.joinNode == node) joining.abandon(c);
    if (c.phase == Phase.running) recovery.outnumbered(c, msg.number);
  }
  if (isMember) probing.start(c);
}

function ask(c: Chain, index: u32, msg: Message): void {
  if (msg.receiverInc != chain.incarnation) { hello(c, index, msg); return; }
  const p = chain.peer(c, index);
  if (c.phase == Phase.asking && msg.kind == Msg.answer && msg.word == c.probeNonce) {
    quote(c, index, msg);
    recovery.answer(c, index, msg);
    return;
  }
  if ((msg.flags & Flag.left) != 0) { left(c, index, msg); return; }
  if (c.phase == Phase.pool) p.incarnation = msg.senderInc;
  if (msg.senderInc == 0 || msg.senderInc != p.incarnation) { stranger(c, index, msg); return; }
  if (p.askedAt != 0 && msg.askTime <= p.askTime) { counters.add(Manage.replayed); return; }
  quote(c, index, msg);
  if (c.phase != Phase.running) return;
  recovery.outnumbered(c, msg.number);
  if (msg.kind == Msg.answer) answer(c, index, msg);
  const i = chain.position(c, index);
  if (i >= 0) member(c, index, <u32>i, msg);
  else if (p.registered == 0) change.out(c, index, msg);
}

/** R18: every later message to this node quotes this ask. */
function quote(c: Chain, index: u32, msg: Message): void {
  const p = chain.peer(c, index);
  p.askTime = msg.askTime; p.askNonce = msg.askNonce; p.askedAt = chain.now; p.heardAt = chain.judge;
  p.flags = msg.flags;
  p.view = (msg.flags & Flag.member) != 0 ? msg.number : 0;
  p.connections = wire.connections(msg.value);
  p.slow = wire.slow(msg.value);
  p.progress = msg.progress;
  if (msg.kind == Msg.ask) p.over = msg.word;
  if ((msg.flags & Flag.siteKnown) != 0) site.hear(msg.siteMs);
}

/** Meant for a manager from before a restart: learns of this one. */
function hello(c: Chain, index: u32, msg: Message): void {
  counters.add(Manage.otherManager);
  const m = change.to(c, index, Msg.hello);
  m.receiverInc = msg.senderInc;
  m.askTime = msg.askTime; m.askNonce = msg.askNonce;
  change.send(m);
}

/** R19, R23: the word of a node that dropped its state for the newest view; an older word does not count. */
function left(c: Chain, index: u32, msg: Message): void {
  const p = chain.peer(c, index);
  if (c.phase != Phase.running || msg.number != c.number || views.position(chain.view(c), msg.sender) >= 0) { counters.add(Manage.unexpected); return; }
  p.told = 0;
  if (p.incarnation == msg.senderInc) { p.incarnation = 0; p.registered = 0; }
}

/** R23a: another incarnation than the one that counts. It is out; a member of that node is probed. */
function stranger(c: Chain, index: u32, msg: Message): void {
  counters.add(Manage.otherIncarnation);
  if (c.phase != Phase.running) return;
  recovery.outnumbered(c, msg.number);
  if (msg.senderInc != 0) change.out(c, index, msg);
  if (views.position(chain.view(c), msg.sender) >= 0 && msg.kind != Msg.answer) probing.start(c);
}

/** An answer counts only for the present probe. */
function answer(c: Chain, index: u32, msg: Message): void {
  if (c.probeNonce == 0 || msg.word != c.probeNonce) { counters.add(Manage.unexpected); return; }
  const i = chain.position(c, index);
  if (i >= 0) probing.answered(c, <u32>i);
}

/** An ask of member i of the newest view. Only one that is in it is granted, and believed. */
function member(c: Chain, index: u32, i: u32, msg: Message): void {
  const p = chain.peer(c, index);
  if (!change.knows(c, p)) { change.tell(c); return; }
  if (i != 0) p.told = 0;
  else members.setCookie(c.svc, (msg.flags & Flag.cookies) != 0);
  change.grant(c, index);
  if (i == c.n - 1) joining.tellOver(c, p);
  if (msg.suspicion != 0) probing.report(c, i, msg.suspicion);
}

// ---- time

/** R25: what this node slept beyond its own wish stands still on the clock by which others are judged. */
function tick(polled: bool): void {
  const gap = clock.now - lastAt;
  if (gap > <u64>(wanted + NAP)) slept += gap;
  else if (gap > <u64>wanted) slept += gap - wanted;
  lastAt = clock.now;
  wanted = polled || gap > <u64>wanted ? IDLE : wanted - <u32>gap;
  chain.setTime(clock.now, clock.now - slept + 1);
}

/** Once per poll, after the datagrams: decides what is due and sends. Microseconds until it wants to be called again. */
export function run(): u32 {
  const gone = clock.us - <u32>lastAt;
  if (!stirred && gone < wanted) return wanted - gone;
  const wait = work();
  outbox.drain();
  return wait;
}

/** `run` without sending: the messages stay in `outbox`. */
export function work(): u32 {
  stirred = false;
  tick(true);
  let busy = false;
  for (let s: u32 = 0; s < SERVICES; s++) if (chain.at(s).phase != Phase.off) busy = step(chain.at(s)) || busy;
  wanted = busy ? BUSY : IDLE;
  return wanted;
}

/** One chain; true while something is under way that has to be looked at soon. */
function step(c: Chain): bool {
  switch (c.phase) {
    case Phase.pool: { pool(c); return false; }
    case Phase.hold: {
      if (!durable.started() || clock.now - startedAt < chain.fence) return true;
      if (!site.isKnown()) site.set(0);
      recovery.held(c);
      return true;
    }
    case Phase.asking: { recovery.askStep(c); return true; }
    default: return chainStep(c);
  }
}

function chainStep(c: Chain): bool {
  watch(c);
  probing.step(c);
  recovery.renew(c);
  joining.step(c);
  change.tell(c);
  return c.probeNonce != 0 || c.joinPhase != JoinPhase.none || !durable.isWritten(c.change) || change.untold(c);
}

/** A member that has not asked for a lease, or is another incarnation, makes the manager probe; so does a loss, again and again. */
function watch(c: Chain): void {
  if (c.probeNonce != 0 || chain.judge < c.probeAt + <u64>(config.site().lease * 333)) return;
  for (let i: u32 = 0; i < c.n; i++) {
    const p = chain.member(c, i), since = max(p.heardAt, c.seenAt);
    if (c.lossAt != 0 || !chain.same(c, i) || chain.judge - since > chain.lease) { probing.start(c); return; }
  }
}

/** `nearest`: whoever has asked within a lease. */
function pool(c: Chain): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < <u32>chain.service(c).n; i++) if (chain.alive(chain.peer(c, i))) bits |= 1 << i;
  if (clock.now - startedAt > chain.fence) change.publishPool(c, bits);
}

// ---- commands

/** R28: the primary leaves, and joins again as the tail once it has registered. 0, Err.notFound or Err.state. */
export function handOver(svc: u32): i32 {
  if (svc >= SERVICES || chain.at(svc).phase == Phase.off) return Err.notFound;
  const c = chain.at(svc);
  if (!change.tellable(c) || c.n < 2 || c.probeNonce != 0) return Err.state;
  change.remove(c, 1, Reason.handOver);
  stirred = true;
  return 0;
}
