import { STATE } from "../../../assembly/core/sizes";
import { Flag, RangeKind, Request } from "../../../assembly/service/http/state";
import * as fields from "../../../assembly/service/http/fields";
import * as word from "../../../assembly/service/http/word";

const R: usize = memory.data(STATE, 16);
function r(): Request { return changetype<Request>(R); }
function put(s: string): void { word.clear(r()); for (let i = 0; i < s.length; i++) word.add(r(), s.charCodeAt(i)); }
function field(name: string, value: string): void { put(name); fields.begin(r()); put(value); fields.member(r()); }
function has(f: u32): bool { return (r().flags & f) != 0; }

describe("http: fields", () => {
  beforeEach(() => { memory.fill(R, 0, STATE); });

  test("names_count_in_any_case_and_others_are_passed_over", () => {
    field("HOST", "a"); expect(has(Flag.host)).toBeTruthy();
    field("Connection", "Close"); expect(has(Flag.close)).toBeTruthy();
    field("connection", "keep-alive"); expect(has(Flag.keepAlive)).toBeTruthy();
    field("X-Connection", "x"); field("Hos", "x"); field("Rang", "bytes=0-1");
    expect(r().status).toBe(0); expect(has(Flag.range)).toBeFalsy();
  });
  test("rfc9112_3_2_a_second_host_is_refused", () => { field("Host", "a"); field("Host", "a"); expect(r().status).toBe(400); });
  test("rfc9112_6_3_one_length_or_the_same_again_and_nothing_else", () => {
    field("Content-Length", "12"); field("Content-Length", "12");
    expect(r().status).toBe(0); expect(r().length).toBe(12);
    field("Content-Length", "13"); expect(r().status).toBe(400);
    const bad = ["", "-1", "+1", "1x", "0x1", "1 2"];
    for (let i = 0; i < bad.length; i++) { memory.fill(R, 0, STATE); field("Content-Length", bad[i]); expect(r().status).toBe(400, bad[i]); }
  });
  test("chunked_once_is_understood_and_any_other_coding_is_not", () => {
    field("Transfer-Encoding", "chunked"); expect(has(Flag.chunked)).toBeTruthy(); expect(has(Flag.coding)).toBeFalsy();
    field("Transfer-Encoding", "chunked"); expect(has(Flag.coding)).toBeTruthy();
    memory.fill(R, 0, STATE);
    field("Transfer-Encoding", "gzip"); expect(has(Flag.coding)).toBeTruthy(); expect(has(Flag.chunked)).toBeFalsy();
  });
  test("rfc9110_14_1_2_ranges_have_three_forms_and_anything_else_is_no_range", () => {
    field("Range", "bytes=5-9"); expect(r().rangeKind).toBe(<u8>RangeKind.between); expect(r().rangeFrom).toBe(5); expect(r().rangeTo).toBe(9);
    memory.fill(R, 0, STATE); field("Range", "bytes=7-"); expect(r().rangeKind).toBe(<u8>RangeKind.from); expect(r().rangeFrom).toBe(7);
    memory.fill(R, 0, STATE); field("Range", "bytes=-3"); expect(r().rangeKind).toBe(<u8>RangeKind.suffix); expect(r().rangeTo).toBe(3);
    const none = ["bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "lines=1-2", "bytes=1", "bytes=1-2x"];
    for (let i = 0; i < none.length; i++) { memory.fill(R, 0, STATE); field("Range", none[i]); expect(r().rangeKind).toBe(<u8>RangeKind.none, none[i]); expect(r().status).toBe(0); }
    memory.fill(R, 0, STATE); field("Range", "bytes=0-1"); field("Range", "bytes=2-3"); expect(has(Flag.ranges)).toBeTruthy();
  });
  test("entity_tags_are_compared_weakly_for_if_none_match_and_strongly_for_if_range", () => {
    const tag = "\"0123456789abcdef\"";
    r().tag = 0xefcdab8967452301;
    field("If-None-Match", tag); expect(fields.noneMatch(r())).toBeTruthy();
    memory.fill(R, 0, STATE); r().tag = 0xefcdab8967452301;
    field("If-None-Match", "W/" + tag); expect(fields.noneMatch(r())).toBeTruthy();
    field("If-Range", "W/" + tag); expect(has(Flag.ifRange)).toBeTruthy(); expect(has(Flag.ifRangeTag)).toBeFalsy();
    memory.fill(R, 0, STATE); r().tag = 1;
    field("If-None-Match", tag); expect(fields.noneMatch(r())).toBeFalsy();
    field("If-None-Match", "*"); expect(fields.noneMatch(r())).toBeTruthy();
    memory.fill(R, 0, STATE);
    field("If-Range", tag); expect(has(Flag.ifRangeTag)).toBeTruthy(); expect(r().rangeTag == 0xefcdab8967452301).toBeTruthy();
    field("If-Range", tag); expect(has(Flag.ifRangeTag)).toBeFalsy();
  });
});
