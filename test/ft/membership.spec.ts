import { As, BUF, CPORT, DISCARD, DOWN, ECHO, IRS, K, S, UP, above, below, boot, connect, counter, counterSent, deliver, done, end, enter, evData, evTimer, events, exists, forget, grant, header, kind, lastTo, later, out, outAck, outEnd, outLen, poll, produced, r, seg, segFrom, segments, sentSegment, setWindow, standing, start, startKind, viewOf } from "./bed";
import { CHUNKS, CONNS } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as counters from "../../assembly/core/counters";
import { Err } from "../../assembly/core/err";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as stream from "../../assembly/tcp/stream";
import * as views from "../../assembly/wire/view";
import { View } from "../../assembly/wire/view";
import { Ft } from "../../assembly/ft/counters";
import { Kind } from "../../assembly/ft/event";
import * as ft from "../../assembly/ft/ft";
import * as membership from "../../assembly/ft/membership";
import { Role, event, freeMembers } from "../../assembly/ft/replica";
import * as link from "../net/bed";

const VIEW: usize = memory.data(56, 16);

describe("membership", () => {
  afterEach(end);

  test("r23a_only_a_view_that_has_this_node_is_taken", () => {
    start(As.middle);
    const v = changetype<View>(VIEW);
    views.clear(v, 6);
    views.append(v, UP, 1); views.append(v, DOWN, 2);
    expect(ft.install(0, v)).toBe(Err.notFound);
    expect(ft.viewNumber(0)).toBe(5);
  });
  test("r17_an_old_view_is_not_taken", () => {
    start(As.middle);
    expect(ft.install(0, viewOf(5, As.primary))).toBe(Err.state);
    expect(ft.install(0, viewOf(4, As.primary))).toBe(Err.state);
    expect(r().pos).toBe(1); expect(r().n).toBe(3);
    expect(ft.install(0, viewOf(6, As.primary))).toBe(0);
    expect(r().pos).toBe(0); expect(r().n).toBe(2); expect(ft.viewNumber(0)).toBe(6); expect(ft.heardView(0)).toBe(6);
  });
  test("r17_no_view_below_one_that_was_heard_of", () => {
    start(As.middle);
    below().view = 9; deliver();
    expect(ft.install(0, viewOf(8, As.primary))).toBe(Err.state);
    expect(ft.install(0, viewOf(9, As.primary))).toBe(0);
  });
  test("r18_a_grant_is_for_one_view", () => {
    start(As.alone);
    const c = connect(0);
    expect(ft.install(0, viewOf(6, As.alone))).toBe(0);
    forget();
    seg(K, 1, 1, 10); poll(); later(50);
    expect(sentSegment()).toBeFalsy("silent in the new view");
    grant(1000); poll();
    segments(c.iss);
    expect(outEnd).toBe(11); expect(outAck).toBe(11);
  });
  test("r18_nobody_but_the_primary_speaks_by_a_grant", () => {
    for (let as_ = As.middle; as_ <= As.tail; as_++) {
      start(as_);
      connect(0);
      grant(10000);
      expect(r().mute).toBe(1);
      forget();
      seg(K, 1, 1, 10); later(100);
      expect(sentSegment()).toBeFalsy();
      if (as_ == As.middle) end();
    }
  });
  test("r18_a_grant_that_is_over_lets_nobody_speak", () => {
    boot(ECHO);
    ft.install(0, viewOf(5, As.alone));
    expect(r().mute).toBe(1);
    ft.lease(0, clock.now);
    expect(r().mute).toBe(1);
    ft.lease(0, clock.now - 5);
    expect(r().mute).toBe(1);
    ft.lease(0, clock.now + 1);
    expect(r().mute).toBe(0);
  });
  test("r18_a_grant_without_a_view_is_nothing", () => {
    boot(ECHO);
    grant(1000);
    expect(r().mute).toBe(1); expect(r().until == 0).toBeTruthy();
  });
  test("r18_a_shorter_grant_takes_nothing_back", () => {
    start(As.alone);
    const until = r().until;
    grant(10);
    expect(r().until == until).toBeTruthy();
  });
  test("r18_a_lease_that_has_lapsed_silences_at_its_microsecond", () => {
    start(As.alone);
    const c = connect(0);
    clock.set(r().until - 1); forget();
    seg(K, 1, 1, 10); poll();
    segments(c.iss);
    expect(outEnd).toBe(11);
    clock.set(r().until);
    seg(K, 11, 11, 10); poll();
    expect(sentSegment()).toBeFalsy();
    expect(counters.get(Ft.leaseLapses)).toBe(1);
    later(30);
    expect(sentSegment()).toBeFalsy();
    expect(counters.get(Ft.leaseLapses)).toBe(1, "counted once");
  });
  test("r20_who_speaks_again_after_a_lapse_speaks_at_once", () => {
    start(As.alone);
    const c = connect(0);
    clock.set(r().until);
    seg(K, 1, 1, 10); poll(); later(5); forget();
    grant(1000); poll();
    segments(c.iss);
    expect(outEnd).toBe(11); expect(outAck).toBe(11);
    grant(2000); poll();
    expect(sentSegment()).toBeFalsy("a renewed lease is no takeover");
  });
  test("r20_a_lapse_that_nothing_has_noticed_before_a_view_came_is_a_silence_all_the_same", () => {
    start(As.alone);
    connect(0);
    clock.set(r().until + 5000); forget();
    expect(enter(r().viewNumber + 1, As.alone)).toBe(0);
    grant(1000); poll();
    expect(sentSegment()).toBeTruthy();
    expect(counters.get(Ft.leaseLapses)).toBe(1);
  });
  test("r18a_what_goes_to_a_client_carries_the_end_of_the_lease", () => {
    start(As.alone);
    connect(0);
    seg(K, 1, 1, 10); poll();
    expect(link.deadline == r().until).toBeTruthy();
  });
  test("r20_a_new_primary_speaks_at_once_on_every_connection_those_with_data_first", () => {
    start(As.middle);
    for (let i: u32 = 0; i < 4; i++) connect(i);
    segFrom(CPORT + 2, K, 1, 1, 10, BUF);
    events(8); evData(2, 0, 10); done();
    counter(2, 0, 10, 10, 0, produced(2));
    forget();
    expect(enter(6, As.primary)).toBe(0);
    poll();
    expect(counters.get(Ft.takeovers)).toBe(1);
    expect(sentSegment()).toBeTruthy();
    expect(out().dstPort).toBe(CPORT + 2); expect(outLen()).toBe(10); expect(out().ack).toBe(IRS + 11);
    let ports: u32 = 0;
    while (sentSegment()) { expect(<u32>out().bits).toBe(K); expect(outLen()).toBe(0); expect(out().ack).toBe(IRS + 1); ports |= 1 << (out().dstPort - CPORT); }
    expect(ports).toBe(11, "one ACK each");
  });
  test("r20_a_new_primary_sends_no_further_than_its_ok", () => {
    start(As.middle);
    const c = connect(0);
    seg(K, 1, 1, 100);
    events(2); evData(0, 0, 100); done();
    counter(0, 0, 100, 60, 0, produced(0));
    forget();
    enter(6, As.primary);
    later(100);
    segments(c.iss);
    expect(outEnd).toBe(61);
  });
  test("r6_a_new_tail_that_is_the_primary_too_sends_all_it_produced", () => {
    start(As.primary);
    const c = connect(0);
    seg(K, 1, 1, 100);
    events(2); evData(0, 0, 100); done(); forget();
    segments(c.iss);
    expect(outEnd).toBe(0);
    enter(6, As.alone); poll();
    segments(c.iss);
    expect(outEnd).toBe(101);
    expect(counters.get(Ft.takeovers)).toBe(1, "it was primary before");
  });
  test("r20_a_closed_window_is_probed", () => {
    start(As.middle);
    const c = connect(0);
    setWindow(0);
    seg(K, 1, 1, 10);
    setWindow(60000);
    events(2); evData(0, 0, 10); done();
    counter(0, 0, 10, 10, 0, produced(0));
    forget();
    enter(6, As.primary); poll();
    let probed = false;
    while (sentSegment()) if (outLen() == 1 && out().seq == c.iss + 1) probed = true;
    expect(probed).toBeTruthy();
  });
  test("r21_a_new_tail_drops_what_it_has_not_applied_and_orders", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    events(2); evData(0, 0, 10); evTimer(3); done();
    expect(r().have).toBe(4); expect(r().applied).toBe(2);
    const t = r().time;
    enter(6, As.tail);
    expect(r().have).toBe(2);
    seg(K, 1, 1, 4); poll();
    expect(kind(2)).toBe(Kind.data); expect(event(r(), 2).a).toBe(4);
    expect(event(r(), 2).time >= t).toBeTruthy();
  });
  test("r21_a_new_tail_orders_what_it_knew_before", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 10); poll();
    later(20);
    enter(6, As.tail); poll();
    expect(kind(2)).toBe(Kind.data); expect(event(r(), 2).a).toBe(10);
  });
  test("r22_new_neighbours_are_told_where_this_one_stands", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    events(2); evData(0, 0, 10); done();
    expect(r().have).toBe(3);
    forget();
    enter(6, As.middle);
    poll();
    expect(lastTo(DOWN)).toBeTruthy("at once");
    expect(header().view).toBe(6); expect(header().want).toBe(2); expect(header().applied).toBe(2); expect(header().heard).toBe(0);
  });
  test("r22_counters_are_told_anew_to_a_new_predecessor", () => {
    start(As.tail);
    connect(0);
    standing(2, 2);
    seg(K, 1, 1, 10); poll();
    standing(3, 3);
    later(20); standing(3, 3); forget(); later(20);
    expect(counterSent(0) == null).toBeTruthy();
    enter(6, As.tail);
    standing(3, 3);
    expect(counterSent(0)!.prod).toBe(10);
  });
  test("r4_what_a_new_primary_has_applied_is_stable", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    expect(r().stable).toBe(0);
    enter(6, As.primary);
    expect(r().stable).toBe(2);
  });
  test("r13_a_new_view_moves_the_timestamps_by_the_guard", () => {
    start(As.middle);
    const c = connect(0), before = c.tsOffset;
    enter(7, As.primary);
    expect(c.tsOffset).toBe(before + 2 * config.site().guard);
    expect(r().guard).toBe(7 * config.site().guard);
  });
  test("r23_a_removed_member_keeps_only_the_number_of_the_newest_view", () => {
    start(As.tail);
    connect(0); connect(1);
    seg(K, 1, 1, 5000); poll();
    below().view = 8; above().view = 8; deliver();
    ft.leave(0);
    expect(ft.viewNumber(0)).toBe(0); expect(ft.heardView(0)).toBe(8); expect(ft.connections(0)).toBe(0);
    expect(r().role).toBe(Role.none); expect(r().applied).toBe(0); expect(r().have).toBe(0); expect(r().stable).toBe(0); expect(r().history == 0).toBeTruthy(); expect(r().time).toBe(0);
    expect(freeMembers()).toBe(CONNS); expect(exists(0)).toBeFalsy();
    expect(stream.available()).toBe(CHUNKS);
    expect(ft.install(0, viewOf(7, As.tail))).toBe(Err.state);
    forget(); later(50);
    expect(lastTo(UP)).toBeFalsy("it says nothing more");
  });
  test("r23_whoever_left_does_not_answer_clients", () => {
    start(As.alone);
    connect(0);
    ft.leave(0); forget();
    seg(K, 1, 1, 10); segFrom(CPORT + 1, S, 0, 0, 0, BUF); poll(); later(50);
    expect(sentSegment()).toBeFalsy();
    expect(counters.get(C.silenced) != 0).toBeTruthy();
  });
});
