// A module under Node's WebAssembly that is fed from a recording (docs/record.md), and what it gives back compared, call by call. Another engine
// than the one that made the recording must give the same bytes.

import { type Entry, Hash, Kind, type Tape } from "./tape.ts";

/** Words of the `Abi` block, of a `Ring`, of the `Sockets` block and of a port (host/ABI.md). */
const enum Abi { magic = 0, version = 1, config = 2, configSize = 3, ifaces = 4, rings = 5, status = 6, storeDone = 9, storeFailed = 10, sockets = 11 }
const enum Ring { rxSlots = 0, rxSize = 1, rxPosted = 2, rxFilled = 3, txSlots = 4, txSize = 5, txQueued = 6, txSent = 7, txLate = 8, txFailed = 9, rxMissed = 10, rxBufSize = 11, linkUp = 12, words = 16 }
const enum Ports { at = 0, count = 1, stride = 2, news = 3 }
const enum Port { inAt = 0, inSize = 1, inLen = 2, outSent = 5, state = 6, pid = 7 }
const enum Change { came = 0, went = 1, sent = 2, bytes = 3 }
const MAGIC = 0x31445948;
/** The words of a STATE entry per interface, rxFilled apart: frames are put one by one. */
const SIDE = [Ring.txSent, Ring.txLate, Ring.txFailed, Ring.rxMissed, Ring.linkUp];
const SIDE_BYTES = 24;

interface Exports {
  memory: WebAssembly.Memory;
  abi(): number;
  init(config: number, length: number): number;
  poll(now: bigint): number;
  command?(length: number): number;
}

/** The module gave back something else than was recorded. */
export class Differs extends Error {}
/** The module trapped. */
export class Trapped extends Error {}

export class Player {
  polls = 0;
  commands = 0;
  private readonly exports: Exports;
  private readonly bytes: Uint8Array;
  private readonly words: Uint32Array;
  private readonly abi: number;
  private hash = new Hash();
  /** An import was called that the recording has no answer for. */
  private strayed = false;
  private started = false;

  constructor(module: WebAssembly.Module, private readonly tape: Tape, private readonly errorName: (e: number) => string) {
    this.exports = new WebAssembly.Instance(module, { env: this.imports() }).exports as unknown as Exports;
    const buffer = this.exports.memory.buffer;
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.abi = this.exports.abi() >>> 2;
    if (this.words[this.abi + Abi.magic] !== MAGIC || this.words[this.abi + Abi.version] !== 1) throw new Error("this is no HydraNet module of ABI version 1");
  }

  /** Plays to the end. Throws `Differs`, naming the first call whose output differs, or `Trapped`. */
  play(): void {
    for (let e = this.tape.next(); e; e = this.tape.next()) this.entry(e);
  }

  private entry({ kind, body }: Entry): void {
    switch (kind) {
      case Kind.init: return this.started ? this.malformed() : this.init(body);
      case Kind.frame: return this.frame(body);
      case Kind.state: return this.state(body);
      case Kind.port: return this.port(body);
      case Kind.poll: return this.poll(body);
      case Kind.command: return this.command(body);
      default: return this.malformed();
    }
  }

  private init(config: Buffer): void {
    const at = this.words[this.abi + Abi.config];
    if (config.length > this.words[this.abi + Abi.configSize]) this.malformed();
    this.bytes.set(config, at);
    this.hash = new Hash();
    const e = this.guarded("init()", () => this.exports.init(at, config.length));
    if (e !== 0) throw new Differs(`the module refuses the configuration of the recording: ${this.errorName(e)} (${e})`);
    this.started = true;
    if (this.words[this.abi + Abi.ifaces] < this.tape.ifaces) this.malformed();
    this.compare(0, "init");
  }

  private frame(body: Buffer): void {
    const r = this.ring(body[0]), w = this.words, free = w[r + Ring.rxPosted] - w[r + Ring.rxFilled] >>> 0;
    if (free === 0 || body.length - 1 > w[r + Ring.rxBufSize]) throw new Differs(`replay differs before poll ${this.polls + 1}: the module posted fewer buffers than in the recording`);
    const slot = (w[r + Ring.rxSlots] >>> 2) + (w[r + Ring.rxFilled] & (w[r + Ring.rxSize] - 1)) * 4;
    this.bytes.set(body.subarray(1), w[slot]);
    w[slot + 1] = body.length - 1;
    w[slot + 2] = 0;
    w[r + Ring.rxFilled]++;
  }

  private state(body: Buffer): void {
    if (body.length !== 8 + SIDE_BYTES * this.tape.ifaces) this.malformed();
    this.words[this.abi + Abi.storeDone] = body.readUInt32LE(0);
    this.words[this.abi + Abi.storeFailed] = body.readUInt32LE(4);
    for (let i = 0; i < this.tape.ifaces; i++) SIDE.forEach((field, k) => { this.words[this.ring(i) + field] = body.readUInt32LE(8 + SIDE_BYTES * i + 4 + 4 * k); });
  }

