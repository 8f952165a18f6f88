// Frames out of a source: what hosts of the field send, with any part of it wrong. Checksums are right unless the source says otherwise, so that
// what lies behind them is reached.

import { addr, EtherType, Flag, fold, ipv4, Proto, put16, put32, putMac, sum, udp } from "../sim/packet.ts";
import { SITE, VHOST } from "../sim/world.ts";
import { ECHO, PLAIN, PLAIN_PORT, WEB } from "./bed.ts";
import { type Source } from "./source.ts";

/** Where a frame enters: the station that it is for, and the station that it is from. */
export interface Way { src: number; dst: number }

/** Addresses that mean something here, and some that cannot be. */
export const ADDRESSES = [VHOST, PLAIN, "10.0.0.12", "10.0.0.13", "10.0.0.1", "192.0.2.1", "192.0.2.100", "192.0.2.77", "198.51.100.9", "10.0.0.99", "10.0.0.255", "192.0.2.255", "255.255.255.255",
  "0.0.0.0", "127.0.0.1", "224.0.0.1", "203.0.113.9"].map(addr);
const PORTS = [ECHO, WEB, PLAIN_PORT, SITE.managePort, SITE.chainPort, 1, 0, 65535];

export const address = (s: Source): number => (s.oneIn(8) ? s.u32() : s.pick(ADDRESSES));
const port = (s: Source): number => (s.oneIn(4) ? s.u16() : s.pick(PORTS));

/** Any frame. */
export function any(s: Source, way: Way): Uint8Array {
  switch (s.below(8)) {
    case 0: return ethernet(s, way);
    case 1: return arp(s, way);
    case 2: return ip(s, way, s.u8(), s.oneIn(3) ? s.rest(200) : s.fill(s.below(1480)));
    case 3: return ip(s, way, Proto.icmp, icmp(s));
    case 4: return ip(s, way, Proto.udp, datagram(s));
    case 5: return ip(s, way, Proto.ipip, inner(s));
    default: return ip(s, way, Proto.tcp, segment(s));
  }
}

/** Ethernet with any type, any station, any length. */
function ethernet(s: Source, way: Way): Uint8Array {
  const b = s.oneIn(2) ? s.rest(300) : s.fill(s.below(1600));
  if (b.length < 14 || s.oneIn(8)) return b;
  putMac(b, 0, s.pick([way.dst, way.dst, 0xffffffffffff, 0x01005e000001, 0x020000000099]));
  if (!s.oneIn(4)) putMac(b, 6, way.src);
  put16(b, 12, s.pick([EtherType.ip, EtherType.ip, EtherType.arp, 0x86dd, 0x8100, 46, s.u16()]));
  return b;
}

/** ARP of the attacker's own addresses: who claims another's is believed on an Ethernet, and needs no fuzzer. */
export function arp(s: Source, way: Way): Uint8Array {
  const b = new Uint8Array(s.oneIn(4) ? 14 + s.below(40) : 42);
  const put = (at: number, v: number): void => { if (at + 2 <= b.length) put16(b, at, v); };
  if (b.length >= 14) { putMac(b, 0, s.oneIn(2) ? 0xffffffffffff : way.dst); putMac(b, 6, way.src); }
  put(12, EtherType.arp);
  put(14, s.oneIn(8) ? s.u16() : 1); put(16, s.oneIn(8) ? s.u16() : EtherType.ip); put(18, s.oneIn(8) ? s.u16() : 0x0604); put(20, s.oneIn(8) ? s.u16() : s.between(1, 2));
  if (b.length < 42) return b;
  putMac(b, 22, s.oneIn(6) ? s.pick([0, 0xffffffffffff, 0x01005e000001]) : way.src);
  put32(b, 28, addr(s.pick(["192.0.2.100", "192.0.2.77", "10.0.0.99", "198.51.100.9", "0.0.0.0", "255.255.255.255"])));
  put32(b, 38, address(s));
  return b;
}

