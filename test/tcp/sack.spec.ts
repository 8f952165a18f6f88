// The scoreboard against a plain reading of RFC 6675 byte by byte.

import { get32, put32 } from "../../assembly/core/bytes";
import * as counters from "../../assembly/core/counters";
import { RANGES } from "../../assembly/core/sizes";
import { Conn, Flag, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as T } from "../../assembly/tcp/counters";
import * as options from "../../assembly/tcp/options";
import * as ranges from "../../assembly/tcp/ranges";
import * as sack from "../../assembly/tcp/sack";

const C: usize = memory.data(512, 16);
const BUF: usize = memory.data(64, 16);
const MAP: usize = memory.data(20000, 16);
const MSS: u32 = 1000;
function c(): Conn { return changetype<Conn>(C); }

/** `sent` bytes are on the way from offset `from` on; our ISN is 5000. */
function way(from: u32, sent: u32): void {
  ranges.init();
  memory.fill(C, 0, 512);
  c().options = <u8>SynFlag.sack; c().mss = <u16>MSS; c().iss = 5000;
  c().heardAck = from; c().sent = from + sent; c().sentMax = from + sent; c().prod = from + sent; c().ok = from + sent;
  c().highRxt = from;
  counters.clear();
}
/** One block, of offsets; true when it told something new. */
function tell(start: u32, end: u32): bool {
  options.writeSack(BUF, 1);
  put32(BUF + 4, c().iss + 1 + start); put32(BUF + 8, c().iss + 1 + end);
  expect(options.parse(BUF, 12)).toBeTruthy();
  return sack.receive(c());
}

/** RFC 6675 4, IsLost(off): three ranges above it, or more than (DupThresh - 1) * SMSS bytes. `n` bytes from heardAck are on the map. */
function isLost(off: u32, n: u32): bool {
  let runs: u32 = 0, bytes: u32 = 0, before: u8 = 0;
  for (let i = off; i < n; i++) {
    const is = load<u8>(MAP + i);
    if (is && !before) runs++;
    if (is) bytes++;
    before = is;
  }
  return runs >= 3 || bytes > 2 * MSS;
}
/** RFC 6675 4, SetPipe, as it stands there. */
function pipe(n: u32, highRxt: u32): u32 {
  let total: u32 = 0, lost = true, at: u32 = 0;
  while (at < n) {
    if (load<u8>(MAP + at)) { at++; continue; }
    lost = isLost(at, n);
    while (at < n && !load<u8>(MAP + at)) { if (!lost) total++; if (at < highRxt) total++; at++; }
  }
  return total;
}
/** Where the highest range on the map begins. */
function lastRun(n: u32): u32 {
  let i = n;
  while (i != 0 && !load<u8>(MAP + i - 1)) i--;
  while (i != 0 && load<u8>(MAP + i - 1)) i--;
  return i;
}

