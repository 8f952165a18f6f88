import { Err } from "../../assembly/core/err";
import { RULES } from "../../assembly/wire-process/rule";
import * as command from "../../assembly/wire-process/command";
import * as random from "../../assembly/wire-process/random";
import * as rule from "../../assembly/wire-process/rule";

const P: usize = memory.data(512, 16);
function put(s: string): u32 { for (let i = 0; i < s.length; i++) store<u8>(P + i, <u8>s.charCodeAt(i)); return s.length; }
function run(s: string): i32 { return command.run(P, put(s)); }

describe("commands of a wire", () => {
  beforeEach(() => { rule.clear(RULES); });

  test("a_rule_is_set_with_all_that_it_names", () => {
    expect(run("rule 2 ab loss 10000 dup 5 corrupt 7 reorder 9 hold 300 delay 1000 jitter 20 rate 100000 limit 40000 src 02:00:00:00:00:05")).toBe(0);
    const r = rule.at(2);
    expect(r.used).toBe(1); expect(r.dirs).toBe(1); expect(r.loss).toBe(10000); expect(r.dup).toBe(5); expect(r.corrupt).toBe(7); expect(r.reorder).toBe(9);
    expect(r.hold).toBe(300); expect(r.delay).toBe(1000); expect(r.jitter).toBe(20); expect(r.rate).toBe(100000); expect(r.limit).toBe(40000);
    expect(r.match).toBe(1); expect(r.srcLo).toBe(2); expect(r.srcHi).toBe(0x0500);
  });
  test("the_usual_hold_and_limit_stand_where_none_are_named", () => {
    expect(run("rule 0 both cut")).toBe(0);
    expect(rule.at(0).cut).toBe(1); expect(rule.at(0).dirs).toBe(3); expect(rule.at(0).hold).toBe(2000); expect(rule.at(0).limit).toBe(50000);
  });
  test("frames_that_wait_stay_counted_when_a_rule_is_set_anew", () => {
    run("rule 1 ba delay 5");
    rule.at(1).queued1 = 3; rule.at(1).last1 = 77;
    expect(run("rule 1 ba delay 6")).toBe(0);
    expect(rule.at(1).queued1).toBe(3); expect(rule.at(1).last1).toBe(77); expect(rule.at(1).delay).toBe(6);
  });
  test("a_bad_line_changes_nothing", () => {
    const bad = ["fly", "rule", "rule 16 ab", "rule 0", "rule 0 up", "rule 0 ab loss", "rule 0 ab loss 1000001", "rule 0 ab loss x", "rule 0 ab src 02:00", "rule 0 ab glue 3", "seed", "seed 1 2", "seed x", "clear 16", "clear 1 2"];
    run("rule 0 ab delay 9");
    for (let i = 0; i < bad.length; i++) { expect(run(bad[i])).toBe(Err.badRecord, bad[i]); expect(rule.at(0).delay).toBe(9, bad[i]); }
  });
  test("clear_empties_one_rule_or_all_and_an_empty_line_is_none", () => {
    run("rule 0 ab cut"); run("rule 1 ab cut");
    expect(run("clear 0")).toBe(0);
    expect(rule.at(0).used).toBe(0); expect(rule.at(1).used).toBe(1);
    expect(run("clear")).toBe(0);
    expect(rule.at(1).used).toBe(0);
    expect(run("")).toBe(0); expect(run("   ")).toBe(0);
  });
  test("of_several_lines_the_first_bad_one_is_named_and_those_before_it_count", () => {
    expect(command.runAll(P, put("rule 0 ab cut\nrule 1 ba cut\n"))).toBe(0);
    expect(command.runAll(P, put("rule 2 ab cut\nfly\nrule 3 ab cut\n"))).toBe(2);
    expect(rule.at(2).used).toBe(1); expect(rule.at(3).used).toBe(0);
  });
  test("seed_begins_the_numbers_anew", () => {
    run("seed 5");
    const a = random.next(0);
    run("seed 5");
    expect(random.next(0)).toBe(a);
  });
});
