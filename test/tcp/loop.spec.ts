// Two connections of one instance through a pipe with loss, delay and reordering: A:port to FAR's address, which the pipe turns into PEER's
// towards B, and back. Everything is seeded.

import { A, B, FAR, PEER, end, start } from "./bed";
import { OUT, blank, next } from "../net/bed";
import * as bed from "../net/bed";
import { ETH, Eth, EtherType } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Tcp } from "../../assembly/wire/tcp";
import { Conn, State, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as checksum from "../../assembly/core/checksum";
import * as clock from "../../assembly/core/clock";
import * as frame from "../../assembly/core/frame";
import * as tcp from "../../assembly/tcp/tcp";

const QUEUE: u32 = 128;
const Q: usize = memory.data(16 * 128, 16);      // address, length, time
const DATA: usize = memory.data(1 << 16, 16);
const GOT: usize = memory.data(1 << 16, 16);
let queued: u32 = 0;
let seed: u32 = 1;
let loss: u32 = 0;       // of 1000
let delay: u32 = 10;     // ms
let jitter: u32 = 0;
let sacks: bool = true;
let dropped: u32 = 0;

function random(n: u32): u32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed % n; }

/** Takes all frames sent into the pipe. */
function collect(): void {
  for (let i: u32 = 0; i < 2; i++) {
    for (let n = next(i); n != 0; n = next(i)) {
      if (changetype<Eth>(OUT).rawType == EtherType.arp) { bed.answer(i, i == 0 ? PEER : FAR); continue; }
      if (random(1000) < loss || queued == QUEUE) { dropped++; continue; }
      const p = blank(), len = n - ETH;
      memory.copy(p + ETH, OUT + ETH, len);
      turn(p + ETH, len);
      const q = Q + (queued << 4);
      store<u32>(q, <u32>(p + ETH)); store<u32>(q, len, 4); store<u32>(q, clock.ms + delay + (jitter ? random(jitter) : 0), 8);
      queued++;
    }
  }
}

/** A to FAR becomes PEER to B; B to PEER becomes FAR to A. */
function turn(p: usize, n: u32): void {
  const h = changetype<Ip4>(p), t = changetype<Tcp>(p + IP), toB = h.dst == FAR;
  const bits = t.bits;
  if (!sacks && (bits & 2)) for (let q = p + IP + 20; q < p + IP + t.headerSize; q++) if (load<u8>(q) == 4 && load<u8>(q, 1) == 2) { store<u16>(q, 0x0101); break; }
  const src: u32 = toB ? PEER : FAR, dst: u32 = toB ? B : A;
  h.write(n, src, dst, 6, 64, 0, 0, 0);
  t.rawSum = 0;
  t.rawSum = checksum.finish(checksum.add(p + IP, n - IP, checksum.pseudo(src, dst, 6, n - IP)));
}

function arrive(): void {
  for (let i: u32 = 0; i < queued;) {
    const q = Q + (i << 4);
    if (load<u32>(q, 8) > clock.ms) { i++; continue; }
    const p = <usize>load<u32>(q), n = load<u32>(q, 4);
    queued--;
    memory.copy(q, q + 16, (queued - i) << 4);
    tcp.input(p, n);
  }
}

/** One millisecond. */
function step(): void {
  bed.later(1);
  arrive();
  while (tcp.flush()) {}
  collect();
}

class Run { total: u32; sent: u32; got: u32; ok: bool; ms: u32; }

function fill(off: u32, n: u32): void { for (let i: u32 = 0; i < n; i++) store<u8>(DATA + i, <u8>((off + i) * 31 >> 3)); }

function pump(c: Conn, r: Run): void {
  for (let n = min<u32>(min<u32>(tcp.room(c), r.total - r.sent), 8192); n != 0; n = min<u32>(min<u32>(tcp.room(c), r.total - r.sent), 8192)) {
    fill(r.sent, n);
    expect(tcp.send(c, DATA, n)).toBe(n);
    r.sent += n;
  }
}

