// Connections of a stock Linux client, each of which checks every byte and notes how long its socket was silent.

import { connect, type Socket } from "node:net";
import { bytes, Check, differs } from "./pattern.ts";

export type Kind = "download" | "upload" | "pingpong" | "exchange" | "fetch";
export interface Spec {
  kind: Kind; host: string; port: number;
  /** Seed of the pattern, and how many bytes the server sends (downloads; 0: without end). */
  seed: number; size?: number;
  /** Downloads: bytes per second at which the client reads, 0: as fast as it can. `fin`: the client closes its direction at once. */
  rate?: number; fin?: boolean;
}
export interface Result {
  kind: Kind; ok: boolean; error?: string; reset: boolean; bytes: number;
  /** Milliseconds: to connect; the longest silence that ended after the mark; the median silence before it; from the close to the end. */
  connect: number; gap: number; median: number; close: number;
  /** When the longest silence began, and when the connection was opened, on the monotonic clock. */
  gapFrom: number; opened: number;
}

/** The monotonic clock that all processes of the machine share, in milliseconds. */
export function clock(): number { const [s, ns] = process.hrtime(); return s * 1e3 + ns / 1e6; }

const CHUNK = 32768, MESSAGE = 200, KEPT = 50000;

/** Silences of a socket. */
class Gaps {
  last = clock();
  worst = 0;
  from = 0;
  markAt = Infinity;
  private readonly before: number[] = [];
  step(): void {
    const now = clock(), gap = now - this.last;
    if (now >= this.markAt) { if (gap > this.worst) { this.worst = gap; this.from = this.last; } } else if (this.before.length < KEPT) this.before.push(gap);
    this.last = now;
  }
  get median(): number { return median(this.before); }
}

export function median(v: number[]): number { return v.length === 0 ? 0 : [...v].sort((a, b) => a - b)[v.length >> 1]; }

export class Flow {
  readonly done: Promise<Result>;
  readonly gaps = new Gaps();
  private readonly socket: Socket;
  private readonly opened = clock();
  private readonly check = new Check();
  private connected = 0;
  private received = 0;
  private sent = 0;
  private expected = 0;
  private answer = "";
  private ended = 0;
  private closing = false;
  private failed?: string;
  private settle!: (r: Result) => void;

  constructor(readonly spec: Spec) {
    this.done = new Promise(ok => { this.settle = ok; });
    this.socket = connect({ host: spec.host, port: spec.port, allowHalfOpen: true, noDelay: true });
    this.socket.on("connect", () => this.start());
    this.socket.on("data", b => this.data(b));
    this.socket.on("end", () => this.end());
    this.socket.on("error", e => this.finishWith((e as NodeJS.ErrnoException).code ?? e.message));
    this.socket.on("close", () => this.finishWith("closed before its end"));
  }

  private start(): void {
    this.connected = clock();
    this.gaps.last = this.connected;
    if (this.spec.fin) this.close();
    if (this.spec.kind === "upload") this.write();
    if (this.spec.kind === "pingpong" || this.spec.kind === "exchange") this.ping();
  }

  /** Keeps the kernel's send buffer full. A write is done when the kernel has taken it. */
  private write(): void {
    if (this.closing) { this.close(); return; }
    const b = bytes(this.spec.seed, this.sent, CHUNK);
    this.check.take(b);
    this.sent += CHUNK;
    this.socket.write(b, e => { if (!e) { this.gaps.step(); setImmediate(() => this.write()); } });
  }

  private ping(): void {
    if (this.closing) { this.close(); return; }
    this.socket.write(bytes(this.spec.seed, this.sent, MESSAGE));
    this.sent += MESSAGE;
    this.expected = this.sent;
  }

  private data(b: Buffer): void {
    this.gaps.step();
    if (this.spec.kind === "upload") { this.answer += b.toString("latin1"); return; }
    const at = differs(this.spec.seed, this.received, b);
    if (at >= 0) { this.finishWith(`byte ${this.received + at} differs`); return; }
    this.received += b.length;
    if (this.spec.kind === "pingpong" && this.received === this.expected) this.ping();
    if (this.spec.rate) this.slow(this.spec.rate);
  }

  /** Reads no further than the rate allows. */
  private slow(rate: number): void {
    const ahead = this.received / rate * 1e3 - (clock() - this.connected);
    if (ahead < 2) return;
    this.socket.pause();
    setTimeout(() => this.socket.resume(), ahead);
  }

  /** Closes the client's direction as soon as what is under way is through. */
  finish(): void {
    this.closing = true;
    if (this.spec.kind === "download" && !this.spec.fin && !this.spec.size) this.close();
    if (this.spec.kind === "exchange" && this.received === this.sent) this.close();
  }
  /** One more message and the close right behind it. */
  last(): void {
    if (this.spec.kind === "exchange") { this.gaps.last = clock(); this.ping(); }
    this.closing = true;
    if (this.spec.kind === "exchange") this.close();
  }
  private close(): void { if (this.ended === 0) { this.ended = clock(); this.socket.end(); } }

  private end(): void {
    this.gaps.step();
    this.socket.end();
    const { kind, size } = this.spec;
    if (kind === "upload") this.finishWith(this.answer === this.check.answer() ? "" : `the sink says '${this.answer.trim()}', expected '${this.check.answer().trim()}'`);
    else if (kind === "pingpong" || kind === "exchange") this.finishWith(this.ended && this.received === this.sent ? "" : `end after ${this.received} of ${this.sent} bytes`);
    else this.finishWith(size ? this.received === size ? "" : `end after ${this.received} of ${size} bytes` : this.ended ? "" : `end after ${this.received} bytes, unasked`);
  }

  private finishWith(error: string): void {
    if (this.failed !== undefined) return;
    this.failed = error;
    if (error !== "") this.socket.destroy();
    this.settle({
      kind: this.spec.kind, ok: error === "", error: error || undefined, reset: error === "ECONNRESET", bytes: this.spec.kind === "upload" ? this.sent : this.received, connect: this.connected ? this.connected - this.opened : 0,
      gap: this.gaps.worst, median: this.gaps.median, gapFrom: this.gaps.from, opened: this.opened, close: this.ended ? clock() - this.ended : 0,
    });
  }

  /** Says where it stands when it is given up. */
  abandon(): void {
    const silent = clock() - this.gaps.last;
    this.finishWith(this.connected ? `stuck: ${this.received} received, ${this.sent} sent, silent for ${silent.toFixed(0)} ms` : `not connected after ${(clock() - this.opened).toFixed(0)} ms`);
  }
}
