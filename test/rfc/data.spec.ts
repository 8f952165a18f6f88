// RFC 9293, appendix B: PUSH, windows, urgent data, retransmissions, acknowledgements, silly windows. A test's name begins with what it shows.

import { A, BUF, CPORT, F, IRS, K, P, PEER, PORT, R, S, build, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, out, outLen, outWnd, produce, seg, start, take, tsOpt } from "../tcp/bed";
import { Bit } from "../../assembly/wire/tcp";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Conn, Dirty, Flag, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { put16 } from "../../assembly/core/bytes";
import * as checksum from "../../assembly/core/checksum";
import * as counters from "../../assembly/tcp/counters";
import * as rtt from "../../assembly/tcp/rtt";
import * as tcp from "../../assembly/tcp/tcp";

const U: u32 = Bit.urg;

/** A segment with URG and this pointer. */
function urgent(bits: u32, seq: u32, ack: u32, wnd: u32, n: u32, pointer: u32): void {
  const p = build(PEER, CPORT, bits | U, IRS + seq, iss + ack, wnd, n, seq - 1), size = changetype<Ip4>(p).length - IP;
  put16(p + IP + 18, pointer);
  store<u16>(p + IP, 0, 16);
  store<u16>(p + IP, <u16>checksum.finish(checksum.add(p + IP, size, checksum.pseudo(PEER, A, 6, size))), 16);
  tcp.input(p, changetype<Ip4>(p).length);
  tcp.flush();
}

/** Fills our receive buffer: the window is closed. */
function closeWindow(): void {
  for (let off: u32 = 0; off < 65000; off += 1000) { seg(K, 1 + off, 1, 60000, 1000); while (take()) {} }
  seg(K, 65001, 1, 60000, 535);
  later(50);
  while (take()) {}
  expect(outWnd).toBe(0);
}

