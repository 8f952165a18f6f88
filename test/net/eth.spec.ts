import * as bed from "./bed";
import * as eth from "../../assembly/net/eth";
import * as iface from "../../assembly/net/iface";
import * as ip from "../../assembly/net/ip";
import { Eth, ETH } from "../../assembly/wire/eth";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";

describe("eth", () => {
  test("a_frame_for_this_station_goes_up", () => {
    bed.start();
    const p = bed.packet(0, bed.PEER, bed.A, 6, 20);
    expect(bed.inject(0, p)).toBe(Verdict.tcp);
    expect(ip.p).toBe(p + ETH); expect(ip.n).toBe(40); expect(ip.iface).toBe(0);
    ip.refuse(ip.p, Net.ipNotOurs);
    bed.end();
  });
  test("padding_is_not_part_of_the_packet", () => {
    bed.start();
    const p = bed.packet(0, bed.PEER, bed.A, 6, 1);
    expect(eth.input(0, p, 60)).toBe(Verdict.tcp);
    expect(ip.n).toBe(21);
    ip.refuse(ip.p, Net.ipNotOurs);
    bed.end();
  });
  test("what_is_not_for_this_station_is_refused", () => {
    bed.start();
    const p = bed.packet(0, bed.PEER, bed.A, 6, 20);
    store<u8>(p + 5, 77);
    expect(bed.inject(0, p)).toBe(Verdict.done);
    bed.counted(Net.ethOther);
    bed.end();
  });
  test("each_refusal_has_its_counter", () => {
    const whys: usize = memory.data<u32>([Net.ethBroadcastIp, Net.ethSource, Net.ethType, Net.ethShort, Net.ethShort, Net.ethOther]);
    for (let i: u32 = 0; i < 6; i++) {
      bed.start();
      const p = bed.packet(0, bed.PEER, bed.A, 6, 20), e = changetype<Eth>(p);
      let n = ETH + 40;
      if (i == 0) memory.fill(p, 0xff, 6);
      if (i == 1) store<u8>(p + 6, 3);
      if (i == 2) e.rawType = 0xdd86;
      if (i == 3) n = 13;
      if (i == 4) n = 4000;
      if (i == 5) store<u8>(p, 1);
      expect(eth.input(0, p, n)).toBe(Verdict.done);
      bed.counted(load<u32>(whys + (i << 2)));
      bed.end();
    }
  });
  test("each_interface_has_its_own_address", () => {
    bed.start();
    const p = bed.packet(0, bed.PEER, bed.A, 6, 20);
    expect(eth.input(1, p, ETH + 40)).toBe(Verdict.done);
    bed.counted(Net.ethOther);
    expect(iface.count).toBe(2);
    bed.end();
  });
});
