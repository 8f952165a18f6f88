import * as clock from "../../assembly/core/clock";
import * as limit from "../../assembly/redirector/limit";

function take(svc: u32, n: u32): u32 { let got: u32 = 0; for (let i: u32 = 0; i < n; i++) if (limit.take(svc)) got++; return got; }
function later(ms: u32): void { clock.set(clock.now + <u64>ms * 1000); }

describe("limit", () => {
  test("a_burst_passes_and_then_the_rate", () => {
    clock.reset(0);
    limit.init();
    limit.set(1, 100, 10);
    expect(take(1, 50)).toBe(10);
    later(100);
    expect(take(1, 50)).toBe(10);
    later(9);
    expect(take(1, 50)).toBe(0);
    later(1);
    expect(take(1, 50)).toBe(1, "parts of a SYN are kept");
  });
  test("a_long_rest_earns_one_burst", () => {
    clock.reset(0);
    limit.init();
    limit.set(1, 100, 10);
    take(1, 50);
    later(3600000);
    expect(take(1, 50)).toBe(10);
  });
  test("services_do_not_share_a_bucket", () => {
    clock.reset(0);
    limit.init();
    limit.set(1, 1, 1); limit.set(2, 1, 1);
    expect(take(1, 5) + take(2, 5)).toBe(2);
    expect(take(0, 5000)).toBe(4000, "the default");
  });
  test("the_largest_numbers_do_not_overflow", () => {
    clock.reset(0);
    limit.set(3, 0xffffffff, 0xffffffff);
    later(1000000);
    expect(take(3, 1000005)).toBe(1000000);
    later(1);
    expect(take(3, 5000)).toBe(1000);
  });
  test("a_rate_over_a_minute_is_kept", () => {
    clock.reset(0);
    limit.set(0, 77, 5);
    take(0, 5);
    let got: u32 = 0;
    for (let i = 0; i < 20000; i++) { later(3); got += take(0, 3); }
    expect(got).toBe(4620);
  });
});
