import * as bed from "./bed";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as iface from "../../assembly/net/iface";
import * as ip from "../../assembly/net/ip";
import * as route from "../../assembly/net/route";
import { ETH } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Net } from "../../assembly/net/counters";

/** A packet to the neighbour on interface 1, its payload 0, 1, 2...; the address of its header. */
function make(n: u32, df: bool): usize {
  const p = frame.alloc() + 80;
  ip.fill(p, IP + n, bed.A, bed.FAR, 17, 64, 0, df);
  for (let i: u32 = 0; i < n; i++) store<u8>(p + IP + i, <u8>i);
  return p;
}

describe("output", () => {
  test("a_filled_header_is_right_on_the_wire", () => {
    bed.start();
    const b = bed.blank() + ETH;
    ip.fill(b, 60, 0x0a000001, 0xc0a80102, 6, 64, 8, true);
    expect(bed.hex(b, 22)).toBe("4508003c00004000" + "4006" + bed.hex(b + 10, 2) + "0a000001c0a80102" + "a5a5");
    expect(changetype<Ip4>(b).sumIsRight).toBeTruthy();
    ip.fill(b, 60, 1, 2, 6, 64, 0, false);
    const id = changetype<Ip4>(b).id;
    ip.fill(b, 60, 1, 2, 6, 64, 0, false);
    expect(changetype<Ip4>(b).id).toBe(id + 1, "what may be fragmented has an identification of its own");
    frame.free(b);
    bed.end();
  });
  test("a_packet_goes_by_its_route_to_the_next_hop", () => {
    bed.start();
    route.add(0, 0, 1, bed.FAR);
    bed.meet(1, bed.FAR, 7);
    const p = frame.alloc() + 80;
    ip.fill(p, 40, bed.A, 0x08080808, 6, 64, 0, true);
    expect(ip.output(p, 40, 0)).toBe(0);
    expect(bed.next(1)).toBe(ETH + 40);
    expect(bed.hex(bed.OUT, 12)).toBe("020000000107020000000101");
    bed.end();
  });
  test("without_a_route_it_is_refused", () => {
    bed.start();
    const p = frame.alloc() + 80;
    ip.fill(p, 40, bed.A, 0x08080808, 6, 64, 0, true);
    expect(ip.output(p, 40, 0)).toBe(-8);
    bed.counted(Net.ipNoRoute);
    bed.end();
  });
  test("two_parts_leave_as_one_packet_and_share_the_body", () => {
    bed.start();
    bed.meet(1, bed.FAR, 7);
    const body = make(100, true), held = frame.available();
    for (let i = 0; i < 3; i++) {
      const head = frame.alloc() + 80;
      ip.fill(head, IP + 100, bed.A, bed.FAR, 4, 64, 0, true);
      frame.ref(body);
      expect(ip.outputVia(1, bed.FAR, head, IP, body + IP, 100, 5)).toBe(0);
    }
    frame.free(body);
    for (let i = 0; i < 3; i++) {
      expect(bed.next(1)).toBe(ETH + IP + 100);
      expect(bed.hex(bed.OUT + ETH + IP, 3) + bed.hex(bed.OUT + ETH + IP + 99, 2)).toBe("00010263a5");
    }
    expect(frame.available()).toBe(held + 1);
    bed.end();
  });
  test("too_big_a_packet_with_df_is_refused", () => {
    bed.start();
    iface.at(1).mtu = 576;
    expect(ip.output(make(600, true), 620, 0)).toBe(-9);
    bed.counted(Net.ipTooBig);
    bed.end();
  });
  test("without_df_it_is_cut_into_fragments_that_make_it_up_again", () => {
    const sizes: usize = memory.data<u32>([557, 1104, 1105, 1480]);
    for (let k: u32 = 0; k < 4; k++) {
      bed.start();
      iface.at(1).mtu = 576;
      bed.meet(1, bed.FAR, 7);
      const n = load<u32>(sizes + (k << 2)), p = make(n, false), id = changetype<Ip4>(p).id;
      expect(ip.output(p, IP + n, 9)).toBe(0);
      let at: u32 = 0, bad = 0;
      for (let len = bed.next(1); len; len = bed.next(1)) {
        const h = bed.out();
        expect(h.sumIsRight).toBeTruthy(); expect(h.id).toBe(id); expect(h.fragOffset).toBe(at); expect(len <= 576 + ETH).toBeTruthy(); expect(bed.deadline).toBe(9);
        for (let i: u32 = 0; i < len - ETH - IP; i++) if (load<u8>(bed.OUT + ETH + IP + i) != <u8>(at + i)) bad++;
        at += len - ETH - IP;
        expect(h.moreFragments).toBe(at < n);
      }
      expect(at).toBe(n);
      expect(bad).toBe(0);
      bed.end();
    }
  });
  test("a_fragment_is_cut_further", () => {
    bed.start();
    iface.at(1).mtu = 576;
    bed.meet(1, bed.FAR, 7);
    const p = make(800, false), h = changetype<Ip4>(p);
    h.frag = 0x2000 | 100;
    h.seal();
    ip.output(p, 820, 0);
    bed.next(1);
    expect(bed.out().frag).toBe(0x2000 | 100);
    expect(bed.next(1)).toBe(ETH + IP + 800 - 552);
    expect(bed.out().frag).toBe(0x2000 | 169);
    bed.end();
  });
  test("the_first_fragment_alone_keeps_all_options", () => {
    bed.start();
    iface.at(1).mtu = 576;
    bed.meet(1, bed.FAR, 7);
    const p = frame.alloc() + 80, h = changetype<Ip4>(p);
    ip.fill(p, 828, bed.A, bed.FAR, 17, 64, 0, false);
    h.setHeaderLen(28);
    bed.bytes(p + 20, "070404ff94040000");
    h.seal();
    ip.output(p, 828, 0);
    bed.next(1);
    expect(bed.hex(bed.OUT + ETH + 20, 8)).toBe("070404ff94040000");
    bed.next(1);
    expect(bed.hex(bed.OUT + ETH + 20, 8)).toBe("0101010194040000");
    expect(bed.out().sumIsRight).toBeTruthy();
    bed.end();
  });
  test("a_full_ring_or_an_empty_pool_loses_packets_but_no_buffers", () => {
    bed.start();
    bed.meet(1, bed.FAR, 7);
    for (let i = 0; i < 70; i++) ip.output(make(10, true), 30, 0);
    expect(counters.get(1)).toBe(6);
    bed.drain();
    iface.at(1).mtu = 68;
    const p = make(1480, false);
    let held: usize = 0;
    for (let b = frame.alloc(); b; b = frame.alloc()) { store<u32>(b, <u32>held); held = b; }
    expect(ip.output(p, 1500, 0)).toBe(-7);
    while (held) { const b = held; held = load<u32>(b); frame.free(b); }
    bed.end();
  });
});
