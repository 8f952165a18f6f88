import { Err } from "../../assembly/core/err";
import * as commands from "../../assembly/node/commands";
import * as config from "../../assembly/core/config";
import * as log from "../../assembly/core/log";
import * as text from "../../assembly/node/text";

/** Puts a command where the host does: its length. */
function put(s: string): u32 { for (let i = 0; i < s.length; i++) store<u8>(config.address() + i, <u8>s.charCodeAt(i)); return s.length; }
function word(): string { const p = commands.word(); return String.UTF8.decodeUnsafe(p, commands.length); }

describe("commands", () => {
  afterEach(() => { log.setLimit(log.Level.info); });

  test("words_are_parted_by_blanks_of_any_kind", () => {
    expect(commands.begin(put("  probe\t s1   -x \n"))).toBeTruthy();
    expect(word()).toBe("probe"); expect(word()).toBe("s1"); expect(word()).toBe("-x"); expect(word()).toBe(""); expect(word()).toBe("");
  });
  test("a_word_is_compared_whole", () => {
    commands.begin(put("status"));
    const p = commands.word();
    expect(commands.is(p, "status")).toBeTruthy(); expect(commands.is(p, "statu")).toBeFalsy(); expect(commands.is(p, "statusx")).toBeFalsy(); expect(commands.is(p, "Status")).toBeFalsy();
  });
  test("numbers_are_decimal_and_bounded", () => {
    const rows = ["0", "12", "999999999", "1000000000", "-1", "1x", "x", ""], want: i32[] = [0, 12, 999999999, -1, -1, -1, -1, -1];
    for (let i = 0; i < rows.length; i++) { commands.begin(put(rows[i])); expect(commands.number()).toBe(want[i], rows[i]); }
  });
  test("the_log_level_is_set_within_its_range_and_told", () => {
    expect(commands.common(put("log 3")) > 0).toBeTruthy();
    expect(log.limit).toBe(3);
    expect(String.UTF8.decodeUnsafe(text.address(), text.end())).toBe("log level 3");
    expect(commands.common(put("log 4"))).toBe(Err.badRecord);
    expect(commands.common(put("log"))).toBe(Err.badRecord);
    expect(log.limit).toBe(3);
  });
  test("what_no_node_knows_and_what_is_too_long_are_refused", () => {
    expect(commands.common(put("fly"))).toBe(Err.notFound);
    expect(commands.common(0)).toBe(Err.notFound);
    expect(commands.common(config.SIZE + 1)).toBe(Err.badLength);
  });
});
