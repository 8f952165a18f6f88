// Checks a site's promises at every step: after each poll of a host server what it shows of its state, and each frame that leaves one for a
// client. Invariants are those of CHAIN: I1 to I5, R1, R15, one membership per view number.

import { Violation } from "./engine.ts";
import { type Lan, type Receiver } from "./net.ts";
import { type SimNode } from "./node.ts";
import { addr, describe, dotted, Flag, ipAt, parseTcp, Proto, Segment, u32 } from "./packet.ts";
import { hostId, VHOST, type World } from "./world.ts";
import { type Flow } from "./workload.ts";
import { recordedViews } from "./record.ts";
import { Mode } from "./config.ts";

/** Words of `ServiceLook` and `ConnLook` in boards/sim/host.ts. */
const enum S { role = 0, view = 1, pos = 2, n = 3, applied = 4, stable = 5, history = 6, mute = 7, untilLo = 8, untilHi = 9, connections = 10, members = 11, have = 12, heardView = 13, stopped = 14, WORDS = 15 }
const enum C {
  c = 0, state = 1, irs = 2, iss = 3, rcvd = 4, finRcvd = 5, dep = 6, finDep = 7, prod = 8, prodFin = 9, ok = 10, okFin = 11, heardAck = 12, acked = 13,
  edge = 14, wscale = 15, sent = 16, index = 17, finAcked = 18, readOff = 19, keepFrom = 20, WORDS = 21,
}
const MEMBER = 1;
/** Events that a replica's log has room for (boards/sim/sizes.ts). */
const EVENTS = 512;
/** Counter of replaced bytes (assembly/ft/counters.ts). */
const INCONSISTENT = 169;

/** Counter of SYN cookies sent (assembly/tcp/counters.ts). */
const COOKIES = 118;

/** In place of a control block's number: there never was one. */
const NEVER = 0xffffffff;

/** Wrap-safe a < b, and the lesser of both. */
const lt = (a: number, b: number): boolean => (a - b | 0) < 0;
const min = (a: number, b: number): number => (lt(a, b) ? a : b);

/** A view as a host or the manager has it. */
export interface ViewOf { number: number; nodes: number[]; incarnations: string[] }

/** One replica's state of one service for as long as it is the same incarnation; kept after its end. */
class Epoch {
  view: ViewOf = { number: 0, nodes: [], incarnations: [] };
  applied = 0;
  stable = 0;
  history = 0;
  constructor(readonly boot: number, readonly incarnation: string) {}
}

/** What one replica shows of a connection. */
class Seen {
  epoch: Epoch | null = null;
  gone = false;
  /** Times that this replica gave up bytes for those of the tail (R0), when last looked at. */
  replaced = 0;
  readonly w = new Uint32Array(C.WORDS);
}

/** A client's connection, as seen on the wire towards it and at every replica. */
class Track {
  svc = -1;
  irs = 0;
  iss = -1;
  ack = -1;
  edge = -1;
  ts = -1;
  scale = 0;
  ended = false;
  /** Its SYN was answered by a cookie: no connection is needed for that, and the number may be another one later. */
  cookie = false;
  /** What a SYN with another number took the place of: that one may be refused. */
  former: Track | null = null;
  readonly at: Seen[];
  constructor(readonly remote: number, readonly port: number, readonly localPort: number, hosts: number) {
    this.at = Array.from({ length: hosts }, () => new Seen());
  }
}

/** Exports of the host module that look inside. */
interface Look {
  lookAtService(svc: number): number;
  lookAtConn(local: number, localPort: number, remote: number, remotePort: number): number;
  historyAfter(svc: number, count: number): number;
  pools(): number;
}

export class Checker {
  /** Set where a scenario loses all replicas: connections may be reset, and a new history may begin. */
  lossAllowed = false;
  /** Set where SYN cookies are out: a SYN-ACK may leave without a connection. */
  cookies = false;
  /** Counts of what was looked at. */
  segments = 0;
  views = 0;
  takeovers = 0;
  /** Histories that ended because all that had them crashed. */
  losses = 0;
  /** Flows that were open when all state of their service was lost. */
  private readonly orphans = new Set<Flow>();
  private readonly vhost = addr(VHOST);
  private readonly epochs: (Epoch | null)[][];      // [svc][host]
  private readonly latest: (Epoch | null)[][];
  private readonly past: Map<string, Epoch>[];      // [svc] by node:incarnation
  private readonly canon: Map<number, number>[];    // [svc] history by number of events, as the primaries applied it
  private readonly names = new Map<string, string>();
  private readonly newest: ViewOf[] = [];
  private readonly speaker: { view: number; host: number; incarnation: string }[] = [];
  private readonly tracks = new Map<number, Track>();
  private readonly baseline: { boot: number; pools: number[] }[] = [];
  /** Per host: SYN cookies seen on the wire since its boot. */
  private readonly cookiesSeen: { boot: number; n: number }[] = [];
  private readonly segment = new Segment();

