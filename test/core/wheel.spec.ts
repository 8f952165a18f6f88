import * as wheel from "../../assembly/core/wheel";
import { Timer } from "../../assembly/core/wheel";

const T: usize = memory.data(16 * 1024, 16);
function timer(i: u32): Timer { const t = changetype<Timer>(T + (i << 4)); t.next = 0; t.kind = i; return t; }

/** Of a plain list: whether a timer is armed, and for when. */
const AT: usize = memory.data(4096, 16);
const WHEN: usize = memory.data(4096, 16);

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
  test("the_next_time_is_that_of_a_plain_list_whatever_comes_between", () => {
    wheel.init(0xffff0000);
    let now: u32 = 0xffff0000, seed: u32 = 7, bad = 0;
    for (let i = 0; i < 1000; i++) store<u32>(AT + (i << 2), 0);
    for (let step = 0; step < 60000; step++) {
      seed = seed * 1664525 + 1013904223;
      const i = seed >> 24 & 15, how = seed >> 16 & 7;
      if (how == 0) { wheel.cancel(changetype<Timer>(T + (<usize>i << 4))); store<u32>(AT + (i << 2), 0); }
      else if (how < 3) { const d = seed >> 4 & (how == 1 ? 255 : 4095); wheel.cancel(changetype<Timer>(T + (<usize>i << 4))); wheel.arm(timer(i), now + d); store<u32>(AT + (i << 2), d == 0 ? 0 : 1); store<u32>(WHEN + (i << 2), now + d); }
      for (let t = wheel.due(now); t != null; t = wheel.due(now)) { if (now - t.at > 0x7fffffff) bad++; store<u32>(AT + (t.kind << 2), 0); }
      let first: u32 = 0xffffffff;
      for (let k = 0; k < 16; k++) if (load<u32>(AT + (k << 2)) != 0) first = min(first, load<u32>(WHEN + (k << 2)) - now);
      const w = wheel.wait(now);
      if (first == 0xffffffff ? w != first : w > first || (w < first && w < 256 && (now + w & 255) != 0)) bad++;
      if ((seed >> 8 & 3) == 0) now += min<u32>(w, seed >> 12 & 63);
    }
    expect(bad).toBe(0);
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
