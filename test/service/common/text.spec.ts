import * as text from "../../../assembly/service/common/text";

const P: usize = memory.data(64, 16);
function said(): string { return String.UTF8.decodeUnsafe(P, text.length()); }

describe("text of services", () => {
  beforeEach(() => { memory.fill(P, 0xa5, 64); text.begin(P); });

  test("numbers_have_no_leading_zeros_and_hexadecimal_all_of_them", () => {
    text.num(0); text.char(32); text.num(9); text.char(32); text.num(10); text.char(32); text.num(4294967295); text.char(32); text.hex(0x00c0ffee);
    expect(said()).toBe("0 9 10 4294967295 00c0ffee");
  });
  test("bytes_go_in_as_they_are_and_the_last_can_be_taken_back", () => {
    store<u32>(P + 40, 0x64636261);
    text.str("x="); text.bytes(P + 40, 4); text.back(2); text.hex8(0x0f);
    expect(said()).toBe("x=ab0f");
  });
});
