// The plain TCP grid: one transfer between two client ends for each of nine buffer sizes and eight loss rates at a round trip of 100 ms.

import { Client, News, type Socket, type SocketUser } from "./client.ts";
import { encode, Role } from "./config.ts";
import { Engine, Violation } from "./engine.ts";
import { CLEAN, type Impairment, Lan } from "./net.ts";
import { SimNode } from "./node.ts";
import { addr } from "./packet.ts";
import { Noise, verify } from "./pattern.ts";
import { Pcap } from "./pcap.ts";
import { SITE } from "./world.ts";
import { Flow, type FlowSpec } from "./workload.ts";

export const BUFFERS = [128, 256, 512, 1024, 2048, 8192, 32768, 131072, 524288];
export const LOSSES = [0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3];

/** Both ends go on trying for an hour, ms: at 30 % loss either way, five minutes in vain are one transfer's bad luck in some hundred. */
const PATIENCE = 3_600_000;

/** The listening end: takes `bytes` of noise, says as many back where asked to, closes after its peer. */
class Sink implements SocketUser {
  got = 0;
  done = false;
  private said = false;
  constructor(private readonly socket: Socket, private readonly stream: Noise) { socket.patience(PATIENCE); }

  onNews(bits: number): void {
    if (bits & (News.reset | News.giveUp)) throw new Violation(`sink: connection ${bits & News.reset ? "reset" : "given up"} after ${this.got} bytes`);
    for (let part = this.socket.recv(16384); part.length > 0; part = this.socket.recv(16384)) {
      verify("sink", this.stream, this.got, part);
      this.got += part.length;
    }
    if (this.socket.ended && !this.said) { this.said = true; this.socket.shut(); }
    if (bits & News.finished) { this.done = true; this.socket.finish(); }
  }
}

export interface Cell { buffer: number; loss: number; bytes: number; seed: number; link?: Partial<Impairment>; pcap?: string; limit?: number }

export interface Result { seconds: number; rate: number; hash: string; steps: number }

/** Two client ends on one switch. */
export class Pair {
  readonly engine = new Engine();
  readonly lan: Lan;
  readonly ends: Client[];
  private readonly pcap: Pcap | null;

  constructor(module: WebAssembly.Module, seed: number, link: Partial<Impairment>, pcap?: string) {
    this.lan = new Lan(this.engine, "wire", seed, { ...CLEAN, ...link });
    this.ends = [1, 2].map(i => this.end(module, i, seed));
    this.pcap = pcap ? new Pcap(pcap, ["wire"]) : null;
    this.lan.tap = (_lan, port, frame) => {
      this.engine.trace(this.engine.now + port.index);
      this.engine.traceBytes(frame);
      this.pcap?.frame(0, this.engine.now, frame);
    };
    for (const c of this.ends) c.node.boot();
  }

  private end(module: WebAssembly.Module, i: number, seed: number): Client {
    const mac = 0x020000000000 + i, address = `192.0.2.${i}`;
    const block = encode({
      id: i, role: Role.host, siteId: 1, site: SITE, ifaces: [{ prefix: 24, mtu: 1500, mac, address }], routes: [],
      nodes: [{ id: i, role: Role.host, address }], services: [],
    });
    const node = new SimNode(this.engine, `c${i}`, module, block, seed);
    node.attach(this.lan, mac);
    return new Client(node, addr(address));
  }

  close(): void { this.pcap?.close(); }
}

/** One transfer from the first end to the second. Throws a Violation where it does not complete byte-exact within its limit. */
export function transfer(module: WebAssembly.Module, cell: Cell): Result {
  const link = { delay: 50_000, loss: cell.loss, ...cell.link };
  const pair = new Pair(module, cell.seed, link, cell.pcap), [a, b] = pair.ends, e = pair.engine, stream = new Noise(cell.seed);
  let sink: Sink | null = null;
  b.accept = socket => (sink = new Sink(socket, stream));
  b.act(() => b.listen(9, cell.buffer, cell.buffer));
  const spec: FlowSpec = { name: "source", addr: b.address, port: 9, out: stream, outBytes: cell.bytes, inBytes: 0, shut: "sent", patience: PATIENCE, rcvCap: cell.buffer, sndCap: cell.buffer };
  const flow = new Flow(a, spec, 40001);
  e.after(1000, () => flow.start());
  try {
    e.run((cell.limit ?? 3600) * 1e6, () => flow.done && sink !== null && sink.done);
    const got = (sink as Sink | null)?.got ?? 0;
    if (!flow.done || got !== cell.bytes) throw new Violation(`not complete after ${e.now / 1e6} s: ${flow}; sink has ${got}`);
    return { seconds: e.now / 1e6, rate: cell.bytes / 1e3 / (e.now / 1e6), hash: e.hash(), steps: e.steps };
  } finally {
    pair.close();
  }
}
