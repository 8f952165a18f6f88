import * as counters from "../../assembly/core/counters";
import { Flag, Msg } from "../../assembly/wire/manage";
import * as views from "../../assembly/wire/view";
import * as chain from "../../assembly/manage/chain";
import { JoinPhase, Phase } from "../../assembly/manage/chain";
import * as change from "../../assembly/manage/change";
import { Reason } from "../../assembly/manage/change";
import { Manage } from "../../assembly/manage/counters";
import * as durable from "../../assembly/manage/durable";
import * as members from "../../assembly/manage/members";
import { VIEW, asked, boot, c, drain, expectMsg, expectNone, from, inc, later, lines, member, msg, nodes, peer, registered, running } from "./bed";

/** Redirector's table as digits. */
function table(): u32 {
  let n: u32 = 0;
  for (let i: u32 = 0; i < members.count(0); i++) n = n * 10 + members.node(0, i);
  return n;
}

describe("a change of view", () => {
  test("gets_the_next_number_and_ends_what_was_under_way", () => {
    const k = running(4, 3);
    k.probeNonce = 5; k.accused = 1; k.accusedAt = 1; k.link = 3; k.linkAt = 1; k.lossAt = 1; k.over = 9;
    change.made(k, Reason.restart);
    expect(k.number).toBe(VIEW + 1);
    expect(k.probeNonce).toBe(0); expect(k.accused).toBe(0); expect(k.accusedAt).toBe(0); expect(k.link).toBe(0); expect(k.linkAt).toBe(0); expect(k.lossAt).toBe(0); expect(k.over).toBe(0);
    expect(counters.get(Manage.viewsMade)).toBe(1);
    change.made(k, Reason.loss);
    expect(counters.get(Manage.losses)).toBe(1);
    expect(counters.get(Manage.viewsMade)).toBe(1);
  });
  test("i9_every_change_is_logged_with_a_reason_of_its_own", () => {
    const k = running(3, 3);
    for (let why = <i32>Reason.restart; why <= Reason.handOver; why++) {
      lines();
      change.made(k, why);
      expect(lines()).toBe(1);
    }
  });
  test("r23_a_removed_incarnation_is_not_taken_again_and_the_others_keep_their_order", () => {
    const k = running(4, 4);
    change.remove(k, 0b0110, Reason.silent);
    expect(nodes()).toBe(25);
    expect(views.incarnation(chain.view(k), 1)).toBe(inc(5));
    expect(peer(3).incarnation).toBe(0); expect(peer(3).registered).toBe(0); expect(peer(3).outInc).toBe(inc(3));
    expect(peer(5).incarnation).toBe(inc(5));
    expect(counters.get(Manage.removals)).toBe(2);
    expect(k.number).toBe(VIEW + 1);
  });
  test("a_node_that_registered_anew_since_keeps_its_registration_when_its_old_incarnation_is_removed", () => {
    const k = running(3, 3);
    peer(3).incarnation = 99;
    change.remove(k, 0b010, Reason.silent);
    expect(peer(3).incarnation).toBe(99);
    expect(peer(3).registered).toBe(1);
    expect(peer(3).outInc).toBe(inc(3));
  });
  test("r28_the_last_message_of_an_unfinished_join_leaves_its_incarnation_unusable", () => {
    const k = running(3, 2);
    registered(4);
    k.joinPhase = JoinPhase.feeding; k.joinNode = 4; k.joinInc = inc(4);
    change.made(k, Reason.silent);
    expect(k.joinPhase).toBe(JoinPhase.none);
    expect(peer(4).registered).toBe(0);
    expect(peer(4).incarnation).toBe(0);
    registered(4);
    k.joinPhase = JoinPhase.stopping; k.joinNode = 4; k.joinInc = inc(4);
    views.append(chain.view(k), 4, inc(4));
    change.made(k, Reason.join);
    expect(peer(4).incarnation).toBe(inc(4));           // it led into the view
  });
});

