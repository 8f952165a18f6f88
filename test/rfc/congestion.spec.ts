// RFC 6298 and 5681 (with 6582, 6675 and 6928, which renew parts of it): the requirements by section. A test's name begins with the section it shows.

import { A, CPORT, F, K, PEER, PORT, R, S, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, out, outLen, produce, seg, start, take, tsOpt } from "../tcp/bed";
import { Conn, Flag, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as cc from "../../assembly/tcp/cc";
import * as counters from "../../assembly/tcp/counters";
import * as rtt from "../../assembly/tcp/rtt";
import * as tcp from "../../assembly/tcp/tcp";

function expectFull(seq: u32, n: u32): void { for (let i: u32 = 0; i < n; i++) expectSeg(K, seq + i * 1000, 1, 1000); }
function reno(): Conn { const c = established(); tcp.setCongestion(c, cc.Algo.newreno); return c; }

describe("rfc 6298", () => {
  beforeEach(start);
  afterEach(end);

  test("2_1_before_a_measurement_the_timeout_is_one_second", () => {
    tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535);
    tcp.flush();
    expectSeg(S, 0, 0, 0);
    later(999); expectNone();
    later(2); expectSeg(S, 0, 0, 0);
    tcp.drop(conn(), false);
  });
  test("2_2_2_3_the_timeout_follows_smoothed_round_trip_and_deviation", () => {
    const c = established();
    c.flags &= ~<u32>Flag.sampled;
    rtt.sample(c, 400);
    expect(c.rto).toBe(400 + 4 * 200);
    rtt.sample(c, 400);
    expect(c.rto).toBe(400 + 4 * 150);
    rtt.sample(c, 800);
    expect(c.srtt >> 3).toBe(450);
    expect(c.rttvar >> 2).toBe(212);      // 3/4 x 150 + 1/4 x 400
  });
  test("2_5_a_maximum_of_60_s", () => {
    const c = established();
    rtt.sample(c, 100000);
    expect(c.rto).toBe(60000);
    c.backoff = 200;
    expect(rtt.timeout(c)).toBe(60000);
  });
  test("3_karn_a_segment_sent_again_gives_no_sample_and_there_is_one_per_round_trip", () => {
    const c = established();
    const first = c.srtt;
    produce(c, 3000); expectFull(1, 3);
    later(100);
    seg(K, 1, 1001, 60000, 0);
    const one = c.srtt;
    expect(one).not.toBe(first);
    seg(K, 1, 2001, 60000, 0);
    expect(c.srtt).toBe(one);
    seg(K, 1, 3001, 60000, 0);
    produce(c, 100); expectSeg(K, 3001, 1, 100);
    later(400); while (take()) {}
    const before = c.srtt;
    seg(K, 1, 3101, 60000, 0);
    expect(c.srtt).toBe(before);
  });
  test("5_a_segment_is_never_sent_again_before_a_timeout_has_passed", () => {
    const c = established();
    produce(c, 1000); expectFull(1, 1);
    later(150);
    produce(c, 1000); expectFull(1001, 1);
    seg(K, 1, 1001, 60000, 0);            // 5.3: an ACK of new data begins the time anew
    const rto = c.rto;
    later(rto - 5); expectNone();
    later(10); expectSeg(K, 1001, 1, 1000);
    seg(K, 1, 2001, 60000, 0);            // 5.2: all acknowledged, the timer stands
    later(100000); expectNone();
  });
  test("5_the_time_of_what_was_held_back_begins_when_it_leaves", () => {
    const c = established();
    tcp.setCork(c, true);
    produce(c, 10); expectNone();         // the override timer runs (RFC 9293 3.8.6.2.1)
    later(150);
    tcp.setCork(c, false); expectSeg(K, 1, 1, 10);
    later(190); expectNone();
    later(15); expectSeg(K, 1, 1, 10);
  });
  test("5_4_5_5_5_6_a_timeout_sends_the_earliest_segment_and_doubles", () => {
    const c = established();
    produce(c, 2000); expectFull(1, 2);
    let wait = c.rto;
    for (let i = 0; i < 5; i++) {
      later(wait - 3); expectNone();
      later(6); expectSeg(K, 1, 1, 1000);
      while (take()) {}
      wait = rtt.timeout(c);
      expect(wait).toBe(min<u32>(c.rto << (i + 1), 60000));
    }
  });
  test("5_7_after_a_repeated_syn_without_a_sample_the_timeout_of_data_is_three_seconds", () => {
    const c = tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535)!;
    tcp.flush();
    expectSeg(S, 0, 0, 0);
    later(1001); expectSeg(S, 0, 0, 0);
    mssOpt(1000); seg(S | K, 0, 1, 60000, 0);
    expectSeg(K, 1, 1, 0);
    produce(c, 100); expectSeg(K, 1, 1, 100);
    later(2990); expectNone();
    later(20); expectSeg(K, 1, 1, 100);
  });
});

