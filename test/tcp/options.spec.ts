import { put32 } from "../../assembly/core/bytes";
import * as options from "../../assembly/tcp/options";
import { bytes, hex } from "../net/bed";

const BUF: usize = memory.data(128, 16);

describe("options", () => {
  test("a_syns_options_are_read_as_they_were_written", () => {
    for (let ts = 0; ts < 2; ts++) for (let sack = 0; sack < 2; sack++) for (let ws: u32 = 0; ws < 16; ws += 15) {
      memory.fill(BUF, 0xa5, 64);
      const n = options.writeSyn(BUF, 1440, sack != 0, ts != 0, 7, 8, ws == 15 ? 255 : ws);
      expect(n & 3).toBe(0);
      expect(load<u8>(BUF + n)).toBe(0xa5);
      expect(options.parse(BUF, n)).toBeTruthy();
      expect(options.mss).toBe(1440);
      expect(options.sackOk).toBe(sack != 0);
      expect(options.hasTs).toBe(ts != 0);
      expect(options.wscale).toBe(ws == 15 ? 255 : ws);
    }
  });
  test("no_bytes_make_it_trap_or_read_beyond", () => {
    let seed: u32 = 99;
    for (let i = 0; i < 20000; i++) {
      for (let k: u32 = 0; k < 40; k += 4) { seed = seed * 1664525 + 1013904223; store<u32>(BUF + k, i & 1 ? seed & 0x0f0f0f0f : seed >> 3); }
      const n = (seed >> 20) % 41;
      if (options.parse(BUF, n) && options.sackN != 0) expect(options.sackAt + (options.sackN << 3) <= BUF + n).toBeTruthy();
    }
  });
  test("rfc7323_2_3_a_shift_above_14_is_14", () => {
    put32(BUF, 0x010303ff);
    expect(options.parse(BUF, 4)).toBeTruthy();
    expect(options.wscale).toBe(14);
  });
  test("golden_bytes_of_a_syns_options", () => {
    memory.fill(BUF, 0xa5, 64);
    expect(options.writeSyn(BUF, 1460, true, true, 0x01020304, 0x05060708, 7)).toBe(20);
    expect(hex(BUF, 21)).toBe("020405b4" + "0402080a" + "01020304" + "05060708" + "01030307" + "a5");
    expect(options.writeSyn(BUF, 536, true, false, 0, 0, 255)).toBe(8);
    expect(hex(BUF, 8)).toBe("02040218" + "01010402");
    options.writeTs(BUF, 0x0a0b0c0d, 0x01020304);
    expect(hex(BUF, 12)).toBe("0101080a" + "0a0b0c0d" + "01020304");
    options.writeSack(BUF, 3);
    expect(hex(BUF, 4)).toBe("0101051a");
  });
  test("impossible_lengths_are_refused_and_unknown_kinds_skipped", () => {
    const rows: string[] = ["02", "0200", "0201", "02030000", "020500000000", "0302", "030400ff", "04030000", "0402", "050200", "0509000000000000000000", "0809000000000000000000", "ff", "ff01", "ffff0000", "fe04abcd", "0101fe02", "00ff"];
    const good: bool[] = [false, false, false, false, false, false, false, false, true, false, false, false, false, false, false, true, true, true];
    for (let i = 0; i < rows.length; i++) expect(options.parse(BUF, bytes(BUF, rows[i]))).toBe(good[i], rows[i]);
  });
  test("rfc7323_appendix_a_an_option_of_the_segment_before_is_not_this_ones", () => {
    options.writeSyn(BUF, 1460, true, true, 1, 2, 7);
    expect(options.parse(BUF, 20)).toBeTruthy();
    expect(options.parse(BUF, 0)).toBeTruthy();
    expect(options.mss).toBe(0); expect(options.wscale).toBe(255); expect(options.sackOk).toBeFalsy(); expect(options.hasTs).toBeFalsy(); expect(options.sackN).toBe(0);
  });
});
