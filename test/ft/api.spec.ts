import { As, BUF, CPORT, DISCARD, ECHO, K, R, S, boot, configure, connect, end, enter, exists, kind, later, member, poll, produced, r, seg, segFrom, start, startKind, up } from "./bed";
import { STATE } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as tcp from "../../assembly/tcp/tcp";
import * as api from "../../assembly/ft/api";
import { Kind } from "../../assembly/ft/event";
import * as replica from "../../assembly/ft/replica";
import * as blocks from "../core/block";

const TO: usize = memory.data(1 << 16, 16);
const NONE: u32 = 9;

describe("api", () => {
  afterEach(end);

  test("a_connection_that_is_not_there_gives_nothing", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    api.enter(r(), 0);
    for (let i = 0; i < 3; i++) {
      const c: u32 = i == 0 ? NONE : i == 1 ? 64 : 0xffffffff;
      expect(api.recv(c, TO, 100)).toBe(0); expect(api.unread(c)).toBe(0); expect(api.send(c, BUF, 100)).toBe(0); expect(api.room(c)).toBe(0); expect(api.state(c)).toBe(0);
      api.close(c); api.abort(c);
    }
    poll();
    expect(r().applied).toBe(2);
  });
  test("r5_only_deposited_bytes_can_be_read", () => {
    boot(ECHO);
    enter(5, As.middle);
    connect(0);
    seg(K, 1, 1, 100); poll();
    api.enter(r(), 0);
    expect(api.unread(0)).toBe(0); expect(api.recv(0, TO, 100)).toBe(0);
  });
  test("bytes_are_read_once_and_in_order", () => {
    boot(ECHO);
    enter(5, As.tail);
    const c = connect(0);
    seg(K, 1, 1, 10); poll();
    expect(c.prod).toBe(10, "echo has read them");
    expect(c.readOff).toBe(10);
    expect(memory.compare(tcp.sndSpan(c, 0), BUF, 10)).toBe(0);
  });
  test("send_takes_what_there_is_room_for", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    api.enter(r(), 0);
    expect(api.room(0)).toBe(65536);
    expect(api.send(0, BUF, 40000)).toBe(40000);
    expect(api.room(0)).toBe(25536);
    expect(member(0).flags & replica.MemberFlag.refused).toBe(0);
    expect(api.send(0, BUF, 40000)).toBe(25536);
    expect(member(0).flags & replica.MemberFlag.refused).toBe(replica.MemberFlag.refused);
    expect(api.send(0, BUF, 1)).toBe(0);
    expect(c.prod).toBe(65536);
    expect(r().bytesOut == 65536).toBeTruthy();
  });
  test("r6_the_digest_depends_on_the_bytes_and_not_on_the_pieces", () => {
    startKind(As.tail, DISCARD);
    connect(0); connect(1); connect(2);
    api.enter(r(), 0);
    api.send(0, BUF, 5000);
    let at: u32 = 0;
    for (let n: u32 = 1; at < 5000; n = n * 3 % 701 + 1) { const k = min<u32>(n, 5000 - at); api.send(1, BUF + at, k); at += k; }
    expect(produced(0) == produced(1)).toBeTruthy();
    memory.copy(TO, BUF, 5000);
    store<u8>(TO + 4321, load<u8>(TO + 4321) ^ 64);
    api.send(2, TO, 5000);
    expect(produced(0) == produced(2)).toBeFalsy();
  });
  test("close_ends_what_is_produced", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    api.enter(r(), 0);
    api.send(0, BUF, 10); api.close(0); api.close(0);
    expect(<u32>c.prodFin).toBe(1); expect(<u32>c.okFin).toBe(1);
    expect(api.room(0)).toBe(0); expect(api.send(0, BUF, 10)).toBe(0);
    expect(c.prod).toBe(10);
  });
  test("abort_ends_all_calls_and_becomes_an_event", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    api.enter(r(), 0);
    api.abort(0);
    expect(api.send(0, BUF, 10)).toBe(0); expect(api.room(0)).toBe(0);
    expect(exists(0)).toBeTruthy("until its event");
    poll();
    expect(kind(2)).toBe(Kind.reset);
    expect(exists(0)).toBeFalsy();
    expect(api.state(0) != 0).toBeTruthy("its number is not free yet");
  });
  test("r3_an_abort_at_a_backup_waits_for_the_tails_event", () => {
    startKind(As.middle, DISCARD);
    connect(0);
    api.enter(r(), 0); api.abort(0); later(20);
    expect(exists(0)).toBeTruthy();
    expect(r().have).toBe(2);
  });
  test("r3_now_is_the_time_of_the_event", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    const t = r().time;
    later(50);
    api.enter(r(), 0);
    expect(api.now()).toBe(t);
    seg(K, 1, 1, 1); poll();
    expect(api.now()).toBe(t + 50);
  });
  test("r3_random_is_a_function_of_the_history", () => {
    startKind(As.tail, DISCARD);
    connect(0);
    api.enter(r(), 0);
    const a = api.random(), b = api.random();
    expect(a).not.toBe(b);
    later(30);
    api.enter(r(), 0);
    expect(api.random()).toBe(a); expect(api.random()).toBe(b);
    seg(K, 1, 1, 1); poll();
    api.enter(r(), 0);
    expect(api.random()).not.toBe(a);
  });
  test("a_timer_that_is_set_again_moves", () => {
    start(As.tail);
    api.enter(r(), api.NONE);
    const t = clock.ms - r().time;
    api.setTimer(0, t + 5); api.setTimer(0, t + 20);
    later(19);
    expect(r().applied).toBe(0);
    later(1);
    expect(r().applied).toBe(1);
  });
  test("a_connections_state_is_zero_at_accept_and_its_own", () => {
    startKind(As.alone, DISCARD);
    connect(0); connect(1);
    api.enter(r(), 0);
    const a = api.state(0), b = api.state(1);
    expect(a != b).toBeTruthy();
    memory.fill(a, 0xff, STATE);
    for (let i: u32 = 0; i < STATE; i++) expect(load<u8>(b + i)).toBe(0);
    segFrom(CPORT, R, 1, 0, 0, BUF); poll();
    segFrom(CPORT + 2, S, 0, 0, 0, BUF); poll();
    api.enter(r(), 0);
    expect(api.state(0)).toBe(a, "the number comes again");
    for (let i: u32 = 0; i < STATE; i++) expect(load<u8>(a + i)).toBe(0);
  });
  test("parameters_are_the_services", () => {
    const p = configure(DISCARD);
    for (let i: u32 = 0; i < 4; i++) store<u32>(p + 44 + (i << 2), 100 + i);
    expect(config.parse(blocks.address(), blocks.end())).toBe(0);
    up();
    api.enter(r(), 0);
    for (let i: u32 = 0; i < 8; i++) expect(api.param(i)).toBe(100 + (i & 3));
  });
  test("content_outside_the_image_is_an_error", () => {
    startKind(As.tail, DISCARD);
    api.enter(r(), api.NONE);
    expect(api.contentSize()).toBe(0);
    expect(api.content(0, TO, 10)).toBe(-5);
  });
});
