// RFC 9293, appendix B: opening and closing, failures, keep-alive, ICMP. A test's name begins with what it shows.

import { A, B, CPORT, F, IRS, K, PEER, PORT, R, S, arps, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, out, outData, outLen, outOptLen, outWnd, produce, seg, segFrom, start, take, tsOpt } from "../tcp/bed";
import { OUT, answer, blank } from "../net/bed";
import { ETH } from "../../assembly/wire/eth";
import { Ip4 } from "../../assembly/wire/ip4";
import { put16, put32 } from "../../assembly/core/bytes";
import { Conn, Dirty, Flag, State, Trouble } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
import * as tcp from "../../assembly/tcp/tcp";
import * as timewait from "../../assembly/tcp/timewait";

/** Our own SYN to PEER from port 80. */
function opening(): Conn {
  const c = tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535)!;
  tcp.flush();
  expectSeg(S, 0, 0, 0);
  return c;
}

/** An ICMP message of this type and code that quotes our segment at sequence number `seq`. */
function icmp(type: u32, code: u32, seq: u32): void {
  const p = blank() + ETH;
  changetype<Ip4>(p).write(56, PEER, A, 1, 64, 0, 0, 0);
  store<u8>(p, <u8>type, 20); store<u8>(p, <u8>code, 21);
  put32(p + 24, 0);
  changetype<Ip4>(p + 28).write(1040, A, PEER, 6, 64, 0, 0, 0);
  put16(p + 48, PORT); put16(p + 50, CPORT); put32(p + 52, iss + seq);
  tcp.icmp(p, 56);
  tcp.flush();
  frame.free(p);
}

/** Milliseconds until the connection's state is `to`, in seconds' steps; what it sends is thrown away. */
function until(c: Conn, to: u32, most: u32): u32 {
  let ms: u32 = 0;
  for (; ms < most && c.state != to; ms += 1000) { later(1000); while (take()) {} }
  return ms;
}

