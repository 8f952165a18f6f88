import * as random from "../../assembly/wire-process/random";

describe("random numbers of a wire", () => {
  test("a_seed_gives_the_same_numbers_in_each_direction_whatever_the_other_draws", () => {
    random.seed(7);
    const a: u32[] = [];
    for (let i = 0; i < 8; i++) a.push(random.next(0));
    random.seed(7);
    for (let i = 0; i < 8; i++) { random.next(1); expect(random.next(0)).toBe(a[i]); random.next(1); }
    random.seed(8);
    expect(random.next(0)).not.toBe(a[0]);
  });
  test("they_fill_their_range_evenly", () => {
    random.seed(1);
    const n = new Array<i32>(16).fill(0);
    for (let i = 0; i < 16000; i++) n[random.next(0) >> 28]++;
    for (let i = 0; i < 16; i++) expect(n[i] > 850 && n[i] < 1150).toBeTruthy(i.toString());
  });
});
