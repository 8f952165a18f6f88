// Every driver against its chip's model, by the same tests.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chip, CHIPS } from "./chips.ts";
import { frame, Machine, type Model } from "./machine.ts";

const FRAMES = 128, MS = 1000;
/** Counters (assembly/nic/counters.ts). */
const RX_CRC = 320, RX_ALIGN = 321, RX_SHORT = 322, RX_LONG = 323, OVERFLOW = 325, TX_TIMEOUT = 329, RESTART = 332, DEAD = 333;
const UP = 2;

async function machine(chip: Chip, n = 1): Promise<{ m: Machine; nics: Model[] }> {
  const m = new Machine(), nics = Array.from({ length: n }, (_, i) => chip.plug(m, i));
  assert.equal(await m.boot(n), n, m.log.join("; "));
  m.run(6 * MS);
  for (let i = 0; i < n; i++) assert.equal(m.x.state(i), UP, m.log.join("; "));
  return { m, nics };
}

/** The bytes of a sent frame, which may have been padded to the least length. */
function same(got: Uint8Array, want: Uint8Array): void {
  assert.deepEqual(got.subarray(0, want.length), want);
  assert.ok(got.length === Math.max(60, want.length) || got.length === want.length, `length ${got.length} of ${want.length}`);
  assert.ok(got.subarray(want.length).every(b => b === 0), "padding is not zero");
}

function refusals(m: Machine): number { return [RX_CRC, RX_ALIGN, RX_SHORT, RX_LONG, 324].reduce((s, c) => s + m.counter(c), 0) + m.ring(0, "rxMissed"); }

function whole(m: Machine): void { assert.equal(m.held(FRAMES), 0, "buffers are missing"); }

/** Numbers from a seed. */
function random(seed: number): (n: number) => number {
  let s = seed * 2654435761 >>> 0 || 1;
  return n => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % n; };
}

