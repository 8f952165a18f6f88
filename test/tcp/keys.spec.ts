import { end, start } from "./bed";
import * as bed from "../net/bed";
import * as keys from "../../assembly/tcp/keys";
import * as site from "../../assembly/core/site";

describe("keys", () => {
  beforeEach(start);
  afterEach(end);
  test("a_cookie_is_valid_for_its_connection_and_two_minutes", () => {
    const v = keys.cookie(1, 2, 3, 4, 5, 1450);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(1440);
    expect(keys.cookieMss(1, 2, 3, 4, 6, v)).toBe(0);
    expect(keys.cookieMss(1, 2, 3, 5, 5, v)).toBe(0);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v + 32)).toBe(0);
    bed.later(128000);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(1440);
    bed.later(140000);
    expect(keys.cookieMss(1, 2, 3, 4, 5, v)).toBe(0);
  });
  test("a_cookies_timestamp_is_not_in_the_future", () => {
    for (let v: u32 = 0xffffff00; v != 300; v++) {
      const t = keys.cookieTs(v, 7, true);
      expect(v - t < 64 + 64).toBeTruthy();
      expect(t & 63).toBe(23);
    }
  });
  test("rfc6528_isns_grow_with_time_and_differ_between_connections", () => {
    const a = keys.isn(1, 2, 3, 4);
    expect(keys.isn(1, 2, 3, 5)).not.toBe(a);
    const t = site.ms();
    bed.later(100);
    expect(keys.isn(1, 2, 3, 4) - a).toBe((site.ms() - t) * 250);
  });
});
