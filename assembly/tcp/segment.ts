// The segment that just arrived, parsed once into this module's variables.

import { TCP_SIZE, Tcp, Bit } from "../wire/tcp";
import { get16, get32 } from "../core/bytes";
import * as checksum from "../core/checksum";
import * as options from "./options";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

export let localAddr: u32 = 0;
export let remoteAddr: u32 = 0;
export let localPort: u32 = 0;
export let remotePort: u32 = 0;
export let seqNo: u32 = 0;
export let ack: u32 = 0;
export let wnd: u32 = 0;
export let bits: u32 = 0;
/** With Bit.urg: the sequence number behind the urgent data (RFC 9293 3.8.5). */
export let urgent: u32 = 0;
/** Payload: address and bytes. */
export let data: usize = 0;
export let len: u32 = 0;

/** Parses the IPv4 packet of n bytes at p. False, counted, when it is no valid segment. The options are in `options`. */
export function parse(p: usize, n: u32): bool {
  const ihl = (<u32>load<u8>(p) & 15) << 2;
  const t = changetype<Tcp>(p + ihl);
  const size = n - ihl, head = t.headerSize;
  if (n < ihl + TCP_SIZE || head < TCP_SIZE || head > size) { counters.add(C.badLength); return false; }
  remoteAddr = get32(p + 12);
  localAddr = get32(p + 16);
  const pseudo = checksum.pseudo(remoteAddr, localAddr, 6, size), sum = size == 32 ? checksum.header32(p + ihl) + pseudo : checksum.add(p + ihl, size, pseudo);
  if (checksum.finish(sum) != 0) { counters.add(C.badChecksum); return false; }
  localPort = t.dstPort;
  remotePort = t.srcPort;
  if (!sane(t.bits)) return false;
  if (!options.parse(p + ihl + TCP_SIZE, head - TCP_SIZE)) { counters.add(C.badOption); return false; }
  seqNo = t.seq;
  ack = t.ack;
  wnd = t.wnd;
  bits = t.bits;
  if (bits & Bit.urg) urgent = seqNo + t.urgent;
  data = p + ihl + head;
  len = size - head;
  return true;
}

/** Sources and flags that no TCP sends (RFC 1122 4.2.3.10: no connection with a broadcast or multicast address). */
function sane(b: u32): bool {
  if (remoteAddr >= 0xe0000000 || remoteAddr >> 24 == 0 || remotePort == 0 || localPort == 0) { counters.add(C.badSource); return false; }
  if (b & Bit.syn && b & (Bit.fin | Bit.rst)) { counters.add(C.badFlags); return false; }
  return true;
}

/** Sequence space that the segment covers. */
export function space(): u32 { return len + (bits & Bit.syn ? 1 : 0) + (bits & Bit.fin ? 1 : 0); }

/** Cuts k bytes off the payload's front (and moves the sequence number), or leaves the first k. */
export function skip(k: u32): void { data += k; len -= k; seqNo += k; }
/** Leaves ACK and window alone, at sequence number `at`. */
export function bare(at: u32): void { seqNo = at; clip(0); }
export function clip(k: u32): void { len = k; bits &= ~<u32>Bit.fin; }

/** The addresses and ports of the TCP header quoted at p (local side sends). */
export function quoted(ipHeader: usize, tcp: usize): void {
  localAddr = get32(ipHeader + 12);
  remoteAddr = get32(ipHeader + 16);
  localPort = get16(tcp);
  remotePort = get16(tcp + 2);
  seqNo = get32(tcp + 4);
}
