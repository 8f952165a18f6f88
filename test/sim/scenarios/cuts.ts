// Cuts in one direction, between the servers and with the clients' side.

import { Kind } from "../config.ts";
import { Msg, only } from "../messages.ts";
import { isCopy } from "../wire.ts";
import { MS, SECOND, type Scenario } from "./scenario.ts";

/** Every directed link between two of the servers, and those to and from the redirector, cut for a while during transfers. */
const LINKS: Scenario[] = [0, 1, 2, 3].flatMap(a => [0, 1, 2, 3].filter(b => b !== a).map((b): Scenario => {
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

const SHORT: Scenario[] = [
  {
    name: "short-silence-removes-nobody",
    about: "a link is silent for one and a half times what is allowed, then heals: it was suspected, nobody is removed (R24)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(100_000, { turn: 300 }), view = s.world.check.viewNumber(0);
      s.run(20 * MS);
      s.cut([s.s(1), s.s(0)]);
      s.run(60 * MS);
      s.heal([s.s(1), s.s(0)]);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.run(200 * MS);
      s.expect("nobody is removed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
  {
    name: "lost-probes-remove-nobody",
    about: "a link is silent for a moment, and all but the last probe to one member are lost: it answers that one and stays (R24)",
    play(s) {
      s.chain([0, 1, 2]);
      const talk = s.echo(100_000, { turn: 300 }), view = s.world.check.viewNumber(0);
      s.run(20 * MS);
      s.cut([s.s(1), s.s(0)]);
      let lost = 0;
      s.lose(s.r, s.s(1), frame => only(Msg.probe)(frame) && ++lost > 0, s.world.site.probes - 1);
      s.run(60 * MS);
      s.heal([s.s(1), s.s(0)]);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.expect("nobody is removed", s.world.check.viewNumber(0) === view);
      s.expect("probes were lost", lost === s.world.site.probes - 1);
      s.finish();
    },
  },
];

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

export const CUTS: Scenario[] = [...LINKS, ...DEAF, ...SHORT, ...REPLIES];
