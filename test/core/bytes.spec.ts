import * as bytes from "../../assembly/core/bytes";

const P: usize = memory.data(32, 16);
const Q: usize = memory.data(32, 16);

describe("bytes", () => {
  test("numbers_are_in_network_order_at_any_alignment", () => {
    for (let off: usize = 0; off < 4; off++) {
      memory.fill(P, 0xa5, 32);
      bytes.put32(P + off, 0x01020304);
      bytes.put16(P + off + 4, 0xfffe0506);
      for (let i: u32 = 0; i < 6; i++) expect(<u32>load<u8>(P + off + i)).toBe(i + 1);
      expect(load<u8>(P + off + 6)).toBe(0xa5);
      expect(bytes.get32(P + off)).toBe(0x01020304);
      expect(bytes.get16(P + off + 4)).toBe(0x0506);
    }
    expect(bytes.be16(0x0806)).toBe(0x0608);
    expect(bytes.be32(0x0a000001)).toBe(0x0100000a);
  });
  test("equal_looks_at_each_of_the_n_bytes_and_no_other", () => {
    memory.fill(P, 7, 32); memory.fill(Q, 7, 32);
    expect(bytes.equal(P, Q, 32)).toBeTruthy();
    for (let i: u32 = 0; i < 32; i++) {
      store<u8>(Q + i, 8);
      expect(bytes.equal(P, Q, 32)).toBeFalsy();
      expect(bytes.equal(P, Q, i)).toBeTruthy();
      store<u8>(Q + i, 7);
    }
    store<u8>(P, 1);
    expect(bytes.equal(P, Q, 0)).toBeTruthy();
  });
});
