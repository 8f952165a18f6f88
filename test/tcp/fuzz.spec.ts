// Random segments near the edges of what a connection expects: no trap, nothing but the stream's bytes, all pools full at the end.

import { BUF, F, K, P, R, S, end, gated, modern, mssOpt, produce, rawOpt, sackOpt, seg, setMute, start, take, tsOpt } from "./bed";
import { Conn } from "../../assembly/tcp/conn";
import * as bed from "../net/bed";
import * as tcp from "../../assembly/tcp/tcp";

let seed: u32 = 1;
function random(n: u32): u32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed % n; }

/** A number near `v`. */
function near(v: u32): u32 { return random(3) == 0 ? v : v + random(4000) - 2000; }

function shoot(c: Conn): void {
  const bits = random(20) == 0 ? random(64) & ~R : K | (random(30) == 0 ? F : 0) | (random(60) == 0 ? S : 0);
  if (c.options & 1 && random(20)) tsOpt(100 + random(30), 0);
  if (random(4) == 0) sackOpt(near(c.heardAck + 1000), near(c.sentMax));
  if (random(50) == 0) rawOpt(random(0xffffffff));
  seg(bits, near(c.rcvd + 1), random(40) ? c.heardAck + 1 + random(c.sentMax - c.heardAck + 1) : near(c.heardAck), random(60000), random(3) ? random(1200) : 0);
}

function check(c: Conn): void {
  const n = tcp.recv(c, BUF + (1 << 16), 4096), at = c.readOff - n;
  let bad = 0;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(BUF + (1 << 16) + i) != load<u8>(BUF + ((at + i) & 0xffff))) bad++;
  expect(bad).toBe(0);
}

function drainAll(): void { while (take()) {} while (tcp.nextDirty() != null) {} }

describe("fuzz", () => {
  beforeEach(start);
  afterEach(end);

  test("a_plain_connection_survives_random_segments", () => {
    for (let s: u32 = 1; s < 40; s++) {
      seed = s * 7919;
      const c = modern();
      for (let i = 0; i < 300 && c.state != 0; i++) {
        shoot(c);
        if (random(3) == 0 && tcp.room(c) >= 500) produce(c, random(500));
        if (random(10) == 0) { bed.later(random(300)); tcp.flush(); }
        if (random(50) == 0 && i > 200) { tcp.shut(c); tcp.flush(); }
        check(c);
        drainAll();
      }
      end(); start();
    }
  });
  test("a_gated_connection_survives_random_segments_and_owners", () => {
    for (let s: u32 = 1; s < 40; s++) {
      seed = s * 104729;
      setMute(s & 1);
      const c = gated(true);
      for (let i = 0; i < 300; i++) {
        shoot(c);
        if (random(3) == 0 && tcp.room(c) >= 500) produce(c, random(500));
        if (random(3) == 0) tcp.allow(c, c.prod - random(2) * ((c.prod - c.ok) >> 1), false);
        if (random(3) == 0) tcp.deposit(c, random(c.rcvd - c.dep + 1));
        if (random(20) == 0) tcp.discard(c);
        if (random(20) == 0) tcp.hearAck(c, c.heardAck + random(c.prod - c.heardAck + 1), false, random(60000));
        if (random(5) == 0) { tcp.release(c, c.acked + random(c.heardAck - c.acked + 1), false); tcp.keep(c, c.readOff); tcp.limitEdge(c, c.edge); }
        if (random(40) == 0) { setMute(random(2)); tcp.speak(c); }
        if (random(10) == 0) { bed.later(random(300)); tcp.flush(); }
        check(c);
        drainAll();
      }
      setMute(0);
      end(); start();
    }
  });
});
