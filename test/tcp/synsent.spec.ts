import { A, CPORT, F, IRS, K, PEER, PORT, R, S, end, expectNone, expectSeg, iss, later, mssOpt, news, outOpt, outOptLen, sackOkOpt, seg, start, take, tsOpt, wsOpt } from "./bed";
import { Conn, Dirty, State, SynFlag } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { CONNS } from "../../assembly/core/sizes";
import { get32 } from "../../assembly/core/bytes";
import * as counters from "../../assembly/tcp/counters";
import * as synsent from "../../assembly/tcp/synsent";
import * as table from "../../assembly/tcp/table";
import * as tcp from "../../assembly/tcp/tcp";

function opening(): Conn {
  const c = tcp.connect(A, PORT, PEER, CPORT, 3, 1 << 18, 65535)!;
  tcp.flush();
  expectSeg(S, 0, 0, 0);
  return c;
}

describe("syn-sent", () => {
  beforeEach(start);
  afterEach(end);

  test("the_syn_offers_all_options", () => {
    opening();
    expect(outOptLen).toBe(20);
    expect(get32(outOpt)).toBe(0x020405b4);
    expect(get32(outOpt + 4)).toBe(0x0402080a);
    expect(get32(outOpt + 16)).toBe(0x01030303);
  });
  test("what_the_other_side_does_not_offer_is_not_used", () => {
    const c = opening();
    mssOpt(1000);
    seg(S | K, 0, 1, 5000, 0);
    expectSeg(K, 1, 1, 0);
    expect(c.options).toBe(0); expect(c.wscaleRcv).toBe(0); expect(c.wscaleSnd).toBe(0); expect(c.mss).toBe(1000);
    expect(c.sndWnd).toBe(5000);
  });
  test("what_it_offers_is", () => {
    const c = opening(), val = get32(outOpt + 8);
    mssOpt(1012); sackOkOpt(); tsOpt(9, val); wsOpt(4);
    later(30);
    seg(S | K, 0, 1, 5000, 0);
    expect(c.options).toBe(<u8>(SynFlag.timestamps | SynFlag.sack)); expect(c.wscaleSnd).toBe(4); expect(c.wscaleRcv).toBe(3); expect(c.mss).toBe(1000);
    expect(c.srtt >> 3).toBe(30);
    while (take()) {}
  });
  test("rfc9293_3_10_7_3_segments_that_answer_no_syn_of_ours", () => {
    const c = opening();
    seg(K, 0, 1, 500, 0); expectNone(); expect(counters.get(C.noAck)).toBe(1);
    seg(K, 0, 9, 500, 0); expectSeg(R, 9, 0, 0); expect(counters.get(C.badAck)).toBe(1);
    seg(R, 0, 0, 0, 0); expectNone(); expect(counters.get(C.rstOutOfWindow)).toBe(1);
    expect(c.state).toBe(<u8>State.synSent);
  });
  test("addresses_that_are_taken_and_a_full_table_are_refused", () => {
    opening();
    expect(synsent.open(A, PORT, PEER, CPORT, 3, 0, 1000, 1000) == null).toBeTruthy();
    for (let i: u32 = 1; i < CONNS; i++) expect(tcp.connect(A, PORT, PEER, CPORT + i, 3, 1000, 1000) != null).toBeTruthy();
    expect(tcp.connect(A, PORT, PEER, 9, 3, 1000, 1000) == null).toBeTruthy();
    expect(counters.get(C.noConn)).toBe(1);
    for (let i: u32 = 0; i < CONNS; i++) tcp.drop(table.find(A, PORT, PEER, CPORT + i)!, false);
  });
  test("rfc6056_a_port_is_chosen_that_is_free_towards_the_other_end", () => {
    const c = tcp.connect(A, 0, PEER, CPORT, 3, 1000, 1000)!, d = tcp.connect(A, 0, PEER, CPORT, 3, 1000, 1000)!;
    expect(c.localPort >= 49152).toBeTruthy(); expect(d.localPort >= 49152).toBeTruthy();
    expect(c.localPort).not.toBe(d.localPort);
    tcp.drop(c, false); tcp.drop(d, false);
  });
  test("a_connection_closed_before_it_stands_is_gone", () => {
    const c = opening();
    tcp.shut(c);
    expect(c.state).toBe(<u8>State.closed);
    seg(S | K, 0, 1, 5000, 0);
    expectSeg(R, 1, 0, 0);
  });
});
