// The data plane: segments lost at chosen replicas, members that die between two steps of an event, gates, numbers that a takeover must carry on.

import { Kind } from "../config.ts";
import { Flag, icmp, Proto } from "../packet.ts";
import { Chargen, Noise, Ttcp } from "../pattern.ts";
import { fragments, type RawConn, type RawOptions, type RawPeer, tooBig } from "../raw.ts";
import { carries, copyOf, isChain, isCopy, Section, segmentOf } from "../wire.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";

const noise = new Noise(1), other = new Noise(30_000);
/** Counters of assembly/ft/counters.ts and assembly/tcp/counters.ts. */
const enum Count { inconsistent = 169, divergence = 170, pulls = 177, cookieSent = 118, cookieTaken = 119, windowProbes = 128, keepAlives = 129, gaveUp = 130, mtu = 135, icmpBlind = 133 }

/** n bytes of a client's stream at an offset. */
const bytes = (off: number, n: number): Uint8Array => noise.slice(off, n).slice();

/** A scripted connection that is open: everywhere, also the news of it. */
function opened(s: Stage, port = 7, options: Partial<RawOptions> = {}, peer = s.raw(), localPort = 2000): RawConn {
  const c = peer.conn(localPort, port, options);
  c.syn();
  s.until("the handshake", 200 * MS, () => c.acked === 0 && c.irs >= 0);
  s.run(10 * MS);
  return c;
}

/** Sends [off, off + n), and waits until the echo of it is back. */
function echoes(s: Stage, c: RawConn, off: number, n: number, bound = 500 * MS): void {
  c.data(off, bytes(off, n));
  s.until(`echo of ${off} to ${off + n}`, bound, () => c.got.length === off + n);
  s.expect("the echo is what was sent", Buffer.compare(c.got.subarray(off), bytes(off, n)) === 0);
}

/** Closes an echo connection after `off` bytes, and looks that nothing is held. */
function closed(s: Stage, c: RawConn, off: number): void {
  c.fin(off);
  s.until("both ends closed", SECOND, () => c.ended && c.acked === off + 1);
  s.finish();
}

const sum = (s: Stage, hosts: number[], counter: number): number => hosts.reduce((n, i) => n + s.count(i, counter), 0);

/** Who a copy is for: whether its payload begins with the first byte of `data`. */
const copyWith = (data: Uint8Array) => (frame: Uint8Array): boolean => {
  const x = copyOf(frame);
  return x !== null && x.length > 0 && frame[x.data] === data[0] && frame[x.data + 1] === data[1];
};
const copyFlags = (flags: number, without = 0) => (frame: Uint8Array): boolean => {
  const x = copyOf(frame);
  return x !== null && (x.flags & flags) === flags && (x.flags & without) === 0;
};
const dataCopy = (frame: Uint8Array): boolean => (copyOf(frame)?.length ?? 0) > 0;
const bareAck = (frame: Uint8Array): boolean => { const x = copyOf(frame); return x !== null && x.length === 0 && x.flags === Flag.ack; };

// ---- different bytes for the same sequence numbers

/** What a replica got: the first variant, the second, both in this order, or none. */
type Got = "A" | "B" | "2" | "-";

/** One connection on which each replica got what `pattern` says; the echo is the tail's variant, or what reached it by hearsay. */
function variants(s: Stage, peer: RawPeer, localPort: number, pattern: Got[]): void {
  const c = opened(s, 7, {}, peer, localPort), n = 600, first = bytes(0, n), second = other.slice(0, n).slice(), before = sum(s, [0, 1, 2], Count.inconsistent);
  pattern.forEach((got, i) => s.lose(s.r, s.s(i), frame => (got !== "A" && got !== "2" && copyWith(first)(frame)) || (got !== "B" && got !== "2" && copyWith(second)(frame))));
  c.data(0, first);
  c.data(0, second);
  s.until(`echo, pattern ${pattern.join("")}`, 500 * MS, () => c.got.length === n);
  for (const i of [0, 1, 2]) s.pass(s.r, s.s(i));
  const won = Buffer.compare(c.got, first) === 0 ? "A" : "B", tail = pattern[2];
  s.expect("the echo is one of the variants", won === "A" || Buffer.compare(c.got, second) === 0);
  if (tail !== "-") s.expect(`the tail's bytes are the truth, pattern ${pattern.join("")}`, won === (tail === "2" ? "A" : tail));
  const wrong = pattern.filter(g => g !== "-" && (g === "2" ? "A" : g) !== won).length;
  s.expect(`${wrong} replicas replaced their bytes, pattern ${pattern.join("")}`, sum(s, [0, 1, 2], Count.inconsistent) - before === wrong);
  c.data(n, bytes(n, 100));
  s.until(`echo of more, pattern ${pattern.join("")}`, 500 * MS, () => c.got.length === n + 100);
  c.fin(n + 100);
  s.until("both ends closed", SECOND, () => c.ended && c.acked === n + 101);
}

/** Every pattern of so many letters. */
function patterns(letters: Got[], n: number): Got[][] {
  return n === 0 ? [[]] : patterns(letters, n - 1).flatMap(p => letters.map(l => [...p, l]));
}

