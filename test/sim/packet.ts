// Reads and builds Ethernet, ARP, IPv4, ICMP, UDP and TCP for the simulator, from the RFCs and independently of the modules under test.

export const enum EtherType { ip = 0x0800, arp = 0x0806 }
export const enum Proto { icmp = 1, ipip = 4, tcp = 6, udp = 17 }
export const enum Flag { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32 }

/** A TCP segment inside an IPv4 packet; filled anew by `parseTcp`. */
export class Segment {
  src = 0; dst = 0; srcPort = 0; dstPort = 0;
  seq = 0; ack = 0; flags = 0; window = 0;
  /** Payload's place in the frame, and its length. */
  data = 0; length = 0;
  /** Options; -1 (or false) where absent. */
  mss = -1; wscale = -1; sackPermitted = false; tsVal = -1; tsEcr = -1;
  sack: number[] = [];
  has(flag: Flag): boolean { return (this.flags & flag) !== 0; }
}

export const u16 = (b: Uint8Array, at: number): number => b[at] << 8 | b[at + 1];
export const u32 = (b: Uint8Array, at: number): number => (b[at] << 24 | b[at + 1] << 16 | b[at + 2] << 8 | b[at + 3]) >>> 0;
export function put16(b: Uint8Array, at: number, v: number): void { b[at] = v >>> 8; b[at + 1] = v; }
export function put32(b: Uint8Array, at: number, v: number): void { b[at] = v >>> 24; b[at + 1] = v >>> 16; b[at + 2] = v >>> 8; b[at + 3] = v; }

/** One's complement sum of n bytes at `at`, added to `sum`; not yet folded. */
export function sum(b: Uint8Array, at: number, n: number, start = 0): number {
  let s = start;
  const stop = at + n;
  for (; at + 1 < stop; at += 2) s += b[at] << 8 | b[at + 1];
  return at < stop ? s + (b[at] << 8) : s;
}

/** The Internet checksum (RFC 1071) of an unfolded sum. */
export function fold(s: number): number {
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
  return ~s & 0xffff;
}

/** Sum of TCP's or UDP's pseudo header for the IP packet at `ip`. */
function pseudo(b: Uint8Array, ip: number, proto: number, n: number): number { return sum(b, ip + 12, 8) + proto + n; }

/** Offset of the IPv4 header in a frame, or -1 where it carries none, or a damaged one. */
export function ipAt(frame: Uint8Array): number {
  if (frame.length < 34 || u16(frame, 12) !== EtherType.ip || frame[14] >> 4 !== 4) return -1;
  const head = (frame[14] & 15) * 4, total = u16(frame, 16);
  if (head < 20 || total < head || 14 + total > frame.length || fold(sum(frame, 14, head)) !== 0) return -1;
  return 14;
}

/** Fills `s` from the IPv4 packet at `ip`; false where it is no whole TCP segment with a good checksum. */
export function parseTcp(b: Uint8Array, ip: number, s: Segment): boolean {
  const head = (b[ip] & 15) * 4, n = u16(b, ip + 2) - head, t = ip + head;
  if (b[ip + 9] !== Proto.tcp || (u16(b, ip + 6) & 0x3fff) !== 0 || n < 20) return false;
  const off = (b[t + 12] >> 4) * 4;
  if (off < 20 || off > n || fold(sum(b, t, n, pseudo(b, ip, Proto.tcp, n))) !== 0) return false;
  s.src = u32(b, ip + 12); s.dst = u32(b, ip + 16);
  s.srcPort = u16(b, t); s.dstPort = u16(b, t + 2);
  s.seq = u32(b, t + 4); s.ack = u32(b, t + 8);
  s.flags = b[t + 13]; s.window = u16(b, t + 14);
  s.data = t + off; s.length = n - off;
  parseOptions(b, t + 20, t + off, s);
  return true;
}

function parseOptions(b: Uint8Array, at: number, stop: number, s: Segment): void {
  s.mss = -1; s.wscale = -1; s.sackPermitted = false; s.tsVal = -1; s.tsEcr = -1; s.sack.length = 0;
  while (at < stop && b[at] !== 0) {
    if (b[at] === 1) { at++; continue; }
    const n = b[at + 1];
    if (at + 1 >= stop || n < 2 || at + n > stop) return;
    if (b[at] === 2 && n === 4) s.mss = u16(b, at + 2);
    else if (b[at] === 3 && n === 3) s.wscale = b[at + 2];
    else if (b[at] === 4 && n === 2) s.sackPermitted = true;
    else if (b[at] === 8 && n === 10) { s.tsVal = u32(b, at + 2); s.tsEcr = u32(b, at + 6); }
    else if (b[at] === 5) for (let i = 2; i + 8 <= n; i += 8) s.sack.push(u32(b, at + i), u32(b, at + i + 4));
    at += n;
  }
}

