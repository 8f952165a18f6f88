import * as clock from "../../assembly/core/clock";
import * as members from "../../assembly/manage/members";
import * as membership from "../../assembly/manage/membership";
import * as w from "./world";

function flood(node: u32, on: bool): void { membership.flood(w.at(node), on, clock.now); }

describe("cookies: the redirector's table", () => {
  beforeEach(() => { w.start(3, 0); w.settle(3, 2000); });

  test("r12_the_primarys_word_changes_it_at_once", () => {
    expect(members.cookie(0)).toBeFalsy();
    flood(2, true);
    w.run(1);
    expect(members.cookie(0)).toBeTruthy();
    w.run(500);
    expect(members.cookie(0)).toBeTruthy("it lasts");
    flood(2, false);
    w.run(1);
    expect(members.cookie(0)).toBeFalsy();
  });
  test("r12_a_backups_word_does_not_change_it", () => {
    flood(4, true);
    w.run(500);
    expect(members.cookie(0)).toBeFalsy();
  });
  test("r12_a_new_primary_says_what_it_does", () => {
    flood(2, true);
    w.run(1);
    w.kill(2);
    w.settle(2, 2000);
    w.run(50);
    expect(members.cookie(0)).toBeFalsy();
  });
  test("r12_a_removed_node_forgets_it", () => {
    flood(2, true);
    w.run(1);
    w.cut(2, true);
    w.settle(2, 2000);
    w.cut(2, false);
    w.run(2000);
    expect(w.at(2).cookies).toBe(0);
  });
});
