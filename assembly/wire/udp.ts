// The UDP header (RFC 768).

import { be16 } from "../core/bytes";

export const UDP: u32 = 8;

@unmanaged export class Udp {
  private rawSrcPort: u16;
  private rawDstPort: u16;
  private rawLength: u16;
  rawSum: u16;

  get srcPort(): u32 { return be16(this.rawSrcPort); }
  get dstPort(): u32 { return be16(this.rawDstPort); }
  get length(): u32 { return be16(this.rawLength); }
  get payload(): usize { return changetype<usize>(this) + UDP; }

  /** Writes all but the checksum; n: bytes of header and payload. */
  write(srcPort: u32, dstPort: u32, n: u32): void {
    this.rawSrcPort = bswap<u16>(<u16>srcPort);
    this.rawDstPort = bswap<u16>(<u16>dstPort);
    this.rawLength = bswap<u16>(<u16>n);
    this.rawSum = 0;
  }
}
if (offsetof<Udp>() != UDP) ERROR("Udp: layout");
