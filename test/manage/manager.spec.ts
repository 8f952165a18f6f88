import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import { Err } from "../../assembly/core/err";
import { Manage } from "../../assembly/manage/counters";
import * as chain from "../../assembly/manage/chain";
import * as manager from "../../assembly/manage/manager";
import * as members from "../../assembly/manage/members";
import { State } from "../../assembly/manage/membership";
import * as wire from "../../assembly/wire/manage";
import { Flag, Message, Msg } from "../../assembly/wire/manage";
import * as w from "./world";

const BUF: usize = memory.data(256, 16);

function three(storage: i32): void {
  w.start(3, storage);
  w.settle(3, 2000);
  assert(w.settled(3));
}

/** How much a counter grows while one message is taken. */
function counted(c: u32, before: u32): u32 { return counters.get(c) - before; }
function refusals(): u32 { let n: u32 = 0; for (let c: u32 = Manage.malformed; c <= <u32>Manage.wrongContent; c++) n += counters.get(c); return n; }

describe("manager: first view", () => {
  test("a_fresh_site_begins_with_the_configured_chain_after_a_lease", () => {
    for (let storage = -1; storage <= 0; storage++) {
      w.start(3, storage);
      const t = w.settle(3, 2000);
      expect(w.settled(3)).toBeTruthy();
      expect(t >= 320 && t < 400).toBeTruthy();
      expect(w.number()).toBe(1);
      expect(w.nodeAt(0)).toBe(2);
      expect(w.nodeAt(2)).toBe(4);
      expect(members.count(0)).toBe(3);
      expect(members.addr(0, 0)).toBe(0x0a000002);
      expect(members.view(0)).toBe(1);
      expect(w.siteKnown()).toBeTruthy();
    }
  });
  test("a_fresh_site_does_not_wait_for_ever_for_one_that_never_comes", () => {
    w.start(3, 0);
    w.kill(3);
    w.run(4000);
    expect(w.size()).toBe(0);
    w.settle(2, 3000);
    expect(w.settled(2)).toBeTruthy();
    expect(w.nodeAt(1)).toBe(4);
    w.reboot(3);
    w.settle(3, 2000);
    expect(w.settled(3)).toBeTruthy();
    expect(w.nodeAt(2)).toBe(3);
  });
  test("leases_go_on_and_every_member_keeps_its_view", () => {
    three(0);
    for (let i = 0; i < 3000; i++) { w.run(1); expect(w.speaker()).toBe(2); }
    expect(w.number()).toBe(1);
    expect(counters.get(Manage.removals)).toBe(0);
  });
  test("a_view_is_told_to_nobody_before_it_is_on_storage", () => {
    three(0);
    w.stickDisk(true);
    w.kill(2);
    w.run(2000);
    expect(w.at(3).viewNumber).toBe(1);
    expect(w.speaker()).toBe(0);
    expect(counters.get(Manage.recordFailed) > 5).toBeTruthy();
    w.stickDisk(false);
    w.settle(2, 300);
    expect(w.settled(2)).toBeTruthy();
  });
});

