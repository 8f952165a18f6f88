// One module without a network: what a target needs to start it, poll it and give it frames.

import { createHash } from "node:crypto";
import { Violation } from "../sim/engine.ts";
import { type Exports } from "../sim/node.ts";

/** Polls that may follow each other at one time before that counts as endless. */
const ENDLESS = 2000;

export class Machine {
  readonly exports: Exports;
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  ifaces = 0;
  private readonly abi: number;
  private readonly sum = createHash("sha256");

  constructor(module: WebAssembly.Module) {
    const imports = { log: () => {}, entropy: () => 0, store_read: () => -1, store_write: () => {}, content_read: () => -5, abort: () => { throw new Error("abort"); } };
    const x = new WebAssembly.Instance(module, { env: imports }).exports as unknown as Exports;
    this.exports = x;
    this.words = new Uint32Array(x.memory.buffer);
    this.bytes = new Uint8Array(x.memory.buffer);
    this.abi = x.abi() >>> 2;
  }

  private guarded(what: string, run: () => number): number {
    try { return run(); } catch (e) { throw new Violation(`trap in ${what}: ${(e as Error).stack ?? String(e)}`); }
  }

  /** Where the module takes configurations and commands. */
  get buffer(): number { return this.words[this.abi + 2]; }

  init(block: Uint8Array): number {
    this.bytes.set(block.subarray(0, 16384), this.buffer);
    const err = this.guarded("init", () => this.exports.init(this.buffer, block.length));
    if (err === 0) while (this.ifaces < this.words[this.abi + 4] && this.words[this.ring(this.ifaces) + 2] > 0) this.ifaces++;
    return err;
  }

  private ring(i: number): number { return (this.words[this.abi + 5] >>> 2) + 16 * i; }

  /** Puts a frame into a posted buffer. */
  frame(iface: number, frame: Uint8Array): void {
    const w = this.words, r = this.ring(iface);
    if (w[r + 2] === w[r + 3]) return;
    const s = (w[r] >>> 2) + (w[r + 3] & w[r + 1] - 1) * 4;
    this.bytes.set(frame, w[s]);
    w[s + 1] = frame.length;
    w[r + 3]++;
  }

  /** Polls until the module has nothing more to do at this time; takes what it sends. */
  poll(now: number): void {
    for (let i = 0; ; i++) {
      const wait = this.guarded("poll", () => this.exports.poll(BigInt(now))) >>> 0;
      const sent = this.take();
      if (wait !== 0) return;
      if (i > ENDLESS) throw new Violation(`asks to be polled at once without end${sent ? ", and sends" : ""}`);
    }
  }

  private take(): number {
    let n = 0;
    for (let i = 0; i < this.ifaces; i++) for (const r = this.ring(i), w = this.words; w[r + 7] !== w[r + 6]; n++) {
      const s = (w[r + 4] >>> 2) + (w[r + 7]++ & w[r + 5] - 1) * 8;
      this.sum.update(this.bytes.subarray(w[s], w[s] + w[s + 1]));
      if (w[s + 3]) this.sum.update(this.bytes.subarray(w[s + 2], w[s + 2] + w[s + 3]));
    }
    return n;
  }

  /** The status as the module tells it, which must be JSON. */
  status(): string {
    const n = this.guarded("status", () => (this.exports.status as () => number)());
    return this.text(n, "status");
  }

  /** The module's answer to a command: its text, or a negative error. */
  command(line: Uint8Array): string {
    this.bytes.set(line, this.buffer);
    const n = this.guarded("command", () => (this.exports.command as (n: number) => number)(line.length));
    return n < 0 ? String(n) : Buffer.from(this.bytes.subarray(this.words[this.abi + 6], this.words[this.abi + 6] + n)).toString();
  }

  private text(n: number, what: string): string {
    const t = Buffer.from(this.bytes.subarray(this.words[this.abi + 6], this.words[this.abi + 6] + n)).toString();
    try { JSON.parse(t); } catch (e) { throw new Violation(`${what} is no JSON: ${(e as Error).message}: ${t.slice(0, 200)}`); }
    return t;
  }

  /** Of all that it sent. */
  hash(): string { return this.sum.digest("hex").slice(0, 16); }
}