for (const chip of CHIPS) {
  const check = (name: string, run: () => Promise<void>): void => { test(`${chip.name}: ${name}`, run); };

  check("frames_of_every_length_arrive", async () => {
    const { m, nics } = await machine(chip);
    for (let n = 60; n <= 1514; n++) { nics[0].receive(frame(n, n)); m.run(800); }
    m.run(20 * MS);
    assert.equal(m.received[0].length, 1455);
    m.received[0].forEach((f, i) => assert.equal(Buffer.compare(f, frame(60 + i, 60 + i)), 0, `frame ${i}`));
    whole(m);
  });

  check("frames_of_every_shape_leave", async () => {
    const { m, nics } = await machine(chip), wanted: Uint8Array[] = [], r = random(3);
    for (let n = 14; n <= 1514; n += 1 + r(9)) {
      const f = frame(n, n);
      m.send(0, f, r(3) === 0 ? n : 14 + r(n - 13));
      wanted.push(f);
      m.run(1500);
    }
    m.run(20 * MS);
    assert.equal(nics[0].wire.sent.length, wanted.length);
    nics[0].wire.sent.forEach((s, i) => same(s.frame, wanted[i]));
    whole(m);
  });

  check("a_full_transmit_ring_leaves_in_its_order", async () => {
    const { m, nics } = await machine(chip);
    for (let k = 0; k < 32; k++) assert.ok(m.send(0, frame(200, k), 34));
    m.run(60 * MS);
    assert.equal(nics[0].wire.sent.length, 32);
    nics[0].wire.sent.forEach((s, k) => same(s.frame, frame(200, k)));
    assert.equal(m.ring(0, "txFailed") + m.ring(0, "txLate"), 0);
    whole(m);
  });

  check("the_chip_never_has_more_frames_than_its_depth", async () => {
    const { m } = await machine(chip);
    for (let k = 0; k < 32; k++) m.send(0, frame(1514, k));
    for (let k = 0; k < 200; k++) { m.poll(); assert.ok(m.x.outstanding(0) <= chip.depth); m.sleep(137); }
    assert.ok(chip.depth <= 4);
  });

  check("lost_interrupts_cost_time_and_nothing_else", async () => {
    const { m, nics } = await machine(chip);
    nics[0].deaf = true;
    for (let k = 0; k < 40; k++) { nics[0].receive(frame(300, k)); m.send(0, frame(300, k)); m.run(10 * MS); }
    m.run(50 * MS);
    assert.equal(m.received[0].length, 40);
    assert.equal(nics[0].wire.sent.length, 40);
    assert.equal(m.counter(RESTART), 1);
    whole(m);
  });

  check("an_interrupt_ends_the_halt", async () => {
    const { m, nics } = await machine(chip);
    m.run(100 * MS);
    for (let k = 0; k < 20; k++) {
      const before = m.now;
      m.at(3 * MS, () => nics[0].receive(frame(100, k)));
      while (m.received[0].length === k && m.now < before + 9 * MS) m.run(100);
      assert.ok(m.now < before + 3.6 * MS, `frame ${k} was seen after ${m.now - before} us`);
    }
  });

  check("a_ring_overrun_is_counted_and_overcome", async () => {
    const { m, nics } = await machine(chip);
    let offered = 0;
    for (let round = 0; round < 6; round++) {
      for (let k = 0; k < 120; k++) { nics[0].receive(frame(600, offered++)); if (round % 2) m.sleep(50); }
      m.run(40 * MS);
    }
    m.run(300 * MS);
    nics[0].receive(frame(77, 1));
    m.run(20 * MS);
    assert.deepEqual(m.received[0].at(-1), frame(77, 1));
    assert.ok(m.received[0].length >= 6 * 10, `only ${m.received[0].length} frames`);
    assert.equal(m.received[0].length - 1 + refusals(m) + nics[0].unseen, offered);
    whole(m);
  });

  check("a_stack_without_buffers_loses_frames_and_not_the_chip", async () => {
    const { m, nics } = await machine(chip);
    m.consuming = false;
    for (let k = 0; k < 300; k++) { nics[0].receive(frame(900, k)); m.run(800); }
    m.consuming = true;
    m.run(150 * MS);
    const had = m.received[0].length;
    for (let k = 0; k < 10; k++) { nics[0].receive(frame(333, k)); m.run(3 * MS); }
    assert.equal(m.received[0].length, had + 10);
    whole(m);
  });

  check("damaged_frames_count_once_and_go_no_further", async () => {
    const { m, nics } = await machine(chip);
    for (let k = 0; k < 50; k++) { nics[0].receive(frame(200, k), k % 5 === 1 ? "crc" : k % 5 === 3 ? "align" : undefined); m.run(2 * MS); }
    m.run(250 * MS);
    assert.equal(m.received[0].length, 30);
    assert.equal(m.counter(RX_CRC) + m.counter(RX_ALIGN), 20);
    assert.equal(refusals(m), 20);
    whole(m);
  });

  check("short_and_long_frames_are_refused", async () => {
    const { m, nics } = await machine(chip);
    for (const n of [14, 30, 59, 1515, 1518, 1600, 2000]) { nics[0].receive(frame(n, n)); m.run(3 * MS); }
    nics[0].receive(frame(1514, 1));
    m.run(250 * MS);
    assert.equal(m.received[0].length, 1);
    assert.equal(m.counter(RX_SHORT), chip.counts.short ? 3 : 0);
    assert.equal(m.counter(RX_LONG), chip.counts.long ? 4 : 0);
    whole(m);
  });

  check("a_frame_that_cannot_leave_before_its_deadline_is_late", async () => {
    const { m, nics } = await machine(chip);
    for (let k = 0; k < 4; k++) m.send(0, frame(1514, k), 34, 4 * MS);
    m.send(0, frame(60, 9), 60, 1 * MS);
    m.send(0, frame(60, 10));
    m.run(60 * MS);
    const began = nics[0].wire.sent[0].at - 1231;
    assert.ok(nics[0].wire.sent.length >= 2 && nics[0].wire.sent.length < 6);
    for (const s of nics[0].wire.sent.filter(s => s.frame.length === 1514)) assert.ok(s.at <= began + 4 * MS);
    same(nics[0].wire.sent.at(-1)!.frame, frame(60, 10));
    assert.equal(m.ring(0, "txLate"), 6 - nics[0].wire.sent.length);
    whole(m);
  });

  check("a_cable_pulled_with_a_full_ring_and_plugged_in_after_the_lease_lets_nothing_out", async () => {
    const { m, nics } = await machine(chip), lease = 30 * MS;
    nics[0].wire.pull();
    const until = m.now + lease;
    for (let k = 0; k < 32; k++) m.send(0, frame(700, k), 34, lease);
    m.run(lease + 5 * MS);
    assert.equal(nics[0].wire.sent.length, 0);
    nics[0].wire.plug();
    m.run(500 * MS);
    assert.ok(m.now > until);
    assert.equal(nics[0].wire.sent.length, 0);
    assert.equal(m.ring(0, "txLate"), 32);
    m.send(0, frame(100, 7), 34, lease);
    m.run(200 * MS);
    assert.equal(nics[0].wire.sent.length, 1);
    whole(m);
  });

  check("nothing_leaves_when_the_cable_comes_back_at_the_lease_end", async () => {
    for (let gap = -6; gap <= 6; gap++) {
      const { m, nics } = await machine(chip), until = m.now + 25 * MS;
      m.at(3.3 * MS, () => nics[0].wire.pull());
      m.at(25 * MS + gap * 300, () => nics[0].wire.plug());
      for (let k = 0; k < 30; k++) m.send(0, frame(400, k), 34, 25 * MS);
      m.run(300 * MS);
      for (const s of nics[0].wire.sent) assert.ok(s.at <= until, `left ${s.at - until} us after the lease`);
      assert.ok(nics[0].wire.sent.length > 3);
      whole(m);
    }
  });

  check("a_transmitter_that_hangs_is_started_anew_and_sends_the_rest", async () => {
    const { m, nics } = await machine(chip);
    nics[0].wire.pull();
    for (let k = 0; k < 8; k++) m.send(0, frame(300, k), 34);
    m.run(60 * MS);
    nics[0].wire.plug();
    m.run(300 * MS);
    assert.equal(nics[0].wire.sent.length + m.ring(0, "txFailed"), 8);
    assert.ok(m.counter(TX_TIMEOUT) > 0);
    whole(m);
  });

  check("received_buffers_survive_a_restart", async () => {
    const { m, nics } = await machine(chip);
    for (let k = 0; k < 10; k++) {
      nics[0].wire.pull();
      m.send(0, frame(300, k), 34, 20 * MS);
      nics[0].receive(frame(100, k));
      m.run(30 * MS);
      nics[0].wire.plug();
      m.run(150 * MS);
      nics[0].receive(frame(444, k));
      m.run(10 * MS);
      assert.deepEqual(m.received[0].at(-1), frame(444, k));
    }
    whole(m);
  });

  check("both_directions_at_random", async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { m, nics } = await machine(chip), r = random(seed), wanted: Uint8Array[] = [];
      let offered = 0;
      for (let k = 0; k < 1500; k++) {
        if (r(2)) { nics[0].receive(frame(60 + r(1455), offered++), r(40) === 0 ? "crc" : undefined); }
        if (r(3) === 0) { const n = 14 + r(1501), f = frame(n, k); if (m.send(0, f, r(2) ? n : 14 + r(n - 13))) wanted.push(f); }
        m.run(r(1600));
      }
      m.run(400 * MS);
      assert.equal(nics[0].wire.sent.length, wanted.length);
      nics[0].wire.sent.forEach((s, i) => same(s.frame, wanted[i]));
      assert.equal(m.received[0].length + refusals(m), offered);
      assert.equal(m.counter(RESTART), 1);
      whole(m);
    }
  });

  check("three_at_once_do_not_disturb_each_other", async () => {
    const { m, nics } = await machine(chip, 3), r = random(9);
    const sent = [0, 0, 0], offered = [0, 0, 0];
    for (let k = 0; k < 600; k++) {
      const i = r(3), j = r(3);
      nics[i].receive(frame(60 + r(800), offered[i]++, [2, 0, 0, 0, 0, i + 1]));
      if (m.send(j, frame(60 + r(800), k), 60)) sent[j]++;
      m.run(400 + r(900));
    }
    m.run(300 * MS);
    for (let i = 0; i < 3; i++) {
      assert.equal(nics[i].wire.sent.length, sent[i]);
      assert.equal(m.received[i].length, offered[i]);
    }
    whole(m);
  });

  check("a_chip_that_answers_nonsense_is_given_up_and_nothing_traps", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { m, nics } = await machine(chip), r = random(seed), most = m.x.available();
      const read = nics[0].read.bind(nics[0]), write = nics[0].write.bind(nics[0]);
      nics[0].read = (o, size) => { if (seed === 1) return 2 ** (8 * size) - 1; if (seed === 2) return 0; return r(4) === 0 ? r(2 ** 16) & 2 ** (8 * size) - 1 : quietly(() => read(o, size), 0); };
      nics[0].write = (o, size, v) => { if (seed > 1) quietly(() => write(o, size, v), undefined); };
      for (let k = 0; k < 60; k++) {
        m.send(0, frame(300, k), 34, 30 * MS);
        quietly(() => nics[0].receive(frame(400, k)), undefined);
        const began = m.accesses;
        m.run(10 * MS);
        assert.ok(m.accesses - began < 60_000, `${m.accesses - began} port accesses in 10 ms`);
      }
      if (seed === 1) { m.run(1000 * MS); assert.equal(m.counter(DEAD), 1); }
      assert.ok(m.x.available() <= most + 8);
    }
  });
}

