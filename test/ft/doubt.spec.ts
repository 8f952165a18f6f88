import { As, DISCARD, ECHO, F, IRS, K, WIRE, above, below, close, configure, conn, connect, contentLen, counter, deliver, done, end, enter, evClosed, evData, evFin, evWritable, events, forget, later, lastTo, member, open, poll, produced, r, sectionOf, sectionTo, seg, start, u16_, u32_, u64_, up, DOWN, UP } from "./bed";
import * as config from "../../assembly/core/config";
import * as counters from "../../assembly/core/counters";
import { Ft } from "../../assembly/ft/counters";
import * as ft from "../../assembly/ft/ft";
import { MemberFlag } from "../../assembly/ft/replica";
import { DOUBT, Doubt, OPINION, Opinion, Section } from "../../assembly/wire/chain";
import * as block from "../core/block";

const PAIR12: u32 = 1 << 7; // positions 1 and 2

/** A primary of three whose service evicts, one connection that has echoed 10 bytes. */
function first(evict: bool): void {
  const p = configure(ECHO);
  store<u8>(p, evict ? 1 : 0, 40);
  expect(config.parse(block.address(), block.end())).toBe(0);
  up();
  enter(5, As.first);
  talk();
}
function talk(): void {
  connect(0);
  more(10);
  counters.clear();
  forget();
}
/** The client sends n more bytes, which are applied and echoed. */
function more(n: u32): void {
  const from = conn(0).dep;
  seg(K, 1 + from, 1, n);
  events(r().have); evData(0, from, n); done();
}
/** The successor's digest of the first `prod` bytes. */
function hears(prod: u32, d: u64): void { counter(0, 0, prod, prod, 60000, d); }

/** Begins the successor's section: what it knows of pairs. */
function says(known: u32, differ: u32): void { below(); open(Section.doubt); u16_(0); u16_(0); u32_(IRS); u32_(known); u32_(differ); }
function opinion(position: u32, prod: u32, d: u64): void { u32_(position); u32_(prod); u64_(d); }
function finish(): void { close(); deliver(); poll(); }

function wrong(): u32 { return ft.suspicion(0) >> 8; }

describe("doubt: finding it", () => {
  afterEach(end);

  test("equal_digests_are_no_divergence", () => {
    first(true);
    hears(10, produced(0));
    hears(5, 1);
    expect(counters.get(Ft.divergence)).toBe(0);
    expect(sectionTo(DOWN, Section.doubt)).toBe(0);
  });
  test("another_digest_at_the_same_offset_is_found_once", () => {
    first(true);
    hears(10, produced(0) ^ 1);
    expect(counters.get(Ft.divergence)).toBe(1);
    hears(10, produced(0) ^ 1);
    expect(counters.get(Ft.divergence)).toBe(1);
    expect(wrong()).toBe(0, "two against each other");
  });
  test("a_digest_of_bytes_that_are_to_come_is_compared_when_they_do", () => {
    first(true);
    hears(30, 77);
    expect(counters.get(Ft.divergence)).toBe(0);
    more(10);
    expect(counters.get(Ft.divergence)).toBe(0);
    more(10);
    expect(counters.get(Ft.divergence)).toBe(1);
  });
  test("a_digest_of_bytes_that_are_to_come_may_be_right", () => {
    first(true);
    more(10);
    const d = produced(0);
    end();
    first(true);
    hears(20, d);
    more(10);
    expect(counters.get(Ft.divergence)).toBe(0);
    more(10);
    expect(counters.get(Ft.divergence)).toBe(0, "compared once, at its offset");
  });
  test("a_successor_that_sends_other_pieces_differs", () => {
    first(true);
    hears(15, 77);
    more(10);
    expect(counters.get(Ft.divergence)).toBe(1);
  });
  test("a_new_view_looks_again", () => {
    first(true);
    hears(10, produced(0) ^ 1);
    enter(6, As.first);
    forget();
    expect(member(0).flags & (MemberFlag.diverged | MemberFlag.doubted)).toBe(0);
    hears(10, produced(0) ^ 1);
    expect(counters.get(Ft.divergence)).toBe(2);
  });
});

