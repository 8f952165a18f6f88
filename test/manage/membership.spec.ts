import * as counters from "../../assembly/core/counters";
import { Manage } from "../../assembly/manage/counters";
import * as membership from "../../assembly/manage/membership";
import { Action, Membership, State } from "../../assembly/manage/membership";
import * as wire from "../../assembly/wire/manage";
import { Flag, Message, Msg } from "../../assembly/wire/manage";
import * as views from "../../assembly/wire/view";

const KEY: usize = memory.data(16, 16);
const M: usize = memory.data(256, 16);
const OUT: usize = memory.data(128, 16);
const IN: usize = memory.data(128, 16);
const INC: u64 = 0x100000007;
const BOSS: u64 = 99;
let now: u64 = 0;

function m(): Membership { return changetype<Membership>(M); }

/** A node that has just asked (or registered) at the present time. */
function asked(): Message {
  const out = wire.begin(OUT, membership.kindDue(m()));
  membership.fill(m(), out, now, KEY);
  return out;
}

/** A message of the manager that quotes the last ask. */
function from(kind: u32): Message {
  const msg = wire.begin(IN, kind), out = changetype<Message>(OUT);
  msg.senderInc = BOSS;
  msg.receiverInc = m().incarnation;
  msg.askTime = out.askTime; msg.askNonce = out.askNonce;
  msg.number = m().viewNumber;
  return msg;
}

function take(msg: Message): Action { return membership.input(m(), msg, now, KEY); }

function fresh(): void {
  now = 1000000;
  counters.clear();
  membership.init(m(), 0, 3, 300000, 5);
}

function waiting(): void {
  fresh();
  asked();
  let msg = from(Msg.challenge); msg.word = 0x77;
  take(msg);
  asked();
  msg = from(Msg.granted); msg.word = INC; msg.value = 0x77;
  take(msg);
  asked();
  assert(m().state == State.waiting);
}

function viewOf(number: u32, second: u64): Message {
  const msg = from(Msg.view);
  msg.number = number;
  views.clear(msg.view, number);
  views.append(msg.view, 2, 1);
  if (second != 0) views.append(msg.view, 3, second);
  return msg;
}

function member(): void {
  waiting();
  take(viewOf(4, INC));
  asked();
  assert(m().state == State.member);
}

/** The message tells what is known: it counts, and changes nothing. */
function repeats(msg: Message): void {
  const before = counters.get(Manage.repeated), until = m().until;
  expect(take(msg)).toBe(Action.none);
  expect(counters.get(Manage.repeated)).toBe(before + 1);
  expect(m().until).toBe(until);
}

function refusedAs(c: u32, msg: Message): void {
  const before = counters.get(c);
  let all: u32 = 0;
  for (let i: u32 = Manage.malformed; i <= <u32>Manage.wrongContent; i++) all += counters.get(i);
  expect(take(msg)).toBe(Action.none);
  expect(counters.get(c)).toBe(before + 1);
  for (let i: u32 = Manage.malformed; i <= <u32>Manage.wrongContent; i++) all -= counters.get(i);
  expect(all).toBe(0xffffffff);
}

