import { A, CPORT, F, K, PEER, R, S, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, outOpt, outOptLen, outWnd, produce, sackOkOpt, sackOpt, seg, start, take, tsOpt } from "./bed";
import { blank } from "../net/bed";
import { ETH } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { get32, put16, put32 } from "../../assembly/core/bytes";
import { Conn, Dirty, Flag, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
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

/** Expects full segments from `seq` on. */
function expectFull(seq: u32, n: u32): void { for (let i: u32 = 0; i < n; i++) expectSeg(K, seq + i * 1000, 1, 1000); }

/** An ICMP "fragmentation needed" or other unreachable that quotes our segment at sequence number `seq`. */
function unreachable_(code: u32, mtu: u32, seq: u32): void {
  const p = blank() + ETH;
  changetype<Ip4>(p).write(20 + 8 + 28, PEER, A, 1, 64, 0, 0, 0);
  store<u8>(p, 3, 20); store<u8>(p, <u8>code, 21);
  put16(p + 26, mtu);
  changetype<Ip4>(p + 28).write(1040, A, PEER, 6, 64, 0, 0, 0);
  put16(p + 48, 80); put16(p + 50, CPORT); put32(p + 52, iss + seq);
  tcp.icmp(p, 56);
  tcp.flush();
  frame.free(p);
}

describe("output", () => {
  beforeEach(start);
  afterEach(end);

  test("rfc6928_the_first_flight_is_ten_segments", () => {
    const c = established();
    produce(c, 20000);
    expectFull(1, 10);
    expectNone();
    seg(K, 1, 2001, 60000, 0);
    expectFull(10001, 4);
    expectNone();
  });
  test("rfc9293_3_8_6_the_clients_window_is_not_exceeded", () => {
    const c = established();
    seg(K, 1, 1, 2500, 0);
    produce(c, 5000);
    expectFull(1, 2);
    expectNone();
    seg(K, 1, 2001, 2500, 0);
    expectFull(2001, 2);
  });
  test("nagle_a_second_short_segment_waits_for_the_first", () => {
    const c = established();
    produce(c, 10);
    expectSeg(K, 1, 1, 10);
    produce(c, 10); produce(c, 10);
    expectNone();
    seg(K, 1, 11, 60000, 0);
    expectSeg(K, 11, 1, 20);
    tcp.setNoDelay(c, true);
    produce(c, 5); expectSeg(K, 31, 1, 5);
  });
  test("rfc6298_5_the_timeout_sends_again_and_doubles", () => {
    const c = established();
    produce(c, 100);
    expectSeg(K, 1, 1, 100);
    later(199); expectNone();
    later(2); expectSeg(K, 1, 1, 100);
    later(399); expectNone();
    later(3); expectSeg(K, 1, 1, 100);
    later(803); expectSeg(K, 1, 1, 100);
    seg(K, 1, 101, 60000, 0);
    expect(counters.get(C.timeouts)).toBe(3);
    later(10000); expectNone();
  });
  test("rfc5681_3_1_after_a_timeout_the_window_is_one_segment", () => {
    const c = established();
    produce(c, 5000);
    expectFull(1, 5);
    later(201);
    expectSeg(K, 1, 1, 1000);
    expectNone();
    seg(K, 1, 1001, 60000, 0);
    expectFull(1001, 2);
    seg(K, 1, 5001, 60000, 0);
    expectNone();
    expect(c.sent).toBe(5000);
  });
  test("rfc5681_3_2_the_third_duplicate_ack_sends_the_first_segment_again", () => {
    const c = established();
    produce(c, 9000);
    expectFull(1, 9);
    for (let i = 0; i < 2; i++) { seg(K, 1, 1, 60000, 0); expectNone(); }
    seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    expectNone();
    expect(counters.get(C.fastRetransmits)).toBe(1);
    seg(K, 1, 4001, 60000, 0);
    expectSeg(K, 4001, 1, 1000);
    seg(K, 1, 9001, 60000, 0);
    expect(c.cwnd < 10000).toBeTruthy();
    expect(counters.get(C.timeouts)).toBe(0);
  });
  test("rfc6675_holes_are_filled_and_nothing_that_was_sacked_is_sent_again", () => {
    const c = sacking();
    produce(c, 9000);
    expectFull(1, 9);
    sackOpt(1001, 2001); seg(K, 1, 1, 60000, 0);
    expectNone();
    sackOpt(1001, 3001); seg(K, 1, 1, 60000, 0);
    sackOpt(4001, 7001); seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    expectSeg(K, 3001, 1, 1000);
    expectSeg(K, 8001, 1, 1000); // rule 4: the rescue
    expectNone();
    seg(K, 1, 7001, 60000, 0);
    seg(K, 1, 9001, 60000, 0);
    expectNone();
    expect(counters.get(C.timeouts)).toBe(0);
  });
  test("rfc6675_5_the_window_is_ssthresh_when_recovery_ends_though_little_is_on_the_way", () => {
    const c = sacking();
    produce(c, 9000);
    expectFull(1, 9);
    sackOpt(1001, 9001); seg(K, 1, 1, 60000, 0);
    expectSeg(K, 1, 1, 1000);
    expectNone();                // rule 4 has nothing left: the end was SACKed
    expect(c.flags & Flag.recovery).not.toBe(0);
    seg(K, 1, 9001, 60000, 0);
    expect(c.flags & Flag.recovery).toBe(0);
    expect(c.cwnd).toBe(c.ssthresh);
    expectNone();
  });
  test("rfc2018_8_a_timeout_forgets_the_scoreboard", () => {
    const c = sacking();
    produce(c, 3000);
    expectFull(1, 3);
    sackOpt(1001, 3001); seg(K, 1, 1, 60000, 0);
    later(1000);
    while (take()) {}
    expect(c.sacked).toBe(0);
  });
  test("blocks_outside_what_is_on_the_way_are_refused", () => {
    const c = sacking();
    produce(c, 1000);
    expectFull(1, 1);
    sackOpt(5001, 6001); seg(K, 1, 1, 60000, 0);
    sackOpt(500, 100); seg(K, 1, 1, 60000, 0);
    expect(counters.get(C.badSack)).toBe(2);
    expect(c.sacked).toBe(0);
  });
  test("rfc2018_4_the_first_block_is_the_newest", () => {
    const c = sacking();
    seg(K, 1001, 1, 60000, 500);
    while (take()) {}
    seg(K, 3001, 1, 60000, 500);
    while (take()) {}
    seg(K, 2001, 1, 60000, 500);
    expectSeg(K, 1, 1, 0);
    expect(outOptLen).toBe(28);
    expect(get32(outOpt + 4)).toBe(1000 + 2001);
    expect(get32(outOpt + 12)).toBe(1000 + 3001);
    expect(get32(outOpt + 20)).toBe(1000 + 1001);
    expect(c.rcvd).toBe(0);
  });
  test("rfc8985_7_a_lost_tail_is_probed_before_the_timeout", () => {
    const c = sacking();
    produce(c, 1000); expectFull(1, 1);
    later(20); seg(K, 1, 1001, 60000, 0);
    produce(c, 3000); expectFull(1001, 3);
    later(60);
    expectSeg(K, 3001, 1, 1000);
    expect(counters.get(C.tailProbes)).toBe(1);
    expect(counters.get(C.timeouts)).toBe(0);
  });
  test("rfc9293_3_8_6_1_a_closed_window_is_probed_with_doubled_intervals", () => {
    const c = established();
    seg(K, 1, 1, 0, 0);
    produce(c, 100);
    expectNone();
    later(201); expectSeg(K, 1, 1, 1);
    seg(K, 1, 1, 0, 0);
    later(401); expectSeg(K, 1, 1, 1);
    expect(c.sent).toBe(0);
    seg(K, 1, 2, 50, 0);
    expectNone(); // 50 bytes of window would be silly
    seg(K, 1, 2, 1000, 0);
    expectSeg(K, 2, 1, 99);
  });
  test("an_ack_is_not_sent_from_beyond_the_clients_window", () => {
    const c = established();
    produce(c, 2000);
    expectSeg(K, 1, 1, 1000); expectSeg(K, 1001, 1, 1000);
    seg(K, 1, 1001, 0, 0);                  // the client has closed its window before the second
    seg(K, 1, 1001, 0, 10);
    later(45);
    expectSeg(K, 1001, 11, 0);
  });
  test("an_opened_window_is_used_at_once_from_the_first_unacknowledged_byte", () => {
    const c = established();
    produce(c, 2000);
    expectSeg(K, 1, 1, 1000); expectSeg(K, 1001, 1, 1000);
    seg(K, 1, 1001, 0, 0);
    later(4000);
    while (take()) {}
    seg(K, 1, 1001, 8000, 0);
    expectSeg(K, 1001, 1, 1000);
    later(1100);
    expectSeg(K, 1001, 1, 1000);            // the timeout is not the probes'
  });
  test("rfc1122_4_2_2_17_who_answers_probes_of_a_closed_window_is_not_given_up", () => {
    const c = established();
    produce(c, 2000);
    seg(K, 1, 1001, 0, 0);
    for (let i = 0; i < 10; i++) { later(60000); seg(K, 1, 1001, 0, 0); }
    expect(news(c) & Dirty.giveUp).toBe(0);
    later(420000);
    expect(news(c) & Dirty.giveUp).toBe(Dirty.giveUp);
  });
  test("rfc9293_3_8_6_2_no_silly_segments", () => {
    const c = established();
    produce(c, 10000);
    expectFull(1, 10);
    produce(c, 10000);
    seg(K, 1, 10001, 100, 0);
    expectNone();
    seg(K, 1, 10001, 60000, 0);
    expectSeg(K, 10001, 1, 1000);
    while (take()) {}
  });
  test("rfc9293_3_8_4_keep_alive_asks_and_gives_up", () => {
    const c = established();
    tcp.setKeepAlive(c, 10000);
    news(c);
    later(10001); expectSeg(K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0);
    later(9000); expectNone();
    later(1010); expectSeg(K, 0, 1, 0);
    later(200000);
    expect(c.state).toBe(<u8>State.closed);
    expect(news(c)).toBe(Dirty.giveUp);
  });
  test("rfc9293_3_8_3_user_timeout_ends_the_connection", () => {
    const c = established();
    tcp.setUserTimeout(c, 5000);
    produce(c, 10);
    later(20000);
    while (take()) {}
    for (let i = 0; i < 10; i++) later(1000);
    while (take()) {}
    expect(c.state).toBe(<u8>State.closed);
  });
  test("rfc1191_fragmentation_needed_lowers_the_mss_and_sends_again", () => {
    const c = established();
    produce(c, 1000);
    expectFull(1, 1);
    unreachable_(4, 640, 1);
    expect(c.mss).toBe(600);
    expectSeg(K, 1, 1, 600);
    expectSeg(K, 601, 1, 400);
    expect(counters.get(C.icmpMtu)).toBe(1);
  });
  test("rfc5927_an_error_for_what_is_not_on_the_way_is_blind", () => {
    const c = established();
    produce(c, 1000);
    expectFull(1, 1);
    unreachable_(4, 640, 1001);
    unreachable_(4, 640, 0);
    expect(c.mss).toBe(1000);
    expect(counters.get(C.icmpBlind)).toBe(2);
    unreachable_(3, 0, 1);
    expect(c.state).toBe(<u8>State.established);
    expect(counters.get(C.icmpSoft)).toBe(1);
    unreachable_(4, 68, 1);
    expect(c.mss).toBe(512);
  });
  test("the_fin_is_sent_again_and_rides_on_the_last_segment", () => {
    const c = established();
    tcp.send(c, 0, 0);
    produce(c, 0);
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    later(201);
    expectSeg(F | K, 1, 1, 0);
    seg(K, 1, 2, 60000, 0);
    expect(c.state).toBe(<u8>State.finWait2);
  });
  test("rfc7323_3_every_segment_carries_timestamps", () => {
    const c = modern();
    produce(c, 10);
    expectSeg(K, 1, 1, 10);
    expect(outOptLen).toBe(12);
    expect(get32(outOpt + 8)).toBe(100);
  });
  test("a_drop_resets_the_client", () => {
    const c = established();
    tcp.drop(c, true);
    expectSeg(R | K, 1, 1, 0);
  });
});
