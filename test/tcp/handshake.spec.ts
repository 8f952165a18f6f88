import { A, CPORT, F, IRS, K, PEER, PORT, R, S, build, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, out, outLen, outOpt, outOptLen, outTsVal, outWnd, produce, sackOkOpt, seg, segFrom, start, take, tsOpt, wsOpt } from "./bed";
import { get32 } from "../../assembly/core/bytes";
import { Conn, Dirty, State, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as tcp from "../../assembly/tcp/tcp";
import { TIME_WAITS, HALF_OPENS } from "../../assembly/core/sizes";
import * as timewait from "../../assembly/tcp/timewait";

/** Our own SYN to PEER from port 80; `iss` is its number. */
function opening(): Conn {
  const c = tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535)!;
  tcp.flush();
  expectSeg(S, 0, 0, 0);
  return c;
}

describe("handshake", () => {
  beforeEach(start);
  afterEach(end);

  test("the_syn_ack_is_repeated_until_the_record_is_forgotten", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    later(1001); expectSeg(S | K, 0, 1, 0);
    later(2001); expectSeg(S | K, 0, 1, 0);
    expect(tcp.synRoom()).toBe(HALF_OPENS - 1);
    later(70000);
    expect(tcp.synRoom()).toBe(HALF_OPENS);
  });
  test("duplicate_syn_is_answered_by_the_same_syn_ack", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    const first = iss;
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(iss).toBe(first);
  });
  test("rfc9293_3_10_7_4_wrong_ack_of_the_syn_ack_gets_rst", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 77, 1000, 0);
    expectSeg(R, 77, 0, 0);
    expect(counters.get(C.badAck)).toBe(1);
  });
  test("rst_ends_a_half_open_record", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(R, 1, 0, 0, 0);
    expect(tcp.synRoom()).toBe(HALF_OPENS);
  });
  test("data_with_the_last_ack_is_taken", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 1000, 50);
    consume(conn(), 50);
  });
  test("rfc7323_options_are_agreed", () => {
    const c = modern();
    expect(c.options).toBe(<u8>(SynFlag.timestamps | SynFlag.sack));
    expect(c.wscaleSnd).toBe(2);
    expect(c.mss).toBe(1000);
    expect(c.sndWnd).toBe(60000);
  });
  test("rfc9293_3_5_active_open", () => {
    const c = opening();
    mssOpt(1460);
    seg(S | K, 0, 1, 5000, 0);
    expectSeg(K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.established);
    expect(c.mss).toBe(1460);
    expect(news(c) & Dirty.established).toBe(Dirty.established);
  });
  test("rfc9293_3_5_simultaneous_open", () => {
    const c = opening();
    seg(S, 0, 0, 5000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(c.state).toBe(<u8>State.synRcvd);
    seg(S | K, 0, 1, 5000, 0);
    while (take()) {}
    seg(K, 1, 1, 5000, 0);
    expect(c.state).toBe(<u8>State.established);
    seg(K, 1, 1, 5000, 10);
    consume(c, 10);
  });
  test("a_refused_connection_is_reset", () => {
    const c = opening();
    seg(R | K, 0, 1, 0, 0);
    expect(c.state).toBe(<u8>State.closed);
    expect(news(c)).toBe(Dirty.reset);
  });
  test("rfc9293_3_10_7_3_wrong_ack_in_syn_sent_gets_rst", () => {
    const c = opening();
    seg(S | K, 0, 99, 5000, 0);
    expectSeg(R, 99, 0, 0);
    seg(R | K, 0, 99, 5000, 0);
    expect(c.state).toBe(<u8>State.synSent);
  });
  test("an_unanswered_syn_is_repeated_and_given_up", () => {
    const c = opening();
    later(1001); expectSeg(S, 0, 0, 0);
    later(2001); expectSeg(S, 0, 0, 0);
    later(177000);
    expect(c.state).toBe(<u8>State.synSent);
    later(5000);
    expect(c.state).toBe(<u8>State.closed);
    expect(news(c)).toBe(Dirty.giveUp | Dirty.trouble);
  });
  test("rfc4987_3_6_a_flood_is_met_with_cookies_and_real_clients_get_through", () => {
    listener();
    for (let i: u32 = 0; i < 100; i++) segFrom(PEER, 10000 + i, S, 0, 0, 1000, 0);
    while (take()) {}
    expect(counters.get(C.cookieSent) > 80).toBeTruthy();
    mssOpt(1452); sackOkOpt(); tsOpt(100, 0); wsOpt(7);
    seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    tsOpt(101, get32(outOpt + 8));
    seg(K, 1, 1, 500, 10);
    const c = conn();
    expect(c.mss).toBe(1428);
    expect(c.wscaleSnd).toBe(7);
    expect(c.options & SynFlag.sack).toBe(SynFlag.sack);
    expect(c.sndWnd).toBe(500 << 7);
    consume(c, 10);
    later(50);
    expectSeg(K, 1, 11, 0);
    segFrom(PEER, 4999, K, 1, 1, 500, 0);
    expectSeg(R, 1, 0, 0);
  });
  test("rfc6191_a_newer_timestamp_reopens_time_wait", () => {
    const c = modern();
    tcp.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
    tsOpt(200, 0); seg(F | K, 1, 2, 15000, 0); expectSeg(K, 2, 2, 0);
    tcp.finish(c);
    expect(timewait.used()).toBe(1);
    mssOpt(1012); tsOpt(150, 0); seg(S, 0, 0, 60000, 0);
    expectSeg(K, 2, 2, 0);
    mssOpt(1012); tsOpt(300, 0); seg(S, 0, 0, 60000, 0);
    const old = iss;
    expectSeg(S | K, iss - old, 1, 0);
    expect(timewait.used()).toBe(0);
  });
  test("rfc1337_rst_does_not_end_time_wait_and_60_s_do", () => {
    const c = established();
    tcp.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
    seg(F | K, 1, 2, 1000, 0); expectSeg(K, 2, 2, 0);
    tcp.finish(c);
    seg(R, 2, 0, 0, 0);
    expect(timewait.used()).toBe(1);
    seg(F | K, 1, 2, 1000, 0); expectSeg(K, 2, 2, 0);
    later(59000);
    expect(timewait.used()).toBe(1);
    later(2000);
    expect(timewait.used()).toBe(0);
  });
  test("the_oldest_time_wait_record_is_recycled", () => {
    const l = listener();
    for (let i: u32 = 0; i <= TIME_WAITS; i++) {
      const port = 6000 + i;
      segFrom(PEER, port, S, 0, 0, 1000, 0);
      expect(take() != 0).toBeTruthy();
      const at = out().seq - iss;
      segFrom(PEER, port, K, 1, at + 1, 1000, 0);
      const c = tcp.find(A, PORT, PEER, port)!;
      tcp.shut(c); tcp.flush();
      segFrom(PEER, port, F | K, 1, at + 2, 1000, 0);
      tcp.finish(c);
      while (take()) {}
    }
    expect(timewait.used()).toBe(TIME_WAITS);
    expect(counters.get(C.timeWaitRecycled)).toBe(1);
  });
});
