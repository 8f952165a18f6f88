// The RPC of docs/sockets.md: one call at a time on one connection, in Linux's numbers.

import net from "node:net";

export const Op = {
  socket: 1, bind: 2, listen: 3, accept: 4, connect: 5, read: 6, write: 7, recv: 8, send: 9, close: 10, shutdown: 11, getsockopt: 12, setsockopt: 13, fcntl: 14, poll: 15,
  ioctl: 16, getsockname: 17, getpeername: 18,
} as const;

/** Names of the errors that a call may give. */
const ERRORS: Record<number, string> = {
  2: "ENOENT", 9: "EBADF", 11: "EAGAIN", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE", 32: "EPIPE", 38: "ENOSYS", 92: "ENOPROTOOPT", 93: "EPROTONOSUPPORT", 94: "ESOCKTNOSUPPORT",
  95: "EOPNOTSUPP", 97: "EAFNOSUPPORT", 98: "EADDRINUSE", 99: "EADDRNOTAVAIL", 101: "ENETUNREACH", 103: "ECONNABORTED", 104: "ECONNRESET", 105: "ENOBUFS", 106: "EISCONN",
  107: "ENOTCONN", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 114: "EALREADY", 115: "EINPROGRESS",
};

export class SocketError extends Error {
  constructor(readonly errno: number, what: string) { super(`${what}: ${ERRORS[errno] ?? `error ${errno}`}`); }
  get code(): string { return ERRORS[this.errno] ?? String(this.errno); }
}

export interface Reply { result: number; errno: number; data: Buffer }
export interface Address { address: string; port: number }
export interface PollFd { fd: number; events: number; revents: number }

const NO_DATA = Buffer.alloc(0);

/** A sockaddr_in. */
export function sockaddr(address: string, port: number): Buffer {
  const b = Buffer.alloc(16);
  b.writeUInt16LE(2, 0);
  b.writeUInt16BE(port, 2);
  address.split(".").forEach((part, i) => b.writeUInt8(Number(part), 4 + i));
  return b;
}

export function readSockaddr(b: Buffer): Address { return { address: [...b.subarray(4, 8)].join("."), port: b.readUInt16BE(2) }; }
export function int(v: number): Buffer { const b = Buffer.alloc(4); b.writeInt32LE(v | 0); return b; }

export class Rpc {
  private waiting?: (r: Reply | Error) => void;
  private got = NO_DATA;
  private constructor(readonly socket: net.Socket) {
    socket.on("data", d => this.take(d));
    socket.on("error", e => this.waiting?.(e));
    socket.on("close", () => this.waiting?.(new Error("the node has closed the RPC connection")));
  }

  static open(path: string): Promise<Rpc> {
    return new Promise((done, fail) => {
      const s = net.connect(path);
      s.once("error", e => fail(new Error(`${path}: ${e.message}`)));
      s.once("connect", () => { s.removeAllListeners("error"); done(new Rpc(s)); });
    });
  }

  end(): void { this.socket.destroy(); }

  private take(d: Buffer): void {
    this.got = Buffer.concat([this.got, d]);
    if (this.got.length < 12 || this.got.length < 12 + this.got.readUInt32LE(8)) return;
    const n = this.got.readUInt32LE(8), r = { result: this.got.readInt32LE(0), errno: this.got.readInt32LE(4), data: Buffer.from(this.got.subarray(12, 12 + n)) };
    this.got = this.got.subarray(12 + n);
    const done = this.waiting;
    this.waiting = undefined;
    done?.(r);
  }

  /** One call as it goes over the wire. */
  raw(op: number, a = 0, b = 0, c = 0, data: Uint8Array = NO_DATA): Promise<Reply> {
    if (this.waiting) throw new Error("a call is outstanding on this RPC connection");
    const head = Buffer.alloc(20);
    [op, a, b, c, data.length].forEach((v, i) => head.writeUInt32LE(v >>> 0, 4 * i));
    return new Promise((done, fail) => {
      this.waiting = r => r instanceof Error ? fail(r) : done(r);
      this.socket.write(Buffer.concat([head, data]));
    });
  }

  private async call(what: keyof typeof Op, a = 0, b = 0, c = 0, data?: Uint8Array): Promise<Reply> {
    const r = await this.raw(Op[what], a, b, c, data);
    if (r.result < 0) throw new SocketError(r.errno, what);
    return r;
  }

  private async number(what: keyof typeof Op, a = 0, b = 0, c = 0, data?: Uint8Array): Promise<number> { return (await this.call(what, a, b, c, data)).result; }

  stream(flags = 0): Promise<number> { return this.number("socket", 2, 1 | flags, 0); }
  bind(fd: number, address: string, port: number): Promise<number> { return this.number("bind", fd, 0, 0, sockaddr(address, port)); }
  listen(fd: number, backlog: number): Promise<number> { return this.number("listen", fd, backlog); }
  async accept(fd: number): Promise<{ fd: number; peer: Address }> { const r = await this.call("accept", fd); return { fd: r.result, peer: readSockaddr(r.data) }; }
  connect(fd: number, address: string, port: number): Promise<number> { return this.number("connect", fd, 0, 0, sockaddr(address, port)); }
  async read(fd: number, size = 32768): Promise<Buffer> { return (await this.call("read", fd, size)).data; }
  write(fd: number, data: Uint8Array | string): Promise<number> { return this.number("write", fd, 0, 0, Buffer.from(data as Uint8Array)); }
  async recv(fd: number, size: number, flags: number): Promise<Buffer> { return (await this.call("recv", fd, size, flags)).data; }
  send(fd: number, data: Uint8Array | string, flags: number): Promise<number> { return this.number("send", fd, 0, flags, Buffer.from(data as Uint8Array)); }
  close(fd: number): Promise<number> { return this.number("close", fd); }
  shutdown(fd: number, how: number): Promise<number> { return this.number("shutdown", fd, how); }
  async getsockopt(fd: number, level: number, name: number, size = 4): Promise<Buffer> { return (await this.call("getsockopt", fd, level, name, int(size))).data; }
  async option(fd: number, level: number, name: number): Promise<number> { return (await this.getsockopt(fd, level, name)).readInt32LE(0); }
  setsockopt(fd: number, level: number, name: number, value: number | Uint8Array): Promise<number> { return this.number("setsockopt", fd, level, name, typeof value === "number" ? int(value) : value); }
  fcntl(fd: number, cmd: number, arg = 0): Promise<number> { return this.number("fcntl", fd, cmd, arg); }
  async ioctl(fd: number, request: number): Promise<number> { return (await this.call("ioctl", fd, request)).data.readInt32LE(0); }
  async name(fd: number): Promise<Address> { return readSockaddr((await this.call("getsockname", fd)).data); }
  async peer(fd: number): Promise<Address> { return readSockaddr((await this.call("getpeername", fd)).data); }

  /** The revents of each, and how many are not zero. */
  async poll(fds: Array<{ fd: number; events: number }>, timeout: number): Promise<PollFd[]> {
    const b = Buffer.alloc(8 * fds.length);
    fds.forEach((f, i) => { b.writeInt32LE(f.fd, 8 * i); b.writeUInt16LE(f.events, 8 * i + 4); });
    const r = await this.call("poll", fds.length, timeout, 0, b);
    return fds.map((f, i) => ({ ...f, revents: r.data.readUInt16LE(8 * i + 6) }));
  }
}
