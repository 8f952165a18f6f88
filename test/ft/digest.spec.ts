import * as digest from "../../assembly/ft/digest";

const KEY: usize = memory.data(16, 16);
const DATA: usize = memory.data(5000, 16);

function fill(): void {
  for (let i: u32 = 0; i < 16; i++) store<u8>(KEY + i, <u8>(i * 11 + 3));
  for (let i: u32 = 0; i < 5000; i++) store<u8>(DATA + i, <u8>(i * 7 ^ i >> 5));
  digest.init(KEY, 0);
  digest.init(KEY, 1);
}
function whole(svc: u32, n: u32): u64 { digest.begin(svc); digest.add(DATA, n); return digest.end(); }

/** NH by its definition (RFC 4418), 64-bit arithmetic. */
function reference(p: usize, k: usize, n: u32): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < n; i += 8) {
    const a = <u64>load<u32>(p + i) + <u64>load<u32>(k + i) & <u64>0xffffffff, b = <u64>load<u32>(p + i + 4) + <u64>load<u32>(k + i + 4) & <u64>0xffffffff;
    sum += a * b;
  }
  return sum;
}

describe("digest", () => {
  test("pieces_make_no_difference", () => {
    fill();
    for (let n: u32 = 0; n < 5000; n += 997) {
      const all = whole(0, n);
      for (let cut: u32 = 1; cut < 1500; cut += 211) {
        digest.begin(0);
        for (let at: u32 = 0; at < n; at += cut) digest.add(DATA + at, min(cut, n - at));
        expect(digest.end() == all).toBeTruthy();
      }
    }
  });
  test("one_changed_byte_or_a_trailing_zero_changes_it", () => {
    fill();
    const all = whole(0, 3001);
    for (let i: u32 = 0; i < 3001; i += 13) {
      store<u8>(DATA + i, load<u8>(DATA + i) ^ 0x40);
      expect(whole(0, 3001) == all).toBeFalsy();
      store<u8>(DATA + i, load<u8>(DATA + i) ^ 0x40);
    }
    store<u8>(DATA + 3001, 0);
    expect(whole(0, 3002) == all).toBeFalsy();
  });
  test("services_have_keys_of_their_own", () => {
    fill();
    expect(whole(0, 100) == whole(1, 100)).toBeFalsy();
  });
  test("the_output_digest_does_not_depend_on_the_pieces", () => {
    fill();
    const h = digest.output(0, 0, 0, DATA, 1001), all = digest.whole(h, digest.rest());
    for (let cut: u32 = 1; cut < 40; cut++) {
      let d: u64 = 0, carry: u32 = 0;
      for (let at: u32 = 0; at < 1001; at += cut) { d = digest.output(d, carry, at, DATA + at, min(cut, 1001 - at)); carry = digest.rest(); }
      expect(digest.whole(d, carry) == all).toBeTruthy();
    }
    store<u8>(DATA + 500, load<u8>(DATA + 500) ^ 1);
    const other = digest.output(0, 0, 0, DATA, 1001);
    expect(digest.whole(other, digest.rest()) == all).toBeFalsy();
  });
  test("nh_is_the_rfcs", () => {
    fill();
    expect(digest.nh(DATA, DATA + 2048, 1024)).toBe(reference(DATA, DATA + 2048, 1024));
    expect(digest.nh(DATA, DATA + 2048, 8)).toBe(reference(DATA, DATA + 2048, 8));
  });
});
