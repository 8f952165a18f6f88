import * as options from "../../assembly/net/options";
import { bytes, hex } from "./bed";
import { Net } from "../../assembly/net/counters";

const BUF: usize = memory.data(64, 16);
function check(s: string): u32 { return options.check(BUF, 20 + bytes(BUF + 20, s)); }

describe("options", () => {
  test("what_can_be_skipped_is_skipped", () => {
    expect(check("01010101") + check("00ffffff") + check("94040000") + check("0707040000000000") + check("440c05000000000000000000")).toBe(0);
    expect(check("010303ff") + check("0404ffff")).toBe(0, "an unknown option");
  });
  test("source_routes_are_refused", () => {
    expect(check("8307040a00000100")).toBe(Net.ipSourceRoute);
    expect(check("018907040a000001")).toBe(Net.ipSourceRoute);
  });
  test("lengths_that_cannot_be_are_refused", () => {
    expect(check("07000000")).toBe(Net.ipOptions); expect(check("07010000")).toBe(Net.ipOptions);
    expect(check("07050000")).toBe(Net.ipOptions); expect(check("01010107")).toBe(Net.ipOptions); expect(check("940400000708000000000000".substr(0, 16))).toBe(Net.ipOptions);
  });
  test("only_options_with_the_copied_bit_stay_in_later_fragments", () => {
    const n = bytes(BUF + 20, "070704aabbccdd94040001000000ff00".substr(0, 24));
    options.later(BUF, 20 + n);
    expect(hex(BUF + 20, n)).toBe("0101010101010194040001000000ff00".substr(0, 24));
  });
});
