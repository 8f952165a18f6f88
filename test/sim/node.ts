// A simulated machine: one instance of a module of ours behind the imports and rings of host/ABI.md, with a clock that is off and drifts, and
// the ways a machine fails: crash, restart with empty memory, pause, slowness, a transmit ring that empties late, a store that fails.

import { Engine, Violation, type Target } from "./engine.ts";
import { type Lan, type Port, type Receiver } from "./net.ts";
import { Random } from "./random.ts";
import { Entry, type Recorder } from "./recorder.ts";

/** Fields of the `Abi` block and of a `Ring`, as indices of 32-bit words (host/ABI.md). */
const enum Abi { magic = 0, version = 1, config = 2, configSize = 3, ifaces = 4, rings = 5, status = 6, counters = 7, countersN = 8, storeDone = 9, storeFailed = 10 }
const enum Ring { rxSlots = 0, rxSize = 1, rxPosted = 2, rxFilled = 3, txSlots = 4, txSize = 5, txQueued = 6, txSent = 7, txLate = 8, txFailed = 9, rxMissed = 10, rxBufSize = 11, linkUp = 12, rxTaken = 13, txReclaimed = 14 }
const MAGIC = 0x31445948;
const FOREVER = 0xffffffff;
/** Frames that wait for an interface's posted buffers before more are missed. */
const SOCKET_QUEUE = 256;
const LATER = -11, OUTSIDE = -5;

/** What every module exports; a host server adds inspection, a client end adds its own. */
export interface Exports {
  memory: WebAssembly.Memory;
  abi(): number;
  init(config: number, length: number): number;
  poll(now: bigint): number;
  [name: string]: unknown;
}

/** How a node's clock runs, and how fast the machine is. Times in microseconds. */
export interface Machine {
  /** Rate of the clock less one: 1e-4 gains 100 us per second. */
  drift: number;
  /** From the arrival of a frame to the poll that sees it. */
  wake: number;
  /** Time of a poll, and more for each frame it takes or sends. */
  pollCost: number;
  frameCost: number;
  /** How long frames stay in the transmit ring. */
  txDelay: number;
  /** Time of one write of the record, and the chance that it fails. */
  storeDelay: number;
  storeFail: number;
  /** Chance that a read of the content image is answered later. */
  contentLater: number;
  /** What the clock shows at the first boot. */
  clockStart: number;
}

export const MACHINE: Machine = { drift: 0, wake: 10, pollCost: 0, frameCost: 0, txDelay: 0, storeDelay: 500, storeFail: 0, contentLater: 0.1, clockStart: 0 };

const enum Fire { poll = 0, drain = 1, stored = 2 }

export type Log = (node: SimNode, level: number, text: string) => void;

export class SimNode implements Target, Receiver {
  machine: Machine;
  /** The module's exports; null while the machine is down. */
  exports: Exports | null = null;
  /** Memory of the instance as bytes and as words; of the last instance while the machine is down. */
  bytes = new Uint8Array(0);
  words = new Uint32Array(0);
  /** Counts boots: tells instances of one machine apart. */
  boots = 0;
  paused = false;
  polls = 0;
  /** The durable record; null: a node without storage. */
  store: Uint8Array<ArrayBufferLike> | null = null;
  content: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  /** Called after each poll, before its frames leave; may call into the module. */
  afterPoll: (() => void) | null = null;
  onLog: Log | null = null;
  /** Called when a write of the record has finished well. */
  onStored: (() => void) | null = null;
  /** Set before the boot: takes down everything the module observes. */
  recorder: Recorder | null = null;
  readonly ports: Port[] = [];
  private abi = 0;      // word index of the block
  private rings = 0;    // word index of the first ring
  private bootedAt = 0;
  private clockBase = 0;
  private pollAt = Infinity;
  private busyUntil = 0;
  private draining = false;
  private idlePolls = 0;
  private readonly waiting: Uint8Array[][] = [];    // per interface: frames that wait for a posted buffer, as in a socket's queue
  private writing: Uint8Array | null = null;
  private readonly random: Random;

  constructor(readonly engine: Engine, readonly name: string, private readonly module: WebAssembly.Module, private config: Uint8Array, seed: number, machine: Partial<Machine> = {}) {
    this.machine = { ...MACHINE, ...machine };
    this.random = new Random(seed, `node ${name}`);
  }

  /** Connects the next interface to a network. */
  attach(lan: Lan, mac: number): Port {
    const port = lan.attach(this.name, mac, this, this.ports.length);
    this.waiting.push([]);
    this.ports.push(port);
    return port;
  }

  get up(): boolean { return this.exports !== null; }

