import { CHUNK, CHUNKS, CONNS } from "../../assembly/core/sizes";
import { Stream } from "../../assembly/tcp/stream";
import * as rcvpool from "../../assembly/tcp/rcvpool";
import * as stream from "../../assembly/tcp/stream";

const S: usize = memory.data(8, 16);
const BUF: usize = memory.data(1 << 17, 16);
const GOT: usize = memory.data(1 << 17, 16);
const SENDERS: usize = memory.data(8 * CONNS, 16);
function s(): Stream { return changetype<Stream>(S); }
/** Bytes that differ from their neighbours. */
function pattern(): void { for (let i: u32 = 0; i < 1 << 17; i++) store<u8>(BUF + i, <u8>(i * 13 >> 2)); }

describe("receive pool", () => {
  beforeEach(() => { stream.init(); rcvpool.init(); memory.fill(S, 0, 8); memory.fill(SENDERS, 0, 8 * CONNS); pattern(); });
  test("an_index_goes_with_the_last_but_one_chunk", () => {
    expect(rcvpool.write(s(), 0, BUF, 3 * CHUNK, 0)).toBe(3 * CHUNK);
    expect(rcvpool.used()).toBe(4);
    rcvpool.release(s(), 0, 2 * CHUNK + 10, false);
    expect(rcvpool.used()).toBe(1);
    expect(stream.available()).toBe(CHUNKS - 1);
    stream.read(s(), 2 * CHUNK + 10, GOT, CHUNK - 10);
    expect(memory.compare(BUF + 2 * CHUNK + 10, GOT, CHUNK - 10)).toBe(0);
    expect(rcvpool.write(s(), 3 * CHUNK, BUF, CHUNK, 0)).toBe(CHUNK);
    expect(rcvpool.used()).toBe(3);
    rcvpool.clear(s());
    expect(rcvpool.used()).toBe(0);
    expect(stream.available()).toBe(CHUNKS);
  });
  test("receiving_leaves_sending_its_half_and_its_indices", () => {
    let off: u32 = 0;
    for (;;) { const n = rcvpool.write(s(), off, BUF, 1000, 0); off += n; if (n != 1000) break; }
    expect(rcvpool.low()).toBeTruthy();
    expect(rcvpool.used() <= rcvpool.LIMIT).toBeTruthy();
    expect(rcvpool.write(s(), off, BUF, 1000, 0)).toBe(0, "no chunk for more");
    const each = CHUNKS / 2 / CONNS;
    for (let i: u32 = 0; i < CONNS; i++) {
      const x = changetype<Stream>(SENDERS + (i << 3));
      expect(stream.write(x, 0, BUF, each * CHUNK)).toBe(each * CHUNK);
    }
    for (let i: u32 = 0; i < CONNS; i++) stream.clear(changetype<Stream>(SENDERS + (i << 3)));
    rcvpool.clear(s());
    expect(stream.available()).toBe(CHUNKS);
  });
  test("what_is_spared_is_left_to_others_and_low_begins_at_half", () => {
    let off: u32 = 0;
    for (;;) { const n = rcvpool.write(s(), off, BUF, CHUNK, rcvpool.LIMIT / 4); if (n == 0) break; off += n; expect(rcvpool.low()).toBe(rcvpool.used() >= rcvpool.LIMIT / 2); }
    expect(rcvpool.used() <= rcvpool.LIMIT - rcvpool.LIMIT / 4).toBeTruthy();
    expect(rcvpool.write(s(), off, BUF, CHUNK, 0)).toBe(CHUNK);
    rcvpool.clear(s());
    expect(rcvpool.used()).toBe(0);
    expect(rcvpool.low()).toBeFalsy();
  });
});
