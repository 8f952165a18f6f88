// A client that sends different bytes for the same sequence numbers: each segment in two versions, in any order, again and again. What comes
// back must be one of the two at each segment, and what was acknowledged must come back.

import { sleep } from "../lab/lab.ts";
import { byteAt, bytes } from "./pattern.ts";
import { FLAG, parseTcp, type Raw, type Segment, tcp } from "./raw.ts";

const VERSIONS = [11, 12], WINDOW = 12, SIZE = 700;

export interface Lie { error?: string; echoed: number; acked: number; reset: boolean }

export class Liar {
  private readonly iss = Math.floor(Math.random() * 2 ** 32);
  private rcvNxt = 0;
  private una = 0;
  private echoed = 0;
  private synced = false;
  private finished = false;
  private error?: string;
  private reset = false;

  constructor(private readonly raw: Raw, private readonly src: number, private readonly dst: number, private readonly sport: number, private readonly dport: number) {
    raw.onPacket = p => { const s = parseTcp(p); if (s.src === dst && s.dport === sport) this.take(s); };
  }

  private send(seq: number, flags: number, payload: Buffer = Buffer.alloc(0)): void {
    this.raw.send(tcp({ src: this.src, dst: this.dst, sport: this.sport, dport: this.dport, seq: this.iss + seq, ack: flags & FLAG.ack ? this.rcvNxt : 0, flags, payload }));
  }

  private take(s: Segment): void {
    if (s.flags & FLAG.rst) { this.reset = true; return; }
    if (s.flags & FLAG.syn) { this.rcvNxt = s.seq + 1 >>> 0; this.synced = true; }
    if (s.flags & FLAG.ack) this.una = Math.max(this.una, (s.ack - this.iss | 0) - 1);
    const skip = this.rcvNxt - s.seq | 0;
    if (!(s.flags & FLAG.syn) && skip >= 0 && skip <= s.payload.length) {
      this.judge(s.payload.subarray(skip));
      this.rcvNxt = this.rcvNxt + s.payload.length - skip >>> 0;
      if (s.flags & FLAG.fin && !this.finished) { this.finished = true; this.rcvNxt = this.rcvNxt + 1 >>> 0; }
    }
    if (s.payload.length || s.flags & (FLAG.syn | FLAG.fin)) this.send(1 + this.sentTo, FLAG.ack);
  }
  private sentTo = 0;

  private judge(b: Buffer): void {
    for (let i = 0; i < b.length; i++, this.echoed++) {
      if (!VERSIONS.some(v => byteAt(v, this.echoed) === b[i])) this.error ??= `echoed byte ${this.echoed} was never sent`;
    }
  }

  /** One connection of n bytes. */
  async run(n: number, ms: number): Promise<Lie> {
    const until = Date.now() + ms, over = (): boolean => this.reset || Date.now() > until;
    while (!this.synced && !over()) { this.send(0, FLAG.syn); await sleep(60); }
    while (this.una < n && !over()) {
      this.burst(n);
      await sleep(8);
    }
    while (!(this.finished && this.una > n) && !over()) { this.sentTo = n + 1; this.send(1 + n, FLAG.ack | FLAG.fin); await sleep(40); }
    if (!this.error && !this.reset && !this.finished) this.error = this.synced ? `stuck: ${this.una} of ${n} bytes acknowledged, ${this.echoed} echoed` : "no connection";
    if (!this.error && !this.reset && this.echoed !== n) this.error = `${this.echoed} of ${n} bytes echoed`;
    return { error: this.error, echoed: this.echoed, acked: this.una, reset: this.reset };
  }

  /** Both versions of what lies in the window, in random order. */
  private burst(n: number): void {
    const starts: [number, number][] = [];
    for (let at = this.una; at < Math.min(n, this.una + WINDOW * SIZE); at += SIZE) for (const v of VERSIONS) starts.push([at, v]);
    for (const [at, v] of starts.sort(() => Math.random() - 0.5)) {
      const size = Math.min(SIZE, n - at);
      this.sentTo = Math.max(this.sentTo, at + size);
      this.send(1 + at, FLAG.ack | FLAG.push, bytes(v, at, size));
    }
  }
}