  /** What the node's own clock shows now, in microseconds since its boot. */
  clock(): number {
    return Math.floor(this.clockBase + (this.engine.now - this.bootedAt) * (1 + this.machine.drift));
  }

  /** Changes the clock's rate from now on; what it shows does not jump. */
  setDrift(drift: number): void {
    this.clockBase = this.clockBase + (this.engine.now - this.bootedAt) * (1 + this.machine.drift);
    this.bootedAt = this.engine.now;
    this.machine.drift = drift;
  }

  /** Starts the machine with empty memory. A configuration that the module refuses is a violation. */
  boot(): void {
    this.crash();
    this.boots++;
    this.paused = false;
    this.bootedAt = this.engine.now;
    this.clockBase = this.boots === 1 ? this.machine.clockStart : 0;
    this.idlePolls = 0;
    this.draining = false;
    this.busyUntil = 0;
    this.looked.length = 0;
    for (const queue of this.waiting) queue.length = 0;
    const instance = new WebAssembly.Instance(this.module, { env: this.imports() });
    const x = instance.exports as unknown as Exports;
    this.bytes = new Uint8Array(x.memory.buffer);
    this.words = new Uint32Array(x.memory.buffer);
    this.exports = x;
    this.abi = x.abi() >>> 2;
    const w = this.words, a = this.abi;
    if (w[a + Abi.magic] !== MAGIC || w[a + Abi.version] !== 1) throw new Violation(`${this.name}: not a module of ABI version 1`);
    if (this.config.length > w[a + Abi.configSize]) throw new Violation(`${this.name}: configuration of ${this.config.length} bytes does not fit`);
    this.bytes.set(this.config, w[a + Abi.config]);
    this.recorder?.init(this.config);
    const err = this.guarded("init", () => x.init(w[a + Abi.config], this.config.length));
    if (this.recorder) { this.rings = w[a + Abi.rings] >>> 2; this.recorder.end(0, this.newFrames()); }
    if (err !== 0) throw new Violation(`${this.name}: init says ${err}`);
    this.rings = w[a + Abi.rings] >>> 2;
    this.pollBy(this.engine.now);
  }

  /** The power goes: memory is gone; a write of the record that was under way has happened or not. */
  crash(): void {
    if (!this.exports) return;
    if (this.writing && this.random.chance(0.5)) { this.store = this.writing; this.onStored?.(); }
    this.writing = null;
    this.exports = null;
    this.pollAt = Infinity;
  }

