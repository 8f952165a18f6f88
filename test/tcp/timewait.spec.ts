import { A, CPORT, F, IRS, K, PEER, PORT, R, S, VOICE, end, established, expectNone, expectSeg, iss, later, modern, outWnd, seg, start, take, tsOpt } from "./bed";
import { Conn } from "../../assembly/tcp/conn";
import { PORTABLE, Portable, TimeWait } from "../../assembly/tcp/timewait";
import { Tcp as C } from "../../assembly/tcp/counters";
import { TIME_WAITS } from "../../assembly/core/sizes";
import * as counters from "../../assembly/tcp/counters";
import * as tcp from "../../assembly/tcp/tcp";
import * as timewait from "../../assembly/tcp/timewait";

const SAVED: usize = memory.data(64 * 40, 16);

/** A connection that we closed first is over; its record waits. */
function waiting(): void {
  const c = established();
  tcp.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
  seg(F | K, 1, 2, 1000, 0); expectSeg(K, 2, 2, 0);
  tcp.finish(c);
  expect(timewait.used()).toBe(1);
}

describe("time-wait", () => {
  beforeEach(start);
  afterEach(end);

  test("a_record_is_found_by_its_addresses_and_holds_its_port", () => {
    waiting();
    expect(timewait.find(A, PORT, PEER, CPORT) != null).toBeTruthy();
    expect(timewait.find(A, PORT, PEER, CPORT + 1) == null).toBeTruthy();
    expect(timewait.holds(A, PORT)).toBeTruthy(); expect(timewait.holds(0, PORT)).toBeTruthy();
    expect(timewait.holds(A, PORT + 1)).toBeFalsy();
  });
  test("what_is_late_is_answered_and_a_bare_ack_is_not", () => {
    waiting();
    seg(K, 1, 2, 1000, 10); expectSeg(K, 2, 2, 0);
    seg(K, 2, 2, 1000, 0); expectNone();
    seg(K, 900, 2, 1000, 0); expectSeg(K, 2, 2, 0);
    expect(counters.get(C.timeWaitSegment)).toBe(3);
  });
  test("only_a_fin_begins_the_time_anew", () => {
    waiting();
    later(40000);
    seg(K, 1, 2, 1000, 10); while (take()) {}
    later(15000);
    expect(timewait.used()).toBe(1);
    later(6000);
    expect(timewait.used()).toBe(0);
  });
  test("a_syn_with_a_higher_number_begins_a_new_connection_with_an_isn_above_the_old", () => {
    waiting();
    const old = iss;
    seg(S, 0, 0, 1000, 0); expectSeg(K, 2, 2, 0);         // not above: an old copy
    seg(S, 5000, 0, 1000, 0);
    expect(take()).not.toBe(0);
    expect(timewait.used()).toBe(0);
    seg(R, 5001, 0, 0, 0);
    expect(iss).toBe(old);
  });
  test("a_record_travels_and_goes_on_where_it_was", () => {
    waiting();
    later(20000);
    expect(timewait.save(A, PORT, 0, SAVED, 8)).toBe(1);
    expect(timewait.save(A, PORT + 1, 0, SAVED + PORTABLE, 8)).toBe(0);
    const q = changetype<Portable>(SAVED);
    expect(q.left).toBe(40000);
    expect(timewait.save(A, PORT, q.serial, SAVED + PORTABLE, 8)).toBe(0, "each once");
    timewait.drop(timewait.find(A, PORT, PEER, CPORT)!);
    timewait.restore(q, VOICE);
    timewait.restore(q, VOICE);
    expect(timewait.used()).toBe(1);
    seg(K, 1, 2, 1000, 10); expectSeg(K, 2, 2, 0);
    later(39000); expect(timewait.used()).toBe(1);
    later(2000); expect(timewait.used()).toBe(0);
  });
  test("a_record_without_life_or_room_is_not_restored", () => {
    waiting();
    timewait.save(A, PORT, 0, SAVED, 1);
    const q = changetype<Portable>(SAVED);
    timewait.drop(timewait.find(A, PORT, PEER, CPORT)!);
    q.left = timewait.LIFE + 1;
    timewait.restore(q, VOICE);
    expect(timewait.used()).toBe(0);
    q.left = 1000;
    for (let i: u32 = 0; i <= TIME_WAITS; i++) { q.remotePort = <u16>(1 + i); timewait.restore(q, VOICE); }
    expect(timewait.used()).toBe(TIME_WAITS);
  });
});
