// A scripted TCP end on the clients' network: it sends exactly the segments that a schedule says, keeps all that comes back, and does nothing of
// its own but answer ARP and, while `answers` is set, acknowledge what comes.

import { Violation } from "./engine.ts";
import { type Port, type Receiver } from "./net.ts";
import { addr, arp, describe, EtherType, Flag, ipAt, ipv4, parseTcp, put16, put32, Segment, tcp, u16, u32 } from "./packet.ts";
import { mac, VHOST, type World } from "./world.ts";

/** A segment that came, when, and its payload. */
export interface Heard { at: number; s: Segment; data: Uint8Array }

/** What the SYN says; options that are absent are left out. */
export interface RawOptions { isn: number; mss: number; wscale: number; timestamps: boolean; sack: boolean; window: number; tsBase: number }
const USUAL: RawOptions = { isn: 1000, mss: 1460, wscale: -1, timestamps: true, sack: false, window: 65535, tsBase: 5000 };

/** What one segment says otherwise than usual. */
export interface Said { flags?: number; ack?: number; window?: number; tsVal?: number; noTs?: boolean; options?: Uint8Array }

const FIRST = 100;

/** A machine with scripted connections. */
export class RawPeer implements Receiver {
  readonly address: number;
  /** Frames that belong to no connection of this machine. */
  readonly others: Uint8Array[] = [];
  private readonly mac: number;
  private readonly port: Port;
  private readonly conns = new Map<number, RawConn>();

  /** `server`: whom its connections and segments are for. */
  constructor(readonly world: World, index: number, readonly server = addr(VHOST)) {
    this.address = addr(`192.0.2.${FIRST + index}`);
    this.mac = mac(0, FIRST + index);
    this.port = world.clientLan.attach(`raw${index}`, this.mac, this, 0);
  }

  get now(): number { return this.world.engine.now; }

  /** A connection from a local port; nothing is sent yet. A new one takes the place of an old one of the same port. */
  conn(localPort: number, port = 7, options: Partial<RawOptions> = {}): RawConn {
    const c = new RawConn(this, localPort, port, { ...USUAL, ...options });
    this.conns.set(localPort, c);
    return c;
  }

  receive(_iface: number, frame: Uint8Array): void {
    if (u16(frame, 12) === EtherType.arp) { this.resolve(frame); return; }
    const ip = ipAt(frame), s = new Segment();
    const c = ip >= 0 && parseTcp(frame, ip, s) && s.dst === this.address ? this.conns.get(s.dstPort) : undefined;
    if (c) c.arrive(s, frame);
    else this.others.push(frame);
  }

  private resolve(frame: Uint8Array): void {
    if (u16(frame, 20) !== 1 || u32(frame, 38) !== this.address) return;
    this.port.send(arp(2, this.mac, this.address, mac(0, 1), u32(frame, 28)));
  }

  /** Sends a whole frame as it is. */
  frame(b: Uint8Array): void { this.port.send(b); }

  /** A segment to the server, from this machine or under another address. */
  segment(localPort: number, port: number, seq: number, ack: number, flags: number, window: number, options?: Uint8Array, data?: Uint8Array, src = this.address): Uint8Array {
    return tcp({ srcMac: this.mac, dstMac: mac(0, 1), src, dst: this.server, srcPort: localPort, dstPort: port, seq: seq >>> 0, ack: ack >>> 0, flags, window, options, data });
  }

  /** An IP packet by way of the redirector. */
  packet(dst: number, proto: number, payload: Uint8Array, src = this.address): Uint8Array { return ipv4(this.mac, mac(0, 1), src, dst, proto, payload); }
}

/** One scripted connection. Offsets are stream offsets; 0 is the first data byte either way. */
export class RawConn {
  /** The server's ISN, -1 before its SYN. */
  irs = -1;
  /** Bytes received in order, and whether the server's FIN followed them. */
  got: Uint8Array = new Uint8Array(0);
  ended = false;
  /** What the server has acknowledged, our FIN counted, and the right edge that it offers. */
  acked = 0;
  edge = 0;
  resets = 0;
  /** Whether what comes is acknowledged at once. */
  answers = true;
  /** The window field of what is sent. */
  window: number;
  readonly heard: Heard[] = [];
  /** Latest TSval of the server. */
  tsRecent = 0;
  private scale = 0;
  private readonly apart: { off: number; data: Uint8Array }[] = [];
  private finOff = -1;

  constructor(readonly peer: RawPeer, readonly localPort: number, readonly port: number, readonly o: RawOptions) { this.window = o.window; }

  private get ts(): number { return this.o.tsBase + Math.floor(this.peer.now / 1000) >>> 0; }

  /** The SYN, once more each time. */
  syn(): void { this.peer.frame(this.peer.segment(this.localPort, this.port, this.o.isn, 0, Flag.syn, Math.min(this.o.window, 65535), this.synOptions())); }

  private synOptions(): Uint8Array {
    const o = this.o, b: number[] = [2, 4, o.mss >>> 8, o.mss & 255];
    if (o.sack) b.push(1, 1, 4, 2);
    if (o.wscale >= 0) b.push(1, 3, 3, o.wscale);
    if (o.timestamps) b.push(1, 1, 8, 10, ...bytes32(this.ts), 0, 0, 0, 0);
    return Uint8Array.from(b);
  }

  /** Bytes at an offset; `say` changes what the header says. */
  data(off: number, data: Uint8Array, say: Said = {}): void { this.say(off, say, data); }