function quietly<T>(f: () => T, otherwise: T): T { try { return f(); } catch { return otherwise; } }

test("a board without NICs, or with one that is not there, says so", async () => {
  const m = new Machine();
  m.board.push({ bus: "isa", chip: 1, irq: 9, port: 0x300 }, { bus: "pci", chip: 0 });
  assert.equal(await m.boot(2), 0);
  m.run(20 * MS);
  assert.deepEqual(m.log, ["NIC 0 of the board is not there", "NIC 1 of the board is not there", "interface 0: there is no NIC for it", "interface 1: there is no NIC for it"]);
  assert.equal(m.ring(0, "linkUp"), 0);
});

test("the overflow procedure of the DP8390 is gone through, and its transmission is not lost", async () => {
  const { m, nics } = await machine(CHIPS[0]);
  for (let round = 0; round < 20; round++) {
    for (let k = 0; k < 2; k++) m.send(0, frame(1000 + round, k), 34);
    m.poll();
    for (let k = 0; k < 60; k++) nics[0].receive(frame(300, k));
    m.run(40 * MS);
  }
  assert.ok(m.counter(OVERFLOW) >= 20);
  assert.equal(m.counter(RESTART), 1);
  assert.ok(nics[0].wire.sent.length >= 40);
  whole(m);
});
