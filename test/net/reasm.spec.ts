import * as bed from "./bed";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as ip from "../../assembly/net/ip";
import { Ip4 } from "../../assembly/wire/ip4";
import { ETH } from "../../assembly/wire/eth";
import { LIMIT } from "../../assembly/net/reasm";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";

/** A fragment of datagram `id`: its payload is that part of 0, 1, 2... */
function part(id: u32, off: u32, n: u32, more: bool, mark: u32 = 0): u32 {
  const p = bed.packet(0, bed.PEER, bed.A, 6, n), h = bed.head(p);
  for (let i: u32 = 0; i < n; i++) store<u8>(bed.payload(p) + i, <u8>(off + i + mark));
  h.rawId = <u16>id;
  h.frag = off >> 3 | (more ? 0x2000 : 0);
  h.seal();
  return bed.inject(0, p);
}
/** The datagram in `ip.p` is whole: n bytes of payload 0, 1, 2... It is freed. */
function whole(n: u32): void {
  const h = changetype<Ip4>(ip.p);
  expect(ip.n).toBe(20 + n); expect(h.length).toBe(20 + n);
  expect(h.isFragment).toBeFalsy(); expect(h.sumIsRight).toBeTruthy(); expect(h.src).toBe(bed.PEER);
  let bad = 0;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(ip.p + 20 + i) != <u8>i) bad++;
  expect(bad).toBe(0);
  frame.free(ip.p);
}

describe("reassembly", () => {
  test("fragments_in_every_order_make_the_datagram", () => {
    const orders: usize = memory.data<u32>([0x012, 0x021, 0x102, 0x120, 0x201, 0x210]);
    for (let k: u32 = 0; k < 6; k++) {
      bed.start();
      const order = load<u32>(orders + (k << 2));
      for (let i: i32 = 8; i >= 0; i -= 4) {
        const f = order >> i & 15;
        expect(part(5, f * 400, f == 2 ? 333 : 400, f != 2)).toBe(i == 0 ? Verdict.tcp : Verdict.done);
      }
      whole(1133);
      expect(bed.sum()).toBe(0);
      bed.end();
    }
  });
  test("datagrams_of_different_ids_do_not_mix", () => {
    bed.start();
    expect(part(1, 0, 80, true) + part(2, 0, 160, true)).toBe(0);
    expect(part(2, 160, 5, false)).toBe(Verdict.tcp);
    whole(165);
    expect(part(1, 80, 6, false)).toBe(Verdict.tcp);
    whole(86);
    bed.end();
  });
  test("a_repeated_fragment_is_ignored", () => {
    bed.start();
    part(1, 0, 80, true); part(1, 0, 80, true, 9);
    bed.counted(Net.reasmDuplicate);
    expect(part(1, 80, 8, false)).toBe(Verdict.tcp);
    whole(88);
    bed.end();
  });
  test("an_overlap_spoils_the_datagram", () => {
    bed.start();
    part(1, 0, 80, true); part(1, 72, 80, true);
    expect(part(1, 80, 8, false) + part(1, 152, 8, false)).toBe(0);
    expect(counters.get(Net.reasmOverlap)).toBe(3);
    bed.later(15001);
    expect(part(1, 0, 80, true)).toBe(0);
    expect(part(1, 80, 8, false)).toBe(Verdict.tcp, "after its time the identification is free");
    whole(88);
    bed.end();
  });
  test("ends_that_contradict_each_other_spoil_the_datagram", () => {
    for (let i = 0; i < 3; i++) {
      bed.start();
      if (i == 0) { part(1, 80, 8, false); part(1, 160, 8, false); }
      if (i == 1) { part(1, 80, 8, false); part(1, 160, 8, true); }
      if (i == 2) { part(1, 160, 8, true); part(1, 80, 8, false); }
      bed.counted(Net.reasmOverlap);
      bed.end();
    }
  });
  test("malformed_fragments_are_refused", () => {
    bed.start();
    part(1, 0, 81, true); part(2, 0, 0, true); part(3, 80, 0, false);
    expect(counters.get(Net.reasmMalformed)).toBe(3);
    bed.end();
  });
  test("what_does_not_fit_a_buffer_is_refused", () => {
    bed.start();
    part(1, 0, 1000, true); part(1, 1000, LIMIT - 1000 + 1, false);
    bed.counted(Net.reasmTooBig);
    part(2, 65528, 200, false);
    expect(counters.get(Net.reasmTooBig)).toBe(2);
    part(3, 0, 1000, true);
    expect(part(3, 1000, LIMIT - 1000, false)).toBe(Verdict.tcp);
    whole(LIMIT);
    bed.end();
  });
  test("a_datagram_that_stays_in_pieces_is_given_up_and_reported", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    part(1, 0, 80, true);
    bed.later(14900);
    expect(bed.next(0)).toBe(0);
    bed.later(200);
    bed.counted(Net.reasmTimeout);
    expect(bed.next(0)).toBe(ETH + 20 + 8 + 100);
    expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0b01");
    part(1, 80, 80, true);
    bed.later(15100);
    expect(bed.next(0)).toBe(0, "without its first fragment nothing is said");
    bed.end();
  });
  test("a_flood_gives_up_the_oldest", () => {
    bed.start();
    for (let i: u32 = 0; i < 40; i++) { part(i, 0, 80, true); bed.later(1); }
    expect(counters.get(Net.reasmEvicted)).toBe(36);
    expect(part(39, 80, 8, false)).toBe(Verdict.tcp);
    whole(88);
    bed.end();
  });
  test("an_empty_pool_costs_the_fragment_alone", () => {
    bed.start();
    const p = bed.packet(0, bed.PEER, bed.A, 6, 80);
    bed.head(p).frag = 0x2000;
    bed.head(p).seal();
    let held: usize = 0, n = 0;
    for (let b = frame.alloc(); b; b = frame.alloc()) { store<u32>(b, <u32>held); held = b; n++; }
    counters.clear();
    expect(bed.inject(0, p)).toBe(Verdict.done);
    bed.counted(0);
    while (held) { const b = held; held = load<u32>(b); frame.free(b); }
    expect(n > 100).toBeTruthy();
    bed.end();
  });
});