describe("rfc 9293: opening and closing", () => {
  beforeEach(start);
  afterEach(end);

  test("must_10_simultaneous_open_attempts_make_one_connection", () => {
    const c = opening();
    seg(S, 0, 0, 5000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(S | K, 0, 1, 5000, 0);
    while (take()) {}
    seg(K, 1, 1, 5000, 10);
    expect(c.state).toBe(<u8>State.established);
    consume(c, 10);
  });
  test("must_11_syn_received_remembers_whether_it_came_from_a_passive_or_an_active_open", () => {
    const c = opening();
    seg(S, 0, 0, 5000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(R, 1, 0, 0, 0);                   // active: the attempt was refused
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
    expect(c.state).toBe(<u8>State.closed);
    tcp.drop(c, false);
    listener();
    seg(S, 0, 0, 5000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(R, 1, 0, 0, 0);                   // passive: it listens again, and nobody hears of it
    expect(tcp.nextDirty() == null).toBeTruthy();
    seg(S, 0, 0, 5000, 0);
    expectSeg(S | K, 0, 1, 0);
  });
  test("must_41_a_passive_open_leaves_connections_of_the_same_port_alone", () => {
    const c = established(), l = tcp.listen(B, PORT, 2, false, 0, 65535, 65535, 0);
    expect(l != null).toBeTruthy();
    expect(tcp.listen(A, PORT, 2, false, 0, 65535, 65535, 0) == null).toBeTruthy("the first listener keeps its port");
    seg(K, 1, 1, 60000, 20);
    consume(c, 20);
    tcp.unlisten(l!);
    produce(c, 20);
    expectSeg(K, 1, 21, 20);
  });
  test("must_42_a_port_listens_while_a_connection_of_it_is_in_syn_sent_or_syn_received", () => {
    const c = opening();
    expect(tcp.listen(A, PORT, 2, false, 0, 65535, 65535, 0) != null).toBeTruthy();
    segFrom(PEER, CPORT + 1, S, 0, 0, 1000, 0);
    expect(take()).not.toBe(0);
    expect(<u32>out().bits).toBe(S | K);
    expect(c.state).toBe(<u8>State.synSent);
    tcp.drop(c, false);
  });
  test("must_12_the_user_hears_whether_a_connection_was_closed_or_aborted", () => {
    const c = established();
    news(c);
    seg(K | F, 1, 1, 60000, 0);
    expectSeg(K, 1, 2, 0);
    expect(news(c)).toBe(Dirty.fin);
    seg(R, 2, 0, 0, 0);
    expect(news(c)).toBe(Dirty.reset);
  });
  test("shld_2_an_rst_may_carry_data", () => {
    const c = established();
    seg(R | K, 1, 1, 0, 30);
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
  });
  test("may_1_half_closed_connections_go_on_in_the_other_direction", () => {
    const c = established();
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    seg(K, 1, 2, 60000, 500);
    later(41);
    expectSeg(K, 2, 501, 0);
    consume(c, 500);
  });
  test("must_13_who_closes_first_lingers_in_time_wait_for_2_msl", () => {
    const c = established();              // MSL is 30 s here
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    seg(K | F, 1, 2, 60000, 0);
    expectSeg(K, 2, 2, 0);
    tcp.finish(c);
    later(59999);
    seg(K | F, 1, 2, 60000, 0);
    expectSeg(K, 2, 2, 0);
    later(59999);                         // a FIN begins the time anew
    expect(timewait.used()).toBe(1);
    later(1000);
    expect(timewait.used()).toBe(0);
  });
  test("may_2_shld_4_a_syn_with_a_newer_timestamp_reopens_from_time_wait", () => {
    const c = modern();
    tcp.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
    tsOpt(200, 0); seg(F | K, 1, 2, 15000, 0); expectSeg(K, 2, 2, 0);
    tcp.finish(c);
    tsOpt(201, 0); seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(timewait.used()).toBe(0);
  });
});

describe("rfc 9293: failures", () => {
  beforeEach(start);
  afterEach(end);

  test("must_20_shld_9_shld_10_after_r1_retransmissions_ip_is_advised_and_the_user_hears_of_it", () => {
    const c = established();
    later(2000);
    news(c);
    produce(c, 100);
    const before = arps;
    for (let n = 0; n < 3; n++) {
      expect(news(c) & Dirty.trouble).toBe(0, "before the third retransmission");
      expectSeg(K, 1, 1, 100);
      later((200 << n) + 2);
    }
    expectSeg(K, 1, 1, 100);
    expectNone();
    expect(arps - before).toBe(1, "the next hop is asked again");
    expect(news(c)).toBe(Dirty.trouble);
    expect(c.trouble).toBe(<u8>Trouble.retransmissions);
    expect(c.state).toBe(<u8>State.established);
  });
  test("must_20_shld_11_r2_ends_the_connection_after_at_least_100_s", () => {
    const c = established();
    produce(c, 100);
    const ms = until(c, State.closed, 600000);
    expect(ms >= 100000 && ms < 400000).toBeTruthy();
    expect(news(c) & Dirty.giveUp).toBe(Dirty.giveUp);
  });
  test("must_21_the_user_sets_r2", () => {
    const c = established();
    tcp.setUserTimeout(c, 10000);
    produce(c, 100);
    const ms = until(c, State.closed, 60000);
    expect(ms > 10000 && ms < 25000).toBeTruthy();
  });
  test("must_22_must_23_a_syn_is_handled_likewise_and_repeated_for_at_least_3_minutes", () => {
    const c = opening();
    news(c);
    let sent: u32 = 0, ms: u32 = 0, told: u32 = 0;
    for (; ms < 300000 && c.state != State.closed; ms += 1000) {
      later(1000); answer(0, PEER);
      while (take()) if (out().bits & S) sent++;
      if (c.dirty & Dirty.trouble && told == 0) told = sent;
    }
    expect(ms >= 180000 && ms < 200000).toBeTruthy();
    expect(sent).toBe(7);
    expect(told).toBe(3, "R1");
    expect(news(c) & Dirty.giveUp).toBe(Dirty.giveUp);
  });
});

describe("rfc 9293: keep-alive", () => {
  beforeEach(start);
  afterEach(end);

  test("must_24_must_25_may_5_keep_alive_is_off_until_the_user_turns_it_on_and_off_again", () => {
    const c = established();
    later(10000000);                      // `later` throws away what is sent: the counter tells
    expect(counters.get(C.keepAlives)).toBe(0);
    tcp.setKeepAlive(c, 7200000);
    later(7201000);
    expect(counters.get(C.keepAlives)).toBe(1);
    seg(K, 1, 1, 60000, 0);
    tcp.setKeepAlive(c, 0);
    later(10000000);
    expect(counters.get(C.keepAlives)).toBe(1);
  });
  test("must_26_must_27_shld_12_a_probe_without_data_leaves_only_after_the_interval_that_was_set_and_with_nothing_on_the_way", () => {
    const c = established();
    tcp.setKeepAlive(c, 5000);
    later(4000); seg(K, 1, 1, 60000, 0);  // something was heard
    later(4900); expectNone();
    later(101); expectSeg(K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0);
    produce(c, 100);
    expectSeg(K, 1, 1, 100);
    for (let i = 0; i < 12; i++) { later(1000); while (take()) expect(outLen()).toBe(100, "retransmissions alone"); }
    expect(counters.get(C.keepAlives)).toBe(1);
  });
  test("must_28_the_usual_interval_is_two_hours", () => {
    const l = listener();
    tcp.configure(l, 0, true);
    expect(l.keepIdle >= 7200000).toBeTruthy();
  });
  test("must_29_one_probe_without_answer_ends_nothing", () => {
    const c = established();
    tcp.setKeepAliveProbes(c, 1000, 9);
    tcp.setKeepAlive(c, 5000);
    later(5001); expectSeg(K, 0, 1, 0);
    for (let n = 0; n < 8; n++) { later(1001); expectSeg(K, 0, 1, 0); }
    expect(c.state).toBe(<u8>State.established);
    seg(K, 1, 1, 60000, 0);
    later(4000);
    expect(c.state).toBe(<u8>State.established);
    expectNone();
  });
});

describe("rfc 9293: icmp", () => {
  beforeEach(start);
  afterEach(end);

  test("must_54_an_error_goes_to_the_connection_whose_segment_it_quotes", () => {
    const c = established(), first = iss;
    segFrom(PEER, CPORT + 1, S, 0, 0, 1000, 0);
    expect(take()).not.toBe(0);
    segFrom(PEER, CPORT + 1, K, 1, out().seq - iss + 1, 1000, 0);
    const d = tcp.find(A, PORT, PEER, CPORT + 1)!;
    produce(d, 100); produce(c, 100);
    while (take()) {}
    expect(first).toBe(iss);
    icmp(3, 1, 1);
    expect(c.trouble).toBe(<u8>Trouble.host);
    expect(d.trouble).toBe(0);
    icmp(3, 1, 100000);                   // a number that is not on the way tells nothing (RFC 5927 4)
    expect(counters.get(C.icmpBlind)).toBe(1);
  });
  test("must_54_shld_25_what_cannot_be_reached_is_told_to_the_user", () => {
    const c = established();
    produce(c, 100);
    expectSeg(K, 1, 1, 100);
    const rows: u32[] = [3, 0, Trouble.network, 3, 1, Trouble.host, 3, 5, Trouble.route, 11, 0, Trouble.exceeded, 12, 0, Trouble.parameter];
    for (let i = 0; i < rows.length; i += 3) {
      news(c);
      icmp(rows[i], rows[i + 1], 1);
      expect(news(c)).toBe(Dirty.trouble);
      expect(<u32>c.trouble).toBe(rows[i + 2]);
    }
  });
  test("must_55_a_source_quench_is_discarded_in_silence", () => {
    const c = established();
    produce(c, 100);
    expectSeg(K, 1, 1, 100);
    const cwnd = c.cwnd;
    news(c);
    icmp(4, 0, 1);
    expect(news(c)).toBe(0);
    expect(c.cwnd).toBe(cwnd);
    expectNone();
  });
  test("must_56_no_soft_error_ends_a_connection_nor_an_attempt", () => {
    const c = established();
    produce(c, 100);
    expectSeg(K, 1, 1, 100);
    const codes: u32[] = [3, 0, 3, 1, 3, 5, 11, 0, 11, 1, 12, 0];
    for (let i = 0; i < codes.length; i += 2) icmp(codes[i], codes[i + 1], 1);
    expect(c.state).toBe(<u8>State.established);
    tcp.drop(c, false);
    const d = opening();
    for (let i = 0; i < codes.length; i += 2) icmp(codes[i], codes[i + 1], 0);
    expect(d.state).toBe(<u8>State.synSent);
    tcp.drop(d, false);
  });
  test("shld_26_a_hard_error_ends_an_attempt_and_is_told_to_a_connection_that_stands_as_rfc_5927_says", () => {
    const hard: u32[] = [2, 3];
    for (let i = 0; i < hard.length; i++) {
      const c = opening();
      icmp(3, hard[i], 0);
      expect(c.state).toBe(<u8>State.closed);
      expect(news(c) & Dirty.reset).toBe(Dirty.reset);
      tcp.drop(c, false);
    }
    const d = established();
    produce(d, 100);
    expectSeg(K, 1, 1, 100);
    icmp(3, 3, 1);
    expect(d.state).toBe(<u8>State.established);
    expect(d.trouble).toBe(<u8>Trouble.port);
  });
});
