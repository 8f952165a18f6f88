import { CHUNK, CHUNKS } from "../../assembly/core/sizes";
import { Stream } from "../../assembly/tcp/stream";
import * as stream from "../../assembly/tcp/stream";

const S: usize = memory.data(8, 16);
const OTHER: usize = memory.data(8, 16);
const BUF: usize = memory.data(1 << 17, 16);
const GOT: usize = memory.data(1 << 17, 16);
function s(): Stream { return changetype<Stream>(S); }
/** Bytes that differ from their neighbours. */
function pattern(): void { for (let i: u32 = 0; i < 1 << 17; i++) store<u8>(BUF + i, <u8>(i * 13 >> 2)); }

/** How many of the bytes [from, to) are not (offset * 7) >> 1. */
function wrong(from: u32, to: u32): u32 {
  if (from == to) return 0;
  stream.read(s(), from, GOT, to - from);
  let bad: u32 = 0;
  for (let i: u32 = 0; i < to - from; i++) if (load<u8>(GOT + i) != <u8>((from + i) * 7 >> 1)) bad++;
  return bad;
}

describe("stream", () => {
  beforeEach(() => { stream.init(); memory.fill(S, 0, 8); pattern(); });
  test("bytes_come_back_at_any_offset_also_around_the_wrap", () => {
    const offsets: u32[] = [0, 1, CHUNK - 1, CHUNK, 12345, 0xffffffff - 5000, 0xfffff000];
    for (let i = 0; i < offsets.length; i++) {
      expect(stream.write(s(), offsets[i], BUF, 50000)).toBe(50000);
      stream.read(s(), offsets[i], GOT, 50000);
      expect(memory.compare(BUF, GOT, 50000)).toBe(0);
      stream.release(s(), offsets[i], offsets[i] + 50000, true);
      expect(stream.available()).toBe(CHUNKS);
    }
  });
  test("a_short_stream_holds_one_chunk_and_an_empty_one_none", () => {
    stream.write(s(), 100, BUF, 200);
    expect(stream.available()).toBe(CHUNKS - 1);
    stream.release(s(), 100, 300, true);
    expect(stream.available()).toBe(CHUNKS);
  });
  test("chunks_are_given_back_as_the_front_moves", () => {
    stream.write(s(), 0, BUF, 10 * CHUNK);
    expect(stream.available()).toBe(CHUNKS - 11);
    stream.release(s(), 0, 3 * CHUNK + 1, false);
    expect(stream.available()).toBe(CHUNKS - 8);
    expect(stream.span(s(), 3 * CHUNK - 1)).toBe(0);
    expect(stream.span(s(), 3 * CHUNK)).not.toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("bytes_may_be_written_with_gaps", () => {
    stream.write(s(), 5 * CHUNK, BUF, 10);
    stream.write(s(), 0, BUF + 10, 10);
    expect(stream.span(s(), 2 * CHUNK)).toBe(0);
    stream.read(s(), 5 * CHUNK, GOT, 10);
    expect(memory.compare(BUF, GOT, 10)).toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("an_empty_pool_takes_what_fits", () => {
    let n: u32 = 0;
    while (stream.available() > 1) { stream.write(s(), n * CHUNK, BUF, CHUNK); n++; }
    expect(stream.write(s(), n * CHUNK, BUF, 3 * CHUNK)).toBe(CHUNK);
    expect(stream.write(s(), (n + 1) * CHUNK, BUF, 1)).toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("whatever_is_written_and_released_at_random_reads_as_a_flat_array_would", () => {
    let seed: u32 = 9, from: u32 = 0xffff0000, to: u32 = from;
    for (let round = 0; round < 400; round++) {
      seed = seed * 1664525 + 1013904223;
      const n = (seed >> 12) % 9000;
      if (to - from + n <= 60000) {
        for (let i: u32 = 0; i < n; i++) store<u8>(GOT + i, <u8>((to + i) * 7 >> 1));
        expect(stream.write(s(), to, GOT, n)).toBe(n);
        to += n;
      }
      const k = min<u32>((seed >> 4) % 9000, to - from);
      stream.release(s(), from, from + k, from + k == to);
      from += k;
      if (round % 20 == 0) expect(wrong(from, to)).toBe(0, round.toString());
      expect(stream.available() + stream.held(s())).toBe(CHUNKS);
      // no more than the chunks that the bytes lie in, and an index
      expect(stream.held(s()) <= (to - from + 2 * CHUNK - 2) / CHUNK + 1).toBeTruthy();
    }
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("two_streams_do_not_mix", () => {
    const t = changetype<Stream>(OTHER);
    memory.fill(OTHER, 0, 8);
    for (let i: u32 = 0; i < 8; i++) { stream.write(s(), i * CHUNK, BUF + i * 100, CHUNK); stream.write(t, i * CHUNK, BUF + 50000 + i * 100, CHUNK); }
    for (let i: u32 = 0; i < 8; i++) {
      stream.read(s(), i * CHUNK, GOT, CHUNK);
      expect(memory.compare(GOT, BUF + i * 100, CHUNK)).toBe(0);
      stream.read(t, i * CHUNK, GOT, CHUNK);
      expect(memory.compare(GOT, BUF + 50000 + i * 100, CHUNK)).toBe(0);
    }
    stream.clear(s());
    expect(stream.held(t)).toBe(9);
    stream.clear(t);
    expect(stream.available()).toBe(CHUNKS);
  });
  test("an_index_that_was_given_back_begins_empty_again", () => {
    for (let round: u32 = 0; round < 5; round++) {
      const from = round * CHUNK * 3 + CHUNK - 10;
      stream.write(s(), from, BUF, 20);
      expect(stream.available()).toBe(CHUNKS - 3, "two chunks and the index");
      expect(stream.span(s(), from + CHUNK + 20)).toBe(0, "nothing is left of the round before");
      stream.release(s(), from, from + 20, round == 3);
      if (round != 3) stream.clear(s());
      expect(stream.available()).toBe(CHUNKS);
    }
  });
  test("every_chunk_of_the_pool_can_hold_data_after_an_index_was_given_back", () => {
    stream.write(s(), CHUNK - 10, BUF, 20);
    stream.clear(s());
    changetype<Stream>(OTHER).root = 0;
    let held: u32 = 0;
    while (stream.write(s(), held, BUF, CHUNK) == CHUNK) held += CHUNK;
    expect(held / CHUNK).toBe(CHUNKS - 1, "all but the index");
    expect(stream.available()).toBe(0);
    stream.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
});
