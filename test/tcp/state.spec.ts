import { BUF, F, K, R, S, conn, consume, end, established, expectNone, expectSeg, gated, later, listener, modern, mssOpt, news, produce, seg, start, take, tsOpt } from "./bed";
import { Conn, Dirty, Flag, State, SynFlag, Trouble } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as state from "../../assembly/tcp/state";
import * as tcp from "../../assembly/tcp/tcp";

const BLOCK: usize = memory.data(512, 16);
function blank(): Conn { memory.fill(BLOCK, 0, 512); return changetype<Conn>(BLOCK); }

describe("state", () => {
  beforeEach(start);
  afterEach(end);

  test("the_options_of_both_syns_agree", () => {
    // client's MSS (0: none), limit, timestamps: bytes of a full segment
    const rows: u32[] = [1460, 1460, 0, 1460, 1460, 1440, 0, 1440, 1000, 1460, 1, 988, 0, 1460, 0, 536, 0, 1460, 1, 524, 20, 1460, 0, 88, 9000, 1460, 0, 1460];
    for (let i = 0; i < rows.length; i += 4) {
      const c = blank();
      state.begin(c, 65535, 65535);
      state.agree(c, rows[i + 2] ? SynFlag.timestamps : 0, rows[i], 255, rows[i + 1]);
      expect(<u32>c.mss).toBe(rows[i + 3], i.toString());
      expect(c.wscaleSnd).toBe(0);
      expect(c.rcvMss <= 536).toBeTruthy();
    }
  });
  test("a_fin_closes_and_is_given_back_by_way_of_each_state", () => {
    const c = established();
    state.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
    expect(c.state).toBe(<u8>State.finWait1);
    state.shut(c); tcp.flush(); expectNone();
    seg(K, 1, 2, 60000, 0); expect(c.state).toBe(<u8>State.finWait2);
    seg(F | K, 1, 2, 60000, 0); expectSeg(K, 2, 2, 0);
    expect(c.state).toBe(<u8>State.timeWait);
    expect(news(c) & Dirty.finished).toBe(Dirty.finished);
  });
  test("r10_a_gated_connection_ends_by_its_owner_alone", () => {
    const c = gated(false);
    state.resetHeard(c); state.giveUp(c);
    expect(c.state).toBe(<u8>State.established);
    expect(news(c) & (Dirty.reset | Dirty.giveUp)).toBe(Dirty.reset | Dirty.giveUp);
    const d = c;
    tcp.drop(d, true); expectSeg(R | K, 1, 1, 0);
  });
  test("a_plain_one_ends_at_once_and_its_addresses_are_free", () => {
    const c = established();
    state.resetHeard(c);
    expect(c.state).toBe(<u8>State.closed); expect(c.flags & Flag.inTable).toBe(0);
    expect(counters.get(C.resetHeard)).toBe(1);
  });
  test("rfc7323_4_3_stamps_take_a_newer_value_up_to_the_last_ack", () => {
    const c = blank();
    c.lastAck = 1000; c.tsRecent = 50;
    state.stamp(c, 1000, 60); expect(c.tsRecent).toBe(60);
    state.stamp(c, 1001, 70); expect(c.tsRecent).toBe(60);
    state.stamp(c, 900, 40); expect(c.tsRecent).toBe(60);
    state.stamp(c, 900, 60); expect(c.tsRecent).toBe(60);
  });
  test("r16_a_stamp_waits_with_its_bytes", () => {
    const c = gated(false);
    state.remember(c, 0, 500); state.remember(c, 100, 500); state.remember(c, 200, 600);
    seg(K, 1, 1, 60000, 300);
    state.deposit(c, 100); expect(c.tsRecent).toBe(500);
    state.deposit(c, 101); expect(c.tsRecent).toBe(500, "the ACK before it has not left");
    while (take()) {}
    tcp.flush(); while (take()) {}
    tcp.drop(c, false);
  });
  test("an_acknowledgement_counts_its_new_bytes_once", () => {
    const c = established();
    produce(c, 1000);
    while (take()) {}
    expect(state.acknowledged(c, 400, false)).toBe(400);
    expect(state.acknowledged(c, 400, false)).toBe(0);
    expect(state.acknowledged(c, 300, false)).toBe(0);
    expect(state.acknowledged(c, 1000, false)).toBe(600);
    state.afterAck(c);
    expect(c.acked).toBe(1000);
  });
  test("a_soft_error_is_news_of_a_plain_connection_alone", () => {
    const c = established();
    news(c);
    state.trouble(c, Trouble.host);
    expect(news(c)).toBe(Dirty.trouble);
    c.gated = 1;
    state.trouble(c, Trouble.network);
    expect(news(c)).toBe(0); expect(c.trouble).toBe(<u8>Trouble.network);
    c.gated = 0;
  });
  test("fin_wait_2_without_a_word_is_asked_after_a_minute", () => {
    const c = established();
    tcp.shut(c); tcp.flush(); expectSeg(F | K, 1, 1, 0);
    seg(K, 1, 2, 60000, 0);
    later(59000); 
    expect(counters.get(C.keepAlives)).toBe(0);
    later(2000);
    expect(counters.get(C.keepAlives)).toBe(1);
    while (take()) {}
  });
});
