import * as clock from "../../assembly/core/clock";
import * as flows from "../../assembly/redirector/flows";
import * as members from "../../assembly/manage/members";
import * as nearest from "../../assembly/redirector/nearest";

function start(): void {
  clock.reset(1000000);
  flows.init(); nearest.init(); members.init();
  live(3);
}
/** The first n of nodes 1, 2, 3 live. */
function live(n: u32): void { members.begin(1, 1); for (let i: u32 = 0; i < n; i++) members.add(1, i + 1, 0x0a00000b + i); }

describe("nearest", () => {
  test("the_longest_prefix_counts_then_the_least_metric", () => {
    start();
    nearest.add(1, 1, 0, 0, 10); nearest.add(1, 2, 0, 0, 5);
    nearest.add(1, 3, 0x08000000, 8, 100); nearest.add(1, 1, 0x08080000, 16, 100); nearest.add(1, 2, 0x08080000, 16, 101);
    nearest.add(0, 3, 0x08080808, 32, 0);
    expect(nearest.choose(1, 0x01010101)).toBe(1);
    expect(nearest.choose(1, 0x08010101)).toBe(2);
    expect(nearest.choose(1, 0x08080808)).toBe(0);
  });
  test("the_dead_do_not_count", () => {
    start();
    nearest.add(1, 3, 0x08000000, 8, 1); nearest.add(1, 2, 0, 0, 1);
    live(2);
    expect(nearest.choose(1, 0x08010101)).toBe(1);
    live(0);
    expect(nearest.choose(1, 0x08010101)).toBe(-1); expect(nearest.member(1, 1, 1, true)).toBe(-1);
  });
  test("without_a_metric_the_first_member_serves", () => { start(); expect(nearest.choose(1, 5)).toBe(0); });
  test("a_flow_keeps_its_replica_while_that_lives", () => {
    start();
    expect(nearest.member(1, 0x08080808, 5000, true)).toBe(0);
    nearest.add(1, 2, 0, 0, 1);
    expect(nearest.member(1, 0x08080808, 5000, false)).toBe(0);
    expect(nearest.member(1, 0x08080808, 5001, true)).toBe(1);
    expect(nearest.lookup(1, 0x08080808, 5000)).toBe(0); expect(nearest.lookup(1, 0x08080808, 5999)).toBe(1);
    expect(flows.find(1, 0x08080808, 5999) == null).toBeTruthy();
    members.begin(1, 2); members.add(1, 2, 0x0a00000c); members.add(1, 3, 0x0a00000d);
    expect(nearest.member(1, 0x08080808, 5000, false)).toBe(0, "node 2, now the first");
    expect(flows.find(1, 0x08080808, 5000)!.node).toBe(2);
  });
  test("too_many_metrics_and_bad_ones_are_errors", () => {
    start();
    expect(nearest.add(4, 1, 0, 0, 1)).toBe(-5); expect(nearest.add(0, 1, 0, 33, 1)).toBe(-5);
    for (let i: u32 = 0; i < 256; i++) expect(nearest.add(0, 1, i << 24, 8, 1)).toBe(0);
    expect(nearest.add(0, 1, 0, 0, 1)).toBe(-6);
  });
});
