import { WORD, Request, wordAt } from "../../../assembly/service/http/state";
import * as word from "../../../assembly/service/http/word";
import { STATE } from "../../../assembly/core/sizes";

const R: usize = memory.data(STATE, 16);
const BUF: usize = memory.data(64, 16);
function r(): Request { return changetype<Request>(R); }
function put(s: string): void { word.clear(r()); for (let i = 0; i < s.length; i++) word.add(r(), s.charCodeAt(i)); }
function decimal(s: string): u32 { for (let i = 0; i < s.length; i++) store<u8>(BUF + i, <u8>s.charCodeAt(i)); return word.decimal(BUF, s.length); }

describe("http: words", () => {
  beforeEach(() => { memory.fill(R, 0, STATE); });

  test("rfc9110_5_6_2_a_token_is_made_of_these_77_characters", () => {
    const all = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (let b: u32 = 0; b < 256; b++) expect(word.isToken(b)).toBe(all.indexOf(String.fromCharCode(b)) >= 0, b.toString());
  });
  test("hexadecimal_digits_have_values_and_nothing_else_has_one", () => {
    const lower = "0123456789abcdef", upper = "0123456789ABCDEF";
    for (let b: u32 = 0; b < 256; b++) {
      const s = String.fromCharCode(b), i = max(lower.indexOf(s), upper.indexOf(s));
      expect(word.hexDigit(b)).toBe(i < 0 ? 16 : <u32>i, b.toString());
    }
  });
  test("decimal_numbers_that_do_not_fit_32_bits_are_the_largest", () => {
    expect(decimal("0")).toBe(0); expect(decimal("00000000000000012")).toBe(12); expect(decimal("4294967294")).toBe(4294967294);
    expect(decimal("4294967295")).toBe(0xffffffff); expect(decimal("4294967296")).toBe(0xffffffff); expect(decimal("4294967300")).toBe(0xffffffff); expect(decimal("99999999999999999999")).toBe(0xffffffff);
  });
  test("a_word_is_compared_whole_exactly_or_in_any_case", () => {
    put("Keep-Alive");
    expect(word.isFold(r(), "keep-alive")).toBeTruthy(); expect(word.is(r(), "keep-alive")).toBeFalsy(); expect(word.is(r(), "Keep-Alive")).toBeTruthy();
    expect(word.isFold(r(), "keep-aliv")).toBeFalsy(); expect(word.isFold(r(), "keep-alives")).toBeFalsy(); expect(word.startsWith(r(), "keep", true)).toBeTruthy();
    put("\x4b\x5b\x40");                                 // '[' and '@' stand beside the letters
    expect(word.isFold(r(), "k{`")).toBeFalsy();
  });
  test("a_word_longer_than_its_place_is_no_known_one_and_writes_nothing_beyond", () => {
    put("x".repeat(<i32>WORD));
    expect(word.is(r(), "x".repeat(<i32>WORD))).toBeTruthy();
    memory.fill(wordAt(r()) + WORD, 0xa5, 40);
    put("x".repeat(300));
    expect(load<u8>(wordAt(r()) + WORD)).toBe(0xa5);
    expect(word.startsWith(r(), "x", false)).toBeFalsy();
    word.trim(r());
    expect(<u32>r().wordLen).toBe(WORD + 1);
  });
  test("trailing_blanks_are_taken_away_and_only_they", () => {
    put("a b \t "); word.trim(r());
    expect(word.is(r(), "a b")).toBeTruthy();
    put(" \t"); word.trim(r());
    expect(<u32>r().wordLen).toBe(0);
  });
});
