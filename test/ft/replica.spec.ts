import { As, CPORT, DISCARD, R, BUF, boot, conn, connect, end, poll, r, segFrom, startKind } from "./bed";
import { CONNS, EVENTS, STATE } from "../../assembly/core/sizes";
import * as list from "../../assembly/core/list";
import * as replica from "../../assembly/ft/replica";
import { Member, at, find, freeMembers, freeNumber, make, next, release } from "../../assembly/ft/replica";

describe("replica", () => {
  afterEach(end);

  test("every_member_can_be_made_once_and_comes_back", () => {
    boot(DISCARD);
    for (let c: u32 = 0; c < CONNS; c++) {
      expect(freeNumber(r())).toBe(c);
      const m = make(r(), c);
      expect(m != null).toBeTruthy();
      expect(<u32>m!.c).toBe(c);
      expect(find(r(), c) == m).toBeTruthy();
      expect(make(r(), c) == null).toBeTruthy("taken");
    }
    expect(freeMembers()).toBe(0);
    expect(freeNumber(r())).toBe(CONNS);
    expect(make(at(1), 5) == null).toBeTruthy("the pool is all services'");
    for (let c: u32 = 0; c < CONNS; c++) release(find(r(), c)!);
    expect(freeMembers()).toBe(CONNS);
    expect(freeNumber(r())).toBe(0);
  });
  test("numbers_that_cannot_be_are_nobodys", () => {
    boot(DISCARD);
    expect(find(r(), CONNS) == null).toBeTruthy(); expect(find(r(), 0xffffffff) == null).toBeTruthy(); expect(find(r(), 0xffff) == null).toBeTruthy();
    expect(make(r(), CONNS) == null).toBeTruthy();
    expect(freeMembers()).toBe(CONNS);
  });
  test("services_number_their_connections_apart", () => {
    boot(DISCARD);
    const a = make(at(0), 7)!, b = make(at(1), 7)!;
    expect(a == b).toBeFalsy();
    expect(find(at(0), 7) == a).toBeTruthy(); expect(find(at(1), 7) == b).toBeTruthy(); expect(find(at(2), 7) == null).toBeTruthy();
    release(a);
    expect(find(at(1), 7) == b).toBeTruthy();
    release(b);
  });
  test("next_walks_the_numbers_upwards", () => {
    boot(DISCARD);
    expect(next(r(), 0) == null).toBeTruthy();
    make(r(), 2); make(r(), 31); make(r(), 32); make(r(), CONNS - 1);
    let seen: u32 = 0, last: i32 = -1;
    for (let m = next(r(), 0); m != null; m = next(r(), m!.c + 1)) { expect(<i32>m.c > last).toBeTruthy(); last = m.c; seen++; }
    expect(seen).toBe(4);
    expect(<u32>next(r(), 3)!.c).toBe(31);
    expect(next(r(), CONNS) == null).toBeTruthy();
    for (let m = next(r(), 0); m != null; m = next(r(), 0)) release(m);
  });
  test("a_member_that_is_released_is_in_no_list", () => {
    boot(DISCARD);
    const m = make(r(), 0)!;
    list.push(replica.work(r()), replica.workOf(m)); list.push(replica.up(r()), replica.upOf(m)); list.push(replica.hear(r()), replica.hearOf(m));
    list.push(replica.speak(r()), replica.speakOf(m)); list.push(replica.disk(r()), replica.diskOf(m)); list.push(replica.starved(r()), replica.starvedOf(m));
    expect(replica.memberOf(replica.hear(r()).next, offsetof<Member>("hearNext")) == m).toBeTruthy();
    release(m);
    expect(list.isEmpty(replica.work(r())) && list.isEmpty(replica.up(r())) && list.isEmpty(replica.hear(r())) && list.isEmpty(replica.speak(r()))).toBeTruthy();
    expect(list.isEmpty(replica.disk(r())) && list.isEmpty(replica.starved(r()))).toBeTruthy();
  });
  test("places_of_events_and_states_do_not_overlap", () => {
    boot(DISCARD);
    const a = changetype<usize>(replica.event(at(0), 0));
    expect(changetype<usize>(replica.event(at(0), EVENTS))).toBe(a, "a ring");
    expect(changetype<usize>(replica.event(at(0), EVENTS - 1)) - a).toBe((EVENTS - 1) * 64);
    expect(changetype<usize>(replica.event(at(1), 0)) - a).toBe(EVENTS * 64);
    const x = make(r(), 0)!, y = make(r(), 1)!;
    const d = replica.stateOf(x) > replica.stateOf(y) ? replica.stateOf(x) - replica.stateOf(y) : replica.stateOf(y) - replica.stateOf(x);
    expect(<u32>d).toBe(STATE);
    release(x); release(y);
  });
  test("a_pool_that_is_used_up_refuses_connections_and_not_more", () => {
    startKind(As.alone, DISCARD);
    for (let i: u32 = 0; i < CONNS; i++) connect(i);
    expect(freeMembers()).toBe(0);
    segFrom(CPORT + CONNS, 2, 0, 0, 0, BUF); poll();
    expect(r().connections).toBe(CONNS);
    segFrom(CPORT + 3, R, 1, 0, 0, BUF); poll(); poll();
    expect(<u32>conn(3).remotePort).toBe(CPORT + CONNS, "it waited for the number");
  });
});
