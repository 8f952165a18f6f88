// A model of the AMD PCnet-PCI II (Am79C970A, data sheet 19436) in software style 2. It throws where a driver does what the data sheet forbids.

import { type Machine, type Model, Wire } from "./machine.ts";

const INIT = 1, STRT = 2, STOP = 4, TDMD = 8, TXON = 0x10, RXON = 0x20, INEA = 0x40, IDON = 0x100, TINT = 0x200, RINT = 0x400, MISS = 0x1000;
const OWN = 0x80000000, ERR = 0x40000000, STP = 0x02000000, ENP = 0x01000000;

export class Pcnet implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  master: () => boolean = () => true;
  csr = new Uint16Array(128); bcr = new Uint16Array(64);
  #rap = 0;
  #dwio = false;
  #ring = { rx: 0, rxn: 0, rxi: 0, tx: 0, txn: 0, txi: 0 };
  #sending: { cut(): void } | null = null;
  constructor(readonly m: Machine, readonly irq: number) { this.wire = new Wire(m); this.csr[0] = STOP; this.bcr[4] = 0xc0; }

  read(o: number, size: number): number {
    if (this.#dwio) {
      if (size !== 4) return 2 ** (8 * size) - 1;
      switch (o) {
        case 0x10: return this.#get(this.#rap);
        case 0x14: return this.#rap;
        case 0x18: this.#reset(); return 0;
        case 0x1c: return this.#bcr(this.#rap);
        default: return 0;
      }
    }
    if (o === 0x14 && size === 2) this.#reset();
    return 0xffff;
  }

  write(o: number, size: number, v: number): void {
    if (o === 0x10 && size === 4 && !this.#dwio) { this.#dwio = true; this.#set(this.#rap, v & 0xffff); return; }
    if (!this.#dwio || size !== 4) return;
    switch (o) {
      case 0x10: this.#set(this.#rap, v & 0xffff); break;
      case 0x14: this.#rap = v & 0x7f; break;
      case 0x1c: if (this.#rap === 20 && !(this.csr[0] & STOP)) throw new Error("PCnet: style changed while running"); this.bcr[this.#rap] = v; break;
    }
  }

  #bcr(r: number): number { return r === 4 ? this.bcr[4] & 0x7fff | (this.bcr[4] & 0x40 && this.wire.plugged ? 0x8000 : 0) : this.bcr[r]; }
  #get(r: number): number { return r === 0 ? this.csr[0] | (this.csr[0] & 0x7f00 ? 0x80 : 0) : this.csr[r]; }

  #reset(): void {
    this.#stop();
    this.#rap = 0;
    this.csr[0] = STOP; this.csr[3] = 0; this.csr[4] = 0x115;
    this.#interrupt();
  }
  #stop(): void { this.#sending?.cut(); this.#sending = null; }

  #set(r: number, v: number): void {
    if (r !== 0) { if (r < 3 && !(this.csr[0] & STOP)) throw new Error("PCnet: CSR1 or 2 written while running"); this.csr[r] = v; return; }
    this.csr[0] &= ~(v & 0x7f00);
    this.csr[0] = this.csr[0] & ~INEA | v & INEA;
    if (v & STOP) { this.#stop(); this.csr[0] = STOP; }
    else {
      if (v & INIT) this.#init();
      if (v & STRT) { if (!this.#ring.rx) throw new Error("PCnet: started before the initialisation"); this.csr[0] = this.csr[0] & ~STOP | STRT | TXON | RXON; }
      if (v & TDMD && this.csr[0] & TXON) this.#go();
    }
    this.#interrupt();
  }

  #init(): void {
    if (this.bcr[20] !== 2) throw new Error(`PCnet: software style ${this.bcr[20]}`);
    const at = this.csr[1] | this.csr[2] << 16;
    if (at & 3) throw new Error("PCnet: initialisation block not aligned");
    const p = this.m.dma(at, 28), v = this.m.view;
    for (let i = 0; i < 3; i++) this.csr[12 + i] = v.getUint16(p + 4 + 2 * i, true);
    this.csr[15] = v.getUint16(p, true);
    this.#ring = { rx: v.getUint32(p + 20, true), rxn: 1 << (v.getUint8(p + 2) >> 4), rxi: 0, tx: v.getUint32(p + 24, true), txn: 1 << (v.getUint8(p + 3) >> 4), txi: 0 };
    if (this.#ring.rx & 15 || this.#ring.tx & 15) throw new Error("PCnet: descriptors not aligned");
    this.m.at(5, () => { this.csr[0] = this.csr[0] & ~STOP | INIT | IDON; this.#interrupt(); });
  }

  #descriptor(base: number, i: number): { p: number; address: number; status: number; size: number } {
    const p = this.m.dma(base + 16 * i, 16), status = this.m.view.getUint32(p + 4, true);
    if (status & OWN && (status & 0xf000) !== 0xf000) throw new Error("PCnet: the four ones are missing");
    return { p, address: this.m.view.getUint32(p, true), status, size: 4096 - (status & 0xfff) & 0xfff };
  }

  #go(): void {
    if (this.#sending || !(this.csr[0] & TXON) || !this.master()) return;
    const parts: number[] = [], bytes: number[] = [];
    for (let i = this.#ring.txi; ; i = (i + 1) % this.#ring.txn) {
      const d = this.#descriptor(this.#ring.tx, i);
      if (!(d.status & OWN)) { if (parts.length) throw new Error("PCnet: a frame's later descriptor is not given"); return; }
      if ((parts.length === 0) !== ((d.status & STP) !== 0)) throw new Error("PCnet: STP");
      parts.push(d.p);
      const at = this.m.dma(d.address, d.size);
      bytes.push(...this.m.bytes.subarray(at, at + d.size));
      this.#ring.txi = (i + 1) % this.#ring.txn;
      if (d.status & ENP) break;
    }
    while (bytes.length < 60 && this.csr[4] & 0x800) bytes.push(0);
    this.#sending = this.wire.send(Uint8Array.from(bytes), () => {
      this.#sending = null;
      for (const p of parts) this.m.view.setUint32(p + 4, this.m.view.getUint32(p + 4, true) & ~OWN, true);
      this.csr[0] |= TINT;
      this.#interrupt();
      this.#go();
    });
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if (!(this.csr[0] & RXON) || !this.master()) { this.unseen++; return; }
    const mac = new Uint8Array(this.csr.slice(12, 15).buffer), own = frame.slice(0, 6).every((b, i) => b === mac[i]), broadcast = frame.slice(0, 6).every(b => b === 0xff);
    if (!own && !broadcast || frame.length < 60) return;
    const all = Uint8Array.from([...frame, 0xde, 0xad, 0xbe, 0xef]);
    for (let at = 0; at < all.length;) {
      const d = this.#descriptor(this.#ring.rx, this.#ring.rxi);
      if (!(d.status & OWN)) { this.#missed(at, d); return; }
      const n = Math.min(d.size, all.length - at), to = this.m.dma(d.address, d.size);
      this.m.bytes.set(all.subarray(at, at + n), to);
      const last = at + n === all.length, bad = last && damage ? ERR | (damage === "crc" ? 0x08000000 : 0x28000000) : 0;
      this.m.view.setUint32(d.p + 8, last ? all.length : 0, true);
      this.m.view.setUint32(d.p + 4, (d.status & 0xffff | (at === 0 ? STP : 0) | (last ? ENP : 0) | bad) >>> 0, true);
      this.#ring.rxi = (this.#ring.rxi + 1) % this.#ring.rxn;
      at += n;
    }
    this.csr[0] |= RINT;
    this.#interrupt();
  }

  /** No descriptor for a frame; or none for the rest of one, which the data sheet tells in the part before. */
  #missed(at: number, d: { p: number }): void {
    void d;
    if (at !== 0) {
      const before = this.m.dma(this.#ring.rx + 16 * ((this.#ring.rxi + this.#ring.rxn - 1) % this.#ring.rxn), 16);
      this.m.view.setUint32(before + 4, (this.m.view.getUint32(before + 4, true) | ERR | 0x04000000) >>> 0, true);
      this.csr[0] |= RINT;
    } else { this.csr[0] |= MISS; this.csr[112]++; }
    this.#interrupt();
  }

  #interrupt(): void { this.m.line(this.irq, this, !this.deaf && (this.csr[0] & INEA) !== 0 && (this.csr[0] & ~this.csr[3] & 0x5f00) !== 0); }
}
