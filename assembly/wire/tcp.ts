// The TCP header (RFC 9293, 3.1): a view over bytes, fields in network order. Check the length (20, then headerSize) before the first read.

import { be16, be32 } from "../core/bytes";

export const TCP_SIZE: u32 = 20;
export const enum Bit { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32 }

@unmanaged export class Tcp {
  rawSrc: u16;
  rawDst: u16;
  rawSeq: u32;
  rawAck: u32;
  rawOff: u8;
  bits: u8;         // Bit
  rawWnd: u16;
  rawSum: u16;
  rawUrg: u16;

  get srcPort(): u32 { return be16(this.rawSrc); }
  get dstPort(): u32 { return be16(this.rawDst); }
  get seq(): u32 { return be32(this.rawSeq); }
  get ack(): u32 { return be32(this.rawAck); }
  get wnd(): u32 { return be16(this.rawWnd); }
  get urgent(): u32 { return be16(this.rawUrg); }
  /** Bytes of header with options. */
  get headerSize(): u32 { return (<u32>this.rawOff >> 4) << 2; }

  set srcPort(v: u32) { this.rawSrc = bswap<u16>(<u16>v); }
  set dstPort(v: u32) { this.rawDst = bswap<u16>(<u16>v); }
  set seq(v: u32) { this.rawSeq = bswap<u32>(v); }
  set ack(v: u32) { this.rawAck = bswap<u32>(v); }
  set wnd(v: u32) { this.rawWnd = bswap<u16>(<u16>v); }
  set urgent(v: u32) { this.rawUrg = bswap<u16>(<u16>v); }
  set headerSize(v: u32) { this.rawOff = <u8>(v << 2); }
}
if (offsetof<Tcp>() != TCP_SIZE) ERROR("Tcp: layout");
