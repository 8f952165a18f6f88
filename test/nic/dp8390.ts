// A model of the NE2000: DP8390D (datasheet of July 1995) with 16 KiB of memory. It throws where a driver does what the datasheet forbids.

import { type Machine, type Model, Wire } from "./machine.ts";

const MEM = 0x4000, END = 0x8000;
const ISR = { PRX: 1, PTX: 2, RXE: 4, TXE: 8, OVW: 0x10, CNT: 0x20, RDC: 0x40, RST: 0x80 };

export class Ne2000 implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  cr = 0x21; isr = ISR.RST; imr = 0; dcr = 0; tcr = 0; rcr = 0; tsr = 0;
  pstart = 0; pstop = 0; bnry = 0; curr = 0; tpsr = 0; tbcr = 0; rsar = 0; rbcr = 0;
  tallies = [0, 0, 0];
  par = new Uint8Array(6); mar = new Uint8Array(8);
  memory = new Uint8Array(END);
  #onWire: { cut(): void } | null = null;
  #remoteWrite = false;
  #stoppedAt = 0;
  /** The ring was overwritten: until the procedure is through, nothing is received. */
  #overflow: "none" | "full" | "stopped" | "loopback" = "none";
  /** BNRY when the ring was full. */
  #bnryThen = 0;
  constructor(readonly m: Machine, readonly irq: number) { this.wire = new Wire(m); }

  get #page(): number { return this.cr >> 6; }

  read(o: number, size: number): number {
    if (o >= 31) { this.#reset(); return 0; }
    if (o >= 16) return this.#data(size);
    if (o === 0) return this.cr;
    if (this.#page === 1) return o < 7 ? this.par[o - 1] : o === 7 ? this.curr : this.mar[o - 8];
    switch (o) {
      case 3: return this.bnry;
      case 4: return this.tsr;
      case 7: return this.isr;
      case 13: case 14: case 15: { const t = this.tallies[o - 13]; this.tallies[o - 13] = 0; return t; }
      default: return 0;
    }
  }

  write(o: number, size: number, v: number): void {
    if (o >= 31) return;
    if (o >= 16) { this.#store(size, v); return; }
    if (o === 0) { this.#command(v); return; }
    if (this.#page === 1) { if (o < 7) this.par[o - 1] = v; else if (o === 7) this.curr = v; else this.mar[o - 8] = v; return; }
    switch (o) {
      case 1: this.pstart = v; break;
      case 2: this.pstop = v; break;
      case 3: this.bnry = v; break;
      case 4: this.tpsr = v; break;
      case 5: this.tbcr = this.tbcr & 0xff00 | v; break;
      case 6: this.tbcr = this.tbcr & 0xff | v << 8; break;
      case 7: this.#clear(v); break;
      case 8: this.rsar = this.rsar & 0xff00 | v; break;
      case 9: this.rsar = this.rsar & 0xff | v << 8; break;
      case 10: this.rbcr = this.rbcr & 0xff00 | v; break;
      case 11: this.rbcr = this.rbcr & 0xff | v << 8; break;
      case 12: this.rcr = v; break;
      case 13: this.tcr = v; break;
      case 14: this.dcr = v; break;
      case 15: this.imr = v; break;
    }
    this.#interrupt();
  }

  #clear(v: number): void {
    if ((v & ISR.OVW) !== 0 && (this.isr & ISR.OVW) !== 0 && (this.cr & 1) === 0) {
      if (this.#overflow !== "loopback") throw new Error("DP8390: OVW cleared outside of the overflow procedure");
      if (this.bnry === this.#bnryThen) throw new Error("DP8390: OVW cleared before a frame was removed");
      this.#overflow = "none";
    }
    this.isr &= ~(v & 0x7f);
  }

  #command(v: number): void {
    if ((v & 1) !== 0) {
      if ((this.cr & 1) === 0) this.#stoppedAt = this.m.now;
      if (this.#overflow === "full") this.#overflow = "stopped";
    } else if ((this.cr & 1) !== 0) this.#begin();
    if ((v & 0x18) !== 0 && (v & 0x20) === 0) {
      if (this.rbcr === 0) throw new Error("DP8390: remote DMA of no bytes");
      this.#remoteWrite = (v & 0x10) !== 0;
    }
    this.cr = v & ~4 | this.cr & 4;
    if ((v & 4) !== 0 && (v & 1) === 0) this.#transmit();
    this.#interrupt();
  }

  /** From stopped to started. */
  #begin(): void {
    if (this.#overflow === "stopped") {
      if (this.m.now - this.#stoppedAt < 1600) throw new Error(`DP8390: started ${this.m.now - this.#stoppedAt} us after an overflow's stop`);
      if (this.rbcr !== 0) throw new Error("DP8390: started with RBCR not clear");
      if ((this.tcr & 6) === 0) throw new Error("DP8390: started after an overflow without loopback");
      this.#overflow = "loopback";
    }
    this.isr &= ~ISR.RST;
  }

  #transmit(): void {
    if (this.#onWire) throw new Error("DP8390: TXP while a frame is on the wire");
    if (this.#remoteWrite && this.rbcr !== 0) throw new Error("DP8390: TXP while a remote write runs");
    const at = this.tpsr << 8;
    if (at < MEM || at + this.tbcr > END || this.tbcr < 60) throw new Error(`DP8390: transmits ${this.tbcr} bytes at ${at}`);
    this.cr |= 4;
    this.#onWire = this.wire.send(this.memory.slice(at, at + this.tbcr), () => {
      this.#onWire = null;
      this.cr &= ~4; this.tsr = 1; this.isr |= ISR.PTX;
      this.#interrupt();
    });
  }

  /** The reset line: everything ends. */
  #reset(): void {
    this.#onWire?.cut();
    this.#onWire = null;
    this.cr = 0x21; this.isr = ISR.RST; this.imr = 0; this.#overflow = "none"; this.tsr = 0;
    this.#interrupt();
  }

  #data(size: number): number {
    if (size !== 2) throw new Error("DP8390: data port read by bytes");
    const v = this.memory[this.rsar] | this.memory[this.rsar + 1] << 8;
    this.#step();
    return v;
  }
  #store(size: number, v: number): void {
    if (size !== 2 || this.rsar < MEM || this.rsar >= END) throw new Error(`DP8390: remote write of ${size} at ${this.rsar}`);
    this.memory[this.rsar] = v & 0xff; this.memory[this.rsar + 1] = v >> 8;
    this.#step();
  }
  #step(): void {
    if (this.rbcr === 0) throw new Error("DP8390: data port beyond the remote byte count");
    this.rsar += 2;
    if (this.rsar === this.pstop << 8) this.rsar = this.pstart << 8;
    this.rbcr = Math.max(0, this.rbcr - 2);
    if (this.rbcr === 0) { this.isr |= ISR.RDC; this.#interrupt(); }
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if ((this.cr & 1) !== 0 || (this.tcr & 6) !== 0) { this.unseen++; return; }
    const broadcast = frame.slice(0, 6).every(b => b === 0xff), own = frame.slice(0, 6).every((b, i) => b === this.par[i]);
    if (!(own || broadcast && (this.rcr & 4) !== 0)) return;
    if (frame.length < 60 && (this.rcr & 2) === 0) return;
    if (this.#overflow !== "none") { this.#tally(2); return; }
    if (damage) { this.isr |= ISR.RXE; this.#tally(damage === "align" ? 0 : 1); this.#interrupt(); return; }
    this.#keep(frame, broadcast ? 0x21 : 1);
    this.#interrupt();
  }

  #keep(frame: Uint8Array, status: number): void {
    const size = this.pstop - this.pstart, count = frame.length + 4, pages = Math.ceil((count + 4) / 256);
    // CURR may not reach BNRY: the datasheet calls that full.
    if (pages >= (this.bnry - this.curr + size) % size) {
      this.isr |= ISR.OVW | ISR.RXE;
      this.#overflow = "full";
      this.#bnryThen = this.bnry;
      this.#tally(2);
      return;
    }
    let next = this.curr + pages;
    if (next >= this.pstop) next -= size;
    const header = [status, next, count & 0xff, count >> 8], all = [...header, ...frame, 0, 0, 0, 0];
    for (let i = 0, at = this.curr << 8; i < all.length; i++) { this.memory[at++] = all[i]; if (at === this.pstop << 8) at = this.pstart << 8; }
    this.curr = next;
    this.isr |= ISR.PRX;
  }

  #tally(i: number): void { if (this.tallies[i] === 192) this.unseen++; this.tallies[i] = Math.min(192, this.tallies[i] + 1); if (this.tallies[i] & 0x80) this.isr |= ISR.CNT; }
  #interrupt(): void { this.m.line(this.irq, this, !this.deaf && (this.isr & this.imr & 0x7f) !== 0); }
}
