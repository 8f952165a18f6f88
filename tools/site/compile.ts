// Compiles a node's part of a site into the configuration block of docs/architecture.md.

import { mask, type Prefix } from "./address.ts";
import { KINDS, macOf, MODES, nodeOf, type Node, type Service, type Site } from "./site.ts";

const MAGIC = 0x4e445948, LAYOUT = 1, HEADER = 32, LIMIT = 16384;

export interface Extras {
  /** The node's content image. */
  content?: { length: number; sha256: string };
  /** Ethernet addresses by interface name, where they are the machine's own. */
  macs?: Record<string, Uint8Array>;
}

/** The configuration block of one node. Throws when the site has no key, or more than the block holds. */
export function compileNode(site: Site, name: string, extras: Extras = {}): Uint8Array {
  const node = nodeOf(site, name);
  if (node.role === "linux") throw new Error(`${site.file}: node "${name}" has role "linux": it runs no HydraNet node`);
  if (!site.key) throw new Error(`${site.file}: the site has no key; add a line key = "..." with 32 hexadecimal digits, such as \`openssl rand -hex 16\` prints`);
  const records = [
    siteRecord(site), ...node.interfaces.map((_, i) => interfaceRecord(site, node, i, extras)), ...node.routes.map(r => record(3, "u32 u8 u8 u16 u32", network(r.prefix), r.prefix.length, r.iface, 0, r.via)),
    ...site.nodes.filter(n => n.id).map(n => record(4, "u8 u8 u16 u32", n.id, roleNumber(n), 0, n.address)),
    ...site.services.map(serviceRecord),
    ...site.services.flatMap(s => s.metrics.map(m => record(6, "u8 u8 u8 u8 u32 u32", s.id, m.node.id, m.prefix.length, 0, network(m.prefix), m.metric))),
    ...(extras.content ? [Buffer.concat([record(7, "u32 u32", extras.content.length, 0), Buffer.from(extras.content.sha256, "hex")])] : []),
  ];
  const body = Buffer.concat(records.map(finish)), block = Buffer.concat([Buffer.alloc(HEADER), body]);
  if (block.length > LIMIT) throw new Error(`${site.file}: the configuration of "${name}" takes ${block.length} bytes, at most ${LIMIT} fit`);
  block.writeUInt32LE(MAGIC, 0);
  block.writeUInt16LE(LAYOUT, 4);
  block.writeUInt16LE(records.length, 6);
  block.writeUInt32LE(block.length, 8);
  block.writeUInt8(node.id, 16);
  block.writeUInt8(roleNumber(node), 17);
  block.writeUInt16LE(site.id, 18);
  block.writeUInt32LE(crc32(block), 12);
  return block;
}

function network(p: Prefix): number { return (p.address & mask(p.length)) >>> 0; }
function roleNumber(n: Node): number { return n.role === "redirector" ? 1 : 2; }

/** Little-endian fields behind a record's type; the length is filled in by `finish`. */
function record(type: number, layout: string, ...values: number[]): Buffer {
  const sizes = layout.split(" ").map(f => Number(f.slice(1)) / 8);
  if (sizes.length !== values.length) throw new Error(`record ${type}: ${values.length} values for ${sizes.length} fields`);
  const b = Buffer.alloc(4 + sizes.reduce((a, n) => a + n, 0));
  b.writeUInt16LE(type, 0);
  let at = 4;
  sizes.forEach((n, i) => { b.writeUIntLE(values[i], at, n); at += n; });
  return b;
}

/** Pads a record to a multiple of 4 and writes its length. */
function finish(b: Buffer): Buffer {
  const out = Buffer.concat([b, Buffer.alloc(-b.length & 3)]);
  out.writeUInt16LE(out.length, 2);
  return out;
}

function siteRecord(site: Site): Buffer {
  const t = site.timing, tunnel = (site.nodes.find(n => n.role === "redirector") ?? site.nodes.find(n => n.id)!).address;
  const rest = record(1, "u32 u32 u32 u32 u16 u16 u16 u16 u32", t.lease, t.margin, t.guard, t.lossTimeout, t.probeInterval, t.probes, site.ports.manage, site.ports.chain, tunnel);
  return Buffer.concat([rest.subarray(0, 4), site.key!, rest.subarray(4)]);
}

function interfaceRecord(site: Site, node: Node, i: number, extras: Extras): Buffer {
  const f = node.interfaces[i], mac = extras.macs?.[f.name] ?? macOf(site, node, i);
  return record(2, "u8 u8 u16 u8 u8 u8 u8 u8 u8 u16 u32", (f.control ? 1 : 0) | (f.proxyArp ? 2 : 0), f.length, f.mtu, ...mac, 0, f.address);
}

function serviceRecord(s: Service): Buffer {
  const members = Array.from({ length: 8 }, (_, i) => s.chain[i]?.id ?? 0), parameters = Array.from({ length: 4 }, (_, i) => s.parameters[i] ?? 0);
  return record(5, "u8 u8 u8 u8 u32 u16 u16 u8 u8 u8 u8 u8 u8 u8 u8 u32 u32 u16 u16 u16 u16 u8 u8 u16 u32 u32 u32 u32 u32",
    s.id, MODES.indexOf(s.mode), KINDS.indexOf(s.kind) + 1, s.chain.length, s.address, s.port, s.mss, ...members, s.receiveBuffer, s.sendBuffer,
    s.heartbeat, s.silence, s.threshold, s.lagLimit, s.divergence === "evict" ? 1 : 0, s.congestion === "newreno" ? 1 : 0, s.keepAlive ? 1 : 0, ...parameters, s.origin);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1; return n; });

/** CRC-32 (IEEE 802.3). */
export function crc32(b: Uint8Array): number {
  let c = 0xffffffff;
  for (const x of b) c = CRC_TABLE[(c ^ x) & 255] ^ c >>> 8;
  return ~c >>> 0;
}
