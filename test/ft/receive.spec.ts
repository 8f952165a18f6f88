import { As, CLIENT, CPORT, DOWN, IRS, K, ME, UP, WIRE, above, address, below, byte, bytes, close, connect, counted, counter, deliver, done, end, enter, evData, evSyn, evTimer, events, hearsayOf, incarnation, member, open, produced, r, seal, seg, start, sum, tag, u16_, u32_, u64_ } from "./bed";
import * as counters from "../../assembly/core/counters";
import { Chain, CHAIN, Section, TAG } from "../../assembly/wire/chain";
import { Ft } from "../../assembly/ft/counters";
import * as ft from "../../assembly/ft/ft";
import * as replica from "../../assembly/ft/replica";
import { Suspect } from "../../assembly/ft/replica";

const GOOD: usize = memory.data(2048, 16);
const STATE: usize = memory.data(512, 16);

/** Gives the message in WIRE, of n bytes, to the node. */
function give(n: u32, src: u32): void { counters.clear(); ft.input(WIRE, n, src); }
/** The message begun is refused, and counts once under `why`; nothing else happens. */
function refused(src: u32, why: u32): void {
  const n = seal();
  memory.copy(STATE, changetype<usize>(r()), 512);
  give(n, src);
  counted(why);
  r().suspicion = changetype<replica.Replica>(STATE).suspicion; r().heardView = changetype<replica.Replica>(STATE).heardView;
  expect(memory.compare(STATE, changetype<usize>(r()), 512)).toBe(0, "state");
}
function begin(up: bool): Chain { return up ? below() : above(); }
/** A message whose header is right and whose section is not: it is taken, and the section counts. */
function badSection(): void {
  const n = seal();
  give(n, address(load<u8>(WIRE, 4)));
  expect(counters.get(Ft.taken)).toBe(1); expect(counters.get(Ft.badSection)).toBe(1); expect(sum()).toBe(2);
}
function random(): u32 { state ^= state << 13; state ^= state >> 17; state ^= state << 5; return state; }
let state: u32 = 2463534242;

