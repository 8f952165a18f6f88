// Services that do not get on alike: one replica's disk is slow, so that it reads and produces later than those below it (R1, R6, R15).

import { createHash } from "node:crypto";
import { pack } from "../../../tools/content/image.ts";
import { Kind } from "../config.ts";
import { Noise } from "../pattern.ts";
import { type RawConn } from "../raw.ts";
import { MS, SECOND, type Scenario, type Stage } from "./scenario.ts";
import { opened } from "./scripted.ts";

const SIZE = 100_000;
const FILE = Uint8Array.from({ length: SIZE }, (_, i) => new Noise(5).slice(i, 1)[0]);
const IMAGE = new Uint8Array(pack(new Map([["/file", FILE]])));

const site = (rcv = 65536): Scenario["site"] => ({
  services: [{ kind: Kind.http, port: 80, rcv, snd: 32768 }], content: IMAGE, contentHash: createHash("sha256").update(IMAGE).digest(),
});

/** What host i's disk is asked for comes later; or no more. */
function slow(s: Stage, i: number, on = true): void { s.s(i).machine.contentLater = on ? 1 : 0.1; }

/** A request, filled up to n bytes by a field that nobody reads. */
function request(method: string, n: number, close: boolean): Uint8Array {
  const head = `${method} /file HTTP/1.1\r\nHost: hydranet\r\n${close ? "Connection: close\r\n" : ""}Fill: `;
  return new TextEncoder().encode(`${head}${"x".repeat(n - head.length - 4)}\r\n\r\n`);
}

/** The answer to a GET has come, whole. */
function answered(s: Stage, c: RawConn): void {
  s.until("the answer", 2 * SECOND, () => c.ended);
  s.expect("the file", c.got.length > SIZE && Buffer.compare(c.got.subarray(c.got.length - SIZE), FILE) === 0);
}

/** Closes the client's side. */
function closes(s: Stage, c: RawConn, off: number): void {
  c.fin(off);
  s.until("closed", SECOND, () => c.acked === off + 1);
  s.finish();
}

const SLOW: Scenario[] = [0, 1, 2].map(i => ({
  name: `slow-content-at-s${i}`,
  about: `the disk of s${i} is slow: nothing leaves that it has not produced too (R6)`,
  site: site(),
  play(s) {
    s.chain([0, 1, 2]);
    const c = opened(s, 80);
    slow(s, i);
    c.data(0, request("GET", 200, true));
    s.run(30 * MS);
    s.expect("nothing is said", c.got.length === 0);
    slow(s, i, false);
    s.until("a part of it", SECOND, () => c.got.length > 20_000);
    slow(s, i);
    s.run(100 * MS);
    slow(s, i, false);
    answered(s, c);
    closes(s, c, 200);
  },
}));

export const PROGRESS: Scenario[] = [
  ...SLOW,
  {
    name: "slow-content-over-takeover",
    about: "the tail's disk is slow when the primary dies: the new one sends no more than the tail has produced (R6)",
    site: site(),
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 80);
      c.data(0, request("GET", 200, true));
      s.until("a part of it", SECOND, () => c.got.length > 20_000);
      slow(s, 2);
      s.run(20 * MS);
      const had = c.got.length;
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.run(50 * MS);
      s.expect(`it waits for the tail, ${c.got.length - had}`, c.got.length - had < 33_000 && !c.ended);
      slow(s, 2, false);
      answered(s, c);
      closes(s, c, 200);
    },
  },
  {
    name: "optimistic-ack-while-one-lags",
    about: "a client acknowledges what it was never sent, and one replica has not produced that yet: it frees nothing before it has (R1)",
    site: site(),
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 80), view = s.world.check.viewNumber(0);
      slow(s, 1);
      c.answers = false;
      c.data(0, request("GET", 200, false));
      s.run(20 * MS);
      c.data(200, request("HEAD", 200, false), { ack: 30_000 });
      s.run(20 * MS);
      s.expect("nothing is said", c.got.length === 0);
      slow(s, 1, false);
      s.until("what follows", 100 * MS, () => c.heard.some(h => h.s.length > 0 && h.s.seq === (c.irs + 1 + 30_000 >>> 0)));
      s.expect("the chain stands", s.world.check.viewNumber(0) === view);
      c.rst(400);
      s.until("no connection anywhere", 100 * MS, () => s.world.check.held() === "");
      s.finish();
    },
  },
  {
    name: "slow-reader-over-takeover",
    about: "one replica reads behind the others for want of its disk: the window is no wider than its room, and when it takes over nothing goes back (R15)",
    site: site(8192),
    play(s) {
      s.chain([0, 1, 2]);
      const c = opened(s, 80), one = request("HEAD", 1000, false);
      slow(s, 1);
      let off = 0;
      const fill = (): void => {
        for (let turns = 0; turns < 40; turns++, s.run(MS)) if (off + 1000 <= c.edge && off < 20_000) { c.data(off, one); off += 1000; }
      };
      fill();
      const edge = c.edge;
      s.expect(`the window is full, ${off} of ${edge}`, off + 1000 > edge && off >= 8000 && c.got.length === 0);
      s.crash(s.s(0));
      s.chain([1, 2]);
      s.run(50 * MS);
      slow(s, 1, false);
      c.ack();
      fill();
      s.until("all is acknowledged", SECOND, () => c.acked === off);
      s.expect("the window has moved on", off > 8192);
      closes(s, c, off);
    },
  },
];
