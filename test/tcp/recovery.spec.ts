import { K, end, established, expectNone, expectSeg, later, produce, seg, start, take } from "./bed";
import { Conn, Flag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as rtt from "../../assembly/tcp/rtt";

function full(seq: u32, n: u32): void { for (let i: u32 = 0; i < n; i++) expectSeg(K, seq + i * 1000, 1, 1000); }
/** Ten segments on the way, without SACK, NewReno. */
function ten(): Conn {
  const c = established();
  c.cc = 1;
  produce(c, 10000);
  full(1, 10);
  return c;
}
function dup(n: u32): void { for (let i: u32 = 0; i < n; i++) seg(K, 1, 1, 60000, 0); }

describe("recovery", () => {
  beforeEach(start);
  afterEach(end);

  test("rfc5681_3_2_fast_retransmit_halves_what_was_on_the_way", () => {
    const c = ten();
    dup(3);
    expectSeg(K, 1, 1, 1000);
    expect(c.ssthresh).toBe(5000);
    expect(c.recover).toBe(10000);
    dup(3);
    expect(counters.get(C.fastRetransmits)).toBe(1);
  });
  test("rfc5681_2_an_ack_with_data_or_another_window_is_no_duplicate", () => {
    ten();
    for (let i: u32 = 0; i < 5; i++) seg(K, 1, 1, 59000 - i, 0);
    for (let i: u32 = 0; i < 5; i++) seg(K, 1 + i * 10, 1, 59000 - 4, 10);
    expect(counters.get(C.fastRetransmits)).toBe(0);
    later(50);
    while (take()) {}
  });
  test("rfc6582_3_2_each_partial_ack_sends_the_next_hole_and_the_full_one_ends_it", () => {
    const c = ten();
    dup(3);
    expectSeg(K, 1, 1, 1000);
    seg(K, 1, 3001, 60000, 0);
    expectSeg(K, 3001, 1, 1000);
    expect(c.flags & Flag.recovery).not.toBe(0);
    seg(K, 1, 7001, 60000, 0);
    expectSeg(K, 7001, 1, 1000);
    seg(K, 1, 10001, 60000, 0);
    expect(c.flags & Flag.recovery).toBe(0);
    expect(c.cwnd <= c.ssthresh).toBeTruthy();
    expect(counters.get(C.fastRetransmits)).toBe(1);
    expect(counters.get(C.timeouts)).toBe(0);
  });
  test("rfc5681_3_1_ssthresh_is_held_where_the_same_segment_times_out_again", () => {
    const c = ten();
    later(rtt.timeout(c) + 1);
    expectSeg(K, 1, 1, 1000);
    expect(c.ssthresh).toBe(5000); expect(c.cwnd).toBe(1000);
    for (let i = 0; i < 3; i++) { later(rtt.timeout(c) + 1); expectSeg(K, 1, 1, 1000); expect(c.ssthresh).toBe(5000); expect(c.cwnd).toBe(1000); }
  });
  test("rfc5681_3_1_another_segments_timeout_halves_again_though_the_doublings_stay", () => {
    const c = ten();
    later(rtt.timeout(c) + 1);
    expectSeg(K, 1, 1, 1000);
    seg(K, 1, 1001, 60000, 0);                           // without a measurement: Karn
    expect(c.backoff).toBe(1);
    full(1001, 2);
    later(rtt.timeout(c) + 1);
    expectSeg(K, 1001, 1, 1000);
    expect(c.ssthresh).toBe(4500);                       // half of the 9,000 bytes that are not acknowledged
  });
  test("rfc5681_3_1_no_fast_retransmit_while_going_back_after_a_timeout", () => {
    const c = ten();
    later(rtt.timeout(c) + 1);
    expectSeg(K, 1, 1, 1000);
    dup(5);
    expect(counters.get(C.fastRetransmits)).toBe(0);
    while (take()) {}
    seg(K, 1, 10001, 60000, 0);
    expect(c.flags & Flag.rtoRecovery).toBe(0);
    expectNone();
  });
});