  constructor(private readonly world: World) {
    const n = world.services.length;
    this.epochs = Array.from({ length: n }, () => new Array(world.spec.hosts).fill(null));
    this.latest = Array.from({ length: n }, () => new Array(world.spec.hosts).fill(null));
    this.past = Array.from({ length: n }, () => new Map());
    this.canon = Array.from({ length: n }, () => new Map());
    for (let s = 0; s < n; s++) {
      this.newest.push({ number: 0, nodes: [], incarnations: [] });
      this.speaker.push({ view: 0, host: -1, incarnation: "" });
    }
  }

  private fail(text: string): never { throw new Violation(text); }

  private look(i: number): Look { return this.world.hosts[i].exports as unknown as Look; }

  // ---- after each poll of host i

  polled(i: number): void {
    const host = this.world.hosts[i];
    this.notePools(i, host);
    for (let svc = 0; svc < this.world.services.length; svc++) this.service(i, host, svc);
    for (const t of this.tracks.values()) {
      this.connection(i, host, t);
      if (t.former) this.connection(i, host, t.former);
    }
  }

  private notePools(i: number, host: SimNode): void {
    if (this.baseline[i]?.boot === host.boots) return;
    const pools = this.poolsOf(host);
    pools[0] = host.wordsAt((host.exports as unknown as Look).pools(), 6)[5];
    this.baseline[i] = { boot: host.boots, pools };
  }

  private service(i: number, host: SimNode, svc: number): void {
    const p = this.look(i).lookAtService(svc) >>> 2, w = host.words;
    if (w[p + S.role] !== MEMBER) { this.epochs[svc][i] = null; return; }
    const e = this.epoch(i, host, svc, p);
    const applied = w[p + S.applied], history = w[p + S.history];
    if (lt(applied, e.applied)) this.fail(`s${i}: applied went back from ${e.applied} to ${applied}`);
    const moved = applied !== e.applied || e.view.number !== w[p + S.view];
    e.applied = applied;
    e.stable = w[p + S.stable];
    e.history = history;
    if (moved) this.histories(i, svc, e);
    this.keeps(svc, i, e);
  }

  /** R4 for events: no member of the newest view lets go of one that another member of it has not applied, and the log has room for all of them. */
  private keeps(svc: number, i: number, e: Epoch): void {
    const v = this.newest[svc];
    if (e.view.number !== v.number) return;
    for (let k = 0; k < v.nodes.length; k++) {
      const m = this.memberState(svc, v, k);
      if (!m || m === e) continue;
      if (lt(m.applied, e.stable)) this.fail(`service ${svc}, view ${v.number}: s${i} takes ${e.stable} events for stable, s${v.nodes[k] - hostId(0)} has applied ${m.applied} (R4)`);
      if (lt(m.applied + EVENTS, e.applied)) this.fail(`service ${svc}, view ${v.number}: s${i} has applied ${e.applied} events, its log does not reach back to the ${m.applied} of s${v.nodes[k] - hostId(0)} (R4)`);
    }
  }

  /** The record of this incarnation of a replica; a new view is looked at. */
  private epoch(i: number, host: SimNode, svc: number, p: number): Epoch {
    const w = host.words;
    let e = this.epochs[svc][i];
    if (e && e.boot === host.boots && e.view.number === w[p + S.view]) return e;
    const view = viewAt(host, w[p + S.members]);
    const mine = view.incarnations[w[p + S.pos]];
    if (view.nodes[w[p + S.pos]] !== hostId(i)) this.fail(`s${i}: is not at position ${w[p + S.pos]} of its view ${view.number}`);
    this.sawView(svc, view, `s${i}`);
    if (!e || e.boot !== host.boots || e.incarnation !== mine) {
      e = new Epoch(host.boots, mine);
      this.epochs[svc][i] = this.latest[svc][i] = e;
      this.past[svc].set(`${hostId(i)}:${mine}`, e);
    }
    e.view = view;
    return e;
  }

