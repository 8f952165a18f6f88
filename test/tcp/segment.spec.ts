import { A, CPORT, F, IRS, K, PEER, PORT, R, S, build, start, tsOpt } from "./bed";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Bit, Tcp } from "../../assembly/wire/tcp";
import { Tcp as C } from "../../assembly/tcp/counters";
import * as checksum from "../../assembly/core/checksum";
import * as counters from "../../assembly/tcp/counters";
import * as frame from "../../assembly/core/frame";
import * as options from "../../assembly/tcp/options";
import * as segment from "../../assembly/tcp/segment";

function parse(p: usize): bool { const ok = segment.parse(p, changetype<Ip4>(p).length); frame.free(p); return ok; }
function reseal(p: usize): void {
  const n = changetype<Ip4>(p).length - IP, t = changetype<Tcp>(p + IP);
  t.rawSum = 0;
  t.rawSum = checksum.finish(checksum.add(p + IP, n, checksum.pseudo(PEER, A, 6, n)));
}

describe("segment", () => {
  beforeEach(start);

  test("a_segments_fields_are_those_of_its_header", () => {
    tsOpt(7, 9);
    expect(parse(build(PEER, CPORT, K | F, IRS, 77, 500, 30, 0))).toBeTruthy();
    expect(segment.localAddr).toBe(A); expect(segment.localPort).toBe(PORT);
    expect(segment.remoteAddr).toBe(PEER); expect(segment.remotePort).toBe(CPORT);
    expect(segment.seqNo).toBe(IRS); expect(segment.ack).toBe(77); expect(segment.wnd).toBe(500);
    expect(segment.bits).toBe(K | F); expect(segment.len).toBe(30);
    expect(options.hasTs).toBeTruthy(); expect(options.tsVal).toBe(7); expect(options.tsEcr).toBe(9);
  });
  test("space_counts_syn_and_fin", () => {
    const rows: u32[] = [K, 0, 0, K, 10, 10, S, 0, 1, F | K, 0, 1, F | K, 10, 11];
    for (let i = 0; i < rows.length; i += 3) {
      expect(parse(build(PEER, CPORT, rows[i], IRS, 0, 1, rows[i + 1], 0))).toBeTruthy();
      expect(segment.space()).toBe(rows[i + 2], i.toString());
    }
  });
  test("flags_and_sources_that_no_tcp_sends_are_refused_and_counted_once", () => {
    const flags: u32[] = [S | F, S | R, S | F | K, S | R | K];
    for (let i = 0; i < flags.length; i++) expect(parse(build(PEER, CPORT, flags[i], IRS, 0, 1, 0, 0))).toBeFalsy();
    expect(counters.get(C.badFlags)).toBe(4);
    const from: u32[] = [0, 0x00ffffff, 0xe0000000, 0xffffffff];
    for (let i = 0; i < from.length; i++) expect(parse(build(from[i], CPORT, S, IRS, 0, 1, 0, 0))).toBeFalsy();
    expect(parse(build(PEER, 0, S, IRS, 0, 1, 0, 0))).toBeFalsy();
    expect(counters.get(C.badSource)).toBe(5);
  });
  test("lengths_that_cannot_be_are_refused", () => {
    const p = build(PEER, CPORT, K, IRS, 0, 1, 0, 0);
    changetype<Tcp>(p + IP).headerSize = 16;
    reseal(p);
    expect(parse(p)).toBeFalsy();
    const q = build(PEER, CPORT, K, IRS, 0, 1, 4, 0);
    changetype<Tcp>(q + IP).headerSize = 28;   // beyond the packet
    reseal(q);
    expect(parse(q)).toBeFalsy();
    expect(counters.get(C.badLength)).toBe(2);
  });
  test("skip_and_bare_cut_a_segment", () => {
    expect(parse(build(PEER, CPORT, K | F, IRS, 0, 1, 30, 0))).toBeTruthy();
    const at = segment.data;
    segment.skip(10);
    expect(segment.data).toBe(at + 10); expect(segment.len).toBe(20); expect(segment.seqNo).toBe(IRS + 10);
    segment.bare(IRS + 5);
    expect(segment.len).toBe(0); expect(segment.seqNo).toBe(IRS + 5); expect(segment.bits & F).toBe(0);
  });
  test("the_urgent_pointer_counts_from_the_segments_number_and_only_with_its_bit", () => {
    const p = build(PEER, CPORT, K | Bit.urg, IRS, 0, 1, 30, 0);
    changetype<Tcp>(p + IP).urgent = 12;
    reseal(p);
    expect(parse(p)).toBeTruthy();
    expect(segment.urgent).toBe(IRS + 12);
  });
  test("a_quoted_header_is_read_from_our_side", () => {
    const p = build(PEER, CPORT, K, IRS, 0, 1, 0, 0);
    segment.quoted(p, p + IP);
    expect(segment.localAddr).toBe(PEER); expect(segment.localPort).toBe(CPORT);
    expect(segment.remoteAddr).toBe(A); expect(segment.remotePort).toBe(PORT);
    expect(segment.seqNo).toBe(IRS);
    frame.free(p);
  });
});
