import * as counters from "../../assembly/core/counters";
import { Flag, Msg } from "../../assembly/wire/manage";
import * as views from "../../assembly/wire/view";
import * as chain from "../../assembly/manage/chain";
import { Phase } from "../../assembly/manage/chain";
import { Manage } from "../../assembly/manage/counters";
import * as recovery from "../../assembly/manage/recovery";
import { VIEW, asked, c, drain, expectMsg, expectNone, from, inc, later, nodes, peer, registered, running, start } from "./bed";

/** A manager without a record, which has asked all three nodes. */
function asking(): void {
  start(3);
  later(400000);
  recovery.held(c());
  expect(c().phase).toBe(Phase.asking);
  for (let id: u32 = 2; id < 5; id++) expectMsg(Msg.probe, id);
}
/** Node id answers: it has heard of view `number` of `n` members from node 2 on, and holds the state of a member or not. */
function answer(id: u32, number: u32, n: u32, holds: bool): void {
  const m = from(Msg.answer, id);
  if (holds) m.flags = <u8>Flag.member;
  views.clear(m.view, number);
  for (let i: u32 = 0; i < n; i++) views.append(m.view, 2 + i, inc(2 + i));
  recovery.answer(c(), id - 2, m);
}

describe("recovery without a record", () => {
  test("r17_it_goes_on_above_the_highest_view_with_its_members_that_hold_state", () => {
    asking();
    answer(2, 9, 3, true); answer(3, 12, 3, true);
    expect(c().phase).toBe(Phase.asking, "one is missing");
    answer(4, 12, 3, false);
    expect(c().phase).toBe(Phase.running);
    expect(nodes()).toBe(23);
    expect(c().number).toBe(13);
  });
  test("numbers_wrap", () => {
    asking();
    answer(2, 0xfffffffe, 3, true); answer(3, 2, 2, true); answer(4, 0xfffffffe, 3, true);
    expect(c().number).toBe(3);
    expect(nodes()).toBe(23);
  });
  test("r23a_a_member_of_the_view_in_another_incarnation_holds_nothing", () => {
    asking();
    answer(2, 5, 3, true); answer(3, 5, 3, true);
    const m = from(Msg.answer, 4);
    m.senderInc = 99; m.flags = <u8>Flag.member;
    views.clear(m.view, 5); for (let id: u32 = 2; id < 5; id++) views.append(m.view, id, inc(id));
    recovery.answer(c(), 2, m);
    expect(nodes()).toBe(23);
  });
  test("r17_state_may_be_lost_where_a_node_knows_no_view_or_nobody_holds_any_and_it_begins_afresh_above_all_numbers", () => {
    for (let row = 0; row < 3; row++) {
      asking();
      answer(2, 9, row == 2 ? 0 : 3, row != 1); answer(3, 9, row == 2 ? 0 : 3, row != 1); answer(4, row == 0 ? 0 : 9, row == 2 ? 0 : 3, row != 1);
      expect(c().phase).toBe(Phase.running, row.toString());
      expect(c().n).toBe(0);
      expect(c().number).toBe(9);
      expect(c().lossAt).not.toBe(0);
    }
  });
  test("whoever_has_not_answered_is_asked_every_20_ms_and_after_the_loss_timeout_no_more", () => {
    asking();
    answer(2, 9, 3, true);
    later(19999); recovery.askStep(c()); expectNone();
    later(1); recovery.askStep(c());
    expectMsg(Msg.probe, 3); expectMsg(Msg.probe, 4); expectNone();
    later(4979999); recovery.askStep(c()); drain();
    expect(c().phase).toBe(Phase.asking);
    later(1); recovery.askStep(c());
    expect(c().phase).toBe(Phase.running);
    expect(c().n).toBe(0);
    expect(c().number).toBe(9);
  });
  test("an_answer_of_an_incarnation_before_a_registration_does_not_count", () => {
    asking();
    registered(4); peer(4).incarnation = 777;
    answer(2, 9, 3, true); answer(3, 9, 3, true); answer(4, 9, 3, true);
    expect(c().phase).toBe(Phase.asking);
  });
  test("with_a_record_it_begins_with_the_same_members_one_number_higher", () => {
    running(3, 3);
    c().phase = Phase.hold; c().recorded = 1;
    recovery.held(c());
    expect(c().phase).toBe(Phase.running);
    expect(nodes()).toBe(234);
    expect(c().number).toBe(VIEW + 1);
  });
});

describe("recovery from the loss of all members", () => {
  test("r26a_it_waits_for_the_loss_timeout_and_for_every_lease_and_takes_whoever_has_registered_anew", () => {
    running(3, 2);
    c().lossAt = chain.judge;
    registered(4);
    peer(2).told = 1; peer(2).until = chain.now + 5000010;
    later(4999999); asked(4); recovery.renew(c());
    expect(c().number).toBe(VIEW);
    later(1); asked(4); recovery.renew(c());
    expect(c().number).toBe(VIEW, "the old primary may still speak");
    later(10); asked(4); recovery.renew(c());
    expect(c().number).toBe(VIEW + 1);
    expect(nodes()).toBe(4);
    expect(counters.get(Manage.losses)).toBe(1);
  });
  test("r26a_at_once_where_all_members_have_registered_anew", () => {
    running(3, 2);
    c().lossAt = chain.judge;
    peer(2).incarnation++; peer(3).incarnation++;
    recovery.renew(c());
    expect(c().number).toBe(VIEW + 1);
    expect(nodes()).toBe(23);
    expect(views.incarnation(chain.view(c()), 0)).toBe(inc(2) + 1);
  });
  test("r26a_not_before_all_have_and_never_with_the_incarnations_of_the_lost_view", () => {
    running(3, 2);
    c().lossAt = chain.judge;
    peer(2).incarnation++;
    recovery.renew(c());
    expect(c().number).toBe(VIEW);
    later(5000000); asked(2); asked(3); recovery.renew(c());
    expect(nodes()).toBe(2);
  });
  test("nobody_alive_makes_no_view_and_without_a_loss_there_is_nothing_to_do", () => {
    running(3, 2);
    recovery.renew(c());
    expect(c().number).toBe(VIEW);
    c().lossAt = chain.judge;
    later(9000000); recovery.renew(c());
    expect(c().number).toBe(VIEW);
  });
});

describe("a node that knows a higher view", () => {
  test("r17_puts_the_managers_number_above_it_also_around_the_wrap", () => {
    const rows: u32[] = [7, 6, 7, 7, 7, 7, 7, 8, 9, 7, 0x80000007, 7, 0xfffffff0, 5, 6, 5, 0xfffffff0, 5]; // ours, heard, then
    for (let i = 0; i < rows.length; i += 3) {
      running(2, 2);
      c().number = rows[i];
      recovery.outnumbered(c(), rows[i + 1]);
      expect(c().number).toBe(rows[i + 2], (i / 3).toString());
    }
  });
  test("a_chain_without_members_takes_the_number_and_makes_no_view", () => {
    running(2, 0);
    recovery.outnumbered(c(), 50);
    expect(c().number).toBe(50);
    expect(counters.get(Manage.viewsMade)).toBe(0);
  });
});