/** An IPv4 packet: the payload as given, the header with anything in it. */
export function ip(s: Source, way: Way, proto: number, payload: Uint8Array): Uint8Array {
  const options = s.oneIn(5) ? ipOptions(s) : new Uint8Array(0), hl = 20 + options.length, b = new Uint8Array(14 + hl + payload.length);
  const src = address(s), dst = s.oneIn(3) ? address(s) : addr(VHOST);
  putMac(b, 0, way.dst); putMac(b, 6, way.src);
  put16(b, 12, EtherType.ip);
  b[14] = s.oneIn(20) ? s.u8() : 0x40 | hl >> 2;
  b[15] = s.u8();
  put16(b, 16, s.oneIn(20) ? s.near(hl + payload.length) & 0xffff : hl + payload.length);
  put16(b, 18, s.u8() & 7);
  put16(b, 20, s.oneIn(4) ? s.pick([0x2000, 0x2001, 1, 0x1fff, 0x3fff, 0x8000, s.u16()]) : s.pick([0, 0x4000]));
  b[22] = s.oneIn(8) ? s.below(3) : 64;
  b[23] = proto;
  put32(b, 26, src); put32(b, 30, dst);
  b.set(options, 34);
  b.set(payload, 14 + hl);
  transport(b, 14 + hl, proto, src, dst, s.oneIn(20));
  seal(b);
  if (s.oneIn(30)) b[24] ^= 1;
  return s.oneIn(12) ? b.slice(0, s.below(b.length + 1)) : b;
}

function ipOptions(s: Source): Uint8Array {
  const kinds = [0, 1, 7, 68, 130, 131, 136, 137, 148, 255], out: number[] = [];
  for (let n = s.between(1, 6); n > 0 && out.length < 36; n--) {
    const kind = s.pick(kinds), len = kind < 2 ? 1 : s.pick([4, 3, 8, 11, 0, 1, 2, 40, 255]);
    out.push(kind);
    if (kind > 1) { out.push(len); for (let i = 2; i < Math.min(len, 12); i++) out.push(s.u8()); }
  }
  return Uint8Array.from([...out, 0, 0, 0].slice(0, Math.min(40, out.length + 3 & ~3)));
}

function icmp(s: Source): Uint8Array {
  const b = new Uint8Array(8 + s.below(100)), quoted = new Uint8Array(28);
  b[0] = s.oneIn(3) ? s.u8() : s.pick([0, 3, 5, 8, 11, 12, 13, 17]);
  b[1] = s.oneIn(3) ? s.u8() : s.below(16);
  put32(b, 4, s.oneIn(2) ? s.u32() : s.pick([0, 68, 576, 1280, 1400, 1500]));
  quoted[0] = s.oneIn(6) ? s.u8() : 0x45;
  put16(quoted, 2, s.oneIn(3) ? s.u16() : 60);
  quoted[9] = s.pick([Proto.tcp, Proto.udp, Proto.ipip, Proto.icmp]);
  put32(quoted, 12, address(s)); put32(quoted, 16, address(s));
  put16(quoted, 20, port(s)); put16(quoted, 22, port(s)); put32(quoted, 24, s.u32());
  b.set(quoted.subarray(0, Math.min(28, b.length - 8)), 8);
  put16(b, 2, 0);
  put16(b, 2, fold(sum(b, 0, b.length)));
  if (s.oneIn(20)) b[2] ^= 1;
  return b;
}

function datagram(s: Source): Uint8Array {
  const data = s.oneIn(2) ? s.rest(200) : s.fill(s.below(1400)), b = udp(0, 0, port(s), port(s), data).slice();
  if (s.oneIn(8)) put16(b, 4, s.near(b.length) & 0xffff);
  put16(b, 6, 0);
  return b;
}

/** A packet in a tunnel, or what claims to be one. */
function inner(s: Source): Uint8Array {
  if (s.oneIn(4)) return s.rest(120);
  const proto = s.pick([Proto.tcp, Proto.tcp, Proto.ipip, Proto.udp, Proto.icmp]), payload = proto === Proto.tcp ? segment(s) : s.fill(s.below(200)), src = address(s), dst = s.oneIn(3) ? address(s) : addr(VHOST);
  const b = ipv4(0, 0, src, dst, proto, payload);
  transport(b, 34, proto, src, dst, s.oneIn(10));
  if (s.oneIn(6)) b[14 + s.below(20)] ^= 1 << s.below(8);
  return b.slice(14, s.oneIn(8) ? 14 + s.below(b.length - 13) : undefined);
}

