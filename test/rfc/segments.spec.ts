// RFC 9293, appendix B: header, options, window, checksums, initial sequence numbers, addresses. A test's name begins with what it shows.

import { A, B, BUF, CPORT, F, IRS, K, OPT, P, PEER, PORT, R, S, build, conn, consume, end, established, expectNone, expectSeg, iss, later, listener, modern, mssOpt, news, out, outLen, outOpt, outOptLen, outWnd, produce, rawOpt, seg, segFrom, start, take, tsOpt } from "../tcp/bed";
import { counted, head, inject, packet, payload } from "../net/bed";
import { Verdict } from "../../assembly/net/verdict";
import { Net } from "../../assembly/net/counters";
import { LocalFlag } from "../../assembly/net/local";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Tcp } from "../../assembly/wire/tcp";
import { Dirty, State } from "../../assembly/tcp/conn";
import { Tcp as C } from "../../assembly/tcp/counters";
import { get16, get32, put16, put32 } from "../../assembly/core/bytes";
import * as counters from "../../assembly/tcp/counters";
import * as checksum from "../../assembly/core/checksum";
import * as clock from "../../assembly/core/clock";
import * as frame from "../../assembly/core/frame";
import * as iface from "../../assembly/net/iface";
import * as keys from "../../assembly/tcp/keys";
import * as site from "../../assembly/core/site";
import * as tcp from "../../assembly/tcp/tcp";

/** Length of option `kind` among those of the segment taken last; 0: it has none. All bytes are walked, and have lengths. */
function option(kind: u32): u32 {
  let found: u32 = 0;
  for (let at: u32 = 0; at < outOptLen;) {
    const k = <u32>load<u8>(outOpt + at);
    if (k == 1) { at++; continue; }
    expect(k).not.toBe(0, "no end of options is written");
    const n = <u32>load<u8>(outOpt + at, 1);
    expect(n >= 2 && at + n <= outOptLen).toBeTruthy("an option's length");
    if (k == kind) found = n;
    at += n;
  }
  return found;
}

/** A SYN that goes through the IP layer: its verdict. */
function syn(src: u32, dst: u32): u32 {
  const p = packet(0, src, dst, 6, 20), t = changetype<Tcp>(payload(p));
  memory.fill(payload(p), 0, 20);
  t.srcPort = CPORT; t.dstPort = PORT; t.seq = IRS; t.headerSize = 20; t.bits = 2; t.wnd = 1000;
  t.rawSum = checksum.finish(checksum.add(payload(p), 20, checksum.pseudo(src, dst, 6, 20)));
  return inject(0, p);
}

