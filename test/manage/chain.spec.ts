import * as chain from "../../assembly/manage/chain";
import * as block from "../core/block";
import * as config from "../../assembly/core/config";
import * as views from "../../assembly/wire/view";
import { inc, c, later, member, peer, registered, running, slept } from "./bed";

const ENTROPY: usize = memory.data(16, 16);
const MAC: usize = memory.data(8, 16);

function named(life: u32, entropy: u64, mac: u32): u64 {
  store<u64>(ENTROPY, entropy); store<u32>(MAC, mac);
  chain.name(life, ENTROPY, MAC);
  return chain.incarnation;
}

describe("the manager's record of a chain", () => {
  test("r19_a_lease_is_over_after_its_time_the_drift_bound_and_the_margin", () => {
    const rows: u32[] = [300, 20, 300000 + 301 + 20000, 30, 0, 30000 + 31, 600000, 1000, 600000000 + 600001 + 1000000]; // ms, ms, us
    for (let i = 0; i < rows.length; i += 3) {
      block.begin(1, 1);
      const s = block.site(); store<u32>(s, rows[i], 20); store<u32>(s, rows[i + 1], 24);
      block.iface(0x0a000001); block.node(1, 1);
      expect(config.parse(block.address(), block.end())).toBe(0);
      chain.init();
      expect(chain.lease).toBe(<u64>rows[i] * 1000);
      expect(chain.fence).toBe(<u64>rows[i + 2]);
    }
  });
  test("r17_each_start_has_another_incarnation_and_none_is_zero", () => {
    running(3, 3);
    const a = named(1, 2, 3);
    expect(named(1, 2, 3)).toBe(a);
    expect(named(2, 2, 3)).not.toBe(a, "starts counted by the record");
    expect(named(1, 3, 3)).not.toBe(a, "entropy");
    expect(named(1, 2, 4)).not.toBe(a, "another machine");
    later(1);
    expect(named(1, 2, 3)).not.toBe(a, "time");
    for (let i: u32 = 0; i < 64; i++) expect(named(i, 0, 0)).not.toBe(0);
  });
  test("r23a_a_position_is_that_of_the_incarnation_that_counts", () => {
    running(4, 3);
    registered(5);
    for (let i: u32 = 0; i < 3; i++) expect(chain.position(c(), i)).toBe(<i32>i);
    expect(chain.position(c(), 3)).toBe(-1, "in no view");
    peer(3).incarnation++;
    expect(chain.position(c(), 1)).toBe(-1, "another incarnation");
    expect(chain.same(c(), 1)).toBeFalsy();
    expect(chain.same(c(), 2)).toBeTruthy();
    peer(2).incarnation = 0;
    views.set(chain.view(c()), 0, 2, 0);
    expect(chain.position(c(), 0)).toBe(-1, "none is none, whatever the view says");
  });
  test("r18_an_ask_can_be_quoted_for_less_than_a_lease_of_the_managers_own_time", () => {
    running(3, 3);
    later(299999);
    expect(chain.quotable(peer(2))).toBeTruthy();
    later(1);
    expect(chain.quotable(peer(2))).toBeFalsy();
    member(2);
    slept(300000);
    expect(chain.quotable(peer(2))).toBeFalsy("also while the manager slept");
    peer(3).askedAt = 0;
    expect(chain.quotable(peer(3))).toBeFalsy("never asked");
  });
  test("r25_alive_is_judged_without_the_managers_own_sleep", () => {
    running(3, 3);
    slept(10000000);
    expect(chain.alive(peer(2))).toBeTruthy();
    later(300000);
    expect(chain.alive(peer(2))).toBeTruthy();
    later(1);
    expect(chain.alive(peer(2))).toBeFalsy();
    peer(3).heardAt = 0;
    expect(chain.alive(peer(3))).toBeFalsy();
  });
  test("r19_quiet_waits_for_every_node_ever_told_that_it_is_primary", () => {
    running(5, 3);
    expect(chain.quiet(c(), 0)).toBeTruthy();
    peer(6).told = 1; peer(6).until = chain.now + 10;     // configured, in no view any more
    peer(2).told = 1; peer(2).until = chain.now + 20;
    expect(chain.quiet(c(), changetype<usize>(peer(2)))).toBeFalsy();
    later(10);
    expect(chain.quiet(c(), changetype<usize>(peer(2)))).toBeTruthy();
    expect(chain.quiet(c(), 0)).toBeFalsy();
    later(9);
    expect(chain.quiet(c(), 0)).toBeFalsy();
    later(1);
    expect(chain.quiet(c(), 0)).toBeTruthy();
    peer(4).until = chain.now + 1000;
    expect(chain.quiet(c(), 0)).toBeTruthy("a backup's lease lets nobody speak");
  });
  test("chains_and_nodes_do_not_share_their_records", () => {
    running(3, 3);
    for (let s: u32 = 0; s < 4; s++) {
      const k = chain.at(s);
      expect(changetype<usize>(k) + chain.CHAIN <= changetype<usize>(chain.at(s + 1))).toBeTruthy();
      k.svc = s;
      for (let i: u32 = 0; i + 1 < chain.PEERS; i++) expect(changetype<usize>(chain.peer(k, i)) + chain.PEER).toBe(changetype<usize>(chain.peer(k, i + 1)));
    }
    expect(changetype<usize>(chain.peer(chain.at(0), 7)) + chain.PEER).toBe(changetype<usize>(chain.peer(chain.at(1), 0)));
    expect(inc(2)).not.toBe(inc(3));
  });
});
