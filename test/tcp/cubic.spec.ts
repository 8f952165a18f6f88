import { Conn } from "../../assembly/tcp/conn";
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
