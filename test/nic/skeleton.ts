// A model of the plain chip that assembly/nic/skeleton.ts drives: to copy from, as that is.

import { type Machine, type Model, Wire } from "./machine.ts";

const OWN = 0x80000000, CRC = 0x40000000, RX = 1, TX = 2, OVERFLOW = 4;

export class Skeleton implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  master: () => boolean = () => true;
  control = 0; status = 0; mask = 0; missed = 0;
  #mac = new Uint8Array(8); #rx = 0; #tx = 0; #rxi = 0; #txi = 0;
  #sending: { cut(): void } | null = null;
  constructor(readonly m: Machine, readonly irq: number) { this.wire = new Wire(m); }

  read(o: number): number {
    switch (o) {
      case 0x00: return 0x4e494331;
      case 0x04: return this.control;
      case 0x08: return this.status;
      case 0x24: return this.wire.plugged ? 1 : 0;
      case 0x28: { const v = this.missed; this.missed = 0; return v; }
      default: return 0;
    }
  }

  write(o: number, _: number, v: number): void {
    switch (o) {
      case 0x04: if (v & 1) this.#reset(); else this.control = v; break;
      case 0x08: this.status &= ~v; break;
      case 0x0c: this.mask = v; break;
      case 0x10: this.#rx = v; break;
      case 0x14: this.#tx = v; break;
      case 0x18: this.#go(); break;
      case 0x1c: case 0x20: new DataView(this.#mac.buffer).setUint32(o - 0x1c, v, true); break;
    }
    this.#interrupt();
  }

  #reset(): void {
    this.#sending?.cut();
    this.#sending = null;
    this.control = 0; this.status = 0; this.#rxi = 0; this.#txi = 0;
  }

  #go(): void {
    if (this.#sending || !(this.control & 2) || !this.master()) return;
    const p = this.m.dma(this.#tx + 16 * this.#txi, 16), v = this.m.view;
    if (!(v.getUint32(p + 12, true) & OWN)) return;
    const sizes = v.getUint32(p + 8, true), n = sizes & 0xffff, b = sizes >>> 16, head = this.m.dma(v.getUint32(p, true), n), body = b ? this.m.dma(v.getUint32(p + 4, true), b) : 0;
    const f = [...this.m.bytes.subarray(head, head + n), ...this.m.bytes.subarray(body, body + b)];
    while (f.length < 60) f.push(0);
    this.#txi = this.#txi + 1 & 3;
    this.#sending = this.wire.send(Uint8Array.from(f), () => {
      this.#sending = null;
      v.setUint32(p + 12, 0, true);
      this.status |= TX;
      this.#interrupt();
      this.#go();
    });
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if (!(this.control & 2)) { this.unseen++; return; }
    if (!frame.slice(0, 6).every((b, i) => b === this.#mac[i]) && !frame.slice(0, 6).every(b => b === 0xff) || frame.length < 60) return;
    const p = this.m.dma(this.#rx + 16 * this.#rxi, 16), v = this.m.view;
    if (!(v.getUint32(p + 8, true) & OWN) || !this.master()) { this.missed++; this.status |= OVERFLOW; this.#interrupt(); return; }
    const size = v.getUint32(p + 4, true), to = this.m.dma(v.getUint32(p, true), size);
    this.m.bytes.set(frame.subarray(0, Math.min(frame.length, size)), to);
    v.setUint32(p + 8, frame.length | (damage ? CRC : 0), true);
    this.#rxi = this.#rxi + 1 & 15;
    this.status |= RX;
    this.#interrupt();
  }

  #interrupt(): void { this.m.line(this.irq, this, !this.deaf && (this.status & this.mask) !== 0); }
}