describe("rfc 5681", () => {
  beforeEach(start);
  afterEach(end);

  test("3_no_more_is_sent_than_the_lesser_of_both_windows", () => {
    const c = established();
    produce(c, 30000); expectFull(1, 10); expectNone();
    seg(K, 1, 10001, 2500, 0);
    expectFull(10001, 2); expectNone();
    expect(c.sent - c.heardAck <= min<u32>(c.cwnd, c.sndWnd)).toBeTruthy();
  });
  test("3_1_the_initial_window_is_rfc_6928s_and_one_segment_where_more_than_one_syn_was_lost", () => {
    let c = established();
    produce(c, 30000); expectFull(1, 10); expectNone();
    for (let lost = 1; lost < 3; lost++) {
      end(); start();
      listener();
      mssOpt(1000); seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
      for (let i = 0; i < lost; i++) { later((1000 << i) + 1); expectSeg(S | K, 0, 1, 0); }
      seg(K, 1, 1, 60000, 0);
      c = conn();
      produce(c, 30000);
      expectFull(1, lost == 1 ? 10 : 1); expectNone();
    }
  });
  test("3_1_slow_start_below_ssthresh_and_one_segment_per_window_above", () => {
    const c = reno();
    produce(c, 60000); expectFull(1, 10);
    expect(c.ssthresh >= c.sndWndMax).toBeTruthy("it begins high");
    for (let i: u32 = 0; i < 10; i++) { const w = c.cwnd; seg(K, 1, 1001 + i * 1000, 60000, 0); expect(c.cwnd - w).toBe(1000); while (take()) {} }
    c.ssthresh = c.cwnd;
    const w = c.cwnd;
    for (let i: u32 = 0; i < 20; i++) { seg(K, 1, 11001 + i * 1000, 60000, 0); while (take()) {} }
    expect(c.cwnd).toBe(w + 1000);
  });
  test("3_1_an_ack_that_divides_a_segment_adds_no_more_than_it_acknowledges", () => {
    const c = reno();
    produce(c, 60000); expectFull(1, 10);
    const w = c.cwnd;
    for (let i: u32 = 1; i <= 10; i++) { seg(K, 1, 1 + i * 100, 60000, 0); while (take()) {} }
    expect(c.cwnd - w).toBe(1000);
  });
  test("3_1_a_timeout_leaves_one_segment_and_half_of_what_was_on_the_way", () => {
    const c = reno();
    produce(c, 10000); expectFull(1, 10);
    later(205);
    expectSeg(K, 1, 1, 1000); expectNone();
    expect(c.cwnd).toBe(1000);
    expect(c.ssthresh).toBe(5000);
    later(405);
    expectSeg(K, 1, 1, 1000);
    expect(c.ssthresh).toBe(5000);        // sent again by the timer before: held
  });
  test("3_2_out_of_order_data_are_answered_at_once_and_so_is_what_fills_a_gap", () => {
    established();
    seg(K, 1001, 1, 60000, 1000); expectSeg(K, 1, 1, 0);
    seg(K, 3001, 1, 60000, 1000); expectSeg(K, 1, 1, 0);
    seg(K, 1, 1, 60000, 500); expectSeg(K, 1, 501, 0);
    seg(K, 501, 1, 60000, 500); expectSeg(K, 1, 2001, 0);
    seg(K, 2001, 1, 60000, 500); expectSeg(K, 1, 2501, 0);   // a part of the gap
    seg(K, 2501, 1, 60000, 500); expectSeg(K, 1, 4001, 0);
  });
  test("3_2_the_third_duplicate_ack_sends_the_first_segment_again_and_halves", () => {
    const c = reno();
    produce(c, 10000); expectFull(1, 10);
    for (let i = 0; i < 2; i++) { seg(K, 1, 1, 60000, 0); expectNone(); expect(c.cwnd).toBe(10000); }
    seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    expect(c.ssthresh).toBe(5000);
    seg(K, 1, 10001, 60000, 0);           // step 6: the window deflates
    expect(c.cwnd <= 5000).toBeTruthy();
  });
  test("3_2_limited_transmit_sends_new_data_for_two_duplicates_which_do_not_count_for_ssthresh", () => {
    const c = reno();
    produce(c, 30000); expectFull(1, 10);
    seg(K, 1, 1, 60000, 0); expectSeg(K, 10001, 1, 1000); expectNone();
    seg(K, 1, 1, 60000, 0); expectSeg(K, 11001, 1, 1000); expectNone();
    expect(c.cwnd).toBe(10000);
    seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    expect(c.ssthresh).toBe(5000);
    while (take()) {}
    seg(K, 1, 12001, 60000, 0);
    while (take()) {}
  });
  test("3_2_further_duplicates_let_new_segments_out", () => {
    const c = reno();
    produce(c, 30000); expectFull(1, 10);
    for (let i = 0; i < 3; i++) seg(K, 1, 1, 60000, 0);
    while (take()) {}
    const at = c.sentMax;
    for (let i = 0; i < 7; i++) seg(K, 1, 1, 60000, 0);
    expect(c.sentMax > at).toBeTruthy();
    expect(c.sentMax - 10000 <= 5000).toBeTruthy("within ssthresh and the duplicates");
    while (take()) {}
  });
  test("4_1_after_a_timeout_of_silence_no_more_than_the_initial_window_leaves_at_once", () => {
    const c = reno();
    produce(c, 60000);
    for (let at: u32 = 1; at <= 60000; at += 1000) { seg(K, 1, at + 1000, 60000, 0); while (take()) {} }
    expect(c.cwnd > 20000).toBeTruthy();
    later(1000);
    produce(c, 60000);
    expectFull(60001, 10); expectNone();
  });
  test("4_2_an_ack_leaves_within_500_ms_for_every_second_segment_and_no_more_than_one_for_each", () => {
    const c = established();
    let acks = 0;
    for (let i: u32 = 0; i < 20; i++) { seg(K, 1 + i * 1000, 1, 60000, 1000); let n = 0; while (take()) n++; expect(n <= 1).toBeTruthy(); acks += n; }
    expect(acks).toBe(10);
    seg(K, 20001, 1, 60000, 10);
    later(500);
    expectSeg(K, 1, 20011, 0); expectNone();
    consume(c, 20010);
    while (take()) {}
  });
  test("4_3_a_loss_of_what_was_sent_again_lowers_the_window_twice", () => {
    const c = reno();
    produce(c, 10000); expectFull(1, 10);
    for (let i = 0; i < 3; i++) seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    while (take()) {}
    expect(c.ssthresh).toBe(5000);
    later(700);
    expect(c.cwnd).toBe(1000);
    expect(c.ssthresh <= 5000).toBeTruthy();
    while (take()) {}
  });
});