  /** The process stands still; its clock does not. */
  pause(): void { this.paused = true; }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.exports) return;
    this.pollAt = Infinity;
    this.draining = false;
    this.pollBy(this.engine.now);
    this.drainSoon();
  }

  /** Makes the module be polled at `time` at the latest. */
  pollBy(time: number): void {
    if (!this.exports) return;
    const t = Math.max(time, this.busyUntil);
    if (t >= this.pollAt) return;
    this.pollAt = t;
    this.engine.at(t, this, this.boots * 4 + Fire.poll);
  }

  fire(arg: number): void {
    if (!this.exports || Math.floor(arg / 4) !== this.boots) return;
    if (arg % 4 === Fire.stored) this.stored();
    else if (this.paused) return;
    else if (arg % 4 === Fire.drain) this.drain();
    else if (this.engine.now >= this.pollAt) this.poll();
  }

  private poll(): void {
    this.pollAt = Infinity;
    this.polls++;
    const now = this.clock(), before = this.filled();
    this.recorder?.state(this.hostWords());
    this.recorder?.poll(now);
    const wait = this.guarded("poll", () => this.exports!.poll(BigInt(now))) >>> 0;
    this.recorder?.end(wait, this.newFrames());
    this.engine.trace(this.engine.now);
    if (wait !== FOREVER) this.pollBy(this.engine.now + Math.max(1, Math.ceil(wait / (1 + this.machine.drift))));
    this.afterPoll?.();
    const queued = this.queued();
    const cost = this.machine.pollCost + this.machine.frameCost * (queued + before);
    if (cost > 0) this.busyUntil = this.engine.now + cost;
    this.spinning(wait, queued);
    if (this.refill()) this.pollBy(this.engine.now + 1);
    if (queued > 0) this.drainSoon();
  }

  /** After calls from outside that may have queued frames: `wait` is what the module answered, as `poll` does. */
  kick(wait: number): void {
    if (wait >>> 0 !== FOREVER) this.pollBy(this.engine.now + Math.ceil((wait >>> 0) / (1 + this.machine.drift)));
    if (this.queued() > 0) this.drainSoon();
  }

  /** Runs a call into the module: a trap is a violation. */
  private guarded(what: string, run: () => number): number {
    try {
      return run();
    } catch (e) {
      if (e instanceof Violation) throw e;
      throw new Violation(`${this.name}: trap in ${what}: ${(e as Error).stack ?? e}`);
    }
  }

  /** A module that wants to be polled at once for ever, with nothing to send, never lets time pass. */
  private spinning(wait: number, queued: number): void {
    if (wait !== 0 || queued > 0) { this.idlePolls = 0; return; }
    if (++this.idlePolls > 20000) throw new Violation(`${this.name}: asks to be polled at once without end`);
  }

  private ring(iface: number): number { return this.rings + iface * 16; }

  private queued(): number {
    let n = 0;
    for (let i = 0; i < this.ports.length; i++) n += this.words[this.ring(i) + Ring.txQueued] - this.words[this.ring(i) + Ring.txSent] >>> 0;
    return n;
  }

  private received = 0;
  private filled(): number { const n = this.received; this.received = 0; return n; }

  private drainSoon(): void {
    const d = this.machine.txDelay;
    if (d === 0) { this.drain(); return; }
    if (this.draining) return;
    this.draining = true;
    this.engine.at(this.engine.now + d, this, this.boots * 4 + Fire.drain);
  }

  /** Sends what waits in the transmit rings; a frame whose deadline has passed by the clock of this moment is dropped. */
  private drain(): void {
    this.draining = false;
    const now = this.clock(), w = this.words;
    for (let i = 0; i < this.ports.length; i++) {
      const r = this.ring(i);
      while (w[r + Ring.txSent] !== w[r + Ring.txQueued]) {
        const slot = w[r + Ring.txSlots] + (w[r + Ring.txSent] & (w[r + Ring.txSize] - 1)) * 32;
        w[r + Ring.txSent]++;
        if (this.late(slot, now)) w[r + Ring.txLate]++;
        else this.ports[i].send(this.frameAt(slot));
      }
    }
  }

  private late(slot: number, now: number): boolean {
    const deadline = this.deadline(slot);
    return deadline !== 0 && deadline < now;
  }

  private deadline(slot: number): number { return this.words[slot + 20 >>> 2] * 0x100000000 + this.words[slot + 16 >>> 2]; }

  /** Per interface, txQueued when last looked at by `newFrames`. */
  private readonly looked: number[] = [];

  /** What was queued since the last look, per interface. */
  private newFrames(): { deadline: bigint; frame: Uint8Array }[][] {
    return this.ports.map((_, i) => {
      const r = this.ring(i), w = this.words, list = [];
      for (let k = this.looked[i] ?? 0; k !== w[r + Ring.txQueued]; k = k + 1 >>> 0) {
        const slot = w[r + Ring.txSlots] + (k & (w[r + Ring.txSize] - 1)) * 32;
        list.push({ deadline: BigInt(this.deadline(slot)), frame: this.frameAt(slot) });
      }
      this.looked[i] = w[r + Ring.txQueued];
      return list;
    });
  }

  /** The words that the host writes, as a recording has them. */
  private hostWords(): number[] {
    const w = this.words, a = this.abi;
    return [w[a + Abi.storeDone], w[a + Abi.storeFailed], ...this.ports.flatMap((_, i) =>
      [Ring.rxFilled, Ring.txSent, Ring.txLate, Ring.txFailed, Ring.rxMissed, Ring.linkUp].map(f => w[this.ring(i) + f]))];
  }

  private frameAt(slot: number): Uint8Array {
    const w = this.words, s = slot >>> 2, headLen = w[s + 1], bodyLen = w[s + 3];
    const frame = new Uint8Array(headLen + bodyLen);
    frame.set(this.bytes.subarray(w[s], w[s] + headLen));
    if (bodyLen) frame.set(this.bytes.subarray(w[s + 2], w[s + 2] + bodyLen), headLen);
    return frame;
  }

  receive(iface: number, frame: Uint8Array): void {
    if (!this.exports) return;
    const queue = this.waiting[iface];
    if (queue.length > 0 || !this.fill(iface, frame)) {
      if (queue.length < SOCKET_QUEUE) queue.push(frame);
      else this.words[this.ring(iface) + Ring.rxMissed]++;
    }
    if (!this.paused) this.pollBy(this.engine.now + this.machine.wake);
  }

  /** Puts frames that waited for posted buffers into the rings; true where there were any. */
  private refill(): boolean {
    let any = false;
    for (let i = 0; i < this.waiting.length; i++) {
      const queue = this.waiting[i];
      if (queue.length === 0) continue;
      let n = 0;
      while (n < queue.length && this.fill(i, queue[n])) n++;
      queue.splice(0, n);
      any ||= n > 0;
    }
    return any;
  }

  /** Puts a frame into a posted buffer; false where there is none. A frame too long for a buffer is dropped. */
  private fill(iface: number, frame: Uint8Array): boolean {
    const w = this.words, r = this.ring(iface);
    if (frame.length > w[r + Ring.rxBufSize]) { w[r + Ring.rxMissed]++; return true; }
    if (w[r + Ring.rxPosted] === w[r + Ring.rxFilled]) return false;
    const s = (w[r + Ring.rxSlots] >>> 2) + (w[r + Ring.rxFilled] & (w[r + Ring.rxSize] - 1)) * 4;
    this.recorder?.frame(iface, frame);
    this.bytes.set(frame, w[s]);
    w[s + 1] = frame.length;
    w[s + 2] = 0;
    w[r + Ring.rxFilled]++;
    this.received++;
    return true;
  }

  /** A counter's value by its number in `core/counters.ts`. */
  counter(n: number): number { return this.words[(this.words[this.abi + Abi.counters] >>> 2) + n]; }

  /** All counters that are not zero. */
  counters(): Map<number, number> {
    const all = new Map<number, number>();
    for (let i = 0; i < this.words[this.abi + Abi.countersN]; i++) if (this.counter(i)) all.set(i, this.counter(i));
    return all;
  }

  /** Frames dropped because their deadline had passed. */
  lateFrames(): number {
    let n = 0;
    for (let i = 0; i < this.ports.length; i++) n += this.words[this.ring(i) + Ring.txLate];
    return n;
  }

  /** Frame buffers that the rings hold: posted for reception, taken in or queued and not yet given back. */
  framesHeld(): number {
    let n = 0;
    for (let i = 0; i < this.ports.length; i++) {
      const r = this.ring(i), w = this.words;
      n += (w[r + Ring.rxPosted] - w[r + Ring.rxTaken] >>> 0) + (w[r + Ring.txQueued] - w[r + Ring.txReclaimed] >>> 0);
    }
    return n;
  }

  /** What `inspect...` and the like return: words at a byte address. */
  wordsAt(p: number, n: number): Uint32Array { return this.words.subarray(p >>> 2, (p >>> 2) + n); }

  private imports(): WebAssembly.ModuleImports {
    const boot = this.boots;
    return {
      log: (level: number, p: number, n: number) => { this.recorder?.log(this.bytes.subarray(p, p + n)); this.onLog?.(this, level, text(this.bytes, p, n)); },
      entropy: () => { this.recorder?.answer(Entry.entropy, 0, new Uint8Array(0)); return 0; },
      store_read: (p: number, n: number) => this.storeRead(p, n),
      store_write: (p: number, n: number) => this.storeWrite(p, n, boot),
      content_read: (offset: number, p: number, n: number) => this.contentRead(offset >>> 0, p, n >>> 0),
      abort: () => { throw new Error("abort"); },
    };
  }

  private storeRead(p: number, n: number): number {
    const given = this.store?.subarray(0, n), result = given?.length ?? -1;
    if (given) this.bytes.set(given, p);
    this.recorder?.answer(Entry.storeRead, result, given ?? new Uint8Array(0));
    return result;
  }

  private storeWrite(p: number, n: number, boot: number): void {
    if (this.writing) throw new Violation(`${this.name}: a second write of the record before the first had finished`);
    if (n > 512) throw new Violation(`${this.name}: record of ${n} bytes`);
    this.writing = this.bytes.slice(p, p + n);
    this.recorder?.store(this.writing);
    this.engine.at(this.engine.now + this.machine.storeDelay, this, boot * 4 + Fire.stored);
  }

  private stored(): void {
    const failed = this.store === null || this.random.chance(this.machine.storeFail);
    if (!failed) { this.store = this.writing; this.onStored?.(); }
    this.writing = null;
    this.words[this.abi + (failed ? Abi.storeFailed : Abi.storeDone)]++;
    if (!this.paused) this.pollBy(this.engine.now);
  }

  private contentRead(offset: number, p: number, n: number): number {
    const inside = offset + n <= this.content.length, later = inside && this.random.chance(this.machine.contentLater);
    if (later) this.pollBy(this.engine.now + 100);
    const given = inside && !later ? this.content.subarray(offset, offset + n) : new Uint8Array(0), result = later ? LATER : inside ? n : OUTSIDE;
    this.bytes.set(given, p);
    this.recorder?.answer(Entry.contentRead, result, given);
    return result;
  }
}

function text(bytes: Uint8Array, p: number, n: number): string {
  let s = "";
  for (let i = 0; i < n; i++) s += String.fromCharCode(bytes[p + i]);
  return s;
}
