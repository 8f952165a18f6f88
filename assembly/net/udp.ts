// UDP (RFC 768): datagrams in, checked, and out. Who listens is the caller's business: `unreachable` is for ports that nobody knows.

import { ETH } from "../wire/eth";
import { IcmpType, Unreachable } from "../wire/icmp";
import { IP, Ip4, Proto } from "../wire/ip4";
import { Udp, UDP } from "../wire/udp";
import { Net } from "./counters";
import * as checksum from "../core/checksum";
import * as frame from "../core/frame";
import * as icmp from "./icmp";
import * as ip from "./output";

/** Parts of the datagram of the last verdict `udp`: addresses in host order, payload and its length in bytes. */
export let src: u32 = 0, dst: u32 = 0, srcPort: u32 = 0, dstPort: u32 = 0, payload: usize = 0, length: u32 = 0;

/** Looks a received datagram over, its IP header at p, n bytes in all: 0, or the counter of what is wrong with it. */
export function check(p: usize, n: u32): u32 {
  const h = changetype<Ip4>(p), u = changetype<Udp>(h.payload), room = n - h.headerLen;
  if (room < UDP) return Net.udpMalformed;
  const len = u.length;
  if (len < UDP || len > room) return Net.udpMalformed;
  src = h.src; dst = h.dst;
  if (u.rawSum != 0 && checksum.fold(checksum.add(changetype<usize>(u), len, checksum.pseudo(src, dst, Proto.udp, len))) != 0xffff) return Net.udpChecksum;
  srcPort = u.srcPort; dstPort = u.dstPort;
  payload = u.payload; length = len - UDP;
  return 0;
}

/** Answers the packet of the last verdict `udp`, for which nobody listens, and frees it. */
export function unreachable(p: usize, n: u32): void {
  icmp.error(p, n, IcmpType.unreachable, Unreachable.port, 0);
  ip.refuse(p, Net.udpPort);
}

/** Where a datagram's payload goes in a new frame buffer, with room for `CAPACITY` bytes; 0 when there is no buffer. */
export function alloc(): usize {
  const b = frame.alloc();
  return b ? b + frame.HEADROOM + ETH + IP + UDP : 0;
}
/** Bytes of payload that fit in one packet of 1,500 bytes. */
export const CAPACITY: u32 = 1500 - IP - UDP;

/** Sends the n bytes at p, an address that `alloc` gave, as a datagram. Owns the buffer. deadline and results: as `ip.output`. */
export function output(p: usize, n: u32, from: u32, fromPort: u32, to: u32, toPort: u32, deadline: u64): i32 {
  const u = changetype<Udp>(p - UDP), len = n + UDP;
  u.write(fromPort, toPort, len);
  const sum = checksum.finish(checksum.add(changetype<usize>(u), len, checksum.pseudo(from, to, Proto.udp, len)));
  u.rawSum = sum ? sum : 0xffff;
  ip.fill(p - UDP - IP, len + IP, from, to, Proto.udp, ip.TTL, 0, false);
  return ip.output(p - UDP - IP, len + IP, deadline);
}
