// A model of the DEC 21143 (Hardware Reference Manual EC-QWC4F), with a PHY at the MII (address 5) or with its own 10BASE-T alone. It throws where
// a driver does what the manual forbids.

import { type Machine, type Model, Wire } from "./machine.ts";

const OWN = 0x80000000, END = 0x02000000;
const TI = 1, TU = 4, RI = 0x40, RU = 0x80, AIS = 0x8000, NIS = 0x10000;
const MDC = 0x10000, MDO = 0x20000, READ = 0x40000, MDI = 0x80000;

export class Dc21143 implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  master: () => boolean = () => true;
  csr = new Uint32Array(16);
  #rx = 0; #tx = 0;
  #filter: Uint8Array[] | null = null;
  #sending: { cut(): void } | null = null;
  #suspended = false;
  #link = true;
  #mii = { shift: "", out: "", was: 0 };
  constructor(readonly m: Machine, readonly irq: number, readonly phy: boolean) { this.wire = new Wire(m); }

  read(o: number, size: number): number {
    if (size !== 4 || o & 7) throw new Error("21143: not a register");
    switch (o) {
      case 0x40: { const v = this.csr[8]; this.csr[8] = 0; return v; }
      case 0x48: return this.csr[9] & ~MDI | (this.#bit() ? MDI : 0);
      case 0x60: return this.wire.plugged ? 0 : 4;
      default: return this.csr[o >> 3];
    }
  }

  write(o: number, size: number, v: number): void {
    if (size !== 4 || o & 7) throw new Error("21143: not a register");
    switch (o) {
      case 0x00: if (v & 1) this.#reset(); this.csr[0] = v & ~1; break;
      case 0x08: this.#go(); break;
      case 0x10: this.#suspended = false; break;
      case 0x18: this.csr[3] = v; this.#rx = v; break;
      case 0x20: this.csr[4] = v; this.#tx = v; break;
      case 0x28: this.csr[5] &= ~v; break;
      case 0x30: this.#mode(v); break;
      case 0x48: this.#serial(v); break;
      default: this.csr[o >> 3] = v;
    }
    this.#interrupt();
  }

  #reset(): void {
    this.#sending?.cut();
    this.#sending = null;
    this.csr.fill(0);
    this.#filter = null;
    this.#suspended = false;
    this.csr[6] = 0x02000040;
  }

  #mode(v: number): void {
    if (!(v & 0x02000000)) throw new Error("21143: CSR6 bit 25 must be one");
    if ((this.csr[6] ^ v) & 0x00640000 && this.csr[6] & 0x2002) throw new Error("21143: port changed while running");
    this.csr[6] = v;
    if (v & 0x2000) this.#go(); else { this.#sending?.cut(); this.#sending = null; }
  }

  #descriptor(at: number): { p: number; status: number; control: number; b1: number; b2: number } {
    if (at & 3) throw new Error("21143: descriptor not aligned");
    const p = this.m.dma(at, 16), v = this.m.view;
    return { p, status: v.getUint32(p, true), control: v.getUint32(p + 4, true), b1: v.getUint32(p + 8, true), b2: v.getUint32(p + 12, true) };
  }

  #go(): void {
    if (this.#sending || !(this.csr[6] & 0x2000) || !this.master()) return;
    const d = this.#descriptor(this.#tx);
    if (!(d.status & OWN)) { this.csr[5] |= TU; return; }
    this.#tx = d.control & END ? this.csr[4] : this.#tx + 16;
    const n1 = d.control & 0x7ff, n2 = d.control >>> 11 & 0x7ff, close = (s: number): void => {
      this.m.view.setUint32(d.p, s, true);
      this.csr[5] |= TI;
      this.#interrupt();
      this.#go();
    };
    if (d.control & 0x08000000) {
      if (n1 !== 192 || d.b1 & 3) throw new Error("21143: setup frame");
      const at = this.m.dma(d.b1, 192);
      this.#filter = Array.from({ length: 16 }, (_, k) => Uint8Array.from([0, 1, 4, 5, 8, 9].map(i => this.m.bytes[at + 12 * k + i])));
      close(0x7fffffff);
      return;
    }
    if ((d.control & 0x60000000) !== 0x60000000) throw new Error("21143: a frame in several descriptors");
    const a = this.m.dma(d.b1, n1), b = n2 ? this.m.dma(d.b2, n2) : 0;
    const f = [...this.m.bytes.subarray(a, a + n1), ...this.m.bytes.subarray(b, b + n2)];
    while (f.length < 60 && !(d.control & 0x00800000)) f.push(0);
    this.#sending = this.wire.send(Uint8Array.from(f), () => { this.#sending = null; close(0); });
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if (!(this.csr[6] & 2) || !this.#filter || !this.master()) { this.unseen++; return; }
    if (!this.#filter.some(a => a.every((b, i) => b === frame[i]))) return;
    if (frame.length < 60 && !(this.csr[6] & 8)) { this.unseen++; return; }
    const all = Uint8Array.from([...frame, 0xde, 0xad, 0xbe, 0xef]), long = frame.length > 1514;
    for (let at = 0; at < all.length;) {
      const d = this.#descriptor(this.#rx);
      if (!(d.status & OWN)) { this.#none(at); return; }
      const size = d.control & 0x7ff;
      if (d.b1 & 3 || size & 3) throw new Error("21143: receive buffer not aligned");
      const n = Math.min(size, all.length - at), to = this.m.dma(d.b1, size), last = at + n === all.length;
      this.m.bytes.set(all.subarray(at, at + n), to);
      const bad = last ? (damage ? 0x8002 | (damage === "align" ? 4 : 0) : 0) | (long ? 0x8080 : 0) | (frame.length < 60 ? 0x8800 : 0) : 0;
      this.m.view.setUint32(d.p, (at === 0 ? 0x200 : 0) | (last ? 0x100 | all.length << 16 : 0) | bad, true);
      this.#rx = d.control & END ? this.csr[3] : this.#rx + 16;
      at += n;
    }
    this.#suspended = false;
    this.csr[5] |= RI;
    this.#interrupt();
  }

  /** The first frame without a descriptor suspends the receiver; each counts. The rest of a frame that was begun is cut. */
  #none(at: number): void {
    if (at === 0) this.csr[8] = this.csr[8] + 1 & 0xffff;
    else {
      const p = this.m.dma(this.#rx === this.csr[3] ? this.csr[3] + 16 * 15 : this.#rx - 16, 16);
      this.m.view.setUint32(p, this.m.view.getUint32(p, true) | 0xc000, true);
      this.csr[5] |= RI;
    }
    if (!this.#suspended) { this.#suspended = true; this.csr[5] |= RU; }
    this.#interrupt();
  }

  /** Clause 22: what the station clocks out, and from the second turn-around bit on what the PHY answers. */
  #serial(v: number): void {
    const rise = (v & MDC) !== 0 && (this.csr[9] & MDC) === 0;
    this.csr[9] = v;
    if (!rise) return;
    if (v & READ) { this.#mii.out = this.#mii.out.slice(1); return; }
    this.#mii.shift = (this.#mii.shift + (v & MDO ? "1" : "0")).slice(-46);
    const m = /^1{32}0110(\d{5})(\d{5})$/.exec(this.#mii.shift);
    if (m) this.#mii.out = `10${this.#register(parseInt(m[1], 2), parseInt(m[2], 2)).toString(2).padStart(16, "0")}`;
  }
  #bit(): boolean { return this.#mii.out === "" || this.#mii.out[0] === "1"; }

  #register(phy: number, reg: number): number {
    if (!this.phy || phy !== 5) return 0xffff;
    if (reg === 1) { const up = this.#link && this.wire.plugged; this.#link = this.wire.plugged; return 0x7829 | (up ? 4 : 0); }
    return reg === 4 ? 0x01e1 : reg === 5 ? 0x0061 : 0;
  }

  #interrupt(): void {
    const s = this.csr[5] & this.csr[7], normal = (s & (TI | TU | RI)) !== 0 && (this.csr[7] & NIS) !== 0, abnormal = (s & (0x21a2 | RU)) !== 0 && (this.csr[7] & AIS) !== 0;
    this.m.line(this.irq, this, !this.deaf && (normal || abnormal));
  }
}
