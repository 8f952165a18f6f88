import { Conn } from "../../assembly/tcp/conn";
import * as window from "../../assembly/tcp/window";

const C: usize = memory.data(512, 16);
function c(): Conn { return changetype<Conn>(C); }

describe("window", () => {
  test("rfc7323_2_the_scale_is_the_least_that_fits", () => {
    expect(window.scaleFor(65535)).toBe(0);
    expect(window.scaleFor(65536)).toBe(1);
    expect(window.scaleFor(1 << 20)).toBe(5);
  });
  test("r15a_the_field_is_rounded_up", () => {
    memory.fill(C, 0, 512);
    c().wscaleRcv = 3;
    c().edgeLimit = 1001;
    expect(window.field(c(), 0)).toBe(126);
    expect(window.field(c(), 1001)).toBe(0);
    expect(window.field(c(), 2000)).toBe(0);
  });
  test("rfc7323_2_3_the_scale_ends_at_14_and_the_field_at_65535", () => {
    expect(window.scaleFor(0)).toBe(0);
    expect(window.scaleFor(0xffffffff)).toBe(14);
    memory.fill(C, 0, 512);
    c().edgeLimit = 100000;
    expect(window.field(c(), 0)).toBe(65535);
  });
  test("r15a_who_reads_the_field_never_sees_less_than_was_offered_nor_more_than_is_accepted", () => {
    memory.fill(C, 0, 512);
    for (let s: u32 = 0; s < 15; s++) for (let n: u32 = 1; n < 65536; n = n * 3 + 1) {
      c().wscaleRcv = <u8>s;
      c().edgeLimit = n - 7;                             // around the wrap
      const told = window.field(c(), <u32>-7) << s;
      expect(told >= n && told <= n + window.slack(c())).toBeTruthy();
    }
  });
});
