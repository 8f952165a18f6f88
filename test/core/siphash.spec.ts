import * as siphash from "../../assembly/core/siphash";

const KEY: usize = memory.data(16, 16);
const DATA: usize = memory.data(64, 16);
const OUT: usize = memory.data(32, 16);

function prepare(): void {
  for (let i: u32 = 0; i < 16; i++) store<u8>(KEY + i, <u8>i);
  for (let i: u32 = 0; i < 64; i++) store<u8>(DATA + i, <u8>i);
}

describe("siphash", () => {
  test("the_authors_vectors", () => {
    prepare();
    expect(siphash.hash(KEY, DATA, 0)).toBe(0x726fdb47dd0e0e31);
    expect(siphash.hash(KEY, DATA, 1)).toBe(0x74f839c593dc67fd);
    expect(siphash.hash(KEY, DATA, 7)).toBe(0xab0200f58b01d137);
    expect(siphash.hash(KEY, DATA, 8)).toBe(0x93f5f5799a932462);
    expect(siphash.hash(KEY, DATA, 15)).toBe(0xa129ca6149be45e5);
  });
  test("derived_keys_differ_by_purpose_and_service", () => {
    prepare();
    siphash.derive(KEY, 1, 0, OUT);
    siphash.derive(KEY, 1, 1, OUT + 16);
    expect(memory.compare(OUT, OUT + 16, 16) != 0).toBeTruthy();
    siphash.derive(KEY, 2, 0, OUT + 16);
    expect(memory.compare(OUT, OUT + 16, 16) != 0).toBeTruthy();
    siphash.derive(KEY, 1, 0, OUT + 16);
    expect(memory.compare(OUT, OUT + 16, 16)).toBe(0);
  });
});
