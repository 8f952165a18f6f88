import { As, BUF, CLIENT, CPORT, DISCARD, DOWN, F, IRS, K, ME, PORT, R, S, UP, VHOST, WIRE, address, boot, connect, counted, end, enter, exists, forget, later, msg, poll, r, seg, segFrom, sentTo, standing, start, startKind, sum, tag } from "./bed";
import { TIME_WAITS } from "../../assembly/core/sizes";
import * as counters from "../../assembly/core/counters";
import * as timewait from "../../assembly/tcp/timewait";
import { PORTABLE, Portable } from "../../assembly/tcp/timewait";
import * as api from "../../assembly/ft/api";
import { Ft } from "../../assembly/ft/counters";
import * as ft from "../../assembly/ft/ft";
import { JOIN, Join } from "../../assembly/ft/join";
import { Role } from "../../assembly/ft/replica";
import { TAG } from "../../assembly/wire/chain";

const NEW: u32 = 5;
const ATTEMPT: u64 = 0x5500000001;
const GOOD: usize = memory.data(2048, 16);

/** A join message from a node in WIRE, `records` TIME-WAIT records in it; `give` seals it. */
function message(kind: u32, from: u32, attempt: u64, applied: u32, records: u32): Join {
  memory.fill(WIRE, 0, 2048);
  const m = changetype<Join>(WIRE);
  m.magic = 0x4a; m.version = 1; m.service = 0; m.kind = <u8>kind;
  m.sender = <u8>from; m.receiver = <u8>ME;
  m.attempt = attempt; m.applied = applied; m.time = 12345; m.history = 0x1234567890;
  m.count = records;
  m.length = <u16>(JOIN + records * PORTABLE + TAG);
  for (let i: u32 = 0; i < records; i++) {
    const q = changetype<Portable>(WIRE + JOIN + i * PORTABLE);
    q.localAddr = VHOST; q.remoteAddr = CLIENT; q.localPort = <u16>PORT; q.remotePort = <u16>(9000 + i);
    q.rcvNxt = 111; q.sndNxt = 222; q.left = 30000; q.serial = 1 + i;
  }
  return m;
}
function give(src: u32): void {
  const n = <u32>load<u16>(WIRE, 6);
  tag(n);
  counters.clear();
  ft.input(WIRE, n, src);
}
/** It is refused, and counts once under `why`. */
function refused(src: u32, why: u32): void { give(src); counted(why); }
/** The old tail, alone in its chain, with n events applied and one TIME-WAIT record. */
function oldTail(): void {
  startKind(As.alone, DISCARD);
  connect(0);
  api.enter(r(), 0); api.close(0); poll();
  seg(K | F, 1, 2, 0); poll();
  expect(r().connections).toBe(0);
  expect(timewait.used()).toBe(1);
  forget();
}
/** The newcomer's word that it has the state up to a record. */
function taken(serial: u32): void { message(2, NEW, ATTEMPT, r().applied, 0).serial = serial; give(address(NEW)); }

