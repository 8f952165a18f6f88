import { Conn, Flag } from "../../assembly/tcp/conn";
import * as cc from "../../assembly/tcp/cc";
import * as cubic from "../../assembly/tcp/cubic";

const C: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(C); }

describe("cubic", () => {
  test("the_cube_root_is_exact", () => {
    for (let i: u32 = 0; i < 1625; i++) {
      expect(cubic.cbrt(i * i * i)).toBe(i);
      if (i > 1) expect(cubic.cbrt(i * i * i - 1)).toBe(i - 1);
    }
    expect(cubic.cbrt(0xffffffff)).toBe(1625);
  });
  test("rfc9438_4_2_the_curve_is_the_references", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000;
    c().cc0 = 1000000;
    c().cc1 = cubic.rise(750);                     // (1000 - 700 segments) / 0.4
    const k = Math.cbrt(750.0);
    expect(Math.abs(<f64>c().cc1 / 128.0 - k) < 0.07).toBeTruthy();
    for (let t: u32 = 0; t < 3000; t += 37) {
      const d = <f64>t / 128.0 - <f64>c().cc1 / 128.0, want = 1000000.0 + 400.0 * d * d * d;
      expect(Math.abs(<f64>cubic.curve(c(), t) - want) < 1000.0 + Math.abs(want - 1000000.0) / 50.0).toBeTruthy(t.toString());
    }
  });
  test("rfc9438_4_6_a_loss_leaves_seven_tenths", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cwnd = 100000;
    cc.lost(c(), 100000);
    expect(c().ssthresh > 69000 && c().ssthresh < 71000).toBeTruthy();
  });
  test("rfc9438_4_6_a_full_window_counts_whole_though_acks_have_just_emptied_it", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cwnd = 100000; c().flags = Flag.cwndLimited;
    cc.lost(c(), 10000);
    expect(c().ssthresh > 69000 && c().ssthresh < 71000).toBeTruthy();
    c().flags = 0;                                       // the service had no more to send
    cc.lost(c(), 10000);
    expect(c().ssthresh < 7100).toBeTruthy();
  });
  test("rfc9438_4_3_renos_line_is_steeper_from_the_window_of_the_last_loss_on", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().ssthresh = 10000; c().cwnd = 10000; c().cc0 = 10000; c().flags = Flag.cwndLimited;
    for (let bytes: u32 = 0; bytes < 19000; bytes += 1000) cubic.acked(c(), 1000);
    expect(c().cc3).toBe(11000);                         // 1.88 windows a segment
    c().cc3 = 15000; c().cc4 = 0;                        // 10000 / 0.7 and more
    for (let bytes: u32 = 0; bytes < 15000; bytes += 1000) cubic.acked(c(), 1000);
    expect(c().cc3).toBe(16000);
  });
  test("rfc9438_4_7_a_flow_that_lost_before_it_was_back_makes_room", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cwnd = 100000;
    cc.lost(c(), 100000);
    expect(c().cc0).toBe(100000);                        // W_max
    c().cwnd = 80000;
    cc.lost(c(), 80000);
    expect(c().cc0 > 67000 && c().cc0 < 69000).toBeTruthy(c().cc0.toString()); // 80000 (1 + 0.7) / 2
    c().cwnd = 90000;
    cc.lost(c(), 90000);
    expect(c().cc0).toBe(90000);
  });
  test("rfc9438_4_6_the_window_never_starts_below_two_segments", () => {
    memory.fill(C, 0, 512);
    c().mss = 1000; c().cwnd = 1000;
    expect(cc.lost(c(), 500)).toBe(2000);
  });
});