describe("sack: the scoreboard", () => {
  test("rfc6675_4_pipe_and_the_first_lost_byte_are_the_references", () => {
    let seed: u32 = 77;
    for (let round = 0; round < 60; round++) {
      const from: u32 = round & 1 ? 0xfffff000 : 100, n: u32 = 12000;
      way(from, n);
      memory.fill(MAP, 0, n);
      for (let i = 0; i < 1 + round % 5; i++) {
        seed = seed * 1664525 + 1013904223;
        const a = 1000 + (seed >> 8) % 10000, k = 1 + (seed >> 22) % 1000;
        tell(from + a, from + a + k);
        memory.fill(MAP + a, 1, k);
      }
      expect(sack.firstIsLost(c())).toBe(isLost(0, n), round.toString());
      for (let high: u32 = 0; high <= lastRun(n); high += 700) { // nothing above the last range is sent again by holes
        c().highRxt = from + high;
        expect(sack.pipe(c())).toBe(pipe(n, high), round.toString() + " " + high.toString());
      }
      sack.clear(c());
      expect(ranges.available()).toBe(RANGES);
    }
  });
  test("rfc6675_4_lost_are_three_ranges_or_more_than_two_segments_above", () => {
    way(0, 10000);
    tell(1000, 3000);
    expect(sack.firstIsLost(c())).toBeFalsy();
    tell(3000, 3001);
    expect(sack.firstIsLost(c())).toBeTruthy();
    way(0, 10000);
    tell(1000, 1001); tell(2000, 2001);
    expect(sack.firstIsLost(c())).toBeFalsy();
    tell(3000, 3001);
    expect(sack.firstIsLost(c())).toBeTruthy();
  });
  test("rfc6675_4_nextseg_gives_the_holes_in_order_and_1_only_lost_ones", () => {
    way(0, 12000);
    tell(1000, 2000); tell(4000, 5000); tell(8000, 9000);
    expect(sack.hole(c(), true)).toBeTruthy(); expect(sack.holeStart).toBe(0); expect(sack.holeEnd).toBe(1000);
    c().highRxt = 500;
    expect(sack.hole(c(), true)).toBeTruthy(); expect(sack.holeStart).toBe(500); expect(sack.holeEnd).toBe(1000);
    c().highRxt = 1000;
    expect(sack.hole(c(), true)).toBeFalsy();            // two ranges of 2,000 bytes above it
    expect(sack.hole(c(), false)).toBeTruthy(); expect(sack.holeStart).toBe(2000); expect(sack.holeEnd).toBe(4000);
    c().highRxt = 4000;
    expect(sack.hole(c(), false)).toBeTruthy(); expect(sack.holeStart).toBe(5000); expect(sack.holeEnd).toBe(8000);
    c().highRxt = 8000;
    expect(sack.hole(c(), false)).toBeFalsy();           // what lies above the last range is no hole
  });
  test("blocks_that_lie_or_repeat_tell_nothing_and_lies_count_once", () => {
    way(1000, 5000);
    expect(tell(2000, 3000)).toBeTruthy();
    expect(tell(2000, 3000)).toBeFalsy();
    expect(tell(0, 1000)).toBeFalsy("rfc2883: a duplicate's report");
    expect(counters.get(T.badSack)).toBe(0);
    const rows: u32[] = [3000, 2000, 500, 2000, 5000, 6001, 0x80000000, 0x80000100, 4000, 4000, 6000, 7000];
    for (let i = 0; i < rows.length; i += 2) { expect(tell(rows[i], rows[i + 1])).toBeFalsy(i.toString()); expect(counters.get(T.badSack)).toBe(i / 2 + 1, i.toString()); }
    expect(sack.bytes(c())).toBe(1000);
    c().flags = Flag.finEver;
    expect(tell(5000, 6001)).toBeTruthy("the FIN is one more");
    expect(sack.bytes(c())).toBe(2000);
  });
  test("r14_a_new_primary_does_not_take_a_block_about_what_it_did_not_send_for_a_lie", () => {
    way(0, 5000);
    c().gated = 1; c().sentMax = 1000; c().prod = 5000;
    expect(tell(2000, 3000)).toBeFalsy();
    expect(counters.get(T.badSack)).toBe(0);
    tell(4500, 5001);
    expect(counters.get(T.badSack)).toBe(1);
  });
  test("without_the_option_agreed_blocks_are_not_looked_at", () => {
    way(0, 5000);
    c().options = 0;
    expect(tell(9000, 100)).toBeFalsy();
    expect(counters.get(T.badSack)).toBe(0);
  });
  test("what_is_skipped_and_where_the_next_range_begins", () => {
    way(0, 9000);
    tell(1000, 2000); tell(4000, 5000);
    const rows: u32[] = [0, 0, 1000, 999, 999, 1000, 1000, 2000, 4000, 1999, 2000, 4000, 2000, 2000, 4000, 4500, 5000, 7000, 5000, 5000, 7000]; // off, skip, nextStart up to 7000
    for (let i = 0; i < rows.length; i += 3) { expect(sack.skip(c(), rows[i])).toBe(rows[i + 1]); expect(sack.nextStart(c(), rows[i], 7000)).toBe(rows[i + 2]); }
    c().heardAck = 1500;
    sack.trim(c());
    expect(sack.bytes(c())).toBe(1500);
  });
});

describe("sack: what we tell", () => {
  test("rfc2018_3_at_most_four_blocks_or_three_beside_timestamps_newest_first", () => {
    way(0, 0);
    const ooo = C + offsetof<Conn>("ooo");
    c().irs = 100;
    for (let i: u32 = 0; i < 6; i++) ranges.insert(ooo, 1000 * i + 1000, 1000 * i + 1500, (i * 5) % 7 + 1);   // stamps 1, 6, 4, 2, 7, 5
    expect(sack.toTell(c())).toBe(4);
    c().options = <u8>(SynFlag.sack | SynFlag.timestamps);
    expect(sack.toTell(c())).toBe(3);
    sack.write(c(), BUF, 3);
    const want: u32[] = [5000, 2000, 6000];
    for (let i = 0; i < 3; i++) { expect(get32(BUF + (i << 3))).toBe(101 + want[i]); expect(get32(BUF + (i << 3) + 4)).toBe(101 + want[i] + 500); }
    expect(c().sackTop).toBe(6500);
    c().options = <u8>SynFlag.timestamps;
    expect(sack.toTell(c())).toBe(0);
    ranges.clear(ooo);
    expect(ranges.available()).toBe(RANGES);
  });
  test("r5a_below_a_closed_gate_nothing_is_told_unless_it_was_held_long_enough", () => {
    way(0, 0);
    const ooo = C + offsetof<Conn>("ooo");
    ranges.insert(ooo, 5000, 6000, 1);
    c().gated = 1; c().rcvd = 1000; c().dep = 500;
    expect(sack.toTell(c())).toBe(0);
    c().flags = Flag.held;
    expect(sack.toTell(c())).toBe(1);
    c().flags = 0; c().dep = 1000;
    expect(sack.toTell(c())).toBe(1);
    ranges.clear(ooo);
  });
});