describe("manager: removal", () => {
  test("a_dead_primary_a_middle_and_a_tail_are_removed_and_come_back_as_the_tail", () => {
    for (let id: u32 = 2; id < 5; id++) {
      three(0);
      w.kill(id);
      w.run(30);
      w.suspect(id == 2 ? 3 : 2, id == 2 ? 2 : 4);
      const t = w.settle(2, 2000);
      expect(w.settled(2)).toBeTruthy();
      // Only a primary's lease has to be waited for.
      expect(id == 2 ? t < 330 : t < 20).toBeTruthy(t.toString());
      expect(members.count(0)).toBe(2);
      w.suspect(2, 0); w.suspect(3, 0);
      w.reboot(id);
      w.settle(3, 2000);
      expect(w.settled(3)).toBeTruthy();
      expect(w.nodeAt(2)).toBe(id);
      expect(counters.get(Manage.joins)).toBe(1);
    }
  });
  test("without_a_report_silence_of_the_asks_is_noticed", () => {
    three(0);
    w.kill(3);
    const t = w.settle(2, 2000);
    expect(w.settled(2)).toBeTruthy();
    expect(t > 250 && t < 500).toBeTruthy(t.toString());
  });
  test("a_report_about_somebody_who_answers_removes_nobody", () => {
    three(0);
    w.suspect(2, 4);
    w.run(20);
    w.suspect(2, 0);
    w.suspect(4, 1);
    w.run(1);
    w.suspect(4, 0);
    w.run(3000);
    expect(w.number()).toBe(1);
  });
  test("a_link_that_stays_silent_costs_its_farther_end", () => {
    three(0);
    w.suspect(2, 4);
    const t = w.settle(2, 1000);
    expect(w.settled(2)).toBeTruthy();
    expect(t >= 30 && t < 80).toBeTruthy(t.toString());
    expect(w.nodeAt(0)).toBe(2);
    expect(w.nodeAt(1)).toBe(4);
  });
  test("a_silent_link_costs_the_primary_where_the_clients_accuse_it", () => {
    three(0);
    w.suspect(3, 3);
    w.settle(2, 1000);
    expect(w.settled(2)).toBeTruthy();
    expect(w.nodeAt(0)).toBe(3);
  });
  test("a_primary_that_is_accused_again_although_it_answers_goes", () => {
    three(0);
    w.suspect(3, 1); w.run(2); w.suspect(3, 0);
    w.run(1000);
    expect(w.number()).toBe(1);
    w.suspect(3, 1); w.run(2); w.suspect(3, 0);
    w.settle(2, 1000);
    expect(w.nodeAt(0)).toBe(3);
  });
  test("a_new_primary_is_not_accused_of_the_wait_for_the_old_ones_lease", () => {
    three(0);
    w.kill(2);
    w.suspect(3, 2);
    w.run(30);
    w.suspect(3, 0);
    expect(w.size()).toBe(2);
    expect(w.speaker()).toBe(0);
    w.suspect(4, 1);
    w.run(250);
    w.suspect(4, 0);
    w.settle(2, 1000);
    expect(w.settled(2)).toBeTruthy();
    expect(w.nodeAt(0)).toBe(3);
    expect(w.number()).toBe(2);
  });
  test("a_laggard_is_removed_but_never_the_last", () => {
    three(0);
    w.run(5); // all have asked from within the view: only then a link is judged
    w.suspect(3, 8);
    w.run(5);
    expect(w.size()).toBe(2);
    expect(w.nodeAt(1)).toBe(3);
    w.connections(3, 1); // nobody joins meanwhile
    w.run(5);
    w.suspect(3, 16);
    w.settle(1, 1000);
    w.run(5);
    expect(w.size()).toBe(1);
    expect(w.nodeAt(0)).toBe(3);
    w.suspect(3, 31);
    w.run(50);
    expect(w.nodeAt(0)).toBe(3);
  });
  test("a_removed_primary_that_lives_gives_its_word_and_nobody_waits", () => {
    three(0);
    expect(manager.handOver(0)).toBe(0);
    const t = w.settle(2, 1000);
    expect(t < 15).toBeTruthy(t.toString());
    expect(w.nodeAt(0)).toBe(3);
    w.settle(3, 1000);
    expect(w.settled(3)).toBeTruthy();
    expect(w.nodeAt(2)).toBe(2);
    expect(manager.handOver(1)).toBe(Err.notFound);
  });
  test("the_word_waits_for_frames_that_have_not_left", () => {
    three(0);
    w.stick(2, true);
    manager.handOver(0);
    w.run(150);
    expect(w.speaker()).toBe(0);
    w.stick(2, false);
    w.run(5);
    expect(w.speaker()).toBe(3);
  });
  test("the_last_member_stays_whatever_happens_until_it_is_another_incarnation", () => {
    w.start(1, 0);
    w.settle(1, 1000);
    w.cut(2, true);
    w.run(4000);
    expect(w.number()).toBe(1);
    w.cut(2, false);
    w.settle(1, 500);
    expect(w.number()).toBe(1);
    w.reboot(2);
    w.settle(1, 1000);
    expect(w.number()).toBe(2);
    expect(counters.get(Manage.losses)).toBe(2);
  });
});

