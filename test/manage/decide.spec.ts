import * as decide from "../../assembly/manage/decide";

describe("decisions", () => {
  test("who_is_removed_after_a_probing", () => {
    const rows: u32[] = [ // n, answered, link, accused, insist, removed
      3, 0b111, 0, 0, 0, 0,
      3, 0b110, 0, 0, 0, 0b001,
      3, 0b010, 0, 0, 0, 0b101,
      3, 0b101, 2, 1, 1, 0b010,   // silence decides, whatever else is suspected
      3, 0b000, 1, 1, 1, 0,       // a loss is no removal
      3, 0b111, 1, 0, 0, 0b010,
      3, 0b111, 2, 0, 0, 0b100,
      3, 0b111, 2, 1, 0, 0b001,
      3, 0b111, 3, 0, 0, 0,
      3, 0b111, 0, 1, 0, 0,
      3, 0b111, 0, 1, 1, 0b001,
      1, 0b1, 0, 1, 1, 0,
      1, 0b0, 0, 0, 0, 0,
      5, 0b11111, 4, 0, 0, 0b10000,
      5, 0b00001, 0, 0, 0, 0b11110,
    ];
    for (let i = 0; i < rows.length; i += 6)
      expect(decide.remove(rows[i], rows[i + 1], rows[i + 2], rows[i + 3] != 0, rows[i + 4] != 0)).toBe(rows[i + 5], (i / 6).toString());
  });
  test("never_everybody_is_removed", () => {
    for (let n: u32 = 1; n <= 5; n++) for (let answered: u32 = 0; answered < <u32>1 << n; answered++) for (let link: u32 = 0; link <= n; link++)
      for (let flags = 0; flags < 4; flags++) {
        const bits = decide.remove(n, answered, link, (flags & 1) != 0, (flags & 2) != 0);
        expect(bits < (<u32>1 << n) - 1 || bits == 0).toBeTruthy();
      }
  });
  test("who_lags", () => {
    const rows: u32[] = [ // n, position, suspicion, removed
      3, 0, 8, 0b010, 3, 1, 8, 0b100, 3, 2, 8, 0, 3, 1, 16, 0b001, 3, 2, 16, 0b010, 3, 0, 16, 0, 1, 0, 24, 0, 3, 1, 24, 0b100, 3, 1, 7, 0,
    ];
    for (let i = 0; i < rows.length; i += 4) expect(decide.laggard(rows[i], rows[i + 1], rows[i + 2])).toBe(rows[i + 3], (i / 4).toString());
  });
  test("which_end_of_a_silent_link_is_farther", () => {
    const rows: u32[] = [ // n, position, suspicion, farther
      3, 0, 4, 1, 3, 1, 4, 2, 3, 2, 4, 0, 3, 1, 2, 1, 3, 2, 2, 2, 3, 0, 2, 0, 3, 1, 6, 1, 3, 1, 25, 0,
    ];
    for (let i = 0; i < rows.length; i += 4) expect(decide.farther(rows[i], rows[i + 1], rows[i + 2])).toBe(rows[i + 3], (i / 4).toString());
  });
  test("whose_output_is_wrong_goes_by_the_primarys_word_where_a_majority_remains", () => {
    expect(decide.wrong(3, 0, 1 << 8)).toBe(1);
    expect(decide.wrong(3, 0, 4 << 8 | 31)).toBe(4, "beside other suspicions");
    expect(decide.wrong(5, 0, 9 << 8)).toBe(9);
    expect(decide.wrong(3, 0, 3 << 8)).toBe(0, "two of three");
    expect(decide.wrong(2, 0, 1 << 8)).toBe(0, "one of two");
    expect(decide.wrong(4, 0, 3 << 8)).toBe(0, "two of four");
    expect(decide.wrong(3, 1, 1 << 8)).toBe(0, "not by a backup's word");
    expect(decide.wrong(3, 0, 8 << 8)).toBe(0, "nobody is there");
    expect(decide.wrong(3, 0, 31)).toBe(0);
  });
});
