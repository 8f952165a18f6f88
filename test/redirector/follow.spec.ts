import * as bed from "../net/bed";
import * as counters from "../../assembly/core/counters";
import * as members from "../../assembly/manage/members";
import * as site from "./bed";
import * as table from "../../assembly/redirector/table";
import { Mode } from "../../assembly/core/config";
import { Redirector } from "../../assembly/redirector/counters";

/** A fragment of a segment to a port of the virtual host. */
function part(id: u32, off: u32, more: bool, port: u32): void {
  const p = site.segment(site.VHOST, port, site.ACK, 60), h = bed.head(p);
  h.rawId = <u16>id;
  h.frag = off >> 3 | (more ? 0x2000 : 0);
  h.seal();
  site.input(1, p);
}

describe("follow", () => {
  test("later_fragments_go_where_the_first_went", () => {
    site.start();
    part(1, 0, true, 80);
    expect(site.copies()).toBe(7);
    part(1, 80, true, 9999);
    expect(site.copies()).toBe(7); expect(site.inner().fragOffset).toBe(80);
    part(1, 160, false, 0);
    expect(site.copies()).toBe(7);
    part(2, 0, true, 9999);
    expect(site.copies()).toBe(1, "not replicated: the primary alone");
    part(2, 80, false, 80);
    expect(site.copies()).toBe(1);
    bed.end();
  });
  test("fragments_wait_for_their_first_one", () => {
    site.start();
    part(1, 80, true, 0); part(1, 160, false, 0);
    expect(site.copies()).toBe(0);
    part(1, 0, true, 80);
    let n = 0;
    while (bed.next(0)) n++;
    expect(n).toBe(9);
    expect(counters.get(Redirector.copied)).toBe(3);
    bed.end();
  });
  test("a_first_fragment_that_never_comes_costs_the_others", () => {
    site.start();
    part(1, 80, true, 0); part(1, 160, false, 0);
    bed.later(3001);
    site.silent();
    expect(counters.get(Redirector.fragmentLate)).toBe(2);
    part(1, 0, true, 80);
    expect(site.copies()).toBe(7);
    bed.end();
  });
  test("few_wait_and_the_oldest_datagram_gives_way", () => {
    site.start();
    for (let i: u32 = 1; i <= 10; i++) part(1, i * 80, true, 0);
    expect(counters.get(Redirector.fragmentQueue)).toBe(2);
    for (let i: u32 = 2; i <= 5; i++) { bed.later(1); part(i, 80, true, 0); }
    expect(counters.get(Redirector.fragmentQueue)).toBe(10);
    part(5, 0, true, 80);
    let n = 0;
    while (bed.next(0)) n++;
    expect(n).toBe(6);
    bed.end();
  });
  test("what_is_refused_is_refused_with_its_fragments", () => {
    site.start();
    members.begin(0, 9);
    part(1, 80, true, 0);
    part(1, 0, true, 9999);
    part(1, 160, false, 0);
    site.silent();
    expect(counters.get(Redirector.noMember)).toBe(3);
    bed.end();
  });
  test("fragments_of_a_nearest_flow_go_to_its_replica", () => {
    site.start();
    table.add(1, Mode.nearest, site.VHOST, 443, 0);
    members.begin(1, 1); members.add(1, 2, site.S + 1);
    part(1, 80, false, 0); part(1, 0, true, 443);
    expect(site.copies()).toBe(2);
    expect(counters.get(Redirector.copied)).toBe(2);
    bed.end();
  });
});
