import * as counters from "../../assembly/core/counters";
import * as chain from "../../assembly/manage/chain";
import { Manage } from "../../assembly/manage/counters";
import * as durable from "../../assembly/manage/durable";
import * as record from "../../assembly/manage/record";
import * as views from "../../assembly/wire/view";
import { View } from "../../assembly/wire/view";
import { VIEW, later, lines, nodes, running } from "./bed";

const DISK: usize = memory.data(512, 16);
const V: usize = memory.data(64, 16);

/** A chain of three in view VIEW, and storage that holds n bytes. */
function begin(n: i32): usize {
  running(3, 3);
  durable.init();
  return durable.load(DISK, n);
}
/** The write that is pending succeeds. */
function write(): void {
  expect(durable.pending()).toBe(record.SIZE);
  memory.copy(DISK, durable.address(), 512);
  durable.done(true);
}

describe("durable", () => {
  beforeEach(() => { memory.fill(DISK, 0, 512); });

  test("without_storage_everything_counts_as_written_and_nothing_is", () => {
    expect(begin(-1)).toBe(0);
    expect(durable.hasStorage()).toBeFalsy();
    expect(durable.started()).toBeTruthy();
    expect(durable.isWritten(durable.change())).toBeTruthy();
    expect(durable.pending()).toBe(0);
  });
  test("r17_the_start_itself_is_written_before_it_counts", () => {
    begin(0);
    expect(durable.started()).toBeFalsy();
    expect(durable.life()).toBe(1);
    expect(durable.pending()).toBe(512);
    expect(durable.started()).toBeFalsy();
    durable.done(true);
    expect(durable.started()).toBeTruthy();
    expect(durable.pending()).toBe(0);
  });
  test("one_write_at_a_time_and_a_change_made_meanwhile_needs_the_next", () => {
    begin(0);
    write();
    const a = durable.change();
    expect(durable.pending()).toBe(512);
    expect(durable.pending()).toBe(0, "one is under way");
    const b = durable.change();
    durable.done(true);
    expect(durable.isWritten(a)).toBeTruthy();
    expect(durable.isWritten(b)).toBeFalsy();
    write();
    expect(durable.isWritten(b)).toBeTruthy();
  });
  test("a_failed_write_is_counted_said_and_tried_again_after_100_ms", () => {
    begin(0);
    write();
    const a = durable.change();
    lines();
    for (let i: u32 = 1; i < 4; i++) {
      expect(durable.pending()).toBe(512);
      durable.done(false);
      expect(durable.isWritten(a)).toBeFalsy();
      expect(counters.get(Manage.recordFailed)).toBe(i);
      expect(lines()).toBe(1);
      later(99999); expect(durable.pending()).toBe(0);
      later(1);
    }
    write();
    expect(durable.isWritten(a)).toBeTruthy();
  });
  test("an_answer_without_a_write_means_nothing", () => {
    begin(0);
    durable.done(true);
    expect(durable.started()).toBeFalsy();
    durable.done(false);
    expect(counters.get(Manage.recordFailed)).toBe(0);
    expect(durable.pending()).toBe(512);
  });
  test("each_write_has_the_next_counter_and_leaves_the_other_slot_as_it_was", () => {
    begin(0);
    write();
    const first = record.newest(DISK, 512, 77);
    expect(record.counterOf(first)).toBe(1);
    durable.change();
    write();
    expect(record.counterOf(first)).toBe(1);
    expect(record.counterOf(record.newest(DISK, 512, 77))).toBe(2);
    durable.change();
    durable.pending(); durable.done(false);              // failed: the same slot and counter again
    later(100000);
    write();
    expect(record.counterOf(record.newest(DISK, 512, 77))).toBe(3);
  });
  test("the_next_start_finds_the_newest_view_and_counts_itself", () => {
    begin(0);
    write();
    const slot = begin(512);
    expect(slot).not.toBe(0);
    const v = changetype<View>(V);
    expect(record.find(slot, 0, v)).toBeTruthy();
    expect(memory.compare(V, changetype<usize>(chain.view(chain.at(0))), views.VIEW)).toBe(0);
    expect(v.number).toBe(VIEW);
    expect(nodes()).toBe(234);
    expect(durable.life()).toBe(2);
    write();
    expect(record.counterOf(record.newest(DISK, 512, 77))).toBe(2);
  });
  test("a_torn_short_or_long_record_is_none_but_there_is_storage", () => {
    begin(0);
    write();
    const rows: i32[] = [511, 1, 513, 0];
    for (let i = 0; i < rows.length; i++) { expect(begin(rows[i])).toBe(0); expect(durable.hasStorage()).toBeTruthy(); expect(durable.life()).toBe(1); }
    store<u8>(DISK + 256 + 20, load<u8>(DISK + 256 + 20) ^ 1);
    expect(begin(512)).toBe(0);
  });
  test("a_chain_without_members_or_view_is_not_listed", () => {
    begin(0);
    views.clear(chain.view(chain.at(0)), 9);
    write();
    expect(load<u8>(record.newest(DISK, 512, 77), 10)).toBe(0);
    expect(durable.fits()).toBeTruthy();
  });
});
