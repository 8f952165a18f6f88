import * as frame from "../../assembly/core/frame";
import * as counters from "../../assembly/core/counters";
import { FRAMES } from "../../assembly/core/sizes";

describe("frame", () => {
  test("the_pool_gives_every_buffer_once_and_counts_when_it_is_empty", () => {
    frame.init();
    counters.clear();
    let first: usize = 0;
    for (let i: u32 = 0; i < FRAMES; i++) { const p = frame.alloc(); expect(p != 0 && p != first).toBeTruthy(); if (i == 0) first = p; }
    expect(frame.alloc()).toBe(0);
    expect(counters.get(counters.Core.noFrame)).toBe(1);
    frame.free(first + 100);
    expect(frame.alloc()).toBe(first);
    frame.init();
    expect(frame.available()).toBe(FRAMES);
  });
  test("a_buffer_is_free_when_its_last_owner_lets_go", () => {
    frame.init();
    const p = frame.alloc();
    frame.ref(p + 1500);
    expect(frame.sole(p)).toBeFalsy();
    frame.free(p);
    expect(frame.sole(p)).toBeTruthy();
    frame.free(p);
    expect(frame.available()).toBe(FRAMES);
  });
  test("freeing_twice_traps", () => {
    frame.init();
    expect(() => { const p = frame.alloc(); frame.free(p); frame.free(p); }).toThrow();
  });
});
