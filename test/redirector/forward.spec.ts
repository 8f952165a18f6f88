import * as bed from "../net/bed";
import * as iface from "../../assembly/net/iface";
import * as redirector from "../../assembly/redirector/redirector";
import * as route from "../../assembly/net/route";
import * as site from "./bed";
import { ETH } from "../../assembly/wire/eth";
import { Redirector } from "../../assembly/redirector/counters";

const OTHER: u32 = 0x0a000050;
function start(): void { site.start(); bed.meet(0, OTHER, 0x50); }

describe("forward", () => {
  test("a_packet_of_others_passes_with_one_hop_less", () => {
    start();
    site.input(1, bed.packet(1, site.CLIENT, OTHER, 47, 100));
    expect(bed.next(0)).toBe(ETH + 120);
    expect(bed.hex(bed.OUT, ETH)).toBe("020000000050020000000001" + "0800");
    expect(<u32>bed.out().ttl).toBe(63); expect(bed.out().sumIsRight).toBeTruthy(); expect(bed.out().src).toBe(site.CLIENT);
    bed.counted(Redirector.forwarded);
    bed.end();
  });
  test("both_ways", () => {
    start();
    site.input(0, bed.packet(0, OTHER, site.CLIENT, 6, 100));
    expect(bed.next(1)).toBe(ETH + 120);
    expect(bed.out().dst).toBe(site.CLIENT);
    bed.end();
  });
  test("options_pass", () => {
    start();
    const p = bed.packet(1, site.CLIENT, OTHER, 6, 28), h = bed.head(p);
    h.setHeaderLen(28);
    bed.bytes(p + ETH + 20, "0707040000000000");
    h.seal();
    site.input(1, p);
    expect(bed.next(0)).toBe(ETH + 48);
    expect(bed.out().sumIsRight).toBeTruthy();
    bed.end();
  });
  test("the_last_hop_is_reported", () => {
    for (let ttl: u32 = 0; ttl < 2; ttl++) {
      start();
      const p = bed.packet(1, site.CLIENT, OTHER, 6, 40);
      bed.head(p).ttl = <u8>ttl; bed.head(p).seal();
      site.input(1, p);
      expect(bed.next(1)).toBe(ETH + 28 + 60);
      expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0b00"); expect(bed.out().src).toBe(bed.B);
      expect(bed.next(0)).toBe(0);
      bed.counted(Redirector.ttl);
      bed.end();
    }
  });
  test("without_a_route_the_net_is_unreachable", () => {
    bed.start();
    redirector.init(bed.A, site.MANAGE, site.CHAIN);
    bed.meet(1, bed.FAR, 2);
    site.input(1, bed.packet(1, bed.FAR, 0x01020304, 6, 40));
    expect(bed.next(1)).toBe(ETH + 28 + 60);
    expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0300");
    bed.counted(Redirector.noRoute);
    bed.end();
  });
  test("too_large_with_df_is_reported_with_the_link's_mtu", () => {
    start();
    iface.at(0).mtu = 1000;
    const p = bed.packet(1, site.CLIENT, OTHER, 6, 981);
    bed.head(p).frag = 0x4000; bed.head(p).seal();
    site.input(1, p);
    expect(bed.next(1)).toBe(ETH + 576);
    expect(bed.hex(bed.OUT + ETH + 20, 2) + bed.hex(bed.OUT + ETH + 24, 4)).toBe("0304000003e8");
    bed.counted(Redirector.tooBig);
    bed.end();
  });
  test("too_large_without_df_is_fragmented", () => {
    start();
    iface.at(0).mtu = 1000;
    site.input(1, bed.packet(1, site.CLIENT, OTHER, 6, 981));
    expect(bed.next(0)).toBe(ETH + 996); expect(<u32>bed.out().ttl).toBe(63); expect(bed.out().frag).toBe(0x2000);
    expect(bed.next(0)).toBe(ETH + 25); expect(bed.out().frag).toBe(122); expect(<u32>bed.out().ttl).toBe(63);
    bed.end();
  });
  test("the_longest_prefix_decides", () => {
    start();
    route.add(0x08080000, 16, 0, OTHER);
    site.input(0, bed.packet(0, 0x0a000051, site.CLIENT, 6, 10));
    expect(bed.next(0)).toBe(ETH + 30);
    expect(bed.next(1)).toBe(0);
    bed.end();
  });
});
