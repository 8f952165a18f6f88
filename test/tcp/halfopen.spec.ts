import { A, CPORT, IRS, K, PEER, PORT, R, S, conn, end, expectNone, expectSeg, gatedListener, iss, later, listener, mssOpt, out, seg, segFrom, start, take, tsOpt } from "./bed";
import { Syn } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { HALF_OPENS } from "../../assembly/core/sizes";
import * as counters from "../../assembly/tcp/counters";
import * as halfopen from "../../assembly/tcp/halfopen";
import * as tcp from "../../assembly/tcp/tcp";

function found(port: u32): bool { return halfopen.find(A, PORT, PEER, port) != null; }

describe("half-open records", () => {
  beforeEach(start);
  afterEach(end);

  test("a_syn_takes_a_record_and_the_last_ack_gives_it_back", () => {
    listener();
    seg(S, 0, 0, 1000, 0); expectSeg(S | K, 0, 1, 0);
    expect(found(CPORT)).toBeTruthy(); expect(halfopen.available()).toBe(HALF_OPENS - 1);
    seg(K, 1, 1, 1000, 0);
    expect(found(CPORT)).toBeFalsy(); expect(halfopen.available()).toBe(HALF_OPENS);
    expect(conn().synTries).toBe(0);
  });
  test("the_syn_ack_leaves_six_times_in_63_s", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    let n = 0, ms = 0;
    while (take()) n++;
    for (; ms < 120000 && found(CPORT); ms += 500) { later(500); while (take()) n++; }
    expect(n).toBe(6); expect(ms >= 62500 && ms <= 63500).toBeTruthy();
  });
  test("rfc5961_4_another_syn_within_the_window_gets_an_ack", () => {
    listener();
    seg(S, 0, 0, 1000, 0); expectSeg(S | K, 0, 1, 0);
    seg(S, 50, 0, 1000, 0); expectSeg(K, 1, 1, 0);
    expect(counters.get(C.synChallenged)).toBe(1);
  });
  test("an_rst_counts_only_where_it_is_exact", () => {
    listener();
    seg(S, 0, 0, 1000, 0); expectSeg(S | K, 0, 1, 0);
    seg(R, 0, 0, 0, 0); seg(R, 2, 0, 0, 0);
    expect(found(CPORT)).toBeTruthy(); expect(counters.get(C.rstOutOfWindow)).toBe(2);
    seg(R, 1, 0, 0, 0);
    expect(found(CPORT)).toBeFalsy();
  });
  test("an_ack_far_outside_the_window_makes_no_connection", () => {
    listener();
    seg(S, 0, 0, 1000, 0); expectSeg(S | K, 0, 1, 0);
    seg(K, 70000, 1, 1000, 0);
    expect(tcp.find(A, PORT, PEER, CPORT) == null).toBeTruthy();
    expect(counters.get(C.outOfWindow)).toBe(1);
  });
  test("gated_records_are_told_once_in_order_and_forgotten_after_5_s", () => {
    gatedListener();
    segFrom(PEER, 1, S, 0, 0, 1000, 0); segFrom(PEER, 2, S, 0, 0, 1000, 0); segFrom(PEER, 1, S, 0, 0, 1000, 0);
    expect(tcp.nextSyn()!.remotePort).toBe(1);
    expect(tcp.nextSyn()!.remotePort).toBe(2);
    expect(tcp.nextSyn() == null).toBeTruthy();
    segFrom(PEER, 2, S, 0, 0, 1000, 0);   // it comes again: told again
    expect(tcp.nextSyn()!.remotePort).toBe(2);
    expectNone();
    later(5001);
    expect(halfopen.available()).toBe(HALF_OPENS);
  });
  test("a_record_that_goes_is_no_news", () => {
    const l = gatedListener();
    for (let i: u32 = 1; i < 5; i++) segFrom(PEER, i, S, 0, 0, 1000, 0);
    segFrom(PEER, 2, R, 1, 0, 0, 0);
    expect(tcp.nextSyn()!.remotePort).toBe(1);
    expect(tcp.nextSyn()!.remotePort).toBe(3);
    tcp.unlisten(l);
    expect(tcp.nextSyn() == null).toBeTruthy();
    expect(halfopen.available()).toBe(HALF_OPENS);
  });
  test("a_gated_pool_without_a_free_record_counts", () => {
    gatedListener();
    for (let i: u32 = 0; i < HALF_OPENS + 3; i++) segFrom(PEER, 1 + i, S, 0, 0, 1000, 0);
    expect(counters.get(C.noHalfOpen)).toBe(3);
  });
});
