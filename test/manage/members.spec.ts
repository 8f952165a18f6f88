import * as members from "../../assembly/manage/members";

describe("members", () => {
  test("a_membership_is_read_as_it_was_written", () => {
    members.init();
    const before = members.generation;
    members.begin(1, 7);
    expect(members.add(1, 3, 0x0a00000d)).toBeTruthy(); expect(members.add(1, 1, 0x0a00000b)).toBeTruthy();
    expect(members.view(1)).toBe(7); expect(members.count(1)).toBe(2);
    expect(members.node(1, 0)).toBe(3); expect(members.addr(1, 0)).toBe(0x0a00000d); expect(members.node(1, 1)).toBe(1); expect(members.addr(1, 1)).toBe(0x0a00000b);
    expect(members.position(1, 1)).toBe(1); expect(members.position(1, 2)).toBe(-1);
    expect(members.generation != before).toBeTruthy();
    expect(members.count(0) + members.count(2) + members.count(3)).toBe(0, "others are not touched");
  });
  test("a_new_view_replaces_the_old_one_and_keeps_the_cookie_flag", () => {
    members.init();
    members.begin(0, 1); members.add(0, 1, 11); members.add(0, 2, 12);
    members.setCookie(0, true);
    members.begin(0, 2); members.add(0, 2, 12);
    expect(members.count(0)).toBe(1); expect(members.view(0)).toBe(2); expect(members.node(0, 0)).toBe(2); expect(members.cookie(0)).toBeTruthy();
    expect(members.position(0, 1)).toBe(-1);
    members.setCookie(0, false);
    expect(members.cookie(0)).toBeFalsy();
  });
  test("there_is_room_for_eight", () => {
    members.init();
    members.begin(0, 1);
    for (let i: u32 = 0; i < 8; i++) expect(members.add(0, i + 1, i + 100)).toBeTruthy();
    expect(members.add(0, 9, 9)).toBeFalsy();
    expect(members.count(0)).toBe(8); expect(members.addr(0, 7)).toBe(107); expect(members.count(1)).toBe(0);
  });
});
