// A recording's file (docs/record.md): its entries, one after the other, and the hash that it keeps of each call's output.

import { openSync, readSync } from "node:fs";

export const MAGIC = "HYDREC01";
export const enum Kind { init = 1, poll = 2, frame = 3, command = 4, end = 5, entropy = 6, storeRead = 7, contentRead = 8, state = 9, port = 10 }
export interface Entry { kind: number; body: Buffer }

/** 64-bit FNV-1a, in two halves of 32 bits. */
export class Hash {
  private hi = 0xcbf29ce4;
  private lo = 0x84222325;

  add(bytes: Uint8Array): void {
    let hi = this.hi, lo = this.lo;
    for (let i = 0; i < bytes.length; i++) {
      // Times 2^40 + 0x1b3.
      const x = (lo ^ bytes[i]) >>> 0, low = x * 0x1b3;
      hi = Math.imul(hi, 0x1b3) + Math.floor(low / 0x100000000) + (x << 8) >>> 0;
      lo = low >>> 0;
    }
    this.hi = hi;
    this.lo = lo;
  }

  /** A labelled piece of output. */
  piece(label: string, bytes: Uint8Array): void {
    const head = Buffer.alloc(5);
    head.write(label);
    head.writeUInt32LE(bytes.length, 1);
    this.add(head);
    this.add(bytes);
  }

  /** A frame that an interface's ring was given. */
  frame(iface: number, deadline: bigint, ...parts: Uint8Array[]): void {
    const head = Buffer.alloc(14);
    head.write("f");
    head[1] = iface;
    head.writeBigUInt64LE(deadline, 2);
    head.writeUInt32LE(parts.reduce((n, p) => n + p.length, 0), 10);
    for (const p of [head, ...parts]) this.add(p);
  }

  value(): bigint { return BigInt(this.hi) << 32n | BigInt(this.lo); }
}

/** Reads a file in pieces, however long it is. */
export class Tape {
  readonly ifaces: number;
  private buffer = Buffer.alloc(0);
  private at = 0;
  private readonly fd: number;

  constructor(file: string) {
    this.fd = openSync(file, "r");
    if (!this.ensure(12) || this.buffer.toString("latin1", 0, 8) !== MAGIC) throw new Error(`${file}: this is no recording of --record`);
    this.ifaces = this.buffer.readUInt32LE(8);
    this.at = 12;
  }

  /** The next entry, which stays; undefined at the end, and where the rest is less than one. */
  peek(): Entry | undefined {
    if (!this.ensure(5)) return undefined;
    const n = this.buffer.readUInt32LE(this.at + 1);
    return this.ensure(5 + n) ? { kind: this.buffer[this.at], body: this.buffer.subarray(this.at + 5, this.at + 5 + n) } : undefined;
  }

  /** The next entry; its bytes stay valid. */
  next(): Entry | undefined {
    const e = this.peek();
    if (e) this.at += 5 + e.body.length;
    return e;
  }

  /** True at the end of a recording that stops in the middle of an entry. */
  cut(): boolean { return this.ensure(1); }

  /** Makes n bytes be there from `at` on; false where the file ends before. */
  private ensure(n: number): boolean {
    while (this.buffer.length - this.at < n) {
      const more = Buffer.alloc(1 << 20), got = readSync(this.fd, more);
      if (got === 0) return false;
      this.buffer = Buffer.concat([this.buffer.subarray(this.at), more.subarray(0, got)]);
      this.at = 0;
    }
    return true;
  }
}