describe("manager: named schedules", () => {
  test("two_removals_in_one_lease", () => {
    three(0);
    w.cut(2, true);              // still speaks by its lease
    w.suspect(3, 3);
    w.run(40);
    expect(w.size()).toBe(2);
    w.cut(3, true);              // never hears that it is primary, or hears it and is gone
    w.suspect(3, 0);
    w.suspect(4, 2);
    w.run(60);
    expect(w.size()).toBe(1);
    expect(w.speaker()).toBe(2);
    expect(w.settle(1, 1000) > 200).toBeTruthy();
    expect(w.speaker()).toBe(4);
  });
  test("two_removals_in_one_lease_where_the_second_was_promoted", () => {
    three(0);
    manager.handOver(0);
    w.settle(2, 100);
    expect(w.speaker()).toBe(3);
    w.cut(3, true);
    w.suspect(4, 2);
    for (let i = 0; i < 400; i++) w.run(1); // I5 is checked in each
    expect(w.at(4).viewNumber > w.at(3).viewNumber).toBeTruthy();
    expect(w.nodeAt(0)).toBe(4);
  });
  test("mgr_restart_during_fence", () => {
    three(0);
    w.cut(2, true);
    w.suspect(3, 3);
    w.run(50);
    const n = w.number();
    expect(n).toBe(2);
    w.boot();
    expect(members.count(0)).toBe(2);
    w.suspect(3, 0);
    w.run(318);
    expect(w.speaker()).toBe(0);
    w.settle(2, 500);
    expect(w.settled(2)).toBeTruthy();
    expect(w.number()).toBe(n + 1);
    w.cut(2, false);
    w.settle(3, 1500);
    expect(w.settled(3)).toBeTruthy();
  });
  test("mgr_restart_leaves_a_living_chain_as_it_is", () => {
    three(0);
    w.managerDown();
    w.run(60);
    w.boot();
    expect(members.count(0)).toBe(3);
    w.settle(3, 1000);
    w.run(1000);
    expect(w.number()).toBe(2);
    expect(w.speaker()).toBe(2);
    expect(counters.get(Manage.removals)).toBe(0);
  });
  test("mgr_restart_after_unheard_view", () => {
    three(0);
    w.cutIn(2, true); w.cutIn(3, true); w.cutIn(4, true);
    expect(manager.handOver(0)).toBe(0);
    w.run(5);
    expect(w.at(3).viewNumber).toBe(1);
    expect(w.number()).toBe(2);
    w.boot();
    w.cutIn(2, false); w.cutIn(3, false); w.cutIn(4, false);
    w.settle(2, 1500);
    expect(w.number() >= 3).toBeTruthy();
    expect(w.nodeAt(0)).toBe(3);
  });
  test("mgr_restart_last_primary_dead", () => {
    w.start(2, 0);
    w.settle(2, 1000);
    w.cut(3, true);
    w.settle(1, 1000);
    expect(w.nodeAt(0)).toBe(2);
    w.kill(2);
    w.cut(3, false);
    w.boot();
    w.run(5000);
    expect(w.size()).toBe(1);
    expect(w.nodeAt(0)).toBe(2);   // not the older state of node 3
    expect(w.at(3).state).toBe(State.waiting);
    w.settle(1, 3000);
    w.run(3000);
    expect(w.speaker()).toBe(3);   // anew, as a loss
    expect(counters.get(Manage.losses)).toBe(2);
  });
  test("mgr_restart_old_view_in_flight", () => {
    three(0);
    w.keep(Msg.view, 3);
    w.kill(2);
    w.suspect(3, 2);
    for (let i = 0; i < 600 && !w.kept; i++) w.run(1);
    expect(w.kept).toBeTruthy();
    w.cut(3, true);
    w.keep(0, 0);
    memory.copy(BUF, changetype<usize>(w.keptMessage()), 128);
    w.boot();
    w.run(330);
    memory.copy(changetype<usize>(w.keptMessage()), BUF, 128);
    const stale = counters.get(Manage.stale);
    w.release();
    expect(counters.get(Manage.stale)).toBe(stale + 1);
    expect(w.speaker()).not.toBe(3);
  });
  test("mgr_restart_old_out_in_flight", () => {
    three(0);
    w.keep(Msg.out, 2);
    manager.handOver(0);
    w.run(5);
    expect(w.kept).toBeTruthy();
    w.run(400);
    const stale = counters.get(Manage.stale);
    const state = w.at(2).state, number = w.at(2).viewNumber;
    w.release();
    expect(counters.get(Manage.stale)).toBe(stale + 1);
    expect(w.at(2).state).toBe(state);
    expect(w.at(2).viewNumber).toBe(number);
  });
  test("ask_of_old_view_during_promotion", () => {
    three(0);
    w.cut(2, true);
    w.keep(Msg.ask, 3);
    for (let i = 0; i < 200 && !w.kept; i++) w.run(1);
    w.suspect(3, 2);
    for (let i = 0; i < 50 && w.size() == 3; i++) w.run(1);
    w.release();
    w.deliver();
    w.suspect(3, 0);
    w.keep(Msg.grant, 3);
    for (let i = 0; i < 1000 && w.at(3).viewNumber == 1; i++) {
      expect(w.kept).toBeFalsy();
      w.run(1);
    }
    expect(w.speaker()).toBe(3);
  });
  test("late_stopped_word", () => {
    three(0);
    w.keep(Msg.ask, 2);
    // Its word about view 2 is late.
    w.cutOut(2, true);
    manager.handOver(0);
    w.run(3);
    w.keep(0, 0);
    w.cutOut(2, false);
    w.settle(3, 2000);
    manager.handOver(0);
    w.settle(2, 1000);
    w.settle(3, 2000);
    manager.handOver(0);
    w.settle(2, 1000);
    w.settle(3, 2000);
    expect(w.nodeAt(0)).toBe(2);   // primary again, by a later view
    const m = w.keptMessage();
    m.flags = <u8>Flag.left;
    m.receiverInc = chain.incarnation;
    m.number = 2;
    wire.seal(m, chain.KEY);
    w.cut(2, true);
    w.suspect(3, 2);
    for (let i = 0; i < 50 && w.size() == 3; i++) w.run(1);
    w.release();
    w.run(20);
    expect(w.speaker()).toBe(2);   // the fence holds
    expect(counters.get(Manage.unexpected) != 0).toBeTruthy();
  });
  test("reboot_within_probe_time", () => {
    for (let id: u32 = 2; id < 5; id++) {
      three(0);
      const old = w.at(id).incarnation;
      w.reboot(id);
      w.settle(3, 2000);
      expect(w.settled(3)).toBeTruthy();
      expect(w.nodeAt(2)).toBe(id);
      expect(w.at(id).incarnation).not.toBe(old);
      expect(counters.get(Manage.removals)).toBe(1);
    }
  });
  test("late_view_to_rejoiner", () => {
    three(0);
    w.keep(Msg.view, 4);
    manager.handOver(0);
    w.run(3);
    expect(w.kept).toBeTruthy();
    w.reboot(4);
    w.run(50);
    const n = w.at(4).viewNumber, before = refusals();
    w.release();
    expect(refusals()).toBe(before + 1);
    expect(w.at(4).viewNumber).toBe(n);
  });
  test("all_members_reboot", () => {
    three(0);
    for (let id: u32 = 2; id < 5; id++) w.reboot(id);
    const t = w.settle(3, 3000);
    expect(t < 1000).toBeTruthy(t.toString());
    expect(w.number()).toBe(2);
    expect(counters.get(Manage.losses)).toBe(2);
    expect(counters.get(Manage.removals)).toBe(0);
  });
  test("all_members_dead_for_long_come_back_as_they_come", () => {
    three(0);
    for (let id: u32 = 2; id < 5; id++) w.kill(id);
    w.run(8000);
    expect(w.number()).toBe(1);
    w.reboot(4);
    w.settle(1, 1000);
    expect(w.speaker()).toBe(4);
    w.reboot(2); w.reboot(3);
    w.settle(3, 3000);
    expect(w.settled(3)).toBeTruthy();
    expect(w.nodeAt(0)).toBe(4);
  });
  test("a_member_that_turns_up_after_a_loss_with_old_state_is_out", () => {
    three(0);
    w.cut(2, true);
    w.reboot(3); w.reboot(4);
    w.settle(2, 9000);
    w.cut(2, false);
    expect(w.settle(3, 3000) < 200).toBeTruthy(); // its next ask
    expect(w.settled(3)).toBeTruthy();
    expect(w.nodeAt(2)).toBe(2);
  });
  test("a_manager_that_slept_removes_nobody", () => {
    three(0);
    clock.set(clock.now + 5000000);
    w.step();
    w.run(1000);
    expect(counters.get(Manage.removals)).toBe(0);
    expect(w.number()).toBe(1);
    expect(w.speaker()).toBe(2);
  });
  test("a_manager_that_slept_while_it_probed_waits_for_the_answers", () => {
    three(0);
    w.suspect(2, 4);
    w.pause(4, true);
    for (let i = 0; i < 50 && (chain.at(0).probeNonce == 0 || chain.at(0).probesSent < 3); i++) w.run(1);
    w.suspect(2, 0);
    clock.set(clock.now + 5000000);
    manager.work();
    w.pause(4, false);
    w.run(1000);
    expect(counters.get(Manage.removals)).toBe(0);
    expect(w.speaker()).toBe(2);
  });
  test("removed_member_resumes_with_old_log", () => {
    three(0);
    const old = w.at(3).incarnation;
    w.keep(Msg.out, 3);
    w.suspect(2, 4);
    for (let i = 0; i < 200 && w.size() == 3; i++) w.run(1);
    w.suspect(2, 0);
    w.run(1);
    expect(w.kept).toBeTruthy();                  // it does not hear that it is out
    expect(w.at(3).state).toBe(State.member);
    expect(w.settle(3, 1000) < 200).toBeTruthy();
    expect(w.nodeAt(2)).toBe(3);
    expect(w.at(3).incarnation).not.toBe(old);
  });
  test("lease_lapses_and_returns", () => {
    three(0);
    w.cutIn(2, true);
    w.run(280);
    w.cutIn(2, false);
    w.run(150);
    expect(w.speaker()).toBe(2);
    expect(w.number()).toBe(1);
  });
  test("one_way_cut_of_the_manager", () => {
    for (let id: u32 = 2; id < 5; id++) for (let way = 0; way < 2; way++) {
      three(0);
      if (way == 0) w.cutOut(id, true); else w.cutIn(id, true);
      w.suspect(id == 2 ? 3 : 2, id == 2 ? 2 : 4);
      w.run(5);
      w.suspect(2, 0); w.suspect(3, 0);
      w.settle(2, 2000);
      expect(w.settled(2)).toBeTruthy();
    }
  });
});

