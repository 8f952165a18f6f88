import * as site from "../../assembly/core/site";
import * as clock from "../../assembly/core/clock";

function at(ms: u32): void { clock.set(<u64>ms * 1000); }
function start(ms: u32): void { clock.reset(<u64>ms * 1000); site.init(); }

describe("site clock", () => {
  test("the_first_answer_sets_the_offset_to_the_middle_of_the_round_trip", () => {
    start(1000);
    expect(site.isKnown()).toBeFalsy();
    at(1010);
    site.learn(50000, 1000);
    expect(site.isKnown()).toBeTruthy();
    expect(site.ms()).toBe(50005);
    at(1500);
    expect(site.ms()).toBe(50495);
  });
  test("an_answer_whose_error_covers_what_is_known_changes_nothing", () => {
    start(1000);
    site.learn(50000, 1000);
    at(1100);
    site.learn(50020, 1000);
    at(3000);
    expect(site.ms()).toBe(52000);
  });
  test("a_small_correction_back_is_slewed_and_the_time_never_goes_back", () => {
    start(1000);
    site.learn(50000, 1000);
    at(2000);
    site.learn(50900, 2000);
    let last = site.ms();
    for (let t: u32 = 2000; t < 4000; t++) {
      at(t);
      const s = site.ms();
      expect(s >= last).toBeTruthy();
      last = s;
    }
    at(4000);
    expect(site.ms()).toBe(52900);
  });
  test("a_small_correction_forward_is_slewed_too", () => {
    start(1000);
    site.learn(50000, 1000);
    site.learn(50100, 1000);
    expect(site.ms()).toBe(50000);
    at(1160);
    expect(site.ms()).toBe(50170);
    at(9000);
    expect(site.ms()).toBe(58100);
  });
  test("a_great_correction_forward_is_taken_at_once_and_one_back_is_not", () => {
    start(1000);
    site.learn(50000, 1000);
    site.learn(60000, 1000);
    expect(site.ms()).toBe(60000);
    site.learn(50000, 1000);
    expect(site.ms()).toBe(60000);
  });
  test("the_manager_takes_the_greatest_time_that_its_nodes_tell", () => {
    start(1000);
    site.hear(70000);
    site.hear(69999);
    site.hear(70400);
    expect(site.ms()).toBe(70000);
    site.hear(70501);
    expect(site.ms()).toBe(70501);
  });
  test("the_time_wraps", () => {
    start(1000);
    site.learn(0xfffffff0, 1000);
    at(1032);
    expect(site.ms()).toBe(16);
    site.learn(16, 1032);
    expect(site.ms()).toBe(16);
  });
});
