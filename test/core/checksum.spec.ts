import * as checksum from "../../assembly/core/checksum";

const BUF: usize = memory.data(4096, 16);
let seed: u32 = 1;
function random(): u32 { seed = seed * 1664525 + 1013904223; return seed >> 8; }

/** RFC 1071, word by word, in memory order. */
function reference(p: usize, n: u32): u32 {
  let s: u32 = 0;
  for (let i: u32 = 0; i < n; i += 2) {
    s += <u32>load<u8>(p + i) | (i + 1 < n ? <u32>load<u8>(p + i + 1) << 8 : 0);
    s = (s & 0xffff) + (s >> 16);
  }
  return s;
}
/** 0 and 0xffff are the same number. */
function same(a: u32, b: u32): bool { return a % 0xffff == b % 0xffff; }
function noise(): void { for (let i: u32 = 0; i < 4096; i++) store<u8>(BUF + i, <u8>random()); }

describe("checksum", () => {
  test("every_length_and_alignment_is_the_plain_reference's", () => {
    noise();
    let bad = 0;
    for (let n: u32 = 0; n < 200; n++) for (let a: u32 = 0; a < 8; a++) if (!same(checksum.fold(checksum.add(BUF + a, n, 0)), reference(BUF + a, n))) bad++;
    for (let n: u32 = 1400; n < 1600; n++) if (!same(checksum.fold(checksum.add(BUF + (n & 7), n, 0)), reference(BUF + (n & 7), n))) bad++;
    expect(bad).toBe(0);
  });
  test("both_ways_of_adding_blocks_agree_at_every_alignment", () => {
    noise();
    let bad = 0;
    for (let n: u32 = 0; n <= 2048; n += 32) for (let a: u32 = 2; a < 10; a++) {
      const wide = checksum.addWide(BUF + a, BUF + a + n, 12345), narrow = checksum.addNarrow(BUF + a, BUF + a + n, 12345);
      if (!same(checksum.fold(wide), checksum.fold(narrow))) bad++;
    }
    expect(bad).toBe(0);
    memory.fill(BUF, 0xff, 4096);
    expect(checksum.fold(checksum.addNarrow(BUF + 32, BUF + 4096, 0))).toBe(0xffff);
  });
  test("all_ones_do_not_overflow", () => {
    memory.fill(BUF, 0xff, 4096);
    expect(checksum.fold(checksum.add(BUF, 4096, 0))).toBe(0xffff);
    expect(checksum.fold(0xffffffffffffffff)).toBe(0xffff);
  });
  test("parts_add_up_also_at_an_odd_offset", () => {
    noise();
    for (let cut: u32 = 0; cut < 64; cut++) {
      const first = checksum.add(BUF, cut, 0), rest = checksum.add(BUF + cut, 101 - cut, 0);
      expect(same(checksum.fold(first + ((cut & 1) != 0 ? checksum.odd(rest) : rest)), reference(BUF, 101))).toBeTruthy();
    }
  });
  test("an_update_is_what_a_new_sum_would_be", () => {
    for (let i = 0; i < 2000; i++) {
      noise();
      store<u16>(BUF, 0, 10);
      const before = <u32>checksum.compute(BUF, 20), from = <u32>load<u16>(BUF, 8), to = random() & 0xffff;
      store<u16>(BUF, <u16>to, 8);
      store<u16>(BUF, checksum.update(before, from, to), 10);
      expect(checksum.fold(checksum.add(BUF, 20, 0))).toBe(0xffff);
      i += 9;
    }
  });
  test("the_pseudo_header_is_that_of_udp", () => {
    const bytes: usize = BUF;
    store<u32>(bytes, bswap<u32>(0x0a000001)); store<u32>(bytes, bswap<u32>(0xc0a80102), 4);
    store<u8>(bytes, 0, 8); store<u8>(bytes, 17, 9); store<u16>(bytes, bswap<u16>(513), 10);
    expect(same(checksum.fold(checksum.pseudo(0x0a000001, 0xc0a80102, 17, 513)), reference(bytes, 12))).toBeTruthy();
  });
});
