import * as text from "../../assembly/node/text";

function said(): string { const n = text.end(); return n < 0 ? "too long" : String.UTF8.decodeUnsafe(text.address(), n); }

describe("text", () => {
  beforeEach(() => { text.begin(); });

  test("numbers_addresses_and_hexadecimal_digits_are_written_whole", () => {
    text.num(0); text.byte(32); text.num(4294967295); text.byte(32); text.num(1000); text.byte(32); text.ip(0x0a090001); text.byte(32); text.hex(0x0123456789abcdef);
    expect(said()).toBe("0 4294967295 1000 10.9.0.1 0123456789abcdef");
  });
  test("keys_and_elements_are_parted_by_commas_and_only_where_something_stands_before", () => {
    text.str("{"); text.field("a", 1); text.field("b", 22); text.key("c"); text.str("[");
    text.element(); text.num(1); text.element(); text.num(2);
    text.str("]"); text.key("d"); text.str("{"); text.numberKey(7); text.num(1); text.numberKey(8); text.num(2);
    text.str("}}");
    expect(said()).toBe("{\"a\":1,\"b\":22,\"c\":[1,2],\"d\":{\"7\":1,\"8\":2}}");
  });
  test("what_does_not_fit_is_said_and_nothing_behind_the_buffer_is_written", () => {
    for (let i: u32 = 0; i < text.SIZE - 1; i++) text.byte(120);
    expect(text.end()).toBe(<i32>text.SIZE - 1);
    text.str("more than there is room for");
    expect(text.end()).toBe(-1);
    text.begin();
    text.str("again");
    expect(said()).toBe("again");
  });
});
