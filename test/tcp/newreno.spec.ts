import { Conn, Flag } from "../../assembly/tcp/conn";
import * as cc from "../../assembly/tcp/cc";

const C: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(C); }
function begin(cwnd: u32): void {
  memory.fill(C, 0, 512);
  c().mss = 1000; c().cc = <u8>cc.Algo.newreno; c().flags = Flag.cwndLimited;
  cc.init(c());
  c().cwnd = cwnd;
}

describe("newreno", () => {
  test("newreno_halves_and_grows_by_one_segment_per_window", () => {
    begin(100000);
    c().cwnd = cc.lost(c(), 100000);
    expect(c().cwnd).toBe(50000);
    for (let i = 0; i < 50; i++) cc.acked(c(), 1000);
    expect(c().cwnd).toBe(51000);
  });
  test("rfc5681_3_1_equation_4_ssthresh_is_half_the_flight_and_at_least_two_segments", () => {
    const rows: u32[] = [100000, 50000, 20001, 10000, 4000, 2000, 3000, 2000, 0, 2000];
    for (let i = 0; i < rows.length; i += 2) { begin(200000); expect(cc.lost(c(), rows[i])).toBe(rows[i + 1]); expect(c().ssthresh).toBe(rows[i + 1]); }
  });
  test("rfc5681_3_1_below_ssthresh_the_window_grows_by_what_is_acknowledged", () => {
    begin(10000);
    cc.acked(c(), 2000);
    expect(c().cwnd).toBe(12000);
    cc.acked(c(), 300);
    expect(c().cwnd).toBe(12300);
    cc.acked(c(), 50000);
    expect(c().cwnd).toBe(20300);                        // one ACK: eight segments at most
    c().ssthresh = 21000;
    cc.acked(c(), 2000);
    expect(c().cwnd).toBe(21000);
  });
  test("rfc7661_a_window_that_did_not_limit_does_not_grow", () => {
    begin(10000);
    c().flags = 0;
    cc.acked(c(), 5000);
    expect(c().cwnd).toBe(10000);
  });
  test("rfc6928_the_initial_window", () => {
    const rows: u32[] = [1460, 14600, 536, 5360, 1000, 10000, 9000, 18000, 88, 880];
    for (let i = 0; i < rows.length; i += 2) expect(cc.initial(rows[i])).toBe(rows[i + 1]);
  });
  test("rfc5681_3_1_a_timeout_leaves_one_segment_and_4_1_silence_no_more_than_the_initial_window", () => {
    begin(100000);
    cc.timeout(c(), 60000);
    expect(c().cwnd).toBe(1000);
    expect(c().ssthresh).toBe(30000);
    c().cwnd = 50000;
    cc.idle(c());
    expect(c().cwnd).toBe(10000);
    c().cwnd = 3000;
    cc.idle(c());
    expect(c().cwnd).toBe(3000);
  });
});
