// The IPv4 header (RFC 791).

import { be16, be32 } from "../core/bytes";
import * as checksum from "../core/checksum";

export const IP: u32 = 20;
export const enum Proto { icmp = 1, ipip = 4, tcp = 6, udp = 17 }
/** Flags and offset, host order. */
export const enum Frag { df = 0x4000, mf = 0x2000, offset = 0x1fff }

@unmanaged export class Ip4 {
  private verIhl: u8;
  tos: u8;
  private rawLength: u16;
  rawId: u16;
  rawFrag: u16;
  ttl: u8;
  proto: u8;
  rawSum: u16;
  rawSrc: u32;
  rawDst: u32;

  get version(): u32 { return <u32>this.verIhl >> 4; }
  /** Bytes of the header, options included. */
  get headerLen(): u32 { return (<u32>this.verIhl & 15) << 2; }
  get length(): u32 { return be16(this.rawLength); }
  set length(n: u32) { this.rawLength = bswap<u16>(<u16>n); }
  get id(): u32 { return be16(this.rawId); }
  get frag(): u32 { return be16(this.rawFrag); }
  set frag(v: u32) { this.rawFrag = bswap<u16>(<u16>v); }
  /** Bytes before this fragment's data. */
  get fragOffset(): u32 { return (this.frag & Frag.offset) << 3; }
  get moreFragments(): bool { return (this.frag & Frag.mf) != 0; }
  get dontFragment(): bool { return (this.frag & Frag.df) != 0; }
  /** Any fragment, the first included. */
  get isFragment(): bool { return (this.rawFrag & 0xff3f) != 0; }
  get src(): u32 { return be32(this.rawSrc); }
  get dst(): u32 { return be32(this.rawDst); }
  /** Address of what follows the header. */
  get payload(): usize { return changetype<usize>(this) + this.headerLen; }
  get sumIsRight(): bool {
    const p = changetype<usize>(this);
    return checksum.fold(this.isPlain ? checksum.header(p) : checksum.add(p, this.headerLen, 0)) == 0xffff;
  }
  /** Version 4, without options. */
  get isPlain(): bool { return this.verIhl == 0x45; }

  setHeaderLen(n: u32): void { this.verIhl = <u8>(0x40 | n >> 2); }
  /** Computes the header's checksum anew. */
  seal(): void {
    const p = changetype<usize>(this);
    this.rawSum = 0;
    this.rawSum = this.isPlain ? checksum.finish(checksum.header(p)) : checksum.compute(p, this.headerLen);
  }
  /** One hop less, with the checksum updated (RFC 1624). The TTL is at least 1. */
  hop(): void {
    const p = changetype<usize>(this), from = <u32>load<u16>(p, 8), to = from - 1;
    store<u16>(p, <u16>to, 8);
    this.rawSum = checksum.update(this.rawSum, from, to);
  }
  /** Writes a whole header without options; n: bytes of header and payload, frag: flags and offset. */
  write(n: u32, src: u32, dst: u32, proto: u32, ttl: u32, tos: u32, id: u32, frag: u32): void {
    this.verIhl = 0x45;
    this.tos = <u8>tos;
    this.length = n;
    this.rawId = bswap<u16>(<u16>id);
    this.frag = frag;
    this.ttl = <u8>ttl;
    this.proto = <u8>proto;
    this.rawSrc = bswap<u32>(src);
    this.rawDst = bswap<u32>(dst);
    this.seal();
  }
}
if (offsetof<Ip4>() != IP) ERROR("Ip4: layout");
