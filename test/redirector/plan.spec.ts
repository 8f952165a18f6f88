import * as bed from "../net/bed";
import * as iface from "../../assembly/net/iface";
import * as members from "../../assembly/manage/members";
import * as plan from "../../assembly/redirector/plan";
import * as site from "./bed";

describe("plan", () => {
  test("members_are_reached_by_their_routes", () => {
    site.start();
    const q = plan.current(0);
    expect(q.n).toBe(3); expect(q.view).toBe(0x10005); expect(q.mtu).toBe(1480);
    expect(plan.target(q, 2).addr).toBe(site.S + 2); expect(plan.target(q, 2).hop).toBe(site.S + 2); expect(plan.target(q, 2).iface).toBe(0);
    expect(plan.find(q, site.S + 1) == plan.target(q, 1)).toBeTruthy(); expect(plan.find(q, site.S + 3) == null).toBeTruthy();
    bed.end();
  });
  test("a_new_view_is_seen_at_once", () => {
    site.start();
    expect(plan.current(0).n).toBe(3);
    site.view(1);
    expect(plan.current(0).n).toBe(1);
    members.begin(0, 9);
    expect(plan.current(0).n).toBe(0);
    bed.end();
  });
  test("a_far_member_is_reached_by_a_gateway_and_the_least_mtu_counts", () => {
    site.start();
    members.add(0, 9, 0x0b000001);
    iface.at(1).mtu = 1400;
    const q = plan.current(0);
    expect(plan.target(q, 3).iface).toBe(1); expect(plan.target(q, 3).hop).toBe(bed.FAR); expect(plan.target(q, 3).mtu).toBe(1380); expect(q.mtu).toBe(1380);
    bed.end();
  });
  test("a_learnt_path_mtu_counts_for_ten_minutes", () => {
    site.start();
    expect(plan.learn(site.S + 1, 1300)).toBeTruthy();
    expect(plan.current(0).mtu).toBe(1280);
    expect(plan.learn(site.S + 1, 1400)).toBeFalsy("never larger");
    expect(plan.learn(site.S + 7, 1000)).toBeFalsy("not a node");
    expect(plan.learn(site.S, 100)).toBeTruthy();
    expect(plan.current(0).mtu).toBe(556, "no less than 576");
    bed.later(600100);
    expect(plan.current(0).mtu).toBe(1480);
    bed.end();
  });
});
