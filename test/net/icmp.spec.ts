import * as bed from "./bed";
import * as checksum from "../../assembly/core/checksum";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as icmp from "../../assembly/net/icmp";
import * as ip from "../../assembly/net/ip";
import * as local from "../../assembly/net/local";
import { ETH } from "../../assembly/wire/eth";
import { Icmp } from "../../assembly/wire/icmp";
import { Ip4 } from "../../assembly/wire/ip4";
import { LocalFlag } from "../../assembly/net/local";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";
import { Voice } from "../../assembly/net/voice";

const VOICE: usize = memory.data(16, 16);
const VHOST: u32 = 0x0a000063;

/** An ICMP message of n bytes of data from the peer to dst; its frame. */
function message(dst: u32, type: u32, code: u32, n: u32): usize {
  const p = bed.packet(0, bed.PEER, dst, 1, 8 + n);
  changetype<Icmp>(bed.payload(p)).write(type, code, 0x12340001);
  return p;
}
function seal(p: usize): usize {
  const m = changetype<Icmp>(bed.payload(p));
  m.rawSum = 0;
  m.rawSum = checksum.compute(changetype<usize>(m), bed.head(p).length - 20);
  return p;
}
/** An error of the peer that quotes a packet from src with this protocol. */
function quoting(src: u32, proto: u32): usize {
  const p = message(bed.A, 3, 1, 28);
  changetype<Ip4>(bed.payload(p) + 8).write(1000, src, 0x08080808, proto, 60, 0, 0, 0);
  return p;
}
function sumIsRight(): bool { return checksum.fold(checksum.add(bed.OUT + ETH + 20, bed.out().length - 20, 0)) == 0xffff; }

