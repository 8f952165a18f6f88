import { BUF, K, S, conn, end, established, expectNone, expectSeg, gated, later, listener, modern, produce, seg, setMute, start, take, tsOpt } from "./bed";
import { Conn, Flag, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as clock from "../../assembly/core/clock";
import * as options from "../../assembly/tcp/options";
import * as rtt from "../../assembly/tcp/rtt";
import * as site from "../../assembly/core/site";

const BLOCK: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(BLOCK); }

/** Produces 100 bytes, whose first copies are lost; `n` timeouts. */
function lost(k: Conn, seq: u32, n: u32): void {
  produce(k, 100);
  expectSeg(K, seq, 1, 100);
  for (let i: u32 = 0; i < n; i++) { later(rtt.timeout(k) + 1); expectSeg(K, seq, 1, 100); }
}

describe("rtt: the estimator", () => {
  beforeEach(() => { memory.fill(BLOCK, 0, 512); });

  test("rfc6298_2_2_the_first_sample_sets_srtt_to_r_and_rttvar_to_half_of_it", () => {
    const rows: u32[] = [400, 1200, 1000, 3000, 66, 200, 0, 200]; // R, and R + 4 R / 2 within the bounds
    for (let i = 0; i < rows.length; i += 2) {
      memory.fill(BLOCK, 0, 512);
      rtt.sample(c(), rows[i]);
      expect(c().srtt >> 3).toBe(rows[i]);
      expect(c().rttvar >> 2).toBe(rows[i] / 2);
      expect(c().rto).toBe(rows[i + 1], rows[i].toString());
    }
  });
  test("rfc6298_2_3_smoothing_equals_the_reference", () => {
    let srtt = 0.0, rttvar = 0.0, seed: u32 = 5;
    for (let i = 0; i < 500; i++) {
      seed = seed * 1664525 + 1013904223;
      const ms = 100 + (seed >> 16) % 200;
      rtt.sample(c(), ms);
      if (i == 0) { srtt = ms; rttvar = ms / 2; }
      else { rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - <f64>ms); srtt = 0.875 * srtt + 0.125 * <f64>ms; }
      expect(Math.abs(<f64>(c().srtt >> 3) - srtt) < 3.0).toBeTruthy();
      expect(Math.abs(<f64>c().rto - (srtt + 4.0 * rttvar)) < 20.0).toBeTruthy();
    }
  });
  test("the_timeout_has_a_floor_and_a_ceiling", () => {
    for (let i = 0; i < 100; i++) rtt.sample(c(), 1);
    expect(c().rto).toBe(200);
    for (let i = 0; i < 100; i++) rtt.sample(c(), 100000);
    expect(c().rto).toBe(60000);
    rtt.sample(c(), 4294967);                            // the longest that the microsecond clock can tell
    expect(c().rto).toBe(60000);
  });
  test("rfc6298_5_5_doublings_end_at_the_ceiling", () => {
    c().rto = 200;
    const want: u32[] = [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000];
    for (let i = 0; i < want.length; i++) { c().backoff = <u8>i; expect(rtt.timeout(c())).toBe(want[i], i.toString()); }
    c().backoff = 255; c().rto = 60000;
    expect(rtt.timeout(c())).toBe(60000);
  });
});