/** A TCP segment to nobody in particular. */
function segment(s: Source): Uint8Array {
  const options = s.oneIn(3) ? tcpOptions(s) : new Uint8Array(0), data = s.oneIn(2) ? s.fill(s.below(1400)) : new Uint8Array(0), b = new Uint8Array(20 + options.length + data.length);
  put16(b, 0, port(s)); put16(b, 2, port(s));
  put32(b, 4, s.u32()); put32(b, 8, s.u32());
  b[12] = s.oneIn(12) ? s.u8() : 20 + options.length << 2;
  b[13] = s.oneIn(3) ? s.u8() : s.pick([Flag.syn, Flag.syn, Flag.ack, Flag.rst, Flag.fin | Flag.ack, Flag.syn | Flag.ack, Flag.psh | Flag.ack, 0]);
  put16(b, 14, s.u16());
  b.set(options, 20);
  b.set(data, 20 + options.length);
  return b;
}

/** TCP options, well-formed or not, padded to four bytes. */
export function tcpOptions(s: Source): Uint8Array {
  const out: number[] = [];
  for (let n = s.between(1, 5); n > 0 && out.length < 30; n--) {
    const kind = s.pick([2, 3, 4, 5, 8, 1, 0, 254]), right = [0, 1, 4, 3, 2, 10, 0, 0, 10][kind] ?? 4, len = s.oneIn(5) ? s.u8() : right;
    out.push(kind);
    if (kind > 1) { out.push(len); for (let i = 2; i < Math.min(len, 18); i++) out.push(s.u8()); }
  }
  return Uint8Array.from([...out, 0, 0, 0].slice(0, Math.min(40, out.length + 3 & ~3)));
}

/** Completes the checksum of UDP's or TCP's header at `at`; `wrong`: by one bit not. */
function transport(b: Uint8Array, at: number, proto: number, src: number, dst: number, wrong: boolean): void {
  const field = proto === Proto.tcp ? 16 : proto === Proto.udp ? 6 : -1, n = b.length - at;
  if (field < 0 || n < field + 2) return;
  put16(b, at + field, 0);
  const head = new Uint8Array(8);
  put32(head, 0, src); put32(head, 4, dst);
  put16(b, at + field, fold(sum(b, at, n, sum(head, 0, 8, proto + n))));
  if (wrong) b[at + field] ^= 1;
}

/** Completes the IP header's checksum. */
export function seal(b: Uint8Array): Uint8Array {
  const hl = Math.max(20, (b[14] & 15) * 4);
  put16(b, 24, 0);
  put16(b, 24, fold(sum(b, 14, Math.min(hl, b.length - 14))));
  return b;
}

/** An IP packet in fragments, as it should be or with one of them changed, twice, out of its place, or missing. */
export function broken(s: Source, whole: Uint8Array): Uint8Array[] {
  const size = 8 * s.between(1, 60), total = whole.length - 34, out: Uint8Array[] = [], id = s.u8();
  for (let at = 0; at < total && out.length < 12; at += size) {
    const n = Math.min(size, total - at), b = new Uint8Array(34 + n);
    b.set(whole.subarray(0, 34));
    b.set(whole.subarray(34 + at, 34 + at + n), 34);
    b[14] = 0x45;
    put16(b, 16, 20 + n); put16(b, 18, id);
    put16(b, 20, at >> 3 | (at + n < total ? 0x2000 : 0));
    out.push(seal(b));
  }
  if (out.length === 0) return [whole];
  const i = s.below(out.length);
  switch (s.below(6)) {
    case 0: out.splice(i, 1); break;
    case 1: out.splice(s.below(out.length), 0, out[i]); break;
    case 2: { const b = out[i].slice(); put16(b, 20, s.near(b[20] << 8 | b[21]) & 0x3fff); out.splice(i + 1, 0, seal(b)); break; }
    case 3: out.reverse(); break;
    default: break;
  }
  return out;
}
