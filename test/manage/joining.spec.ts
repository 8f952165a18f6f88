import * as counters from "../../assembly/core/counters";
import { Msg } from "../../assembly/wire/manage";
import { JoinPhase } from "../../assembly/manage/chain";
import { Manage } from "../../assembly/manage/counters";
import * as joining from "../../assembly/manage/joining";
import * as members from "../../assembly/manage/members";
import { VIEW, asked, c, drain, expectMsg, expectNone, inc, later, member, msg, nodes, peer, registered, running } from "./bed";

/** A chain of the nodes 2 and 3, which node 4 joins: both have been told. */
function begun(): void {
  running(3, 2);
  registered(4);
  joining.step(c());
  joining.step(c());
  expect(c().joinPhase).toBe(JoinPhase.feeding);
  expectMsg(Msg.receive, 4);
  expectMsg(Msg.feed, 3);
  expectNone();
}
/** Time passes in which everybody asks. */
function calm(us: u64): void {
  later(us);
  member(2); member(3); asked(4);
}

describe("joining", () => {
  test("r27_an_attempt_is_named_by_the_newcomers_incarnation_and_tells_each_end_of_the_other", () => {
    running(3, 2);
    registered(4);
    joining.step(c());
    expect(members.count(0)).toBe(3, "the newcomer gets the packets from here on");
    joining.step(c());
    expectMsg(Msg.receive, 4);
    expect(msg().value).toBe(3); expect(msg().word).toBe(inc(4)); expect(msg().number).toBe(VIEW);
    expectMsg(Msg.feed, 3);
    expect(msg().value).toBe(4); expect(msg().word).toBe(inc(4)); expect(msg().receiverInc).toBe(inc(3));
  });
  test("no_attempt_begins_while_anything_else_is_under_way", () => {
    for (let row = 0; row < 9; row++) {
      running(3, 2);
      registered(4);
      switch (row) {
        case 0: { peer(3).connections = 1; break; }
        case 1: { c().probeNonce = 1; break; }
        case 2: { c().lossAt = 1; break; }
        case 3: { peer(2).view = VIEW - 1; break; }
        case 4: { peer(3).flags = 0; break; }
        case 5: { peer(3).incarnation++; break; }
        case 6: { peer(4).registered = 0; break; }
        case 7: { peer(4).heardAt = 0; break; }
        default: { c().joinAt = later500(); break; }
      }
      joining.step(c());
      expect(c().joinPhase).toBe(JoinPhase.none, row.toString());
    }
  });
  test("the_steps_are_feeding_stopping_and_the_new_view_and_the_feed_is_repeated_with_the_stop", () => {
    begun();
    peer(4).progress = 1;
    joining.step(c());
    expect(c().joinPhase).toBe(JoinPhase.stopping);
    expectMsg(Msg.feed, 3);
    expectMsg(Msg.stop, 3);
    expect(msg().word).toBe(inc(4));
    expectNone();
    expect(nodes()).toBe(23);
    peer(4).progress = 2;
    joining.step(c());
    expect(nodes()).toBe(234);
    expect(c().number).toBe(VIEW + 1);
    expect(c().joinPhase).toBe(JoinPhase.none);
    expect(peer(4).incarnation).toBe(inc(4));
    expect(counters.get(Manage.joins)).toBe(1);
  });
  test("messages_of_an_attempt_are_repeated_every_10_ms", () => {
    begun();
    calm(9999); joining.step(c()); expectNone();
    calm(1); joining.step(c());
    expectMsg(Msg.receive, 4); expectMsg(Msg.feed, 3); expectNone();
  });
  test("an_attempt_ends_without_progress_for_2_s_and_the_next_rests_half_a_second", () => {
    begun();
    calm(2000000); joining.step(c());
    expect(c().joinPhase).toBe(JoinPhase.feeding);
    drain();
    calm(1); joining.step(c());
    expect(c().joinPhase).toBe(JoinPhase.none);
    expect(c().over).toBe(inc(4));
    expect(peer(4).registered).toBe(0);
    expect(members.count(0)).toBe(2);
    registered(4); peer(4).incarnation = inc(4) + 1;
    calm(499999); joining.step(c());
    expect(c().joinPhase).toBe(JoinPhase.none);
    calm(1); joining.step(c());
    expect(c().joinPhase).toBe(JoinPhase.feeding);
    expect(c().joinInc).toBe(inc(4) + 1);
  });
  test("a_newcomer_that_dies_or_starts_anew_and_a_connection_at_the_tail_end_the_attempt", () => {
    for (let row = 0; row < 3; row++) {
      begun();
      if (row == 0) peer(4).incarnation++;
      else if (row == 1) peer(4).heardAt = 0;
      else peer(3).connections = 1;
      peer(4).progress = 2;                              // what it said last does not help
      joining.step(c());
      expect(c().joinPhase).toBe(JoinPhase.none, row.toString());
      expect(nodes()).toBe(23);
      expect(c().over).toBe(inc(4));
    }
  });
  test("r27_the_old_tail_is_told_that_attempts_are_over_until_its_ask_says_so", () => {
    begun();
    joining.abandon(c());
    joining.tellOver(c(), peer(3));
    expectMsg(Msg.orderOn, 3);
    expect(msg().word).toBe(inc(4)); expect(msg().number).toBe(VIEW);
    peer(3).over = inc(4);
    joining.tellOver(c(), peer(3));
    expectNone();
  });
  test("r27_nobody_is_told_that_an_attempt_is_over_which_led_into_the_view", () => {
    begun();
    peer(4).progress = 1; joining.step(c());
    peer(4).progress = 2; joining.step(c());
    drain();
    joining.abandon(c());
    joining.tellOver(c(), peer(3));
    joining.tellOver(c(), peer(4));
    expectNone();
    expect(c().over).toBe(0);
  });
});

/** Half a second less a microsecond after an attempt that ended now. */
function later500(): u64 {
  const at = c().seenAt;
  calm(499999);
  registered(4);
  return at;
}