describe("telling a view", () => {
  test("r17_nobody_hears_it_before_it_is_written", () => {
    running(3, 3);
    boot(0);                                             // with storage
    later(400000);
    const k = c();
    k.phase = Phase.running;
    for (let id: u32 = 2; id < 5; id++) { views.append(chain.view(k), id, inc(id)); member(id); }
    change.made(k, Reason.restart);
    change.tell(k);
    expectNone();
    expect(change.tellable(k)).toBeFalsy();
    expect(durable.pending()).not.toBe(0);
    durable.done(true);
    change.tell(k);
    expectMsg(Msg.view, 2);
  });
  test("r19_the_new_primary_waits_for_the_old_ones_lease_and_the_others_do_not", () => {
    const k = running(3, 3);
    peer(2).told = 1; peer(2).until = chain.now + 5000;
    change.remove(k, 0b001, Reason.silent);
    change.tell(k);
    expectMsg(Msg.out, 2);
    expectMsg(Msg.view, 4);
    expectNone();
    later(4999);
    change.tell(k);
    expectNone();
    later(1);
    change.tell(k);
    expectMsg(Msg.view, 3);
    expect(msg().number).toBe(VIEW + 1);
    expect(peer(3).told).toBe(1);
    expect(peer(2).told).toBe(0);
    expect(peer(3).until).toBe(chain.now + chain.fence);
  });
  test("r18_a_view_quotes_the_members_ask_names_its_incarnation_and_carries_the_membership", () => {
    const k = running(3, 3);
    change.made(k, Reason.restart);
    peer(3).askTime = 777; peer(3).askNonce = 888;
    change.tell(k);
    expectMsg(Msg.view, 2);
    expectMsg(Msg.view, 3);
    expect(msg().askTime).toBe(777); expect(msg().askNonce).toBe(888);
    expect(msg().receiverInc).toBe(inc(3));
    expect(msg().senderInc).toBe(chain.incarnation);
    expect(memory.compare(changetype<usize>(msg().view), changetype<usize>(chain.view(k)), views.VIEW)).toBe(0);
  });
  test("it_is_told_again_every_10_ms_until_an_ask_comes_from_within_it", () => {
    const k = running(2, 2);
    change.made(k, Reason.restart);
    change.tell(k); expectMsg(Msg.view, 2); expectMsg(Msg.view, 3); expectNone();
    expect(change.untold(k)).toBeTruthy();
    later(9999); change.tell(k); expectNone();
    member(2);                                           // its ask shows the new view
    later(1); change.tell(k); expectMsg(Msg.view, 3); expectNone();
    member(3);
    later(50000); change.tell(k); expectNone();
    expect(change.untold(k)).toBeFalsy();
  });
  test("r18_who_has_not_asked_within_a_lease_is_told_nothing", () => {
    const k = running(2, 2);
    change.made(k, Reason.restart);
    later(300000);
    change.tell(k);
    expectNone();
    expect(change.untold(k)).toBeFalsy();
    asked(3);
    change.tell(k);
    expectMsg(Msg.view, 3);
  });
  test("r23a_another_incarnation_of_a_member_is_not_told_the_view", () => {
    const k = running(3, 3);
    peer(3).incarnation++;
    change.made(k, Reason.restart);
    change.tell(k);
    expectMsg(Msg.view, 2); expectMsg(Msg.view, 4); expectNone();
  });
  test("r23_a_removed_member_hears_once_that_it_is_out_by_the_incarnation_that_was_removed", () => {
    const k = running(3, 3);
    change.remove(k, 0b100, Reason.lag);
    change.tell(k);
    expectMsg(Msg.out, 4);
    expect(msg().receiverInc).toBe(inc(4));
    expect(msg().view.n).toBe(2);
    drain();
    later(10000);
    change.tell(k);
    expectMsg(Msg.view, 2); expectMsg(Msg.view, 3); expectNone();
  });
  test("an_ask_of_one_that_is_out_is_answered_by_the_newest_view_whatever_it_is", () => {
    const k = running(2, 2), ask = from(Msg.ask, 3);
    ask.askTime = 55; ask.askNonce = 66; ask.senderInc = 4242;
    change.out(k, 1, ask);
    expectMsg(Msg.out, 3);
    expect(msg().receiverInc).toBe(4242); expect(msg().askTime).toBe(55); expect(msg().askNonce).toBe(66);
    expect(msg().view.number).toBe(VIEW);
    k.phase = Phase.asking;
    change.out(k, 1, ask);
    expectNone();
  });
  test("a_grant_extends_the_fence_and_counts", () => {
    const k = running(2, 2);
    change.grant(k, 0);
    expectMsg(Msg.grant, 2);
    expect(msg().number).toBe(VIEW);
    expect(peer(2).until).toBe(chain.now + chain.fence);
    expect(counters.get(Manage.grants)).toBe(1);
  });
  test("who_knows_the_view_has_asked_as_a_member_of_it", () => {
    const k = running(2, 2), p = peer(2);
    expect(change.knows(k, p)).toBeTruthy();
    p.flags = 0;
    expect(change.knows(k, p)).toBeFalsy();
    p.flags = Flag.member; p.view = VIEW - 1;
    expect(change.knows(k, p)).toBeFalsy();
  });
});

describe("the redirector's table", () => {
  test("shows_the_newest_view_in_its_order_and_during_a_join_the_newcomer_behind_it", () => {
    const k = running(4, 3);
    change.publish(k);
    expect(table()).toBe(234);
    expect(members.view(0)).toBe(VIEW);
    expect(members.addr(0, 1)).toBe(0x0a000003);
    k.joinPhase = JoinPhase.feeding; k.joinNode = 5;
    change.publish(k);
    expect(table()).toBe(2345);
    k.joinPhase = JoinPhase.none;
    change.publish(k);
    expect(table()).toBe(234);
  });
  test("is_written_only_when_something_changes", () => {
    const k = running(4, 3);
    change.publish(k);
    const g = members.generation;
    change.publish(k);
    expect(members.generation).toBe(g);
  });
  test("of_a_pool_shows_whoever_is_named_by_a_bit", () => {
    const k = running(4, 0);
    change.publishPool(k, 0b1010);
    expect(table()).toBe(35);
    expect(members.view(0)).toBe(0);
    const g = members.generation;
    change.publishPool(k, 0b1010);
    expect(members.generation).toBe(g);
    change.publishPool(k, 0);
    expect(members.count(0)).toBe(0);
  });
});
