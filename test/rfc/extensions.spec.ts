// RFC 5961, 7323, 2018: what their requirements (by section) ask of this stack beyond RFC 9293. A test's name begins with the section it shows.

import { A, B, BUF, CPORT, F, IRS, K, PEER, PORT, R, S, build, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, out, outLen, outOpt, outOptLen, outTsEcr, outTsVal, outWnd, produce, rawOpt, sackOkOpt, sackOpt, seg, segFrom, start, take, tsOpt, wsOpt } from "../tcp/bed";
import { Conn, Dirty, State, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { get32 } from "../../assembly/core/bytes";
import * as counters from "../../assembly/tcp/counters";
import * as tcp from "../../assembly/tcp/tcp";

/** A connection with SACK, MSS 1000, no timestamps. */
function sacking(): Conn {
  listener();
  mssOpt(1000); sackOkOpt();
  seg(S, 0, 0, 60000, 0);
  expectSeg(S | K, 0, 1, 0);
  seg(K, 1, 1, 60000, 0);
  return conn();
}
/** Our own SYN to PEER from port 80. */
function opening(): Conn {
  const c = tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535)!;
  tcp.flush();
  expectSeg(S, 0, 0, 0);
  return c;
}
/** Where option `kind` is among those of the segment taken last; 0: nowhere. */
function option(kind: u32): usize {
  for (let at: u32 = 0; at < outOptLen;) {
    const k = <u32>load<u8>(outOpt + at);
    if (k == kind) return outOpt + at;
    at += k == 1 ? 1 : max<u32>(load<u8>(outOpt + at, 1), 1);
  }
  return 0;
}
/** Edges of SACK block i of the segment taken last, relative. */
function left(i: u32): u32 { return get32(option(5) + 2 + i * 8) - IRS; }
function right(i: u32): u32 { return get32(option(5) + 6 + i * 8) - IRS; }
function blocks(): u32 { const p = option(5); return p == 0 ? 0 : (<u32>load<u8>(p, 1) - 2) / 8; }

describe("rfc 5961", () => {
  beforeEach(start);
  afterEach(end);

  test("3_2_an_rst_outside_the_window_is_dropped_an_exact_one_resets_another_within_gets_a_challenge_ack", () => {
    const c = established();
    seg(R, 70000, 0, 0, 0); expectNone();
    seg(R, 0, 0, 0, 0); expectNone();
    expect(counters.get(C.rstOutOfWindow)).toBe(2);
    seg(R, 2, 0, 0, 0); expectSeg(K, 1, 1, 0);
    later(300);
    seg(R, 60000, 0, 0, 0); expectSeg(K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.established);
    seg(R, 1, 0, 0, 0); expectNone();
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
  });
  test("3_2_in_syn_sent_an_rst_counts_only_with_an_ack_of_the_syn", () => {
    const c = opening();
    seg(R, 0, 0, 0, 0); seg(R | K, 0, 77, 0, 0); seg(R | K, 0, 0, 0, 0);
    expect(c.state).toBe(<u8>State.synSent);
    expectNone();
    seg(R | K, 0, 1, 0, 0);
    expect(c.state).toBe(<u8>State.closed);
  });
  test("4_2_a_syn_in_a_synchronized_state_gets_a_challenge_ack_whatever_its_number", () => {
    const c = established();
    const at: u32[] = [1, 0, 100, 70000, 0x80000000];
    for (let i = 0; i < at.length; i++) {
      seg(S, at[i], 0, 1000, 0);
      expectSeg(K, 1, 1, 0);
      later(300);
    }
    seg(S | K, 1, 1, 1000, 0); expectSeg(K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.established);
    expect(news(c) & Dirty.reset).toBe(0);
  });
  test("5_2_an_ack_is_acceptable_from_the_largest_window_below_what_was_acknowledged_up_to_what_was_sent", () => {
    const c = established();              // MAX.SND.WND is 65,535 at least
    produce(c, 1000); expectSeg(K, 1, 1, 1000);
    seg(K, 1, 1001, 60000, 0);
    later(300);
    seg(K, 1, 1002, 60000, 20); expectSeg(K, 1001, 1, 0);
    expect(c.rcvd).toBe(0);
    later(300);
    seg(K, 1, 1001 - 65600, 60000, 20); expectSeg(K, 1001, 1, 0);
    expect(c.rcvd).toBe(0);
    expect(counters.get(C.ackChallenged)).toBe(2);
    seg(K, 1, 1001 - 60000, 60000, 20);
    consume(c, 20);
  });
  test("7_challenge_acks_are_limited", () => {
    established();
    let sent = 0;
    for (let i: u32 = 0; i < 1000; i++) { seg(R, 100 + i, 0, 0, 0); seg(S, 100 + i, 0, 0, 0); while (take()) sent++; if (i % 100 == 0) later(1); }
    expect(sent).toBe(1);
    expect(counters.get(C.challengeLimited)).toBe(1999);
    later(250);
    seg(S, 5, 0, 0, 0); expectSeg(K, 1, 1, 0);
  });
});

