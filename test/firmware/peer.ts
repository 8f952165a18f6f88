// The simulator's client end (our TCP) in real time: a connection that sends a pattern and takes it back, or a server that echoes.

import { build, load } from "../sim/build.ts";
import { encode, Role } from "../sim/config.ts";
import { dotted } from "../sim/packet.ts";

const enum Abi { config = 2, rings = 5 }
const enum Ring { rxSlots = 0, rxSize = 1, rxPosted = 2, rxFilled = 3, txSlots = 4, txSize = 5, txQueued = 6, txSent = 7 }
const BUFFER = 32768, CHUNK = 8192;

interface Exports {
  memory: WebAssembly.Memory;
  abi(): number; init(p: number, n: number): number; poll(now: bigint): number; flush(): number; buffer(): number;
  listen(port: number, rcv: number, snd: number, mss: number): void;
  connect(port: number, address: number, remotePort: number, rcv: number, snd: number): number;
  news(): number; send(s: number, n: number): number; recv(s: number, n: number): number; room(s: number): number; unread(s: number): number;
  shut(s: number): void; finish(s: number): void; state(s: number): number;
}

export class Peer {
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #began = process.hrtime.bigint();
  #timer?: NodeJS.Timeout;
  #queue: Uint8Array[] = [];
  #stopped = false;
  /** Called after each poll. */
  #work: () => void = () => {};
  private constructor(private readonly x: Exports, private readonly out: (frame: Uint8Array) => void) {
    this.#words = new Uint32Array(x.memory.buffer);
    this.#bytes = new Uint8Array(x.memory.buffer);
  }

  /** gateway: the router to everywhere else. */
  static async create(address: number, mac: number, gateway: number, out: (frame: Uint8Array) => void): Promise<Peer> {
    await build(["peer"]);
    const env = { log() {}, entropy: () => 0, store_read: () => 0, store_write() {}, content_read: () => -5 };
    const x = new WebAssembly.Instance((await load(["peer"])).peer, { env }).exports as unknown as Exports, p = new Peer(x, out), own = dotted(address);
    const block = encode({
      id: 1, role: Role.host, siteId: 1, ifaces: [{ prefix: 24, mtu: 1500, mac, address: own }], routes: [{ prefix: "0.0.0.0", length: 0, iface: 0, via: dotted(gateway) }], nodes: [{ id: 1, role: Role.host, address: own }], services: [],
      site: { key: new Uint8Array(16).fill(7), leaseMs: 60, marginMs: 5, guardMs: 1000, lossTimeoutMs: 5000, probeMs: 3, probes: 3, managePort: 7846, chainPort: 7847, tunnel: "10.0.0.1" },
    });
    const config = p.#abi(Abi.config);
    p.#bytes.set(block, config);
    const e = x.init(config, block.length);
    if (e !== 0) throw new Error(`the peer refused its configuration: ${e}`);
    p.#poll();
    return p;
  }

  #abi(i: Abi): number { return this.#words[(this.x.abi() >> 2) + i]; }
  get #ring(): number { return this.#abi(Abi.rings) >> 2; }

  receive(frame: Uint8Array): void {
    this.#queue.push(frame.slice());
    if (this.#queue.length === 1) setImmediate(() => this.#poll());
  }

  #poll(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    const r = this.#ring, w = this.#words;
    while (this.#queue.length && w[r + Ring.rxPosted] !== w[r + Ring.rxFilled]) {
      const f = this.#queue.shift()!, slot = (w[r + Ring.rxSlots] >> 2) + 4 * (w[r + Ring.rxFilled] & w[r + Ring.rxSize] - 1);
      this.#bytes.set(f, w[slot]);
      w[slot + 1] = f.length;
      w[r + Ring.rxFilled]++;
    }
    let wait = this.x.poll((process.hrtime.bigint() - this.#began) / 1000n) >>> 0;
    this.#work();
    wait = Math.min(wait, this.x.flush() >>> 0);
    for (; w[r + Ring.txSent] !== w[r + Ring.txQueued]; w[r + Ring.txSent]++) {
      const slot = (w[r + Ring.txSlots] >> 2) + 8 * (w[r + Ring.txSent] & w[r + Ring.txSize] - 1), [head, n, body, b] = w.subarray(slot, slot + 4);
      this.out(Buffer.concat([this.#bytes.subarray(head, head + n), this.#bytes.subarray(body, body + b)]));
    }
    this.#timer = setTimeout(() => this.#poll(), this.#queue.length ? 0 : Math.min(wait / 1000, 50));
  }

  /** Sends `bytes` of a pattern and takes them back; rejects on a wrong byte, or after `patience` ms without progress. */
  echo(address: number, port: number, bytes: number, patience: number): Promise<void> {
    return new Promise((done, fail) => {
      const x = this.x, buffer = x.buffer(), s = x.connect(30000, address, port, BUFFER, BUFFER);
      let sent = 0, got = 0, moved = Date.now(), closed = false;
      const watch = setInterval(() => { if (Date.now() - moved > patience) over(new Error(`the connection stands still: ${sent} bytes sent, ${got} came back, state ${x.state(s)}`)); }, 200);
      const over = (e?: Error): void => { clearInterval(watch); this.#work = () => {}; if (e) fail(e); else done(); };
      this.#work = () => {
        while (x.news()) { /* looked at below */ }
        const n = Math.min(x.room(s), bytes - sent, CHUNK);
        if (n > 0) { for (let i = 0; i < n; i++) this.#bytes[buffer + i] = pattern(sent + i); sent += x.send(s, n); moved = Date.now(); }
        for (let k = x.recv(s, CHUNK); k > 0; k = x.recv(s, CHUNK)) {
          for (let i = 0; i < k; i++) if (this.#bytes[buffer + i] !== pattern(got + i)) { over(new Error(`byte ${got + i} of the echo is wrong`)); return; }
          got += k;
          moved = Date.now();
        }
        if (got === bytes && !closed) { closed = true; x.shut(s); setTimeout(() => over(), 200); }
      };
      this.#poll();
    });
  }

  /** Takes connections to a port and sends back what comes on them. */
  serve(port: number): void {
    const x = this.x, all = new Set<number>();
    x.listen(port, BUFFER, BUFFER, 1460);
    this.#work = () => {
      for (let s = x.news(); s; s = x.news()) all.add(s);
      for (const s of all) for (let n = Math.min(x.room(s), x.unread(s), CHUNK); n > 0; n = Math.min(x.room(s), x.unread(s), CHUNK)) x.send(s, x.recv(s, n));
    };
  }

  stop(): void { this.#stopped = true; clearTimeout(this.#timer); }
}

function pattern(at: number): number { return at * 31 + (at >>> 8) * 7 + (at >>> 16) & 255; }