  /** One membership per view number, whoever says it. */
  private sawView(svc: number, v: ViewOf, who: string): void {
    const key = `${svc}:${v.number}`, is = v.nodes.map((n, i) => `${n}/${v.incarnations[i]}`).join(" "), was = this.names.get(key);
    if (was === undefined) { this.names.set(key, is); this.views++; }
    else if (was !== is) this.fail(`service ${svc}, view ${v.number}: ${who} has members ${is}, another had ${was}`);
    if (v.number <= this.newest[svc].number) return;
    this.lineage(svc, v);
    this.newest[svc] = v;
  }

  /** A view without any incarnation that had a state begins a new history: allowed only where all was lost. */
  private lineage(svc: number, v: ViewOf): void {
    const held = v.nodes.some((n, i) => this.past[svc].has(`${n}:${v.incarnations[i]}`));
    if (held || this.newest[svc].number === 0 || this.past[svc].size === 0) return;
    if (!this.lossAllowed && !this.allCrashed(svc)) this.fail(`service ${svc}: view ${v.number} begins afresh, state is lost`);
    this.losses++;
    for (const f of this.world.flows) {
      if (f.spec.port !== this.world.services[svc].port) continue;
      f.spec.resetAllowed = true;
      if (f.established && !f.done) this.orphans.add(f);
    }
    this.canon[svc].clear();
    for (const [key, t] of this.tracks) if (t.svc === svc) this.tracks.delete(key);
  }

  /** True where no member of the newest view runs on with its state. */
  private allCrashed(svc: number): boolean {
    const v = this.newest[svc];
    return v.nodes.every((n, i) => {
      const e = this.past[svc].get(`${n}:${v.incarnations[i]}`), h = this.world.host(n);
      return !e || !h.up || h.boots !== e.boot;
    });
  }

  /** I3 and R1 for host i and its neighbours, and the history that primaries applied. */
  private histories(i: number, svc: number, e: Epoch): void {
    const v = e.view, pos = v.nodes.indexOf(hostId(i));
    if (pos > 0) this.prefix(svc, v, pos - 1);
    if (pos + 1 < v.nodes.length) this.prefix(svc, v, pos);
    if (!this.counts(svc, i, e)) return;
    const canon = this.canon[svc], known = canon.get(e.applied);
    if (known !== undefined && known !== e.history) this.fail(`service ${svc}: s${i} in view ${v.number} has another history after ${e.applied} events than a primary had`);
    if (pos === 0 && known === undefined && e.applied !== 0) canon.set(e.applied, e.history);
  }

  /** True where host i is in the newest view: one that was removed may order on, for nobody, until it hears of it. */
  private counts(svc: number, i: number, e: Epoch): boolean {
    const v = this.newest[svc], k = v.nodes.indexOf(hostId(i));
    return k >= 0 && v.incarnations[k] === e.incarnation;
  }

  /** The member at `pos` has a prefix of what the next one has. */
  private prefix(svc: number, v: ViewOf, pos: number): void {
    const up = this.memberState(svc, v, pos), down = this.memberState(svc, v, pos + 1);
    if (!up || !down || up.view.number !== v.number || down.view.number !== v.number) return;
    const a = v.nodes[pos] - hostId(0), b = v.nodes[pos + 1] - hostId(0);
    if (lt(down.applied, up.applied)) this.fail(`service ${svc}, view ${v.number}: s${a} applied ${up.applied} events, its successor s${b} only ${down.applied} (R1)`);
    if (up.applied === 0 || !this.world.hosts[b].up || this.epochs[svc][b] !== down) return;
    const at = this.look(b).historyAfter(svc, up.applied) >>> 0;
    if (at !== 0 && at !== up.history) this.fail(`service ${svc}, view ${v.number}: after ${up.applied} events s${a} and s${b} have different histories (I3)`);
  }

  /** What is known of a view's member: its present state, or its last; null where it never took part. */
  private memberState(svc: number, v: ViewOf, pos: number): Epoch | null {
    return this.past[svc].get(`${v.nodes[pos]}:${v.incarnations[pos]}`) ?? null;
  }

