import * as bed from "./bed";
import * as frame from "../../assembly/core/frame";
import * as ip from "../../assembly/net/ip";
import * as local from "../../assembly/net/local";
import * as tunnel from "../../assembly/net/tunnel";
import { ETH } from "../../assembly/wire/eth";
import { Ip4 } from "../../assembly/wire/ip4";
import { LocalFlag } from "../../assembly/net/local";
import { Net } from "../../assembly/net/counters";
import { Verdict } from "../../assembly/net/verdict";

const VHOST: u32 = 0xc0a80001, CLIENT: u32 = 0x08080808;

function start(): void {
  bed.start();
  tunnel.init(bed.PEER, bed.A, 0);
  local.add(VHOST, 0, LocalFlag.vhost | LocalFlag.tunnelOnly);
}
/** A tunnel packet with n bytes of inner payload; its frame. */
function wrapped(n: u32, dst: u32, proto: u32): usize {
  const p = bed.packet(0, bed.PEER, bed.A, 4, 20 + n);
  changetype<Ip4>(bed.payload(p)).write(20 + n, CLIENT, dst, proto, 60, 0, 9, 0);
  bed.head(p).write(40 + n, bed.PEER, bed.A, 4, 64, 0, 0x1234, 0x4000);
  return p;
}
function inner(p: usize): Ip4 { return changetype<Ip4>(bed.payload(p)); }
/** Takes it in: the inner packet's verdict. */
function input(i: u32, p: usize): u32 {
  expect(bed.inject(i, p)).toBe(Verdict.ipip);
  return tunnel.input(ip.p, ip.n);
}

describe("tunnel", () => {
  test("the_redirectors_packets_are_unpacked", () => {
    start();
    const p = wrapped(40, VHOST, 6);
    expect(input(0, p)).toBe(Verdict.tcp);
    expect(ip.p).toBe(p + ETH + 20); expect(ip.n).toBe(60); expect(tunnel.view).toBe(0x1234);
    expect(bed.sum()).toBe(0);
    frame.free(ip.p);
    bed.end();
  });
  test("inner_fragments_are_put_together", () => {
    start();
    let p = wrapped(40, VHOST, 6);
    inner(p).frag = 0x2000; inner(p).seal();
    expect(input(0, p)).toBe(Verdict.done);
    p = wrapped(30, VHOST, 6);
    inner(p).frag = 5; inner(p).seal();
    expect(input(0, p)).toBe(Verdict.tcp);
    expect(ip.n).toBe(90);
    frame.free(ip.p);
    bed.end();
  });
  test("whoever_else_tunnels_is_refused", () => {
    for (let i = 0; i < 4; i++) {
      start();
      if (i == 0) tunnel.init(0, 0, 0);
      if (i == 1) tunnel.init(bed.FAR, bed.A, 0);
      if (i == 2) tunnel.init(bed.PEER, bed.B, 0);
      if (i == 3) tunnel.init(bed.PEER, bed.A, 1);
      expect(input(0, wrapped(40, VHOST, 6))).toBe(Verdict.done);
      bed.counted(Net.tunnelForged);
      bed.end();
    }
  });
  test("inner_packets_are_looked_at_like_others", () => {
    const whys: usize = memory.data<u32>([Net.ipChecksum, Net.ipVersion, Net.tunnelInner, Net.tunnelInner, Net.tunnelInner, Net.tunnelInner, Net.tunnelInner, Net.ipMartian]);
    for (let i: u32 = 0; i < 8; i++) {
      start();
      let p = wrapped(40, VHOST, 6);
      const h = inner(p);
      if (i == 0) h.rawSum ^= 1;
      if (i == 1) store<u8>(changetype<usize>(h), 0x65);
      if (i == 2) h.length = 59;
      if (i == 3) h.length = 61;
      if (i == 4) h.write(60, CLIENT, bed.A, 6, 60, 0, 0, 0);
      if (i == 5) h.write(60, CLIENT, VHOST, 4, 60, 0, 0, 0);
      if (i == 6) h.write(60, CLIENT, bed.FAR, 6, 60, 0, 0, 0);
      if (i == 7) h.write(60, VHOST, VHOST, 6, 60, 0, 0, 0);
      expect(input(0, p)).toBe(Verdict.done);
      bed.counted(load<u32>(whys + (i << 2)));
      bed.end();
    }
  });
  test("an_outer_packet_without_room_for_an_inner_one_is_refused", () => {
    start();
    const p = bed.packet(0, bed.PEER, bed.A, 4, 19);
    expect(input(0, p)).toBe(Verdict.done);
    bed.counted(Net.tunnelInner);
    bed.end();
  });
  test("a_fragment_of_the_outer_packet_is_refused", () => {
    start();
    const p = wrapped(40, VHOST, 6);
    bed.head(p).frag = 0x2000; bed.head(p).seal();
    expect(bed.inject(0, p)).toBe(Verdict.done);
    bed.counted(Net.tunnelFragment);
    bed.end();
  });
});