describe("rfc 7323", () => {
  beforeEach(start);
  afterEach(end);

  test("2_2_a_window_scale_is_answered_only_where_it_was_offered_and_ignored_in_other_segments", () => {
    listener();
    mssOpt(1000); seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(option(3)).toBe(0);
    wsOpt(7); seg(K, 1, 1, 60000, 0);
    expect(conn().wscaleSnd).toBe(0);
    tcp.drop(conn(), false);
    mssOpt(1000); wsOpt(7); seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(option(3)).not.toBe(0);
  });
  test("2_2_the_window_of_a_syn_is_not_scaled_and_those_after_it_are", () => {
    listener();
    mssOpt(1000); wsOpt(3); seg(S, 0, 0, 500, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(outWnd).toBe(65535);
    seg(K, 1, 1, 500, 0);
    expect(conn().sndWnd).toBe(4000);
    tcp.drop(conn(), false);
    const c = opening();
    mssOpt(1000); wsOpt(3); seg(S | K, 0, 1, 500, 0);
    expect(c.sndWnd).toBe(500);
    expectSeg(K, 1, 1, 0);
    seg(K, 1, 1, 500, 0);
    expect(c.sndWnd).toBe(4000);
  });
  test("2_3_a_shift_above_14_counts_as_14", () => {
    listener();
    mssOpt(1000); wsOpt(15); seg(S, 0, 0, 500, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 4, 0);
    expect(conn().wscaleSnd).toBe(14);
    expect(conn().sndWnd).toBe(4 << 14);
  });
  test("2_4_a_segment_within_any_window_that_was_offered_is_accepted", () => {
    tcp.listen(A, PORT, 1, false, 0, 1 << 18, 65535, 0);
    mssOpt(1000); wsOpt(2); seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 15000, 0);
    const c = conn();
    expect(c.wscaleRcv).toBe(3);
    let at: u32 = 1, top: u32 = 0;
    for (; at < 261000; at += 1001) { seg(K, at, 1, 15000, 1001); while (take()) { top = max(top, out().ack - IRS + (outWnd << 3)); } }
    later(50);
    while (take()) top = max(top, out().ack - IRS + (outWnd << 3));
    const room = top - at;
    seg(K, at, 1, 15000, room);           // to the last byte ever offered, which granularity has rounded up
    expect(c.rcvd).toBe(top - 1);
    while (take()) {}
  });
  test("2_4_nothing_new_is_sent_beyond_the_window_last_told", () => {
    const c = established();
    produce(c, 3000);
    for (let i: u32 = 0; i < 3; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    seg(K, 1, 1001, 1500, 0);
    produce(c, 3000);
    expectNone();
  });
  test("3_2_every_segment_carries_timestamps_once_both_syns_had_them_also_an_rst", () => {
    const c = modern();
    produce(c, 10); expectSeg(K, 1, 1, 10); expect(option(8)).not.toBe(0);
    tsOpt(101, 0); seg(K | F, 1, 11, 15000, 0); expectSeg(K, 11, 2, 0); expect(option(8)).not.toBe(0);
    tcp.shut(c); tcp.flush(); expectSeg(F | K, 11, 2, 0); expect(option(8)).not.toBe(0);
    tcp.drop(c, true);
    expectSeg(R | K, 12, 2, 0); expect(option(8)).not.toBe(0);
  });
  test("3_2_timestamps_are_not_answered_where_the_syn_had_none_and_ignored_where_none_were_agreed", () => {
    const c = established();
    expect(option(8)).toBe(0);
    tsOpt(500, 1); seg(K, 1, 1, 60000, 20);
    tsOpt(400, 1); seg(K, 21, 1, 60000, 20);   // no PAWS
    consume(c, 40);
    later(50);
    expectSeg(K, 1, 41, 0);
    expect(outOptLen).toBe(0);
  });
  test("3_2_a_segment_without_the_agreed_timestamps_is_dropped_in_silence_and_ends_nothing", () => {
    const c = modern();
    seg(K, 1, 1, 15000, 20);
    expectNone();
    expect(c.rcvd).toBe(0);
    expect(c.state).toBe(<u8>State.established);
    tsOpt(101, 0); seg(K, 1, 1, 15000, 20);
    consume(c, 20);
  });
  test("3_2_an_echo_is_zero_without_ack_and_the_clients_value_with_it", () => {
    const c = opening();
    expect(get32(option(8) + 6)).toBe(0);
    tsOpt(777, get32(option(8) + 2)); mssOpt(1000);
    seg(S | K, 0, 1, 5000, 0);
    expectSeg(K, 1, 1, 0);
    expect(outTsEcr()).toBe(777);
    expect(c.tsRecent).toBe(777);
  });
  test("4_3_the_echo_is_that_of_the_earliest_segment_not_acknowledged_yet", () => {
    const c = modern();
    tsOpt(200, 0); seg(K, 1, 1, 15000, 100);
    tsOpt(300, 0); seg(K, 101, 1, 15000, 100);
    later(45);
    expectSeg(K, 1, 201, 0); expect(outTsEcr()).toBe(200);     // a delayed ACK echoes the first
    tsOpt(400, 0); seg(K, 1201, 1, 15000, 1000);
    expectSeg(K, 1, 201, 0); expect(outTsEcr()).toBe(200);     // a hole: the last that advanced the window
    tsOpt(500, 0); seg(K, 201, 1, 15000, 1000);
    expectSeg(K, 1, 2201, 0); expect(outTsEcr()).toBe(500);    // filled
    consume(c, 2200);
    while (take()) {}
  });
  test("4_3_a_syn_ack_echoes_the_syn_that_it_answers_also_the_second_copy", () => {
    listener();
    mssOpt(1000); tsOpt(100, 0); seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(get32(option(8) + 6)).toBe(100);
    mssOpt(1000); tsOpt(1100, 0); seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(get32(option(8) + 6)).toBe(1100);
    mssOpt(1000); tsOpt(600, 0); seg(S, 0, 0, 1000, 0);    // a copy that was delayed
    expectSeg(S | K, 0, 1, 0);
    expect(get32(option(8) + 6)).toBe(1100);
  });
  test("5_2_paws_does_not_judge_an_rst_and_an_rst_updates_nothing", () => {
    const c = modern();
    tsOpt(500, 0); seg(K, 1, 1, 15000, 10);
    tsOpt(100, 0); seg(R, 11, 0, 0, 0);
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
    expect(c.tsRecent).toBe(500);
  });
  test("5_3_an_old_timestamp_is_answered_and_dropped_and_one_that_wrapped_is_newer", () => {
    const c = modern();
    c.tsRecent = 0xfffffff0;
    tsOpt(0xffffffe0, 0); seg(K, 1, 1, 15000, 10);
    expectSeg(K, 1, 1, 0);
    expect(c.rcvd).toBe(0);
    tsOpt(5, 0); seg(K, 1, 1, 15000, 10);
    expect(c.tsRecent).toBe(5);
    consume(c, 10);
  });
  test("5_4_the_timestamp_clock_ticks_a_thousand_times_a_second_and_never_backwards", () => {
    const c = modern();
    let last: u32 = 0;
    for (let i: u32 = 0; i < 20; i++) {
      tsOpt(101 + i, 0); seg(K, 2000, 1, 15000, 10);
      expect(take()).not.toBe(0);
      if (i != 0) expect(outTsVal() - last).toBe(137);
      last = outTsVal();
      later(137);
    }
    tcp.drop(c, false);
  });
  test("5_5_after_24_days_of_idleness_the_old_timestamp_judges_no_more", () => {
    const c = modern();
    tsOpt(1000, 0); seg(K, 1, 1, 15000, 10);
    c.lastHeard -= 2073600001;
    tsOpt(500, 0); seg(K, 11, 1, 15000, 10);
    consume(c, 20);
  });
});

describe("rfc 2018", () => {
  beforeEach(start);
  afterEach(end);

  test("2_sack_permitted_stands_in_syns_alone_and_only_where_it_was_offered", () => {
    const c = sacking();
    expect(option(4)).not.toBe(0);
    produce(c, 10); expectSeg(K, 1, 1, 10); expect(option(4)).toBe(0);
    tcp.drop(c, false);
    mssOpt(1000); seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(option(4)).toBe(0);
  });
  test("3_no_blocks_without_sack_permitted", () => {
    established();
    seg(K, 2001, 1, 60000, 100);
    expectSeg(K, 1, 1, 0);
    expect(option(5)).toBe(0);
  });
  test("3_blocks_stand_in_every_ack_that_leaves_a_hole_and_as_many_as_fit", () => {
    sacking();
    for (let i: u32 = 0; i < 6; i++) { seg(K, 2001 + i * 2000, 1, 60000, 100); expectSeg(K, 1, 1, 0); expect(blocks()).toBe(min<u32>(i + 1, 4)); }
    seg(K, 1, 1, 60000, 100);             // an ACK that advances tells them as well
    expectSeg(K, 1, 101, 0);
    expect(blocks()).toBe(4);
  });
  test("4_the_first_block_holds_the_segment_that_caused_the_ack_and_the_others_repeat_the_most_recent", () => {
    sacking();
    seg(K, 2001, 1, 60000, 100); expectSeg(K, 1, 1, 0);
    seg(K, 4001, 1, 60000, 100); expectSeg(K, 1, 1, 0);
    expect(left(0)).toBe(4001); expect(left(1)).toBe(2001);
    seg(K, 2101, 1, 60000, 100); expectSeg(K, 1, 1, 0);
    expect(left(0)).toBe(2001); expect(right(0)).toBe(2201);   // the contiguous block
    expect(left(1)).toBe(4001); expect(right(1)).toBe(4101);
  });
  test("4_a_block_is_told_at_least_three_times", () => {
    sacking();
    for (let i: u32 = 0; i < 8; i++) {
      seg(K, 2001 + i * 2000, 1, 60000, 100); expectSeg(K, 1, 1, 0);
      for (let k: u32 = 0; k < min<u32>(3, i + 1); k++) expect(left(k)).toBe(2001 + (i - k) * 2000);
    }
  });
  test("5_what_was_sacked_is_not_sent_again_but_after_a_timeout_all_of_it_counts_as_lost", () => {
    const c = sacking();
    produce(c, 10000);
    for (let i: u32 = 0; i < 10; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    sackOpt(2001, 10001); seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    while (take()) expect(out().seq - iss < 2001).toBeTruthy();
    later(700);
    expectSeg(K, 1, 1, 1000);             // 5.1: the segment at the left edge, whatever was told of it
    expect(c.sacked).toBe(0);
    while (take()) {}
    seg(K, 1, 2001, 60000, 0);
    expectSeg(K, 2001, 1, 1000);
    while (take()) {}
  });
  test("8_nothing_is_discarded_before_the_cumulative_acknowledgement", () => {
    const c = sacking();
    produce(c, 3000);
    while (take()) {}
    sackOpt(1001, 3001); seg(K, 1, 1, 60000, 0);
    while (take()) {}
    sackOpt(0, 0);                        // it has thrown them away: reneging
    seg(K, 1, 1001, 60000, 0);
    later(3000);
    let again: u32 = 0;
    while (take()) if (out().seq - iss >= 1001) again += outLen();
    seg(K, 1, 2001, 60000, 0);
    later(3000);
    while (take()) again += outLen();
    expect(again >= 2000).toBeTruthy();
    seg(K, 1, 3001, 60000, 0);
    expect(c.heardAck).toBe(3000);
  });
  test("8_only_what_is_held_is_told_but_for_the_newest_segment", () => {
    const c = sacking();
    for (let at: u32 = 0; at < 64000; at += 1000) { seg(K, 1 + at, 1, 60000, 1000); while (take()) {} }
    seg(K, 65536 + 5000, 1, 60000, 1000); // beyond the window: not held, and not told
    while (take()) expect(blocks()).toBe(0);
    expect(c.ooo).toBe(0);
  });
});
