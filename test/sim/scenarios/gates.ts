// What the client sees of the gates: acknowledgements and windows while the chain lags, and over a takeover.

import { Kind } from "../config.ts";
import { type RawConn } from "../raw.ts";
import { carries, isChain, Section, segmentOf } from "../wire.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { bytes, closed, dataCopy, echoes, opened } from "./scripted.ts";

/**
 * An echo connection whose primary alone lacks the first of three segments. It hears of their events one by one, of the last one `late` after it was
 * ordered. Returns when the primary has got what it lacked, two events' worth of it deposited.
 */
function holed(s: Stage, late: number): RawConn {
  const c = opened(s, 7, { sack: true }), up = s.world.link(s.s(1), s.s(0)).set;
  up.delay = 3 * MS;
  s.lose(s.r, s.s(0), dataCopy, 1);
  c.data(0, bytes(0, 500));
  s.run(2 * MS);
  c.data(500, bytes(500, 500));
  s.run(1.8 * MS);
  up.delay = late;
  c.data(1000, bytes(1000, 500));
  s.run(2.7 * MS);
  return c;
}

export const GATES: Scenario[] = [
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
    name: "hole-deposited-in-pieces",
    about: "a hole that the primary alone had is filled and deposited in pieces, the last of them late: no ACK stops in what SACK told of (R5a)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = holed(s, 3 * MS);
      s.until("the echo", 500 * MS, () => c.got.length === 1500);
      s.expect("SACK told of the block", c.heard.some(h => h.s.sack.includes(c.o.isn + 1 + 1500)));
      const stops = c.heard.map(h => h.s.ack - c.o.isn - 1).filter(a => a >= 500 && a < 1500);
      s.expect(`no ACK stops in the block, ${stops}`, stops.length === 0);
      closed(s, c, 1500);
    },
  },
  {
    name: "hole-deposited-in-pieces-too-late",
    about: "the same where the last piece takes longer than 5 ms: the client hears how far it got (R5a)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = holed(s, 20 * MS), at = s.now;
      s.until("an ACK in the block", 7 * MS, () => c.acked >= 500);
      s.expect(`not before 5 ms are over, ${(s.now - at) / MS} ms`, s.now - at >= 4 * MS && c.acked === 1000);
      s.until("the echo", 500 * MS, () => c.got.length === 1500);
      closed(s, c, 1500);
    },
  },
  {
    name: "duplicate-kept-under-the-gate",
    about: "a segment leaves a hole while the gate is closed: the duplicate ACK waits, and leaves with its block when all before the hole is deposited (R5a)",
    site: { services: [{ kind: Kind.discard, port: 9 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 9, { sack: true });
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      const at = s.now;
      c.data(0, bytes(0, 500));
      c.data(1000, bytes(1000, 500));
      s.until("an answer", 5 * MS, () => c.since(at).length > 0);
      const first = c.since(at)[0].s;
      s.expect("it acknowledges what is before the hole", first.ack === c.o.isn + 1 + 500);
      s.expect("SACK tells of the segment behind it", first.sack.includes(c.o.isn + 1 + 1500));
      c.data(500, bytes(500, 500));
      s.until("all is acknowledged", 100 * MS, () => c.acked === 1500);
      c.rst(1500);
      s.finish();
    },
  },
  {
    name: "data-leaves-under-the-gate",
    about: "data of the server's leaves while the gate is closed and a hole is known: it carries no block, which would tell of a hole that is none (R5a)",
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 7, { sack: true, window: 1000 });
      c.answers = false;
      for (let off = 0; off < 4000; off += 1000) c.data(off, bytes(off, 1000));
      s.until("a part of the echo", 50 * MS, () => c.got.length === 1000);
      s.run(50 * MS);
      s.world.link(s.s(1), s.s(0)).set.delay = 3 * MS;
      const at = s.now;
      c.window = 2400;     // not room for a full segment: a block would fit
      c.data(4000, bytes(4000, 500), { ack: 0 });
      c.data(5000, bytes(5000, 500), { ack: 0 });
      s.until("more of the echo", 2 * MS, () => c.got.length >= 2000);
      s.expect("it carries no block", c.since(at).every(h => h.s.sack.length === 0));
      c.answers = true;
      c.window = 65535;
      c.ack();
      c.data(4500, bytes(4500, 500));
      s.until("the echo", 500 * MS, () => c.got.length === 5500);
      closed(s, c, 5500);
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