describe("rfc 9293: segments", () => {
  beforeEach(start);
  afterEach(end);

  test("must_1_rec_1_a_window_above_half_of_its_range_is_a_large_one_also_scaled_beyond_16_bits", () => {
    const c = established();
    seg(K, 1, 1, 65535, 0);
    expect(c.sndWnd).toBe(65535);
    c.wscaleSnd = 14;
    seg(K, 1, 1, 65535, 0);
    expect(c.sndWnd).toBe(65535 << 14);
    produce(c, 1000);
    expectSeg(K, 1, 1, 1000);
  });
  test("must_2_every_segment_sent_has_a_right_checksum", () => {
    const c = established();              // `take` checks each, here of odd and even lengths
    tcp.setNoDelay(c, true);
    for (let n: u32 = 1, at: u32 = 1; n < 60; n++) { produce(c, n); expectSeg(K, at, 1, n); at += n; seg(K, 1, at, 60000, 0); }
  });
  test("must_3_a_segment_with_any_bit_wrong_is_dropped", () => {
    const c = established();
    for (let bit: u32 = 0; bit < 31 * 8; bit++) {
      const p = build(PEER, CPORT, K, IRS + 1, iss + 1, 60000, 11, 0), at = p + IP + (bit >> 3);
      store<u8>(at, load<u8>(at) ^ (<u8>1 << <u8>(bit & 7)));
      const before = counters.get(C.badChecksum) + counters.get(C.badLength);
      tcp.input(p, changetype<Ip4>(p).length);
      expect(counters.get(C.badChecksum) + counters.get(C.badLength)).toBe(before + 1, bit.toString());
    }
    expect(c.rcvd).toBe(0);
  });
  test("must_4_the_mandatory_options_end_nop_and_mss_are_understood", () => {
    listener();
    rawOpt(0x01020401);                   // NOP, MSS 0x01f4, then the end, and what follows it counts no more
    rawOpt(0xf4000204);
    rawOpt(0x05b40000);
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 1000, 0);
    expect(conn().mss).toBe(500);
  });
  test("must_5_an_option_is_taken_in_any_segment", () => {
    const c = modern();
    tsOpt(150, 0); seg(K, 1, 1, 15000, 10);
    later(41);
    expectSeg(K, 1, 11, 0);
    expect(c.tsRecent).toBe(150);
    tsOpt(160, 0); seg(K | F, 11, 1, 15000, 0);
    expectSeg(K, 1, 12, 0);
    expect(c.tsRecent).toBe(160);
    consume(c, 10);
  });
  test("must_6_options_that_are_not_implemented_are_skipped", () => {
    listener();
    rawOpt(0xfd060102); rawOpt(0x03040204); rawOpt(0x02580101);   // experimental (253), MSS 600
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    rawOpt(0x1e04abcd);                   // 30: MPTCP
    seg(K, 1, 1, 1000, 20);
    expect(conn().mss).toBe(600);
    consume(conn(), 20);
  });
  test("must_7_impossible_lengths_cost_the_segment_and_never_the_connection", () => {
    const c = established();
    const words: u32[] = [0x08000000, 0x08010000, 0x0814ffff, 0x02030000, 0x050b0000, 0xfd000000, 0x010101fd];
    for (let i = 0; i < words.length; i++) { rawOpt(words[i]); seg(K, 1, 1, 60000, 20); }
    expect(counters.get(C.badOption)).toBe(<u32>words.length);
    expect(c.rcvd).toBe(0);
    seg(K, 1, 1, 60000, 20);
    consume(c, 20);
  });
  test("must_8_shld_1_the_isn_is_a_clock_of_4_us_plus_a_keyed_function_of_the_connection", () => {
    const first = keys.isn(A, PORT, PEER, CPORT);
    clock.set(clock.now + 7000);
    expect(keys.isn(A, PORT, PEER, CPORT) - first).toBe(7 * 250);
    const other = keys.isn(A, PORT, PEER, CPORT + 1);
    expect(other - first - 7 * 250).not.toBe(0);
  });
  test("must_9_the_isns_of_other_connections_tell_nothing_without_the_key", () => {
    // neighbours' differences are not constant: no arithmetic on what one's own connections saw gives the next
    const d0 = keys.isn(A, PORT, PEER, 5001) - keys.isn(A, PORT, PEER, 5000);
    let same = 0;
    for (let p: u32 = 5001; p < 5100; p++) if (keys.isn(A, PORT, PEER, p + 1) - keys.isn(A, PORT, PEER, p) == d0) same++;
    expect(same).toBe(0);
    const key = memory.data(16, 16), was = keys.isn(A, PORT, PEER, CPORT);
    store<u8>(key, 1);
    keys.set(key, key);
    expect(keys.isn(A, PORT, PEER, CPORT)).not.toBe(was);
  });
  test("must_14_shld_5_may_3_an_mss_option_is_sent_in_every_syn_and_what_is_received_bounds_what_is_sent", () => {
    const c = tcp.connect(A, PORT, PEER, CPORT, 3, 65535, 65535)!;
    tcp.flush();
    expectSeg(S, 0, 0, 0);
    expect(option(2)).toBe(4);
    mssOpt(700);
    seg(S | K, 0, 1, 60000, 0);
    expectSeg(K, 1, 1, 0);
    produce(c, 1500);
    expectSeg(K, 1, 1, 700); expectSeg(K, 701, 1, 700);
    while (take()) {}
    tcp.drop(c, false);
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(option(2)).toBe(4);
    expect(get16(outOpt + 2)).toBe(1460);
  });
  test("must_15_without_an_mss_option_536_bytes_are_sent", () => {
    listener();
    seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    seg(K, 1, 1, 60000, 0);
    produce(conn(), 1000);
    expectSeg(K, 1, 1, 536);
  });
  test("must_16_shld_6_options_and_the_links_mtu_are_deducted_from_what_a_segment_carries", () => {
    const c = modern();                   // MSS 1012, timestamps of 12
    produce(c, 3000);
    expectSeg(K, 1, 1, 1000);
    expect(outOptLen).toBe(12);
    while (take()) {}
    tcp.drop(c, false);
    iface.at(0).mtu = 1000;
    seg(S, 0, 0, 60000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(get16(outOpt + 2)).toBe(960);
    mssOpt(1460);
    segFrom(PEER, CPORT + 1, S, 0, 0, 60000, 0);
    expect(take()).not.toBe(0);
    segFrom(PEER, CPORT + 1, K, 1, out().seq + 1 - iss, 60000, 0);
    const d = tcp.find(A, PORT, PEER, CPORT + 1)!;
    expect(d.mss).toBe(960);
    produce(d, 2000);
    expect(take()).toBe(1000);
    while (take()) {}
  });
  test("must_64_options_are_read_at_any_alignment", () => {
    for (let shift: u32 = 0; shift < 4; shift++) {
      listener();
      memory.fill(OPT, 1, 16);
      store<u8>(OPT + shift, 2); store<u8>(OPT + shift, 4, 1); put16(OPT + shift + 2, 620);
      const n = get32(OPT), m = get32(OPT + 4);
      rawOpt(n); rawOpt(m);
      seg(S, 0, 0, 1000, 0);
      expectSeg(S | K, 0, 1, 0);
      seg(K, 1, 1, 1000, 0);
      expect(conn().mss).toBe(620, shift.toString());
      end(); start();
    }
  });
  test("must_65_no_segment_but_a_syn_carries_an_mss_option", () => {
    const c = modern();
    produce(c, 1500);
    expectSeg(K, 1, 1, 1000); expect(option(2)).toBe(0);
    tcp.setNoDelay(c, true); tcp.flush();
    expectSeg(K, 1001, 1, 500); expect(option(2)).toBe(0);
    tsOpt(101, 0); seg(K | F, 1, 1501, 15000, 0);
    expectSeg(K, 1501, 2, 0); expect(option(2)).toBe(0);
    tcp.shut(c); tcp.flush();
    expectSeg(F | K, 1501, 2, 0); expect(option(2)).toBe(0);
    tcp.drop(c, true);
    expect(take()).not.toBe(0); expect(option(2)).toBe(0);
  });
  test("must_67_the_mss_told_is_no_more_than_the_ip_layer_puts_together", () => {
    listener();
    seg(S, 0, 0, 1000, 0);
    expectSeg(S | K, 0, 1, 0);
    expect(get16(outOpt + 2) + 20 <= 1944).toBeTruthy();
  });
  test("must_68_must_69_options_sent_have_lengths_and_nothing_but_nops_beside_them", () => {
    const c = modern();                   // `option` walks them to the header's last byte
    tsOpt(101, 0); seg(K, 1001, 1, 15000, 10);
    expectSeg(K, 1, 1, 0);
    expect(option(5)).toBe(10);
    expect(option(8)).toBe(10);
    expect(outOptLen & 3).toBe(0);
    tcp.drop(c, false);
  });
  test("must_57_what_is_sent_to_a_broadcast_or_multicast_address_is_discarded_in_silence", () => {
    listener();
    const to: u32[] = [0xffffffff, 0x0a0000ff, 0xe0000001, 0xefffffff];
    for (let i = 0; i < to.length; i++) expect(syn(PEER, to[i])).toBe(Verdict.done);
    expect(counters.get(Net.ipBroadcast)).toBe(<u32>to.length);
    expectNone();
  });
  test("must_63_a_syn_from_an_address_that_is_no_hosts_is_ignored", () => {
    listener();
    const from: u32[] = [0, 0x7f000001, 0xe0000001, 0xffffffff, 0x0a0000ff, A];
    for (let i = 0; i < from.length; i++) expect(syn(from[i], A)).toBe(Verdict.done);
    expect(counters.get(Net.ipMartian)).toBe(<u32>from.length);
    const alone: u32[] = [0, 0xe0000001, 0xffffffff];   // TCP itself refuses those as well
    for (let i = 0; i < alone.length; i++) segFrom(alone[i], CPORT, S, 0, 0, 1000, 0);
    expect(counters.get(C.badSource)).toBe(<u32>alone.length);
    expectNone();
  });
  test("must_50_ip_options_that_tcp_does_not_understand_change_nothing", () => {
    listener();
    const p = packet(0, PEER, A, 6, 28), h = head(p), t = changetype<Tcp>(payload(p) + 8);
    memory.fill(payload(p), 0, 28);
    put32(payload(p), 0x07070400); put32(payload(p) + 4, 0x00000000);   // record route, then the end
    h.setHeaderLen(28);
    h.seal();
    t.srcPort = CPORT; t.dstPort = PORT; t.seq = IRS; t.headerSize = 20; t.bits = 2; t.wnd = 1000;
    t.rawSum = checksum.finish(checksum.add(payload(p) + 8, 20, checksum.pseudo(PEER, A, 6, 20)));
    expect(inject(0, p)).toBe(Verdict.tcp);
    tcp.input(changetype<usize>(h), 48); tcp.flush();
    expectSeg(S | K, 0, 1, 0);
  });
  test("must_51_must_53_source_routes_are_not_there_and_a_packet_that_has_one_is_refused", () => {
    listener();
    const p = packet(0, PEER, A, 6, 28), h = head(p);
    put32(payload(p), 0x83070400); put32(payload(p) + 4, 0);
    h.setHeaderLen(28);
    h.seal();
    expect(inject(0, p)).toBe(Verdict.done);
    counted(Net.ipSourceRoute);
    expectNone();
  });
});
