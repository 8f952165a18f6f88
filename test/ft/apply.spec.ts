import { As, BUF, CPORT, DISCARD, DOWN, IRS, ISS, K, S, above, bytes, conn, connect, contentLen, deliver, done, end, evAccept, evClosed, evData, evFin, evReset, evSyn, evTimer, evWritable, events, exists, forget, header, later, lastTo, poll, produced, r, sectionOf, sectionTo, seg, segFrom, sentSegment, sentUp, out, standing, start, startKind } from "./bed";
import { CONNS, EVENTS } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import { State } from "../../assembly/tcp/conn";
import * as stream from "../../assembly/tcp/stream";
import * as tcp from "../../assembly/tcp/tcp";
import * as api from "../../assembly/ft/api";
import * as apply from "../../assembly/ft/apply";
import { Ft } from "../../assembly/ft/counters";
import * as event from "../../assembly/ft/event";
import * as replica from "../../assembly/ft/replica";
import { Section } from "../../assembly/wire/chain";

const OTHER: usize = memory.data(4096, 16);

/** Highest log position that the kept messages to the predecessor carried events up to; 0: none. */
function toldUp(): u32 {
  let top: u32 = 0;
  while (sentUp()) {
    const p = sectionOf(Section.events);
    if (p == 0) continue;
    let at = load<u32>(p);
    for (let i: u32 = 4; i < contentLen; i += event.wireSize(load<u8>(p + i))) at++;
    top = at;
  }
  return top;
}

