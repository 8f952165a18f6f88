// The data plane: segments that differ or are lost at chosen replicas.

import { Kind } from "../config.ts";
import { Flag } from "../packet.ts";
import { Chargen, Noise, Ttcp } from "../pattern.ts";
import { type RawPeer } from "../raw.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { bareAck, bytes, closed, copyFlags, copyWith, Count, dataCopy, echoes, opened, sum } from "./scripted.ts";

const other = new Noise(30_000);

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

export const DATA: Scenario[] = [...RESENDS, ...LOST, ...ACKS];