describe("rtt: what is measured", () => {
  beforeEach(start);
  afterEach(end);

  test("a_sample_is_the_time_from_the_first_copy_to_its_ack_one_per_round_trip", () => {
    const k = established();
    k.flags &= ~<u32>Flag.sampled;
    produce(k, 1000);
    expectSeg(K, 1, 1, 1000);
    later(30);
    produce(k, 1000);                                    // within the same round trip: begins no other sample
    expectSeg(K, 1001, 1, 1000);
    later(50);
    seg(K, 1, 2001, 60000, 0);
    expect(k.srtt >> 3).toBe(80);
  });
  test("an_ack_of_a_part_does_not_end_the_sample", () => {
    const k = established();
    k.flags &= ~<u32>Flag.sampled;
    produce(k, 1000);
    expectSeg(K, 1, 1, 1000);
    later(30);
    seg(K, 1, 501, 60000, 0);
    expect(k.flags & Flag.sampled).toBe(0);
    later(30);
    seg(K, 1, 1001, 60000, 0);
    expect(k.srtt >> 3).toBe(60);
  });
  test("rfc6298_3_karn_what_was_sent_again_is_not_measured", () => {
    const k = established();
    lost(k, 1, 2);
    const srtt = k.srtt, rttvar = k.rttvar;
    later(150);
    seg(K, 1, 101, 60000, 0);
    expect(k.srtt).toBe(srtt);
    expect(k.rttvar).toBe(rttvar);
  });
  test("rfc6298_5_karn_the_doublings_stay_until_an_ack_of_what_was_sent_once", () => {
    const k = established();
    lost(k, 1, 2);
    expect(rtt.timeout(k)).toBe(800);
    seg(K, 1, 101, 60000, 0);                            // of a segment sent three times: tells nothing about the round trip
    expect(k.backoff).toBe(2);
    produce(k, 100);                                     // rule 5.1: the timer starts with the value of now
    expectSeg(K, 101, 1, 100);
    later(798); expectNone();
    seg(K, 1, 201, 60000, 0);                            // a measurement: it collapses
    expect(k.backoff).toBe(0);
    expect(counters.get(C.timeouts)).toBe(2);
  });
  test("rfc6298_5_karn_the_kept_doublings_go_on_doubling", () => {
    const k = established();
    lost(k, 1, 2);
    seg(K, 1, 101, 60000, 0);
    produce(k, 100);
    expectSeg(K, 101, 1, 100);
    later(801); expectSeg(K, 101, 1, 100);
    later(1598); expectNone();
    later(5); expectSeg(K, 101, 1, 100);
  });
  test("rfc7323_4_with_timestamps_the_echo_measures_what_was_sent_again", () => {
    const k = modern();
    produce(k, 100);
    expect(take()).not.toBe(0);
    later(70);
    expect(take()).not.toBe(0);                          // the tail loss probe
    later(201);
    expect(take()).not.toBe(0);                          // the timeout's copy, with its own TSval
    const val = k.tsOffset + site.ms();
    expect(k.backoff).toBe(1);
    k.flags &= ~<u32>Flag.sampled;
    later(70);
    tsOpt(200, val); seg(K, 1, 101, 15000, 0);
    expect(k.backoff).toBe(0);
    expect(k.srtt >> 3).toBe(70);
  });
  test("r13_an_echo_from_before_the_jump_or_from_the_future_is_no_sample", () => {
    memory.fill(BLOCK, 0, 512);
    c().options = <u8>SynFlag.timestamps;
    c().tsOffset = 5000; c().tsFloor = 5000;
    options.parse(BUF, 0);
    const rows: u32[] = [4999, 0, 5000 + site.ms() + 1, 0, 5000 + site.ms(), 1, 0x80005000, 0]; // TSecr, sampled
    for (let i = 0; i < rows.length; i += 2) {
      c().flags = Flag.rttEcho;
      options.writeTs(BUF, 1, rows[i]);
      expect(options.parse(BUF, 12)).toBeTruthy();
      rtt.acked(c());
      expect((c().flags & Flag.sampled) != 0).toBe(rows[i + 1] != 0, i.toString());
    }
  });
  test("rfc7323_g_the_echo_is_asked_once_for_what_was_sent_again_and_never_else", () => {
    memory.fill(BLOCK, 0, 512);
    c().options = <u8>SynFlag.timestamps;
    options.writeTs(BUF, 1, site.ms());
    expect(options.parse(BUF, 12)).toBeTruthy();
    rtt.acked(c());
    expect(c().flags & Flag.sampled).toBe(0);
    rtt.abandon(c());
    rtt.acked(c());
    expect(c().flags & Flag.sampled).toBe(Flag.sampled);
    c().flags &= ~<u32>Flag.sampled;
    rtt.acked(c());
    expect(c().flags & Flag.sampled).toBe(0);
  });
  test("r14_a_backup_measures_by_the_echo_of_what_the_primary_sends", () => {
    setMute(1);
    const k = gated(false);
    k.options |= <u8>SynFlag.timestamps;
    k.flags &= ~<u32>(Flag.sampled | Flag.rttEcho);
    produce(k, 100);
    expectNone();
    later(30);
    tsOpt(1, k.tsOffset + site.ms() - 20);
    seg(K, 1, 101, 60000, 0);
    expect(k.srtt >> 3).toBe(20);
    setMute(0);
  });
  test("rfc6298_5_7_after_a_repeated_syn_ack_data_starts_with_three_seconds", () => {
    for (let repeated: u32 = 0; repeated < 2; repeated++) {
      listener();
      seg(S, 0, 0, 60000, 0);
      expectSeg(S | K, 0, 1, 0);
      if (repeated) { later(1001); expectSeg(S | K, 0, 1, 0); }
      seg(K, 1, 1, 60000, 0);
      expect(conn().rto).toBe(repeated ? 3000 : 200);
      end(); start();
    }
  });
  test("time_does_not_run_while_the_clock_stands", () => {
    const k = established();
    k.flags &= ~<u32>Flag.sampled;
    produce(k, 10);
    expectSeg(K, 1, 1, 10);
    clock.set(clock.now - 5000);
    seg(K, 1, 11, 60000, 0);
    expect(k.srtt).toBe(0);
    expect(k.rto).toBe(200);
  });
});
