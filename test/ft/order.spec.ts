import { As, BUF, CHARGEN, CLIENT, CPORT, DISCARD, F, IRS, K, PORT, R, S, VHOST, conn, connect, end, exists, kind, later, member, poll, r, seg, segFrom, standing, start, startKind } from "./bed";
import { CONNS, EVENTS } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as list from "../../assembly/core/list";
import * as counters from "../../assembly/core/counters";
import * as site from "../../assembly/core/site";
import { Conn, Dirty } from "../../assembly/tcp/conn";
import * as table from "../../assembly/tcp/table";
import * as tcp from "../../assembly/tcp/tcp";
import * as api from "../../assembly/ft/api";
import { Ft } from "../../assembly/ft/counters";
import * as ft from "../../assembly/ft/ft";
import { Kind, Reason, synOf } from "../../assembly/ft/event";
import * as order from "../../assembly/ft/order";
import * as replica from "../../assembly/ft/replica";
import { event, workOf } from "../../assembly/ft/replica";

/** One poll in which the client sends one byte more. */
function typed(c: Conn): void { seg(K, c.rcvd + 1, 1, 1); poll(); }

describe("order", () => {
  afterEach(end);

  test("r2_the_tail_orders_what_the_client_does", () => {
    start(As.tail);
    connect(0);
    seg(K, 1, 1, 100); poll();
    seg(K | F, 101, 1, 0); poll();
    seg(K, 102, 102, 0); poll();
    expect(kind(0)).toBe(Kind.syn); expect(kind(1)).toBe(Kind.accept); expect(kind(2)).toBe(Kind.data); expect(event(r(), 2).a).toBe(100);
    expect(kind(3)).toBe(Kind.fin); expect(event(r(), 3).a).toBe(100);
    expect(kind(4)).toBe(Kind.writable); expect(event(r(), 4).a).toBe(100); expect(<u32>event(r(), 4).flags).toBe(1, "the FIN is acknowledged");
    expect(kind(5)).toBe(Kind.closed);
    expect(r().applied).toBe(6);
    expect(exists(0)).toBeFalsy();
  });
  test("r2_nobody_but_the_tail_orders", () => {
    for (let as_ = As.primary; as_ <= As.middle; as_++) {
      start(as_);
      connect(0);
      seg(K, 1, 1, 100); poll();
      seg(K | R, 101, 1, 0); poll();
      later(20);
      expect(r().have).toBe(2);
      expect(counters.get(Ft.eventsOrdered)).toBe(0);
      if (as_ == As.primary) end();
    }
  });
  test("r2_the_tail_stops_ordering_at_half_of_the_log", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    for (let i: u32 = 2; i < EVENTS / 2; i++) typed(c);
    expect(r().applied).toBe(EVENTS / 2);
    typed(c); typed(c);
    expect(r().applied).toBe(EVENTS / 2);
    expect(c.rcvd - c.dep).toBe(2);
    segFrom(CPORT + 1, S, 0, 0, 0, BUF); poll();
    expect(exists(1)).toBeFalsy("no SYN either");
    api.enter(r(), 0); api.setTimer(3, 1); later(3);
    expect(r().applied).toBe(EVENTS / 2, "no timer either");
    standing(EVENTS / 2, 1);
    expect(r().applied).toBe(EVENTS / 2 + 1);
    standing(EVENTS / 2 + 1, EVENTS / 2);
    poll();
    expect(c.dep).toBe(c.rcvd);
  });
  test("r3_service_time_never_goes_back", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    typed(c);
    const before = r().time;
    site.set(0 - clock.ms + 5);
    typed(c);
    expect(event(r(), r().applied - 1).time).toBe(before);
    site.set(0);
    later(7);
    typed(c);
    expect(event(r(), r().applied - 1).time).toBe(clock.ms);
  });
  test("r2a_writable_is_ordered_for_a_quarter_of_the_send_buffer", () => {
    startKind(As.tail, CHARGEN);
    const c = connect(0), n = r().applied;
    expect(c.prod).toBe(65536);
    seg(K, 1, 1 + 16383, 0); poll();
    expect(r().applied).toBe(n);
    seg(K, 1, 1 + 16384, 0); seg(K, 1, 1 + 20000, 0); poll();
    expect(r().applied).toBe(n + 1, "one for all of a poll");
    expect(kind(n)).toBe(Kind.writable); expect(event(r(), n).a).toBe(20000); expect(<u32>event(r(), n).flags).toBe(0);
    expect(c.prod).toBe(65536 + 20000);
  });
  test("r2a_writable_is_ordered_when_all_is_acknowledged", () => {
    start(As.tail);
    const c = connect(0);
    seg(K, 1, 1, 10); poll();
    const n = r().applied;
    seg(K, 11, 10, 0); poll();
    expect(r().applied).toBe(n, "not for a part");
    seg(K, 11, 11, 0); poll();
    expect(kind(n)).toBe(Kind.writable);
    expect(c.acked).toBe(10);
  });
  test("r2a_writable_is_ordered_when_the_service_was_refused", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    api.enter(r(), 0);
    expect(api.send(0, BUF, 60000)).toBe(60000);
    expect(api.send(0, BUF, 6000)).toBe(5536);
    const n = r().applied;
    seg(K, 1, 2, 0); poll();
    expect(kind(n)).toBe(Kind.writable);
    seg(K, 1, 3, 0); poll();
    expect(r().applied).toBe(n + 1, "refused once");
  });
  test("r2a_an_ack_that_is_worth_no_event_leaves_no_work", () => {
    start(As.tail);
    const c = connect(0);
    seg(K, 1, 1, 1000); poll();
    const n = r().applied;
    seg(K, 1001, 501, 0);
    ft.run();
    expect(c.heardAck).toBe(500); expect(list.linked(workOf(member(0)))).toBeFalsy();
    expect(r().applied).toBe(n); expect(r().stirred).toBe(0);
    seg(K, 1001, 1001, 0); poll();
    expect(kind(n)).toBe(Kind.writable);
  });
  test("r10_a_reset_is_ordered_with_its_reason", () => {
    startKind(As.tail, DISCARD);
    connect(0); connect(1); connect(2);
    let n = r().applied;
    seg(R, 1, 0, 0); poll();
    expect(kind(n)).toBe(Kind.reset); expect(<u32>event(r(), n).flags).toBe(Reason.client); expect(<u32>event(r(), n).c).toBe(0);
    table.mark(conn(1), Dirty.giveUp); poll();
    expect(kind(++n)).toBe(Kind.reset); expect(<u32>event(r(), n).flags).toBe(Reason.giveUp); expect(<u32>event(r(), n).c).toBe(1);
    api.enter(r(), 2); api.abort(2); poll();
    expect(kind(++n)).toBe(Kind.reset); expect(<u32>event(r(), n).flags).toBe(Reason.service); expect(<u32>event(r(), n).c).toBe(2);
    expect(r().connections).toBe(0);
  });
  test("r12_the_tail_chooses_the_isn", () => {
    start(As.tail);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    const s = synOf(event(r(), 0));
    expect(s.irs).toBe(IRS); expect(s.remoteAddr).toBe(CLIENT); expect(s.localAddr).toBe(VHOST); expect(<u32>s.remotePort).toBe(CPORT); expect(<u32>s.localPort).toBe(PORT);
    expect(s.iss).toBe(tcp.chooseIss(s));
    expect(conn(0).iss).toBe(s.iss);
  });
  test("a_timer_is_an_event_at_its_service_time_once", () => {
    start(As.tail);
    api.enter(r(), api.NONE);
    api.setTimer(5, clock.ms - r().time + 4);
    api.setTimer(16, 0);
    later(3);
    expect(r().applied).toBe(0);
    later(1);
    expect(r().applied).toBe(1);
    expect(kind(0)).toBe(Kind.timer); expect(event(r(), 0).a).toBe(5); expect(event(r(), 0).time).toBe(clock.ms);
    later(50);
    expect(r().applied).toBe(1);
  });
  test("a_syn_without_a_control_block_leaves_no_event", () => {
    start(As.tail);
    for (let i: u32 = 0; i < CONNS; i++) tcp.connect(VHOST, 2000 + i, CLIENT, 9, 200, 1000, 1000);
    expect(table.available()).toBe(0);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    expect(r().have).toBe(0); expect(r().applied).toBe(0);
    expect(replica.freeMembers()).toBe(CONNS);
    for (let i: u32 = 0; i < CONNS; i++) tcp.drop(tcp.find(VHOST, 2000 + i, CLIENT, 9)!, false);
    later(1);
    expect(kind(0)).toBe(Kind.syn, "it is remembered");
    expect(exists(0)).toBeTruthy();
  });
  test("connections_are_numbered_from_the_lowest_free_one", () => {
    startKind(As.tail, DISCARD);
    for (let i: u32 = 0; i < 3; i++) connect(i);
    segFrom(CPORT + 1, R, 1, 0, 0, BUF); poll();
    connect(3);
    expect(<u32>conn(3).remotePort).toBe(CPORT + 3, "1 is not free before its reset is stable");
    standing(r().applied, r().applied);
    segFrom(CPORT + 4, S, 0, 0, 0, BUF); poll();
    expect(<u32>conn(1).remotePort).toBe(CPORT + 4);
  });
  test("r27_a_stopped_tail_orders_nothing", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0), n = r().applied;
    r().stopped = 1;
    typed(c);
    segFrom(CPORT + 1, S, 0, 0, 0, BUF); poll();
    expect(r().have).toBe(n);
    r().stopped = 0;
    poll();
    expect(kind(n)).toBe(Kind.syn); expect(kind(n + 1)).toBe(Kind.data);
  });
});
