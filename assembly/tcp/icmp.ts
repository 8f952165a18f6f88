// ICMP errors that quote a segment of ours (RFC 9293 3.9.2.2, RFC 5927, RFC 1191). What does not fit the bytes on the way is blind, and ignored.

import { Conn, Dirty, Flag, State, SynFlag, Trouble } from "./conn";
import { get16 } from "../core/bytes";
import * as segment from "./segment";
import * as table from "./table";
import * as state from "./state";
import * as recovery from "./recovery";
import * as output from "./output";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

const UNREACHABLE: u32 = 3, EXCEEDED: u32 = 11, PARAMETER: u32 = 12;
const NEEDS_FRAGMENTATION: u32 = 4;
const PROTOCOL: u32 = 2, PORT: u32 = 3;
/** No path MTU below this is believed: an attacker would make us send tiny segments. */
const MTU_LEAST: u32 = 552;

/** The IP packet of n bytes at p holds the ICMP error. The buffer stays the caller's. */
export function input(p: usize, n: u32): void {
  const ihl = (<u32>load<u8>(p) & 15) << 2, icmp = p + ihl, inner = icmp + 8;
  if (n < ihl + 8 + 20) { counters.add(C.badLength); return; }
  const inHead = (<u32>load<u8>(inner) & 15) << 2;
  if (inHead < 20 || n < ihl + 8 + inHead + 8) { counters.add(C.badLength); return; }
  segment.quoted(inner, inner + inHead);
  const c = table.find(segment.localAddr, segment.localPort, segment.remoteAddr, segment.remotePort);
  if (c == null || !onTheWay(c)) { counters.add(C.icmpBlind); return; }
  const type = <u32>load<u8>(icmp);
  if (type != UNREACHABLE) { other(c, type); return; }
  const code = <u32>load<u8>(icmp, 1);
  if (code == NEEDS_FRAGMENTATION) tooBig(c, get16(icmp + 6), get16(inner + 2));
  else unreachable_(c, code);
}

/** RFC 5927 4: the quoted sequence number is sent and not acknowledged. */
function onTheWay(c: Conn): bool {
  const off = segment.seqNo - c.iss - 1;
  if (c.state == State.synSent || c.state == State.synRcvd) return segment.seqNo == c.iss;
  const end = c.gated ? c.prod : c.sentMax;
  return off - c.heardAck < end - c.heardAck + (c.flags & Flag.finEver ? 1 : 0);
}

/** mtu: what the router said, 0: nothing (RFC 1191 5); size: of the packet that did not fit. */
function tooBig(c: Conn, mtu: u32, size: u32): void {
  if (mtu == 0) mtu = plateau(size);
  mtu = max<u32>(mtu, MTU_LEAST);
  const mss = mtu - 40 - (c.options & SynFlag.timestamps ? 12 : 0);
  if (mss >= c.mss || c.state == State.synSent) { counters.add(C.icmpBlind); return; }
  counters.add(C.icmpMtu);
  c.mss = <u16>mss;
  if (!output.outstanding(c)) return;
  recovery.rewind(c);
  table.want(c);
}

/** The next lower MTU of RFC 1191's table 7-1. */
function plateau(size: u32): u32 {
  if (size > 1492) return 1492;
  if (size > 1006) return 1006;
  return MTU_LEAST;
}

/** Time exceeded and parameter problem are told; the rest, source quench among them (RFC 6633), says nothing. */
function other(c: Conn, type: u32): void {
  counters.add(C.icmpSoft);
  if (type == EXCEEDED) state.trouble(c, Trouble.exceeded);
  else if (type == PARAMETER) state.trouble(c, Trouble.parameter);
}

/** What an unreachable's code says. */
function troubleOf(code: u32): u32 {
  switch (<i32>code) {
    case 0: return Trouble.network;
    case 2: return Trouble.protocol;
    case 3: return Trouble.port;
    case 5: return Trouble.route;
    default: return Trouble.host;
  }
}

/** A hard error ends an attempt to connect; a connection that stands only hears of it (RFC 9293 3.9.2.2, RFC 5927 5). */
function unreachable_(c: Conn, code: u32): void {
  counters.add(C.icmpSoft);
  if (c.state == State.synSent && (code == PROTOCOL || code == PORT)) state.abandon(c, Dirty.reset);
  else state.trouble(c, troubleOf(code));
}
