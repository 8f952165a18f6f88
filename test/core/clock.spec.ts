import * as clock from "../../assembly/core/clock";

describe("clock", () => {
  test("milliseconds_follow_microseconds_without_loss", () => {
    clock.reset(0);
    let t: u64 = 0;
    for (let i: u32 = 0; i < 10000; i++) { t += 333; clock.set(t); }
    expect(clock.ms).toBe(3330);
    expect(clock.us).toBe(3330000);
  });
  test("it_never_goes_back", () => {
    clock.reset(5000);
    clock.set(4000);
    expect(clock.now).toBe(5000);
    expect(clock.ms).toBe(5);
  });
  test("a_sleep_of_days_counts", () => {
    clock.reset(0);
    clock.set(3 * 86400 * 1000000);
    expect(clock.ms).toBe(3 * 86400 * 1000);
  });
});
