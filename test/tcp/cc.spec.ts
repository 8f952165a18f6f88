import { Conn, Flag } from "../../assembly/tcp/conn";
import { Algo } from "../../assembly/tcp/cc";
import * as cc from "../../assembly/tcp/cc";

const BLOCK: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(BLOCK); }

describe("cc", () => {
  beforeEach(() => { memory.fill(BLOCK, 0, 512); c().mss = 1000; c().flags = Flag.cwndLimited; });

  test("rfc6928_the_initial_window_follows_the_segments_size", () => {
    const rows: u32[] = [536, 5360, 1000, 10000, 1460, 14600, 4000, 14600, 9000, 18000];
    for (let i = 0; i < rows.length; i += 2) expect(cc.initial(rows[i])).toBe(rows[i + 1], rows[i].toString());
  });
  test("a_window_that_was_not_full_does_not_grow", () => {
    cc.init(c());
    const w = c().cwnd;
    c().flags = 0;
    cc.acked(c(), 5000);
    expect(c().cwnd).toBe(w);
  });
  test("slow_start_adds_what_is_acknowledged_up_to_eight_segments_and_stops_at_ssthresh", () => {
    cc.init(c());
    const w = c().cwnd;
    cc.acked(c(), 500); expect(c().cwnd).toBe(w + 500);
    cc.acked(c(), 60000); expect(c().cwnd).toBe(w + 8500);
    c().ssthresh = c().cwnd + 100;
    cc.acked(c(), 5000); expect(c().cwnd).toBe(c().ssthresh);
  });
  test("each_algorithm_answers_for_its_own_connections", () => {
    const left: u32[] = [];
    for (let algo = 0; algo < 2; algo++) {
      memory.fill(BLOCK, 0, 512);
      c().mss = 1000; c().cc = <u8>algo;
      cc.init(c());
      c().cwnd = 100000;
      left.push(cc.lost(c(), 100000));
    }
    expect(left[Algo.newreno]).toBe(50000);
    expect(left[Algo.cubic] > 69000 && left[Algo.cubic] < 71000).toBeTruthy();
  });
  test("ssthresh_is_never_below_two_segments", () => {
    c().cc = <u8>Algo.newreno;
    cc.init(c());
    expect(cc.lost(c(), 1000)).toBe(2000);
    cc.timeout(c(), 1000);
    expect(c().ssthresh).toBe(2000); expect(c().cwnd).toBe(1000);
  });
  test("another_algorithm_goes_on_from_the_window_as_it_is", () => {
    cc.init(c());
    c().cwnd = 43210;
    cc.change(c(), Algo.newreno);
    expect(c().cwnd).toBe(43210); expect(c().cc).toBe(<u8>Algo.newreno);
  });
  test("after_silence_no_more_than_the_initial_window", () => {
    cc.init(c());
    c().cwnd = 99000; cc.idle(c()); expect(c().cwnd).toBe(10000);
    c().cwnd = 3000; cc.idle(c()); expect(c().cwnd).toBe(3000);
  });
});
