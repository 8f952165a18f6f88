// A client machine: the peer module in a simulated node, its sockets, and the flows that use them.

import { Violation } from "./engine.ts";
import { type Exports, type SimNode } from "./node.ts";

/** News of a socket, as `Dirty` in assembly/tcp/conn.ts. */
export const enum News { established = 1, data = 2, fin = 4, ack = 8, reset = 16, giveUp = 32, finished = 64 }

/** What the peer module exports beyond host/ABI.md. */
interface PeerExports extends Exports {
  buffer(): number;
  flush(): number;
  connect(port: number, addr: number, remotePort: number, rcvCap: number, sndCap: number): number;
  number(s: number, isn: number, ts: number): void;
  patience(s: number, ms: number): void;
  listen(port: number, rcvCap: number, sndCap: number, mssLimit: number): void;
  news(): number;
  newsBits: WebAssembly.Global;
  send(s: number, n: number): number;
  recv(s: number, n: number): number;
  unread(s: number): number;
  room(s: number): number;
  shut(s: number): void;
  finish(s: number): void;
  abort(s: number): void;
  state(s: number): number;
  remotePort(s: number): number;
  localPort(s: number): number;
  finDep(s: number): number;
  finAcked(s: number): number;
  heardAck(s: number): number;
  framesFree(): number;
  framesPosted(): number;
}

/** Whoever uses a socket. */
export interface SocketUser {
  onNews(bits: number): void;
}

/** The sockets of one client machine. Calls outside of `onNews` go through `act`. */
export class Client {
  private readonly users = new Map<number, SocketUser>();
  /** Makes the user of a connection that arrived at a listening port. */
  accept: ((socket: Socket) => SocketUser) | null = null;

  constructor(readonly node: SimNode, readonly address: number) {
    node.afterPoll = () => this.serve();
  }

  get x(): PeerExports { return this.node.exports as PeerExports; }

  /** Runs `run` now, then lets the module send what it has to. */
  act(run: () => void): void {
    if (!this.node.up) throw new Violation(`${this.node.name}: used while down`);
    run();
    this.serve();
    this.node.kick(0);
  }

  connect(user: SocketUser, localPort: number, addr: number, port: number, rcvCap: number, sndCap: number): Socket {
    const s = this.x.connect(localPort, addr, port, rcvCap, sndCap);
    if (s === 0) throw new Violation(`${this.node.name}: no socket left`);
    this.users.set(s, user);
    return new Socket(this, s);
  }

  listen(port: number, rcvCap: number, sndCap: number): void { this.x.listen(port, rcvCap, sndCap, 0); }

  /** Hands news to the flows until there is none. */
  private serve(): void {
    const x = this.x;
    let any = false;
    for (let s = x.news(); s !== 0; s = x.news()) {
      any = true;
      const bits = x.newsBits.value as number;
      const user = this.users.get(s) ?? this.adopt(s);
      user?.onNews(bits);
    }
    if (any) this.node.kick(x.flush());
  }

  private adopt(s: number): SocketUser | undefined {
    if (!this.accept) return undefined;
    const user = this.accept(new Socket(this, s));
    this.users.set(s, user);
    return user;
  }

  forget(s: number): void { this.users.delete(s); }
}

export class Socket {
  constructor(readonly client: Client, readonly handle: number) {}
  private get x(): PeerExports { return this.client.x; }

  /** Sends bytes; returns how many there was room for. */
  send(data: Uint8Array): number {
    const n = Math.min(data.length, 65536), x = this.x;
    this.client.node.bytes.set(n < data.length ? data.subarray(0, n) : data, x.buffer());
    return x.send(this.handle, n) >>> 0;
  }

  /** At most n received bytes, a view that the next call overwrites. */
  recv(n: number): Uint8Array {
    const x = this.x, at = x.buffer(), got = x.recv(this.handle, Math.min(n, 65536)) >>> 0;
    return this.client.node.bytes.subarray(at, at + got);
  }

  get unread(): number { return this.x.unread(this.handle) >>> 0; }
  get room(): number { return this.x.room(this.handle) >>> 0; }
  get state(): number { return this.x.state(this.handle); }
  get ended(): boolean { return this.x.finDep(this.handle) !== 0; }
  get finAcked(): boolean { return this.x.finAcked(this.handle) !== 0; }
  get localPort(): number { return this.x.localPort(this.handle); }
  /** Before anything is sent: the ISN, and the first TSval. */
  number(isn: number, ts: number): void { this.x.number(this.handle, isn, ts); }
  /** Milliseconds without an acknowledgement after which the connection is given up. */
  patience(ms: number): void { this.x.patience(this.handle, ms); }
  shut(): void { this.x.shut(this.handle); }
  abort(): void { this.x.abort(this.handle); this.client.forget(this.handle); }
  finish(): void { this.x.finish(this.handle); this.client.forget(this.handle); }
}
