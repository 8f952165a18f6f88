import { As, BUF, CPORT, DISCARD, IRS, K, S, below, deliver, end, forget, kind, out, poll, r, segFrom, sentSegment, startKind } from "./bed";
import { CONNS } from "../../assembly/core/sizes";
import * as counters from "../../assembly/core/counters";
import { Tcp as C } from "../../assembly/tcp/counters";
import { Listener } from "../../assembly/tcp/tcp";
import { Kind, synOf } from "../../assembly/ft/event";
import { event } from "../../assembly/ft/replica";

const LIMIT: u32 = CONNS / 8 + 1;

function cookies(): bool { return changetype<Listener>(r().listener).cookies != 0; }
/** A bare SYN from each of n ports. */
function syns(first: u32, n: u32): void { for (let i: u32 = 0; i < n; i++) { segFrom(first + i, S, 0, 0, 0, BUF); poll(); } }

describe("flood", () => {
  afterEach(end);

  test("r12_the_tail_begins_with_cookies_at_its_limit_of_open_handshakes", () => {
    startKind(As.tail, DISCARD);
    syns(6000, LIMIT - 1);
    poll();
    expect(r().cookies).toBe(0);
    syns(7000, 1); poll();
    expect(r().cookies).toBe(1); expect(cookies()).toBeTruthy();
    expect(r().embryos).toBe(LIMIT);
    const n = r().have;
    syns(8000, 20);
    expect(r().have).toBe(n, "a bare SYN makes no event");
    expect(r().embryos).toBe(LIMIT);
  });
  test("r12_cookies_end_at_half_of_the_limit", () => {
    startKind(As.tail, DISCARD);
    syns(CPORT, LIMIT); poll();
    for (let i: u32 = 0; r().embryos > LIMIT / 2 + 1; i++) { segFrom(CPORT + i, K, 1, 1, 0, BUF); poll(); }
    poll();
    expect(r().cookies).toBe(1);
    segFrom(CPORT + LIMIT - 1, K, 1, 1, 0, BUF); poll(); poll();
    expect(r().embryos).toBe(LIMIT / 2);
    expect(r().cookies).toBe(0); expect(cookies()).toBeFalsy();
  });
  test("r12_the_others_follow_the_tails_word", () => {
    startKind(As.middle, DISCARD);
    below().flags = 3; deliver();
    expect(cookies()).toBeTruthy();
    poll();
    expect(r().cookies).toBe(1, "it does not judge itself");
    below(); deliver();
    expect(cookies()).toBeFalsy();
  });
  test("r12_the_primary_answers_with_a_cookie_that_makes_a_connection", () => {
    startKind(As.alone, DISCARD);
    syns(6000, LIMIT); poll(); forget();
    const n = r().have;
    segFrom(CPORT, S, 0, 0, 0, BUF); poll();
    expect(counters.get(C.cookieSent)).toBe(1);
    expect(sentSegment()).toBeTruthy();
    expect(<u32>out().bits).toBe(S | K); expect(out().ack).toBe(IRS + 1);
    const iss = out().seq;
    expect(r().have).toBe(n);
    segFrom(CPORT, K, 1, iss - 5000 + 1, 0, BUF); poll(); poll();
    expect(kind(n)).toBe(Kind.syn); expect(synOf(event(r(), n)).iss).toBe(iss, "the ISN that the ACK confirms");
    expect(kind(n + 1)).toBe(Kind.accept);
  });
  test("r12_an_ack_that_is_no_cookies_makes_nothing", () => {
    startKind(As.alone, DISCARD);
    syns(6000, LIMIT); poll(); forget();
    const n = r().have;
    segFrom(CPORT, K, 1, 12345, 0, BUF); poll();
    expect(r().have).toBe(n);
    expect(counters.get(C.cookieEarly)).toBe(1);
    expect(sentSegment()).toBeFalsy("it may follow a cookie's ACK that is not here yet");
  });
});
