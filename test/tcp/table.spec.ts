import { CONNS } from "../../assembly/core/sizes";
import { Conn, Dirty, Flag } from "../../assembly/tcp/conn";
import * as ranges from "../../assembly/tcp/ranges";
import * as rcvpool from "../../assembly/tcp/rcvpool";
import * as stream from "../../assembly/tcp/stream";
import * as table from "../../assembly/tcp/table";
import * as wheel from "../../assembly/core/wheel";

function make(i: u32): Conn { return table.make(1, 80, 2, i)!; }

describe("table", () => {
  beforeEach(() => { stream.init(); rcvpool.init(); ranges.init(); wheel.init(0); table.init(); });

  test("a_connection_is_found_by_all_four_of_its_numbers", () => {
    const c = make(5);
    expect(table.find(1, 80, 2, 5) == c).toBeTruthy();
    const other: u32[] = [3, 80, 2, 5, 1, 81, 2, 5, 1, 80, 3, 5, 1, 80, 2, 6];
    for (let i = 0; i < other.length; i += 4) expect(table.find(other[i], other[i + 1], other[i + 2], other[i + 3]) == null).toBeTruthy(i.toString());
    table.release(c);
    expect(table.find(1, 80, 2, 5) == null).toBeTruthy();
  });
  test("the_pool_is_bounded_and_every_block_comes_back", () => {
    for (let i: u32 = 0; i < CONNS; i++) make(i);
    expect(table.make(1, 80, 2, 999) == null).toBeTruthy();
    expect(table.available()).toBe(0); expect(table.used()).toBe(CONNS);
    for (let i: u32 = 0; i < CONNS; i++) { const c = table.find(1, 80, 2, i)!; expect(table.at(table.indexOf(c)) == c).toBeTruthy(); table.release(c); }
    expect(table.available()).toBe(CONNS);
  });
  test("a_block_given_back_while_it_waits_on_a_list_is_free_when_it_leaves_the_list", () => {
    const c = make(1), d = make(2);
    table.mark(c, Dirty.data); table.want(c); table.want(d);
    table.release(c);
    expect(table.available()).toBe(CONNS - 2);
    expect(table.nextDirty() == null).toBeTruthy("it is no news any more");
    expect(table.nextOut() == d).toBeTruthy();
    expect(table.available()).toBe(CONNS - 1);
    table.release(d);
  });
  test("news_come_once_in_order_with_all_their_bits", () => {
    const c = make(1), d = make(2);
    table.mark(c, Dirty.data); table.mark(d, Dirty.fin); table.mark(c, Dirty.ack);
    expect(table.nextDirty() == c).toBeTruthy(); expect(c.dirty).toBe(Dirty.data | Dirty.ack);
    expect(table.nextDirty() == d).toBeTruthy();
    expect(table.nextDirty() == null).toBeTruthy();
    table.setAside(c);
    expect(table.nextPlain() == c).toBeTruthy();
    expect(table.nextPlain() == null).toBeTruthy();
    table.release(c); table.release(d);
  });
  test("the_output_list_holds_a_connection_once", () => {
    const c = make(1);
    expect(table.pending()).toBeFalsy(); expect(table.lastOut()).toBe(0);
    table.want(c); table.want(c);
    expect(table.lastOut()).toBe(changetype<usize>(c));
    expect(table.nextOut() == c).toBeTruthy(); expect(table.nextOut() == null).toBeTruthy();
    table.release(c);
  });
  test("an_unlinked_connection_leaves_its_addresses_to_another", () => {
    const c = make(1);
    table.unlink(c);
    expect(c.flags & Flag.inTable).toBe(0);
    const d = make(1);
    expect(table.find(1, 80, 2, 1) == d).toBeTruthy();
    table.release(c); table.release(d);
    expect(table.available()).toBe(CONNS);
  });
  test("the_secret_decides_who_meets_in_a_bucket", () => {
    table.setSecret(1);
    const h = table.hash(1, 2, 3);
    table.setSecret(2);
    expect(table.hash(1, 2, 3)).not.toBe(h);
    table.setSecret(0x9e3779b1);
  });
});
