import * as seq from "../../assembly/core/seq";

describe("seq", () => {
  test("comparisons_hold_around_the_wrap", () => {
    const at: u32[] = [0, 1, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    for (let i = 0; i < at.length; i++) {
      const a = at[i];
      expect(seq.le(a, a) && seq.ge(a, a) && !seq.lt(a, a) && !seq.gt(a, a)).toBeTruthy();
      const steps: u32[] = [1, 2, 1000, 0x7fffffff];
      for (let k = 0; k < steps.length; k++) {
        const b = a + steps[k];
        expect(seq.lt(a, b) && seq.le(a, b) && seq.gt(b, a) && seq.ge(b, a)).toBeTruthy();
        expect(!seq.lt(b, a) && !seq.le(b, a) && !seq.gt(a, b) && !seq.ge(a, b)).toBeTruthy();
        expect(seq.min(a, b)).toBe(a); expect(seq.min(b, a)).toBe(a); expect(seq.max(a, b)).toBe(b); expect(seq.max(b, a)).toBe(b);
      }
    }
  });
  test("a_range_holds_its_first_and_not_its_end_also_around_the_wrap", () => {
    const rows: u32[] = [5, 5, 1, 1, 6, 5, 1, 0, 4, 5, 1, 0, 5, 5, 0, 0, 0xffffffff, 0xfffffff0, 16, 1, 0, 0xfffffff0, 16, 0, 3, 0xfffffff0, 20, 1, 4, 0xfffffff0, 20, 0]; // x, lo, n, within
    for (let i = 0; i < rows.length; i += 4) expect(seq.within(rows[i], rows[i + 1], rows[i + 2])).toBe(rows[i + 3] != 0, (i / 4).toString());
  });
});
