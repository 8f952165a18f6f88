import { STATE } from "../../../assembly/core/sizes";
import { Phase, Request, TARGET_MAX } from "../../../assembly/service/http/state";
import * as target from "../../../assembly/service/http/target";

const R: usize = memory.data(STATE, 16);
function r(): Request { return changetype<Request>(R); }
/** Status after a whole target; 0: taken. */
function read(s: string): u32 {
  memory.fill(R, 0, STATE);
  for (let i = 0; i < s.length && r().status == 0; i++) target.input(r(), s.charCodeAt(i));
  if (r().status == 0) target.end(r());
  return r().status;
}
/** Hash of the path that a target names. */
function hash(s: string): u64 { expect(read(s)).toBe(0, s); return <u64>r().hash << 32 | <u64>r().check; }

describe("http: target", () => {
  test("rfc9112_3_2_origin_and_absolute_form_name_the_same_path", () => {
    const h = hash("/a/b.txt"), same = ["http://x/a/b.txt", "http://x:80/a/b.txt", "/a/b.txt?q=1", "/a/b.txt?/../", "/%61/b%2etxt", "http://x/a/b.txt?q"];
    for (let i = 0; i < same.length; i++) expect(hash(same[i]) == h).toBeTruthy(same[i]);
    expect(hash("/a/b.tx") == h).toBeFalsy(); expect(hash("/a/B.txt") == h).toBeFalsy();
    expect(hash("http://x") == hash("/")).toBeTruthy();
    expect(hash("http://x?q") == hash("/")).toBeTruthy();
  });
  test("what_leaves_the_tree_or_is_no_path_is_refused", () => {
    const bad = ["/..", "/../a", "/a/..", "/.", "/a/./b", "/%2e%2e", "/a/%2E/b", "/a%2fb", "/a%5cb", "/%00", "/%0a", "/%7f", "/a#b", "/%", "/%4", "/%zz", ""];
    for (let i = 0; i < bad.length; i++) expect(read(bad[i])).toBe(400, bad[i]);
    const good = ["/...", "/.a", "/a.", "/..a", "/a..", "//", "/a//b"];
    for (let i = 0; i < good.length; i++) expect(read(good[i])).toBe(0, good[i]);
  });
  test("forms_for_other_methods_name_no_path", () => {
    expect(read("*")).toBe(0); expect(target.hasPath(r())).toBeFalsy();
    expect(read("host:80")).toBe(0); expect(target.hasPath(r())).toBeFalsy();
    expect(read("/")).toBe(0); expect(target.hasPath(r())).toBeTruthy();
  });
  test("a_target_of_2048_bytes_is_taken_and_one_more_is_414", () => {
    let s = "/";
    while (s.length < <i32>TARGET_MAX) s += "x";
    expect(read(s)).toBe(0);
    expect(read(s + "x")).toBe(414);
    expect(r().phase).toBe(<u8>Phase.head);
  });
});
