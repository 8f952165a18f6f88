import * as bed from "../net/bed";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as members from "../../assembly/manage/members";
import * as plan from "../../assembly/redirector/plan";
import * as site from "./bed";
import { Core } from "../../assembly/core/counters";
import { ETH } from "../../assembly/wire/eth";
import { Redirector } from "../../assembly/redirector/counters";

describe("copy", () => {
  test("a_copy_is_right_on_the_wire", () => {
    site.start();
    const p = site.segment(site.VHOST, 80, site.ACK, 6);
    bed.head(p).tos = 0x2c;
    bed.head(p).seal();
    site.view(1);
    site.input(1, p);
    expect(bed.next(0)).toBe(ETH + 20 + 46);
    expect(bed.hex(bed.OUT, ETH)).toBe("02000000000b020000000001" + "0800");
    expect(bed.hex(bed.OUT + ETH, 10) + bed.hex(bed.OUT + ETH + 12, 8)).toBe("452c0042000540004004" + "0a0000010a00000b");
    expect(bed.out().sumIsRight).toBeTruthy();
    expect(bed.hex(bed.OUT + ETH + 20, 10) + bed.hex(bed.OUT + ETH + 32, 8)).toBe("452c002e000700003f06" + "08080808c0a80707");
    expect(site.inner().sumIsRight).toBeTruthy();
    expect(bed.hex(bed.OUT + ETH + 60, 8)).toBe("141516171819a5a5", "the payload's end");
    bed.end();
  });
  test("every_member_gets_a_copy_and_the_payload_is_shared", () => {
    site.start();
    const before = frame.available();
    site.input(1, site.segment(site.VHOST, 80, site.ACK, 1000));
    expect(before - frame.available()).toBe(3, "the packet itself and two heads");
    expect(site.copies()).toBe(7);
    expect(<u32>site.inner().ttl).toBe(63);
    expect(bed.hex(bed.OUT + 34 + 40, 4) + bed.hex(bed.OUT + 34 + 1038, 3)).toBe("14151617" + "fafba5");
    expect(counters.get(Redirector.copied)).toBe(1); expect(counters.get(Redirector.copies)).toBe(3);
    bed.end();
  });
  test("one_to_five_members_are_served", () => {
    for (let n: u32 = 1; n <= 5; n++) {
      site.start();
      members.begin(0, 1);
      for (let i: u32 = 0; i < n; i++) { members.add(0, i + 1, 0x0a000014 + i); bed.meet(0, 0x0a000014 + i, 20 + i); }
      site.input(1, site.segment(site.VHOST, 80, site.ACK, 10));
      let sent: u32 = 0;
      while (bed.next(0)) { expect(bed.out().dst).toBe(0x0a000014 + sent); sent++; }
      expect(sent).toBe(n);
      bed.end();
    }
  });
  test("the_largest_packet_that_fits_is_copied_whole", () => {
    site.start();
    const p = site.segment(site.VHOST, 80, site.ACK, 1440);
    bed.head(p).frag = 0x4000; bed.head(p).seal();
    site.input(1, p);
    expect(site.copies()).toBe(7);
    expect(bed.next(1)).toBe(0);
    bed.end();
  });
  test("with_df_a_larger_one_is_reported_with_the_right_mtu", () => {
    site.start();
    plan.learn(site.S + 2, 1400);
    const p = site.segment(site.VHOST, 80, site.ACK, 1341);
    bed.head(p).frag = 0x4000; bed.head(p).seal();
    site.input(1, p);
    expect(site.copies()).toBe(0);
    expect(bed.next(1)).toBe(ETH + 576);
    expect(bed.out().dst).toBe(site.CLIENT); expect(bed.out().src).toBe(bed.B);
    expect(bed.hex(bed.OUT + ETH + 20, 2) + bed.hex(bed.OUT + ETH + 24, 4)).toBe("030400000564");
    bed.counted(Redirector.tooBig);
    bed.end();
  });
  test("without_df_it_is_fragmented_inside", () => {
    site.start();
    site.input(1, site.segment(site.VHOST, 80, site.ACK, 1460));
    let at: u32 = 0, frames = 0, bad = 0;
    for (let n = bed.next(0); n; n = bed.next(0)) {
      const h = site.inner();
      expect(bed.out().sumIsRight && h.sumIsRight).toBeTruthy(); expect(bed.out().dontFragment).toBeTruthy(); expect(bed.out().isFragment).toBeFalsy();
      expect(n <= 1514).toBeTruthy(); expect(h.id).toBe(7);
      at = h.fragOffset;
      for (let i: u32 = at < 14 ? 14 - at : 0; i < h.length - 20; i++) if (load<u8>(bed.OUT + 54 + i) != <u8>(at + i)) bad++;
      expect(h.moreFragments).toBe(at == 0);
      if (at != 0) expect(at + h.length - 20).toBe(1480);
      frames++;
    }
    expect(frames).toBe(6); expect(bad).toBe(0);
    expect(counters.get(Redirector.copies)).toBe(6);
    bed.end();
  });
  test("an_empty_pool_loses_copies_and_no_buffers", () => {
    site.start();
    const p = site.segment(site.VHOST, 80, site.ACK, 100);
    let held: usize = 0;
    for (let b = frame.alloc(); b; b = frame.alloc()) { store<u32>(b, <u32>held); held = b; }
    counters.clear();
    site.input(1, p);
    expect(site.copies()).toBe(4, "the last one needs no buffer");
    expect(counters.get(Core.noFrame)).toBe(2);
    while (held) { const b = held; held = load<u32>(b); frame.free(b); }
    bed.end();
  });
});
