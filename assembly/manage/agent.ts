// The host server's agent: registers this node's replicas with the manager, keeps their leases, and steers them through views. The decisions
// are `membership`'s; here are the datagrams, the clock, and the replica.

import { IFACES, SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { Mode } from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import * as ring from "../core/ring";
import * as seq from "../core/seq";
import * as site from "../core/site";
import * as siphash from "../core/siphash";
import * as arp from "../net/arp";
import * as wire from "../wire/manage";
import { Message, Msg } from "../wire/manage";
import { Manage } from "./counters";
import * as membership from "./membership";
import { Action, Membership, State } from "./membership";
import * as outbox from "./outbox";
import * as replica from "./replica";

const TABLE: usize = memory.data(256 * SERVICES, 16);
const KEY: usize = memory.data(16, 16);
const QUEUED: usize = memory.data(4 * IFACES, 16); // per interface: frames queued when a replica left
let manager: u32 = 0;
// the last run: when, how long nothing was due then, what was known of the replicas; whether there has been a message since
let ranAt: u32 = 0, wait: u32 = 0, known: u32 = 0;
let stirred: bool = true;

// @ts-ignore: decorator
@inline export function at(svc: u32): Membership { return changetype<Membership>(TABLE + (<usize>svc << 8)); }

/** After the configuration was read and ft made its services. `entropy`: 16 bytes that differ between nodes and, where possible, boots. */
export function init(entropy: usize): void {
  siphash.derive(config.key(), siphash.Key.manage, 0, KEY);
  manager = config.manager();
  outbox.init();
  site.init();
  stirred = true;
  const lease = <u64>(config.site().lease * 1000);
  for (let s: u32 = 0; s < SERVICES; s++) {
    memory.fill(changetype<usize>(at(s)), 0, membership.MEMBERSHIP);
    if (manager == 0 || !carries(s)) continue;
    membership.init(at(s), s, config.id(), lease, load<u64>(entropy) ^ rotl<u64>(load<u64>(entropy, 8), 13) ^ clock.now);
  }
}

/** A service that this node carries and whose members the manager decides. */
function carries(s: u32): bool {
  if (!config.isService(s)) return false;
  const c = config.service(s), mode = <u32>c.mode;
  return (mode == Mode.ft || mode == Mode.nearest) && config.memberIndex(c, config.id()) >= 0;
}

/** A datagram to the manage port: n bytes at p from src. The buffer stays the caller's. */
export function input(p: usize, n: u32, src: u32, srcPort: u32): void {
  stirred = true;
  const c = wire.check(p, n, KEY);
  if (c != wire.Check.ok) { counters.add(c == wire.Check.forged ? Manage.forged : Manage.malformed); return; }
  const msg = changetype<Message>(p);
  if (!fromManager(msg, src)) { counters.add(Manage.misdirected); return; }
  const svc = <u32>msg.service;
  if (svc >= SERVICES || at(svc).state == State.off) { counters.add(Manage.unknownService); return; }
  const m = at(svc);
  if (msg.kind != Msg.probe && membership.fresh(m, msg, clock.now, KEY)) learnSite(msg);
  act(m, msg, membership.input(m, msg, clock.now, KEY));
}

function fromManager(msg: Message, src: u32): bool {
  return <u32>msg.receiver == config.id() && <u32>msg.sender == manager && <u32>msg.site == config.siteId()
    && src == config.node(manager).address && <u32>msg.kind >= <u32>Msg.hello;
}

/** A fresh answer carries the site's time; it was read after the ask that it quotes. */
function learnSite(msg: Message): void {
  if ((msg.flags & wire.Flag.siteKnown) == 0) return;
  const ago = <u32>(clock.now - msg.askTime) / 1000;
  site.learn(msg.siteMs, clock.ms - ago);
}

function act(m: Membership, msg: Message, action: Action): void {
  switch (action) {
    case Action.install: { install(m); break; }
    case Action.leave: { leave(m); break; }
    case Action.lease: { replica.lease(m.svc, m.until); break; }
    case Action.receive: { replica.awaitState(m.svc, m.incarnation, addressOf(msg.value)); break; }
    case Action.feed: { replica.feed(m.svc, msg.value, msg.word); break; }
    // A connection made meanwhile is not made to wait: the next ask tells of it, and the manager ends the attempt.
    case Action.stop: { if (replica.connections(m.svc) == 0) replica.stopOrdering(m.svc, msg.word); break; }
    case Action.orderOn: { replica.orderOn(m.svc, msg.word); break; }
    default: break;
  }
}

function addressOf(node: u32): u32 { return config.isNode(node) ? config.node(node).address : 0; }

function install(m: Membership): void {
  const r = replica.install(m.svc, membership.heard(m));
  if (r == 0) { replica.lease(m.svc, m.until); return; }
  say(m.svc, "view refused by the replica, error ", <u32>-r);
}

/**
 * R23. The word that it has left waits for the frames that were queued before, or for the end of the lease they were queued under. What waits for a
 * neighbour's ARP answer is not queued yet: it never leaves.
 */
function leave(m: Membership): void {
  replica.leave(m.svc);
  arp.silence();
  say(m.svc, "out of the chain since view ", membership.heard(m).number);
  for (let i: u32 = 0; i < config.ifaces; i++) store<u32>(QUEUED + (<usize>i << 2), ring.at(i).txQueued);
}

function sent(): bool {
  for (let i: u32 = 0; i < config.ifaces; i++) if (seq.lt(ring.at(i).txSent, load<u32>(QUEUED + (<usize>i << 2)))) return false;
  return true;
}

function say(svc: u32, what: string, value: u32): void {
  log.begin(log.Level.info);
  log.str("service "); log.num(svc); log.str(": "); log.str(what); log.num(value);
  log.end();
}

/** Once per poll, after the replicas ran: sends what is due. Microseconds until it wants to be called again. */
export function run(): u32 {
  const gone = clock.us - ranAt;
  if (!stirred && known == replica.notable && gone < wait) return wait == 0xffffffff ? wait : wait - gone;
  ranAt = clock.us;
  known = replica.notable;
  stirred = false;
  wait = 0xffffffff;
  for (let s: u32 = 0; s < SERVICES; s++) {
    const m = at(s);
    if (m.state == State.off) continue;
    step(m);
    if (m.state == State.leaving) { wait = min<u32>(wait, 1000); stirred = true; }
    else { const next = membership.dueAt(m); wait = min<u32>(wait, next > clock.now ? <u32>(next - clock.now) : 0); }
  }
  outbox.drain();
  return wait;
}

function step(m: Membership): void {
  if (m.state == State.leaving) {
    if (!sent() && clock.now < m.latest) return;
    membership.drained(m, clock.now);
  }
  if (m.state == State.member || m.state == State.joining) {
    const s = m.svc;
    membership.observe(m, replica.connections(s), replica.suspicion(s), m.state == State.joining ? replica.caughtUp(s) : 0, replica.stopped(s) ? 1 : 0, clock.now);
    membership.flood(m, replica.cookies(s), clock.now);
  }
  // What is due first may leave something due: an answer or the last word, then the ask.
  for (let i = 0; i < 3 && membership.due(m, clock.now); i++) tell(m);
}

function tell(m: Membership): void {
  const out = outbox.begin(membership.kindDue(m), m.svc, config.id(), manager);
  membership.fill(m, out, clock.now, KEY);
  if (out.kind == Msg.register) {
    const c = config.content();
    if (c != null) memory.copy(out.hash, changetype<usize>(c) + 12, wire.HASH);
  }
  outbox.add(out, KEY);
}
