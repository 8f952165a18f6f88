import * as view from "../../assembly/wire/view";
import { View, VIEW } from "../../assembly/wire/view";

const A: usize = memory.data(64, 16);
const B: usize = memory.data(64, 16);

function three(): View {
  const v = changetype<View>(A);
  memory.fill(A, 0xa5, 64);
  view.clear(v, 7);
  view.append(v, 2, 0x1122334455667788);
  view.append(v, 1, 0x0102030405060708);
  view.append(v, 9, 3);
  return v;
}

describe("view", () => {
  test("layout_is_golden", () => {
    three();
    const golden: u8[] = [
      7, 0, 0, 0, 3, 0, 0, 0, 2, 1, 9, 0, 0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
      8, 7, 6, 5, 4, 3, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    for (let i = 0; i < 56; i++) expect(load<u8>(A + i)).toBe(golden[i], i.toString());
    for (let i = 56; i < 64; i++) expect(load<u8>(A + i)).toBe(0xa5);
  });
  test("removal_keeps_the_order_of_the_others", () => {
    for (let i: u32 = 0; i < 3; i++) {
      const v = three();
      view.remove(v, i);
      expect(v.n).toBe(2);
      expect(view.node(v, 0)).toBe(i == 0 ? 1 : 2);
      expect(view.node(v, 1)).toBe(i == 2 ? 1 : 9);
      expect(view.incarnation(v, 1)).toBe(i == 2 ? 0x0102030405060708 : 3);
      expect(view.valid(v)).toBeTruthy();
    }
  });
  test("a_member_is_found_by_node_and_incarnation_together", () => {
    const v = three();
    expect(view.position(v, 9)).toBe(2);
    expect(view.position(v, 0)).toBe(-1);
    expect(view.find(v, 9, 3)).toBe(2);
    expect(view.find(v, 9, 4)).toBe(-1);
    expect(view.find(v, 8, 3)).toBe(-1);
  });
  test("a_full_view_takes_no_sixth_member", () => {
    const v = three();
    expect(view.append(v, 4, 4)).toBeTruthy();
    expect(view.append(v, 5, 5)).toBeTruthy();
    expect(view.append(v, 6, 6)).toBeFalsy();
    expect(v.n).toBe(5);
    view.copy(changetype<View>(B), v);
    expect(memory.compare(A, B, VIEW)).toBe(0);
  });
  test("impossible_views_are_refused", () => {
    expect(view.valid(three())).toBeTruthy();
    let v = three(); v.number = 0; expect(view.valid(v)).toBeFalsy();
    v = three(); v.n = 0; expect(view.valid(v)).toBeFalsy();
    v = three(); v.n = 6; expect(view.valid(v)).toBeFalsy();
    v = three(); v.n = 2; expect(view.valid(v)).toBeFalsy();
    v = three(); v.n = 4; expect(view.valid(v)).toBeFalsy();
    v = three(); view.set(v, 2, 2, 3); expect(view.valid(v)).toBeFalsy();
    v = three(); store<u64>(A + 40, 1); expect(view.valid(v)).toBeFalsy();
    v = three(); store<u8>(A + 15, 1); expect(view.valid(v)).toBeFalsy();
  });
});
