import { Eth } from "../../assembly/wire/eth";
import { RULES, Rule } from "../../assembly/wire-process/rule";
import * as rule from "../../assembly/wire-process/rule";

const FRAME: usize = memory.data(64, 16);
function frame(dst: u32, src: u32): usize { changetype<Eth>(FRAME).write(dst, 0, src, 0, 0x0008); return FRAME; }
function set(i: u32, dirs: u32): Rule { const r = rule.at(i); r.used = 1; r.dirs = <u8>dirs; return r; }

describe("rules of a wire", () => {
  beforeEach(() => { rule.clear(RULES); });

  test("without_a_rule_none_fits", () => { expect(rule.find(0, frame(2, 4))).toBe(RULES); });
  test("the_first_that_fits_decides_by_direction", () => {
    set(3, 2); set(5, 3);
    expect(rule.find(0, frame(2, 4))).toBe(5);
    expect(rule.find(1, frame(2, 4))).toBe(3);
    rule.clear(3);
    expect(rule.find(1, frame(2, 4))).toBe(5);
  });
  test("a_rule_names_sender_and_receiver_and_a_group_address_is_everybodys", () => {
    const r = set(0, 1);
    r.match = 3; r.srcLo = 4; r.dstLo = 2;
    expect(rule.find(0, frame(2, 4))).toBe(0);
    expect(rule.find(0, frame(2, 6))).toBe(RULES);
    expect(rule.find(0, frame(8, 4))).toBe(RULES);
    expect(rule.find(0, frame(0xffffffff, 4))).toBe(0);
    expect(rule.find(0, frame(0xffffffff, 6))).toBe(RULES);
  });
});
