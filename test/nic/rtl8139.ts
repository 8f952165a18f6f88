// A model of the RTL8139 (datasheet 1.2 of the RTL8139C(L)). It throws where a driver does what the datasheet forbids.

import { type Machine, type Model, Wire } from "./machine.ts";

const ISR = { ROK: 1, TOK: 4, RXOVW: 0x10, PUN: 0x20 };
const OWN = 0x2000, TOK = 0x8000, RING = 8192;

export class Rtl8139 implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  master: () => boolean = () => true;
  idr = new Uint8Array(8); cr = 0; isr = 0; imr = 0; rcr = 0; tcr = 0; rbstart = 0; capr = 0; mpc = 0; lock = 0;
  tsd = [OWN, OWN, OWN, OWN]; tsad = [0, 0, 0, 0];
  #write = 0;
  #next = 0;
  #sending: { cut(): void } | null = null;
  #queue: number[] = [];
  #resetUntil = 0;
  constructor(readonly m: Machine, readonly irq: number) { this.wire = new Wire(m); }

  get #read(): number { return this.capr + 16 & 0xffff; }

  read(o: number, size: number): number {
    if (o < 8) return this.idr[o];
    if (o >= 0x10 && o < 0x20 && size === 4) return this.tsd[o - 0x10 >> 2];
    switch (o) {
      case 0x37: return this.cr | (this.m.now < this.#resetUntil ? 0x10 : 0) | (this.#read % RING === this.#write ? 1 : 0);
      case 0x3e: return this.isr;
      case 0x4c: return this.mpc;
      case 0x58: return this.wire.plugged ? 0 : 4;
      default: return 0;
    }
  }

  write(o: number, size: number, v: number): void {
    if (o < 8) { if (this.lock !== 0xc0 || size !== 4) throw new Error("RTL8139: IDR written without unlocking, or not by words"); new DataView(this.idr.buffer).setUint32(o, v, true); return; }
    if (o >= 0x10 && o < 0x20) { this.#start(o - 0x10 >> 2, v); return; }
    if (o >= 0x20 && o < 0x30) { if (v & 3) throw new Error("RTL8139: transmit address not divisible by four"); this.tsad[o - 0x20 >> 2] = v; return; }
    switch (o) {
      case 0x30: this.rbstart = v; break;
      case 0x37: if (v & 0x10) this.#reset(); else this.cr = v & 0x0c; break;
      case 0x38: this.capr = v; break;
      case 0x3c: this.imr = v; break;
      case 0x3e: this.isr &= ~v; break;
      case 0x40: if (!(this.cr & 4)) throw new Error("RTL8139: TCR written before TE"); this.tcr = v; break;
      case 0x44: if (!(this.cr & 8)) throw new Error("RTL8139: RCR written before RE"); this.rcr = v; break;
      case 0x4c: this.mpc = 0; break;
      case 0x50: this.lock = v & 0xc0; break;
    }
    this.#interrupt();
  }

  #reset(): void {
    this.#sending?.cut();
    this.#sending = null;
    this.#queue = []; this.#next = 0; this.#write = 0;
    this.cr = 0; this.isr = 0; this.imr = 0; this.rcr = 0; this.tcr = 0; this.capr = 0xfff0;
    this.tsd = [OWN, OWN, OWN, OWN];
    this.#resetUntil = this.m.now + 10;
    this.#interrupt();
  }

  /** The four registers are used in turn. */
  #start(d: number, v: number): void {
    if (!(this.cr & 4)) throw new Error("RTL8139: transmission without TE");
    if (d !== this.#next) throw new Error(`RTL8139: transmit register ${d} instead of ${this.#next}`);
    if (!(this.tsd[d] & OWN)) throw new Error("RTL8139: transmit register in use");
    const n = v & 0x1fff;
    if (n < 60 || n > 1792) throw new Error(`RTL8139: ${n} bytes to send`);
    this.#next = d + 1 & 3;
    this.tsd[d] = v & ~(OWN | TOK);
    this.#queue.push(d);
    this.#go();
  }

  #go(): void {
    if (this.#sending || this.#queue.length === 0 || !this.master()) return;
    const d = this.#queue.shift()!, n = this.tsd[d] & 0x1fff, at = this.m.dma(this.tsad[d], n);
    this.#sending = this.wire.send(this.m.bytes.slice(at, at + n), () => {
      this.#sending = null;
      this.tsd[d] |= OWN | TOK;
      this.isr |= ISR.TOK;
      this.#interrupt();
      this.#go();
    });
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if (!(this.cr & 8)) { this.unseen++; return; }
    const broadcast = frame.slice(0, 6).every(b => b === 0xff), own = frame.slice(0, 6).every((b, i) => b === this.idr[i]);
    if (!(own && this.rcr & 2 || broadcast && this.rcr & 8)) return;
    if (damage && !(this.rcr & 0x20) || frame.length < 60 && !(this.rcr & 0x10)) { this.unseen++; return; }
    const count = frame.length + 4, used = (this.#write - this.#read + 2 * RING) % RING, need = 4 + count + 3 & ~3;
    if (used + need + 16 > RING || !this.master()) { this.isr |= ISR.RXOVW; this.mpc++; this.#interrupt(); return; }
    const status = (damage === "crc" ? 4 : damage === "align" ? 6 : 1) | (frame.length < 60 ? 0x10 : 0);
    const all = [status & 0xff, status >> 8, count & 0xff, count >> 8, ...frame, 0xde, 0xad, 0xbe, 0xef], base = this.m.dma(this.rbstart, RING + 16);
    all.forEach((b, i) => { this.m.bytes[base + (this.#write + i) % RING] = b; });
    this.#write = (this.#write + need) % RING;
    this.isr |= ISR.ROK;
    this.#interrupt();
  }

  #interrupt(): void { this.m.line(this.irq, this, !this.deaf && (this.isr & this.imr) !== 0); }
}