describe("membership", () => {
  test("a_node_registers_repeats_the_challenge_and_is_granted_an_incarnation", () => {
    fresh();
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().kind).toBe(<u8>Msg.register);
    expect(changetype<Message>(OUT).word).toBe(0);
    expect(membership.due(m(), now)).toBeFalsy();
    const c = from(Msg.challenge); c.word = 0x1200000034;
    expect(take(c)).toBe(Action.askAgain);
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().word).toBe(0x1200000034);
    expect(changetype<Message>(OUT).receiverInc).toBe(BOSS);
    let g = from(Msg.granted); g.word = INC; g.value = 0x35;
    refusedAs(Manage.unexpected, g);
    g.value = 0x34;
    expect(take(g)).toBe(Action.askAgain);
    expect(m().incarnation).toBe(INC);
    expect(asked().kind).toBe(<u8>Msg.ask);
    expect(changetype<Message>(OUT).senderInc).toBe(INC);
  });
  test("a_probe_between_does_not_put_off_the_registration", () => {
    fresh();
    asked();
    const c = from(Msg.challenge); c.word = 0x77;
    take(c);
    const p = from(Msg.probe); p.word = 9;
    take(p);
    expect(asked().kind).toBe(<u8>Msg.answer);
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().kind).toBe(<u8>Msg.register);
    expect(membership.due(m(), now)).toBeFalsy();
  });
  test("asks_come_at_a_third_of_the_lease_each_newer_than_the_last", () => {
    member();
    const t = changetype<Message>(OUT).askTime;
    expect(m().nextAsk).toBe(now + 100000);
    expect(asked().askTime).toBe(t + 1);
    now += 100000;
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().askTime).toBe(now);
  });
  test("a_lease_counts_from_the_ask_and_a_late_grant_is_stale", () => {
    member();
    const t = changetype<Message>(OUT).askTime;
    now += 50000;
    expect(take(from(Msg.grant))).toBe(Action.lease);
    expect(m().until).toBe(t + 300000);
    now = t + 299999;
    repeats(from(Msg.grant));
    now = t + 300000;
    refusedAs(Manage.stale, from(Msg.grant));
    expect(m().until).toBe(t + 300000);
  });
  test("asks_tell_how_long_their_answers_take_and_are_repeated_without_one", () => {
    member();
    now = changetype<Message>(OUT).askTime + 40000;
    take(from(Msg.grant));
    now += 60000;
    expect(membership.due(m(), now)).toBeTruthy("a third of the lease after the ask");
    expect(wire.slow(asked().value)).toBe(40, "in milliseconds");
    expect(membership.dueAt(m()) < now + 100000).toBeTruthy("again, while nothing comes back");
    now += 1000;
    take(from(Msg.grant));
    expect(membership.dueAt(m())).toBe(now + 99000);
    now += 99000;
    expect(wire.slow(asked().value)).toBe(39, "it is forgotten slowly");
  });
  test("what_quotes_no_ask_of_ours_is_stale", () => {
    member();
    let g = from(Msg.grant); g.askNonce++; refusedAs(Manage.stale, g);
    g = from(Msg.grant); g.askTime++; refusedAs(Manage.stale, g);
    g = from(Msg.grant); g.askTime = 0; refusedAs(Manage.stale, g);
    g = from(Msg.grant); g.askTime = 0xffffffffffffff00; refusedAs(Manage.stale, g);
  });
  test("a_grant_of_another_view_or_incarnation_is_refused", () => {
    member();
    let g = from(Msg.grant); g.number = 3; refusedAs(Manage.unexpected, g);
    g = from(Msg.grant); g.receiverInc = INC + 1; refusedAs(Manage.otherIncarnation, g);
    waiting();
    refusedAs(Manage.unexpected, from(Msg.grant));
  });
  test("a_view_is_a_grant_and_only_a_newer_one_with_our_incarnation_counts", () => {
    waiting();
    refusedAs(Manage.unexpected, viewOf(4, INC + 1));
    refusedAs(Manage.unexpected, viewOf(4, 0));
    const bad = viewOf(4, INC); bad.number = 5; refusedAs(Manage.malformed, bad);
    const none = viewOf(4, INC); none.view.n = 9; refusedAs(Manage.malformed, none);
    expect(take(viewOf(4, INC))).toBe(Action.install);
    expect(m().until).toBe(changetype<Message>(OUT).askTime + 300000);
    repeats(viewOf(4, INC));
    now += 1000;
    asked();
    expect(take(viewOf(4, INC))).toBe(Action.lease);
    expect(m().until).toBe(now + 300000);
    refusedAs(Manage.unexpected, viewOf(3, INC));
    expect(take(viewOf(5, INC))).toBe(Action.install);
    expect(m().viewNumber).toBe(5);
  });
  test("whoever_is_out_keeps_the_newest_view_s_number_and_nothing_else", () => {
    member();
    const until = m().until;
    const o = from(Msg.out);
    o.number = 5;
    views.clear(o.view, 5);
    views.append(o.view, 2, 1);
    expect(take(o)).toBe(Action.leave);
    expect(m().state).toBe(State.leaving);
    expect(m().latest).toBe(until);
    expect(membership.due(m(), now)).toBeFalsy();
    refusedAs(Manage.unexpected, o);
    membership.drained(m(), now);
    expect(membership.due(m(), now)).toBeTruthy();
    const word = asked();
    expect(word.kind).toBe(<u8>Msg.ask);
    expect(word.flags & <u8>Flag.left).toBe(<u8>Flag.left);
    expect(word.senderInc).toBe(INC);
    expect(word.number).toBe(5);
    expect(membership.due(m(), now)).toBeTruthy();
    const r = asked();
    expect(r.kind).toBe(<u8>Msg.register);
    expect(r.senderInc).toBe(0);
    expect(r.number).toBe(5);
    expect(membership.heard(m()).n).toBe(1);
  });
  test("out_by_an_older_view_or_one_that_names_us_is_refused", () => {
    member();
    let o = from(Msg.out); o.number = 3; views.clear(o.view, 3); views.append(o.view, 2, 1);
    refusedAs(Manage.unexpected, o);
    o = from(Msg.out); o.number = 5; views.clear(o.view, 5); views.append(o.view, 3, INC);
    refusedAs(Manage.unexpected, o);
    expect(m().state).toBe(State.member);
  });
  test("a_view_below_one_heard_of_is_refused", () => {
    member();
    const o = from(Msg.out); o.number = 9; views.clear(o.view, 9); views.append(o.view, 2, 1);
    take(o);
    membership.drained(m(), now);
    asked(); asked();
    let msg = from(Msg.challenge); msg.word = 1; take(msg); asked();
    msg = from(Msg.granted); msg.word = INC + 1; msg.value = 1; take(msg); asked();
    refusedAs(Manage.unexpected, viewOf(8, INC + 1));
    expect(take(viewOf(10, INC + 1))).toBe(Action.install);
  });
  test("a_probe_is_answered_whatever_it_quotes", () => {
    member();
    const p = from(Msg.probe); p.askTime = 0; p.receiverInc = 1; p.word = 0xabc;
    expect(take(p)).toBe(Action.askAgain);
    const a = asked();
    expect(a.kind).toBe(<u8>Msg.answer);
    expect(a.word).toBe(0xabc);
    expect(a.senderInc).toBe(INC);
    expect(a.view.number).toBe(4);
    expect(a.flags & <u8>Flag.member).toBe(<u8>Flag.member);
  });
  test("join_messages_count_for_their_attempt_only", () => {
    waiting();
    let a = from(Msg.receive); a.word = INC + 1; refusedAs(Manage.unexpected, a);
    a = from(Msg.receive); a.word = INC;
    expect(take(a)).toBe(Action.receive);
    expect(take(a)).toBe(Action.none);
    membership.observe(m(), 0, 0, 1, 0, now);
    expect(membership.due(m(), now)).toBeTruthy();
    asked();
    refusedAs(Manage.unexpected, viewOf(5, INC)); // not caught up
    membership.observe(m(), 0, 0, 2, 0, now);
    asked();
    expect(take(viewOf(5, INC))).toBe(Action.install);
  });
  test("the_old_tail_does_not_stop_for_an_attempt_that_is_over", () => {
    member();
    let f = from(Msg.feed); f.word = 7; f.value = 4;
    expect(take(f)).toBe(Action.feed);
    expect(take(f)).toBe(Action.none);
    let s = from(Msg.stop); s.word = 7;
    expect(take(s)).toBe(Action.stop);
    const o = from(Msg.orderOn); o.word = 8;
    expect(take(o)).toBe(Action.orderOn);
    expect(asked().word).toBe(8);
    s = from(Msg.stop); s.word = 7; refusedAs(Manage.unexpected, s);
    f = from(Msg.feed); f.word = 8; refusedAs(Manage.unexpected, f);
    f = from(Msg.feed); f.word = 9; f.number = 3; refusedAs(Manage.unexpected, f);
    f = from(Msg.feed); f.word = 9;
    expect(take(f)).toBe(Action.feed);
  });
  test("a_suspicion_is_told_at_once_and_then_at_intervals", () => {
    member();
    now += 10000;
    membership.observe(m(), 0, 2, 0, 0, now);
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().suspicion).toBe(2);
    membership.observe(m(), 0, 2, 0, 0, now);
    expect(membership.due(m(), now)).toBeFalsy();
    now += 5000;
    expect(membership.due(m(), now)).toBeTruthy();
    expect(asked().suspicion).toBe(2);
    now += 5000;
    membership.observe(m(), 0, 0, 0, 0, now);
    expect(membership.due(m(), now)).toBeFalsy();
  });
  test("a_suspicion_ends_with_the_view_it_is_about", () => {
    member();
    now += 1000;
    membership.observe(m(), 0, 8, 0, 0, now);
    expect(take(viewOf(9, INC))).toBe(Action.install);
    expect(asked().suspicion).toBe(0);
  });
  test("a_new_manager_is_learnt_from_its_hello_and_asked_at_once", () => {
    member();
    expect(take(from(Msg.hello))).toBe(Action.none);
    const h = from(Msg.hello); h.senderInc = 1234;
    expect(take(h)).toBe(Action.askAgain);
    expect(asked().receiverInc).toBe(1234);
  });
  test("no_message_does_anything_to_a_node_that_is_leaving_or_of_a_node_to_node_kind", () => {
    member();
    refusedAs(Manage.unexpected, from(Msg.ask));
    const o = from(Msg.out); o.number = 5; views.clear(o.view, 5);
    expect(take(o)).toBe(Action.leave);
    const p = from(Msg.probe);
    refusedAs(Manage.unexpected, p);
  });
});