describe("manager: without a record", () => {
  test("it_goes_on_above_the_highest_view_with_those_who_hold_state", () => {
    for (let lost = 0; lost < 2; lost++) {
      w.start(3, lost ? 0 : -1);
      w.settle(3, 1000);
      manager.handOver(0);
      w.settle(2, 1000);
      w.settle(3, 1000);
      const n = w.number();
      if (lost) w.loseDisk();
      w.boot();
      expect(members.count(0)).toBe(3);
      w.settle(3, 2000);
      expect(w.number()).toBe(n + 1);
      expect(w.speaker()).toBe(3);
      expect(counters.get(Manage.losses)).toBe(1);
    }
  });
  test("it_begins_afresh_where_a_node_has_restarted_or_does_not_answer", () => {
    for (let dead = 0; dead < 2; dead++) {
      w.start(3, -1);
      w.settle(3, 1000);
      const n = w.number();
      if (dead) w.kill(4); else w.reboot(4);
      w.boot();
      w.settle(dead ? 2 : 3, 9000);
      expect(w.settled(dead ? 2 : 3)).toBeTruthy();
      expect(w.number() > n).toBeTruthy();
      expect(counters.get(Manage.losses)).toBe(2);
    }
  });
  test("a_node_that_was_not_there_and_knows_a_higher_view_is_outnumbered", () => {
    w.start(3, -1);
    w.settle(3, 1000);
    for (let i = 0; i < 3; i++) { manager.handOver(0); w.settle(2, 1000); w.settle(3, 1000); }
    const n = w.number();
    w.cut(4, true);
    w.reboot(2); w.reboot(3);
    w.boot();
    w.forgetViews(); // nobody who could be asked knows the numbers that were used
    w.settle(2, 9000);
    expect(w.settled(2)).toBeTruthy();
    w.cut(4, false);
    w.settle(3, 3000);
    expect(w.settled(3)).toBeTruthy();
    expect(w.number() > n).toBeTruthy();
    expect(w.nodeAt(2)).toBe(4);
  });
});

