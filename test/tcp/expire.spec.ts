import { A, CPORT, F, K, PEER, PORT, R, S, VOICE, end, established, expectNone, expectSeg, gated, later, news, produce, seg, setMute, setUntil, start, take } from "./bed";
import { Dirty, Flag, Slot, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/tcp/counters";
import * as expire from "../../assembly/tcp/expire";
import * as tcp from "../../assembly/tcp/tcp";
import * as timers from "../../assembly/tcp/timers";

describe("expire", () => {
  beforeEach(start);
  afterEach(end);

  test("r14_a_mute_voice_runs_no_timers", () => {
    const c = established();
    produce(c, 100); expectSeg(K, 1, 1, 100);
    setMute(1);
    later(5000);
    expectNone(); expect(counters.get(C.timeouts)).toBe(0);
    setMute(0);
  });
  test("r18_a_voice_that_has_lapsed_looks_again_a_timeout_later", () => {
    const c = established();
    produce(c, 100); expectSeg(K, 1, 1, 100);
    setUntil(clock.now);
    later(1000); expectNone();
    setUntil(0);
    later(300); expectSeg(K, 1, 1, 100);
  });
  test("r20_speaking_begins_from_the_first_unacknowledged_byte_without_doublings", () => {
    const c = gated(false);
    produce(c, 3000);
    tcp.allow(c, 3000, false); tcp.flush();
    for (let i: u32 = 0; i < 3; i++) expectSeg(K, 1 + i * 1000, 1, 1000);
    later(3000);
    while (take()) {}
    expect(c.backoff > 0).toBeTruthy();
    expire.speak(c);
    expectSeg(K, 1, 1, 1000);
    expect(c.backoff).toBe(0);
    while (take()) {}
    tcp.drop(c, false);
  });
  test("r20_a_closed_window_is_probed_at_once", () => {
    const c = gated(false);
    seg(K, 1, 1, 0, 0);
    produce(c, 100);
    tcp.allow(c, 100, false); tcp.flush();
    while (take()) {}
    expire.speak(c);
    expectSeg(K, 1, 1, 1);
    while (take()) {}
    tcp.drop(c, false);
  });
  test("keep_alive_doubles_nothing_and_ends_after_its_probes", () => {
    const c = established();
    tcp.setKeepAliveProbes(c, 2000, 3);
    tcp.setKeepAlive(c, 5000);
    news(c);
    later(5001); expectSeg(K, 0, 1, 0);
    later(2001); expectSeg(K, 0, 1, 0);
    later(2001); expectSeg(K, 0, 1, 0);
    later(2001); expectNone();
    expect(news(c)).toBe(Dirty.giveUp);
    expect(c.state).toBe(<u8>State.closed);
  });
  test("r2_counts_from_the_last_progress_and_not_from_the_first_byte", () => {
    const c = established();
    tcp.setUserTimeout(c, 3000);
    produce(c, 10000);
    while (take()) {}
    for (let at: u32 = 1001; at <= 8001; at += 1000) { later(2000); while (take()) {} seg(K, 1, at, 60000, 0); while (take()) {} expect(c.state).toBe(<u8>State.established); }
    later(10000);
    while (take()) {}
    expect(c.state).toBe(<u8>State.closed);
  });
  test("a_gated_connection_that_lost_patience_tells_its_owner_and_goes_on", () => {
    const c = gated(false);
    tcp.setUserTimeout(c, 1000);
    produce(c, 100);
    tcp.allow(c, 100, false); tcp.flush();
    later(5000);
    while (take()) {}
    expect(news(c) & Dirty.giveUp).toBe(Dirty.giveUp);
    expect(c.state).toBe(<u8>State.established);
    expect(timers.armed(c, Slot.rtx)).toBeTruthy();
    tcp.drop(c, false);
  });
});