  /** An ACK of what was received in order, or of `ack` (an offset). */
  ack(say: Said = {}): void { this.say(this.acked, say); }

  /** The FIN behind `off` bytes, with the last of them as payload where given. */
  fin(off: number, data?: Uint8Array): void { this.say(off - (data?.length ?? 0), { flags: Flag.ack | Flag.fin }, data); }

  /** A reset at an offset. */
  rst(off: number): void { this.say(off, { flags: Flag.rst, noTs: true }); }

  /** The next ACK number: what was received in order. */
  get ackNo(): number { return this.irs < 0 ? 0 : this.irs + 1 + this.got.length + (this.ended ? 1 : 0) >>> 0; }

  /** The frame of a segment at an offset. */
  build(off: number, say: Said, data?: Uint8Array): Uint8Array {
    const ack = say.ack === undefined ? this.ackNo : this.irs + 1 + say.ack;
    return this.peer.segment(this.localPort, this.port, this.o.isn + 1 + off, ack, say.flags ?? Flag.ack | (data ? Flag.psh : 0), say.window ?? this.window, say.options ?? this.stamp(say), data);
  }

  private say(off: number, say: Said, data?: Uint8Array): void { this.peer.frame(this.build(off, say, data)); }

  private stamp(say: Said): Uint8Array | undefined {
    if (!this.o.timestamps || say.noTs) return undefined;
    return Uint8Array.from([1, 1, 8, 10, ...bytes32(say.tsVal ?? this.ts), ...bytes32(this.tsRecent)]);
  }

  arrive(s: Segment, frame: Uint8Array): void {
    const data = frame.slice(s.data, s.data + s.length);
    this.heard.push({ at: this.peer.now, s, data });
    if (s.has(Flag.rst)) { this.resets++; return; }
    if (s.tsVal >= 0) this.tsRecent = s.tsVal;
    if (s.has(Flag.syn)) { this.irs = s.seq; this.scale = s.wscale < 0 || this.o.wscale < 0 ? 0 : s.wscale; }
    if (this.irs < 0) return;
    this.acknowledged(s);
    const off = s.seq - this.irs - 1 | 0;
    if (s.has(Flag.fin)) this.finOff = off + s.length;
    if (s.length > 0) this.take(off, data);
    if (this.finOff === this.got.length) this.ended = true;
    if (this.answers && (s.length > 0 || s.has(Flag.syn) || s.has(Flag.fin))) this.ack();
  }

  private acknowledged(s: Segment): void {
    const off = s.ack - this.o.isn - 1 | 0;
    this.acked = Math.max(this.acked, off);
    this.edge = Math.max(this.edge, off + (s.has(Flag.syn) ? s.window : s.window * 2 ** this.scale));
  }

  /** Bytes at an offset: those received before must be the same. */
  private take(off: number, data: Uint8Array): void {
    const again = Math.min(data.length, this.got.length - off);
    if (again > 0 && off >= 0 && Buffer.compare(data.subarray(0, again), this.got.subarray(off, off + again)) !== 0) {
      throw new Violation(`${this}: other bytes at offset ${off} than before: ${describe(this.heard[this.heard.length - 1].s)}`);
    }
    if (off > this.got.length) { this.apart.push({ off, data }); return; }
    if (again < data.length) this.got = concat(this.got, data.subarray(again));
    const i = this.apart.findIndex(x => x.off <= this.got.length);
    if (i >= 0) { const [x] = this.apart.splice(i, 1); this.take(x.off, x.data); }
  }

  /** Segments that came since a moment. */
  since(at: number): Heard[] { return this.heard.filter(h => h.at >= at); }

  toString(): string { return `scripted connection ${this.localPort}`; }
}

function bytes32(v: number): number[] { return [v >>> 24, v >>> 16 & 255, v >>> 8 & 255, v & 255]; }

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** An IP packet of a frame in fragments of at most `size` payload bytes (a multiple of 8), in order. */
export function fragments(frame: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [], total = u16(frame, 16) - 20;
  for (let at = 0; at < total; at += size) {
    const n = Math.min(size, total - at), b = new Uint8Array(34 + n);
    b.set(frame.subarray(0, 34));
    b.set(frame.subarray(34 + at, 34 + at + n), 34);
    put16(b, 16, 20 + n);
    put16(b, 18, 0x4242);
    put16(b, 20, at >> 3 | (at + n < total ? 0x2000 : 0));
    checksum(b);
    out.push(b);
  }
  return out;
}

/** Completes the IP header's checksum. */
function checksum(b: Uint8Array): void {
  put16(b, 24, 0);
  let s = 0;
  for (let i = 14; i < 34; i += 2) s += u16(b, i);
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  put16(b, 24, ~s & 0xffff);
}

/** The ICMP message "fragmentation needed" about a segment that was heard, without its IP header. */
export function tooBig(heard: Heard, mtu: number): { type: number; code: number; rest: number; data: Uint8Array } {
  const q = new Uint8Array(28);
  q[0] = 0x45; q[8] = 60; q[9] = 6;
  put16(q, 2, 20 + 20 + heard.data.length);
  put16(q, 6, 0x4000);
  put32(q, 12, heard.s.src);
  put32(q, 16, heard.s.dst);
  put16(q, 20, heard.s.srcPort);
  put16(q, 22, heard.s.dstPort);
  put32(q, 24, heard.s.seq);
  return { type: 3, code: 4, rest: mtu, data: q };
}
