// ICMP (RFC 792, 1122 3.2.2, 1812 4.3): answers echoes, sends errors at a bounded rate, sorts errors that arrive. What an address with a
// muted or lapsed voice would say is thrown away.

import { Exceeded, Icmp, IcmpType, ICMP } from "../wire/icmp";
import { IP, Ip4, Proto } from "../wire/ip4";
import { Local } from "./local";
import { Net } from "./counters";
import { Verdict } from "./verdict";
import { ETH } from "../wire/eth";
import * as checksum from "../core/checksum";
import * as clock from "../core/clock";
import * as counters from "../core/counters";
import * as frame from "../core/frame";
import * as iface from "./iface";
import * as local from "./local";
import * as output from "./output";
import * as route from "./route";

const QUOTE: u32 = 548;          // bytes quoted: an error has at most 576 (RFC 1812 4.3.2.3)
const INTERVAL: u32 = 5;         // ms per error
const BURST: u32 = 50;           // errors at once
let spent: u32 = 0;              // errors not yet earned back
let earned: u32 = 0;             // ms up to which was earned

export function init(): void { spent = 0; earned = clock.ms; }

/** Takes an ICMP message for this node, its IP header at p, n bytes in all. Owns the buffer unless it returns a verdict other than `done`. */
export function input(to: Local, p: usize, n: u32): u32 {
  const m = changetype<Icmp>(changetype<Ip4>(p).payload), len = n - changetype<Ip4>(p).headerLen;
  if (len < ICMP || checksum.fold(checksum.add(changetype<usize>(m), len, 0)) != 0xffff) return refuse(p, Net.icmpMalformed);
  if (m.type == IcmpType.echo && m.code == 0) return answer(to, p, m, len);
  if (!m.isError) return refuse(p, Net.icmpIgnored);
  return sort(to, p, m, len);
}

function refuse(p: usize, why: u32): u32 { output.refuse(p, why); return Verdict.done; }

/** Turns an echo into its reply, in place. */
function answer(to: Local, p: usize, m: Icmp, len: u32): u32 {
  if (!to.speaks) return refuse(p, Net.mute);
  const src = changetype<Ip4>(p).src, tos = changetype<Ip4>(p).tos;
  m.type = <u8>IcmpType.echoReply;
  m.rawSum = checksum.update(m.rawSum, IcmpType.echo, IcmpType.echoReply);
  const head = changetype<usize>(m) - IP;
  output.fill(head, IP + len, to.addr, src, Proto.icmp, output.TTL, tos, false);
  output.output(head, IP + len, to.until);
  return Verdict.done;
}

/** Whom does an error concern? */
function sort(to: Local, p: usize, m: Icmp, len: u32): u32 {
  const q = changetype<Ip4>(m.data);
  if (len < ICMP + IP + 8 || q.version != 4 || q.headerLen < IP || len < ICMP + q.headerLen + 8) return refuse(p, Net.icmpMalformed);
  if (q.src != to.addr) return refuse(p, Net.icmpQuote);
  if (q.proto == Proto.tcp) return Verdict.icmp;
  if (q.proto == Proto.ipip) return Verdict.tunnelError;
  return refuse(p, Net.icmpIgnored);
}

/**
 * Reports an error about the packet of n bytes at p to its source, where RFC 1122 allows and the rate limit has room; rest: the second word
 * (the MTU of `fragNeeded`). Does not own the packet.
 */
export function error(p: usize, n: u32, type: u32, code: u32, rest: u32): void {
  const h = changetype<Ip4>(p), src = h.src;
  if (!mayReport(h, n)) return;
  const to = local.find(h.dst), r = route.lookup(src);
  if (r == null) return;
  if (to != null && !to.speaks) return counters.add(Net.mute);
  if (!earn()) return counters.add(Net.icmpLimited);
  const b = frame.alloc();
  if (!b) return;
  const q = b + frame.HEADROOM + ETH, m = changetype<Icmp>(q + IP), quoted = min(n, QUOTE);
  memory.copy(m.data, p, quoted);
  m.write(type, code, rest);
  m.rawSum = checksum.compute(changetype<usize>(m), ICMP + quoted);
  output.fill(q, IP + ICMP + quoted, to != null ? to.addr : iface.at(r.iface).addr, src, Proto.icmp, output.TTL, 0, false);
  output.outputOn(r.iface, r.hop(src), q, IP + ICMP + quoted, to != null ? to.until : 0);
}

/** RFC 1122 3.2.2: not about an ICMP error, a broadcast, a later fragment, nor to an address that is no single host's. */
function mayReport(h: Ip4, n: u32): bool {
  if (h.fragOffset != 0) return false;
  const src = h.src, dst = h.dst;
  if (src == 0 || src >> 24 == 127 || src >> 28 >= 14 || dst >> 28 >= 14) return false;
  if (local.find(src) != null) return false;
  if (h.proto != Proto.icmp) return true;
  return n >= h.headerLen + ICMP && !changetype<Icmp>(h.payload).isError;
}

/** One error from the bucket: BURST at once, one more each INTERVAL. */
function earn(): bool {
  const due = (clock.ms - earned) / INTERVAL;
  if (due >= spent) { spent = 0; earned = clock.ms; }
  else { spent -= due; earned += due * INTERVAL; }
  if (spent == BURST) return false;
  spent++;
  return true;
}

/** A datagram that never became whole; its first fragment is at p. */
export function reassemblyFailed(p: usize, n: u32): void { error(p, n, IcmpType.timeExceeded, Exceeded.reassembly, 0); }
