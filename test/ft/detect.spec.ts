import { As, DISCARD, K, above, below, configure, connect, deliver, done, end, enter, evData, events, later, poll, r, seg, start, standing, up } from "./bed";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as detect from "../../assembly/ft/detect";
import * as ft from "../../assembly/ft/ft";
import { Role, Suspect } from "../../assembly/ft/replica";
import * as blocks from "../core/block";

/** The service's heartbeat, retransmission threshold and lag limit as the test wants them. */
function startWith(as_: As, heartbeat: u32, threshold: u32, lag: u32): void {
  const p = configure(DISCARD);
  store<u16>(p, <u16>heartbeat, 32); store<u16>(p, <u16>threshold, 36); store<u16>(p, <u16>lag, 38);
  expect(config.parse(blocks.address(), blocks.end())).toBe(0);
  up();
  enter(5, as_);
}
/** Suspicion after that many milliseconds in which only the named neighbours are heard. */
function after(ms: u32, up: bool, down: bool): u32 {
  let s: u32 = 0;
  for (let i: u32 = 0; i < ms; i++) {
    later(1);
    if (up) { above(); deliver(); }
    if (down) { below(); deliver(); }
    s |= ft.suspicion(0);
  }
  return s;
}
/** The client sends its first byte again. */
function again(): void { later(100); burst(); }
function burst(): void { seg(K, 1, 1, 10); poll(); }

