// A simulated board around the compiled drivers: ports, interrupt lines, PCI configuration space, DMA memory, a clock that each port access moves,
// and the test as the stack at the other side of the rings. The chips are models of their own files.

import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { compile, ROOT } from "../../tools/asc.ts";
import { checkCode, recursion } from "../../tools/build/check.ts";
import { parse } from "../../tools/build/wasm.ts";

/** What a port access costs, us: 16 bits on ISA 0.5, 8 bits 0.75. */
const COST = { 1: 0.75, 2: 0.5, 4: 0.5 } as const;
type Size = 1 | 2 | 4;

/** Something behind ports. */
export interface Ports {
  read(offset: number, size: Size): number;
  write(offset: number, size: Size, v: number): void;
}

/** A NIC as the tests see it, whatever its chip. */
export interface Model extends Ports {
  /** A frame comes from the wire, without check sequence; `damage` is what happened to it. */
  receive(frame: Uint8Array, damage?: "crc" | "align"): void;
  wire: Wire;
  /** Interrupts get lost. */
  deaf: boolean;
  /** Frames that the chip lost without counting them, by its datasheet. */
  unseen: number;
}

/** Where a model's frames go. While the cable is out, what the chip has begun waits, and leaves when it is back: the worst that a chip may do. */
export class Wire {
  sent: { frame: Uint8Array; at: number }[] = [];
  plugged = true;
  #waiting: (() => void)[] = [];
  constructor(readonly machine: Machine) {}

