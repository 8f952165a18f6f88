import * as counters from "../../assembly/core/counters";
import * as log from "../../assembly/core/log";

/** The oldest line as text; it is dropped. */
function line(): string {
  const p = log.oldest();
  if (p == 0) return "none";
  const s = String.UTF8.decodeUnsafe(p + 2, load<u8>(p, 1));
  log.drop();
  return load<u8>(p).toString() + " " + s;
}

describe("log", () => {
  beforeEach(() => { while (log.oldest() != 0) log.drop(); counters.clear(); log.setLimit(log.Level.info); });

  test("a_line_is_what_was_written_in_its_order", () => {
    log.begin(log.Level.warning); log.str("view "); log.num(0); log.str(" "); log.num(4294967295); log.str(" "); log.num(1000000000); log.end();
    log.begin(log.Level.error); log.hex(0x0123abcd); log.str(" "); log.ip(0x0aff0001); log.end();
    expect(line()).toBe("1 view 0 4294967295 1000000000");
    expect(line()).toBe("0 0123abcd 10.255.0.1");
    expect(line()).toBe("none");
  });
  test("lines_above_the_limit_are_not_built", () => {
    log.begin(log.Level.debug); log.str("x"); log.end();
    expect(line()).toBe("none");
    log.setLimit(log.Level.debug);
    log.begin(log.Level.debug); log.str("x"); log.end();
    expect(line()).toBe("3 x");
    log.setLimit(log.Level.error);
    log.begin(log.Level.warning); log.str("x"); log.end();
    expect(line()).toBe("none");
  });
  test("a_line_that_is_too_long_is_cut", () => {
    log.begin(log.Level.info);
    for (let i = 0; i < 100; i++) log.str("0123456789");
    log.end();
    log.begin(log.Level.info); log.str("next"); log.end();
    expect(line().length).toBe(2 + 240);
    expect(line()).toBe("2 next");
  });
  test("a_full_ring_loses_the_newest_and_counts_each", () => {
    for (let i = 0; i < 70; i++) { log.begin(log.Level.info); log.num(i); log.end(); }
    expect(counters.get(counters.Core.logLost)).toBe(6);
    for (let i = 0; i < 64; i++) expect(line()).toBe("2 " + i.toString());
    expect(line()).toBe("none");
  });
});
