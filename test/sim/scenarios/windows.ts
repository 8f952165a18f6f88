// Windows, timers, and ends of connections over a takeover.

import { Kind } from "../config.ts";
import { Chargen, Ttcp } from "../pattern.ts";
import { isCopy } from "../wire.ts";
import { MS, SECOND, type Scenario } from "./scenario.ts";
import { bareAck, bytes, closed, Count, echoes, opened } from "./scripted.ts";

export const WINDOWS: Scenario[] = [
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
  {
    name: "window-rounded-up",
    about: "the offered window is a multiple of four, the room is not: the client may fill it to the last byte (R15a)",
    site: { services: [{ kind: Kind.echo, port: 7, rcv: 131_072, snd: 4096 }] },
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 7, { window: 0, wscale: 0 });
      c.answers = false;
      let off = 0;
      for (let idle = 0; idle < 120; s.run(0.5 * MS)) {
        const n = Math.min(1001, c.edge - off);
        if (n === 0) { idle++; continue; }
        c.data(off, bytes(off, n));
        off += n;
      }
      s.expect(`the window is full, ${off}`, off === c.edge && off > 131_072);
      s.expect(`every byte of it is acknowledged, ${c.acked}`, c.acked === off);
      c.window = 65535;
      c.answers = true;
      c.ack();
      s.until("the echo", 5 * SECOND, () => c.got.length === off);
      closed(s, c, off);
    },
  },
];
