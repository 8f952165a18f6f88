import * as crc32 from "../../assembly/core/crc32";

const BUF: usize = memory.data(64, 16);

describe("crc32", () => {
  test("the_check_value_of_ieee_802_3", () => {
    for (let i: u32 = 0; i < 9; i++) store<u8>(BUF + i, <u8>(49 + i));
    expect(crc32.update(0, BUF, 9)).toBe(0xcbf43926);
    expect(crc32.update(0, BUF, 0)).toBe(0);
  });
  test("a_message_in_parts_has_the_crc_of_the_whole", () => {
    for (let i: u32 = 0; i < 64; i++) store<u8>(BUF + i, <u8>(i * 37 ^ 0x5a));
    const whole = crc32.update(0, BUF, 64);
    for (let cut: u32 = 0; cut <= 64; cut++) expect(crc32.update(crc32.update(0, BUF, cut), BUF + cut, 64 - cut)).toBe(whole);
  });
});
