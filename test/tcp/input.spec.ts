import { A, BUF, CPORT, F, IRS, K, PEER, PORT, R, S, build, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, outLen, outTsEcr, outWnd, produce, rawOpt, seg, segFrom, start, take, tsOpt } from "./bed";
import { Stream } from "../../assembly/tcp/stream";
import * as rcvpool from "../../assembly/tcp/rcvpool";
import { Dirty, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
import * as tcp from "../../assembly/tcp/tcp";

const OTHER: usize = memory.data(8, 16);

describe("input", () => {
  beforeEach(start);
  afterEach(end);

  test("rfc9293_3_5_three_way_handshake", () => {
    const c = established();
    expect(c.state).toBe(<u8>State.established);
    expect(news(c)).toBe(Dirty.established);
    expectNone();
  });
  test("rfc9293_3_10_7_1_syn_to_a_closed_port_gets_rst_ack", () => {
    seg(S, 0, 0, 1000, 0);
    expect(take() != 0).toBeTruthy();
    expect(counters.get(C.noPort)).toBe(1);
  });
  test("data_is_delivered_and_acked_within_40_ms", () => {
    const c = established();
    seg(K, 1, 1, 60000, 100);
    expectNone();
    later(39); expectNone();
    later(2);
    expectSeg(K, 1, 101, 0);
    consume(c, 100);
  });
  test("rfc5681_4_2_every_second_full_segment_is_acked_at_once", () => {
    const c = established();
    seg(K, 1, 1, 60000, 1000);
    expectNone();
    seg(K, 1001, 1, 60000, 1000);
    expectSeg(K, 1, 2001, 0);
    consume(c, 2000);
  });
  test("rfc5681_4_2_out_of_order_segments_cause_duplicate_acks_and_a_filled_gap_an_ack", () => {
    const c = established();
    seg(K, 1001, 1, 60000, 1000);
    expectSeg(K, 1, 1, 0);
    seg(K, 2001, 1, 60000, 500);
    expectSeg(K, 1, 1, 0);
    seg(K, 1, 1, 60000, 1000);
    expectSeg(K, 1, 2501, 0);
    consume(c, 2500);
  });
  test("a_segment_received_twice_is_acked_at_once_and_counts", () => {
    const c = established();
    seg(K, 1, 1, 60000, 10);
    later(50);
    expectSeg(K, 1, 11, 0);
    seg(K, 1, 1, 60000, 10);
    expectSeg(K, 1, 11, 0);
    expect(c.clientRetransmits).toBe(1);
    expect(news(c) & Dirty.retransmit).toBe(Dirty.retransmit);
  });
  test("an_overlapping_segment_gives_its_new_bytes", () => {
    const c = established();
    seg(K, 1, 1, 60000, 10);
    seg(K, 5, 1, 60000, 20);
    expect(c.rcvd).toBe(24);
    consume(c, 24);
  });
  test("rfc9293_3_6_passive_close_through_close_wait_and_last_ack", () => {
    const c = established();
    seg(K | F, 1, 1, 60000, 0);
    expectSeg(K, 1, 2, 0);
    expect(c.state).toBe(<u8>State.closeWait);
    expect(news(c) & Dirty.fin).toBe(Dirty.fin);
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 2, 0);
    expect(c.state).toBe(<u8>State.lastAck);
    seg(K, 2, 2, 60000, 0);
    expect(news(c) & Dirty.finished).toBe(Dirty.finished);
    expect(c.state).toBe(<u8>State.closed);
    tcp.finish(c);
  });
  test("rfc9293_3_6_active_close_through_fin_wait_to_time_wait", () => {
    const c = established();
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.finWait1);
    seg(K, 1, 2, 60000, 0);
    expect(c.state).toBe(<u8>State.finWait2);
    seg(K, 1, 2, 60000, 50);
    seg(K | F, 51, 2, 60000, 0);
    expectSeg(K, 2, 52, 0);
    expect(c.state).toBe(<u8>State.timeWait);
    consume(c, 50);
    expect(news(c) & Dirty.finished).toBe(Dirty.finished);
    tcp.finish(c);
    seg(K | F, 51, 2, 60000, 0);
    expectSeg(K, 2, 52, 0);
  });
  test("rfc9293_3_6_simultaneous_close_through_closing", () => {
    const c = established();
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    seg(K | F, 1, 1, 60000, 0);
    expectSeg(K, 2, 2, 0);
    expect(c.state).toBe(<u8>State.closing);
    seg(K, 2, 2, 60000, 0);
    expect(c.state).toBe(<u8>State.timeWait);
  });
  test("fin_out_of_order_waits_for_the_bytes_before_it", () => {
    const c = established();
    seg(K | F, 101, 1, 60000, 50);
    expectSeg(K, 1, 1, 0);
    expect(c.finRcvd).toBe(0);
    seg(K, 1, 1, 60000, 100);
    expectSeg(K, 1, 152, 0);
    expect(c.state).toBe(<u8>State.closeWait);
    consume(c, 150);
  });
  test("rfc5961_3_exact_rst_resets", () => {
    const c = established();
    seg(R, 1, 0, 0, 0);
    expect(c.state).toBe(<u8>State.closed);
    expect(news(c) & Dirty.reset).toBe(Dirty.reset);
    expectNone();
  });
  test("rfc5961_3_rst_in_window_gets_a_challenge_ack", () => {
    const c = established();
    seg(R, 100, 0, 0, 0);
    expectSeg(K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.established);
    expect(counters.get(C.rstChallenged)).toBe(1);
    seg(R, 200, 0, 0, 0);
    expectNone();
    expect(counters.get(C.challengeLimited)).toBe(1);
  });
  test("rfc5961_3_rst_outside_the_window_is_dropped", () => {
    established();
    seg(R, 80000, 0, 0, 0);
    expectNone();
    expect(counters.get(C.rstOutOfWindow)).toBe(1);
  });
  test("rfc5961_4_syn_in_an_established_connection_gets_a_challenge_ack", () => {
    const c = established();
    seg(S, 50, 0, 1000, 0);
    expectSeg(K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.established);
  });
  test("rfc5961_5_ack_of_unsent_data_gets_a_challenge_ack_and_no_data_is_taken", () => {
    const c = established();
    seg(K, 1, 500, 60000, 20);
    expectSeg(K, 1, 1, 0);
    expect(c.rcvd).toBe(0);
    expect(counters.get(C.ackChallenged)).toBe(1);
  });
  test("rfc7323_5_old_timestamp_is_dropped_with_an_ack", () => {
    const c = modern();
    tsOpt(200, 0); seg(K, 1, 1, 15000, 10);
    tsOpt(150, 0); seg(K, 11, 1, 15000, 10);
    expectSeg(K, 1, 11, 0);
    expect(c.rcvd).toBe(10);
    expect(counters.get(C.paws)).toBe(1);
  });
  test("rfc7323_4_tsrecent_is_the_earliest_unacknowledged_segments", () => {
    const c = modern();
    tsOpt(200, 0); seg(K, 1, 1, 15000, 10);
    tsOpt(300, 0); seg(K, 11, 1, 15000, 10);
    expect(c.tsRecent).toBe(200);
  });
  test("a_segment_beyond_the_window_is_answered_by_an_ack", () => {
    const c = established();
    seg(K, 70001, 1, 60000, 10);
    expectSeg(K, 1, 1, 0);
    expect(c.rcvd).toBe(0);
    expect(counters.get(C.outOfWindow)).toBe(1);
  });
  test("hostile_headers_are_refused_and_counted_once", () => {
    listener();
    for (let cut: u32 = 0; cut < 20; cut++) {
      const p = build(PEER, CPORT, S, IRS, 0, 100, 0, 0);
      tcp.input(p, 20 + cut);
    }
    expect(counters.get(C.badLength)).toBe(20);
    const p = build(PEER, CPORT, S, IRS, 0, 100, 0, 0);
    store<u8>(p + 20 + 4, 0x55);
    tcp.input(p, 40);
    expect(counters.get(C.badChecksum)).toBe(1);
    rawOpt(0x03000000); seg(S, 0, 0, 100, 0);
    rawOpt(0x02ff0000); seg(S, 0, 0, 100, 0);
    rawOpt(0x01010102); seg(S, 0, 0, 100, 0);
    expect(counters.get(C.badOption)).toBe(3);
    seg(S | F, 0, 0, 100, 0);
    expect(counters.get(C.badFlags)).toBe(1);
    segFrom(0xe0000001, CPORT, S, 0, 0, 100, 0);
    expect(counters.get(C.badSource)).toBe(1);
    expectNone();
  });
  test("the_window_closes_when_nobody_reads_and_opens_again", () => {
    const c = established();
    for (let off: u32 = 0; off < 65000; off += 1000) { seg(K, 1 + off, 1, 60000, 1000); while (take()) {} }
    seg(K, 65001, 1, 60000, 535);
    later(50);
    expectSeg(K, 1, 65536, 0);
    expect(outWnd).toBe(0);
    seg(K, 65536, 1, 60000, 1);
    expectSeg(K, 1, 65536, 0);
    consume(c, 40000);
    expectSeg(K, 1, 65536, 0);
    expect(outWnd).toBe(40000);
  });
  test("rfc7323_4_3_a_duplicate_is_echoed_by_the_ack_that_answers_it", () => {
    const c = modern();
    tsOpt(200, 0); seg(K, 1, 1, 15000, 10);
    later(45);
    expectSeg(K, 1, 11, 0);
    tsOpt(900, 0); seg(K, 1, 1, 15000, 10);
    expectSeg(K, 1, 11, 0);
    expect(outTsEcr()).toBe(900);
    c.rcvd += 100000; c.dep += 100000; c.readOff += 100000; c.edge += 100000; // what lies further back than a window is not believed
    tsOpt(5000, 0); seg(K, 1, 1, 15000, 10);
    expect(c.tsRecent).toBe(900);
  });
  test("rfc1337_an_rst_in_time_wait_is_ignored_and_unread_bytes_stay", () => {
    const c = established();
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1, 1, 0);
    seg(K | F, 1, 2, 60000, 50);
    expectSeg(K, 2, 52, 0);
    expect(c.state).toBe(<u8>State.timeWait);
    news(c);
    seg(R, 52, 0, 0, 0);
    expect(news(c) & Dirty.reset).toBe(0);
    expect(counters.get(C.timeWaitSegment)).toBe(1);
    consume(c, 50);
    expectNone();
  });
  test("no_window_update_after_the_fin", () => {
    const c = established();
    for (let off: u32 = 0; off < 40000; off += 1000) { seg(K, 1 + off, 1, 60000, 1000); while (take()) {} }
    seg(K | F, 40001, 1, 60000, 0);
    expectSeg(K, 1, 40002, 0);
    consume(c, 40000);
    expectNone();
  });
  test("rfc9293_3_10_7_4_a_closed_window_takes_the_ack_of_what_lies_beyond_it", () => {
    const c = established();
    for (let off: u32 = 0; off < 65000; off += 1000) { seg(K, 1 + off, 1, 60000, 1000); while (take()) {} }
    seg(K, 65001, 1, 60000, 535);
    produce(c, 1000);
    expectSeg(K, 1, 65536, 1000);
    seg(K, 67000, 501, 50000, 0);           // the sender has sent beyond our window
    expect(c.heardAck).toBe(500);
    expect(c.sndWnd).toBe(50000);
    expectNone();
    seg(K, 67000, 1001, 49000, 100);        // ... and sends on: its bytes are not taken, its ACK is
    expect(c.heardAck).toBe(1000);
    expect(c.rcvd).toBe(65535);
    expect(counters.get(C.windowClosed)).toBe(1);
    expectSeg(K, 1001, 65536, 0);
    seg(K, 65536, 1001, 48000, 0);          // its window still counts where its numbers go back
    expect(c.sndWnd).toBe(48000);
    seg(K, 65536 + 70000, 1001, 1000, 0);
    expect(c.sndWnd).toBe(48000);
    expect(counters.get(C.outOfWindow)).toBe(1);
  });
  test("a_new_ack_brings_its_window_though_its_sequence_number_is_old", () => {
    const c = established();
    produce(c, 1000);
    expectSeg(K, 1, 1, 1000);
    seg(K, 501, 1, 60000, 0);
    seg(K, 1, 1001, 0, 500);
    expect(c.sndWnd).toBe(0);
    produce(c, 1000);
    while (take()) expect(outLen()).toBe(0);
  });
  test("windows_hardly_grow_while_the_pool_is_low_and_bytes_without_chunks_are_refused", () => {
    const c = established(), other = changetype<Stream>(OTHER);
    let off: u32 = 0;
    while (!rcvpool.low()) off += rcvpool.write(other, off, BUF, 4096, 0);
    for (let at: u32 = 0; at < 64000; at += 1000) { seg(K, 1 + at, 1, 60000, 1000); while (take()) {} consume(c, 1000); while (take()) {} }
    expect(c.edge).toBe(65535);             // 2,048 bytes beyond rcvd at most
    for (let n: u32 = 1; n != 0; off += n) n = rcvpool.write(other, off, BUF, 1000, 0);
    seg(K, 64001, 1, 60000, 1000);
    while (take()) {}
    seg(K, 65001, 1, 60000, 1000);
    expect(counters.get(C.noBuffer)).not.toBe(0);
    while (take()) {}
    rcvpool.clear(other);
  });
});
