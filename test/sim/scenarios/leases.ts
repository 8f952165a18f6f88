// Leases and fencing (CHAIN R18, R19, R25, R26, R26a): who may speak to clients while members, their clocks and their links fail.

import { Kind } from "../config.ts";
import { messageOf, Msg, MsgFlag, only } from "../messages.ts";
import { EtherType, u16 } from "../packet.ts";
import { isManage } from "../wire.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { accuse, bytes, closed, echoes, opened } from "./scripted.ts";

/** Whether host i may speak to clients now. */
const speaks = (s: Stage, i: number): boolean => s.world.check.mayExist(0, i);

const silent = (s: Stage, i: number, bound = 500 * MS): void => s.until(`s${i}'s lease is over`, bound, () => !speaks(s, i));

/** Runs until the newest view has exactly these hosts, whoever knows. */
function decided(s: Stage, hosts: number[], bound = 500 * MS): void {
  s.until(`a view of ${hosts.map(i => `s${i}`).join(" ")}`, bound, () => s.world.check.membersOf(0).map(n => n - 2).join() === hosts.join());
}

/** Host i is alone: neither the manager nor its successor hears of it, nor it of them; clients' packets reach it. */
function apart(s: Stage, i: number): void {
  s.lose(s.s(i), s.r, isManage);
  s.lose(s.r, s.s(i), isManage);
  s.cut([s.s(i), s.s(i + 1)], [s.s(i + 1), s.s(i)]);
}

function together(s: Stage, i: number): void {
  s.pass(s.s(i), s.r);
  s.pass(s.r, s.s(i));
  s.heal([s.s(i), s.s(i + 1)], [s.s(i + 1), s.s(i)]);
}

const LAPSES: Scenario[] = [
  {
    name: "lease-lapses-and-returns",
    about: "the primary's grants are lost for longer than a lease: it is silent, and says all at once when it has one again (R18, R20)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), view = s.world.check.viewNumber(0);
      echoes(s, c, 0, 100);
      s.lose(s.r, s.s(0), isManage);
      silent(s, 0);
      const at = s.now;
      c.data(100, bytes(100, 100));
      s.run(50 * MS);
      s.expect("nothing is said without a lease", c.since(at).length === 0);
      s.pass(s.r, s.s(0));
      s.until("a lease", 150 * MS, () => speaks(s, 0));
      s.until("the echo", 2 * MS, () => c.got.length === 200);
      s.expect("nobody was removed", s.world.check.viewNumber(0) === view);
      closed(s, c, 200);
    },
  },
  {
    name: "lease-lapses-during-download",
    about: "a lease lapses in the middle of a transfer for longer than a retransmission timeout: what was not said is not lost, the congestion window stands (R20)",
    site: { services: [{ kind: Kind.ttcpSource, port: 5001, params: [6_000_000, 3] }], clientLink: { delay: 5 * MS } },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 5001);
      s.lose(s.r, s.s(0), isManage);
      silent(s, 0);
      s.run(320 * MS);
      const had = c.got.length;
      s.expect(`in the middle, ${had}`, had > 100_000 && !c.ended);
      s.pass(s.r, s.s(0));
      s.until("a lease", 150 * MS, () => speaks(s, 0));
      s.run(8 * MS);
      s.expect(`the first words are a whole window, ${c.got.length - had}`, c.got.length - had >= 10_000);
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "frame-in-ring-over-lease-end",
    about: "frames wait in the primary's ring while its lease ends: they do not leave, and are said again with the next lease (R18a)",
    play(s) {
      s.s(0).machine.txDelay = 7 * MS;
      s.chain([0, 1, 2]);
      const c = opened(s);
      s.lose(s.r, s.s(0), isManage);
      let off = 0;
      while (speaks(s, 0)) { c.data(off, bytes(off, 10)); off += 10; s.run(MS); }
      const at = s.now;
      s.run(20 * MS);
      s.expect("nothing leaves after the end", c.since(at + MS).length === 0);
      s.expect("frames were dropped in the ring", s.s(0).lateFrames() > 0 && c.got.length < off);
      s.pass(s.r, s.s(0));
      s.until("a lease", 150 * MS, () => speaks(s, 0));
      s.until("the echo", 20 * MS, () => c.got.length === off);
      closed(s, c, off);
    },
  },
  {
    name: "suspend-primary-past-lease",
    about: "the primary is suspended with frames in its ring and wakes after it was removed: it says nothing of all that (R18a)",
    play(s) {
      s.s(0).machine.txDelay = 8 * MS;
      s.chain([0, 1, 2]);
      const c = opened(s);
      let off = 0;
      for (; off < 200; off += 10) { c.data(off, bytes(off, 10)); s.run(MS); }
      s.pause(s.s(0));
      s.chain([1, 2]);
      s.until("the echo", 50 * MS, () => c.got.length === off);
      echoes(s, c, off, 300);
      s.resume(s.s(0));
      s.run(20 * MS);
      s.expect("frames were dropped in the ring", s.s(0).lateFrames() > 0);
      closed(s, c, off + 300);
      s.chain([1, 2, 0], 10 * SECOND);
    },
  },
  {
    name: "grant-arrives-late",
    about: "grants reach the primary half a lease after it asked: the lease counts from the ask (R18)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(1_000_000, { turn: 300 });
      s.delay(s.r, s.s(0), 150 * MS, only(Msg.grant));
      s.run(SECOND);
      s.expect("it speaks on", speaks(s, 0) && !talk.done);
      s.lose(s.s(0), s.r, isManage);
      s.chain([1, 2]);
      s.pass(s.s(0), s.r);
      s.pass(s.r, s.s(0));
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
];

