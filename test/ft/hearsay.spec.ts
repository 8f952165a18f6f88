import { As, BUF, CLIENT, CPORT, DISCARD, DOWN, F, IRS, K, PORT, R, S, UP, VHOST, above, bytes, calm, close, conn, connect, contentLen, deliver, done, end, enter, evAccept, evData, evFin, evReset, evSyn, evWritable, events, exists, forget, hearsay, hearsaySent, kind, later, open, poll, r, sectionTo, seg, segFrom, setWindow, start, startKind, u16_, u32_, byte } from "./bed";
import * as counters from "../../assembly/core/counters";
import { Dirty } from "../../assembly/tcp/conn";
import * as table from "../../assembly/tcp/table";
import { Ft } from "../../assembly/ft/counters";
import * as api from "../../assembly/ft/api";
import { Kind, Reason } from "../../assembly/ft/event";
import { event } from "../../assembly/ft/replica";
import { Section, HearsayFlag as H } from "../../assembly/wire/chain";

/** A SYN as it travels. */
function synSection(first: u32, n: u32): void {
  above();
  open(Section.syn);
  for (let i: u32 = 0; i < n; i++) {
    u32_(CLIENT); u32_(VHOST); u16_(first + i); u16_(PORT); u32_(IRS); u32_(0); u32_(0); u16_(60000); u16_(1000); byte(255); byte(0); u16_(0);
  }
  close();
  deliver();
}
/** SYNs told to the successor in the messages kept. */
function synsTold(): u32 {
  let n: u32 = 0;
  for (let p = sectionTo(DOWN, Section.syn); p != 0; p = sectionTo(DOWN, Section.syn)) n += contentLen / 32;
  return n;
}

