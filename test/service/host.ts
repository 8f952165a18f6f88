// A host for a service module: connections in memory, room given byte by byte if a test wants it, content that may come later.

import { readFile } from "node:fs/promises";
import { compile, ROOT } from "../../tools/asc.ts";
import path from "node:path";

export const Kind = { echo: 1, discard: 2, chargen: 3, ttcpSource: 4, ttcpSink: 5, http: 6 } as const;
export const LATER = -11, OUTSIDE = -5;

interface Exports {
  memory: WebAssembly.Memory;
  begin(c: number): void;
  accept(kind: number, c: number): void;
  data(kind: number, c: number, n: number): void;
  eof(kind: number, c: number): void;
  writable(kind: number, c: number, n: number): void;
  closed(kind: number, c: number): void;
  timer(kind: number, id: number): void;
  resume(kind: number, c: number): void;
}

let built: Promise<WebAssembly.Module> | undefined;

/** The built-in services, compiled as a module that imports nothing but the interface. */
export function serviceModule(): Promise<WebAssembly.Module> {
  built ??= (async () => {
    const out = `build/test/service-${process.pid}.wasm`;
    await compile({ entry: "test/service/module.ts", out, memoryKiB: 64, replace: { "assembly/service/api.ts": "test/service/external.ts" } });
    return new WebAssembly.Module(await readFile(path.join(ROOT, out)));
  })();
  return built;
}

/** One connection as the service sees it. */
export class Peer {
  input: Buffer[] = [];
  output: Buffer[] = [];
  room: number;
  closed = false;
  aborted = false;
  constructor(readonly host: Host, readonly c: number, room: number) { this.room = room; }

  get text(): string { return Buffer.concat(this.output).toString("latin1"); }
  get bytes(): Buffer { return Buffer.concat(this.output); }
  get unread(): number { return this.input.reduce((n, b) => n + b.length, 0); }

  /** The client sends; the event goes to the service. */
  send(data: string | Uint8Array): this {
    const b = Buffer.from(data as string, "latin1");
    this.input.push(b);
    this.host.x.data(this.host.kind, this.c, b.length);
    return this;
  }
  end(): this { this.host.x.eof(this.host.kind, this.c); return this; }
  /** The client acknowledged: there is room for n bytes more. */
  free(n: number): this { this.room += n; this.host.x.writable(this.host.kind, this.c, n); return this; }
  resume(): this { this.host.x.resume(this.host.kind, this.c); return this; }

  take(n: number): Buffer {
    const all = Buffer.concat(this.input), got = all.subarray(0, n);
    this.input = n < all.length ? [all.subarray(n)] : [];
    return got;
  }
}

export interface Options {
  kind: number;
  params?: number[];
  content?: Uint8Array;
  /** Answers of `content`: true means later. */
  later?: (offset: number) => boolean;
}

export class Host {
  readonly kind: number;
  readonly x: Exports;
  readonly peers = new Map<number, Peer>();
  contentCalls = 0;

  constructor(module: WebAssembly.Module, readonly options: Options) {
    this.kind = options.kind;
    const peer = (c: number): Peer => {
      const p = this.peers.get(c);
      if (!p) throw new Error(`the service names connection ${c}, which it was never given`);
      return p;
    };
    const mem = (p: number, n: number): Uint8Array => new Uint8Array(this.x.memory.buffer, p, n);
    const hydranet = {
      recv: (c: number, p: number, n: number): number => { const b = peer(c).take(n >>> 0); mem(p, b.length).set(b); return b.length; },
      skip: (c: number): void => { peer(c).take(Infinity); },
      unread: (c: number): number => peer(c).unread,
      send: (c: number, p: number, n: number): number => {
        const to = peer(c);
        if (to.closed) throw new Error(`connection ${c}: the service sends after it closed`);
        const taken = Math.min(n >>> 0, to.room);
        to.output.push(Buffer.from(mem(p, taken)));
        to.room -= taken;
        return taken;
      },
      room: (c: number): number => peer(c).room,
      close: (c: number): void => { if (peer(c).closed) throw new Error(`connection ${c} is closed twice`); peer(c).closed = true; },
      abort: (c: number): void => { peer(c).aborted = true; },
      set_timer: (): void => { throw new Error("no built-in service sets a timer"); },
      now: (): number => 0,
      random: (): number => 4,
      param: (i: number): number => this.options.params?.[i] ?? 0,
      content_size: (): number => this.options.content?.length ?? 0,
      content: (offset: number, p: number, n: number): number => {
        this.contentCalls++;
        if (this.options.later?.(offset)) return LATER;
        const from = offset >>> 0, size = this.options.content?.length ?? 0;
        if (from + n > size) return OUTSIDE;
        mem(p, n).set(this.options.content!.subarray(from, from + n));
        return n;
      },
    };
    this.x = new WebAssembly.Instance(module, { hydranet }).exports as unknown as Exports;
  }

  /** A new connection with that much room to send. */
  connect(c = 0, room = Infinity): Peer {
    const p = new Peer(this, c, room === Infinity ? 0x7fffffff : room);
    this.peers.set(c, p);
    this.x.begin(c);
    this.x.accept(this.kind, c);
    return p;
  }
}
