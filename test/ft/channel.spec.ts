import { As, BUF, CPORT, DISCARD, DOWN, K, UP, above, below, calm, conn, connect, contentLen, counterSent, deliver, done, end, enter, evData, events, forget, header, lastTo, later, msg, msgLen, poll, produced, pull, r, sectionOf, sectionTo, seg, segFrom, sentDown, sentUp, standing, start, startKind } from "./bed";
import { CONNS } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as channel from "../../assembly/ft/channel";
import { Ft } from "../../assembly/ft/counters";
import * as replica from "../../assembly/ft/replica";
import { Section } from "../../assembly/wire/chain";
import { hex } from "../net/bed";

/** What the predecessor says: it has applied `n`, lacks events from there on, has taken our messages up to `heard` and those of `before`. */
function ack(n: u32, heard: u32, before: u32): void {
  const m = above();
  m.applied = n; m.want = n; m.stable = 0; m.heard = heard; m.before = before;
  deliver();
}
const BLOCKS: usize = memory.data(4 * 256, 16);

describe("channel", () => {
  afterEach(end);

  test("golden_bytes_of_a_heartbeat", () => {
    start(As.middle);
    const m = below(); m.seq = 100; deliver();
    later(10);
    expect(lastTo(DOWN)).toBeTruthy();
    expect(msgLen).toBe(60);
    const seq = header().seq;
    expect(hex(msg, 16)).toBe("4301000003043c000500000001000000".slice(0, 24) + hex(changetype<usize>(msg) + 12, 4));
    expect(seq != 0).toBeTruthy();
    expect(hex(msg + 16, 16)).toBe("03000000110000000400000011000000");
    expect(hex(msg + 32, 20)).toBe("6400000000000000000000000000000000000000");
    expect(lastTo(UP)).toBeTruthy();
    expect(hex(msg, 12)).toBe("4301000103023c0005000000");
    expect(hex(msg + 16, 16)).toBe("03000000110000000200000011000000");
  });
  test("golden_bytes_of_an_event_and_a_counter", () => {
    start(As.middle);
    connect(0);
    standing(2, 0);
    seg(K, 1, 1, 5); forget();
    events(2); evData(0, 0, 5); done();
    expect(sentUp() != 0).toBeTruthy();
    const e = sectionOf(Section.events);
    expect(hex(e - 4, 4)).toBe("01001800");
    expect(hex(e, 8)).toBe("0200000003000000");
    expect(load<u32>(e, 8)).toBe(clock.ms); expect(load<u32>(e, 12)).toBe(5); expect(load<u64>(e, 16) == replica.event(r(), 2).digest).toBeTruthy();
    const k = sectionOf(Section.counters);
    expect(hex(k - 4, 4)).toBe("02001800");
    expect(hex(k, 16)).toBe("00000000050000000000000000000100");
    expect(load<u64>(k, 16) == produced(0)).toBeTruthy();
  });
  test("r7_whoever_has_nothing_to_say_says_so_every_heartbeat", () => {
    start(As.middle);
    later(1); ack(0, 0, 0); below(); deliver(); later(1); forget();
    let ups = 0, downs = 0;
    for (let i = 0; i < 50; i++) { later(1); while (sentUp()) ups++; while (sentDown()) downs++; }
    expect(ups).toBe(5); expect(downs).toBe(5);
  });
  test("r7_the_next_heartbeat_is_the_deadline", () => {
    start(As.middle);
    ack(0, 0, 0); later(1);
    expect(poll()).toBe(9000);
  });
  test("a_chain_of_one_sends_nothing", () => {
    start(As.alone);
    connect(0);
    seg(K, 1, 1, 10); later(50);
    expect(counters.get(Ft.sent)).toBe(0);
    expect(conn(0).ok).toBe(10, "and waits for nobody");
  });
  test("no_events_before_the_predecessor_said_what_it_wants", () => {
    start(As.tail);
    connect(0);
    later(30);
    expect(sectionTo(UP, Section.events)).toBe(0);
    standing(1, 0);
    const p = sectionTo(UP, Section.events);
    expect(load<u32>(p)).toBe(1, "from there on");
    expect(contentLen).toBe(4 + 8);
  });
  test("lost_events_are_sent_again_after_4_ms", () => {
    start(As.tail);
    ack(0, 0, 0);
    connect(0);
    forget();
    later(3);
    expect(sectionTo(UP, Section.events)).toBe(0);
    later(1);
    expect(load<u32>(sectionTo(UP, Section.events))).toBe(0);
    expect(counters.get(Ft.resent)).toBe(1);
  });
  test("lost_events_are_sent_again_at_once_when_a_later_message_arrived", () => {
    start(As.tail);
    ack(0, 0, 0);
    connect(0);
    forget();
    ack(0, r().upSeq, 0);
    poll();
    expect(load<u32>(sectionTo(UP, Section.events))).toBe(0);
  });
  test("events_that_arrived_are_not_sent_again", () => {
    start(As.tail);
    ack(0, 0, 0);
    connect(0);
    ack(2, r().upSeq, 0);
    forget();
    later(20);
    expect(sectionTo(UP, Section.events)).toBe(0);
    expect(counters.get(Ft.resent)).toBe(0);
  });
  test("a_counter_is_told_only_when_the_syn_is_applied_above", () => {
    start(As.tail);
    ack(0, 0, 0);
    connect(0);
    seg(K, 1, 1, 10); later(20);
    expect(counterSent(0) == null).toBeTruthy();
    ack(1, 0, 0); poll();
    expect(counterSent(0) != null).toBeTruthy();
  });
  test("lost_counters_are_told_again_after_4_ms_as_they_are_then", () => {
    start(As.tail);
    connect(0); ack(2, 0, 0); poll(); forget();
    seg(K, 1, 1, 10); poll();
    expect(counterSent(0)!.prod).toBe(10);
    later(3);
    expect(counterSent(0) == null).toBeTruthy();
    later(1);
    expect(counterSent(0)!.prod).toBe(10);
  });
  test("counters_that_arrived_are_not_told_again", () => {
    start(As.tail);
    connect(0); ack(2, 0, 0); seg(K, 1, 1, 10); poll();
    expect(counterSent(0) != null).toBeTruthy();
    ack(3, r().upSeq, 0xffffffff); forget();
    later(30);
    expect(counterSent(0) == null).toBeTruthy();
  });
  test("lost_counters_are_told_again_at_once_when_a_later_message_arrived", () => {
    start(As.tail);
    connect(0); ack(2, 0, 0); seg(K, 1, 1, 10); poll();
    expect(counterSent(0) != null).toBeTruthy();
    const lost = r().upSeq;
    connect(1); poll();
    expect(r().upSeq > lost).toBeTruthy();
    forget();
    const gap = r().upSeq - lost;
    ack(2, r().upSeq, 0xffffffff ^ 1 << (gap - 1)); poll();
    expect(counterSent(0) != null).toBeTruthy();
  });
  test("a_message_that_was_taken_before_the_last_is_not_lost", () => {
    start(As.tail);
    connect(0); ack(2, 0, 0); seg(K, 1, 1, 10); poll();
    expect(counterSent(0) != null).toBeTruthy();
    const first = r().upSeq;
    connect(1); poll();
    forget();
    ack(2, r().upSeq, 1 << (r().upSeq - first - 1)); poll();
    expect(counterSent(0) == null).toBeTruthy();
  });
  test("what_was_taken_is_told_with_the_32_before_it", () => {
    start(As.middle);
    const m = below(); m.seq = 100; deliver();
    const n = below(); n.seq = 102; deliver();
    const o = below(); o.seq = 105; deliver();
    later(10);
    expect(lastTo(DOWN)).toBeTruthy();
    expect(header().heard).toBe(105);
    expect(header().before).toBe(1 << 2 | 1 << 4);
    const q = below(); q.seq = 137; deliver();
    later(10);
    lastTo(DOWN);
    expect(header().before).toBe(0x80000000);
    const s = below(); s.seq = 170; deliver();
    later(10);
    lastTo(DOWN);
    expect(header().before).toBe(0);
  });
  test("r9_bytes_that_a_neighbour_asks_for_are_given", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    for (let i: u32 = 0; i < 4; i++) seg(K, 1 + i * 1000, 1, 1000);
    poll(); forget();
    for (let way: u32 = 0; way < 2; way++) {
      pull(way == 0, 0, 500, 3500);
      let at: u32 = 500;
      for (let p = sectionTo(way == 0 ? UP : DOWN, Section.bytes); p != 0; p = sectionTo(way == 0 ? UP : DOWN, Section.bytes)) {
        expect(msgLen <= 1464).toBeTruthy("fits an Ethernet frame");
        expect(load<u32>(p, 4)).toBe(at); expect(<u32>load<u16>(p)).toBe(0);
        const n = <u32>load<u16>(p, 2);
        expect(memory.compare(p + 8, BUF + at, n)).toBe(0);
        at += n;
      }
      expect(at).toBe(3500);
      forget();
    }
    expect(counters.get(Ft.bytesGiven)).toBe(6000);
  });
  test("r9_bytes_that_are_not_here_are_not_given", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 100); poll(); forget();
    pull(true, 0, 100, 200); pull(true, 63, 0, 100); pull(true, 0, 50, 4000); pull(true, 0, 0x80000000, 0x80000010);
    const p = sectionTo(UP, Section.bytes);
    expect(load<u32>(p, 4)).toBe(50); expect(<u32>load<u16>(p, 2)).toBe(50);
    expect(sectionTo(UP, Section.bytes)).toBe(0);
    expect(counters.get(Ft.bytesGiven)).toBe(50);
  });
  test("at_most_8_messages_to_a_neighbour_in_a_poll", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    for (let i: u32 = 0; i < 14; i++) seg(K, 1 + i * 1000, 1, 1000);
    poll(); forget();
    above(); ack(2, r().upSeq, 0xffffffff);
    pull(true, 0, 0, 14000);
    let n = 0;
    while (sentUp()) n++;
    expect(n).toBe(8);
    expect(poll()).not.toBe(0);
    expect(sentUp() != 0).toBeTruthy("the rest in the next");
  });
  test("r7_messages_never_exceed_their_limit", () => {
    start(As.tail);
    for (let i: u32 = 0; i < CONNS; i++) connect(i);
    standing(r().applied, r().applied);
    for (let i: u32 = 0; i < CONNS; i++) segFrom(CPORT + i, K, 1, 1, 100, BUF);
    forget();
    poll();
    standing(r().applied, 0);
    let n = 0, told: u32 = 0;
    while (sentUp()) {
      expect(msgLen <= 1464).toBeTruthy();
      n++;
      sectionOf(Section.counters);
      told += contentLen / 24;
    }
    expect(n >= 3).toBeTruthy("events and counters of all took several");
    expect(told >= CONNS).toBeTruthy("every connection is told");
  });
  test("a_message_for_which_there_is_no_frame_is_counted_and_told_later", () => {
    start(As.middle);
    connect(0);
    forget(); calm(12); forget();
    const n = frame.available();
    for (let i: u32 = 0; i < n; i++) store<u32>(BLOCKS + (i << 2), <u32>frame.alloc());
    later(11);
    expect(counters.get(Ft.notSent) != 0).toBeTruthy();
    for (let i: u32 = 0; i < n; i++) frame.free(load<u32>(BLOCKS + (i << 2)));
    later(1);
    expect(sentUp() != 0 && sentDown() != 0).toBeTruthy();
  });
  test("r12_the_tails_cookie_mode_goes_up", () => {
    start(As.middle);
    const m = below(); m.flags = 3; deliver();
    later(10);
    expect(lastTo(UP)).toBeTruthy();
    expect(<u32>header().flags).toBe(3);
    below(); deliver();
    later(10);
    lastTo(UP);
    expect(<u32>header().flags).toBe(1);
  });
  test("r22_sequence_numbers_rise_across_views", () => {
    start(As.middle);
    later(20);
    lastTo(UP);
    const s = header().seq;
    enter(6, As.middle);
    later(10);
    expect(lastTo(UP)).toBeTruthy();
    expect(header().seq > s).toBeTruthy();
    expect(header().view).toBe(6);
    expect(header().heard).toBe(0);
  });
});