describe("apply", () => {
  afterEach(end);

  test("r1_an_event_is_passed_up_only_after_it_is_applied", () => {
    start(As.middle);
    connect(0);
    standing(2, 0);
    forget();
    events(2); evData(0, 0, 10); done();
    later(10);
    expect(r().have).toBe(3); expect(r().applied).toBe(2);
    while (sentUp()) { expect(header().applied).toBe(2); expect(sectionOf(Section.events)).toBe(0); }
    seg(K, 1, 1, 10); poll();
    expect(r().applied).toBe(3);
    expect(toldUp()).toBe(3);
  });
  test("r1_events_are_applied_in_order", () => {
    start(As.middle);
    connect(0); connect(1);
    const n = r().applied;
    segFrom(CPORT + 1, K, 1, 1, 10, BUF);
    events(n); evData(0, 0, 10); evData(1, 0, 10); done();
    expect(r().applied).toBe(n, "the second has its bytes, and waits for the first");
    expect(conn(1).dep).toBe(0);
    seg(K, 1, 1, 10); poll();
    expect(r().applied).toBe(n + 2);
  });
  test("r1_events_after_a_gap_are_not_taken_and_are_asked_for_at_once", () => {
    start(As.middle);
    connect(0);
    later(1); forget();
    events(3); evFin(0, 0); done();
    expect(r().have).toBe(2);
    expect(lastTo(DOWN)).toBeTruthy();
    expect(header().want).toBe(2);
  });
  test("r1_events_that_are_here_already_are_skipped", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 10);
    events(0); evSyn(0, CPORT); evAccept(0); evData(0, 0, 10); done();
    expect(r().applied).toBe(3);
    events(1); evAccept(0); evData(0, 0, 10); done();
    expect(r().applied).toBe(3);
    expect(conn(0).dep).toBe(10);
  });
  test("r1_writable_waits_until_that_much_is_produced_here", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    events(2); evWritable(0, 100, 0); done();
    expect(r().applied).toBe(2);
    api.enter(r(), 0); api.send(0, BUF, 99);
    apply.advance(r());
    expect(r().applied).toBe(2);
    api.send(0, BUF, 1);
    apply.advance(r());
    expect(r().applied).toBe(3);
    expect(c.acked).toBe(100); expect(c.heardAck).toBe(100, "as if its ACK had been heard");
  });
  test("r1_writable_of_the_fin_waits_for_the_fin", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    events(2); evWritable(0, 0, 1); done();
    expect(r().applied).toBe(2);
    api.enter(r(), 0); api.close(0);
    apply.advance(r());
    expect(r().applied).toBe(3);
    expect(<u32>c.finReleased).toBe(1);
  });
  test("r0_other_bytes_than_the_tails_are_discarded_and_pulled", () => {
    start(As.middle);
    const c = connect(0);
    for (let i: u32 = 0; i < 10; i++) store<u8>(OTHER + i, <u8>(load<u8>(BUF + i) ^ (i == 7 ? 1 : 0)));
    segFrom(CPORT, K, 1, 1, 10, OTHER); poll();
    forget();
    events(2); evData(0, 0, 10); done();
    expect(counters.get(Ft.inconsistentRetransmission)).toBe(1);
    expect(r().applied).toBe(2); expect(c.rcvd).toBe(0); expect(c.prod).toBe(0);
    const p = sectionTo(DOWN, Section.pull);
    expect(p != 0).toBeTruthy("a pull");
    expect(<u32>load<u16>(p)).toBe(0); expect(load<u32>(p, 4)).toBe(0); expect(load<u32>(p, 8)).toBe(10);
    bytes(false, 0, 0, 10);
    expect(r().applied).toBe(3);
    expect(c.prod).toBe(10);
    for (let i: u32 = 0; i < 10; i++) expect(load<u8>(tcp.sndSpan(c, i))).toBe(load<u8>(BUF + i));
    expect(counters.get(Ft.inconsistentRetransmission)).toBe(1);
  });
  test("r0_bytes_beyond_the_event_are_discarded_with_it", () => {
    start(As.middle);
    const c = connect(0);
    memory.fill(OTHER, 1, 100);
    segFrom(CPORT, K, 1, 1, 100, OTHER); poll();
    events(2); evData(0, 0, 10); done();
    expect(c.rcvd).toBe(0);
    bytes(false, 0, 0, 10);
    expect(c.rcvd).toBe(10); expect(c.dep).toBe(10);
  });
  test("r9_missing_bytes_of_an_event_are_pulled_from_below", () => {
    start(As.middle);
    connect(0);
    seg(K, 1, 1, 4); poll();
    forget();
    events(2); evData(0, 0, 10); done();
    const p = sectionTo(DOWN, Section.pull);
    expect(load<u32>(p, 4)).toBe(4); expect(load<u32>(p, 8)).toBe(10);
  });
  test("r3_what_the_service_does_is_a_function_of_the_events", () => {
    // bytes that came in one piece here and in three at the tail: the service is called as the tail's was
    start(As.middle);
    const c = connect(0);
    seg(K, 1, 1, 30); poll();
    events(2); evData(0, 0, 5); done();
    expect(c.prod).toBe(5);
    expect(c.rcvd).toBe(30);
    const d = produced(0);
    events(3); evData(0, 5, 20); evData(0, 25, 5); done();
    expect(c.prod).toBe(30);
    expect(produced(0) == d).toBeFalsy();
  });
  test("r4_bytes_are_kept_until_stable", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    standing(2, 2);
    const all = stream.available();
    for (let i: u32 = 0; i < 8; i++) seg(K, 1 + i * 1000, 1, 1000);
    events(2); evData(0, 0, 8000); done();
    expect(c.readOff).toBe(8000, "the service has read them");
    expect(tcp.rcvSpan(c, 0) != 0).toBeTruthy();
    expect(load<u8>(tcp.rcvSpan(c, 4000))).toBe(load<u8>(BUF + 4000));
    expect(c.edge).toBe(65536, "they count as used");
    standing(3, 3);
    expect(stream.available()).toBe(all);
    expect(c.edge).toBe(65536 + 8000);
  });
  test("r4_the_primary_makes_its_events_stable", () => {
    startKind(As.primary, DISCARD);
    connect(0);
    expect(r().stable).toBe(2);
    forget(); later(1);
    events(2); evFin(0, 0); done();
    expect(r().stable).toBe(3);
    expect(lastTo(DOWN)).toBeTruthy();
    expect(header().stable).toBe(3);
  });
  test("r4_stable_is_never_above_what_is_applied", () => {
    start(As.middle);
    connect(0);
    above().stable = 100; deliver(); poll();
    expect(r().stable).toBe(2);
    above().stable = 1; deliver(); poll();
    expect(r().stable).toBe(2, "nor goes back");
  });
  test("a_number_is_free_again_only_when_its_end_is_stable", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    standing(2, 2);
    events(2); evReset(0, 1); done();
    expect(exists(0)).toBeFalsy();
    expect(replica.find(r(), 0) != null).toBeTruthy();
    events(3); evSyn(0, CPORT + 9); done();
    expect(r().applied).toBe(3, "the number is taken");
    expect(counters.get(Ft.noConnection) != 0).toBeTruthy();
    standing(3, 3);
    apply.advance(r());
    expect(r().applied).toBe(4);
    expect(<u32>conn(0).remotePort).toBe(CPORT + 9);
  });
  test("a_syn_event_makes_the_connection_also_without_the_syn", () => {
    start(As.middle);
    events(0); evSyn(7, CPORT); done();
    const c = conn(7);
    expect(c.irs).toBe(IRS); expect(c.iss).toBe(ISS); expect(<u32>c.mss).toBe(1000); expect(<u32>c.c).toBe(7); expect(<u32>c.gated).toBe(1);
    expect(<u32>c.state).toBe(State.synRcvd);
    expect(r().embryos).toBe(1); expect(r().connections).toBe(1);
    events(1); evAccept(7); done();
    expect(<u32>c.state).toBe(State.established);
    expect(r().embryos).toBe(0);
  });
  test("the_primary_answers_a_syn_only_by_its_event", () => {
    start(As.primary);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    later(5);
    expect(sentSegment()).toBeFalsy();
    events(0); evSyn(0, CPORT); done();
    expect(sentSegment()).toBeTruthy();
    expect(out().seq).toBe(ISS); expect(out().ack).toBe(IRS + 1);
  });
  test("a_syn_event_without_a_control_block_waits", () => {
    start(As.middle);
    for (let i: u32 = 0; i < CONNS; i++) tcp.connect(0xc0a80100, 2000 + i, 0x0a0000c8, 9, 200, 1000, 1000);
    events(0); evSyn(0, CPORT); done();
    expect(r().applied).toBe(0); expect(counters.get(Ft.noConnection) != 0).toBeTruthy();
    expect(replica.freeMembers()).toBe(CONNS);
    for (let i: u32 = 0; i < CONNS; i++) tcp.drop(tcp.find(0xc0a80100, 2000 + i, 0x0a0000c8, 9)!, false);
    poll();
    expect(r().applied).toBe(1);
  });
  test("events_of_a_connection_that_is_gone_pass", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    events(2); evReset(0, 3); evFin(0, 0); evClosed(0); done();
    expect(r().applied).toBe(5);
    expect(r().connections).toBe(0);
  });
  test("r10_a_clients_reset_is_not_answered_and_a_services_is", () => {
    startKind(As.primary, DISCARD);
    connect(0); connect(1); forget();
    events(4); evReset(0, 1); done();
    expect(sentSegment()).toBeFalsy();
    events(5); evReset(1, 3); done();
    expect(sentSegment()).toBeTruthy();
    expect(<u32>out().bits & 4).toBe(4);
  });
  test("closed_leaves_a_time_wait_record_where_we_closed_first", () => {
    startKind(As.middle, DISCARD);
    const c = connect(0);
    api.enter(r(), 0); api.close(0);
    events(2); evWritable(0, 0, 1); evFin(0, 0); done();
    expect(r().applied).toBe(4);
    expect(<u32>c.state).toBe(State.timeWait);
    events(4); evClosed(0); done();
    expect(exists(0)).toBeFalsy(); expect(r().connections).toBe(0);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    expect(r().applied).toBe(5);
  });
  test("a_timer_event_disarms_and_takes_its_time", () => {
    start(As.middle);
    api.enter(r(), api.NONE); api.setTimer(4, 1000);
    clock.set(clock.now + 3000);
    events(0); evTimer(4); done();
    expect(load<u32>(replica.deadline(r(), 4))).toBe(0);
    expect(r().time).toBe(clock.ms);
    expect(r().applied).toBe(1);
  });
  test("r3_histories_differ_where_events_do", () => {
    start(As.middle);
    expect(r().history == 0).toBeTruthy();
    events(0); evSyn(0, CPORT); done();
    const h = r().history;
    expect(replica.event(r(), 0).history == h).toBeTruthy();
    events(1); evAccept(0); done();
    expect(r().history == h).toBeFalsy();
  });
  test("a_full_log_takes_no_more_events_until_some_are_stable", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    standing(2, 2);
    while (r().have - r().stable < EVENTS) { events(r().have); evTimer(1); done(); }
    events(r().have); evTimer(1); done();
    expect(counters.get(Ft.logFull)).toBe(1);
    expect(r().have).toBe(EVENTS + 2);
    standing(10, 10);
    events(r().have); evTimer(1); done();
    expect(r().have).toBe(EVENTS + 3);
  });
  test("an_event_of_a_connection_that_does_not_exist_is_refused_and_asked_for_again", () => {
    start(As.middle);
    connect(0);
    const n = r().applied;
    for (let k = 0; k < 3; k++) {
      counters.clear();
      events(n); evTimer(1); evData(5, 0, 10); evTimer(2); done();
      expect(counters.get(Ft.unknownConnection)).toBe(1);
      expect(r().applied).toBe(n + 1); expect(r().have).toBe(n + 1);
    }
    events(n + 1); evTimer(2); done();
    expect(r().applied).toBe(n + 2);
  });
  test("an_accept_that_comes_twice_counts_no_connection_twice", () => {
    start(As.middle);
    connect(0);
    expect(r().embryos).toBe(0);
    events(r().applied); evAccept(0); done();
    expect(r().embryos).toBe(0);
  });
});