describe("receive", () => {
  afterEach(end);

  test("r23a_only_the_neighbours_in_the_incarnations_of_the_view_are_heard", () => {
    start(As.middle);
    for (let i = 0; i < 2; i++) {
      const up = i == 0, from = up ? DOWN : UP, src = address(from);
      begin(up); give(seal(), src); counted(Ft.taken);
      begin(up).sender = <u8>(up ? UP : DOWN); refused(src, Ft.notNeighbour);
      begin(up).sender = 5; refused(src, Ft.notNeighbour);
      begin(up).sender = <u8>ME; refused(src, Ft.notNeighbour);
      begin(up).receiver = <u8>UP; refused(src, Ft.notNeighbour);
      begin(up).senderIncarnation = incarnation(from) + 1; refused(src, Ft.notNeighbour);
      begin(up).receiverIncarnation = incarnation(ME) + 1; refused(src, Ft.notNeighbour);
      begin(up).receiverIncarnation = 0; refused(src, Ft.notNeighbour);
      begin(up); refused(address(5), Ft.notNeighbour);
      begin(up); refused(CLIENT, Ft.notNeighbour);
      begin(up).flags ^= 1; refused(src, Ft.notNeighbour);
    }
  });
  test("a_tail_has_nobody_below_and_a_primary_nobody_above", () => {
    start(As.tail);
    below(); refused(address(DOWN), Ft.notNeighbour);
    end();
    start(As.primary);
    above(); refused(address(UP), Ft.notNeighbour);
    end();
    start(As.alone);
    below(); refused(address(DOWN), Ft.notNeighbour);
    above(); refused(address(UP), Ft.notNeighbour);
  });
  test("malformed_messages_count_as_short", () => {
    start(As.middle);
    below(); const n = seal();
    for (let k: u32 = 0; k < n; k++) { give(k, address(DOWN)); counted(Ft.shortMessage); }
    give(n + 1, address(DOWN)); counted(Ft.shortMessage);
    below().magic = 0x44; refused(address(DOWN), Ft.shortMessage);
    below().version = 2; refused(address(DOWN), Ft.shortMessage);
    below().version = 0; refused(address(DOWN), Ft.shortMessage);
    below(); const m = seal(); store<u16>(WIRE, <u16>(m - 1), 6); tag(m); give(m, address(DOWN)); counted(Ft.shortMessage);
  });
  test("services_that_are_not_here_are_unknown", () => {
    start(As.middle);
    below().service = 1; refused(address(DOWN), Ft.unknownService);
    below().service = 4; refused(address(DOWN), Ft.unknownService);
    below().service = 255; refused(address(DOWN), Ft.unknownService);
    ft.leave(0);
    below().view = 5; refused(address(DOWN), Ft.unknownService);
    ft.awaitState(0, 99, address(DOWN));
    below().view = 5; refused(address(DOWN), Ft.unknownService);
  });
  test("forged_messages_have_a_bad_tag", () => {
    start(As.middle);
    below();
    const n = seal();
    store<u8>(WIRE + n - 1, load<u8>(WIRE + n - 1) ^ 1);
    give(n, address(DOWN)); counted(Ft.badTag);
    tag(n);
    give(n, address(DOWN)); counted(Ft.taken);
  });
  test("every_flipped_bit_is_noticed", () => {
    start(As.middle);
    events(0); evSyn(0, CPORT); close();
    const n = seal();
    memory.copy(GOOD, WIRE, n);
    for (let bit: u32 = 0; bit < n << 3; bit++) {
      memory.copy(WIRE, GOOD, n);
      store<u8>(WIRE + (bit >> 3), load<u8>(WIRE + (bit >> 3)) ^ <u8>(<u32>1 << (bit & 7)));
      give(n, address(DOWN));
      expect(counters.get(Ft.taken)).toBe(0); expect(sum()).toBe(1);
    }
    expect(r().have).toBe(0);
  });
  test("of_10000_random_and_spoilt_messages_none_is_accepted", () => {
    start(As.middle);
    connect(0);
    events(r().have); evData(0, 0, 100); evTimer(2); close();
    const n = seal();
    memory.copy(GOOD, WIRE, n);
    memory.copy(STATE, changetype<usize>(r()), 512);
    let taken: u32 = 0, miscounted: u32 = 0;
    for (let i: u32 = 0; i < 10000; i++) {
      let len = n;
      if (i & 1) {
        memory.copy(WIRE, GOOD, n);
        for (let k = random() % 4; ; k--) { const bit = random() % (n << 3); store<u8>(WIRE + (bit >> 3), load<u8>(WIRE + (bit >> 3)) ^ <u8>(<u32>1 << (bit & 7))); if (k == 0) break; }
        if (random() % 8 == 0) len = random() % (n + 1);
        if (memory.compare(WIRE, GOOD, n) == 0) store<u8>(WIRE, 0);
      } else {
        len = random() % 1465;
        for (let k: u32 = 0; k < len; k += 4) store<u32>(WIRE + k, random());
        // as near to a message as somebody without the key can make it
        if (i & 2) { memory.copy(WIRE, GOOD, min<u32>(len, CHAIN)); store<u16>(WIRE, <u16>len, 6); }
      }
      counters.clear();
      ft.input(WIRE, len, address(i & 4 ? UP : DOWN));
      taken += counters.get(Ft.taken);
      if (sum() != 1) miscounted++;
    }
    expect(taken).toBe(0);
    expect(miscounted).toBe(0, "each counts once");
    expect(memory.compare(STATE, changetype<usize>(r()), 512)).toBe(0, "state");
    memory.copy(WIRE, GOOD, n);
    give(n, address(DOWN));
    expect(counters.get(Ft.taken)).toBe(1, "the one they were made of");
  });
  test("a_message_of_another_view_is_dropped", () => {
    start(As.middle);
    below().view = 4; refused(address(DOWN), Ft.otherView);
    expect(ft.suspicion(0)).toBe(0);
    above().view = 0; refused(address(UP), Ft.otherView);
  });
  test("a_message_of_a_newer_view_makes_the_node_ask", () => {
    start(As.middle);
    below().view = 9; give(seal(), address(DOWN));
    counted(Ft.otherView);
    expect(ft.suspicion(0)).toBe(Suspect.newerView);
    expect(ft.heardView(0)).toBe(9);
    expect(ft.viewNumber(0)).toBe(5);
    below().view = 7; give(seal(), address(DOWN));
    expect(ft.heardView(0)).toBe(9);
  });
  test("a_forged_newer_view_is_not_heard_of", () => {
    start(As.middle);
    below().view = 9;
    const n = seal();
    store<u64>(WIRE + n - TAG, 0);
    give(n, address(DOWN));
    counted(Ft.badTag);
    expect(ft.heardView(0)).toBe(5);
  });
  test("replayed_and_overtaken_messages_are_dropped", () => {
    start(As.middle);
    for (let i = 0; i < 2; i++) {
      const up = i == 0, src = address(up ? DOWN : UP);
      begin(up).seq = 50;
      const n = seal();
      give(n, src); counted(Ft.taken);
      give(n, src); counted(Ft.replayed);
      begin(up).seq = 50; refused(src, Ft.replayed);
      begin(up).seq = 49; refused(src, Ft.replayed);
      begin(up).seq = 0; refused(src, Ft.replayed);
      begin(up).seq = 50 + 0x80000001; refused(src, Ft.replayed);
      begin(up).seq = 51; give(seal(), src); counted(Ft.taken);
    }
  });
  test("a_message_of_before_a_view_change_is_not_taken_after_it", () => {
    start(As.middle);
    below(); const n = seal();
    memory.copy(GOOD, WIRE, n);
    enter(6, As.middle);
    memory.copy(WIRE, GOOD, n);
    give(n, address(DOWN));
    counted(Ft.otherView);
  });
  test("sections_that_are_none_end_the_message", () => {
    start(As.middle);
    connect(0); connect(1);
    below(); open(0); close(); badSection();
    below(); open(7); u32_(0); close(); badSection();
    below(); open(Section.events); u16_(0); close(); badSection();
    below(); open(Section.events); u32_(r().have); byte(9); byte(0); u16_(0); u32_(0); close(); badSection();
    below(); open(Section.events); u32_(r().have); byte(3); byte(0); u16_(0); u32_(0); close(); badSection();
    below(); open(Section.counters); u32_(0); close(); badSection();
    below(); open(Section.hearsay); for (let i = 0; i < 5; i++) u32_(0); close(); badSection();
    below(); open(Section.syn); for (let i = 0; i < 8; i++) u32_(0); close(); badSection();
    above(); open(Section.events); u32_(0); close(); badSection();
    above(); open(Section.counters); for (let i = 0; i < 6; i++) u32_(0); close(); badSection();
    above(); open(Section.hearsay); u32_(0); close(); badSection();
    above(); open(Section.syn); u32_(0); close(); badSection();
    above(); open(Section.pull); u32_(0); close(); badSection();
    above(); open(Section.bytes); u32_(0); close(); badSection();
    above(); open(Section.bytes); u16_(0); u16_(5); u32_(0); byte(1); close(); badSection();
    below(); u16_(0); badSection();
    below(); open(Section.pull); u32_(0); u32_(0); u32_(0); badSection();        // its length says 0
    below(); u16_(Section.pull); u16_(13); u32_(0); u32_(0); u32_(0); badSection(); // ... more than there is
    expect(r().have).toBe(4);
  });
  test("what_names_no_connection_here_is_counted", () => {
    start(As.middle);
    connect(0);
    counters.clear(); below(); open(Section.counters); u16_(1); u16_(0); u32_(5); u32_(5); u32_(5); u64_(0); close(); deliver();
    expect(counters.get(Ft.unknownConnection)).toBe(1);
    counters.clear(); below(); open(Section.counters); u16_(0xffff); u16_(0); u32_(5); u32_(5); u32_(5); u64_(0); close(); deliver();
    expect(counters.get(Ft.unknownConnection)).toBe(1);
    counters.clear(); bytes(true, 9, 0, 10);
    expect(counters.get(Ft.unknownConnection)).toBe(1);
    counters.clear(); hearsayOf(5, 0, IRS, 0, 0, 0);
    expect(counters.get(Ft.unknownConnection)).toBe(1);
    counters.clear(); hearsayOf(0, 8, IRS + 1, 0, 0, 0);
    expect(counters.get(Ft.unknownConnection)).toBe(1, "an older connection of the number");
    expect(member(0).flags & replica.MemberFlag.resetHeard).toBe(0);
  });
  test("divergence_is_noticed_where_the_same_number_of_bytes_differs", () => {
    start(As.middle);
    connect(0);
    seg(K, 1, 1, 10);
    events(2); evData(0, 0, 10); done();
    counter(0, 0, 10, 10, 0, produced(0));
    counter(0, 0, 9, 9, 0, 77);
    expect(counters.get(Ft.divergence)).toBe(0);
    counter(0, 0, 10, 10, 0, produced(0) + 1);
    expect(counters.get(Ft.divergence)).toBe(1);
  });
  test("r9_bytes_are_taken_as_if_a_segment_had_carried_them", () => {
    start(As.tail);
    const c = connect(0);
    bytes(true, 0, 5, 5);
    expect(c.rcvd).toBe(0, "out of order");
    bytes(true, 0, 0, 5);
    expect(c.rcvd).toBe(10); expect(c.dep).toBe(10);
    expect(c.prod).toBe(10);
    bytes(true, 0, 0, 10);
    expect(c.rcvd).toBe(10, "twice");
  });
  test("r22_the_predecessors_place_in_the_log_is_taken", () => {
    start(As.tail);
    connect(0); connect(1);
    const m = above(); m.want = 3; m.applied = 3; m.stable = 2; deliver();
    expect(r().upWant).toBe(3); expect(r().upApplied).toBe(3); expect(r().upEvent).toBe(3); expect(r().upKnown).toBe(1); expect(r().stable).toBe(2);
    const n = above(); n.want = 4; n.applied = 2; n.stable = 1; deliver();
    expect(r().upApplied).toBe(3, "applied never goes back"); expect(r().stable).toBe(2);
  });
  test("r22_a_predecessor_that_lacks_what_is_stable_or_was_never_ordered_is_refused", () => {
    start(As.tail);
    connect(0); connect(1);
    const top = r().applied;
    const m = above(); m.want = 3; m.applied = 3; m.stable = 2; deliver();
    above().want = 1; refused(address(UP), Ft.outOfLog);
    above().want = top + 1; refused(address(UP), Ft.outOfLog);
    above().want = 0xffffffff; refused(address(UP), Ft.outOfLog);
    above().want = 0x80000000; refused(address(UP), Ft.outOfLog);
    above().want = 2; give(seal(), address(UP)); counted(Ft.taken);
    above().want = top; give(seal(), address(UP)); counted(Ft.taken);
  });
});
