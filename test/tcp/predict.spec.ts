// Header prediction against the long way: the same random segments, once as they are and once with ECE, which is never predicted and otherwise means
// nothing here. Every connection block and every frame must come out the same.

import { BUF, F, K, P, S, end, gated, modern, out, outLen, outWnd, produce, sackOpt, seg, setMute, start, take, tsOpt } from "./bed";
import { Conn, ConnSize } from "../../assembly/tcp/conn";
import * as bed from "../net/bed";
import * as clock from "../../assembly/core/clock";
import * as tcp from "../../assembly/tcp/tcp";

/** RFC 3168; we agree on no ECN. */
const ECE: u32 = 64;
const STEPS: u32 = 250;
const SUMS: usize = memory.data(4 * 250, 16);   // after each step of the first run
let seed: u32 = 1, sum: u32 = 0;
function random(n: u32): u32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed % n; }

function mix(v: u32): void { sum = (sum ^ v) * 0x01000193; sum ^= sum >> 15; }

function look(c: Conn): void {
  for (let i: u32 = 0; i < <u32>ConnSize.bytes; i += 4) mix(load<u32>(changetype<usize>(c) + i));
  while (take()) { mix(out().seq); mix(out().ack); mix(out().bits); mix(outWnd); mix(outLen()); mix(out().rawSum); }
  while (tcp.nextDirty() != null) {}
}

/** Mostly what prediction is for; now and then anything else. */
function shoot(c: Conn, also: u32): void {
  const odd = random(8) == 0;
  if (c.options & 1 && (!odd || random(3))) tsOpt(clock.ms - (odd ? random(3000) : 0), 0);
  if (odd && random(3) == 0) sackOpt(c.heardAck + 1 + random(1000), c.sentMax + 1);
  const bits = K | (random(2) ? P : 0) | (odd && random(4) == 0 ? F : 0) | (odd && random(10) == 0 ? S : 0) | also;
  const ack = random(3) ? c.heardAck + random((c.gated ? c.prod : c.sentMax) - c.heardAck + 1) : odd ? c.heardAck + random(4000) - 2000 : c.heardAck;
  seg(bits, c.rcvd + 1 + (odd ? random(3000) - 1500 : 0), ack + 1, random(4) ? 20000 : random(60000), random(3) ? random(1000) : 0);
}

/** One run; the first step whose outcome differs from that of the first run, or STEPS. */
function play(s: u32, owned: bool, also: u32, first: bool): u32 {
  start();
  seed = s * 7919; sum = 0;
  const c = owned ? gated(true) : modern();
  let differs = STEPS;
  for (let i: u32 = 0; i < STEPS && c.state != 0; i++) {
    shoot(c, also);
    if (random(2) == 0 && tcp.room(c) >= 3000) produce(c, random(3000));
    if (random(3)) tcp.recv(c, BUF + (1 << 16), 4096);
    if (random(12) == 0) { bed.later(random(300)); tcp.flush(); }
    if (owned) steer(c);
    look(c);
    if (first) store<u32>(SUMS + (i << 2), sum);
    else if (differs == STEPS && load<u32>(SUMS + (i << 2)) != sum) differs = i;
  }
  setMute(0);
  end();
  return differs;
}

function steer(c: Conn): void {
  tcp.allow(c, c.prod, false);
  if (random(3)) tcp.deposit(c, random(c.rcvd - c.dep + 1));
  if (random(4) == 0) { tcp.release(c, c.acked + random(c.heardAck - c.acked + 1), false); tcp.keep(c, c.readOff); tcp.limitEdge(c, c.edge); }
  if (random(60) == 0) setMute(random(2));
  tcp.flush();
}

function same(owned: bool): void {
  for (let s: u32 = 1; s < 25; s++) {
    play(s, owned, 0, true);
    expect(play(s, owned, ECE, false)).toBe(STEPS, s.toString());
  }
}

describe("header prediction", () => {
  test("a_plain_connection_comes_out_the_same", () => { same(false); });
  test("a_gated_connection_comes_out_the_same", () => { same(true); });
});