describe("rfc 9293: push and windows", () => {
  beforeEach(start);
  afterEach(end);

  test("must_60_nothing_is_buffered_for_ever", () => {
    const c = established();
    produce(c, 10); expectSeg(K, 1, 1, 10);
    produce(c, 10); expectNone();         // Nagle: it waits for the acknowledgement, and no longer
    seg(K, 1, 11, 60000, 0);
    expectSeg(K, 11, 1, 10);
    seg(K, 1, 21, 100, 0);                // the window takes no full segment
    produce(c, 1000);
    expectNone();
    later(201);
    expectSeg(K, 21, 1, 100);
  });
  test("must_61_the_last_segment_of_what_was_produced_is_pushed", () => {
    const c = established();
    produce(c, 2500);
    expectSeg(K, 1, 1, 1000); expect(<u32>out().bits & P).toBe(0);
    expectSeg(K, 1001, 1, 1000); expect(<u32>out().bits & P).toBe(0);
    expectSeg(K, 2001, 1, 500); expect(<u32>out().bits & P).toBe(P);
  });
  test("shld_27_shld_28_may_16_small_writes_leave_as_the_largest_segment_that_they_make", () => {
    const c = established();
    for (let i = 0; i < 20; i++) tcp.send(c, BUF + i * 100, 100);
    tcp.flush();
    expectSeg(K, 1, 1, 1000); expectSeg(K, 1001, 1, 1000); expectNone();
  });
  test("shld_14_the_right_edge_of_the_window_never_goes_back", () => {
    const c = established();
    let edge: u32 = 0;
    for (let at: u32 = 1; at < 40000; at += 1000) {
      seg(K, at, 1, 60000, 1000);
      while (take()) { const e = out().ack - IRS + outWnd; expect(<i32>(e - edge) >= 0).toBeTruthy(); edge = e; }
      if (at % 7000 == 1) consume(c, 500);
    }
    tcp.setReceiveBuffer(c, 4096);
    seg(K, 40001, 1, 60000, 1000);
    later(50);
    while (take()) expect(<i32>(out().ack - IRS + outWnd - edge) >= 0).toBeTruthy();
  });
  test("must_34_shld_15_shld_16_shld_17_a_window_that_shrinks_takes_nothing_new_and_what_is_beyond_it_ends_no_connection", () => {
    const c = established();
    produce(c, 4000);
    for (let i: u32 = 0; i < 4; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    produce(c, 4000);
    while (take()) {}
    const sent = c.sentMax;
    seg(K, 1, 1001, 1000, 0);             // [1001, 2001) is left of the window, the rest lies beyond
    expectNone();
    expect(c.sentMax).toBe(sent);
    later(500);
    expectSeg(K, 1001, 1, 1000);          // old data within it go again
    while (take()) {}
    seg(K, 1, 2001, 0, 0);
    for (let i = 0; i < 20; i++) { later(60000); seg(K, 1, 2001, 0, 0); }
    expect(c.state).toBe(<u8>State.established);
    while (take()) {}
    seg(K, 1, 2001, 60000, 0);
    expectSeg(K, 2001, 1, 1000);
    while (take()) {}
    seg(K, 1, 8001, 60000, 0);
    expect(c.heardAck).toBe(8000);
  });
  test("may_8_our_window_may_stay_closed", () => {
    const c = established();
    closeWindow();
    for (let i = 0; i < 5; i++) { later(60000); seg(K, 65536, 1, 60000, 1); expectSeg(K, 1, 65536, 0); expect(outWnd).toBe(0); }
    expect(c.state).toBe(<u8>State.established);
    consume(c, 65535);
    expectSeg(K, 1, 65536, 0);
    expect(outWnd).toBe(65535);
  });
  test("must_35_must_36_shld_29_shld_30_a_zero_window_is_probed_after_a_timeout_and_then_with_doubled_intervals", () => {
    const c = established();
    seg(K, 1, 1, 0, 0);
    produce(c, 100);
    expectNone();
    for (let n = 0; n < 5; n++) {
      later((200 << n) - 1); expectNone();
      later(2); expectSeg(K, 1, 1, 1);
    }
    expect(counters.get(C.windowProbes)).toBe(5);
  });
  test("must_37_a_window_that_stays_zero_and_is_acknowledged_stays_open", () => {
    const c = established();
    seg(K, 1, 1, 0, 0);
    produce(c, 100);
    for (let i = 0; i < 60; i++) { later(60000); seg(K, 1, 1, 0, 0); }   // an hour
    expect(c.state).toBe(<u8>State.established);
    while (take()) {}
    seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 100);
  });
  test("must_66_an_rst_and_an_urgent_pointer_count_while_our_window_is_closed", () => {
    const c = established();
    closeWindow();
    news(c);
    urgent(K, 65536, 1, 60000, 0, 10);
    expect(news(c) & Dirty.urgent).toBe(Dirty.urgent);
    expect(tcp.urgent(c)).toBe(65535 + 10);
    seg(R, 65536, 0, 0, 0);
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
  });
});

