import { FRAMES } from "../../assembly/core/sizes";
import * as queue from "../../assembly/wire-process/queue";

let seed: u32 = 1;
function random(n: u32): u32 { seed ^= seed << 13; seed ^= seed >> 17; seed ^= seed << 5; return seed % n; }

describe("queue of frames", () => {
  afterEach(() => { while (queue.size()) queue.drop(); });

  test("frames_leave_by_time_and_those_of_one_moment_as_they_came", () => {
    for (let i: u32 = 0; i < 200; i++) expect(queue.push(random(20), i, 60, 0, 0)).toBeTruthy();
    let at: u32 = 0, last: u32 = 0;
    for (let i = 0; i < 200; i++) {
      const w = queue.first();
      expect(w.at >= at).toBeTruthy();
      if (w.at == at && i != 0) expect(w.p > last).toBeTruthy();
      at = w.at; last = w.p;
      queue.drop();
    }
    expect(queue.size()).toBe(0);
  });
  test("the_clock_may_wrap_between_them", () => {
    queue.push(5, 2, 60, 0, 0); queue.push(0xfffffffb, 1, 60, 0, 0);
    expect(queue.first().p).toBe(1);
  });
  test("a_full_queue_refuses", () => {
    for (let i: u32 = 0; i < 2 * FRAMES; i++) expect(queue.push(i, i, 60, 1, 3)).toBeTruthy();
    expect(queue.push(0, 0, 60, 0, 0)).toBeFalsy();
    expect(queue.first().dir).toBe(1); expect(queue.first().rule).toBe(3); expect(queue.first().len).toBe(60);
  });
});