describe("doubt: the majority", () => {
  afterEach(end);

  test("the_primary_differs_from_two_equals", () => {
    first(true);
    const bad = produced(0) ^ 1;
    hears(10, bad);
    later(10);
    expect(sectionTo(DOWN, Section.doubt) != 0).toBeTruthy("it asks");
    expect(contentLen).toBe(DOUBT);
    says(PAIR12, 0); opinion(1, 10, bad); opinion(2, 10, bad); finish();
    expect(wrong()).toBe(1);
    says(PAIR12, 0); opinion(1, 10, bad); opinion(2, 10, bad); finish();
    expect(wrong()).toBe(0, "told once");
  });
  test("the_middle_differs_from_two_equals", () => {
    first(true);
    hears(10, produced(0) ^ 1);
    says(0, 0); opinion(1, 10, produced(0) ^ 1); finish();
    expect(wrong()).toBe(0);
    says(0, 0); opinion(1, 10, produced(0) ^ 1); opinion(2, 10, produced(0)); finish();
    expect(wrong()).toBe(2);
  });
  test("the_tail_differs_and_the_middle_found_it", () => {
    first(true);
    hears(10, produced(0));
    says(PAIR12, PAIR12); opinion(1, 10, produced(0)); opinion(2, 10, 5); finish();
    expect(wrong()).toBe(4);
  });
  test("three_who_differ_have_no_majority", () => {
    first(true);
    hears(10, 4);
    says(PAIR12, PAIR12); opinion(1, 10, 4); opinion(2, 10, 5); finish();
    expect(wrong()).toBe(0);
  });
  test("opinions_about_bytes_to_come_wait_for_them", () => {
    first(true);
    hears(10, produced(0) ^ 1);
    says(PAIR12, 0); opinion(1, 20, 7); opinion(2, 30, 8); finish();
    more(5);
    expect(wrong()).toBe(0);
    more(5);
    expect(wrong()).toBe(1);
  });
  test("opinions_about_bytes_that_were_passed_say_nothing", () => {
    first(true);
    hears(10, produced(0) ^ 1);
    says(PAIR12, 0); opinion(1, 5, 7); opinion(2, 9, 8); finish();
    more(10);
    expect(wrong()).toBe(0);
  });
  test("where_the_policy_is_to_warn_nobody_is_accused", () => {
    first(false);
    const bad = produced(0) ^ 1;
    hears(10, bad);
    says(PAIR12, 0); opinion(1, 10, bad); opinion(2, 10, bad); finish();
    expect(wrong()).toBe(0);
    expect(counters.get(Ft.divergence)).toBe(1);
  });
  test("a_successor_cannot_speak_for_this_replica", () => {
    first(true);
    hears(10, produced(0));
    // pairs (0,1) and (0,2) are this replica's to compare
    says(PAIR12 | 6, 6); opinion(0, 10, 5); finish();
    expect(wrong()).toBe(0);
  });
});

describe("doubt: between neighbours", () => {
  afterEach(end);

  test("what_is_known_below_goes_up_with_ones_own", () => {
    start(As.middle);
    talk();
    hears(10, produced(0) ^ 1);
    says(0, 0); opinion(2, 10, produced(0) ^ 1); finish();
    forget();
    later(10);
    expect(lastTo(UP)).toBeTruthy();
    const p = sectionOf(Section.doubt), d = changetype<Doubt>(p);
    expect(contentLen).toBe(DOUBT + 2 * OPINION);
    expect(d.irs).toBe(IRS);
    expect(d.known).toBe(PAIR12);
    expect(d.differ).toBe(PAIR12);
    const a = changetype<Opinion>(p + DOUBT), b = changetype<Opinion>(p + DOUBT + OPINION);
    expect(a.position).toBe(1); expect(a.prod).toBe(10); expect(a.digest == produced(0)).toBeTruthy();
    expect(b.position).toBe(2); expect(b.digest == (produced(0) ^ 1)).toBeTruthy();
  });
  test("the_predecessor_asks_and_is_answered", () => {
    start(As.tail);
    connect(0);
    seg(K, 1, 1, 10); poll();
    forget();
    later(10);
    expect(sectionTo(UP, Section.doubt)).toBe(0);
    above(); open(Section.doubt); u16_(0); u16_(0); u32_(IRS); u32_(0); u32_(0); finish();
    later(10);
    // two replicas have no majority: nothing is answered
    expect(sectionTo(UP, Section.doubt)).toBe(0);
    end();
    start(As.middle);
    talk();
    above(); open(Section.doubt); u16_(0); u16_(0); u32_(IRS); u32_(0); u32_(0); finish();
    forget();
    later(10);
    expect(sectionTo(UP, Section.doubt) != 0).toBeTruthy();
    later(10);
    expect(sectionTo(DOWN, Section.doubt) != 0).toBeTruthy("it is passed on");
  });
  test("a_doubt_ends_with_its_connection", () => {
    start(As.middle);
    talk();
    hears(10, produced(0) ^ 1);
    seg(K | F, 11, 11, 0);
    events(r().have); evFin(0, 10); evWritable(0, 10, 0); done();
    seg(K, 12, 12, 0);
    events(r().have); evWritable(0, 10, 1); evClosed(0); done();
    forget();
    later(20);
    expect(sectionTo(UP, Section.doubt)).toBe(0);
  });
  test("malformed_sections_are_counted", () => {
    start(As.middle);
    talk();
    for (let n: u32 = 0; n < 40; n++) {
      if (n == DOUBT || n == DOUBT + OPINION) continue;
      counters.clear();
      below(); open(Section.doubt);
      for (let i: u32 = 0; i < n; i += 2) u16_(0xffff);
      store<u16>(WIRE + 52, <u16>n, 2);
      deliver();
      expect(counters.get(Ft.badSection)).toBe(1, n.toString());
    }
    counters.clear();
    above(); open(Section.doubt); u16_(0); u16_(0); u32_(IRS); u32_(0); u32_(0); opinion(0, 1, 1); finish();
    expect(counters.get(Ft.badSection)).toBe(1, "opinions come from below only");
    below(); open(Section.doubt); u16_(9); u16_(0); u32_(IRS); u32_(-1); u32_(-1); opinion(7, 1, 1); opinion(-1, 1, 1); finish();
    expect(counters.get(Ft.badSection)).toBe(1, "an unknown connection is passed over");
    says(-1, -1); opinion(7, 10, 1); opinion(-1, 10, 1); opinion(1, 10, 1); finish();
    expect(wrong()).toBe(0);
  });
});
