import * as list from "../../assembly/core/list";
import { Link } from "../../assembly/core/list";

const LINKS: usize = memory.data(8 * 16, 16);
function link(i: u32): Link { return changetype<Link>(LINKS + (i << 3)); }
function clear(): void { memory.fill(LINKS, 0, 128); list.init(link(0)); list.init(link(1)); }
function order(h: u32): u32 {
  let v: u32 = 0;
  for (let p = link(h).next; p != changetype<usize>(link(h)); p = changetype<Link>(p).next) v = v * 10 + (<u32>(p - LINKS) >> 3);
  return v;
}

describe("list", () => {
  test("links_come_out_in_the_order_they_went_in", () => {
    clear();
    list.push(link(0), link(5)); list.push(link(0), link(3)); list.push(link(0), link(4));
    expect(order(0)).toBe(534);
    list.remove(link(3));
    expect(order(0)).toBe(54);
    expect(list.linked(link(3))).toBeFalsy();
    list.remove(link(3));
    expect(order(0)).toBe(54);
  });
  test("splice_puts_one_list_before_another", () => {
    clear();
    list.push(link(0), link(5)); list.push(link(1), link(3)); list.push(link(1), link(4));
    list.splice(link(0), link(1));
    expect(order(0)).toBe(345);
    expect(list.isEmpty(link(1))).toBeTruthy();
    list.splice(link(0), link(1));
    expect(order(0)).toBe(345);
  });
  test("a_link_whose_neighbours_do_not_know_it_traps", () => {
    clear();
    list.push(link(0), link(5)); list.push(link(0), link(3));
    link(3).prev = changetype<usize>(link(4));
    expect(() => { list.remove(link(5)); }).toThrow();
  });
});
