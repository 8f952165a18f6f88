import { A, B, BUF, CPORT, F, K, P, PEER, PORT, R, S, VOICE, conn, consume, end, established, expectNone, expectSeg, gated, iss, later, listener, modern, mssOpt, news, out, outLen, outWnd, produce, seg, segFrom, start, take } from "./bed";
import { Conn, Dirty, Flag, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as counters from "../../assembly/tcp/counters";
import * as stream from "../../assembly/tcp/stream";
import * as tcp from "../../assembly/tcp/tcp";
import * as timewait from "../../assembly/tcp/timewait";

const TO: usize = memory.data(1 << 16, 16);

describe("tcp", () => {
  beforeEach(start);
  afterEach(end);

  test("a_segment_for_nobody_is_answered_by_what_it_carries", () => {
    seg(K, 5, 9, 100, 0); expectSeg(R, 9, 0, 0);
    seg(S, 0, 0, 100, 0);
    expect(take()).not.toBe(0);
    expect(<u32>out().bits).toBe(R | K); expect(out().seq).toBe(0); expect(out().ack).toBe(1001);
    seg(F, 5, 0, 100, 10);
    expect(take()).not.toBe(0);
    expect(out().ack).toBe(1000 + 5 + 11);
    seg(R, 5, 0, 100, 0); expectNone();
    expect(counters.get(C.noPort)).toBe(3); expect(counters.get(C.noPortSilent)).toBe(1);
  });
  test("send_takes_what_there_is_room_for_and_release_makes_room", () => {
    const c = established();
    expect(tcp.room(c)).toBe(65535);
    expect(tcp.send(c, BUF, 65536)).toBe(65535);
    expect(tcp.room(c)).toBe(0); expect(tcp.send(c, BUF, 1)).toBe(0);
    tcp.flush();
    while (take()) {}
    seg(K, 1, 10001, 60000, 0);
    expect(tcp.room(c)).toBe(10000);
    expect(tcp.unacknowledged(c)).toBe(55535);
    tcp.shut(c);
    expect(tcp.room(c)).toBe(0);
    while (take()) {}
  });
  test("peek_leaves_what_recv_takes_and_spans_show_it_in_place", () => {
    const c = established();
    seg(K, 1, 1, 60000, 300);
    expect(tcp.unread(c)).toBe(300);
    expect(tcp.peek(c, TO, 100)).toBe(100);
    expect(memory.compare(TO, BUF, 100)).toBe(0); expect(tcp.unread(c)).toBe(300);
    const p = tcp.rcvSpan(c, 100);
    expect(p).not.toBe(0); expect(tcp.spanLen).toBe(200);
    expect(memory.compare(p, BUF + 100, 200)).toBe(0);
    expect(tcp.rcvSpan(c, 300)).toBe(0);
    consume(c, 300);
    expect(tcp.recv(c, TO, 10)).toBe(0);
    while (take()) {}
  });
  test("a_cork_holds_short_segments_until_it_is_drawn", () => {
    const c = established();
    tcp.setCork(c, true);
    produce(c, 1200);
    expectSeg(K, 1, 1, 1000); expectNone();
    tcp.setCork(c, false);
    expectSeg(K, 1001, 1, 200);
    tcp.setCork(c, true);
    seg(K, 1, 1201, 60000, 0);
    produce(c, 10); expectNone();
    tcp.push(c); expectSeg(K, 1201, 1, 10);
    expect(c.flags & Flag.cork).toBe(Flag.cork, "it stays corked");
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1211, 1, 0);
  });
  test("buffers_that_change_keep_what_was_offered", () => {
    const c = established();
    tcp.setReceiveBuffer(c, 4096);
    expect(c.edge).toBe(65535);
    tcp.setReceiveBuffer(c, 1 << 30);
    expect(c.rcvCap).toBe(1 << 20);
    tcp.setSendBuffer(c, 1000);
    expect(tcp.room(c)).toBe(1000);
    while (take()) {}
  });
  test("retire_keeps_what_was_received_and_frees_the_addresses", () => {
    const c = established();
    seg(K, 1, 1, 60000, 50);
    tcp.retire(c, true);
    expectSeg(R | K, 1, 51, 0);
    expect(tcp.find(A, PORT, PEER, CPORT) == null).toBeTruthy();
    const p = tcp.rcvSpan(c, 0);
    expect(memory.compare(p, BUF, 50)).toBe(0);
    tcp.drop(c, false);
  });
  test("a_listener_that_goes_leaves_its_connections", () => {
    const l = listener();
    seg(S, 0, 0, 60000, 0); expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0);
    segFrom(PEER, 9, S, 0, 0, 1000, 0);
    while (take()) {}
    tcp.unlisten(l);
    expect(tcp.listens(A, PORT)).toBeFalsy();
    seg(K, 1, 1, 60000, 20);
    consume(conn(), 20);
    segFrom(PEER, 9, K, 1, 1, 1000, 0);
    expect(take()).not.toBe(0); expect(<u32>out().bits).toBe(R);
  });
  test("hearsay_beyond_what_was_produced_is_not_believed", () => {
    const c = gated(false);
    produce(c, 100);
    tcp.hearAck(c, 101, false, 5000); expect(c.heardAck).toBe(0);
    tcp.hearAck(c, 60, true, 5000); expect(c.heardAck).toBe(60); expect(c.finAcked).toBe(0);
    expect(c.sndWnd).toBe(5000);
    tcp.hearAck(c, 60, false, 10); expect(c.sndWnd).toBe(5000, "old news shrink nothing");
    while (take()) {}
    tcp.drop(c, false);
  });
  test("the_oldest_unacknowledged_byte_has_waited_so_long", () => {
    const c = established();
    expect(tcp.waiting(c)).toBe(0);
    produce(c, 100); expectSeg(K, 1, 1, 100);
    later(150);
    expect(tcp.waiting(c)).toBe(150);
    seg(K, 1, 101, 60000, 0);
    expect(tcp.waiting(c)).toBe(0);
  });
  test("urgent_bytes_are_sent_and_counted_and_never_more_than_there_is_room_for", () => {
    const c = established();
    expect(tcp.sendUrgent(c, BUF, 70000)).toBe(65535);
    expect(c.sndUp).toBe(65535);
    expect(tcp.sendUrgent(c, BUF, 1)).toBe(0);
    tcp.flush();
    while (take()) {}
    expect(tcp.urgent(c)).toBe(0);
  });
});
