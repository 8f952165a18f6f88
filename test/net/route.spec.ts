import * as route from "../../assembly/net/route";

/** Prefix, length and interface of the routes added, for the plain reference. */
const ROWS: usize = memory.data(12 * 16, 16);
let rows: u32 = 0, seed: u32 = 7;
function random(): u32 { seed = seed * 1664525 + 1013904223; return seed ^ seed >> 16; }
function add(prefix: u32, len: u32, i: u32): void {
  expect(route.add(prefix, len, i, 0)).toBe(0);
  store<u32>(ROWS + rows * 12, prefix & route.mask(len)); store<u32>(ROWS + rows * 12, len, 4); store<u32>(ROWS + rows * 12, i, 8);
  rows++;
}
function reference(a: u32): i32 {
  let best: i32 = -1, len: i32 = -1;
  for (let i: u32 = 0; i < rows; i++) {
    const p = load<u32>(ROWS + i * 12), l = load<u32>(ROWS + i * 12, 4);
    if ((a & route.mask(l)) == p && <i32>l > len) { len = <i32>l; best = <i32>load<u32>(ROWS + i * 12, 8); }
  }
  return best;
}
function lookup(a: u32): i32 { const r = route.lookup(a); return r == null ? -1 : <i32>r.iface; }

describe("route", () => {
  test("no_route_leads_nowhere", () => { route.init(); expect(lookup(0) + lookup(0xffffffff) + lookup(0x0a000001)).toBe(-3); });
  test("the_longest_prefix_wins", () => {
    route.init();
    route.add(0, 0, 1, 0x0a000001); route.add(0x0a000000, 8, 2, 0); route.add(0x0a010000, 16, 3, 0); route.add(0x0a010203, 32, 4, 0);
    expect(lookup(0x0b000000)).toBe(1); expect(lookup(0x0a000000)).toBe(2); expect(lookup(0x0affffff)).toBe(2); expect(lookup(0x09ffffff)).toBe(1);
    expect(lookup(0x0a01ffff)).toBe(3); expect(lookup(0x0a010203)).toBe(4); expect(lookup(0x0a010202)).toBe(3); expect(lookup(0x0a010204)).toBe(3);
    expect(route.lookup(0x0b000000)!.hop(0x0b000000)).toBe(0x0a000001); expect(route.lookup(0x0a000009)!.hop(0x0a000009)).toBe(0x0a000009);
  });
  test("a_prefix_added_again_is_replaced", () => {
    route.init();
    route.add(0x0a000000, 8, 2, 0); route.add(0x0a123456, 8, 3, 0);
    expect(lookup(0x0a000001)).toBe(3);
  });
  test("the_end_of_the_address_space_is_a_range_like_others", () => {
    route.init();
    route.add(0xffffff00, 24, 1, 0); route.add(0, 32, 2, 0);
    expect(lookup(0xffffffff)).toBe(1); expect(lookup(0xfffffeff)).toBe(-1); expect(lookup(0)).toBe(2); expect(lookup(1)).toBe(-1);
  });
  test("random_tables_agree_with_a_scan", () => {
    for (let round = 0; round < 50; round++) {
      route.init(); rows = 0;
      for (let i: u32 = 0; i < 16; i++) {
        const len = random() % 33, prefix = random() & 0x0f0f0f0f;
        let twice = false;
        for (let k: u32 = 0; k < rows; k++) if (load<u32>(ROWS + k * 12) == (prefix & route.mask(len)) && load<u32>(ROWS + k * 12, 4) == len) twice = true;
        if (!twice) add(prefix, len, i);
      }
      let bad = 0;
      for (let k = 0; k < 200; k++) { const a = (k & 1) != 0 ? random() & 0x0f0f0f0f : random(); if (lookup(a) != reference(a)) bad++; }
      expect(bad).toBe(0);
    }
  });
  test("a_full_table_and_a_bad_length_are_errors", () => {
    route.init();
    for (let i: u32 = 0; i < 16; i++) expect(route.add(i << 24, 8, 0, 0)).toBe(0);
    expect(route.add(99 << 24, 8, 0, 0)).toBe(-6);
    expect(route.add(0, 33, 0, 0)).toBe(-5);
  });
});
