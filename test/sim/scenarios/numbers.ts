// Numbers that every replica must agree on, or carry on after a takeover: timestamps, round trips, the place of a reset.

import { Kind } from "../config.ts";
import { Flag } from "../packet.ts";
import { isCopy, isManage } from "../wire.ts";
import { MS, SECOND, type Scenario } from "./scenario.ts";
import { accuse, bytes, closed, copyFlags, echoes, opened } from "./scripted.ts";

export const NUMBERS: Scenario[] = [
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
      const last = c.o.tsBase + Math.floor(s.now / MS);
      s.crash(s.s(0));
      s.chain([1, 2]);
      const then = s.now;
      s.until("the new primary speaks", 10 * MS, () => c.since(then - MS).length > 0);
      const first = c.since(then - MS)[0].s;
      s.expect(`it echoes what its predecessor would: ${last - first.tsEcr} ms`, last - first.tsEcr < 10);
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
    name: "takeover-with-clock-error",
    about: "the primary's site clock is ahead and its successor's behind when the first says that it has left: no timestamp is older than the last one was (R13)",
    site: { services: [{ kind: Kind.echo, port: 7, silenceMs: 400 }], site: { probeMs: 60 } },
    play(s) {
      s.delay(s.s(0), s.r, 80 * MS, isManage);
      s.delay(s.r, s.s(1), 80 * MS, isManage);
      s.chain([0, 1, 2]);
      s.run(2 * SECOND);
      const c = opened(s), talk = s.echo(400_000, { turn: 200 });
      echoes(s, c, 0, 100);
      accuse(s, c);
      s.run(300 * MS);
      s.pass(s.s(0), s.r);
      s.pass(s.r, s.s(1));
      accuse(s, c);
      s.chain([1, 2], 50 * MS);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.expect(`nobody waited for long, ${talk.stall / MS} ms`, talk.stall < 40 * MS);
      closed(s, c, 100);
    },
  },
  {
    name: "site-clock-slews",
    about: "the primary finds out that its site clock is ahead by half of a round trip that was lopsided: its timestamps never go back (R13)",
    play(s) {
      s.delay(s.s(0), s.r, 80 * MS, isManage);
      s.chain([0, 1, 2]);
      s.run(2 * SECOND);
      const talk = s.echo(200_000, { turn: 200 });
      s.run(50 * MS);
      s.pass(s.s(0), s.r);
      s.until("the flow", 20 * SECOND, () => talk.done);
      s.chain([0, 1, 2]);
      s.finish();
    },
  },
  {
    name: "round-trip-over-takeover",
    about: "an echo of a timestamp from before a change of view is no measure of a round trip: a segment that the second new primary loses is sent again soon (R13)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s);
      for (let off = 0; off < 500; off += 100) echoes(s, c, off, 100);
      c.answers = false;
      echoes(s, c, 500, 100);
      s.crash(s.s(0));
      s.until("the tail is in the new view", 200 * MS, () => s.world.check.viewAt(0, 2) === 2);
      s.expect("and nobody speaks", !s.world.check.mayExist(0, 1));
      c.ack();
      s.chain([1, 2]);
      s.crash(s.s(1));
      s.chain([2]);
      s.run(50 * MS);
      const at = s.now;
      c.data(600, bytes(600, 100));
      s.until("the echo twice", 400 * MS, () => c.since(at).filter(h => h.s.length > 0).length === 2);
      c.answers = true;
      c.ack();
      closed(s, c, 700);
    },
  },
  {
    name: "backup-deaf-for-minutes",
    about: "a backup hears nothing of a client for longer than a primary would bear: it gives nothing up (R10)",
    site: { services: [{ kind: Kind.chargen, port: 19, snd: 8192, heartbeatMs: 200, silenceMs: 2000, lagMs: 0 }], site: { leaseMs: 3000 } },
    play(s) {
      s.chain([0, 1, 2], 10 * SECOND);
      const c = opened(s, 19, { window: 2000 });
      c.answers = false;
      s.lose(s.r, s.s(1), isCopy);
      for (let i = 0; i < 45; i++) { c.ack(); s.run(10 * SECOND); }
      s.expect(`it goes on, ${c.got.length}`, c.resets === 0 && c.got.length > 60_000);
      s.pass(s.r, s.s(1));
      c.rst(0);
      s.finish();
    },
  },
  {
    name: "reset-under-the-gate",
    about: "a client resets behind all it has sent, the primary alone hears of it and has not deposited that yet: it is exact (R11)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), view = s.world.check.viewNumber(0);
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      for (const i of [1, 2]) s.lose(s.r, s.s(i), copyFlags(Flag.rst));
      c.data(0, bytes(0, 500));
      s.run(0.5 * MS);
      c.rst(500);
      s.until("no connection anywhere", 100 * MS, () => s.world.check.held() === "");
      s.expect("nobody was removed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
  {
    name: "reset-at-the-last-ack",
    about: "a client resets at the ACK that it was last sent, the chain is further by then: the primary, which said so, takes it (R11)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s), view = s.world.check.viewNumber(0);
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      c.data(0, bytes(0, 500));
      s.run(0.5 * MS);
      c.rst(0);
      s.until("no connection anywhere", 100 * MS, () => s.world.check.held() === "");
      s.expect("nobody was removed", s.world.check.viewNumber(0) === view);
      s.finish();
    },
  },
];