describe("rfc 9293: urgent data", () => {
  beforeEach(start);
  afterEach(end);

  test("must_30_must_62_urgent_data_are_told_with_a_pointer_to_the_byte_behind_them", () => {
    const c = established();
    tcp.setNoDelay(c, true);
    produce(c, 10); expectSeg(K, 1, 1, 10);
    expect(tcp.sendUrgent(c, BUF + 10, 5)).toBe(5);
    tcp.flush();
    expectSeg(K | U, 11, 1, 5);
    expect(out().urgent).toBe(5);
    produce(c, 7);                        // what follows is not urgent
    expectSeg(K, 16, 1, 7);
    later(210);
    expect(take()).not.toBe(0);           // sent again, it says so again
    expect(out().urgent).toBe(15);
    expect(<u32>out().bits & U).toBe(U);
    while (take()) {}
    seg(K, 1, 23, 60000, 0);
    produce(c, 1); expectSeg(K, 23, 1, 1);
  });
  test("must_30_urgent_data_are_told_also_into_a_closed_window", () => {
    const c = established();
    seg(K, 1, 1, 0, 0);
    tcp.sendUrgent(c, BUF, 3);
    tcp.flush();
    expectSeg(K | U, 1, 1, 0);
    expect(out().urgent).toBe(3);
    seg(K, 1, 1, 1000, 0);
    expectSeg(K | U, 1, 1, 3);
  });
  test("must_31_urgent_data_have_any_length", () => {
    const c = established();
    let at: u32 = 1;
    tcp.sendUrgent(c, BUF, 60000); tcp.flush();
    while (take()) { expect(<u32>out().bits & U).toBe(U); expect(out().urgent).toBe(60001 - (out().seq - iss)); at += outLen(); seg(K, 1, at, 60000, 0); }
    expect(at).toBe(60001);
    news(c);
    urgent(K, 1, 60001, 60000, 100, 60000);
    expect(tcp.urgent(c)).toBe(60000);
    urgent(K, 101, 60001, 60000, 100, 65535);   // it goes on, beyond what one pointer can tell
    expect(tcp.urgent(c)).toBe(100 + 65535);
    consume(c, 200);
    expect(tcp.urgent(c)).toBe(65535 - 100);
  });
  test("must_32_the_user_hears_when_urgent_data_begin_and_when_the_pointer_moves_on", () => {
    const c = established();
    news(c);
    urgent(K, 1, 1, 60000, 10, 20);
    expect(news(c) & Dirty.urgent).toBe(Dirty.urgent);
    urgent(K, 11, 1, 60000, 5, 10);       // the same place
    expect(news(c) & Dirty.urgent).toBe(0);
    urgent(K, 16, 1, 60000, 5, 10);
    expect(news(c) & Dirty.urgent).toBe(Dirty.urgent);
    urgent(K, 1, 1, 60000, 5, 2);         // an old one
    expect(news(c) & Dirty.urgent).toBe(0);
    while (take()) {}
    consume(c, 20);
  });
  test("must_33_the_user_learns_how_much_urgent_data_is_left", () => {
    const c = established();
    urgent(K, 1, 1, 60000, 30, 25);
    expect(tcp.urgent(c)).toBe(25);
    consume(c, 24);
    expect(tcp.urgent(c)).toBe(1);
    consume(c, 6);
    expect(tcp.urgent(c)).toBe(0);
  });
});

