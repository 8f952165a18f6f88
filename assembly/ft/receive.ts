// The acknowledgement channel, receiving: who may say what, and what each section does.

import { EVENTS } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import * as seq from "../core/seq";
import * as siphash from "../core/siphash";
import * as tcp from "../tcp/tcp";
import { Syn } from "../tcp/conn";
import * as views from "../wire/view";
import { Chain, CHAIN, TAG, ChainFlag, Magic, Section, SECTION, Counter, COUNTER, CounterFlag, Hearsay, HEARSAY, Pull, PULL, Bytes, BYTES } from "../wire/chain";
import { Ft } from "./counters";
import * as doubt from "./doubt";
import * as event from "./event";
import { Replica, Member, MemberFlag, Role, Suspect, at, event as logged, isPrimary, isTail, stir, view, find, alive, connOf } from "./replica";
import { advance, settle } from "./apply";
import { news } from "./order";
import * as channel from "./channel";
import * as flood from "./flood";
import * as gates from "./gates";
import * as hearsay from "./hearsay";
import * as pull from "./pull";
import { Way } from "./pull";

/** A datagram's payload of n bytes at p, from `src`. The buffer stays the caller's. */
export function input(p: usize, n: u32, src: u32): void {
  const m = changetype<Chain>(p);
  if (n < CHAIN + TAG || m.magic != Magic.chain || m.version != Magic.version || m.length != n) { counters.add(Ft.shortMessage); return; }
  if (!config.isService(m.service) || at(m.service).role != Role.member) { counters.add(Ft.unknownService); return; }
  const r = at(m.service), upward = (m.flags & ChainFlag.up) != 0;
  if (siphash.hash(channel.key(r.svc), p, n - TAG) != load<u64>(p + n - TAG)) { counters.add(Ft.badTag); return; }
  stir(r);
  if (m.view != r.viewNumber) {
    if (seq.gt(m.view, r.viewNumber)) { r.heardView = seq.max(r.heardView, m.view); r.suspicion |= Suspect.newerView; }
    counters.add(Ft.otherView);
    return;
  }
  if (!fromNeighbour(r, m, upward, src)) { counters.add(Ft.notNeighbour); return; }
  if (seq.le(m.seq, upward ? r.downSeqTaken : r.upSeqTaken)) { counters.add(Ft.replayed); return; }
  // R22: what a predecessor lacks is not stable, and what it has was applied here.
  if (!upward && m.want - r.stable > r.applied - r.stable) { counters.add(Ft.outOfLog); return; }
  counters.add(Ft.taken);
  if (upward) fromSuccessor(r, m);
  else fromPredecessor(r, m);
  sections(r, p + CHAIN, p + n - TAG, upward);
}

/** The sender is the neighbour on that side, the receiver is this node, both in the incarnations that the view names. */
function fromNeighbour(r: Replica, m: Chain, upward: bool, src: u32): bool {
  if (upward ? isTail(r) : isPrimary(r)) return false;
  const v = view(r), from = upward ? r.pos + 1 : r.pos - 1;
  return m.sender == views.node(v, from) && m.senderIncarnation == views.incarnation(v, from) && src == config.node(m.sender).address &&
    m.receiver == config.id() && m.receiverIncarnation == views.incarnation(v, r.pos);
}

/** Which of the 32 sequence numbers before `now` were taken, where `last` was the highest and `before` told of those before it. */
function taken(last: u32, before: u32, now: u32): u32 {
  const d = now - last;
  return d > 32 ? 0 : d == 32 ? 0x80000000 : before << d | 1 << d - 1;
}

function fromSuccessor(r: Replica, m: Chain): void {
  r.downBefore = taken(r.downSeqTaken, r.downBefore, m.seq);
  r.downSeqTaken = m.seq;
  r.downHeardAt = clock.ms;
  flood.set(r, (m.flags & ChainFlag.cookies) != 0);
}