/** What `tcp` builds a frame from; what is left out is 0. */
export interface SegmentSpec {
  srcMac: number; dstMac: number; src: number; dst: number; srcPort: number; dstPort: number;
  seq: number; ack?: number; flags: number; window?: number; options?: Uint8Array; data?: Uint8Array; ttl?: number;
}

/** A whole Ethernet frame with one TCP segment. */
export function tcp(x: SegmentSpec): Uint8Array {
  const opt = x.options ?? new Uint8Array(0), data = x.data ?? new Uint8Array(0);
  const off = 20 + (opt.length + 3 & ~3), b = new Uint8Array(14 + 20 + off + data.length), t = 34;
  put16(b, t, x.srcPort); put16(b, t + 2, x.dstPort);
  put32(b, t + 4, x.seq); put32(b, t + 8, x.ack ?? 0);
  b[t + 12] = off << 2; b[t + 13] = x.flags;
  put16(b, t + 14, x.window ?? 65535);
  b.set(opt, t + 20);
  b.set(data, t + off);
  fillIp(b, x.srcMac, x.dstMac, x.src, x.dst, Proto.tcp, x.ttl ?? 64);
  put16(b, t + 16, fold(sum(b, t, off + data.length, pseudo(b, 14, Proto.tcp, off + data.length))));
  return b;
}

/** A whole Ethernet frame with an IPv4 packet of the given payload. */
export function ipv4(srcMac: number, dstMac: number, src: number, dst: number, proto: number, payload: Uint8Array): Uint8Array {
  const b = new Uint8Array(34 + payload.length);
  b.set(payload, 34);
  fillIp(b, srcMac, dstMac, src, dst, proto, 64);
  return b;
}

/** A UDP datagram without its IP header. */
export function udp(src: number, dst: number, srcPort: number, dstPort: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(12 + 8 + data.length);     // pseudo header first, cut off again
  put32(b, 0, src); put32(b, 4, dst);
  b[9] = Proto.udp; put16(b, 10, 8 + data.length);
  put16(b, 12, srcPort); put16(b, 14, dstPort); put16(b, 16, 8 + data.length);
  b.set(data, 20);
  put16(b, 18, fold(sum(b, 0, b.length)) || 0xffff);
  return b.subarray(12);
}

/** An ICMP message without its IP header. */
export function icmp(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
  const b = new Uint8Array(8 + data.length);
  b[0] = type; b[1] = code;
  put32(b, 4, rest);
  b.set(data, 8);
  put16(b, 2, fold(sum(b, 0, b.length)));
  return b;
}

function fillIp(b: Uint8Array, srcMac: number, dstMac: number, src: number, dst: number, proto: number, ttl: number): void {
  putMac(b, 0, dstMac); putMac(b, 6, srcMac);
  put16(b, 12, EtherType.ip);
  b[14] = 0x45;
  put16(b, 16, b.length - 14);
  put16(b, 20, 0x4000);
  b[22] = ttl; b[23] = proto;
  put32(b, 26, src); put32(b, 30, dst);
  put16(b, 24, fold(sum(b, 14, 20)));
}

/** An ARP request (op 1) or reply (op 2). */
export function arp(op: number, srcMac: number, src: number, dstMac: number, dst: number): Uint8Array {
  const b = new Uint8Array(42);
  putMac(b, 0, op === 1 ? 0xffffffffffff : dstMac); putMac(b, 6, srcMac);
  put16(b, 12, EtherType.arp);
  put16(b, 14, 1); put16(b, 16, EtherType.ip); b[18] = 6; b[19] = 4; put16(b, 20, op);
  putMac(b, 22, srcMac); put32(b, 28, src);
  if (op === 2) putMac(b, 32, dstMac);
  put32(b, 38, dst);
  return b;
}

export function putMac(b: Uint8Array, at: number, mac: number): void {
  put16(b, at, Math.floor(mac / 0x100000000));
  put32(b, at + 2, mac >>> 0);
}

/** "10.0.0.1" as a number in host order, and back. */
export function addr(s: string): number { return s.split(".").reduce((a, x) => a * 256 + Number(x), 0); }
export function dotted(a: number): string { return `${a >>> 24}.${a >>> 16 & 255}.${a >>> 8 & 255}.${a & 255}`; }

/** One line about a segment, as tcpdump would say it. */
export function describe(s: Segment): string {
  const flags = ["F", "S", "R", "P", "."].filter((_, i) => s.flags & 1 << i).join("");
  const sack = s.sack.length ? ` sack ${s.sack.join("-")}` : "";
  return `${dotted(s.src)}.${s.srcPort} > ${dotted(s.dst)}.${s.dstPort} [${flags}] seq ${s.seq} ack ${s.ack} win ${s.window} len ${s.length} ts ${s.tsVal}/${s.tsEcr}${sack}`;
}
