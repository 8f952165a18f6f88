// Packets that no honest client sends, from the client's namespace.

import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { ROOT } from "../asc.ts";
import type { Lab } from "../lab/lab.ts";

export const PROTO = { ipip: 4, tcp: 6, udp: 17 } as const;

/** A raw socket, held by a small program. */
export class Raw {
  private readonly child: ChildProcess;
  private held: Buffer = Buffer.alloc(0);
  /** Called with each TCP packet that arrives in the namespace. */
  onPacket: (packet: Buffer) => void = () => {};

  constructor(lab: Lab, node: string) {
    this.child = lab.spawn(node, "perl", [path.join(ROOT, "tools/campaign/raw.pl")], { input: "pipe" });
    this.child.stdin!.on("error", () => {});
    this.child.stdout!.on("data", b => this.take(b));
  }

  private take(b: Buffer): void {
    this.held = Buffer.concat([this.held, b]);
    while (this.held.length >= 2 && this.held.length >= 2 + this.held.readUInt16BE()) {
      const n = this.held.readUInt16BE(), packet = this.held.subarray(2, 2 + n);
      this.held = this.held.subarray(2 + n);
      this.onPacket(packet);
    }
  }

  send(packet: Buffer): void {
    const n = Buffer.alloc(2);
    n.writeUInt16BE(packet.length);
    this.child.stdin!.write(Buffer.concat([n, packet]));
  }
  end(): void { this.child.kill("SIGKILL"); }
}

function sum(b: Buffer, start = 0): number {
  let s = start;
  for (let i = 0; i < b.length; i += 2) s += i + 1 < b.length ? b.readUInt16BE(i) : b[i] << 8;
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

/** An IP packet with checksum. */
export function ip(proto: number, src: number, dst: number, payload: Buffer): Buffer {
  const h = Buffer.alloc(20);
  h.writeUInt16BE(0x4500); h.writeUInt16BE(20 + payload.length, 2); h.writeUInt16BE(1 + Math.floor(Math.random() * 65535), 4); h.writeUInt16BE(0x4000, 6);
  h[8] = 64; h[9] = proto;
  h.writeUInt32BE(src, 12); h.writeUInt32BE(dst, 16);
  h.writeUInt16BE(~sum(h) & 0xffff, 10);
  return Buffer.concat([h, payload]);
}

export function udp(src: number, dst: number, sport: number, dport: number, payload: Buffer): Buffer {
  const h = Buffer.alloc(8);
  h.writeUInt16BE(sport); h.writeUInt16BE(dport, 2); h.writeUInt16BE(8 + payload.length, 4);
  return withChecksum(PROTO.udp, src, dst, Buffer.concat([h, payload]), 6);
}

export interface Segment { src: number; dst: number; sport: number; dport: number; seq: number; ack: number; flags: number; payload: Buffer }
export const FLAG = { fin: 1, syn: 2, rst: 4, push: 8, ack: 16 } as const;

export function tcp(s: Segment): Buffer {
  const h = Buffer.alloc(20);
  h.writeUInt16BE(s.sport); h.writeUInt16BE(s.dport, 2); h.writeUInt32BE(s.seq >>> 0, 4); h.writeUInt32BE(s.ack >>> 0, 8);
  h[12] = 0x50; h[13] = s.flags;
  h.writeUInt16BE(65535, 14);
  return withChecksum(PROTO.tcp, s.src, s.dst, Buffer.concat([h, s.payload]), 16);
}

function withChecksum(proto: number, src: number, dst: number, b: Buffer, at: number): Buffer {
  const pseudo = Buffer.alloc(12);
  pseudo.writeUInt32BE(src); pseudo.writeUInt32BE(dst, 4); pseudo[9] = proto; pseudo.writeUInt16BE(b.length, 10);
  b.writeUInt16BE(~sum(b, sum(pseudo)) & 0xffff, at);
  return ip(proto, src, dst, b);
}

/** The TCP segment of an IP packet. */
export function parseTcp(p: Buffer): Segment {
  const t = p.subarray((p[0] & 15) * 4, p.readUInt16BE(2));
  return { src: p.readUInt32BE(12), dst: p.readUInt32BE(16), sport: t.readUInt16BE(0), dport: t.readUInt16BE(2), seq: t.readUInt32BE(4), ack: t.readUInt32BE(8), flags: t[13], payload: t.subarray((t[12] >> 4) * 4) };
}
