// ICMP for IPv4 (RFC 792, 1191): eight bytes of header, then data or the quoted packet.

import { be16 } from "../core/bytes";

export const ICMP: u32 = 8;
export const enum IcmpType { echoReply = 0, unreachable = 3, quench = 4, redirect = 5, echo = 8, timeExceeded = 11, parameter = 12 }
export const enum Unreachable { net = 0, host = 1, protocol = 2, port = 3, fragNeeded = 4, prohibited = 13 }
export const enum Exceeded { ttl = 0, reassembly = 1 }

@unmanaged export class Icmp {
  type: u8;
  code: u8;
  rawSum: u16;
  private rawHigh: u16;
  private rawLow: u16;

  /** Next hop's MTU of `fragNeeded`. */
  get mtu(): u32 { return be16(this.rawLow); }
  /** A message that reports an error and quotes a packet. */
  get isError(): bool {
    const t = <u32>this.type;
    return t == IcmpType.unreachable || t == IcmpType.timeExceeded || t == IcmpType.quench || t == IcmpType.redirect || t == IcmpType.parameter;
  }
  /** Address of the quoted packet, or of the echo's data. */
  get data(): usize { return changetype<usize>(this) + ICMP; }

  /** Writes all but the checksum; rest: the second word, host order. */
  write(type: u32, code: u32, rest: u32): void {
    this.type = <u8>type;
    this.code = <u8>code;
    this.rawSum = 0;
    this.rawHigh = bswap<u16>(<u16>(rest >> 16));
    this.rawLow = bswap<u16>(<u16>rest);
  }
}
if (offsetof<Icmp>() != ICMP) ERROR("Icmp: layout");
