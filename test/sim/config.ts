// The configuration block (docs/architecture.md) of each simulated node, built field by field.

import { addr, putMac } from "./packet.ts";

const MAGIC = 0x4e445948;
const enum Type { site = 1, iface = 2, route = 3, node = 4, service = 5, metric = 6, content = 7 }
export const enum Role { redirector = 1, host = 2 }
export const enum Mode { route = 0, nearest = 1, ft = 2, plain = 3 }
export const enum Kind { echo = 1, discard = 2, chargen = 3, ttcpSource = 4, ttcpSink = 5, http = 6 }

export interface SiteConfig {
  key: Uint8Array;
  leaseMs: number; marginMs: number; guardMs: number; lossTimeoutMs: number;
  probeMs: number; probes: number; managePort: number; chainPort: number; tunnel: string;
}
export interface IfaceConfig { control?: boolean; proxyArp?: boolean; prefix: number; mtu: number; mac: number; address: string }
export interface RouteConfig { prefix: string; length: number; iface: number; via?: string }
export interface NodeConfig { id: number; role: Role; address: string }
export interface ServiceConfig {
  id: number; mode: Mode; kind: Kind; members: number[]; vHost: string; port: number; mssLimit: number;
  rcv: number; snd: number; heartbeatMs: number; silenceMs: number; retransmissions: number; lagMs: number;
  divergence?: number; congestion?: number; flags?: number; params?: number[]; origin?: string;
}
export interface ContentConfig { length: number; sha256: Uint8Array }
export interface BlockConfig {
  id: number; role: Role; siteId: number; site: SiteConfig; ifaces: IfaceConfig[]; routes: RouteConfig[]; nodes: NodeConfig[];
  services: ServiceConfig[]; content?: ContentConfig;
}

/** Encodes one node's block. */
export function encode(c: BlockConfig): Uint8Array {
  const records = [
    site(c.site), ...c.ifaces.map(iface), ...c.routes.map(route), ...c.nodes.map(node), ...c.services.map(service),
    ...(c.content ? [content(c.content)] : []),
  ];
  const length = 32 + records.reduce((n, r) => n + r.length, 0);
  const b = new Uint8Array(length), v = new DataView(b.buffer);
  v.setUint32(0, MAGIC, true);
  v.setUint16(4, 1, true);
  v.setUint16(6, records.length, true);
  v.setUint32(8, length, true);
  b[16] = c.id; b[17] = c.role;
  v.setUint16(18, c.siteId, true);
  let at = 32;
  for (const r of records) { b.set(r, at); at += r.length; }
  v.setUint32(12, crc32(b), true);
  return b;
}

function record(type: Type, length: number, fill: (b: Uint8Array, v: DataView) => void): Uint8Array {
  const b = new Uint8Array(length), v = new DataView(b.buffer);
  v.setUint16(0, type, true);
  v.setUint16(2, length, true);
  fill(b, v);
  return b;
}

function site(s: SiteConfig): Uint8Array {
  return record(Type.site, 4 + 16 + 16 + 8 + 4, (b, v) => {
    b.set(s.key, 4);
    [s.leaseMs, s.marginMs, s.guardMs, s.lossTimeoutMs].forEach((x, i) => v.setUint32(20 + 4 * i, x, true));
    [s.probeMs, s.probes, s.managePort, s.chainPort].forEach((x, i) => v.setUint16(36 + 2 * i, x, true));
    v.setUint32(44, addr(s.tunnel), true);
  });
}

function iface(x: IfaceConfig): Uint8Array {
  return record(Type.iface, 20, (b, v) => {
    b[4] = (x.control ? 1 : 0) | (x.proxyArp ? 2 : 0);
    b[5] = x.prefix;
    v.setUint16(6, x.mtu, true);
    putMac(b, 8, x.mac);
    v.setUint32(16, addr(x.address), true);
  });
}

function route(x: RouteConfig): Uint8Array {
  return record(Type.route, 16, (b, v) => {
    v.setUint32(4, addr(x.prefix), true);
    b[8] = x.length; b[9] = x.iface;
    v.setUint32(12, x.via ? addr(x.via) : 0, true);
  });
}

function node(x: NodeConfig): Uint8Array {
  return record(Type.node, 12, (b, v) => {
    b[4] = x.id; b[5] = x.role;
    v.setUint32(8, addr(x.address), true);
  });
}

function service(x: ServiceConfig): Uint8Array {
  return record(Type.service, 64, (b, v) => {
    b[4] = x.id; b[5] = x.mode; b[6] = x.kind; b[7] = x.members.length;
    v.setUint32(8, addr(x.vHost), true);
    v.setUint16(12, x.port, true);
    v.setUint16(14, x.mssLimit, true);
    b.set(x.members, 16);
    v.setUint32(24, x.rcv, true);
    v.setUint32(28, x.snd, true);
    [x.heartbeatMs, x.silenceMs, x.retransmissions, x.lagMs].forEach((n, i) => v.setUint16(32 + 2 * i, n, true));
    b[40] = x.divergence ?? 0; b[41] = x.congestion ?? 0;
    v.setUint16(42, x.flags ?? 0, true);
    (x.params ?? []).forEach((n, i) => v.setUint32(44 + 4 * i, n, true));
    v.setUint32(60, x.origin ? addr(x.origin) : 0, true);
  });
}

function content(x: ContentConfig): Uint8Array {
  return record(Type.content, 44, (b, v) => {
    v.setUint32(4, x.length, true);
    b.set(x.sha256, 12);
  });
}

/** CRC-32 (IEEE 802.3). */
export function crc32(b: Uint8Array): number {
  let c = 0xffffffff;
  for (const x of b) {
    c ^= x;
    for (let i = 0; i < 8; i++) c = c >>> 1 ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}