  /** What host i has of a connection: nothing goes back (R15). */
  private connection(i: number, host: SimNode, t: Track): void {
    if (t.ended) return;
    const p = this.look(i).lookAtConn(this.vhost, t.localPort, t.remote, t.port) >>> 2, s = t.at[i], e = this.epochs[t.svc][i];
    if (e !== s.epoch) { s.epoch = e; s.gone = false; s.w.fill(0); s.w[C.index] = NEVER; }
    if (!e) return;
    const w = host.words;
    if (p === 0 || w[p + C.irs] !== t.irs) { s.gone = s.w[C.index] !== NEVER; return; }
    if (s.gone) this.again(t, s);
    if (s.w[C.index] !== NEVER) {
      const replaced = host.counter(INCONSISTENT);
      for (const f of MONOTONE) if (lt(w[p + f], s.w[f]) && !(replaced !== s.replaced && REPLACED.includes(f))) this.fail(`s${i}: ${NAMES[f]} of ${who(t)} went back from ${s.w[f]} to ${w[p + f]}`);
    }
    for (let k = 0; k < C.WORDS; k++) s.w[k] = w[p + k];
    s.replaced = host.counter(INCONSISTENT);
    if (lt(s.w[C.rcvd], s.w[C.dep])) this.fail(`s${i}: ${who(t)} has deposited ${s.w[C.dep]} of ${s.w[C.rcvd]} bytes`);
    if (lt(s.w[C.prod], s.w[C.ok])) this.fail(`s${i}: ${who(t)} may send ${s.w[C.ok]} of ${s.w[C.prod]} bytes`);
    this.keepsBytes(i, t, s, e);
  }

  /** A connection was over, and a late copy of its SYN began another one. */
  private again(t: Track, s: Seen): void {
    s.gone = false;
    s.w.fill(0);
    s.w[C.index] = NEVER;
    t.iss = t.ack = t.edge = -1;
  }

  /** R4 for bytes: what some member of the newest view has not deposited, a member that has keeps. */
  private keepsBytes(i: number, t: Track, s: Seen, e: Epoch): void {
    const v = this.newest[t.svc];
    if (e.view.number !== v.number) return;
    this.members(t, v, (j, m) => {
      if (j === i || !m || m.gone || m.w[C.index] === NEVER || m.epoch?.view.number !== v.number) return;
      if (lt(m.w[C.dep], min(s.w[C.readOff], s.w[C.keepFrom]))) this.fail(`s${i} keeps bytes of ${who(t)} from ${s.w[C.keepFrom]} on, s${j} has deposited ${m.w[C.dep]} (R4)`);
    });
  }

  // ---- each frame that leaves a node

  left(from: Receiver, lan: Lan, frame: Uint8Array): void {
    const ip = ipAt(frame);
    if (ip < 0 || frame[ip + 9] !== Proto.tcp) return;
    const i = this.world.hosts.findIndex(h => h === from);
    if (i >= 0) {
      if (u32(frame, ip + 12) !== this.vhost) return;
      if (!parseTcp(frame, ip, this.segment)) this.fail(`s${i} sent a malformed segment, or one with a bad checksum`);
      this.reply(i, this.segment);
    } else if (lan === this.world.clientLan && u32(frame, ip + 16) === this.vhost && frame[ip + 33] & Flag.syn && parseTcp(frame, ip, this.segment)) this.request(this.segment);
  }

  /** A client's SYN begins a connection. */
  private request(s: Segment): void {
    const svc = this.world.services.findIndex(x => x.port === s.dstPort);
    if (svc < 0) return;
    const key = keyOf(s.src, s.srcPort), old = this.tracks.get(key);
    if (old && old.irs === s.seq) return;
    const t = new Track(s.src, s.srcPort, s.dstPort, this.world.spec.hosts);
    t.svc = svc;
    t.irs = s.seq;
    t.former = old ?? null;
    if (old) old.former = null;
    for (const x of t.at) x.w[C.index] = NEVER;
    this.follow(key, t);
  }

  private follow(key: number, t: Track): void {
    this.tracks.set(key, t);
    for (let i = 0; i < this.world.hosts.length; i++) if (this.world.hosts[i].up) this.connection(i, this.world.hosts[i], t);
  }