function sink(c: Conn, r: Run): void {
  for (let n = tcp.recv(c, GOT, 65536); n != 0; n = tcp.recv(c, GOT, 65536)) {
    fill(r.got, n);
    if (memory.compare(DATA, GOT, n) != 0) r.ok = false;
    r.got += n;
  }
}

/** Moves n bytes from the connecting side to the other one, and closes both ways; milliseconds that it took, 0: not done in `limit`. */
function transfer(n: u32, limit: u32, algo: u32): u32 {
  const l = tcp.listen(B, 90, 1, false, 0, 65535 * 2, 65535, 0)!;
  tcp.configure(l, algo, false);
  const a = tcp.connect(A, 5000, FAR, 90, 3, 65535, 65535 * 4)!;
  a.cc = <u8>algo;
  const r: Run = { total: n, sent: 0, got: 0, ok: true, ms: 0 };
  let b: Conn | null = null, done = false;
  const from = clock.ms;
  while (clock.ms - from < limit && !done) {
    step();
    if (a.state == State.closed && a.dirty & 64) { done = true; }
    if (a.state >= <u8>State.established && r.sent < n) pump(a, r);
    if (r.sent == n && a.state >= <u8>State.established) tcp.shut(a);
    if (b == null) b = tcp.find(B, 90, PEER, 5000);
    if (b != null) {
      const c = b;
      sink(c, r);
      if (c.finDep && !c.prodFin && r.got == n) tcp.shut(c);
      done = a.state == State.timeWait && c.state == State.closed;
    }
    while (tcp.nextDirty() != null) {}
  }
  expect(r.ok).toBeTruthy("bytes are right");
  expect(r.got).toBe(n, "bytes arrived");
  const took = done ? clock.ms - from : 0;
  for (let i: u32 = 0; i < queued; i++) frame.free(<usize>load<u32>(Q + (i << 4)));
  queued = 0;
  return took;
}

function link(lossy: u32, ms: u32, jit: u32, s: u32): void { loss = lossy; delay = ms; jitter = jit; seed = s; dropped = 0; }

describe("loop", () => {
  beforeEach(() => { start(); bed.meet(1, FAR, 2); sacks = true; });
  afterEach(end);

  test("a_megabyte_without_loss_is_limited_by_the_window", () => {
    link(0, 10, 0, 7);
    const ms = transfer(1 << 20, 20000, 0);
    expect(ms).not.toBe(0);
    expect(ms < 1200).toBeTruthy("took " + ms.toString());
    expect(counters.get(C.retransmits)).toBe(0);
    expect(counters.get(C.timeouts)).toBe(0);
  });
  test("loss_of_one_percent_with_sack_and_cubic", () => {
    link(10, 10, 0, 99);
    const ms = transfer(1 << 20, 60000, 0);
    expect(ms).not.toBe(0);
    expect(ms < 5000).toBeTruthy("took " + ms.toString());
    expect(counters.get(C.retransmits) < dropped * 2).toBeTruthy(counters.get(C.retransmits).toString() + " for " + dropped.toString());
  });
  test("loss_of_one_percent_without_sack_and_newreno", () => {
    sacks = false;
    link(10, 10, 0, 99);
    const ms = transfer(1 << 20, 60000, 1);
    expect(ms).not.toBe(0);
    expect(ms < 8000).toBeTruthy("took " + ms.toString());
  });
  test("loss_of_twenty_percent_ends", () => {
    for (let s: u32 = 1; s < 6; s++) {
      link(200, 5, 3, s * 77);
      expect(transfer(50000, 600000, s & 1)).not.toBe(0);
      end(); start(); bed.meet(1, FAR, 2);
    }
  });
  test("reordering_by_jitter_loses_nothing", () => {
    link(0, 10, 8, 5);
    const ms = transfer(300000, 60000, 0);
    expect(ms).not.toBe(0);
  });
  test("one_byte", () => { link(0, 10, 0, 3); expect(transfer(1, 5000, 0)).not.toBe(0); });
  test("nothing_but_a_fin", () => { link(100, 10, 0, 3); expect(transfer(0, 60000, 0)).not.toBe(0); });
});
