import { BUF, K, S, conn, consume, end, established, expectSeg, gated, later, news, seg, start, take } from "./bed";
import { Conn, Dirty, Flag } from "../../assembly/tcp/conn";
import { Took } from "../../assembly/tcp/receive";
import { Tcp as C } from "../../assembly/tcp/counters";
import { RANGES } from "../../assembly/core/sizes";
import * as counters from "../../assembly/tcp/counters";
import * as ranges from "../../assembly/tcp/ranges";
import * as receive from "../../assembly/tcp/receive";
import * as tcp from "../../assembly/tcp/tcp";

function give(c: Conn, off: u32, n: u32): u32 { return receive.take(c, off, BUF + off, n); }

describe("receive", () => {
  beforeEach(start);
  afterEach(end);

  test("bytes_in_order_out_of_order_and_twice_are_told_apart", () => {
    const c = established();
    expect(give(c, 0, 100)).toBe(Took.inOrder); expect(c.rcvd).toBe(100);
    expect(give(c, 200, 100)).toBe(Took.outOfOrder); expect(c.rcvd).toBe(100);
    expect(give(c, 50, 40)).toBe(Took.nothing);
    expect(give(c, 90, 110)).toBe(Took.filled); expect(c.rcvd).toBe(300);
    expect(c.ooo).toBe(0);
    receive.moved(c);
    consume(c, 300);
    while (take()) {}
  });
  test("overlaps_in_every_arrangement_give_the_stream", () => {
    const c = established();
    const parts: u32[] = [500, 100, 300, 250, 450, 100, 50, 100, 900, 50, 0, 60, 560, 400, 100, 220];
    for (let i = 0; i < parts.length; i += 2) give(c, parts[i], parts[i + 1]);
    expect(c.rcvd).toBe(960);
    receive.moved(c);
    consume(c, 960);
    while (take()) {}
  });
  test("what_lies_beyond_the_window_is_cut_off_or_refused", () => {
    const c = established();
    expect(give(c, 65000, 2000)).toBe(Took.outOfOrder);
    expect(ranges.length(changetype<usize>(c) + offsetof<Conn>("ooo"))).toBe(1);
    expect(changetype<ranges.Range>(c.ooo).end).toBe(65535);
    expect(give(c, 65535, 1)).toBe(Took.nothing);
    expect(counters.get(C.windowClosed)).toBe(1);
  });
  test("nothing_is_taken_behind_a_fin_and_the_fin_is_contiguous_once", () => {
    const c = established();
    expect(receive.fin(c, 100)).toBeFalsy();
    expect(give(c, 90, 30)).toBe(Took.outOfOrder);
    expect(give(c, 100, 5)).toBe(Took.nothing); expect(counters.get(C.afterFin)).toBe(1);
    expect(give(c, 0, 90)).toBe(Took.filled); expect(c.rcvd).toBe(100);
    expect(receive.fin(c, 100)).toBeTruthy();
    expect(receive.fin(c, 100)).toBeFalsy();
    expect(c.finRcvd).toBe(1);
    expect(news(c) & Dirty.fin).toBe(Dirty.fin);
  });
  test("a_second_fin_elsewhere_changes_nothing", () => {
    const c = established();
    receive.fin(c, 100);
    receive.fin(c, 50);
    expect(c.finOff).toBe(100);
    give(c, 0, 10);
    const d = c.flags & Flag.finSeen;
    expect(receive.fin(c, 5)).toBeFalsy();
    expect(c.flags & Flag.finSeen).toBe(d);
  });
  test("r0_discard_forgets_what_is_not_deposited_with_all_that_was_told_of_it", () => {
    const c = gated(true);
    give(c, 0, 100); give(c, 200, 50); receive.fin(c, 250);
    tcp.deposit(c, 60);
    receive.discard(c);
    expect(c.rcvd).toBe(60); expect(c.ooo).toBe(0); expect(c.flags & Flag.finSeen).toBe(0);
    expect(give(c, 60, 40)).toBe(Took.inOrder);
    expect(ranges.available()).toBe(RANGES);
    while (take()) {}
  });
  test("one_connection_cannot_take_all_ranges", () => {
    const c = established();
    for (let i: u32 = 0; i < 60; i++) give(c, 100 + i * 20, 10);
    expect(counters.get(C.noRange)).toBe(60 - ranges.LIMIT);
  });
});