const RESENDS: Scenario[] = patterns(["A", "B"], 3).map(pattern => ({
  name: `client-resends-different-bytes-${pattern.join("")}`,
  about: `a client sends other bytes for the same numbers, replicas got variants ${pattern.join(" ")}: all take the tail's (R0)`,
  play(s) {
    s.chain([0, 1, 2]);
    const bystander = s.echo(20_000, { turn: 500 });
    variants(s, s.raw(), 2000, pattern);
    s.until("the bystander is done", SECOND, () => bystander.done);
    s.expect("no divergence", sum(s, [0, 1, 2], Count.divergence) === 0);
    s.finish();
  },
}));

// ---- one lost segment at chosen replicas

/** Subsets of the three replicas that are not empty. */
const SUBSETS = [[0], [1], [2], [0, 1], [0, 2], [1, 2]];
const named = (at: number[]): string => at.map(i => `s${i}`).join("-");

/** What happens where the copies that `which` names are lost at some replicas, once each. */
function lostAt(what: string, rule: string, which: (frame: Uint8Array) => boolean, play: (s: Stage, lose: () => void) => void): Scenario[] {
  return SUBSETS.map(at => ({
    name: `${what}-lost-at-${named(at)}`,
    about: `the client's ${what} is lost on the way to ${named(at)}: repaired without the client (${rule})`,
    play(s) {
      s.chain([0, 1, 2]);
      play(s, () => at.forEach(i => s.lose(s.r, s.s(i), which, 1)));
      s.finish();
    },
  }));
}

const LOST: Scenario[] = [
  ...lostAt("syn", "R8", copyFlags(Flag.syn), (s, lose) => {
    lose();
    const c = s.raw().conn(2000);
    c.syn();
    s.until("the handshake", 100 * MS, () => c.irs >= 0);
    s.run(5 * MS);
    echoes(s, c, 0, 300);
    closed(s, c, 300);
  }),
  ...lostAt("handshake-ack", "R8", bareAck, (s, lose) => {
    lose();
    const c = s.raw().conn(2000, 5001);
    c.syn();
    s.until("the source speaks", 200 * MS, () => c.got.length > 0);
    s.until("all sent", 2 * SECOND, () => c.ended);
    c.fin(0);
    s.until("closed", SECOND, () => c.acked === 1);
  }).map(x => ({ ...x, site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [20_000, 1] }] } })),
  ...lostAt("data", "R8, R9", dataCopy, (s, lose) => {
    const c = opened(s);
    lose();
    echoes(s, c, 0, 1000, 100 * MS);
    closed(s, c, 1000);
  }),
  ...lostAt("fin", "R8", copyFlags(Flag.fin), (s, lose) => {
    const c = opened(s);
    echoes(s, c, 0, 10);
    lose();
    c.fin(10);
    s.until("both ends closed", 100 * MS, () => c.ended && c.acked === 11);
  }),
  ...lostAt("reset", "R11", copyFlags(Flag.rst), (s, lose) => {
    const c = opened(s);
    echoes(s, c, 0, 10);
    lose();
    c.rst(10);
    s.until("no connection anywhere", 100 * MS, () => s.world.check.held() === "");
  }),
];

const ACKS: Scenario[] = [
  {
    name: "last-ack-lost-at-tail",
    about: "the last ACK of a full send buffer reaches the primary alone: the service gets room all the same (R8)",
    site: { services: [{ kind: Kind.chargen, port: 19, snd: 8192 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 8192 });
      c.answers = false;
      s.run(100 * MS);
      const had = c.got.length;
      s.expect("a full window", had >= 8000);
      for (const i of [1, 2]) s.lose(s.r, s.s(i), bareAck, 1);
      c.ack();
      s.until("more of the stream", 100 * MS, () => c.got.length > had + 4000);
      s.expect("the stream", Buffer.compare(c.got, new Chargen().slice(0, c.got.length)) === 0);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "acks-never-reach-the-tail",
    about: "all that the client acknowledges reaches the primary alone: the stream goes on at hearsay's pace (R8)",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [60_000, 1], snd: 8192 }] },
    play(s) {
      s.chain([0, 1, 2]);
      for (const i of [1, 2]) s.lose(s.r, s.s(i), bareAck);
      const c = s.raw().conn(2000, 5001);
      c.syn();
      s.until("all sent", 2 * SECOND, () => c.ended);
      s.expect("the stream", Buffer.compare(c.got, new Ttcp(1).slice(0, 60_000)) === 0);
      c.fin(0);
      s.until("closed", SECOND, () => c.acked === 1);
      s.finish();
    },
  },
];

// ---- members that die between two steps

