// The Ethernet II header. Addresses are moved as a u32 and a u16 in memory order.

import { be16 } from "../core/bytes";

export const ETH: u32 = 14;
/** EtherTypes in memory order, to be compared with the raw field. */
export const enum EtherType { ip4 = 0x0008, arp = 0x0608 }

@unmanaged export class Eth {
  private d0: u16; private d1: u16; private d2: u16;
  private s0: u16; private s1: u16; private s2: u16;
  rawType: u16;

  get type(): u32 { return be16(this.rawType); }
  /** First four and last two bytes of the destination, memory order. */
  get dstLo(): u32 { return load<u32>(changetype<usize>(this)); }
  get dstHi(): u32 { return <u32>this.d2; }
  get srcLo(): u32 { return load<u32>(changetype<usize>(this), 6); }
  get srcHi(): u32 { return <u32>this.s2; }
  /** The group bit of the destination. */
  get isGroup(): bool { return (load<u8>(changetype<usize>(this)) & 1) != 0; }
  get isBroadcast(): bool { return this.dstLo == 0xffffffff && this.dstHi == 0xffff; }

  write(dstLo: u32, dstHi: u32, srcLo: u32, srcHi: u32, rawType: u32): void {
    const p = changetype<usize>(this);
    store<u32>(p, dstLo); this.d2 = <u16>dstHi;
    store<u32>(p, srcLo, 6); this.s2 = <u16>srcHi;
    this.rawType = <u16>rawType;
  }
}
if (offsetof<Eth>() != ETH) ERROR("Eth: layout");