describe("manager: join", () => {
  test("it_waits_until_the_service_has_no_connection", () => {
    three(0);
    w.kill(4);
    w.settle(2, 1000);
    w.connections(2, 1); w.connections(3, 1);
    w.run(150);
    w.reboot(4);
    w.run(3000);
    expect(w.size()).toBe(2);
    expect(members.count(0)).toBe(2);
    w.connections(2, 0); w.connections(3, 0);
    expect(w.settle(3, 500) < 20).toBeTruthy();
    expect(w.settled(3)).toBeTruthy();
  });
  test("a_connection_that_comes_meanwhile_ends_the_attempt_and_the_old_tail_orders_on", () => {
    three(0);
    w.kill(4);
    w.settle(2, 1000);
    w.reboot(4);
    w.keep(Msg.stop, 3);
    for (let i = 0; i < 1000 && !w.kept; i++) w.run(1);
    expect(members.count(0)).toBe(3);
    expect(members.node(0, 2)).toBe(4);
    w.connections(3, 1);
    w.run(40);
    expect(w.size()).toBe(2);
    expect(members.count(0)).toBe(2);
    w.release();               // late: the attempt is over
    expect(w.isStopped(3)).toBeFalsy();
    w.connections(3, 0);
    w.settle(3, 2000);
    expect(w.settled(3)).toBeTruthy();
  });
  test("join_late_start_after_reboot", () => {
    three(0);
    w.kill(4);
    w.settle(2, 1000);
    w.reboot(4);
    w.keep(Msg.receive, 4);
    for (let i = 0; i < 1000 && !w.kept; i++) w.run(1);
    w.reboot(4);
    w.run(5);
    const state = w.at(4).state, before = refusals();
    w.release();
    expect(refusals()).toBe(before + 1);
    expect(w.at(4).state).toBe(state);
    w.settle(3, 3000);
    expect(w.settled(3)).toBeTruthy();
  });
  test("joiner_misses_its_view", () => {
    three(0);
    w.kill(4);
    w.settle(2, 1000);
    w.reboot(4);
    w.keep(Msg.view, 4);
    w.settle(3, 3000);
    expect(w.kept).toBeTruthy();
    expect(w.settled(3)).toBeTruthy();
  });
  test("a_newcomer_that_dies_in_the_attempt_is_forgotten", () => {
    three(0);
    w.kill(4);
    w.settle(2, 1000);
    w.reboot(4);
    w.keep(Msg.stop, 3);
    for (let i = 0; i < 1000 && !w.kept; i++) w.run(1);
    w.kill(4);
    w.run(1000);
    expect(w.isStopped(3)).toBeFalsy();
    expect(members.count(0)).toBe(2);
    expect(w.speaker()).toBe(2);
    w.reboot(4);
    w.settle(3, 3000);
    expect(w.settled(3)).toBeTruthy();
  });
});