const FENCES: Scenario[] = [
  {
    name: "lease-end-with-drift",
    about: "the primary's clock is slow and the manager's fast, by as much as is allowed together: the fence covers the lease (R19)",
    site: { site: { leaseMs: 10_000, marginMs: 0 }, machine: name => ({ drift: name === "s0" ? -5e-4 : name === "r" ? 5e-4 : 0 }) },
    play(s) {
      s.chain([0, 1, 2], 30 * SECOND);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      apart(s, 0);
      s.chain([1, 2], 30 * SECOND);
      together(s, 0);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
  {
    name: "two-removals-in-one-lease",
    about: "the primary is cut off and its successor dies before the former's lease is over: the third waits for that lease all the same (R19)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      apart(s, 0);
      decided(s, [1, 2]);
      s.crash(s.s(1));
      decided(s, [2]);
      s.run(10 * MS);
      s.expect("the first primary may speak still", speaks(s, 0));
      s.chain([2]);
      together(s, 0);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.chain([2, 0], 10 * SECOND);
      s.finish();
    },
  },
  {
    name: "ask-of-old-view-during-promotion",
    about: "while a new primary waits for the old one's lease, asks of both from within the old view arrive: they count for nothing (R18, R19)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(20_000, { turn: 300 }), view = s.world.check.viewNumber(0);
      s.run(20 * MS);
      apart(s, 0);
      const olds = s.hold(s.s(0), s.r, only(Msg.ask, Msg.answer));
      decided(s, [1, 2]);
      const news = s.hold(s.s(1), s.r, only(Msg.ask), Infinity, true);
      s.until("an ask of both", 150 * MS, () => olds.frames.length > 0 && news.frames.length > 0);
      s.expect("the old one may speak still", speaks(s, 0));
      olds.again();
      s.run(5 * MS);
      s.expect("the old one may speak still, the new one has not heard", speaks(s, 0) && s.world.check.viewAt(0, 1) === view);
      s.chain([1, 2]);
      together(s, 0);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
  {
    name: "late-stopped-word",
    about: "a node's word that it has left an earlier view arrives when it is primary again and cut off: it does not end the wait for its lease (R19)",
    site: { hosts: 2 },
    play(s) {
      s.chain([0, 1]);
      s.pause(s.s(0));
      s.chain([1]);
      const word = s.hold(s.s(0), s.r, frame => ((messageOf(frame)?.flags ?? 0) & MsgFlag.left) !== 0, Infinity, true);
      s.resume(s.s(0));
      s.chain([1, 0], 10 * SECOND);
      s.expect("the word was said", word.frames.length > 0);
      s.crash(s.s(1));
      s.chain([0]);
      s.boot(s.s(1));
      s.chain([0, 1], 10 * SECOND);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      apart(s, 0);
      decided(s, [1]);
      s.expect("the old one may speak still", speaks(s, 0));
      word.again();
      s.run(5 * MS);
      s.expect("and so it may now", speaks(s, 0));
      s.chain([1]);
      together(s, 0);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
  {
    name: "left-word-ends-fence",
    about: "a primary that is told to go says so when it has: nobody waits for its lease (R19)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), talk = s.echo(200_000, { turn: 300 });
      echoes(s, c, 0, 100);
      accuse(s, c);
      s.run(300 * MS);
      accuse(s, c);
      decided(s, [1, 2], 50 * MS);
      s.chain([1, 2], 20 * MS);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.expect(`nobody waited for long, ${talk.stall / MS} ms`, talk.stall < 50 * MS);
      closed(s, c, 100);
    },
  },
  {
    name: "frame-awaits-arp-while-its-sender-leaves",
    about: "a removed primary's words wait for a neighbour's ARP answer: it says that it has left, and they never leave (R19, R23)",
    site: { bypass: true, site: { leaseMs: 3000 } },
    play(s) {
      const router = s.world.router!;
      s.lose(router, s.s(0), f => u16(f, 12) === EtherType.arp);
      s.chain([0, 1, 2]);
      const talk = s.echo(2000);
      s.run(20 * MS);
      s.cut([s.s(0), s.s(1)], [s.s(1), s.s(0)]);
      s.lose(s.s(0), s.r, isManage);
      decided(s, [1, 2], 200 * MS);
      s.pass(s.s(0), s.r);
      s.chain([1, 2], 30 * MS);
      s.until("the successor's words", 100 * MS, () => talk.established);
      s.pass(router, s.s(0));
      s.run(600 * MS);
      s.finish();
    },
  },
  {
    name: "registration-ends-fence",
    about: "a primary starts anew at once and registers: it has no lease any more, nobody waits for it (R19)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(20_000, { turn: 300 });
      s.run(20 * MS);
      s.crash(s.s(0));
      s.boot(s.s(0));
      s.chain([1, 2], 30 * MS);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
];

/** The manager and one member do not hear each other, in one direction; clients' packets and the acknowledgement channel pass. */
const DEAF: Scenario[] = [0, 1, 2].flatMap(i => [true, false].map((asks): Scenario => ({
  name: asks ? `one-way-cut-asks-of-s${i}` : `one-way-cut-manager-to-s${i}`,
  about: `for a second ${asks ? `the manager hears nothing of s${i}` : `s${i} hears nothing of the manager`}, all else passes: nobody speaks without a lease, the client's transfers go on (R18, R19)`,
  play(s) {
    s.chain([0, 1, 2]);
    const bulk = s.echo(2_000_000), talk = s.echo(1_000_000, { turn: 300 });
    s.run(30 * MS);
    const from = asks ? s.s(i) : s.r, to = asks ? s.r : s.s(i);
    s.lose(from, to, isManage);
    s.run(SECOND);
    s.pass(from, to);
    s.expect("the client was busy all that time", !talk.done);
    s.until("the flows", 20 * SECOND, () => bulk.done && talk.done);
    s.expect(`no byte was waited for longer than a second, ${Math.max(bulk.stall, talk.stall) / MS} ms`, Math.max(bulk.stall, talk.stall) < SECOND);
    s.world.allJoined(10 * SECOND);
    s.finish();
  },
})));

/** Who was not polled for a while does not hold the others to account for it (R25). */
const SLEEPS: Scenario[] = [
  {
    name: "site-suspended",
    about: "all nodes of the site are suspended for longer than silence, lag and lease allow: nobody is removed (R25)",
    play(s) {
      s.chain([0, 1, 2]);
      const bulk = s.echo(3_000_000), talk = s.echo(100_000, { turn: 300 }), all = [s.r, s.s(0), s.s(1), s.s(2)], view = s.world.check.viewNumber(0);
      s.run(20 * MS);
      for (const n of all) s.pause(n);
      s.run(1.5 * SECOND);
      for (const n of all) s.resume(n);
      s.until("the flows", 20 * SECOND, () => bulk.done && talk.done);
      s.expect("nobody was removed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
  {
    name: "manager-suspended-in-a-loss",
    about: "nobody who has state can be heard, and the manager is suspended for longer than the loss timeout: it does not begin afresh (R25, R26a)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(100_000, { turn: 300 });
      s.run(20 * MS);
      for (const i of [0, 1]) { s.lose(s.s(i), s.r, isManage); s.lose(s.r, s.s(i), isManage); }
      s.crash(s.s(2));
      s.boot(s.s(2));
      s.run(500 * MS);
      s.pause(s.r);
      s.run(4 * SECOND);
      s.resume(s.r);
      s.run(50 * MS);
      for (const i of [0, 1]) { s.pass(s.s(i), s.r); s.pass(s.r, s.s(i)); }
      s.chain([0, 1]);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.finish();
    },
  },
];

const LOSSES: Scenario[] = [
  {
    name: "last-member-is-silent",
    about: "the only member stands still for a second: it stays, and goes on (R26)",
    site: { hosts: 1 },
    play(s) {
      s.chain([0]);
      const talk = s.echo(100_000, { turn: 300 }), view = s.world.check.viewNumber(0);
      s.run(20 * MS);
      s.pause(s.s(0));
      s.run(SECOND);
      s.resume(s.s(0));
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.expect("it stayed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
  {
    name: "total-loss-behind-fence",
    about: "two members start anew and the primary is cut off: a chain without state begins when the primary's lease is over, and the old one is out (R26a, R23)",
    site: { site: { lossTimeoutMs: 80 } },
    play(s) {
      s.world.check.lossAllowed = true;
      s.chain([0, 1, 2]);
      const old = s.echo(200_000, { turn: 300, resetAllowed: true });
      s.run(30 * MS);
      apart(s, 0);
      for (const i of [1, 2]) { s.crash(s.s(i)); s.boot(s.s(i)); }
      s.run(140 * MS);
      s.expect("the old primary may speak still", speaks(s, 0));
      s.chain([1, 2]);
      together(s, 0);
      s.until("it is out", 150 * MS, () => s.world.check.viewAt(0, 0) === 0);
      s.until("the old connection is reset", 20 * SECOND, () => old.broken);
      s.echo(3000);
      s.chain([1, 2, 0], 10 * SECOND);
      s.finish();
    },
  },
  {
    name: "chain-of-one-comes-back",
    about: "the only member starts anew: it serves again at once, and resets what it does not know (R26a)",
    site: { hosts: 1 },
    play(s) {
      s.world.check.lossAllowed = true;
      s.chain([0]);
      const old = s.echo(200_000, { turn: 300, resetAllowed: true });
      s.run(30 * MS);
      s.crash(s.s(0));
      s.run(5 * MS);
      s.boot(s.s(0));
      s.chain([0], SECOND);
      s.until("the old connection is reset", 20 * SECOND, () => old.broken);
      s.echo(3000);
      s.finish();
    },
  },
];

export const LEASES: Scenario[] = [...LAPSES, ...FENCES, ...DEAF, ...SLEEPS, ...LOSSES];
