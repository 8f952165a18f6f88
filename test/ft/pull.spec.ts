import { As, DISCARD, DOWN, K, UP, above, below, bytes, close, connect, contentLen, deliver, done, end, enter, evData, events, forget, later, member, open, poll, pull, r, sectionTo, seg, startKind, u16_, u32_ } from "./bed";
import * as counters from "../../assembly/core/counters";
import { Ft } from "../../assembly/ft/counters";
import * as pulls from "../../assembly/ft/pull";
import { Way } from "../../assembly/ft/pull";
import { Section } from "../../assembly/wire/chain";

describe("pull", () => {
  afterEach(end);

  test("r9_what_did_not_come_is_asked_for_again_after_3_ms", () => {
    startKind(As.middle, DISCARD);
    connect(0); forget();
    events(2); evData(0, 0, 10); done();
    expect(sectionTo(DOWN, Section.pull) != 0).toBeTruthy();
    later(2);
    expect(sectionTo(DOWN, Section.pull)).toBe(0);
    later(1);
    expect(sectionTo(DOWN, Section.pull) != 0).toBeTruthy();
    expect(counters.get(Ft.pulls)).toBe(2);
  });
  test("r9_what_came_is_not_asked_for_again", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    events(2); evData(0, 0, 10); done();
    bytes(false, 0, 0, 10);
    forget(); later(20);
    expect(sectionTo(DOWN, Section.pull)).toBe(0);
    expect(r().applied).toBe(3);
  });
  test("r9_the_rest_of_what_came_in_part_is_asked_for_at_once", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    events(2); evData(0, 0, 10); done(); forget();
    bytes(false, 0, 0, 4);
    const p = sectionTo(DOWN, Section.pull);
    expect(load<u32>(p, 4)).toBe(4); expect(load<u32>(p, 8)).toBe(10);
  });
  test("the_ends_of_a_chain_ask_nobody_beyond_it", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    pulls.fromBelow(r(), member(0), 0, 10);
    expect(pulls.pending(r(), Way.down)).toBeFalsy();
    end();
    startKind(As.primary, DISCARD);
    connect(0);
    pulls.fromAbove(r(), member(0), 0, 10);
    expect(pulls.pending(r(), Way.up)).toBeFalsy();
    expect(counters.get(Ft.pulls)).toBe(0);
  });
  test("requests_of_many_connections_wait_and_what_does_not_fit_is_asked_for_later", () => {
    startKind(As.tail, DISCARD);
    for (let i: u32 = 0; i < 20; i++) connect(i);
    forget();
    above(); open(Section.hearsay);
    for (let i: u32 = 0; i < 20; i++) { u16_(i); u16_(1); u32_(1000); u32_(10); u32_(0); u32_(60000); }
    close(); deliver(); poll();
    expect(counters.get(Ft.pulls)).toBe(16);
    expect(sectionTo(UP, Section.pull) != 0).toBeTruthy();
    expect(contentLen).toBe(16 * 12);
    above(); open(Section.hearsay);
    for (let i: u32 = 0; i < 20; i++) { u16_(i); u16_(1); u32_(1000); u32_(10); u32_(0); u32_(60000); }
    close(); deliver(); poll();
    expect(counters.get(Ft.pulls)).toBe(20, "the others at once, those not twice");
  });
  test("debts_beyond_the_queue_are_dropped_and_asked_for_again_by_the_other_side", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 100); poll(); forget();
    below(); open(Section.pull);
    for (let i: u32 = 0; i < 20; i++) { u16_(0); u16_(0); u32_(i); u32_(i + 1); }
    close(); deliver(); poll();
    expect(counters.get(Ft.bytesGiven)).toBe(16);
    poll();
    expect(counters.get(Ft.bytesGiven)).toBe(16);
  });
  test("r22_a_new_view_forgets_requests_and_debts", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    seg(K, 1, 1, 100); poll();
    pulls.owe(r(), Way.up, 0, 0, 50); pulls.owe(r(), Way.down, 0, 0, 50);
    pulls.fromBelow(r(), member(0), 100, 200);
    enter(6, As.middle);
    expect(pulls.pending(r(), Way.up)).toBeFalsy(); expect(pulls.pending(r(), Way.down)).toBeFalsy();
    pulls.fromBelow(r(), member(0), 100, 200);
    expect(pulls.pending(r(), Way.down)).toBeTruthy("and asks the new neighbour at once");
  });
});
