import { A, CPORT, K, PEER, PORT, S, conn, end, established, expectNone, expectSeg, gated, iss, later, modern, news, produce, seg, start, take } from "./bed";
import { blank } from "../net/bed";
import { ETH } from "../../assembly/wire/eth";
import { Ip4 } from "../../assembly/wire/ip4";
import { Conn, Dirty, State, Trouble } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { put16, put32 } from "../../assembly/core/bytes";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
import * as tcp from "../../assembly/tcp/tcp";

/** n bytes of an ICMP message that quotes a packet of ours of `size` bytes. */
function message(type: u32, code: u32, mtu: u32, seq: u32, size: u32, n: u32): void {
  const p = blank() + ETH;
  changetype<Ip4>(p).write(56, PEER, A, 1, 64, 0, 0, 0);
  store<u8>(p, <u8>type, 20); store<u8>(p, <u8>code, 21);
  put16(p + 24, 0); put16(p + 26, mtu);
  changetype<Ip4>(p + 28).write(size, A, PEER, 6, 64, 0, 0, 0);
  put16(p + 48, PORT); put16(p + 50, CPORT); put32(p + 52, iss + seq);
  tcp.icmp(p, n);
  tcp.flush();
  frame.free(p);
}
function tooBig(mtu: u32, size: u32): void { message(3, 4, mtu, 1, size, 56); }
function sending(): Conn { const c = established(); produce(c, 1000); expectSeg(K, 1, 1, 1000); news(c); return c; }

describe("icmp", () => {
  beforeEach(start);
  afterEach(end);

  test("a_message_too_short_to_tell_whom_it_concerns_is_counted", () => {
    sending();
    const cut: u32[] = [20, 27, 47, 55];
    for (let i = 0; i < cut.length; i++) message(3, 1, 0, 1, 1040, cut[i]);
    expect(counters.get(C.badLength)).toBe(4);
  });
  test("rfc1191_5_a_router_that_names_no_mtu_gives_the_next_lower_plateau", () => {
    const c = modern(), rows: u32[] = [1500, 1492, 1492, 1006, 1006, 552, 300, 552];
    c.mss = 1448; c.mssMax = 1460;
    produce(c, 1448);
    while (take()) {}
    for (let i = 0; i < rows.length; i += 2) { tooBig(0, rows[i]); expect(c.mss).toBe(<u16>(rows[i + 1] - 52), i.toString()); while (take()) {} }
  });
  test("an_mtu_is_believed_downwards_alone_and_never_below_552", () => {
    const c = sending();
    tooBig(1400, 1040);
    expect(c.mss).toBe(1000);
    tooBig(68, 1040);
    expect(c.mss).toBe(512);
    while (take()) {}
  });
  test("rfc5927_4_numbers_that_are_not_on_the_way_are_blind", () => {
    const c = sending(), at: u32[] = [0, 1001, 500000];
    for (let i = 0; i < at.length; i++) message(3, 1, 0, at[i], 1040, 56);
    expect(counters.get(C.icmpBlind)).toBe(3);
    expect(news(c)).toBe(0);
  });
  test("r14_a_gated_connection_judges_by_what_was_produced_and_tells_its_owner_nothing", () => {
    const c = gated(false);
    produce(c, 500);
    news(c);
    message(3, 1, 0, 100, 1040, 56);
    expect(counters.get(C.icmpBlind)).toBe(0);
    expect(c.trouble).toBe(<u8>Trouble.host);
    expect(news(c)).toBe(0);
  });
  test("other_types_say_nothing", () => {
    const c = sending();
    message(5, 1, 0, 1, 1040, 56); message(4, 0, 0, 1, 1040, 56);
    expect(news(c)).toBe(0); expect(c.trouble).toBe(0);
    expect(counters.get(C.icmpSoft)).toBe(2);
  });
});
