import * as wheel from "../../assembly/core/wheel";
import { Timer } from "../../assembly/core/wheel";

const T: usize = memory.data(16 * 1024, 16);
function timer(i: u32): Timer { const t = changetype<Timer>(T + (i << 4)); t.next = 0; t.kind = i; return t; }

describe("wheel", () => {
  test("timers_fire_at_their_time_in_order", () => {
    wheel.init(1000);
    for (let i: u32 = 0; i < 1000; i++) wheel.arm(timer(i), 1000 + (i * 7919) % 90000);
    let fired = 0, last: u32 = 0;
    for (let now: u32 = 1000; now < 1000 + 90001; now++) {
      for (;;) {
        const t = wheel.due(now);
        if (t == null) break;
        expect(t.at).toBe(now);
        last = now;
        fired++;
      }
    }
    expect(fired).toBe(1000);
    expect(wheel.wait(last)).toBe(0xffffffff);
  });
  test("wait_is_never_late", () => {
    wheel.init(5);
    wheel.arm(timer(1), 70000);
    let now: u32 = 5, rounds = 0;
    for (;;) {
      const w = wheel.wait(now);
      expect(now + w <= 70000).toBeTruthy();
      now += w;
      rounds++;
      if (wheel.due(now) != null) break;
    }
    expect(now).toBe(70000);
    expect(rounds < 400).toBeTruthy();
  });
  test("a_cancelled_timer_does_not_fire", () => {
    wheel.init(0);
    wheel.arm(timer(1), 3);
    wheel.cancel(timer1());
    expect(wheel.due(10) == null).toBeTruthy();
  });
  test("a_time_in_the_past_fires_at_once_and_times_wrap", () => {
    wheel.init(0xfffffff0);
    wheel.arm(timer(1), 0xffffff00);
    wheel.arm(timer(2), 20);
    expect(wheel.due(0xfffffff0)!.kind).toBe(1);
    expect(wheel.due(19) == null).toBeTruthy();
    expect(wheel.due(20)!.kind).toBe(2);
  });
});
function timer1(): Timer { return changetype<Timer>(T + 16); }
