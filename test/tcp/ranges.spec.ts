import { RANGES } from "../../assembly/core/sizes";
import { Range } from "../../assembly/tcp/ranges";
import * as ranges from "../../assembly/tcp/ranges";

const HEAD: usize = memory.data(8, 16);
const MAP: usize = memory.data(1024, 16);

describe("ranges", () => {
  beforeEach(() => { ranges.init(); store<u32>(HEAD, 0); });
  test("random_ranges_equal_a_bitmap", () => {
    let seed: u32 = 12345;
    for (let round = 0; round < 50; round++) {
      memory.fill(MAP, 0, 1000);
      for (let i = 0; i < 30; i++) {
        seed = seed * 1664525 + 1013904223;
        const a = (seed >> 8) % 950, n = 1 + (seed >> 24) % 50;
        expect(ranges.insert(HEAD, a - 100, a - 100 + n, 0)).toBeTruthy();
        memory.fill(MAP + a, 1, n);
      }
      let bad = 0, last: u32 = 0, first = true;
      for (let i: u32 = 0; i < 1000; i++) if (ranges.has(HEAD, i - 100) != (load<u8>(MAP + i) != 0)) bad++;
      for (let at = load<usize>(HEAD); at != 0; at = changetype<Range>(at).next) {
        const r = changetype<Range>(at);
        if (!first && <i32>(r.start - last) <= 0) bad++;
        last = r.end; first = false;
      }
      expect(bad).toBe(0);
      ranges.trim(HEAD, 300);
      expect(ranges.has(HEAD, 299)).toBeFalsy();
      ranges.clear(HEAD);
      expect(ranges.available()).toBe(RANGES);
    }
  });
  test("one_list_cannot_take_the_pool", () => {
    let n: u32 = 0;
    while (ranges.insert(HEAD, n * 10, n * 10 + 5, 0)) n++;
    expect(n <= ranges.LIMIT + 1).toBeTruthy();
    ranges.clear(HEAD);
    expect(ranges.available()).toBe(RANGES);
  });
  test("ranges_that_touch_are_one_also_around_the_wrap", () => {
    expect(ranges.insert(HEAD, 0xfffffff0, 0xfffffff8, 1)).toBeTruthy();
    expect(ranges.insert(HEAD, 4, 8, 2)).toBeTruthy();
    expect(ranges.length(HEAD)).toBe(2);
    expect(ranges.insert(HEAD, 0xfffffff8, 4, 3)).toBeTruthy();
    expect(ranges.length(HEAD)).toBe(1);
    const r = changetype<Range>(load<usize>(HEAD));
    expect(r.start).toBe(0xfffffff0); expect(r.end).toBe(8); expect(r.aux).toBe(3);
    ranges.trim(HEAD, 2);
    expect(r.start).toBe(2);
    ranges.trim(HEAD, 8);
    expect(ranges.available()).toBe(RANGES);
  });
  test("an_empty_pool_refuses_and_changes_nothing", () => {
    const held: Range[] = [];
    for (let r = ranges.take(0, 1, 0); r != null; r = ranges.take(0, 1, 0)) held.push(r);
    expect(held.length).toBe(RANGES);
    expect(ranges.insert(HEAD, 0, 1, 0)).toBeFalsy();
    expect(load<usize>(HEAD)).toBe(0);
    for (let i = 0; i < held.length; i++) ranges.give(held[i]);
    expect(ranges.available()).toBe(RANGES);
  });
});
