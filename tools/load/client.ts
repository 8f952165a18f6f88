// The client's program: many connections to an echo, each with a few bytes at a time. Argument: `Order` as JSON; it says `ready`, takes `mark` and
// `finish` from standard input, and ends with the result of every connection.

import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { clock, median } from "../campaign/flow.ts";
import { bytes, differs } from "../campaign/pattern.ts";

export interface Order { host: string; port: number; connections: number; period: number; patience: number }
/** Milliseconds: the longest gap between bytes after the mark less the undisturbed median, and likewise the longest time that an answer took. */
export interface Result { kind: "request" | "stream"; ok: boolean; error?: string; bytes: number; stall: number; wait: number }

const MESSAGE = 100, CONNECTING = 64, KEPT = 64;

/** A longest value after the mark, beside the median of those before. */
class Worst {
  worst = 0;
  private readonly before: number[] = [];
  take(v: number): void {
    if (marked) this.worst = Math.max(this.worst, v);
    else if (this.before.length < KEPT) this.before.push(v);
  }
  get excess(): number { return Math.max(0, this.worst - median(this.before)); }
}

let marked = false;

class Connection {
  readonly opened: Promise<void>;
  readonly done: Promise<Result>;
  private readonly socket: Socket;
  private readonly gaps = new Worst();
  private readonly waits = new Worst();
  private readonly asked: { upTo: number; at: number }[] = [];
  private timer?: NodeJS.Timeout;
  private last = 0;
  private sent = 0;
  private received = 0;
  private due = false;
  private closing = false;
  private over = false;
  private settle!: (r: Result) => void;

  /** `stream`: sends at its times whatever comes back; else only when the last answer is here. */
  constructor(private readonly o: Order, private readonly seed: number, private readonly stream: boolean) {
    this.done = new Promise(ok => { this.settle = ok; });
    this.socket = connect({ host: o.host, port: o.port, allowHalfOpen: true, noDelay: true });
    this.opened = new Promise(ok => { this.socket.once("connect", () => ok()); this.socket.once("close", () => ok()); });
    this.socket.on("data", b => this.data(b));
    this.socket.on("end", () => { this.socket.end(); this.end(this.closing && this.received === this.sent ? "" : `end after ${this.received} of ${this.sent} bytes`); });
    this.socket.on("error", e => this.end((e as NodeJS.ErrnoException).code ?? e.message));
    this.socket.on("close", () => this.end("closed before its end"));
  }

  /** Begins at a random part of the period. */
  start(): void {
    this.last = clock();
    this.timer = setTimeout(() => { this.tick(); this.timer = setInterval(() => this.tick(), this.o.period); }, Math.random() * this.o.period);
  }

  private tick(): void {
    if (!this.stream && this.received < this.sent) { this.due = true; return; }
    this.due = false;
    this.socket.write(bytes(this.seed, this.sent, MESSAGE));
    this.sent += MESSAGE;
    this.asked.push({ upTo: this.sent, at: clock() });
  }

  private data(b: Buffer): void {
    const now = clock(), wrong = differs(this.seed, this.received, b);
    if (wrong >= 0) { this.end(`byte ${this.received + wrong} differs`); return; }
    this.gaps.take(now - this.last);
    this.last = now;
    this.received += b.length;
    while (this.asked.length && this.asked[0].upTo <= this.received) this.waits.take(now - this.asked.shift()!.at);
    if (this.received < this.sent) return;
    if (this.closing) this.socket.end();
    else if (this.due) this.tick();
  }

  finish(): void {
    clearTimeout(this.timer);
    clearInterval(this.timer);
    this.closing = true;
    if (this.received === this.sent) this.socket.end();
  }

  end(error: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    clearInterval(this.timer);
    if (error !== "") this.socket.destroy();
    this.settle({ kind: this.stream ? "stream" : "request", ok: error === "", error: error || undefined, bytes: this.received, stall: this.gaps.excess, wait: this.waits.excess });
  }
  abandon(): void { this.end(`stuck: ${this.received} of ${this.sent} bytes came back, silent for ${(clock() - this.last).toFixed(0)} ms`); }
}

/** Opens all, some at a time, then lets them talk. */
async function open(o: Order): Promise<Connection[]> {
  const all: Connection[] = [];
  const worker = async (): Promise<void> => {
    while (all.length < o.connections) {
      const c = new Connection(o, all.length + 1, all.length % 2 === 1);
      all.push(c);
      await c.opened;
    }
  };
  await Promise.all(Array.from({ length: CONNECTING }, worker));
  for (const c of all) c.start();
  return all;
}

const order = JSON.parse(process.argv[2]) as Order, all = await open(order);
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "mark") marked = true;
  if (line === "finish") break;
}
for (const c of all) c.finish();
const timer = setTimeout(() => all.forEach(c => c.abandon()), order.patience), results = await Promise.all(all.map(c => c.done));
clearTimeout(timer);
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