const CRASHES: Scenario[] = [
  {
    name: "c-reused-while-primary-lags",
    about: "a connection ends at the tail while the primary lags: its number stays taken until that is stable",
    play(s) {
      s.chain([0, 1, 2]);
      const peer = s.raw(), a = opened(s, 7, {}, peer);
      echoes(s, a, 0, 100);
      s.lose(s.s(1), s.s(0), frame => carries(frame, Section.events));
      for (const i of [0, 1]) s.lose(s.r, s.s(i), dataCopy, 1);     // who lacks these bytes asks for them by the connection's number
      a.data(100, bytes(100, 500));
      s.run(1 * MS);
      a.rst(600);
      s.run(2 * MS);
      const b = peer.conn(2001, 7, { isn: 77_000 });
      b.syn();
      s.run(15 * MS);
      s.pass(s.s(1), s.s(0));
      s.until("the second handshake", 200 * MS, () => b.irs >= 0);
      s.run(10 * MS);
      echoes(s, b, 0, 700);
      s.chain([0, 1, 2]);
      closed(s, b, 700);
    },
  },
  {
    name: "reset-after-data-lost-above",
    about: "the tail alone has the last bytes of a connection that its client resets: they are there for those who lack them (R4)",
    play(s) {
      s.chain([0, 1, 2]);
      const a = opened(s);
      echoes(s, a, 0, 100);
      for (const i of [0, 1]) s.lose(s.r, s.s(i), dataCopy, 1);
      const view = s.world.check.viewNumber(0);
      a.data(100, bytes(100, 500));
      s.run(MS);
      a.rst(600);
      s.until("no connection anywhere", 200 * MS, () => s.world.check.held() === "");
      s.expect("nobody was removed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
  {
    name: "removed-tail-orders-on",
    about: "a tail that does not hear of its removal goes on ordering: for nobody, and it comes back with nothing (R23)",
    play(s) {
      s.chain([0, 1, 2]);
      const flow = s.echo(150_000, { turn: 500 });
      s.run(30 * MS);
      s.cut([s.s(2), s.r], [s.s(2), s.s(1)], [s.s(1), s.s(2)]);
      s.lose(s.r, s.s(2), frame => !isCopy(frame));
      s.chain([0, 1]);
      const c = opened(s);
      s.run(100 * MS);
      s.lose(s.r, s.s(2), frame => !isCopy(frame));
      echoes(s, c, 0, 900);
      s.heal([s.s(2), s.r], [s.s(2), s.s(1)], [s.s(1), s.s(2)]);
      s.pass(s.r, s.s(2));
      s.until("the flow", 10 * SECOND, () => flow.done);
      closed(s, c, 900);
      s.chain([0, 1, 2], 10 * SECOND);
      s.echo(5000);
      s.finish();
    },
  },
  {
    name: "removed-member-resumes-with-old-log",
    about: "a middle that stood still while it was removed goes on with its old log: nobody listens, it joins anew with nothing (R23)",
    play(s) {
      s.chain([0, 1, 2]);
      const flow = s.echo(150_000, { turn: 500 });
      s.run(30 * MS);
      s.pause(s.s(1));
      s.chain([0, 2]);
      s.run(50 * MS);
      s.resume(s.s(1));
      s.until("the flow", 10 * SECOND, () => flow.done);
      s.chain([0, 2, 1], 10 * SECOND);
      s.echo(5000);
      s.finish();
    },
  },
  {
    name: "removed-primary-resumes-with-old-log",
    about: "a primary that stood still while it was removed says nothing more to clients and joins anew with nothing (R18, R23)",
    play(s) {
      s.chain([0, 1, 2]);
      const flow = s.echo(150_000, { turn: 500 });
      s.run(30 * MS);
      s.pause(s.s(0));
      s.chain([1, 2]);
      s.run(50 * MS);
      s.resume(s.s(0));
      s.until("the flow", 10 * SECOND, () => flow.done);
      s.chain([1, 2, 0], 10 * SECOND);
      s.echo(5000);
      s.finish();
    },
  },
  ...[0, 500, 2 * MS, 10 * MS, 60 * MS].map((gap): Scenario => ({
    name: `middle-then-tail-crash-${gap}-us`,
    about: "middle and tail of three die one after the other: the primary keeps what was not stable and goes on alone (R4, R21)",
    play(s) {
      s.chain([0, 1, 2]);
      const bulk = s.echo(200_000), talk = s.echo(50_000, { turn: 300 });
      s.run(40 * MS);
      s.crash(s.s(1));
      s.run(gap);
      s.crash(s.s(2));
      s.chain([0]);
      s.until("the flows", 10 * SECOND, () => bulk.done && talk.done);
      s.finish();
    },
  })),
  ...[0, 500, 2 * MS, 10 * MS, 60 * MS].map((gap): Scenario => ({
    name: `primary-then-middle-crash-${gap}-us`,
    about: "primary and middle of three die one after the other: the tail goes on alone",
    play(s) {
      s.chain([0, 1, 2]);
      const bulk = s.echo(200_000), talk = s.echo(50_000, { turn: 300 });
      s.run(40 * MS);
      s.crash(s.s(0));
      s.run(gap);
      s.crash(s.s(1));
      s.chain([2]);
      s.until("the flows", 10 * SECOND, () => bulk.done && talk.done);
      s.finish();
    },
  })),
  {
    name: "tail-crash-with-unapplied-event",
    about: "the tail dies; its event about bytes that no survivor has is dropped, and the client's reset can be ordered (R21, R22)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 100);
      for (const i of [0, 1]) s.lose(s.r, s.s(i), dataCopy, 1);
      s.lose(s.s(2), s.s(1), frame => carries(frame, Section.bytes));
      c.data(100, bytes(100, 500));
      s.run(2 * MS);
      s.crash(s.s(2));
      s.chain([0, 1]);
      const view = s.world.check.viewNumber(0);
      c.rst(100);
      s.until("no connection anywhere", 200 * MS, () => s.world.check.held() === "");
      const d = opened(s, 7, {}, c.peer, 2001);
      echoes(s, d, 0, 400);
      s.expect("nobody else was removed", s.world.check.viewNumber(0) === view);
      closed(s, d, 400);
    },
  },
  {
    name: "tail-crash-with-unapplied-event-data-again",
    about: "the same, and the client sends the bytes again in other pieces: the new tail orders them anew (R21)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 100);
      for (const i of [0, 1]) s.lose(s.r, s.s(i), dataCopy, 1);
      s.lose(s.s(2), s.s(1), frame => carries(frame, Section.bytes));
      c.data(100, bytes(100, 500));
      s.run(2 * MS);
      s.crash(s.s(2));
      s.chain([0, 1]);
      echoes(s, c, 100, 200);
      echoes(s, c, 300, 300);
      closed(s, c, 600);
    },
  },
  {
    name: "tail-crash-with-ack-lost-at-survivors",
    about: "the tail alone heard an ACK and ordered room for it, then dies: the survivors find out by their own means (R21, R8)",
    site: { services: [{ kind: Kind.chargen, port: 19, snd: 8192 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 8192 });
      c.answers = false;
      s.run(100 * MS);
      const had = c.got.length;
      for (const i of [0, 1]) s.lose(s.r, s.s(i), bareAck, 1);
      s.lose(s.s(2), s.s(1), isChain);
      c.ack();
      s.run(1 * MS);
      s.crash(s.s(2));
      c.answers = true;
      s.chain([0, 1]);
      s.until("more of the stream", 2 * SECOND, () => c.got.length > had + 20_000);
      s.expect("the stream", Buffer.compare(c.got, new Chargen().slice(0, c.got.length)) === 0);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "tail-crash-ack-heard-by-one-survivor",
    about: "the same where the middle heard the ACK too: it orders the room as the new tail, the primary learns of it by the event (R21)",
    site: { services: [{ kind: Kind.chargen, port: 19, snd: 8192 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 8192 });
      c.answers = false;
      s.run(100 * MS);
      const had = c.got.length;
      s.lose(s.r, s.s(0), bareAck, 1);
      s.lose(s.s(2), s.s(1), isChain);
      c.ack();
      s.run(1 * MS);
      s.crash(s.s(2));
      s.until("more of the stream", 300 * MS, () => c.got.length > had + 4000);
      c.rst(0);
      s.finish();
    },
  },
];

/** Chains of each length, each member killed in the middle of two transfers. */
const LENGTHS: Scenario[] = [1, 2, 3, 4, 5].flatMap(n => Array.from({ length: n === 1 ? 1 : n }, (_, i): Scenario => ({
  name: n === 1 ? "chain-of-1" : `chain-of-${n}-kills-s${i}`,
  about: n === 1 ? "a chain of one is the plain service" : `s${i} of a chain of ${n} dies during two transfers: the client notices nothing`,
  site: { hosts: n },
  play(s) {
    const all = Array.from({ length: n }, (_, k) => k);
    s.chain(all);
    const bulk = s.echo(150_000), talk = s.echo(20_000, { turn: 200 });
    s.run(35 * MS);
    if (n > 1) { s.crash(s.s(i)); s.chain(all.filter(k => k !== i)); }
    s.until("the flows", 10 * SECOND, () => bulk.done && talk.done);
    s.expect("no byte was waited for longer than a second", Math.max(bulk.stall, talk.stall) < SECOND);
    s.finish();
  },
})));

// ---- cuts in one direction

/** Every directed link between two of the servers, and those to and from the redirector, cut for a while during transfers. */
const CUTS: Scenario[] = [0, 1, 2, 3].flatMap(a => [0, 1, 2, 3].filter(b => b !== a).map((b): Scenario => {
  const name = (i: number): string => (i === 3 ? "r" : `s${i}`);
  return {
    name: `one-way-cut-${name(a)}-to-${name(b)}`,
    about: `nothing passes from ${name(a)} to ${name(b)} for a second: the client's transfers go on`,
    play(s) {
      const node = (i: number) => (i === 3 ? s.r : s.s(i));
      s.chain([0, 1, 2]);
      const bulk = s.echo(300_000), talk = s.echo(100_000, { turn: 300 });
      s.run(30 * MS);
      s.cut([node(a), node(b)]);
      s.run(SECOND);
      s.heal([node(a), node(b)]);
      s.until("the flows", 20 * SECOND, () => bulk.done && talk.done);
      s.world.allJoined(10 * SECOND);
      s.echo(3000);
      s.finish();
    },
  };
}));

/** Between the client's side and one replica: its copies of client packets are lost, control messages pass. */
const DEAF: Scenario[] = [0, 1, 2].map((i): Scenario => ({
  name: `one-way-cut-clients-to-s${i}`,
  about: `no client packet reaches s${i} for half a second: the others tell it what it misses (R8, R9)`,
  play(s) {
    s.chain([0, 1, 2]);
    const talk = s.echo(20_000, { turn: 300 });
    s.run(20 * MS);
    s.lose(s.r, s.s(i), isCopy);
    const had = talk.got;
    s.run(500 * MS);
    s.expect(`the client is served meanwhile, ${talk.got - had} bytes`, talk.got - had > 500);
    s.pass(s.r, s.s(i));
    s.until("the flow", 20 * SECOND, () => talk.done);
    s.finish();
  },
}));

const REPLIES: Scenario[] = [
  {
    name: "one-way-cut-primary-to-clients",
    about: "what the primary says to clients is lost on a way of its own: their retransmissions accuse it, and it goes (R24)",
    site: { bypass: true },
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      s.cut([s.s(0), s.world.router!]);
      s.chain([1, 2], 10 * SECOND);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
  ...["paper-mode-primary-crash", "paper-mode-primary-crash-chain-of-2"].map((name, k): Scenario => ({
    name,
    about: "no heartbeats are judged: the client's retransmissions alone bring the takeover",
    site: { hosts: 3 - k, services: [{ kind: Kind.echo, port: 7, heartbeatMs: 0, silenceMs: 0, retransmissions: 3, lagMs: 0 }], site: { leaseMs: 30_000, marginMs: 20 } },
    play(s) {
      const all = [0, 1, 2].slice(0, 3 - k);
      s.chain(all, 100 * SECOND);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      s.crash(s.s(0));
      s.chain(all.slice(1), 60 * SECOND);
      s.until("the flow", 60 * SECOND, () => talk.done);
      s.finish();
    },
  })),
];

// ---- windows, timers, and ends over a takeover

const WINDOWS: Scenario[] = [
  {
    name: "zero-window-over-takeover",
    about: "the client's window is closed when the primary dies: the new one asks at once, and goes on when it opens (R20)",
    site: { services: [{ kind: Kind.chargen, port: 19 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 3000 });
      c.answers = false;
      s.run(50 * MS);
      c.ack({ window: 0 });
      s.run(50 * MS);
      const had = c.got.length;
      s.crash(s.s(0));
      s.chain([1, 2]);
      const at = s.now;
      s.until("a probe", 100 * MS, () => c.since(at - 10 * MS).some(h => h.s.length > 0));
      s.expect("no more than a probe's byte", c.got.length <= had + 1);
      c.answers = true;
      c.ack({ window: 8000 });
      s.until("more of the stream", 200 * MS, () => c.got.length > had + 20_000);
      s.expect("the stream", Buffer.compare(c.got, new Chargen().slice(0, c.got.length)) === 0);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "window-update-lost-in-takeover",
    about: "the client's window opens while nobody speaks, and it says so once: the new primary's probe finds it open (R20)",
    site: { services: [{ kind: Kind.chargen, port: 19 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 3000 });
      c.answers = false;
      s.run(50 * MS);
      c.ack({ window: 0 });
      s.run(50 * MS);
      const had = c.got.length;
      s.crash(s.s(0));
      for (const i of [1, 2]) s.lose(s.r, s.s(i), bareAck, 1);
      c.ack({ window: 8000 });
      s.run(1 * MS);
      c.answers = true;
      c.window = 8000;
      s.chain([1, 2]);
      s.until("more of the stream", 200 * MS, () => c.got.length > had + 20_000);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "persist-over-takeover",
    about: "a window stays closed for a minute, over a takeover: probes go on, the connection stands",
    site: { services: [{ kind: Kind.chargen, port: 19 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19, { window: 3000 });
      c.answers = false;
      s.run(50 * MS);
      const closed = (): void => c.ack({ window: 0 });
      closed();
      const stop = s.now + 60 * SECOND;
      let heard = c.heard.length, probes = 0;
      s.world.engine.after(20 * SECOND, () => s.crash(s.s(0)));
      while (s.now < stop) {
        s.run(50 * MS);
        if (c.heard.length !== heard) { heard = c.heard.length; probes++; closed(); }
      }
      s.expect(`probes came, ${probes}`, probes >= 5);
      const had = c.got.length;
      c.answers = true;
      c.ack({ window: 8000 });
      s.until("more of the stream", 200 * MS, () => c.got.length > had + 20_000);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "keep-alive-over-takeover",
    about: "an idle connection is asked after two hours whether its client lives, by the new primary; the client that answers keeps it, one that does not loses it (R10)",
    site: {
      services: [{ kind: Kind.echo, port: 7, flags: 1, heartbeatMs: 20_000, silenceMs: 60_000, lagMs: 0 }], site: { leaseMs: 60_000, marginMs: 20 },
    },
    play(s) {
      s.chain([0, 1, 2], 100 * SECOND);
      const peer = s.raw(), lives = opened(s, 7, {}, peer), dead = opened(s, 7, {}, peer, 2001);
      echoes(s, lives, 0, 100);
      echoes(s, dead, 0, 100);
      dead.answers = false;
      s.run(600 * SECOND);
      s.crash(s.s(0));
      s.chain([1, 2], 300 * SECOND);
      const at = s.now, idle = 7200 * SECOND;
      s.run(idle - 700 * SECOND);
      s.expect("nothing is asked early", lives.since(at + 10 * SECOND).length === 0);
      s.until("a keep-alive on each", 800 * SECOND, () => lives.since(at + 10 * SECOND).length > 0 && dead.since(at + 10 * SECOND).length > 0);
      lives.ack();
      const n = dead.since(at).length;
      while (dead.resets === 0 && s.now < at + idle + 1500 * SECOND) s.run(10 * SECOND);
      s.expect(`the dead one is given up after nine probes, ${dead.since(at).length - n}`, dead.resets === 1);
      s.expect("the living one stands", lives.resets === 0);
      echoes(s, lives, 100, 100);
      closed(s, lives, 200);
    },
  },
  {
    name: "primary-gives-up-dead-client",
    about: "a client vanishes with data on the way: the primary gives it up after five minutes, and so do all (R10)",
    site: { services: [{ kind: Kind.chargen, port: 19, heartbeatMs: 100, silenceMs: 400 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 19);
      s.run(50 * MS);
      c.answers = false;
      s.run(290 * SECOND);
      s.expect("it is not given up early", c.resets === 0);
      s.until("no connection anywhere", 60 * SECOND, () => s.world.check.held() === "");
      s.expect("the primary's timers alone ran", s.count(0, Count.gaveUp) === 1 && s.count(1, Count.gaveUp) === 0 && s.count(2, Count.gaveUp) === 0);
      s.chain([0, 1, 2]);
      s.finish();
    },
  },
  {
    name: "half-close-over-takeover",
    about: "the client has closed its direction and is still sent to when the primary dies: it gets all (FIN kept by the survivors)",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [250_000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 5001);
      c.fin(0);
      s.run(5 * MS);
      s.crash(s.s(0));
      s.until("all sent", 10 * SECOND, () => c.ended);
      s.expect("the stream", Buffer.compare(c.got, new Ttcp(3).slice(0, 250_000)) === 0);
      s.finish();
    },
  },
  {
    name: "server-half-close-over-takeover",
    about: "the service has closed its direction, the client still sends when the primary dies: all of it is taken",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [1000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 5001);
      s.until("the service's FIN", SECOND, () => c.ended);
      c.data(0, bytes(0, 1000));
      s.until("acknowledged", SECOND, () => c.acked === 1000);
      s.crash(s.s(0));
      s.chain([1, 2]);
      c.data(1000, bytes(1000, 1000));
      s.until("acknowledged", SECOND, () => c.acked === 2000);
      c.fin(2000);
      s.until("closed", SECOND, () => c.acked === 2001);
      s.finish();
    },
  },
  {
    name: "time-wait-reuse-over-takeover",
    about: "a connection in TIME-WAIT everywhere, the primary dies: the client's newer SYN makes a new connection, an older one does not (R11)",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [1000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const peer = s.raw(), a = opened(s, 5001, {}, peer);
      s.until("the service's FIN", SECOND, () => a.ended);
      a.fin(0);
      s.until("closed", SECOND, () => a.acked === 1);
      s.run(50 * MS);
      s.crash(s.s(0));
      s.chain([1, 2]);
      const old = peer.conn(2000, 5001, { isn: 500, tsBase: 0 - 100_000 });
      old.syn();
      s.run(100 * MS);
      s.expect("an older SYN is answered from TIME-WAIT", old.irs < 0 && old.heard.length > 0);
      const b = opened(s, 5001, { isn: 900_000 }, peer);
      s.until("all sent again", SECOND, () => b.ended);
      s.expect("the stream", Buffer.compare(b.got, new Ttcp(3).slice(0, 1000)) === 0);
      b.fin(0);
      s.until("closed", SECOND, () => b.acked === 1);
      s.finish();
    },
  },
  {
    name: "time-wait-differs-at-replicas",
    about: "a late FIN has prolonged TIME-WAIT at one replica alone: the others follow the tail's word whether a SYN may replace it (R11)",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [1000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const peer = s.raw(), a = opened(s, 5001, {}, peer);
      s.until("the service's FIN", SECOND, () => a.ended);
      a.fin(0);
      s.until("closed", SECOND, () => a.acked === 1);
      s.run(30 * SECOND);
      s.lose(s.r, s.s(2), isCopy);
      a.fin(0);
      s.run(10 * MS);
      s.pass(s.r, s.s(2));
      s.run(31 * SECOND);
      const b = opened(s, 5001, { isn: 500, tsBase: 0 - 200_000 }, peer);
      s.until("all sent again", SECOND, () => b.ended);
      b.fin(0);
      s.until("closed", SECOND, () => b.acked === 1);
      s.finish();
    },
  },
];

// ---- what the client sees of the gates

const GATES: Scenario[] = [
  {
    name: "quiet-under-the-gate",
    about: "segments in order that wait for the chain cause no ACK, and no duplicate one (R5a)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 7, { sack: true });
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      const at = s.now;
      for (let i = 0; i < 4; i++) c.data(500 * i, bytes(500 * i, 500));
      s.until("the echo", 500 * MS, () => c.got.length === 2000);
      const acks = c.since(at).map(h => h.s.ack);
      s.expect(`every ACK tells something new, ${acks.length}`, c.since(at).every((h, i) => h.s.length > 0 || i === 0 || h.s.ack !== acks[i - 1]));
      s.expect("no ACK of nothing", c.since(at).every(h => h.s.ack !== (c.o.isn + 1 >>> 0)));
      closed(s, c, 2000);
    },
  },
  {
    name: "hole-filled-under-the-gate",
    about: "a hole is filled while the chain lags: no ACK stops inside of what SACK told of (R5a)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 7, { sack: true });
      c.data(500, bytes(500, 500));
      c.data(1000, bytes(1000, 500));
      s.until("a SACK block", 50 * MS, () => c.heard.some(h => h.s.sack.length > 0));
      s.world.link(s.s(1), s.s(0)).set.delay = 2 * MS;
      const at = s.now;
      c.data(0, bytes(0, 500));
      s.until("the echo", 500 * MS, () => c.got.length === 1500);
      const stops = c.since(at).map(h => h.s.ack - c.o.isn - 1).filter(a => a >= 500 && a < 1500);
      s.expect(`no ACK stops in the block, ${stops}`, stops.length === 0);
      closed(s, c, 1500);
    },
  },
  {
    name: "timestamps-under-steady-upload",
    about: "TSecr follows a steady upload while the chain lags, and goes on over a takeover (R16)",
    site: { services: [{ kind: Kind.discard, port: 9 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 9);
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      const upload = (from: number, n: number): void => { for (let i = from; i < from + n; i++) { c.data(100 * i, bytes(100 * i, 100)); s.run(2 * MS); } };
      upload(0, 50);
      const at = s.now;
      upload(50, 50);
      const behind = c.since(at).map(h => c.o.tsBase + Math.floor(h.at / MS) - h.s.tsEcr);
      s.expect(`what is echoed is not old: ${Math.max(...behind)} ms`, behind.length >= 2 && Math.max(...behind) < 60);
      s.crash(s.s(0));
      s.chain([1, 2]);
      const then = s.now;
      upload(100, 50);
      s.run(50 * MS);
      const after = c.since(then + 20 * MS).map(h => c.o.tsBase + Math.floor(h.at / MS) - h.s.tsEcr);
      s.expect(`nor by the new primary: ${Math.max(...after)} ms`, after.length >= 2 && Math.max(...after) < 60);
      s.expect("all acknowledged", c.acked === 15_000);
      c.rst(15_000);
      s.finish();
    },
  },
  {
    name: "edge-over-takeover",
    about: "the primary hears that bytes are stable before anybody else: what it offers stays what the others can honour (R15)",
    site: { services: [{ kind: Kind.discard, port: 9, rcv: 8192 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 9);
      s.delay(s.s(0), s.s(1), 10 * MS, isChain);
      for (let off = 0; off < 60_000 && off + 1000 <= c.edge;) {
        c.data(off, bytes(off, 1000));
        off += 1000;
        s.run(700);
        if (off + 1000 > c.edge) s.until("more window", 200 * MS, () => off + 1000 <= c.edge);
        if (off === 40_000) { s.crash(s.s(0)); s.run(200 * MS); for (let o = c.acked; o < off; o += 1000) c.data(o, bytes(o, Math.min(1000, off - o))); s.run(10 * MS); }
      }
      s.until("all acknowledged", SECOND, () => c.acked === 60_000);
      c.rst(60_000);
      s.finish();
    },
  },
  {
    name: "full-window-over-takeover",
    about: "a client has filled the offered window when the primary dies: the new one has room for every byte of it (R15)",
    site: { services: [{ kind: Kind.echo, port: 7, rcv: 8192, snd: 4096 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 7, { window: 0 });
      c.answers = false;
      let off = 0;
      for (let turns = 0; turns < 60; turns++, s.run(2 * MS)) {
        const n = Math.min(1000, c.edge - off);
        if (n > 0) { c.data(off, bytes(off, n)); off += n; }
      }
      s.expect(`the window is full, ${off}`, off === c.edge && off >= 8192);
      const edge = c.edge;
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.run(100 * MS);
      s.expect("all is acknowledged or can be sent again", c.edge >= edge);
      c.window = 65535;
      c.answers = true;
      c.ack();
      for (let o = c.acked; o < off; o += 1000) c.data(o, bytes(o, Math.min(1000, off - o)));
      s.until("the echo", 5 * SECOND, () => c.got.length === off);
      s.expect("the echo is what was sent", Buffer.compare(c.got, bytes(0, off)) === 0);
      closed(s, c, off);
    },
  },
  {
    name: "takeover-speaks-first",
    about: "what the dead primary said last is lost and the client waits in silence: the new one says it at once (R20)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      echoes(s, c, 0, 100);
      s.lose(s.s(0), s.r, frame => segmentOf(frame) !== null);
      c.data(100, bytes(100, 100));
      s.run(5 * MS);
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.until("the echo", 20 * MS, () => c.got.length === 200);
      closed(s, c, 200);
    },
  },
  {
    name: "takeover-with-clock-error",
    about: "the survivor's site clock is off by half of a lopsided round trip: no timestamp of its is older than the dead primary's (R13)",
    site: { site: { probeMs: 60 } },
    play(s) {
      s.world.link(s.r, s.s(1)).set.delay = 80 * MS;
      s.world.link(s.s(0), s.r).set.delay = 10 * MS;
      s.chain([0, 1, 2]);
      s.run(2 * SECOND);
      const talk = s.echo(8000, { turn: 200 });
      s.run(150 * MS);
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
  {
    name: "log-limit-closes-windows",
    about: "the primary gets no events for a while: the tail orders no more than the log can keep, and all goes on afterwards (R2)",
    site: { services: [{ kind: Kind.discard, port: 9, heartbeatMs: 50, silenceMs: 60_000, lagMs: 0 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 9);
      s.lose(s.s(1), s.s(0), frame => carries(frame, Section.events));
      for (let i = 0; i < 1200; i++) { c.data(i, bytes(i, 1)); s.run(300); }
      s.pass(s.s(1), s.s(0));
      s.until("all acknowledged", SECOND, () => c.acked === 1200);
      c.rst(1200);
      s.chain([0, 1, 2]);
      s.finish();
    },
  },
];

// ---- ICMP and fragments

const PACKETS: Scenario[] = [
  {
    name: "fragmentation-needed",
    about: "a router says that a segment of the primary's was too big: smaller ones follow, also after a takeover; a blind forgery changes nothing",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [600_000, 3] }] },
    play(s) {
      s.chain([0, 1, 2]);
      const peer = s.raw(), c = peer.conn(2000, 5001, { window: 8000 });
      c.syn();
      s.until("the handshake", 200 * MS, () => c.irs >= 0);
      c.answers = false;
      s.run(20 * MS);
      const big = c.heard.filter(h => h.s.length > 1000), last = big[big.length - 1];
      s.expect("large segments", big.length > 0);
      const says = (h: typeof last, mtu: number, by = 0): void => {
        const e = tooBig({ ...h, s: Object.assign(Object.create(Object.getPrototypeOf(h.s)), h.s, { seq: h.s.seq + by >>> 0 }) }, mtu);
        peer.frame(peer.packet(h.s.src, Proto.icmp, icmp(e.type, e.code, e.rest, e.data)));
      };
      says(last, 576, 1_000_000);
      s.run(5 * MS);
      s.expect("the forgery is refused", s.count(0, Count.icmpBlind) === 1 && s.count(0, Count.mtu) === 0);
      says(last, 1000);
      s.run(5 * MS);
      s.expect("the message is taken", s.count(0, Count.mtu) === 1);
      const at = s.now;
      c.answers = true;
      c.window = 65535;
      c.ack();
      s.run(20 * MS);
      s.expect("segments are small", c.since(at + MS).filter(h => h.s.length > 0).length > 3 && c.since(at + MS).every(h => h.s.length <= 948));
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.until("all sent", 10 * SECOND, () => c.ended);
      s.expect("the stream", Buffer.compare(c.got, new Ttcp(3).slice(0, 600_000)) === 0);
      c.fin(0);
      s.until("closed", SECOND, () => c.acked === 1);
      s.finish();
    },
  },
  {
    name: "fragments-to-a-replicated-connection",
    about: "a client's segments come in fragments, out of order, some lost at one replica: all replicas see the same bytes",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      const inPieces = (off: number, n: number, reverse: boolean): void => {
        const parts = fragments(c.build(off, {}, bytes(off, n)), 512);
        for (const f of reverse ? parts.reverse() : parts) c.peer.frame(f);
      };
      inPieces(0, 1400, false);
      s.until("the echo", 100 * MS, () => c.got.length === 1400);
      inPieces(1400, 1400, true);
      s.until("the echo", 100 * MS, () => c.got.length === 2800);
      s.lose(s.r, s.s(2), isCopy, 1);
      inPieces(2800, 1400, false);
      s.until("the echo", 100 * MS, () => c.got.length === 4200);
      s.crash(s.s(0));
      s.chain([1, 2]);
      inPieces(4200, 1400, false);
      s.until("the echo", 200 * MS, () => c.got.length === 5600);
      s.expect("the echo is what was sent", Buffer.compare(c.got, bytes(0, 5600)) === 0);
      closed(s, c, 5600);
    },
  },
];

// ---- SYN floods

const FLOODS: Scenario[] = ["none", "primary", "middle", "tail"].map((victim, k): Scenario => ({
  name: victim === "none" ? "syn-flood" : `syn-flood-kills-${victim}`,
  about: `SYNs that nobody completes fill the table${k ? `, and the ${victim} dies` : ""}: a client that completes its handshake is served by a cookie (R12)`,
  play(s) {
    s.world.check.cookies = true;
    s.chain([0, 1, 2]);
    const peer = s.raw(), before = s.echo(30_000, { turn: 300 });
    s.run(10 * MS);
    const flood = (from: number, n: number): void => {
      for (let i = from; i < from + n; i++) { peer.frame(peer.segment(10_000 + i, 7, 1 + i, 0, Flag.syn, 65535, undefined, undefined, 0xc6336400 + i % 250)); s.run(100); }
    };
    flood(0, 60);
    s.until("cookies", 100 * MS, () => { flood(100, 10); return sum(s, [0, 1, 2], Count.cookieSent) > 0; });
    const c = peer.conn(2000, 7, { sack: true, wscale: 2 });
    c.syn();
    if (k) { s.run(2 * MS); s.crash(s.s(k - 1)); }
    for (let i = 0; i < 40; i++) { flood(200 + 10 * i, 10); if (c.irs < 0 && i % 10 === 9) c.syn(); }
    s.until("the handshake", 5 * SECOND, () => c.irs >= 0 || (c.syn(), s.run(300 * MS), c.irs >= 0));
    s.run(20 * MS);
    echoes(s, c, 0, 1000, 2 * SECOND);
    s.until("the flow from before", 20 * SECOND, () => before.done);
    s.chain([0, 1, 2].filter(i => i !== k - 1));
    s.run(200 * SECOND);     // what nobody completes is given up
    closed(s, c, 1000);
  },
}));

export const DATA: Scenario[] = [...RESENDS, ...LOST, ...ACKS, ...CRASHES, ...LENGTHS, ...CUTS, ...DEAF, ...REPLIES, ...WINDOWS, ...GATES, ...PACKETS, ...FLOODS];
