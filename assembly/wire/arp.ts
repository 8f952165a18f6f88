// The ARP packet for IPv4 over Ethernet (RFC 826).

import { be16, get32, put32 } from "../core/bytes";

export const ARP: u32 = 28;
export const enum ArpOp { request = 1, reply = 2 }

@unmanaged export class Arp {
  private rawHardware: u16;
  private rawProtocol: u16;
  private hardwareLen: u8;
  private protocolLen: u8;
  private rawOp: u16;
  private sender: u32; private sender2: u16;
  private senderIp0: u16; private senderIp1: u16;
  private target0: u16; private target: u32;
  private rawTargetIp: u32;

  /** Ethernet, IPv4, six and four bytes. */
  get isIp4(): bool { return load<u32>(changetype<usize>(this)) == 0x00080100 && this.hardwareLen == 6 && this.protocolLen == 4; }
  get op(): u32 { return be16(this.rawOp); }
  get senderLo(): u32 { return this.sender; }
  get senderHi(): u32 { return <u32>this.sender2; }
  get senderIp(): u32 { return get32(changetype<usize>(this) + 14); }
  get targetIp(): u32 { return bswap<u32>(this.rawTargetIp); }

  write(op: u32, senderLo: u32, senderHi: u32, senderIp: u32, targetLo: u32, targetHi: u32, targetIp: u32): void {
    const p = changetype<usize>(this);
    store<u32>(p, 0x00080100);
    this.hardwareLen = 6; this.protocolLen = 4;
    this.rawOp = bswap<u16>(<u16>op);
    this.sender = senderLo; this.sender2 = <u16>senderHi;
    put32(p + 14, senderIp);
    store<u32>(p, targetLo, 18); store<u16>(p, <u16>targetHi, 22);
    this.rawTargetIp = bswap<u32>(targetIp);
  }
}
if (offsetof<Arp>() != ARP) ERROR("Arp: layout");