  /** A change that the host made in a port of local programs. */
  private port(body: Buffer): void {
    const w = this.words, ports = w[this.abi + Abi.sockets] >>> 2, i = body.length < 5 ? NaN : body.readUInt32LE(1), arg = body.subarray(5);
    if (ports === 0 || !(i < w[ports + Ports.count])) this.malformed();
    const p = w[ports + Ports.at] + i * w[ports + Ports.stride] >>> 2, number = (): number => arg.length === 4 ? arg.readUInt32LE(0) : this.malformed();
    switch (body[0]) {
      case Change.came: w[p + Port.pid] = number(); w[p + Port.state] = 1; break;
      case Change.went: w[p + Port.state] = 2; break;
      case Change.sent: w[p + Port.outSent] += number(); break;
      case Change.bytes:
        if (arg.length > w[p + Port.inSize] - w[p + Port.inLen]) this.malformed();
        this.bytes.set(arg, w[p + Port.inAt] + w[p + Port.inLen]);
        w[p + Port.inLen] += arg.length;
        break;
      default: this.malformed();
    }
    w[(w[ports + Ports.news] >>> 2) + (i >>> 5)] |= 1 << (i & 31);
  }

  private poll(body: Buffer): void {
    if (body.length !== 8) this.malformed();
    const now = body.readBigUInt64LE(), queued = this.begin();
    this.polls++;
    const wait = this.guarded("poll()", () => this.exports.poll(now));
    this.hashFrames(queued);
    this.compare(wait >>> 0, `poll ${this.polls} at ${now} us`);
  }

  private command(text: Buffer): void {
    const queued = this.begin();
    this.commands++;
    this.hash.piece("a", this.answer(text));
    this.hashFrames(queued);
    this.compare(0, `command '${text}' after poll ${this.polls}`);
  }

  /** What the control socket says to a command. */
  private answer(text: Buffer): Uint8Array {
    const command = this.exports.command, size = this.words[this.abi + Abi.configSize];
    if (!command) return Buffer.from("error: this module takes no commands");
    if (text.length > size) return Buffer.from(`error: a command has at most ${size} bytes`);
    this.bytes.set(text, this.words[this.abi + Abi.config]);
    const n = this.guarded("command()", () => command(text.length)), at = this.words[this.abi + Abi.status];
    return n < 0 ? Buffer.from(`error: ${n}`) : this.bytes.subarray(at, at + n);
  }

  /** A call begins. Per interface, how many frames were queued so far. */
  private begin(): number[] {
    if (!this.started) this.malformed();
    this.hash = new Hash();
    return Array.from({ length: this.tape.ifaces }, (_, i) => this.words[this.ring(i) + Ring.txQueued]);
  }

  private hashFrames(queued: number[]): void {
    const w = this.words;
    queued.forEach((from, i) => {
      const r = this.ring(i);
      for (let k = from; k !== w[r + Ring.txQueued]; k = k + 1 >>> 0) {
        const slot = w[r + Ring.txSlots] + (k & (w[r + Ring.txSize] - 1)) * 32, s = slot >>> 2;
        const part = (at: number): Uint8Array => this.bytes.subarray(w[s + at], w[s + at] + w[s + at + 1]);
        if (w[s + 1] + w[s + 3] !== 0) this.hash.frame(i, BigInt(w[s + 5]) << 32n | BigInt(w[s + 4]), part(0), w[s + 3] ? part(2) : new Uint8Array(0));
      }
    });
  }

  /** Takes the END entry of a call and compares. A recording that stops here, because the module trapped or was killed, has none. */
  private compare(result: number, call: string): void {
    if (this.strayed) throw new Differs(`replay differs in ${call}: the module asked its host for something that it did not ask for in the recording`);
    const want = this.tape.next();
    if (!want) return;
    if (want.kind !== Kind.end || want.body.length !== 12) throw new Differs(`replay differs in ${call}: the module asked its host for less than in the recording`);
    const was = want.body.readUInt32LE(0);
    if (was !== result) throw new Differs(`replay differs in ${call}: it returned ${result}, recorded ${was}`);
    if (want.body.readBigUInt64LE(4) !== this.hash.value()) throw new Differs(`replay differs in ${call}: other frames, log lines or records than recorded`);
  }

  private ring(i: number): number {
    if (!this.started || !(i < this.tape.ifaces)) this.malformed();
    return (this.words[this.abi + Abi.rings] >>> 2) + i * Ring.words;
  }

  private malformed(): never { throw new Error(`the recording is malformed after poll ${this.polls}`); }

  private guarded(call: string, run: () => number): number {
    try { return run(); } catch (e) { throw new Trapped(`the module trapped in ${call}: ${(e as Error).message}`, { cause: e }); }
  }

  private imports(): WebAssembly.ModuleImports {
    return {
      log: (_level: number, p: number, n: number) => this.hash.piece("l", this.range(p, n)),
      entropy: (p: number, n: number) => this.take(Kind.entropy, p, n),
      store_read: (p: number, n: number) => this.take(Kind.storeRead, p, n),
      store_write: (p: number, n: number) => this.hash.piece("s", this.range(p, n)),
      content_read: (_offset: number, p: number, n: number) => this.take(Kind.contentRead, p, n),
    };
  }

  private range(p: number, n: number): Uint8Array {
    const at = p >>> 0, end = at + (n >>> 0);
    if (end > this.bytes.length) throw new RangeError(`${n >>> 0} bytes at ${at} are outside the memory`);
    return this.bytes.subarray(at, end);
  }

  /** The recorded answer to an import, and what it fills in. */
  private take(kind: Kind, p: number, n: number): number {
    const e = this.tape.peek(), room = this.range(p, n);
    if (!e || e.kind !== kind || e.body.length < 4 || e.body.length - 4 > room.length) { this.strayed = true; return -1; }
    room.set(e.body.subarray(4));
    this.tape.next();
    return e.body.readInt32LE(0);
  }
}