  /** A segment from the virtual host's address, leaving host i. */
  private reply(i: number, s: Segment): void {
    this.segments++;
    const svc = this.world.services.findIndex(x => x.port === s.srcPort);
    if (svc < 0) return;
    this.voice(i, svc, s);
    const t = this.trackOf(s);
    if (s.has(Flag.rst)) { this.reset(i, t, s); return; }
    if (!t) return;
    if (s.has(Flag.syn)) this.synAck(i, t, s);
    else this.gates(i, t, s);
    this.monotone(i, t, s);
  }

  /** The connection that a reply belongs to: where it answers the SYN before the latest, the latest was refused. */
  private trackOf(s: Segment): Track | undefined {
    const key = keyOf(s.dst, s.dstPort), t = this.tracks.get(key), old = t?.former;
    if (!old || !s.has(Flag.syn) || s.ack !== (old.irs + 1 >>> 0)) return t;
    this.follow(key, old);
    return old;
  }

  /**
   * True where the client may wait for ever, because the server knows nothing of it and it has nothing to send: all state was lost; or it was answered
   * by a cookie and its ACK was lost.
   */
  forsaken(f: Flow): boolean {
    const t = this.tracks.get(keyOf(f.client.address, f.localPort));
    if (t === undefined && this.orphans.has(f)) return f.sent === (f.spec.outBytes ?? 0);
    return t !== undefined && t.cookie && f.established && f.sent === 0 && f.got === 0 && (f.spec.outBytes ?? 0) === 0 && t.at.every(m => m.w[C.index] === NEVER);
  }

  private flowOf(t: Track): Flow | undefined {
    return this.world.flows.find(f => f.localPort === t.port && f.client.address === t.remote);
  }

  private reset(i: number, t: Track | undefined, s: Segment): void {
    const flow = t && this.flowOf(t);
    if (!flow || flow.over || flow.spec.resetAllowed || this.lossAllowed) return;
    this.fail(`s${i} sent a reset: ${describe(s)}`);
  }

  /** I5: the sender is the primary of its view, no one of an older view speaks after one of a newer, nobody else may speak now. */
  private voice(i: number, svc: number, s: Segment): void {
    if (this.world.services[svc].mode !== Mode.ft) return;
    const e = this.epochs[svc][i] ?? this.latest[svc][i];   // a frame may leave its ring after its node left the view, while the lease lasts
    if (!e || e.boot !== this.world.hosts[i].boots) this.fail(`s${i} speaks but is in no view: ${describe(s)}`);
    const last = this.speaker[svc], v = e.view;
    if (v.nodes[0] !== hostId(i)) this.fail(`s${i} speaks in view ${v.number} where s${v.nodes[0] - hostId(0)} is primary: ${describe(s)}`);
    if (v.number < last.view) this.fail(`s${i} speaks in view ${v.number} after s${last.host} spoke in view ${last.view} (I5): ${describe(s)}`);
    if (last.host !== i || last.incarnation !== e.incarnation) this.takeovers++;
    last.view = v.number; last.host = i; last.incarnation = e.incarnation;
    for (let j = 0; j < this.world.hosts.length; j++) if (j !== i && this.mayExist(svc, j)) this.fail(`s${i} speaks while s${j} may speak too (I5): ${describe(s)}`);
  }

  /** True where host j could send to clients at this instant by its own clock. */
  mayExist(svc: number, j: number): boolean {
    const h = this.world.hosts[j];
    if (!h.up) return false;
    const p = this.look(j).lookAtService(svc) >>> 2, w = h.words;
    if (w[p + S.role] !== MEMBER || w[p + S.mute] !== 0) return false;
    return w[p + S.untilHi] * 0x100000000 + w[p + S.untilLo] > h.clock();
  }

  private synAck(i: number, t: Track, s: Segment): void {
    t.cookie ||= this.cookies || this.isCookie(i, t);
    if (t.cookie && t.iss !== s.seq) { t.ack = -1; t.edge = -1; }   // a cookie, or the number after it
    else if (t.iss >= 0 && t.iss !== s.seq) this.fail(`s${i} sent a second SYN with another number: ${describe(s)}`);
    if (!t.cookie) this.everyMember(i, t, (j, seen) => {
      if (!seen || (seen.w[C.index] === NEVER && !seen.gone)) this.fail(`s${i} sent a SYN-ACK for ${who(t)}, which s${j} does not have (I2): ${describe(s)}`);
    });
    t.iss = s.seq;
    t.scale = s.wscale < 0 ? 0 : s.wscale;
    if (s.ack !== (t.irs + 1 >>> 0)) this.fail(`s${i} acknowledges ${s.ack} in its SYN: ${describe(s)}`);
  }