describe("hearsay", () => {
  afterEach(end);

  test("r8_what_the_log_does_not_show_is_told_after_3_ms", () => {
    start(As.middle);
    connect(0);
    forget();
    setWindow(1234);
    seg(K, 1, 1, 100); poll();
    later(2);
    expect(hearsaySent(0) == null).toBeTruthy("the event may be on its way");
    later(1);
    const h = hearsaySent(0)!;
    expect(h.irs).toBe(IRS); expect(h.rcvd).toBe(100); expect(h.ack).toBe(0); expect(h.wnd).toBe(1234); expect(<u32>h.flags).toBe(H.established);
  });
  test("r8_it_is_told_again_until_the_log_shows_it", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 100); later(4); forget();
    let n = 0;
    for (let i = 0; i < 30; i++) { later(1); if (hearsaySent(0) != null) n++; }
    expect(n).toBe(3);
    events(2); evData(0, 0, 100); done();
    forget(); later(30);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r8_nothing_is_told_where_the_event_came_in_time", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 100); later(2);
    events(2); evData(0, 0, 100); done();
    forget(); later(30);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r8_the_tail_tells_nobody", () => {
    start(As.tail);
    r().stopped = 1;
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    later(20);
    expect(synsTold()).toBe(0);
  });
  test("r8_a_completed_handshake_is_told", () => {
    start(As.middle);
    events(0); evSyn(0, CPORT); done();
    later(20);
    expect(hearsaySent(0) == null).toBeTruthy("not before it is");
    seg(K, 1, 1, 0); later(4);
    expect(<u32>hearsaySent(0)!.flags).toBe(H.established);
    events(1); evAccept(0); done();
    forget(); later(20);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r8_a_fin_is_told_until_its_event", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K | F, 1, 1, 0); later(4);
    expect(<u32>hearsaySent(0)!.flags & H.fin).toBe(H.fin);
    events(2); evFin(0, 0); done();
    forget(); later(20);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r8_an_ack_is_told_where_it_is_worth_an_event", () => {
    startKind(As.primary, DISCARD);
    const c = connect(0);
    api.enter(r(), 0); api.send(0, BUF, 100); api.close(0);
    later(1); forget();
    seg(K, 1, 1 + 50, 0); later(5);
    expect(hearsaySent(0) == null).toBeTruthy("not for a part");
    seg(K, 1, 1 + 101, 0); later(4);
    const h = hearsaySent(0)!;
    expect(h.ack).toBe(100); expect(<u32>h.flags & H.finAcked).toBe(H.finAcked);
    events(2); evWritable(0, 100, 1); done();
    forget(); later(20);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r11_a_backup_does_not_act_on_an_rst_but_tells_it", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(R, 1, 0, 0); later(4);
    expect(exists(0)).toBeTruthy();
    expect(<u32>hearsaySent(0)!.flags & H.reset).toBe(H.reset);
    expect(r().have).toBe(2);
    events(2); evReset(0, Reason.client); done();
    expect(exists(0)).toBeFalsy();
  });
  test("r11_an_rst_that_is_not_exact_is_not_told", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    forget();
    seg(R, 2, 0, 0); later(20);
    expect(hearsaySent(0) == null).toBeTruthy();
  });
  test("r10_the_primary_gives_up_by_hearsay", () => {
    startKind(As.primary, DISCARD);
    const c = connect(0);
    forget();
    table.mark(c, Dirty.giveUp); later(4);
    expect(exists(0)).toBeTruthy();
    expect(<u32>hearsaySent(0)!.flags & H.giveUp).toBe(H.giveUp);
  });
  test("r8_a_syn_without_an_event_is_told_until_there_is_one", () => {
    start(As.middle);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    later(2);
    expect(synsTold()).toBe(0);
    later(1);
    const p = sectionTo(DOWN, Section.syn);
    expect(load<u32>(p)).toBe(CLIENT); expect(load<u32>(p, 4)).toBe(VHOST); expect(<u32>load<u16>(p, 8)).toBe(CPORT); expect(<u32>load<u16>(p, 10)).toBe(PORT); expect(load<u32>(p, 12)).toBe(IRS);
    later(10);
    expect(synsTold()).toBe(1, "again");
    events(0); evSyn(0, CPORT); done();
    forget(); calm(1000);
    expect(synsTold()).toBe(0, "it has its event");
  });
  test("r8_a_syn_is_told_a_few_times_and_then_forgotten", () => {
    start(As.middle);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    let n: u32 = 0;
    for (let i = 0; i < 40; i++) { calm(50); n += synsTold(); }
    expect(n).toBe(7);
    enter(6, As.tail);
    poll();
    expect(r().have).toBe(0, "the client sends it again anyway");
  });
  test("r8_syns_that_find_no_room_are_counted", () => {
    start(As.middle);
    synSection(5000, 40); synSection(6000, 24);
    expect(counters.get(Ft.synsLost)).toBe(0);
    synSection(7000, 1);
    expect(counters.get(Ft.synsLost)).toBe(1);
  });
  test("r21_a_new_tail_orders_the_syns_that_it_remembers", () => {
    start(As.middle);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    later(5);
    enter(6, As.tail);
    poll();
    expect(r().have).toBe(1); expect(kind(0)).toBe(Kind.syn);
    expect(<u32>conn(0).remotePort).toBe(CPORT);
  });
  test("r8_a_syn_that_the_tail_missed_is_ordered", () => {
    start(As.tail);
    synSection(CPORT, 1);
    expect(kind(0)).toBe(Kind.syn);
    expect(conn(0).irs).toBe(IRS);
    synSection(CPORT, 1);
    expect(r().have).toBe(1, "once");
  });
  test("r8_a_handshake_that_the_tail_missed_is_accepted", () => {
    start(As.tail);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    hearsay(0, H.established, 0, 0, 60000);
    expect(r().applied).toBe(2); expect(kind(1)).toBe(Kind.accept);
  });
  test("r8_a_last_ack_that_the_tail_missed_frees_the_writer", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    api.enter(r(), 0); api.send(0, BUF, 100);
    hearsay(0, H.established, 0, 100, 777);
    expect(kind(2)).toBe(Kind.writable); expect(event(r(), 2).a).toBe(100);
    expect(c.acked).toBe(100); expect(c.sndWnd).toBe(777);
  });
  test("r8_an_impossible_ack_by_hearsay_does_nothing", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    api.enter(r(), 0); api.send(0, BUF, 100);
    hearsay(0, H.established, 0, 101, 1);
    expect(c.heardAck).toBe(0); expect(r().applied).toBe(2);
    hearsay(0, H.established | H.finAcked, 0, 100, 60000);
    expect(<u32>c.finAcked).toBe(0, "no FIN was sent");
  });
  test("r9_bytes_that_the_tail_missed_are_pulled_from_above", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    seg(K, 1, 1, 10); poll(); forget();
    hearsay(0, H.established, 60, 0, 60000);
    const p = sectionTo(UP, Section.pull);
    expect(<u32>load<u16>(p)).toBe(0); expect(load<u32>(p, 4)).toBe(10); expect(load<u32>(p, 8)).toBe(60);
    bytes(true, 0, 10, 50);
    expect(c.dep).toBe(60);
  });
  test("r8_a_fin_that_the_tail_missed_is_ordered_when_the_bytes_are_here", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    hearsay(0, H.established | H.fin, 10, 0, 60000);
    expect(<u32>c.finRcvd).toBe(0);
    bytes(true, 0, 0, 10);
    hearsay(0, H.established | H.fin, 10, 0, 60000);
    expect(kind(r().applied - 1)).toBe(Kind.fin);
    expect(<u32>c.finDep).toBe(1);
  });
  test("r10_the_tail_turns_a_predecessors_reset_and_give_up_into_events", () => {
    startKind(As.tail, DISCARD);
    connect(0); connect(1);
    hearsay(0, H.reset, 0, 0, 0);
    expect(kind(4)).toBe(Kind.reset); expect(<u32>event(r(), 4).flags).toBe(Reason.client);
    hearsay(1, H.giveUp, 0, 0, 0);
    expect(kind(5)).toBe(Kind.reset); expect(<u32>event(r(), 5).flags).toBe(Reason.giveUp);
  });
  test("r8_a_middle_hands_on_what_it_hears", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    hearsay(0, H.established | H.giveUp, 0, 0, 60000);
    expect(exists(0)).toBeTruthy();
    later(4);
    expect(<u32>hearsaySent(0)!.flags & H.giveUp).toBe(H.giveUp);
  });
});