describe("manager: hostile messages", () => {
  test("each_counts_once_in_the_counter_of_its_kind", () => {
    three(0);
    w.keep(Msg.ask, 3);
    for (let i = 0; i < 200 && !w.kept; i++) w.run(1);
    w.keep(0, 0);
    const n = wire.lengthOf(Msg.ask), from: u32 = 0x0a000003;
    const m = changetype<Message>(BUF);
    const first = refusals();
    w.release();
    expect(refusals()).toBe(first);            // late, but new
    w.release();
    expect(counters.get(Manage.replayed)).toBe(1);
    expect(refusals()).toBe(first + 1);
    for (let row = 0; row < 13; row++) {
      memory.copy(BUF, changetype<usize>(w.keptMessage()), 128);
      let c: u32 = Manage.misdirected, src = from, len = n, sealed = true;
      switch (row) {
        case 0: { len = n - 1; c = Manage.malformed; sealed = false; break; }
        case 1: { m.magic = 1; c = Manage.malformed; sealed = false; break; }
        case 2: { m.kind = 99; c = Manage.malformed; sealed = false; break; }
        case 3: { m.value++; c = Manage.forged; sealed = false; break; }
        case 4: { src = from + 1; break; }
        case 5: { m.receiver = 2; break; }
        case 6: { m.site = 78; break; }
        case 7: { m.sender = 40; break; }
        case 8: { m.service = 1; c = Manage.unknownService; break; }
        case 9: { m.sender = 1; src = 0x0a000001; c = Manage.unknownService; break; }
        case 10: { m.receiverInc = 5; c = Manage.otherManager; break; }
        case 11: { m.senderInc = 5; c = Manage.otherIncarnation; break; }
        default: { m.kind = <u8>Msg.grant; break; }
      }
      if (sealed) wire.seal(m, chain.KEY);
      const before = counters.get(c), all = refusals();
      manager.input(BUF, len, src, 7001);
      expect(counted(c, before)).toBe(1, row.toString());
      expect(refusals()).toBe(all + 1, row.toString());
    }
    w.run(10);
    expect(w.number()).toBe(1);
    expect(counters.get(Manage.removals)).toBe(0);
  });
  test("random_bytes_and_every_truncation_are_refused", () => {
    three(0);
    w.keep(Msg.ask, 3);
    for (let i = 0; i < 200 && !w.kept; i++) w.run(1);
    for (let n: u32 = 0; n < wire.lengthOf(Msg.ask); n++) {
      const all = refusals();
      manager.input(changetype<usize>(w.keptMessage()), n, 0x0a000003, 7001);
      expect(refusals()).toBe(all + 1);
    }
    let x: u32 = 7;
    for (let round = 0; round < 500; round++) {
      for (let i = 0; i < 128; i++) { x ^= x << 13; x ^= x >> 17; x ^= x << 5; store<u8>(BUF + i, <u8>x); }
      const all = refusals();
      manager.input(BUF, x % 129, 0x0a000003, 7001);
      expect(refusals()).toBe(all + 1);
    }
  });
});