describe("detect", () => {
  afterEach(end);

  test("r24_silence_beyond_its_limit_accuses_the_neighbour", () => {
    start(As.middle);
    expect(after(100, true, true)).toBe(0);
    expect(after(30, true, false)).toBe(0, "30 ms are allowed");
    expect(after(1, true, false)).toBe(Suspect.successor);
    below(); deliver();
    ft.suspicion(0);
    expect(after(30, false, true)).toBe(0);
    expect(after(1, false, true)).toBe(Suspect.predecessor);
    expect(r().role).toBe(Role.member, "an accusation removes nobody");
    expect(ft.viewNumber(0)).toBe(5);
  });
  test("r24_a_message_that_is_refused_is_no_sign_of_life", () => {
    start(As.middle);
    let s: u32 = 0;
    for (let i = 0; i < 40; i++) {
      later(1);
      above(); deliver();
      below().receiverIncarnation = 1; deliver();
      s |= ft.suspicion(0);
    }
    expect(s).toBe(Suspect.successor);
  });
  test("r24_the_ends_of_the_chain_have_one_neighbour", () => {
    start(As.primary);
    expect(after(60, false, true)).toBe(0);
    expect(after(60, false, false)).toBe(Suspect.successor);
    end();
    start(As.tail);
    expect(after(60, true, false)).toBe(0);
    expect(after(60, false, false)).toBe(Suspect.predecessor);
    end();
    start(As.alone);
    expect(after(60, false, false)).toBe(0);
  });
  test("r24_suspicion_is_told_once", () => {
    start(As.tail);
    later(40);
    expect(ft.suspicion(0)).toBe(Suspect.predecessor);
    expect(ft.suspicion(0)).toBe(0);
    later(1);
    expect(ft.suspicion(0)).toBe(Suspect.predecessor, "and again while it lasts");
  });
  test("without_a_heartbeat_silence_accuses_nobody", () => {
    startWith(As.middle, 0, 0, 0);
    expect(after(1000, false, false)).toBe(0);
  });
  test("r25_own_sleep_is_no_silence_of_others", () => {
    start(As.middle);
    after(20, true, true);
    clock.set(clock.now + 500000);
    poll();
    expect(ft.suspicion(0)).toBe(0);
    expect(after(20, false, false)).toBe(0, "what they had left goes on");
    expect(after(20, false, false)).toBe(Suspect.predecessor | Suspect.successor);
  });
  test("r25_polls_a_little_late_are_no_sleep", () => {
    start(As.middle);
    let s: u32 = 0;
    for (let i = 0; i < 12; i++) { clock.set(clock.now + 4000); poll(); s |= ft.suspicion(0); }
    expect(s).toBe(Suspect.predecessor | Suspect.successor);
  });
  test("r25_polls_no_later_than_asked_for_are_no_sleep", () => {
    start(As.tail);
    let s: u32 = 0, t: u32 = 0;
    // Nobody is heard, and the node is polled only when it asked for it: every heartbeat.
    while (t < 60000 && s == 0) { const wait = poll(); t += wait; clock.set(clock.now + wait); s |= ft.suspicion(0); }
    expect(s).toBe(Suspect.predecessor);
    expect(t > 30000 && t <= 50000).toBeTruthy(t.toString());
  });
  test("a_new_view_starts_the_clocks_anew", () => {
    start(As.middle);
    after(25, false, false);
    enter(6, As.middle);
    expect(after(30, false, false)).toBe(0);
    expect(after(1, false, false)).toBe(Suspect.predecessor | Suspect.successor);
  });
  test("a_clients_retransmissions_accuse_the_primary_at_the_threshold", () => {
    startWith(As.tail, 0, 3, 0);
    connect(0);
    seg(K, 1, 1, 10); poll();
    again(); again();
    expect(ft.suspicion(0)).toBe(0);
    again();
    expect(ft.suspicion(0)).toBe(Suspect.primary);
    again(); again();
    expect(ft.suspicion(0)).toBe(0, "counted anew");
  });
  test("a_burst_of_repairs_counts_once", () => {
    startWith(As.tail, 0, 3, 0);
    connect(0);
    seg(K, 1, 1, 10); poll();
    for (let i = 0; i < 20; i++) burst();
    again();
    expect(ft.suspicion(0)).toBe(0);
    again();
    expect(ft.suspicion(0)).toBe(Suspect.primary);
  });
  test("a_connection_that_gets_on_accuses_nobody", () => {
    startWith(As.tail, 0, 3, 0);
    connect(0);
    for (let i: u32 = 0; i < 5; i++) { seg(K, 1 + i * 10, 1, 10); poll(); again(); again(); }
    expect(ft.suspicion(0)).toBe(0);
  });
  test("the_primary_is_not_accused_by_itself", () => {
    startWith(As.alone, 0, 3, 0);
    connect(0);
    seg(K, 1, 1, 10); poll();
    for (let i = 0; i < 10; i++) again();
    expect(ft.suspicion(0)).toBe(0);
  });
  test("without_a_threshold_retransmissions_accuse_nobody", () => {
    startWith(As.tail, 0, 0, 0);
    connect(0);
    seg(K, 1, 1, 10); poll();
    for (let i = 0; i < 20; i++) again();
    expect(ft.suspicion(0)).toBe(0);
  });
  test("i6_a_predecessor_that_does_not_apply_is_accused_after_the_lag_limit", () => {
    startWith(As.tail, 0, 0, 50);
    connect(0);
    standing(1, 0);
    let s: u32 = 0;
    for (let i = 0; i < 50; i++) { later(1); s |= ft.suspicion(0); }
    expect(s).toBe(0);
    later(1);
    expect(ft.suspicion(0)).toBe(Suspect.predecessorLag);
    standing(2, 0);
    later(2); ft.suspicion(0);
    later(200);
    expect(ft.suspicion(0)).toBe(0, "it has caught up");
  });
  test("i6_a_predecessor_that_is_behind_now_and_then_is_not_accused", () => {
    startWith(As.tail, 0, 0, 100);
    connect(0);
    standing(1, 0);
    let s: u32 = 0;
    // Always one event behind, each applied 4 ms after it was here: less than a twentieth of the limit.
    for (let i: u32 = 0; i < 90; i++) { seg(K, 1 + i, 1, 1); poll(); later(2); standing(2 + i, 0); s |= ft.suspicion(0); }
    expect(s).toBe(0);
  });
  test("i6_a_predecessor_that_gets_on_and_is_never_near_is_accused_after_the_lag_limit", () => {
    startWith(As.tail, 0, 0, 50);
    for (let i: u32 = 0; i < 9; i++) connect(i);
    let s: u32 = 0;
    for (let i: u32 = 1; i < 6; i++) { for (let k = 0; k < 10; k++) { later(1); s |= ft.suspicion(0); } standing(i, 0); }
    expect(s).toBe(0);
    for (let k = 0; k < 10; k++) { later(1); s |= ft.suspicion(0); }
    expect(s).toBe(Suspect.predecessorLag);
  });
  test("i6_a_client_that_waits_for_the_laggard_does_not_hide_it", () => {
    startWith(As.tail, 0, 0, 50);
    connect(0);
    standing(2, 0);
    later(3); ft.suspicion(0);
    let s: u32 = 0;
    // A request a time: each is applied 20 ms late, then there is nothing to apply until the next.
    for (let i: u32 = 0; i < 2; i++) { seg(K, 1 + i, 1, 1); poll(); for (let k = 0; k < 20; k++) later(1); standing(3 + i, 0); s |= ft.suspicion(0); later(1); }
    expect(s).toBe(0);
    seg(K, 3, 1, 1); poll();
    for (let k = 0; k < 20; k++) { later(1); s |= ft.suspicion(0); }
    expect(s).toBe(Suspect.predecessorLag);
  });
  test("i6_a_successor_that_does_not_order_what_it_is_told_is_accused", () => {
    startWith(As.middle, 0, 0, 50);
    connect(0);
    standing(2, 2);
    later(1); ft.suspicion(0);
    seg(K, 1, 1, 10); poll();
    let s: u32 = 0;
    for (let i = 0; i < 49; i++) { later(1); s |= ft.suspicion(0); }
    expect(s).toBe(0);
    for (let i = 0; i < 4; i++) { later(1); s |= ft.suspicion(0); }
    expect(s).toBe(Suspect.lag);
    events(2); evData(0, 0, 10); done();
    standing(3, 3); later(4); ft.suspicion(0);
    later(100);
    expect(ft.suspicion(0)).toBe(0);
  });
});
