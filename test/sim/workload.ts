// What clients do: flows over one connection each, every byte checked, no reset allowed, with the time of each stall.

import { type Client, News, type Socket, type SocketUser } from "./client.ts";
import { Violation } from "./engine.ts";
import { type Stream, Text, verify } from "./pattern.ts";

/** One direction of a flow, as its end sees it. */
export interface FlowSpec {
  name: string;
  addr: number;
  port: number;
  /** What the client sends, and how much of it. */
  out?: Stream;
  outBytes?: number;
  /** What it must receive, and how much; without a number of bytes: until the peer's FIN, checked against `in` as far as it goes. */
  in?: Stream;
  inBytes?: number;
  /** When the client says FIN: once all is sent, or once all is received, or both. */
  shut: "sent" | "received";
  /** Answer and request in turn: sends `turn` bytes, waits for as many, and so on. */
  turn?: number;
  rcvCap?: number;
  sndCap?: number;
  /** Bytes that the client reads at most per millisecond, to make it slow; 0 reads all. */
  readRate?: number;
  /** After so many bytes in both directions the client neither reads nor writes for `pauseFor` microseconds. */
  pauseAt?: number;
  pauseFor?: number;
  /** The client resets the connection once it has received so many bytes. */
  abortAt?: number;
  /** ISN and first TSval, where they matter. */
  numbers?: { isn: number; ts: number };
  /** Milliseconds without an acknowledgement after which the client gives up; default: TCP's own. */
  patience?: number;
  /** Looks at all that was received, once the peer has closed: "" or what is wrong. */
  judge?: (all: Uint8Array) => string;
  /** Set where losing the connection is the promise (all replicas lost). */
  resetAllowed?: boolean;
}

/** A flow from connect to the end of both directions. */
export class Flow implements SocketUser {
  sent = 0;
  got = 0;
  established = false;
  done = false;
  /** The connection was reset, where that is allowed. */
  broken = false;
  finished = false;
  startedAt = 0;
  /** -1: not yet. */
  establishedAt = -1;
  doneAt = 0;
  /** Longest time without any byte or acknowledgement, in microseconds. */
  stall = 0;
  private lastNews = 0;
  private said = false;
  private socket!: Socket;
  private reading = false;
  private paused = false;
  private rested = false;
  private readonly parts: Uint8Array[] = [];

  constructor(readonly client: Client, readonly spec: FlowSpec, readonly localPort: number) {}

  private get now(): number { return this.client.node.engine.now; }

  /** Connects; the rest happens as news comes. */
  start(): void {
    const s = this.spec;
    this.client.act(() => {
      this.startedAt = this.lastNews = this.now;
      this.socket = this.client.connect(this, this.localPort, s.addr, s.port, s.rcvCap ?? 65536, s.sndCap ?? 65536);
      if (s.numbers) this.socket.number(s.numbers.isn, s.numbers.ts);
      if (s.patience) this.socket.patience(s.patience);
    });
  }

  onNews(bits: number): void {
    if (this.done) return;
    if (bits & (News.reset | News.giveUp)) { this.lost(bits & News.reset ? "reset" : "given up"); return; }
    if (bits & News.established) {
      this.established = true;
      this.establishedAt = this.now;
    }
    this.stall = Math.max(this.stall, this.now - this.lastNews);
    this.lastNews = this.now;
    if (bits & News.finished) this.finished = true;
    if (!this.paused) this.advance();
  }

  /** Reads and writes what there is, unless the client rests or leaves. */
  private advance(): void {
    if (this.spec.readRate) this.readSlowly(); else this.read(Infinity);
    if (this.got >= (this.spec.abortAt ?? Infinity)) { this.end(); this.socket.abort(); return; }
    this.write();
    if (this.rests()) return;
    this.settle();
  }

  private rests(): boolean {
    if (this.rested || this.sent + this.got < (this.spec.pauseAt ?? Infinity)) return false;
    this.rested = this.paused = true;
    this.client.node.engine.after(this.spec.pauseFor!, () => {
      this.paused = false;
      if (!this.done) this.client.act(() => this.advance());
    });
    return true;
  }

  private lost(how: string): void {
    if (!this.spec.resetAllowed) throw new Violation(`${this.spec.name}: connection ${how} after ${this.sent} bytes sent, ${this.got} received`);
    this.broken = true;
    this.end();
    this.socket.finish();
  }

  private read(limit: number): void {
    while (limit > 0) {
      const part = this.socket.recv(Math.min(limit, 16384));
      if (part.length === 0) return;
      limit -= part.length;
      if (this.spec.in) verify(this.spec.name, this.spec.in, this.got, part);
      this.got += part.length;
      if (this.spec.judge) this.parts.push(part.slice());
      if (this.spec.inBytes !== undefined && this.got > this.spec.inBytes) throw new Violation(`${this.spec.name}: ${this.got} bytes received, expected ${this.spec.inBytes}`);
    }
  }

  /** Reads a little now and comes back in a millisecond while bytes wait. */
  private readSlowly(): void {
    if (this.reading || this.done) return;
    this.read(this.spec.readRate!);
    if (this.socket.unread === 0) return;
    this.reading = true;
    this.client.node.engine.after(1000, () => {
      this.reading = false;
      if (!this.done && !this.paused) this.client.act(() => this.advance());
    });
  }

  private write(): void {
    const s = this.spec, all = s.outBytes ?? 0;
    for (;;) {
      const stop = s.turn ? Math.min(all, (Math.floor(this.got / s.turn) + 1) * s.turn) : all;
      if (!this.established || this.sent >= stop) break;
      const n = this.socket.send(s.out!.slice(this.sent, Math.min(16384, stop - this.sent)));
      if (n === 0) break;
      this.sent += n;
    }
    const ready = this.sent === all && (s.shut === "sent" || (s.inBytes !== undefined ? this.got === s.inBytes : this.socket.ended));
    if (ready && this.established && !this.said) { this.said = true; this.socket.shut(); }
  }

  private settle(): void {
    if (this.socket.ended && this.socket.unread === 0 && this.spec.inBytes !== undefined && this.got < this.spec.inBytes) {
      throw new Violation(`${this.spec.name}: the peer closed after ${this.got} of ${this.spec.inBytes} bytes`);
    }
    if (!this.finished || this.socket.unread > 0) return;
    this.end();
    this.socket.finish();
    const wrong = this.spec.judge?.(Buffer.concat(this.parts)) ?? "";
    if (wrong) throw new Violation(`${this.spec.name}: ${wrong}`);
  }

  private end(): void {
    this.done = true;
    this.doneAt = this.now;
  }

  /** True once both directions are closed and acknowledged for the client: a duplicate of its last ACK may be answered by a reset. */
  get over(): boolean { return this.done || (this.established && this.socket.ended && this.socket.finAcked); }

  /** One line about how far it is. */
  toString(): string {
    const s = this.spec;
    return `${s.name}: ${this.done ? "done" : this.established ? "open" : "connecting"}, sent ${this.sent}/${s.outBytes ?? 0}, received ${this.got}/${s.inBytes ?? "?"}, longest stall ${Math.round(this.stall / 1000)} ms`;
  }
}

/** A request for a path over HTTP/1.1, and the body that must come back. */
export function httpRequest(host: string, path: string, close: boolean): Text {
  return new Text(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${close ? "Connection: close\r\n" : ""}\r\n`);
}
