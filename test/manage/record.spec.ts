import * as record from "../../assembly/manage/record";
import * as view from "../../assembly/wire/view";
import { View } from "../../assembly/wire/view";

const R: usize = memory.data(512, 16);
const V: usize = memory.data(64, 16);
const W: usize = memory.data(64, 16);

function chain(number: u32, n: u32): View {
  const v = changetype<View>(V);
  view.clear(v, number);
  for (let i: u32 = 0; i < n; i++) view.append(v, i + 2, <u64>number << 32 | i);
  return v;
}

function write(counter: u32, number: u32): void {
  record.begin(R, counter, 77);
  record.add(R, counter, 0, chain(number, 3));
  record.add(R, counter, 3, chain(number + 100, 1));
  record.end(R, counter);
}

function blank(): void { memory.fill(R, 0xa5, 512); }

describe("record of views", () => {
  test("layout_is_golden", () => {
    blank();
    write(6, 9);
    const golden: u8[] = [0x48, 0x59, 0x56, 0x52, 6, 0, 0, 0, 77, 0, 2, 0];
    for (let i = 0; i < golden.length; i++) expect(load<u8>(R + i)).toBe(golden[i], i.toString());
    const first: u8[] = [9, 0, 0, 0, 0, 3, 2, 3, 4, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 109, 0, 0, 0, 3, 1, 2];
    for (let i = 0; i < first.length; i++) expect(load<u8>(R + 16 + i)).toBe(first[i], i.toString());
    expect(load<u8>(R + 256)).toBe(0xa5);
    expect(load<u32>(R, 12)).toBe(0x5bd53840);
  });
  test("the_slot_with_the_higher_counter_counts_and_views_come_back", () => {
    blank();
    write(6, 9);
    write(7, 10);
    const slot = record.newest(R, 512, 77);
    expect(slot).toBe(R + 256);
    expect(record.counterOf(slot)).toBe(7);
    const v = changetype<View>(W);
    expect(record.find(slot, 0, v)).toBeTruthy();
    expect(v.number).toBe(10);
    expect(memory.compare(W, changetype<usize>(chain(10, 3)), 56)).toBe(0);
    expect(record.find(slot, 3, v)).toBeTruthy();
    expect(v.n).toBe(1);
    expect(record.find(slot, 1, v)).toBeFalsy();
  });
  test("a_torn_slot_leaves_the_other_and_none_leaves_nothing", () => {
    for (let i = 0; i < 256; i++) {
      blank();
      write(6, 9);
      write(7, 10);
      store<u8>(R + 256 + i, load<u8>(R + 256 + i) ^ 0x10);
      expect(record.newest(R, 512, 77)).toBe(R, i.toString());
    }
    blank();
    expect(record.newest(R, 512, 77)).toBe(0);
  });
  test("a_record_of_another_site_or_length_is_none", () => {
    blank();
    write(6, 9);
    expect(record.newest(R, 512, 76)).toBe(0);
    expect(record.newest(R, 511, 77)).toBe(0);
    expect(record.newest(R, 512, 77)).toBe(R);
  });
  test("counters_wrap", () => {
    blank();
    write(0xffffffff, 9);
    write(0, 10);
    expect(record.counterOf(record.newest(R, 512, 77))).toBe(0);
  });
  test("a_slot_takes_what_fits", () => {
    blank();
    record.begin(R, 1, 77);
    for (let s: u32 = 0; s < 4; s++) expect(record.add(R, 1, s, chain(5, 5))).toBeTruthy();
    expect(record.add(R, 1, 4, chain(5, 5))).toBeFalsy();
    expect(record.add(R, 1, 4, chain(5, 3))).toBeTruthy();
    record.end(R, 1);
    const v = changetype<View>(W);
    expect(record.find(record.newest(R, 512, 77), 4, v)).toBeTruthy();
    expect(v.n).toBe(3);
    expect(record.need(5) * 4 + record.need(3) <= record.ROOM).toBeTruthy();
  });
});
