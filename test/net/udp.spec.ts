import * as bed from "./bed";
import * as checksum from "../../assembly/core/checksum";
import * as frame from "../../assembly/core/frame";
import * as ip from "../../assembly/net/ip";
import * as udp from "../../assembly/net/udp";
import { ETH } from "../../assembly/wire/eth";
import { Net } from "../../assembly/net/counters";
import { Udp } from "../../assembly/wire/udp";
import { Verdict } from "../../assembly/net/verdict";

/** A datagram of n payload bytes from the peer; its frame. */
function datagram(n: u32): usize {
  const p = bed.packet(0, bed.PEER, bed.A, 17, 8 + n), u = changetype<Udp>(bed.payload(p));
  u.write(4000, 5000, 8 + n);
  u.rawSum = checksum.finish(checksum.add(changetype<usize>(u), 8 + n, checksum.pseudo(bed.PEER, bed.A, 17, 8 + n)));
  return p;
}

describe("udp", () => {
  test("a_datagram_comes_with_its_parts", () => {
    for (let n: u32 = 0; n < 70; n += 23) {
      bed.start();
      const p = datagram(n);
      expect(bed.inject(0, p)).toBe(Verdict.udp);
      expect(udp.src).toBe(bed.PEER); expect(udp.dst).toBe(bed.A); expect(udp.srcPort).toBe(4000); expect(udp.dstPort).toBe(5000);
      expect(udp.payload).toBe(p + ETH + 28); expect(udp.length).toBe(n);
      frame.free(ip.p);
      bed.end();
    }
  });
  test("a_datagram_without_checksum_is_taken", () => {
    bed.start();
    const p = datagram(9);
    changetype<Udp>(bed.payload(p)).rawSum = 0;
    expect(bed.inject(0, p)).toBe(Verdict.udp);
    frame.free(ip.p);
    bed.end();
  });
  test("the_datagram_may_be_shorter_than_the_packet", () => {
    bed.start();
    const p = datagram(20), u = changetype<Udp>(bed.payload(p));
    u.write(4000, 5000, 8 + 9);
    expect(bed.inject(0, p)).toBe(Verdict.udp);
    expect(udp.length).toBe(9);
    frame.free(ip.p);
    bed.end();
  });
  test("hostile_datagrams_are_each_counted_once", () => {
    for (let i: u32 = 0; i < 5; i++) {
      bed.start();
      let p = datagram(20);
      if (i == 0) { frame.free(p); p = bed.packet(0, bed.PEER, bed.A, 17, 7); }
      if (i == 1) changetype<Udp>(bed.payload(p)).write(1, 2, 7);
      if (i == 2) changetype<Udp>(bed.payload(p)).write(1, 2, 29);
      if (i == 3) store<u8>(bed.payload(p), 77, 15);
      if (i == 4) changetype<Udp>(bed.payload(p)).rawSum = 1;
      expect(bed.inject(0, p)).toBe(Verdict.done);
      bed.counted(i < 3 ? Net.udpMalformed : Net.udpChecksum);
      bed.end();
    }
  });
  test("a_datagram_out_is_right_on_the_wire", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = udp.alloc();
    for (let i: u32 = 0; i < 5; i++) store<u8>(p + i, <u8>(i + 1));
    expect(udp.output(p, 5, bed.A, 7000, bed.PEER, 7001, 0)).toBe(0);
    expect(bed.next(0)).toBe(ETH + 33);
    expect(bed.hex(bed.OUT + ETH + 20, 6) + bed.hex(bed.OUT + ETH + 28, 6)).toBe("1b581b59000d" + "0102030405a5");
    const u = changetype<Udp>(bed.OUT + ETH + 20);
    expect(checksum.fold(checksum.add(changetype<usize>(u), 13, checksum.pseudo(bed.A, bed.PEER, 17, 13)))).toBe(0xffff);
    expect(bed.out().sumIsRight).toBeTruthy();
    bed.end();
  });
  test("a_checksum_of_zero_is_sent_as_all_ones", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = udp.alloc();
    store<u16>(p, 0);
    const u = changetype<Udp>(p - 8);
    u.write(7000, 7001, 10);
    const missing = ~checksum.fold(checksum.add(p - 8, 10, checksum.pseudo(bed.A, bed.PEER, 17, 10))) & 0xffff;
    store<u16>(p, <u16>missing);
    udp.output(p, 2, bed.A, 7000, bed.PEER, 7001, 0);
    bed.next(0);
    expect(<u32>changetype<Udp>(bed.OUT + ETH + 20).rawSum).toBe(0xffff);
    bed.end();
  });
  test("a_port_that_nobody_knows_is_answered", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    expect(bed.inject(0, datagram(20))).toBe(Verdict.udp);
    udp.unreachable(ip.p, ip.n);
    bed.counted(Net.udpPort);
    expect(bed.next(0)).toBe(ETH + 28 + 48);
    expect(bed.hex(bed.OUT + ETH + 20, 2)).toBe("0303");
    bed.end();
  });
  test("an_empty_pool_gives_no_buffer", () => {
    bed.start();
    let held: usize = 0;
    for (let b = frame.alloc(); b; b = frame.alloc()) { store<u32>(b, <u32>held); held = b; }
    expect(udp.alloc()).toBe(0);
    while (held) { const b = held; held = load<u32>(b); frame.free(b); }
    bed.end();
  });
});
