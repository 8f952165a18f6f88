// Members that die, in each place and phase.

import { Kind } from "../config.ts";
import { Chargen } from "../pattern.ts";
import { carries, isChain, isCopy, Section } from "../wire.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { bareAck, bytes, closed, dataCopy, echoes, opened } from "./scripted.ts";

/** Kills host i in the middle of a bulk echo, of a ping-pong, and of a handshake. */
function killed(i: number): Scenario[] {
  const rest = [0, 1, 2].filter(k => k !== i), place = ["primary", "middle", "tail"][i];
  const during = (what: string, start: (s: Stage) => void, when: number): Scenario => ({
    name: `${place}-crash-during-${what}`,
    about: `the ${place} of three dies during ${what}: the client notices nothing`,
    play(s) {
      s.chain([0, 1, 2]);
      start(s);
      s.run(when);
      s.crash(s.s(i));
      s.chain(rest);
      s.finish();
    },
  });
  return [
    during("bulk", s => s.echo(400_000), 30 * MS),
    during("ping-pong", s => s.echo(20_000, { turn: 100 }), 20 * MS),
    during("handshake", s => s.echo(1000), 150),
    during("close", s => s.echo(100, { shut: "sent" }), 700),
  ];
}

const PLACES: Scenario[] = [
  {
    name: "all-is-well",
    about: "no fault: everything passes, a chain of three stands",
    play(s) {
      s.chain([0, 1, 2]);
      for (let i = 0; i < 5; i++) s.echo(20_000 * i + 1);
      s.finish();
      s.run(SECOND);
      s.expect("nobody was removed", s.world.check.viewNumber(0) === 1);
    },
  },
  ...[0, 1, 2].flatMap(killed),
];

// ---- between two steps

const STEPS: Scenario[] = [
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

export const CRASHES: Scenario[] = [...PLACES, ...STEPS, ...LENGTHS];