describe("rfc 9293: retransmissions, acknowledgements, silly windows", () => {
  beforeEach(start);
  afterEach(end);

  test("must_19_slow_start_congestion_avoidance_and_doubled_timeouts", () => {
    const c = established();
    produce(c, 60000);
    for (let i: u32 = 0; i < 10; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    expectNone();
    seg(K, 1, 2001, 60000, 0);            // slow start: two acknowledged, four leave
    for (let i: u32 = 0; i < 4; i++) expectSeg(K, 10001 + i * 1000, 1, 1000);
    expectNone();
    c.ssthresh = c.cwnd;                  // congestion avoidance: one more per window
    let before = c.cwnd;
    for (let i: u32 = 0; i < 12; i++) { seg(K, 1, 3001 + i * 1000, 60000, 0); while (take()) {} }
    expect(c.cwnd <= before + 1000 && c.cwnd >= before).toBeTruthy();
    const rto = rtt.timeout(c);
    for (let i = 0; i < 3; i++) { later(rtt.timeout(c) + 10); while (take()) {} }
    expect(rtt.timeout(c)).toBe(rto << 3);
    expect(c.cwnd).toBe(1000);
  });
  test("must_18_karn_no_sample_from_what_was_sent_twice_and_the_doubled_timeout_stays", () => {
    const c = established();
    produce(c, 100); expectSeg(K, 1, 1, 100);
    later(201); expectSeg(K, 1, 1, 100);
    const srtt = c.srtt;
    later(150);
    seg(K, 1, 101, 60000, 0);
    expect(c.srtt).toBe(srtt);
    expect(c.backoff).toBe(1);
  });
  test("must_58_must_59_segments_that_come_together_are_all_processed_before_one_ack_leaves", () => {
    const c = established();
    for (let i: u32 = 0; i < 6; i++) {
      const p = build(PEER, CPORT, K, IRS + 1 + i * 1000, iss + 1, 60000, 1000, i * 1000);
      tcp.input(p, changetype<Ip4>(p).length);
    }
    tcp.flush();
    expectSeg(K, 1, 6001, 0);
    expectNone();
    consume(c, 6000);
  });
  test("shld_31_may_13_segments_out_of_order_are_kept_and_answered", () => {
    const c = established();
    seg(K, 1001, 1, 60000, 1000);
    expectSeg(K, 1, 1, 0);
    seg(K, 1, 1, 60000, 1000);
    expectSeg(K, 1, 2001, 0);
    consume(c, 2000);
  });
  test("shld_18_must_40_an_ack_waits_less_than_half_a_second", () => {
    established();
    seg(K, 1, 1, 60000, 100);
    expectNone();
    let ms = 0;
    while (ms < 1000 && take() == 0) { later(10); ms += 10; }
    expect(ms < 500).toBeTruthy();
  });
  test("shld_19_every_second_full_segment_is_acknowledged_at_once", () => {
    established();
    for (let i: u32 = 0; i < 4; i++) {
      seg(K, 1 + i * 2000, 1, 60000, 1000); expectNone();
      seg(K, 1001 + i * 2000, 1, 60000, 1000); expectSeg(K, 1, 2001 + i * 2000, 0);
    }
  });
  test("must_39_the_window_opens_by_a_segment_or_half_the_buffer_and_by_nothing_less", () => {
    const c = established();
    closeWindow();
    for (let i = 0; i < 9; i++) { consume(c, 100); expectNone(); }
    seg(K, 65536, 1, 60000, 1);           // a probe: still closed
    expectSeg(K, 1, 65536, 0);
    expect(outWnd).toBe(0);
    consume(c, 100);
    seg(K, 65536, 1, 60000, 0);
    later(50);
    while (take()) {}
    seg(K, 65536 + 2000, 1, 60000, 1);    // beyond the window: the answer tells it
    expect(take()).not.toBe(0);
    expect(outWnd).toBe(1000);
  });
  test("must_38_a_segment_that_is_not_full_leaves_only_where_it_is_all_there_is_or_half_the_largest_window", () => {
    const c = established();
    produce(c, 10000);
    for (let i: u32 = 0; i < 10; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    seg(K, 1, 10001, 300, 0);
    produce(c, 1000);
    expectNone();                         // 300 of 1000 bytes would be silly
    later(150); expectNone();
    later(100); expectSeg(K, 10001, 1, 300);   // the override timeout (3.8.6.2.1)
    seg(K, 1, 10301, 60000, 0);
    expectSeg(K, 10301, 1, 700);
  });
  test("shld_7_must_17_nagle_holds_a_second_short_segment_back_until_the_user_turns_it_off", () => {
    const c = established();
    produce(c, 10); expectSeg(K, 1, 1, 10);
    produce(c, 10); expectNone();
    tcp.setNoDelay(c, true); tcp.flush();
    expectSeg(K, 11, 1, 10);
    produce(c, 10); expectSeg(K, 21, 1, 10);
  });
  test("must_49_must_48_shld_21_shld_22_time_to_live_and_dscp_are_the_users_and_change_during_the_connection", () => {
    const l = listener();
    tcp.markAll(l, 33, 0xb8);
    mssOpt(1000);
    seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(marks()).toBe(33 << 8 | 0xb8);
    seg(K, 1, 1, 60000, 0);
    const c = conn();
    produce(c, 10); expectSeg(K, 1, 1, 10);
    expect(marks()).toBe(33 << 8 | 0xb8);
    tcp.setMarks(c, 200, 0x28);
    seg(K, 1, 11, 60000, 0);
    produce(c, 10); expectSeg(K, 11, 1, 10);
    expect(marks()).toBe(200 << 8 | 0x28);
    tcp.shut(c); tcp.flush();
    expect(take()).not.toBe(0);
    seg(K | F, 1, 22, 60000, 0); expectSeg(K, 22, 2, 0);
    expect(marks()).toBe(200 << 8 | 0x28);
    tcp.finish(c);
    seg(K | F, 1, 22, 60000, 0); expectSeg(K, 22, 2, 0);   // from the TIME-WAIT record
    expect(marks()).toBe(200 << 8 | 0x28);
  });
});

/** TTL and type of service of the packet taken last. */
function marks(): u32 { const h = changetype<Ip4>(changetype<usize>(out()) - IP); return <u32>h.ttl << 8 | <u32>h.tos; }