describe("icmp", () => {
  test("an_echo_is_answered_byte_for_byte", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    expect(bed.inject(0, seal(message(bed.A, 8, 0, 33)))).toBe(Verdict.done);
    expect(bed.next(0)).toBe(ETH + 20 + 41);
    expect(bed.out().sumIsRight && sumIsRight()).toBeTruthy();
    expect(bed.out().src).toBe(bed.A); expect(bed.out().dst).toBe(bed.PEER); expect(<u32>bed.out().ttl).toBe(64);
    expect(bed.hex(bed.OUT + ETH + 20, 2) + bed.hex(bed.OUT + ETH + 24, 8)).toBe("0000" + "1234000108090a0b");
    expect(bed.sum()).toBe(0);
    bed.end();
  });
  test("an_echo_with_options_is_answered_without_them", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = bed.packet(0, bed.PEER, bed.A, 1, 28), h = bed.head(p), m = changetype<Icmp>(p + ETH + 28);
    h.setHeaderLen(28);
    bed.bytes(p + ETH + 20, "0101010194040000");
    m.write(8, 0, 1);
    m.rawSum = checksum.compute(changetype<usize>(m), 20);
    h.seal();
    bed.inject(0, p);
    expect(bed.next(0)).toBe(ETH + 20 + 20);
    expect(bed.out().sumIsRight && sumIsRight()).toBeTruthy();
    bed.end();
  });
  test("a_muted_or_lapsed_address_answers_nothing", () => {
    for (let i = 0; i < 3; i++) {
      bed.start();
      bed.meet(0, bed.PEER, 2);
      const v = changetype<Voice>(VOICE);
      v.mute = i == 0 ? 1 : 0;
      v.until = i == 1 ? 999999 : 2000000;
      local.add(VHOST, VOICE, LocalFlag.vhost);
      bed.inject(0, seal(message(VHOST, 8, 0, 8)));
      if (i < 2) { expect(bed.next(0)).toBe(0); bed.counted(Net.mute); }
      else { expect(bed.next(0)).toBe(ETH + 36); expect(bed.out().src).toBe(VHOST); expect(bed.deadline).toBe(2000000); }
      bed.end();
    }
  });
  test("a_muted_address_reports_no_errors", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    changetype<Voice>(VOICE).mute = 1;
    local.add(VHOST, VOICE, LocalFlag.vhost);
    const p = bed.packet(0, bed.PEER, VHOST, 17, 20);
    icmp.error(p + ETH, 40, 3, 3, 0);
    expect(bed.next(0)).toBe(0);
    bed.counted(Net.mute);
    frame.free(p);
    bed.end();
  });
  test("errors_are_sorted_by_what_they_quote", () => {
    bed.start();
    expect(bed.inject(0, seal(quoting(bed.A, 6)))).toBe(Verdict.icmp);
    frame.free(ip.p);
    expect(bed.inject(0, seal(quoting(bed.A, 4)))).toBe(Verdict.tunnelError);
    frame.free(ip.p);
    expect(bed.inject(0, seal(quoting(bed.A, 17)))).toBe(Verdict.done);
    bed.counted(Net.icmpIgnored);
    bed.end();
  });
  test("hostile_messages_are_each_counted_once", () => {
    const whys: usize = memory.data<u32>([Net.icmpMalformed, Net.icmpMalformed, Net.icmpQuote, Net.icmpMalformed, Net.icmpMalformed, Net.icmpIgnored, Net.icmpIgnored, Net.icmpMalformed]);
    for (let i: u32 = 0; i < 8; i++) {
      bed.start();
      let p: usize = 0;
      if (i == 0) { p = seal(message(bed.A, 8, 0, 8)); store<u8>(bed.payload(p), 77, 9); }
      if (i == 1) p = bed.packet(0, bed.PEER, bed.A, 1, 7);
      if (i == 2) p = seal(quoting(bed.B, 6));
      if (i == 3) { p = quoting(bed.A, 6); store<u8>(bed.payload(p) + 8, 0x4f); seal(p); }
      if (i == 4) { p = quoting(bed.A, 6); store<u8>(bed.payload(p) + 8, 0x55); seal(p); }
      if (i == 5) p = seal(message(bed.A, 13, 0, 20));
      if (i == 6) p = seal(message(bed.A, 0, 0, 20));
      if (i == 7) p = seal(message(bed.A, 3, 3, 27));
      expect(bed.inject(0, p)).toBe(Verdict.done);
      bed.counted(load<u32>(whys + (i << 2)));
      bed.end();
    }
  });
  test("an_error_quotes_the_packet_up_to_576_bytes", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = bed.packet(0, bed.PEER, bed.FAR, 6, 1000);
    icmp.error(p + ETH, 1020, 3, 4, 1300);
    frame.free(p);
    expect(bed.next(0)).toBe(ETH + 576);
    expect(sumIsRight()).toBeTruthy();
    expect(bed.out().src).toBe(bed.A); expect(bed.out().dst).toBe(bed.PEER);
    expect(bed.hex(bed.OUT + ETH + 20, 2) + bed.hex(bed.OUT + ETH + 24, 6)).toBe("0304" + "000005144500");
    bed.end();
  });
  test("nothing_is_said_about_what_rfc_1122_names", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const later = bed.packet(0, bed.PEER, bed.A, 6, 20);
    bed.head(later).frag = 1;
    icmp.error(later + ETH, 40, 3, 3, 0);
    const error = quoting(bed.A, 6);
    icmp.error(error + ETH, 56, 11, 0, 0);
    const toGroup = bed.packet(0, bed.PEER, 0xe0000001, 17, 20), fromNone = bed.packet(0, 0, bed.A, 17, 20), own = bed.packet(0, bed.B, bed.A, 17, 20);
    const fromGroup = bed.packet(0, 0xe0000001, bed.A, 17, 20), loop = bed.packet(0, 0x7f000001, bed.A, 17, 20);
    icmp.error(toGroup + ETH, 40, 3, 3, 0); icmp.error(fromNone + ETH, 40, 3, 3, 0); icmp.error(own + ETH, 40, 3, 3, 0);
    icmp.error(fromGroup + ETH, 40, 3, 3, 0); icmp.error(loop + ETH, 40, 3, 3, 0);
    frame.free(later); frame.free(error); frame.free(toGroup); frame.free(fromNone); frame.free(own); frame.free(fromGroup); frame.free(loop);
    expect(bed.next(0) + bed.next(1)).toBe(0);
    bed.end();
  });
  test("errors_leave_at_a_bounded_rate", () => {
    bed.start();
    bed.meet(0, bed.PEER, 2);
    const p = bed.packet(0, bed.PEER, bed.FAR, 6, 20);
    let sent = 0;
    for (let i = 0; i < 80; i++) { icmp.error(p + ETH, 40, 3, 1, 0); while (bed.next(0)) sent++; }
    expect(sent).toBe(50);
    expect(counters.get(Net.icmpLimited)).toBe(30);
    bed.later(52);
    for (let i = 0; i < 80; i++) { icmp.error(p + ETH, 40, 3, 1, 0); while (bed.next(0)) sent++; }
    expect(sent).toBe(60);
    frame.free(p);
    bed.end();
  });
});