  /** A SYN-ACK of a host without the connection, which has counted one cookie more than were seen of it. */
  private isCookie(i: number, t: Track): boolean {
    const host = this.world.hosts[i], own = t.at[i];
    if (own.w[C.index] !== NEVER || own.gone) return false;
    if (this.cookiesSeen[i]?.boot !== host.boots) this.cookiesSeen[i] = { boot: host.boots, n: 0 };
    return this.cookiesSeen[i].n++ < host.counter(COOKIES);
  }

  /** I1 and I2 for every member of the sender's view and of the newest. */
  private gates(i: number, t: Track, s: Segment): void {
    const own = t.at[i];
    if (t.iss < 0 || own.w[C.index] === NEVER || own.gone) return;    // an answer from TIME-WAIT, or without a connection
    const ack = s.ack - t.irs - 1 >>> 0, n = s.length + (s.has(Flag.fin) ? 1 : 0), end = s.seq + n - t.iss - 1 >>> 0;
    this.everyMember(i, t, (j, m) => {
      if (m?.gone) return;
      const dep = m ? m.w[C.dep] + m.w[C.finDep] : 0, prod = m ? m.w[C.prod] + m.w[C.prodFin] : 0;
      if (lt(dep, ack)) this.fail(`s${i} acknowledges byte ${ack} of ${who(t)}, s${j} has deposited ${dep} (I1): ${describe(s)}`);
      if (n > 0 && lt(prod, end)) this.fail(`s${i} sends up to byte ${end} of ${who(t)}, s${j} has produced ${prod} (I2): ${describe(s)}`);
    });
  }

  private everyMember(i: number, t: Track, check: (host: number, seen: Seen | null) => void): void {
    const mine = this.epochs[t.svc][i];
    if (!mine) return;
    this.members(t, mine.view, check);
    if (this.newest[t.svc].number !== mine.view.number) this.members(t, this.newest[t.svc], check);
  }

  private members(t: Track, v: ViewOf, check: (host: number, seen: Seen | null) => void): void {
    for (let k = 0; k < v.nodes.length; k++) {
      const j = v.nodes[k] - hostId(0), seen = t.at[j], e = this.past[t.svc].get(`${v.nodes[k]}:${v.incarnations[k]}`);
      if (e && this.epochs[t.svc][j] !== e && seen.epoch !== e) continue;   // what an ended incarnation last had is not known any more
      check(j, e && seen.epoch === e ? seen : null);
    }
  }

  /** The manager's record has changed: the newest view may be there before any host has heard of it. */
  recordWritten(): void {
    const record = this.world.redirector.store!;
    for (const [svc, v] of recordedViews(record)) if (svc < this.newest.length) this.sawView(svc, v, "the manager's record");
  }

  /** I4: acknowledgement, right edge and timestamp never go back, whoever speaks. */
  private monotone(i: number, t: Track, s: Segment): void {
    if (!s.has(Flag.ack) || t.iss < 0) return;     // before the SYN-ACK only an older connection answers
    if (t.ack >= 0 && lt(s.ack, t.ack)) this.fail(`s${i}: ACK of ${who(t)} went back from ${t.ack} to ${s.ack} (I4): ${describe(s)}`);
    t.ack = s.ack;
    const edge = s.ack + (s.has(Flag.syn) ? s.window : s.window * 2 ** t.scale) >>> 0;
    // The window is rounded up to units of 2^scale: the edge may seem to go back by less than one unit, which every replica keeps room for (R15a).
    if (t.edge >= 0 && lt(edge + 2 ** t.scale - 1, t.edge)) this.fail(`s${i}: right edge of ${who(t)} went back by ${t.edge - edge} (I4): ${describe(s)}`);
    t.edge = t.edge >= 0 && lt(edge, t.edge) ? t.edge : edge;
    if (s.tsVal < 0) return;
    if (t.ts >= 0 && lt(s.tsVal, t.ts)) this.fail(`s${i}: TSval of ${who(t)} went back by ${t.ts - s.tsVal >>> 0} (I4): ${describe(s)}`);
    t.ts = s.tsVal;
  }