  /** The chip begins to send; `left` is told when the last bit is out, unless the handle's `cut` came before. */
  send(frame: Uint8Array, left: () => void): { cut(): void } {
    let alive = true;
    const out = (): void => { if (!alive) return; alive = false; this.sent.push({ frame: frame.slice(), at: this.machine.now }); left(); };
    const begin = (): void => { if (alive) this.machine.at((Math.max(frame.length, 60) + 24) * 0.8, () => { if (this.plugged) out(); else this.#waiting.push(begin); }); };
    if (this.plugged) begin(); else this.#waiting.push(begin);
    return { cut: () => { alive = false; } };
  }
  pull(): void { this.plugged = false; }
  plug(): void { this.plugged = true; for (const f of this.#waiting.splice(0)) f(); }
}

export interface BoardNic { bus: "isa" | "pci"; chip: number; irq?: number; port?: number; slot?: number }

interface Exports {
  memory: WebAssembly.Memory;
  boot(ifaces: number): number; input(): void; output(): number;
  take(i: number): number; length(): number; release(p: number): void; post(i: number): void;
  alloc(): number; send(i: number, head: number, headLen: number, body: number, bodyLen: number, deadline: bigint): number; reclaim(i: number): void;
  ringAt(i: number): number; available(): number; counter(c: number): number; state(i: number): number; outstanding(i: number): number;
}

const modules = new Map<string, Promise<WebAssembly.Module>>();
/** The drivers; with `skeleton`, the driver to copy stands in the PCnet's place. */
async function build(skeleton: boolean): Promise<WebAssembly.Module> {
  const out = `build/sim/${skeleton ? "skeleton" : "nic"}.wasm`;
  await mkdir(path.join(ROOT, "build/sim"), { recursive: true });
  const replace = { "assembly/core/sizes.ts": "boards/redirector-small/sizes.ts", ...(skeleton ? { "assembly/nic/pcnet.ts": "assembly/nic/skeleton.ts" } : {}) };
  await compile({ entry: "test/nic/bench.ts", out, memoryKiB: 1024, replace });
  const found = [...checkCode(parse(await readFile(path.join(ROOT, out)))), ...recursion(parse(await readFile(path.join(ROOT, out))))];
  if (found.length) throw new Error(found.join("\n"));
  return WebAssembly.compile(await readFile(path.join(ROOT, out)));
}

/** Fields of a `Ring` (host/ABI.md). */
const RING = { rxPosted: 8, rxFilled: 12, txQueued: 24, txSent: 28, txLate: 32, txFailed: 36, rxMissed: 40, linkUp: 48 } as const;
export type RingField = keyof typeof RING;

export class Machine {
  now = 1000;
  x!: Exports;
  bytes!: Uint8Array;
  view!: DataView;
  log: string[] = [];
  /** Frames that each interface received, in their order. */
  received: Uint8Array[][] = [];
  /** The stack takes received frames, and posts new buffers. */
  consuming = true;
  /** Its PCnet is the skeleton's chip. */
  skeleton = false;
  polls = 0;
  accesses = 0;
  #ports: { from: number; to: number; device: Ports }[] = [];
  #events: { at: number; run: () => void }[] = [];
  #lines = Array.from({ length: 16 }, () => ({ sources: new Set<object>(), edge: true, open: false, pending: false, taken: false }));
  #functions = new Map<number, Uint8Array>();
  #address = 0;
  #ifaces = 0;
  readonly board: BoardNic[] = [];

  // The board.

  map(from: number, length: number, device: Ports): void { this.#ports.push({ from, to: from + length, device }); }

  /** A PCI function with one I/O range in BAR `bar`; its ports answer only while its command register says so. */
  pci(f: number, id: number, port: number, length: number, irq: number, device: Ports, bar = 0): { master: () => boolean } {
    const space = new Uint8Array(256), v = new DataView(space.buffer);
    v.setUint32(0, id, true);
    v.setUint32(8, 0x02000000, true);
    v.setUint32(0x10 + 4 * bar, port | 1, true);
    for (let b = 0; b < bar; b++) v.setUint32(0x10 + 4 * b, 0xf0000000, true);
    space[0x3c] = irq;
    this.#functions.set(f, space);
    this.#lines[irq].edge = false;
    const enabled = (bit: number): boolean => (space[4] & bit) !== 0;
    this.map(port, length, {
      read: (o, s) => enabled(1) ? device.read(o, s) : 2 ** (8 * s) - 1,
      write: (o, s, x) => { if (enabled(1)) device.write(o, s, x); },
    });
    return { master: () => enabled(4) };
  }

  /** Sets the level of an interrupt line for one source. */
  line(irq: number, source: object, up: boolean): void {
    const l = this.#lines[irq], was = l.sources.size !== 0;
    if (up) l.sources.add(source); else l.sources.delete(source);
    const is = l.sources.size !== 0;
    if (is && !was) l.pending = true;
    if (!is) l.pending = false;
    this.#fire(irq);
  }

  #fire(irq: number): void {
    const l = this.#lines[irq];
    if (!l.open || !(l.edge ? l.pending : l.sources.size !== 0)) return;
    l.open = false; l.pending = false; l.taken = true;
  }

  // Time.

  at(delay: number, run: () => void): void {
    const e = { at: this.now + delay, run };
    let i = this.#events.length;
    while (i > 0 && this.#events[i - 1].at > e.at) i--;
    this.#events.splice(i, 0, e);
  }

  #advance(to: number, awake: () => boolean = () => false): void {
    while (this.#events.length && this.#events[0].at <= to) {
      const e = this.#events.shift()!;
      this.now = Math.max(this.now, e.at);
      e.run();
      if (awake()) return;
    }
    this.now = Math.max(this.now, to);
  }

  #access(size: Size, count = 1): void { this.accesses += count; this.#advance(this.now + COST[size] * count); }

  // What env gives.

  #in(port: number, size: Size): number {
    this.#access(size);
    if (port === 0xcf8) return this.#functions.size ? this.#address : 0xffffffff;
    if (port === 0xcfc) { const s = this.#functions.get(this.#address >>> 8 & 0xffff); return s ? new DataView(s.buffer).getUint32(this.#address & 0xfc, true) : 0xffffffff; }
    const p = this.#ports.find(r => port >= r.from && port < r.to);
    return p ? p.device.read(port - p.from, size) >>> 0 : 2 ** (8 * size) - 1;
  }

  #out(port: number, size: Size, v: number): void {
    this.#access(size);
    if (port === 0xcf8) { this.#address = v >>> 0; return; }
    if (port === 0xcfc) {
      const s = this.#functions.get(this.#address >>> 8 & 0xffff), reg = this.#address & 0xfc;
      if (s && reg === 4) { s[4] = v & 0xff; s[5] = v >>> 8 & 0xff; }
      return;
    }
    const p = this.#ports.find(r => port >= r.from && port < r.to);
    p?.device.write(port - p.from, size, v >>> 0 & (size === 4 ? 0xffffffff : 2 ** (8 * size) - 1));
  }

  #range(p: number, n: number): void { if (p + n > this.bytes.length) throw new Error(`outside of memory: ${p}, ${n}`); }

  #block(): Uint8Array {
    const b = new Uint8Array(32 + 16 * this.board.length), v = new DataView(b.buffer);
    v.setUint32(0, 0x42445948, true); v.setUint16(4, 1, true); v.setUint16(6, b.length, true);
    b[19] = this.board.length;
    this.board.forEach((n, i) => {
      const at = 32 + 16 * i;
      b[at] = n.bus === "isa" ? 1 : 2; b[at + 1] = n.chip; b[at + 2] = n.irq ?? 0;
      v.setUint16(at + 4, n.port ?? 0, true); v.setUint16(at + 6, n.slot ?? 0xffff, true);
    });
    return b;
  }

  /** Boots the drivers for as many interfaces; how many NICs they found. */
  async boot(ifaces: number): Promise<number> {
    const key = this.skeleton ? "skeleton" : "nic";
    if (!modules.has(key)) modules.set(key, build(this.skeleton));
    const words = (size: Size, port: number, p: number, count: number, out: boolean): void => {
      this.#range(p, count * size);
      for (let i = 0; i < count; i++) {
        if (out) this.#out(port, size, size === 2 ? this.view.getUint16(p + 2 * i, true) : this.view.getUint32(p + 4 * i, true));
        else if (size === 2) this.view.setUint16(p + 2 * i, this.#in(port, 2), true);
        else this.view.setUint32(p + 4 * i, this.#in(port, 4), true);
      }
    };
    const env = {
      in8: (p: number) => this.#in(p, 1), in16: (p: number) => this.#in(p, 2), in32: (p: number) => this.#in(p, 4) | 0,
      out8: (p: number, v: number) => this.#out(p, 1, v), out16: (p: number, v: number) => this.#out(p, 2, v), out32: (p: number, v: number) => this.#out(p, 4, v),
      ins16: (port: number, p: number, n: number) => words(2, port, p, n, false), outs16: (port: number, p: number, n: number) => words(2, port, p, n, true),
      ins32: (port: number, p: number, n: number) => words(4, port, p, n, false), outs32: (port: number, p: number, n: number) => words(4, port, p, n, true),
      dma_address: (p: number, n: number) => { this.#range(p, n); return p + DMA; },
      barrier: () => {},
      irq_open: (l: number) => { this.#lines[l].open = true; this.#fire(l); },
      irq_close: (l: number) => { this.#lines[l].open = false; },
      irq_taken: (l: number) => { const t = this.#lines[l].taken; this.#lines[l].taken = false; return t ? 1 : 0; },
      now: () => { this.#advance(this.now + 2); return BigInt(Math.floor(this.now)); },
      board: (p: number, n: number) => { const b = this.#block(); this.bytes.set(b.subarray(0, n), p); return b.length; },
      log: (_: number, p: number, n: number) => { this.log.push(Buffer.from(this.bytes.subarray(p, p + n)).toString()); },
    };
    this.x = (await WebAssembly.instantiate(await modules.get(key)!, { env })).exports as unknown as Exports;
    this.bytes = new Uint8Array(this.x.memory.buffer);
    this.view = new DataView(this.x.memory.buffer);
    this.#ifaces = ifaces;
    this.received = Array.from({ length: ifaces }, () => []);
    return this.x.boot(ifaces);
  }

  /** Bus master: memory at a bus address. Whatever lies outside of the linear memory is a fault of the driver. */
  dma(address: number, n: number): number {
    const p = address - DMA;
    if (p < 0 || p + n > this.bytes.length) throw new Error(`DMA to ${address.toString(16)}, ${n} bytes`);
    return p;
  }

  // The stack.

  poll(): number {
    this.polls++;
    this.x.input();
    if (this.consuming) for (let i = 0; i < this.#ifaces; i++) this.#consume(i);
    return this.x.output() >>> 0;
  }

  #consume(i: number): void {
    for (let p = this.x.take(i); p; p = this.x.take(i)) { this.received[i].push(this.bytes.slice(p, p + this.x.length())); this.x.release(p); }
    this.x.reclaim(i);
    this.x.post(i);
  }

  /** Polls as the shim does: when the driver asks for it, or when an interrupt came. */
  run(us: number): void {
    const end = this.now + us;
    while (this.now < end) {
      const wait = this.poll();
      this.#advance(Math.min(end, this.now + Math.max(wait, 1)), () => this.#lines.some(l => l.taken));
    }
  }

  /** Time passes without any poll. */
  sleep(us: number): void { this.#advance(this.now + us); }

  /** Queues a frame, its first `split` bytes as head. deadline: us from now, 0: none. */
  send(i: number, frame: Uint8Array, split = frame.length, deadline = 0): boolean {
    const head = this.x.alloc() + 66, body = split < frame.length ? this.x.alloc() + 99 : 0;
    this.bytes.set(frame.subarray(0, split), head);
    if (body) this.bytes.set(frame.subarray(split), body);
    return this.x.send(i, head, split, body, frame.length - split, deadline ? BigInt(Math.floor(this.now + deadline)) : 0n) === 1;
  }

  ring(i: number, f: RingField): number { return this.view.getUint32(this.x.ringAt(i) + RING[f], true); }
  counter(c: number): number { return this.x.counter(c); }

  /** Buffers that neither wait for reception nor are free. */
  held(total: number): number {
    let posted = 0;
    for (let i = 0; i < this.#ifaces; i++) { this.x.reclaim(i); posted += this.ring(i, "rxPosted") - this.ring(i, "rxFilled"); }
    return total - this.x.available() - posted;
  }
}

/** Linear memory does not begin at bus address 0. */
const DMA = 0x00120000;

/** A frame of n bytes to a station (default: interface 0 of the bench), bytes by a pattern of k. */
export function frame(n: number, k = 0, to = [2, 0, 0, 0, 0, 1]): Uint8Array {
  const f = Uint8Array.from({ length: n }, (_, i) => i * 7 + k * 13 + (i >> 8) & 0xff);
  f.set(to.slice(0, n));
  f.set([2, 0, 0, 0, 9, k & 0x7f].slice(0, Math.max(0, n - 6)), 6);
  return f;
}