function fromPredecessor(r: Replica, m: Chain): void {
  r.upBefore = taken(r.upSeqTaken, r.upBefore, m.seq);
  r.upSeqTaken = m.seq;
  r.upHeardAt = clock.ms;
  r.upApplied = seq.max(r.upApplied, m.applied);
  channel.acknowledged(r, m.heard, m.before);
  r.upWant = m.want;
  if (!r.upKnown) { r.upKnown = 1; r.upEvent = m.want; }
  // It has taken all that we sent, and lacks events all the same: a message was overtaken or lost.
  else if (seq.lt(m.want, r.upEvent) && seq.ge(m.heard, r.upEventSeq)) r.upEvent = m.want;
  else if (seq.gt(m.want, r.upEvent)) r.upEvent = m.want;
  settle(r, m.stable);
}

function sections(r: Replica, p: usize, stop: usize, upward: bool): void {
  while (p + SECTION <= stop) {
    const type = <u32>load<u16>(p), n = <u32>load<u16>(p, 2);
    p += SECTION;
    if (n > <u32>(stop - p) || !take(r, type, p, n, upward)) { counters.add(Ft.badSection); return; }
    p += n;
  }
  if (p != stop) counters.add(Ft.badSection);
}

function take(r: Replica, type: u32, p: usize, n: u32, upward: bool): bool {
  const way: u32 = upward ? Way.down : Way.up; // where the message came from
  switch (type) {
    case Section.events: return upward && events(r, p, n);
    case Section.counters: if (!upward || n % COUNTER != 0) return false;
      for (let i: u32 = 0; i < n; i += COUNTER) counter(r, changetype<Counter>(p + i));
      return true;
    case Section.hearsay: if (upward || n % HEARSAY != 0) return false;
      for (let i: u32 = 0; i < n; i += HEARSAY) hearsay.take(r, changetype<Hearsay>(p + i));
      return true;
    case Section.syn: if (upward || n % 32 != 0) return false;
      for (let i: u32 = 0; i < n; i += 32) syn(r, changetype<Syn>(p + i));
      return true;
    case Section.pull: if (n % PULL != 0) return false;
      for (let i: u32 = 0; i < n; i += PULL) { const q = changetype<Pull>(p + i); pull.owe(r, way, q.c, q.from, q.to); }
      return true;
    case Section.bytes: return bytes(r, p, n);
    case Section.doubt: return doubt.take(r, p, n, upward);
    default: return false;
  }
}

/** Events from the successor: those that are new and follow what is here go into the log, then all that can is applied. */
function events(r: Replica, p: usize, n: u32): bool {
  if (n < 4) return false;
  let index = load<u32>(p), i: u32 = 4;
  if (seq.gt(index, r.have)) { r.downUrgent = 1; return true; } // a gap: ask again
  while (i < n) {
    if (index == r.have && r.have - r.stable >= EVENTS) { counters.add(Ft.logFull); break; }
    const e = index == r.have ? logged(r, index) : changetype<event.Event>(SKIPPED);
    const size = event.read(e, p + i, n - i);
    if (size == 0) return false;
    if (index == r.have) r.have++;
    index++;
    i += size;
  }
  advance(r);
  return true;
}
const SKIPPED: usize = memory.data(64, 16);

function counter(r: Replica, k: Counter): void {
  const m = find(r, k.c);
  if (m == null || !alive(m)) { counters.add(Ft.unknownConnection); return; }
  m.okBelow = seq.max(m.okBelow, k.ok);
  m.edgeBelow = seq.max(m.edgeBelow, k.edge);
  m.endBelow |= (k.flags & CounterFlag.okFin ? 1 : 0) | (k.flags & CounterFlag.prodFin ? 2 : 0);
  doubt.hear(r, m, k.prod, k.digest);
  gates.update(r, m);
}

function syn(r: Replica, s: Syn): void {
  if (tcp.find(s.localAddr, s.localPort, s.remoteAddr, s.remotePort) == null) hearsay.syn(r, s);
}

/** Bytes that we asked for (or that a neighbour thinks we lack): as if a segment had carried them. */
function bytes(r: Replica, p: usize, n: u32): bool {
  const b = changetype<Bytes>(p);
  if (n < BYTES || n != BYTES + b.n) return false;
  const m = find(r, b.c);
  if (m == null || !alive(m)) { counters.add(Ft.unknownConnection); return true; }
  m.pullAt = 0;
  tcp.fill(connOf(m), b.offset, p + BYTES, b.n);
  news(r, m);
  advance(r);
  return true;
}