  // ---- at the end

  private poolsOf(host: SimNode): number[] {
    const p = (host.exports as unknown as Look).pools();
    const all = [...host.wordsAt(p, 5)];
    all[0] += host.framesHeld();
    return all;
  }

  /** What some host server still holds, in words; "" where all pools are full. */
  held(): string {
    for (let i = 0; i < this.world.hosts.length; i++) {
      const h = this.world.hosts[i];
      if (!h.up || this.baseline[i]?.boot !== h.boots) continue;
      const is = this.poolsOf(h), was = this.baseline[i].pools;
      for (let k = 0; k < is.length; k++) if (is[k] !== was[k]) return `s${i}: ${POOLS[k]} free: ${is[k]}, after boot ${was[k]}`;
    }
    return "";
  }

  /** The state of everybody in lines, for the report of a failure. */
  dump(): string[] {
    const lines: string[] = [];
    for (const [i, h] of this.world.hosts.entries()) for (let svc = 0; svc < this.world.services.length; svc++) {
      if (!h.up) { lines.push(`${h.name}: down`); break; }
      const s = h.wordsAt(this.look(i).lookAtService(svc), S.WORDS).slice();
      lines.push(`${h.name} service ${svc}: role ${s[S.role]}, view ${s[S.view]} at ${s[S.pos]} of ${s[S.n]}, have ${s[S.have]}, applied ${s[S.applied]}, stable ${s[S.stable]}, ` +
        `mute ${s[S.mute]}, stopped ${s[S.stopped]}, heard of view ${s[S.heardView]}, ${s[S.connections]} connections${h.paused ? ", stands still" : ""}`);
      for (const t of this.tracks.values()) {
        const p = t.svc === svc ? this.look(i).lookAtConn(this.vhost, t.localPort, t.remote, t.port) : 0;
        if (p === 0) continue;
        const c = h.wordsAt(p, C.WORDS);
        lines.push(`  ${who(t)}: ${Object.entries(LABELS).map(([k, name]) => `${name} ${c[Number(k)]}`).join(", ")}`);
      }
    }
    return lines;
  }

  /** The newest view of a service: node ids. */
  membersOf(svc: number): number[] { return this.newest[svc].nodes; }
  /** True where host i is in the newest view of a service. */
  installed(svc: number, i: number): boolean { return this.epochs[svc][i]?.view.number === this.viewNumber(svc); }
  /** The view that host i is a member of, 0: none. */
  viewAt(svc: number, i: number): number { return this.epochs[svc][i]?.view.number ?? 0; }
  viewNumber(svc: number): number { return this.newest[svc].number; }
}

const MONOTONE = [C.rcvd, C.dep, C.prod, C.ok, C.edge, C.heardAck, C.acked, C.finRcvd, C.finDep, C.prodFin, C.okFin];
/** What goes back where a replica's bytes are not the tail's (R0). */
const REPLACED = [C.rcvd, C.finRcvd];
const NAMES: Record<number, string> = {
  [C.rcvd]: "rcvd", [C.dep]: "dep", [C.prod]: "prod", [C.ok]: "ok", [C.edge]: "edge", [C.heardAck]: "heardAck", [C.acked]: "acked",
  [C.finRcvd]: "finRcvd", [C.finDep]: "finDep", [C.prodFin]: "prodFin", [C.okFin]: "okFin",
};
const LABELS: Record<number, string> = { [C.c]: "c", [C.state]: "state", ...NAMES, [C.sent]: "sent", [C.finAcked]: "finAcked" };
const POOLS = ["frames", "stream chunks", "ranges", "control blocks", "connection records"];

const keyOf = (address: number, port: number): number => address * 65536 + port;
const who = (t: Track): string => `${dotted(t.remote)}:${t.port}`;

/** The `View` record at a byte address (wire/view.ts). */
function viewAt(host: SimNode, p: number): ViewOf {
  const w = host.words, at = p >>> 2, n = w[at + 1], nodes: number[] = [], incarnations: string[] = [];
  for (let i = 0; i < n; i++) {
    nodes.push(host.bytes[p + 8 + i]);
    incarnations.push(`${w[at + 5 + 2 * i].toString(16)}.${w[at + 4 + 2 * i].toString(16)}`);
  }
  return { number: w[at], nodes, incarnations };
}
