import { As, BUF, CHARGEN, CPORT, DISCARD, K, R, conn, connect, end, exists, forget, later, poll, r, segFrom, start, startKind } from "./bed";
import { CHUNK, CHUNKS } from "../../assembly/core/sizes";
import * as stream from "../../assembly/tcp/stream";
import * as api from "../../assembly/ft/api";
import * as budget from "../../assembly/ft/budget";

const SHARE: u32 = CHUNKS / 2;

/** Chunks by counting. */
function slow(from: u32, to: u32): u32 {
  let n: u32 = 0, last: u32 = 0;
  for (let i = from; i != to; i++) { if (n == 0 || i / CHUNK != last) { n++; last = i / CHUNK; } }
  return n;
}
/** As many connections as the share feeds, each with a full send buffer of 16 chunks, and one more. */
function exhaust(): u32 {
  const full = SHARE / 16;
  for (let c: u32 = 0; c <= full; c++) connect(c);
  return full;
}
/** The client of connection c acknowledges everything. */
function ackAll(c: u32): void { segFrom(CPORT + c, K, 1, conn(c).prod + 1, 0, BUF); poll(); }

describe("budget", () => {
  afterEach(end);

  test("chunks_are_those_that_the_bytes_lie_in", () => {
    start(As.tail);
    for (let a: u32 = 0; a < 3; a++) {
      const base = a == 0 ? 0 : a == 1 ? CHUNK * 7 - 3 : 0xffffffff - CHUNK - 5;
      for (let from = base; from != base + 7; from++) for (let n: u32 = 0; n < CHUNK * 2 + 9; n += n < 4 ? 1 : 1021) expect(budget.chunks(from, from + n)).toBe(slow(from, from + n));
    }
  });
  test("room_is_the_most_that_keeps_within_the_share", () => {
    startKind(As.tail, DISCARD);
    const c = connect(0);
    for (let free: u32 = 0; free < 4; free++) for (let i: u32 = 0; i < 40; i++) {
      c.acked = i * 1777; c.prod = c.acked + i * 331 % 9000;
      r().sndChunks = SHARE - free;
      const n = budget.room(r(), c), held = budget.chunks(c.acked, c.prod);
      expect(budget.chunks(c.acked, c.prod + n) - held <= free).toBeTruthy("within");
      expect(budget.chunks(c.acked, c.prod + n + 1) - held > free).toBeTruthy("the most");
    }
    c.acked = 0; c.prod = 0; r().sndChunks = 0;
  });
  test("what_is_produced_is_counted_and_what_is_released_given_back", () => {
    startKind(As.tail, DISCARD);
    connect(0); connect(1);
    api.enter(r(), 0);
    api.send(0, BUF, CHUNK + 1); api.send(1, BUF, 1);
    expect(r().sndChunks).toBe(3);
    segFrom(CPORT, K, 1, CHUNK + 2, 0, BUF); poll();
    expect(conn(0).acked).toBe(CHUNK + 1);
    expect(r().sndChunks).toBe(1);
    segFrom(CPORT + 1, R, 1, 0, 0, BUF); poll();
    expect(r().sndChunks).toBe(0);
  });
  test("i6_a_service_never_holds_more_than_its_share", () => {
    startKind(As.alone, CHARGEN);
    const n = exhaust();
    expect(r().sndChunks).toBe(SHARE);
    expect(conn(n).prod).toBe(0, "nothing is left for it");
    expect(stream.available() >= CHUNKS - SHARE - n * 2).toBeTruthy("index chunks apart");
  });
  test("who_found_no_chunk_is_called_when_another_gives_some_back", () => {
    startKind(As.alone, CHARGEN);
    const n = exhaust();
    later(5);
    expect(conn(n).prod).toBe(0);
    forget();
    api.enter(r(), 0); api.close(0);
    ackAll(0);
    expect(conn(n).prod).toBe(65536);
  });
  test("who_found_no_chunk_is_called_when_another_connection_ends", () => {
    startKind(As.alone, CHARGEN);
    const n = exhaust();
    segFrom(CPORT, R, 1, 0, 0, BUF); poll();
    expect(exists(0)).toBeFalsy();
    expect(conn(n).prod).toBe(65536);
  });
  test("who_was_refused_is_called_in_turn", () => {
    startKind(As.alone, CHARGEN);
    const n = exhaust();
    connect(n + 1);
    api.enter(r(), 0); api.close(0);
    ackAll(0);
    expect(conn(n).prod).toBe(65536, "the one that waited longest");
    expect(conn(n + 1).prod).toBe(0);
    api.enter(r(), 1); api.close(1);
    ackAll(1);
    expect(conn(n + 1).prod).toBe(65536);
  });
});
