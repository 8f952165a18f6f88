import * as bed from "./bed";
import * as counters from "../../assembly/core/counters";
import * as eth from "../../assembly/net/eth";
import * as ip from "../../assembly/net/ip";
import * as local from "../../assembly/net/local";
import { Icmp } from "../../assembly/wire/icmp";
import { ETH } from "../../assembly/wire/eth";
import { LocalFlag } from "../../assembly/net/local";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";

const VHOST: u32 = 0x0a000063;

/** A packet from src to dst on interface 0: the verdict; its buffer is freed. */
function verdict(src: u32, dst: u32, proto: u32): u32 {
  const v = bed.inject(0, bed.packet(0, src, dst, proto, 40));
  if (v != Verdict.done) ip.refuse(ip.p, 0);
  return v;
}

describe("ip", () => {
  test("protocols_and_destinations_have_their_verdicts", () => {
    bed.start();
    expect(verdict(bed.PEER, bed.A, 6)).toBe(Verdict.tcp);
    expect(verdict(bed.PEER, bed.B, 6)).toBe(Verdict.tcp, "any address of ours, by any interface");
    expect(verdict(bed.PEER, bed.A, 4)).toBe(Verdict.ipip);
    expect(verdict(bed.PEER, bed.FAR, 6)).toBe(Verdict.forward);
    expect(verdict(bed.PEER, 0xc0a80001, 17)).toBe(Verdict.forward);
    local.add(VHOST, 0, LocalFlag.proxy);
    expect(verdict(bed.PEER, VHOST, 6)).toBe(Verdict.forward);
    expect(ip.to).toBe(changetype<usize>(local.any(VHOST))); expect(ip.from).toBe(0);
    bed.end();
  });
  test("an_address_named_later_counts_from_the_next_packet_on", () => {
    bed.start();
    for (let i = 0; i < 2; i++) expect(verdict(bed.PEER, VHOST, 6)).toBe(Verdict.forward);
    local.add(VHOST, 0, LocalFlag.vhost);
    for (let i = 0; i < 2; i++) expect(verdict(bed.PEER, VHOST, 6)).toBe(Verdict.tcp);
    local.add(VHOST, 0, LocalFlag.tunnelOnly);
    expect(verdict(bed.PEER, VHOST, 6)).toBe(Verdict.done);
    expect(counters.get(Net.untunnelled)).toBe(1);
    bed.end();
  });
  test("hostile_headers_are_each_counted_once", () => {
    const whys: usize = memory.data<u32>([Net.ipVersion, Net.ipLength, Net.ipLength, Net.ipLength, Net.ipChecksum, Net.ipShort, Net.ipLength]);
    for (let i: u32 = 0; i < 7; i++) {
      bed.start();
      const p = bed.packet(0, bed.PEER, bed.A, 6, 20), h = bed.head(p);
      let n = ETH + 40;
      if (i == 0) store<u8>(p + ETH, 0x65);
      if (i == 1) store<u8>(p + ETH, 0x44);
      if (i == 2) h.length = 19;
      if (i == 3) h.length = 41;
      if (i == 4) h.rawSum ^= 0x100;
      if (i == 5) n = ETH + 19;
      if (i == 6) store<u8>(p + ETH, 0x4f);
      expect(eth.input(0, p, n)).toBe(Verdict.done);
      bed.counted(load<u32>(whys + (i << 2)));
      bed.end();
    }
  });
  test("addresses_that_cannot_be_are_refused", () => {
    const srcs: usize = memory.data<u32>([0, 0x00000001, 0x7f000001, 0xe0000001, 0xffffffff, 0xf0000001, 0x0a000001, 0x0a000101, 0x0a0000ff]);
    for (let i: u32 = 0; i < 9; i++) {
      bed.start();
      expect(verdict(load<u32>(srcs + (i << 2)), bed.A, 6)).toBe(Verdict.done);
      bed.counted(Net.ipMartian);
      bed.end();
    }
    const dsts: usize = memory.data<u32>([0, 0x7f000001, 0xe0000001, 0xffffffff, 0x0a0000ff]);
    for (let i: u32 = 0; i < 5; i++) {
      bed.start();
      expect(verdict(bed.PEER, load<u32>(dsts + (i << 2)), 17)).toBe(Verdict.done);
      bed.counted(i < 2 ? Net.ipMartian : Net.ipBroadcast);
      bed.end();
    }
  });
  test("options_are_skipped_but_for_source_routes", () => {
    for (let i = 0; i < 2; i++) {
      bed.start();
      const p = bed.packet(0, bed.PEER, bed.A, 6, 28), h = bed.head(p);
      h.setHeaderLen(28);
      bed.bytes(p + ETH + 20, i == 0 ? "0101010194040000" : "8307040a00000100");
      h.seal();
      expect(bed.inject(0, p)).toBe(i == 0 ? Verdict.tcp : Verdict.done);
      if (i == 0) ip.refuse(ip.p, Net.ipOptions);
      bed.counted(i == 0 ? Net.ipOptions : Net.ipSourceRoute);
      bed.end();
    }
  });
  test("an_unknown_protocol_is_answered_and_counted", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    expect(verdict(bed.PEER, bed.A, 132)).toBe(Verdict.done);
    bed.counted(Net.ipProtocol);
    expect(bed.next(0)).toBe(ETH + 20 + 8 + 60);
    expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0302");
    expect(changetype<Icmp>(bed.OUT + ETH + 20).data).toBe(bed.OUT + ETH + 28);
    bed.end();
  });
  test("a_virtual_host_takes_nothing_that_came_without_the_tunnel", () => {
    bed.start();
    local.add(VHOST, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
    expect(verdict(bed.PEER, VHOST, 6)).toBe(Verdict.done);
    bed.counted(Net.untunnelled);
    bed.end();
  });
});
