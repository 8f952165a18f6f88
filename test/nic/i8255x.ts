// A model of the Intel 8255x (Open Source Software Developer Manual 1.3) with an 82555 PHY. It throws where a driver does what the manual forbids.

import { type Machine, type Model, Wire } from "./machine.ts";

const C = 0x8000, OK = 0x2000, EL = 0x8000, S = 0x4000, I = 0x2000;
const CX = 0x80, FR = 0x40, CNA = 0x20, RNR = 0x10;

export class I8255x implements Model {
  wire: Wire;
  deaf = false;
  unseen = 0;
  master: () => boolean = () => true;
  ack = 0; masked = 0; pointer = 0; mdi = 0x10000000;
  cu: "idle" | "suspended" | "active" = "idle"; ru: "idle" | "none" | "ready" = "idle";
  config = new Uint8Array(22); mac = new Uint8Array(6);
  statistics = { good: 0, crc: 0, align: 0, resource: 0, overrun: 0, short: 0 };
  #at = 0; #rfd = 0; #dump = 0; #resetAt = -1; #link = true; #generation = 0;
  #sending: { cut(): void } | null = null;
  constructor(readonly m: Machine, readonly irq: number) { this.wire = new Wire(m); }

  read(o: number, size: number): number {
    switch (o) {
      case 0: return (this.cu === "active" ? 0x80 : this.cu === "suspended" ? 0x40 : 0) | (this.ru === "ready" ? 0x10 : this.ru === "none" ? 0x08 : 0) | (size > 1 ? this.ack << 8 : 0);
      case 1: return this.ack;
      case 2: return 0;
      case 3: return this.masked;
      case 0x10: return this.mdi;
      default: return 0;
    }
  }

  write(o: number, size: number, v: number): void {
    switch (o) {
      case 1: this.ack &= ~v; break;
      case 2: if (size !== 1) throw new Error("8255x: command and mask in one"); this.#command(v); break;
      case 3: this.masked = v & 1; break;
      case 4: this.pointer = v; break;
      case 8: this.#port(v); break;
      case 0x10: this.#mdio(v); break;
    }
    this.#interrupt();
  }

  #port(v: number): void {
    if ((v & 15) !== 0 && (v & 15) !== 2) throw new Error(`8255x: PORT ${v}`);
    this.#sending?.cut();
    this.#sending = null;
    this.#generation++;
    this.cu = "idle"; this.ru = "idle"; this.ack = 0;
    if ((v & 15) === 0) { this.masked = 0; this.config.fill(0); this.#dump = 0; }
    this.#resetAt = this.m.now;
  }

  #command(v: number): void {
    if (v !== 0 && this.m.now - this.#resetAt < 10) throw new Error("8255x: command within 10 us of a reset");
    switch (v & 0xf0) {
      case 0x10: if (this.cu === "active") throw new Error("8255x: CU start while active"); this.#run(this.pointer); break;
      case 0x20: if (this.cu === "suspended") this.#run(this.#at); else if (this.cu === "idle") throw new Error("8255x: CU resume while idle"); break;
      case 0x40: this.#dump = this.pointer; break;
      case 0x60: if (this.pointer) throw new Error("8255x: CU base"); break;
      case 0x70: this.#statistics(); break;
    }
    switch (v & 15) {
      case 1: if (this.ru === "ready") throw new Error("8255x: RU start while ready"); this.ru = "ready"; this.#rfd = this.pointer; break;
      case 6: if (this.pointer) throw new Error("8255x: RU base"); break;
    }
  }

