// Reads a capture (libpcap, microseconds, Ethernet) as it grows, and takes TCP segments apart.

/** One TCP segment of a capture. */
export interface Segment {
  /** Milliseconds since 1970. */
  t: number;
  src: string; dst: string; sport: number; dport: number;
  seq: number; ack: number; flags: number;
  /** As in the header; of a SYN, `scale` is its window scale option. */
  window: number; scale: number;
  /** Length on the wire; `payload` may be shorter where the capture was cut. */
  length: number;
  payload: Buffer;
}

export const FIN = 1, SYN = 2, RST = 4, ACK = 16;

/** Takes bytes of a capture piece by piece and gives its records. Throws on what is no capture. */
export class PcapReader {
  private held: Buffer = Buffer.alloc(0);
  private started = false;
  constructor(private readonly give: (t: number, frame: Buffer) => void) {}

  push(chunk: Buffer): void {
    let b = this.held.length ? Buffer.concat([this.held, chunk]) : chunk, at = 0;
    if (!this.started) {
      if (b.length < 24) { this.held = b; return; }
      if (b.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error(`capture: magic 0x${b.readUInt32LE(0).toString(16)}, expected libpcap with microseconds`);
      if (b.readUInt32LE(20) !== 1) throw new Error(`capture: link type ${b.readUInt32LE(20)}, expected Ethernet`);
      this.started = true;
      at = 24;
    }
    while (b.length - at >= 16) {
      const n = b.readUInt32LE(at + 8);
      if (b.length - at < 16 + n) break;
      this.give(b.readUInt32LE(at) * 1000 + b.readUInt32LE(at + 4) / 1000, b.subarray(at + 16, at + 16 + n));
      at += 16 + n;
    }
    this.held = b.subarray(at);
  }
}

const ip = (b: Buffer, at: number): string => `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}`;

/** The TCP segment in an Ethernet frame; undefined where there is none, or it is a fragment. */
export function segment(t: number, f: Buffer): Segment | undefined {
  if (f.length < 54 || f.readUInt16BE(12) !== 0x0800 || f[23] !== 6 || f.readUInt16BE(20) & 0x3fff) return undefined;
  const tcp = 14 + (f[14] & 15) * 4, data = tcp + (f[tcp + 12] >> 4) * 4, end = 14 + f.readUInt16BE(16);
  if (tcp + 20 > f.length) return undefined;
  return {
    t, src: ip(f, 26), dst: ip(f, 30), sport: f.readUInt16BE(tcp), dport: f.readUInt16BE(tcp + 2), seq: f.readUInt32BE(tcp + 4), ack: f.readUInt32BE(tcp + 8),
    flags: f[tcp + 13], window: f.readUInt16BE(tcp + 14), scale: f[tcp + 13] & SYN ? scaleOf(f.subarray(tcp + 20, data)) : 0, length: end - data, payload: f.subarray(Math.min(data, f.length), Math.min(end, f.length)),
  };
}

function scaleOf(options: Buffer): number {
  for (let i = 0; i + 2 < options.length && options[i] !== 0; i += options[i] === 1 ? 1 : Math.max(2, options[i + 1])) if (options[i] === 3) return options[i + 2];
  return 0;
}
