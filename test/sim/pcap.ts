// Writes a capture in pcapng form (one interface per network, microsecond stamps), which Wireshark reads.

import { closeSync, openSync, writeSync } from "node:fs";

const enum Block { section = 0x0a0d0d0a, iface = 1, packet = 6 }

export class Pcap {
  private readonly fd: number;
  private parts: Uint8Array[] = [];
  private waiting = 0;

  constructor(file: string, names: readonly string[]) {
    this.fd = openSync(file, "w");
    const head = new Uint8Array(16), v = new DataView(head.buffer);
    v.setUint32(0, 0x1a2b3c4d, true);
    v.setUint16(4, 1, true);
    v.setBigInt64(8, -1n, true);
    this.block(Block.section, head);
    for (const name of names) this.iface(name);
  }

  private iface(name: string): void {
    const text = new TextEncoder().encode(name), padded = text.length + 3 & ~3;
    const body = new Uint8Array(8 + 4 + padded + 4), v = new DataView(body.buffer);
    v.setUint16(0, 1, true);            // LINKTYPE_ETHERNET
    v.setUint16(8, 2, true);            // if_name
    v.setUint16(10, text.length, true);
    body.set(text, 12);
    this.block(Block.iface, body);
  }

  /** One frame on interface `iface` (index of the names) at `time` microseconds. */
  frame(iface: number, time: number, frame: Uint8Array): void {
    const body = new Uint8Array(20 + (frame.length + 3 & ~3)), v = new DataView(body.buffer);
    v.setUint32(0, iface, true);
    v.setUint32(4, Math.floor(time / 0x100000000), true);
    v.setUint32(8, time >>> 0, true);
    v.setUint32(12, frame.length, true);
    v.setUint32(16, frame.length, true);
    body.set(frame, 20);
    this.block(Block.packet, body);
  }

  private block(type: number, body: Uint8Array): void {
    const all = new Uint8Array(12 + body.length), v = new DataView(all.buffer);
    v.setUint32(0, type, true);
    v.setUint32(4, all.length, true);
    all.set(body, 8);
    v.setUint32(all.length - 4, all.length, true);
    this.parts.push(all);
    this.waiting += all.length;
    if (this.waiting > 1 << 20) this.flush();
  }

  private flush(): void {
    writeSync(this.fd, Buffer.concat(this.parts));
    this.parts = [];
    this.waiting = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }
}