  #run(at: number): void {
    if (at & 1 || !this.master()) throw new Error("8255x: command block");
    this.cu = "active";
    this.#at = at;
    const g = this.#generation;
    this.m.at(3, () => { if (g === this.#generation) this.#execute(); });
  }

  #execute(): void {
    const p = this.m.dma(this.#at, 8), v = this.m.view, command = v.getUint16(p + 2, true);
    switch (command & 7) {
      case 0: this.#complete(p, OK); break;
      case 1: this.mac.set(this.m.bytes.subarray(p + 8, p + 14)); this.#complete(p, OK); break;
      case 2: this.config.set(this.m.bytes.subarray(p + 8, p + 30)); this.#complete(p, OK); break;
      case 4: this.#transmit(p, command); break;
      default: throw new Error(`8255x: command ${command & 7}`);
    }
  }

  #transmit(p: number, command: number): void {
    if (!(command & 8)) throw new Error("8255x: simplified transmit mode is not used");
    if (this.config[0] !== 22) throw new Error("8255x: transmission before the configuration");
    const v = this.m.view, n = v.getUint8(p + 15), array = this.m.dma(v.getUint32(p + 8, true), 8 * n), bytes: number[] = [];
    for (let i = 0; i < n; i++) {
      const size = v.getUint32(array + 8 * i + 4, true) & 0x7fff, at = this.m.dma(v.getUint32(array + 8 * i, true), size);
      bytes.push(...this.m.bytes.subarray(at, at + size));
    }
    if (this.config[18] & 2) while (bytes.length < 60) bytes.push(0);
    this.#sending = this.wire.send(Uint8Array.from(bytes), () => { this.#sending = null; this.#complete(p, OK); });
  }

  /** The list goes on by the bits as they are now: they may have changed since the block was begun. */
  #complete(p: number, status: number): void {
    const v = this.m.view, command = v.getUint16(p + 2, true), link = v.getUint32(p + 4, true);
    v.setUint16(p, C | status, true);
    if (command & I) this.ack |= CX;
    if (command & EL) { this.cu = "idle"; this.ack |= CNA; } else if (command & S) {
      this.cu = "suspended"; this.ack |= CNA; this.#at = link;
    } else this.#run(link);
   
    this.#interrupt();
  }

  #statistics(): void {
    if (!this.#dump || this.#dump & 3) throw new Error("8255x: dump address");
    const p = this.m.dma(this.#dump, 68), s = this.statistics, v = this.m.view;
    [[36, s.good], [40, s.crc], [44, s.align], [48, s.resource], [52, s.overrun], [60, s.short], [64, 0xa007]].forEach(([o, x]) => v.setUint32(p + o, x, true));
    this.statistics = { good: 0, crc: 0, align: 0, resource: 0, overrun: 0, short: 0 };
  }

  #mdio(v: number): void {
    const op = v >>> 26 & 3, phy = v >>> 21 & 31, reg = v >>> 16 & 31;
    this.mdi = v & 0x03ff0000;
    if (op !== 2) return;
    // The link bit stays down until it was read once.
    const bmsr = 0x7829 | (this.#link && this.wire.plugged ? 4 : 0);
    if (phy === 1 && reg === 1) this.#link = this.wire.plugged;
    this.m.at(64, () => { this.mdi = (v & 0x0bff0000 | 0x10000000 | (phy !== 1 ? 0 : reg === 1 ? bmsr : 0)) >>> 0; });
  }

  receive(frame: Uint8Array, damage?: "crc" | "align"): void {
    if (!this.wire.plugged) return;
    if (this.config[0] !== 22) { this.unseen++; return; }
    const own = frame.slice(0, 6).every((b, i) => b === this.mac[i]), broadcast = frame.slice(0, 6).every(b => b === 0xff);
    if (!own && !broadcast) return;
    if (damage) { this.statistics[damage]++; return; }
    if (frame.length < 60) { this.statistics.short++; return; }
    if (frame.length > 1514 && !(this.config[18] & 8)) { this.unseen++; return; }
    if (this.ru !== "ready" || !this.master()) { this.statistics.resource++; return; }
    const p = this.m.dma(this.#rfd, 16), v = this.m.view, size = v.getUint16(p + 14, true), command = v.getUint16(p + 2, true);
    if (this.#rfd & 1 || v.getUint16(p, true) & C) throw new Error("8255x: receive descriptor odd, or already used");
    this.m.dma(this.#rfd, 16 + size);
    this.m.bytes.set(frame.subarray(0, Math.min(size, frame.length)), p + 16);
    v.setUint16(p + 12, Math.min(size, frame.length) | 0xc000, true);
    v.setUint16(p, C | (frame.length > size ? 0x0200 : OK), true);
    this.statistics.good++;
    this.ack |= FR;
    if (command & EL) { this.ru = "none"; this.ack |= RNR; } else this.#rfd = v.getUint32(p + 4, true);
    this.#interrupt();
  }

  #interrupt(): void { this.m.line(this.irq, this, !this.deaf && this.masked === 0 && this.ack !== 0); }
}