describe("join", () => {
  afterEach(end);

  test("r27_the_old_tail_states_the_end_of_its_log_once_it_is_stopped", () => {
    oldTail();
    ft.feed(0, NEW, ATTEMPT);
    later(20);
    expect(sentTo(NEW)).toBe(0, "not before");
    ft.stopOrdering(0, ATTEMPT);
    later(1);
    expect(sentTo(NEW)).toBe(JOIN + PORTABLE + TAG);
    const m = changetype<Join>(msg);
    expect(<u32>m.magic).toBe(0x4a); expect(<u32>m.version).toBe(1); expect(<u32>m.kind).toBe(1); expect(<u32>m.sender).toBe(ME); expect(<u32>m.receiver).toBe(NEW);
    expect(m.attempt == ATTEMPT).toBeTruthy(); expect(m.applied).toBe(r().applied); expect(m.time).toBe(r().time); expect(m.history == r().history).toBeTruthy();
    expect(m.count).toBe(1);
    const q = changetype<Portable>(msg + JOIN);
    expect(q.remoteAddr).toBe(CLIENT); expect(<u32>q.remotePort).toBe(CPORT); expect(q.localAddr).toBe(VHOST); expect(q.rcvNxt).toBe(IRS + 2);
  });
  test("r27_it_is_said_again_until_the_newcomer_has_it", () => {
    oldTail();
    ft.feed(0, NEW, ATTEMPT); ft.stopOrdering(0, ATTEMPT);
    later(1); expect(sentTo(NEW) != 0).toBeTruthy();
    later(4); expect(sentTo(NEW)).toBe(0);
    later(1); expect(sentTo(NEW) != 0).toBeTruthy();
    expect(ft.stopped(0)).toBeFalsy();
    taken(changetype<Portable>(msg + JOIN).serial);
    expect(sum()).toBe(0, "it is accepted");
    expect(ft.stopped(0)).toBeTruthy();
    later(30); expect(sentTo(NEW)).toBe(0);
  });
  test("r27_the_old_tail_orders_nothing_until_it_is_told", () => {
    oldTail();
    const n = r().have;
    ft.feed(0, NEW, ATTEMPT); ft.stopOrdering(0, ATTEMPT);
    taken(99);
    segFrom(CPORT + 1, S, 0, 0, 0, BUF); poll(); later(2000);
    expect(r().have).toBe(n, "never by a timer of its own");
    ft.orderOn(0, ATTEMPT + 1); poll();
    expect(r().have).toBe(n, "nor by a word about another attempt");
    ft.orderOn(0, ATTEMPT);
    segFrom(CPORT + 2, S, 0, 0, 0, BUF); poll();
    expect(r().have > n).toBeTruthy();
    expect(ft.stopped(0)).toBeFalsy();
  });
  test("r27_a_newer_view_ends_the_attempt", () => {
    oldTail();
    ft.feed(0, NEW, ATTEMPT); ft.stopOrdering(0, ATTEMPT);
    enter(6, As.alone);
    expect(r().stopped).toBe(0);
    const n = r().have;
    segFrom(CPORT + 1, S, 0, 0, 0, BUF); poll();
    expect(r().have).toBe(n + 1);
    ft.stopOrdering(0, ATTEMPT);
    expect(r().stopped).toBe(0, "a late word");
  });
  test("r27_a_stop_for_another_attempt_is_nothing", () => {
    oldTail();
    ft.stopOrdering(0, ATTEMPT);
    expect(r().stopped).toBe(0, "there is none");
    ft.feed(0, NEW, ATTEMPT);
    ft.stopOrdering(0, ATTEMPT + 1);
    expect(r().stopped).toBe(0);
  });
  test("r27_nothing_is_stated_while_a_connection_lives_or_an_event_is_unstable", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    standing(2, 2);
    ft.feed(0, NEW, ATTEMPT); ft.stopOrdering(0, ATTEMPT);
    later(30);
    expect(sentTo(NEW)).toBe(0, "a connection");
    ft.orderOn(0, ATTEMPT);
    segFrom(CPORT, R, 1, 0, 0, BUF); poll();
    expect(r().connections).toBe(0);
    ft.feed(0, NEW, ATTEMPT); ft.stopOrdering(0, ATTEMPT);
    later(30);
    expect(sentTo(NEW)).toBe(0, "its end is not stable");
    standing(3, 3); later(1);
    expect(sentTo(NEW) != 0).toBeTruthy();
  });
  test("r27_the_old_tail_takes_only_the_newcomers_word", () => {
    oldTail();
    ft.feed(0, NEW, ATTEMPT);
    message(2, NEW, ATTEMPT, r().applied, 0); refused(address(NEW), Ft.replayed);
    ft.stopOrdering(0, ATTEMPT); later(1);
    message(2, NEW, ATTEMPT + 1, r().applied, 0).serial = 99; refused(address(NEW), Ft.replayed);
    message(2, UP, ATTEMPT, r().applied, 0).serial = 99; refused(address(UP), Ft.replayed);
    message(2, NEW, ATTEMPT, r().applied - 1, 0).serial = 99; refused(address(NEW), Ft.replayed);
    message(3, NEW, ATTEMPT, r().applied, 0).serial = 99; refused(address(NEW), Ft.replayed);
    message(2, NEW, ATTEMPT, r().applied, 0).serial = 99; refused(address(UP), Ft.notNeighbour);
    message(1, NEW, ATTEMPT, 7, 0); refused(address(NEW), Ft.notNeighbour);
    expect(ft.stopped(0)).toBeFalsy();
  });
  test("r27_the_newcomer_begins_where_the_old_tail_ended", () => {
    boot(DISCARD);
    expect(ft.caughtUp(0)).toBe(0);
    ft.awaitState(0, ATTEMPT, address(UP));
    expect(ft.caughtUp(0)).toBe(1); expect(r().role).toBe(Role.joining);
    message(1, UP, ATTEMPT, 777, 2); give(address(UP)); poll();
    expect(ft.caughtUp(0)).toBe(2);
    expect(r().applied).toBe(777); expect(r().have).toBe(777); expect(r().stable).toBe(777); expect(r().time).toBe(12345); expect(r().history == 0x1234567890).toBeTruthy();
    expect(timewait.used()).toBe(2);
    expect(timewait.find(VHOST, PORT, CLIENT, 9001)!.sndNxt).toBe(222);
    expect(sentTo(UP)).toBe(JOIN + TAG, "it says so");
    const m = changetype<Join>(msg);
    expect(<u32>m.kind).toBe(2); expect(m.attempt == ATTEMPT).toBeTruthy(); expect(m.applied).toBe(777); expect(m.serial).toBe(2); expect(<u32>m.receiver).toBe(UP); expect(m.count).toBe(0);
    message(1, UP, ATTEMPT, 777, 2); give(address(UP)); poll();
    expect(timewait.used()).toBe(2, "again: once");
    expect(sentTo(UP) != 0).toBeTruthy("its answer was lost");
    enter(6, As.tail);
    expect(r().role).toBe(Role.member); expect(r().applied).toBe(777);
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    expect(r().applied).toBe(778); expect(r().time >= 12345).toBeTruthy();
  });
  test("r27_a_full_message_is_not_the_last", () => {
    boot(DISCARD);
    ft.awaitState(0, ATTEMPT, address(UP));
    message(1, UP, ATTEMPT, 777, 32); give(address(UP)); poll();
    expect(ft.caughtUp(0)).toBe(1);
    expect(timewait.used()).toBe(TIME_WAITS, "as many as there is room for");
    expect(sentTo(UP) != 0).toBeTruthy();
    expect(changetype<Join>(msg).serial).toBe(32);
    message(1, UP, ATTEMPT, 777, 0); give(address(UP)); poll();
    expect(ft.caughtUp(0)).toBe(2);
  });
  test("r27_the_newcomer_takes_only_its_attempt_from_its_feeder", () => {
    boot(DISCARD);
    message(1, UP, ATTEMPT, 777, 0); refused(address(UP), Ft.notNeighbour);
    ft.awaitState(0, ATTEMPT, address(UP));
    message(1, UP, ATTEMPT - 1, 777, 0); refused(address(UP), Ft.notNeighbour);
    message(1, DOWN, ATTEMPT, 777, 0); refused(address(DOWN), Ft.notNeighbour);
    message(1, UP, ATTEMPT, 777, 0); refused(address(DOWN), Ft.notNeighbour);
    message(1, UP, ATTEMPT, 777, 0).receiver = <u8>DOWN; refused(address(UP), Ft.notNeighbour);
    message(1, 9, ATTEMPT, 777, 0); refused(address(9), Ft.notNeighbour);
    expect(ft.caughtUp(0)).toBe(1); expect(r().applied).toBe(0);
  });
  test("r27_a_member_takes_no_state", () => {
    start(As.tail);
    message(1, UP, 0, 777, 0); refused(address(UP), Ft.notNeighbour);
    expect(r().applied).toBe(0);
  });
  test("r23_whoever_begins_to_join_drops_what_it_had", () => {
    start(As.tail);
    connect(0);
    ft.awaitState(0, ATTEMPT, address(UP));
    expect(exists(0)).toBeFalsy(); expect(r().applied).toBe(0); expect(ft.viewNumber(0)).toBe(0); expect(ft.heardView(0)).toBe(5);
    message(1, UP, ATTEMPT, 50, 0); give(address(UP));
    ft.awaitState(0, ATTEMPT, address(UP));
    expect(ft.caughtUp(0)).toBe(2, "the same attempt goes on");
    ft.awaitState(0, ATTEMPT + 1, address(UP));
    expect(ft.caughtUp(0)).toBe(1, "another begins afresh");
    expect(r().applied).toBe(0);
  });
  test("malformed_and_forged_join_messages_count_once_each", () => {
    boot(DISCARD);
    ft.awaitState(0, ATTEMPT, address(UP));
    const n = JOIN + PORTABLE + TAG;
    message(1, UP, ATTEMPT, 777, 1); tag(n);
    memory.copy(GOOD, WIRE, n);
    for (let k: u32 = 1; k < n; k++) { counters.clear(); ft.input(WIRE, k, address(UP)); counted(Ft.shortMessage); }
    message(1, UP, ATTEMPT, 777, 1).version = 2; refused(address(UP), Ft.shortMessage);
    message(1, UP, ATTEMPT, 777, 1).count = 2; refused(address(UP), Ft.shortMessage);
    message(1, UP, ATTEMPT, 777, 1).count = 0; refused(address(UP), Ft.shortMessage);
    message(1, UP, ATTEMPT, 777, 33); refused(address(UP), Ft.shortMessage);
    message(1, UP, ATTEMPT, 777, 1).count = 1 + 0x66666666 * 5; refused(address(UP), Ft.shortMessage);
    message(1, UP, ATTEMPT, 777, 1).service = 1; refused(address(UP), Ft.unknownService);
    message(1, UP, ATTEMPT, 777, 1).service = 200; refused(address(UP), Ft.unknownService);
    for (let bit: u32 = 0; bit < n << 3; bit++) {
      memory.copy(WIRE, GOOD, n);
      store<u8>(WIRE + (bit >> 3), load<u8>(WIRE + (bit >> 3)) ^ <u8>(<u32>1 << (bit & 7)));
      counters.clear();
      ft.input(WIRE, n, address(UP));
      expect(sum()).toBe(1); expect(counters.get(Ft.taken)).toBe(0);
    }
    expect(ft.caughtUp(0)).toBe(1); expect(timewait.used()).toBe(0);
    memory.copy(WIRE, GOOD, n);
    ft.input(WIRE, n, address(UP));
    expect(ft.caughtUp(0)).toBe(2);
  });
});
