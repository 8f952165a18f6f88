// The configuration block (docs/architecture.md): checked as a whole, then kept as static records, which are the block's own records byte
// for byte. Node ids are 1 to PEERS - 1, service ids 0 to SERVICES - 1; both are indices of the tables of other parts.

import { IFACES, METRICS, PEERS, RCV_MAX, ROUTES, SERVICES, SND_MAX } from "./sizes";
import { Err } from "./err";
import * as crc32 from "./crc32";
import * as frame from "./frame";
import * as log from "./log";

export const SIZE: u32 = 16384;
export const MAGIC: u32 = 0x4e445948;
export const VERSION: u32 = 1;
const HEADER: u32 = 32;
/** Members of an `ft` service at most. */
const CHAIN: u32 = 5;

export const enum Role { redirector = 1, host = 2 }
export const enum Mode { route = 0, nearest = 1, ft = 2, plain = 3 }
export const enum Kind { echo = 1, discard = 2, chargen = 3, ttcpSource = 4, ttcpSink = 5, http = 6 }
export const enum IfaceFlag { control = 1, proxyArp = 2 }
export const enum ServiceFlag { keepAlive = 1 }
const enum Record { site = 1, iface = 2, route = 3, node = 4, service = 5, metric = 6, content = 7 }

@unmanaged export class Header {
  magic: u32; version: u16; records: u16; length: u32; crc: u32;
  node: u8; role: u8; site: u16; pad0: u32; pad1: u32; pad2: u32;
}
@unmanaged export class Site {
  type: u16; length: u16;
  key0: u32; key1: u32; key2: u32; key3: u32;
  lease: u32;          // ms
  margin: u32;         // ms
  guard: u32;          // ms
  lossTimeout: u32;    // ms
  probeInterval: u16;  // ms
  probes: u16;
  managePort: u16;
  chainPort: u16;
  tunnel: u32;         // the redirector's tunnel address
}
@unmanaged export class Iface {
  type: u16; length: u16;
  flags: u8; prefix: u8; mtu: u16;
  mac0: u16; mac1: u16; mac2: u16; pad: u16;   // the MAC in the order of the wire
  address: u32;
}
@unmanaged export class Route { type: u16; length: u16; prefix: u32; bits: u8; iface: u8; pad: u16; via: u32; }
@unmanaged export class Node { type: u16; length: u16; id: u8; role: u8; pad: u16; address: u32; }
@unmanaged export class Service {
  type: u16; length: u16;
  id: u8; mode: u8; kind: u8; n: u8;
  address: u32;        // v_host; 0 (plain only): the node's own
  port: u16; mssLimit: u16;
  member0: u64;        // u8[8]: `member`
  rcvBuf: u32; sndBuf: u32;
  heartbeat: u16;      // ms; 0: the channel's detector is off
  silence: u16;        // ms
  retransmits: u16;    // 0: that detector is off
  lagLimit: u16;       // ms
  divergence: u8; congestion: u8; flags: u16;
  param0: u32; param1: u32; param2: u32; param3: u32;
  origin: u32;         // 0: none
}
@unmanaged export class Metric { type: u16; length: u16; service: u8; node: u8; bits: u8; pad: u8; prefix: u32; metric: u32; }
@unmanaged export class Content {
  type: u16; length: u16; bytes: u32; pad: u32;
  sha0: u32; sha1: u32; sha2: u32; sha3: u32; sha4: u32; sha5: u32; sha6: u32; sha7: u32;   // SHA-256, its bytes in order
}
if (offsetof<Header>() != 32 || offsetof<Site>() != 48 || offsetof<Iface>() != 20 || offsetof<Route>() != 16) ERROR("config: layout");
if (offsetof<Node>() != 12 || offsetof<Service>() != 64 || offsetof<Metric>() != 16 || offsetof<Content>() != 44) ERROR("config: layout");

const BUFFER: usize = memory.data(16384, 16);
const HEAD: usize = memory.data(32, 16);
const SITE: usize = memory.data(48, 16);
const IFACE: usize = memory.data(20 * IFACES, 16);
const ROUTE: usize = memory.data(16 * ROUTES, 16);
const NODE: usize = memory.data(12 * PEERS, 16);        // by id
const SERVICE: usize = memory.data(64 * SERVICES, 16);  // by id
const METRIC: usize = memory.data(16 * METRICS, 16);
const CONTENT: usize = memory.data(44, 16);

/** How many interfaces, routes, metrics the block has. */
export let ifaces: u32 = 0;
export let routes: u32 = 0;
export let metrics: u32 = 0;
let sites: u32 = 0, contents: u32 = 0;

/** The buffer where the host puts the block (and later commands), SIZE bytes. */
export function address(): usize { return BUFFER; }

/** This node's id and Role, and the site's id. */
export function id(): u32 { return <u32>changetype<Header>(HEAD).node; }
export function role(): u32 { return <u32>changetype<Header>(HEAD).role; }
export function siteId(): u32 { return <u32>changetype<Header>(HEAD).site; }

// @ts-ignore: decorator
@inline export function site(): Site { return changetype<Site>(SITE); }
/** Address of the site's 16-byte key. */
export function key(): usize { return SITE + 4; }
/** Interface i < `ifaces`, in the order of the rings; `mac(i)` is the address of its 6 bytes. */
// @ts-ignore: decorator
@inline export function iface(i: u32): Iface { return changetype<Iface>(IFACE + <usize>i * 20); }
export function mac(i: u32): usize { return IFACE + <usize>i * 20 + 8; }
// @ts-ignore: decorator
@inline export function route(i: u32): Route { return changetype<Route>(ROUTE + (<usize>i << 4)); }
// @ts-ignore: decorator
@inline export function metric(i: u32): Metric { return changetype<Metric>(METRIC + (<usize>i << 4)); }
/** Node and service by id; ask `isNode`, `isService` first where it is not known. */
// @ts-ignore: decorator
@inline export function node(id: u32): Node { return changetype<Node>(NODE + <usize>id * 12); }
// @ts-ignore: decorator
@inline export function service(id: u32): Service { return changetype<Service>(SERVICE + (<usize>id << 6)); }
export function isNode(id: u32): bool { return id < PEERS && node(id).type != 0; }
export function isService(id: u32): bool { return id < SERVICES && service(id).type != 0; }
/** The content image's size and hash, or null. */
export function content(): Content | null { return contents != 0 ? changetype<Content>(CONTENT) : null; }

/** Node id of member i of a service. */
// @ts-ignore: decorator
@inline export function member(s: Service, i: u32): u32 { return <u32>load<u8>(changetype<usize>(s) + i, 16); }

/** Position of a node among a service's members, or -1. */
export function memberIndex(s: Service, node: u32): i32 {
  for (let i: u32 = 0; i < s.n; i++) if (member(s, i) == node) return <i32>i;
  return -1;
}

/** Id of the node that is the view manager (the first redirector), or 0. */
export function manager(): u32 {
  for (let i: u32 = 1; i < PEERS; i++) if (isNode(i) && node(i).role == Role.redirector) return i;
  return 0;
}

/** Id of the node with this address, or 0. */
export function nodeAt(address: u32): u32 {
  for (let i: u32 = 1; i < PEERS; i++) if (isNode(i) && node(i).address == address) return i;
  return 0;
}

function clear(): void {
  memory.fill(HEAD, 0, 32); memory.fill(SITE, 0, 48); memory.fill(IFACE, 0, 20 * IFACES); memory.fill(ROUTE, 0, 16 * ROUTES);
  memory.fill(NODE, 0, 12 * PEERS); memory.fill(SERVICE, 0, 64 * SERVICES); memory.fill(METRIC, 0, 16 * METRICS); memory.fill(CONTENT, 0, 44);
  ifaces = 0; routes = 0; metrics = 0; sites = 0; contents = 0;
}

/** Reads the block of n bytes at p (it may be overwritten afterwards). 0, or an Err of `init` with a line in the log; then nothing is configured. */
export function parse(p: usize, n: u32): i32 {
  clear();
  let r = header(p, n);
  if (r == 0) r = records(p, n);
  if (r == 0) r = whole();
  if (r != 0) clear();
  return r;
}

function header(p: usize, n: u32): i32 {
  if (n < HEADER || n > SIZE) return fail(Err.badLength, "length", n);
  const h = changetype<Header>(HEAD);
  memory.copy(HEAD, p, HEADER);
  if (h.magic != MAGIC) return fail(Err.badMagic, "magic", h.magic);
  if (h.version != VERSION) return fail(Err.badVersion, "layout version", h.version);
  if (h.length != n) return fail(Err.badLength, "length", h.length);
  const crc = h.crc;
  h.crc = 0;
  const is = crc32.update(crc32.update(0, HEAD, HEADER), p + HEADER, n - HEADER);
  h.crc = crc;
  if (is != crc) return fail(Err.badCrc, "CRC", crc);
  return 0;
}

/** Walks the records: each is of a known type and its length, the last ends with the block. */
function records(p: usize, n: u32): i32 {
  const count = <u32>changetype<Header>(HEAD).records;
  let at = HEADER;
  for (let i: u32 = 0; i < count; i++) {
    if (n - at < 4) return fail(Err.badLength, "records missing from", i);
    const type = <u32>load<u16>(p + at), length = <u32>load<u16>(p + at, 2);
    if (length < 4 || length > n - at || (length & 3) != 0) return fail(Err.badLength, "length of record", i);
    const r = take(type, length, p + at);
    if (r != 0) return fail(r, "record", i);
    at += length;
  }
  return at == n ? 0 : fail(Err.badLength, "records end at", at);
}

function take(type: u32, n: u32, p: usize): i32 {
  switch (type) {
    case Record.site: return sites++ == 0 ? keep(SITE, p, n, 48) : Err.tooMany;
    case Record.iface: return ifaces < IFACES ? keep(changetype<usize>(iface(ifaces++)), p, n, 20) : Err.tooMany;
    case Record.route: return routes < ROUTES ? keep(changetype<usize>(route(routes++)), p, n, 16) : Err.tooMany;
    case Record.node: return takeById(changetype<usize>(node(0)), PEERS, p, n, 12);
    case Record.service: return takeById(changetype<usize>(service(0)), SERVICES, p, n, 64);
    case Record.metric: return metrics < METRICS ? keep(changetype<usize>(metric(metrics++)), p, n, 16) : Err.tooMany;
    case Record.content: return contents++ == 0 ? keep(CONTENT, p, n, 44) : Err.tooMany;
    default: return Err.badRecord;
  }
}

function keep(to: usize, p: usize, n: u32, size: u32): i32 {
  if (n != size) return Err.badLength;
  memory.copy(to, p, size);
  return 0;
}

/** Keeps a record whose first field is its index in the table; the same id twice is an error. */
function takeById(table: usize, limit: u32, p: usize, n: u32, size: u32): i32 {
  if (n != size) return Err.badLength;
  const id = <u32>load<u8>(p + 4);
  if (id >= limit) return Err.tooMany;
  const to = table + <usize>id * size;
  if (load<u16>(to) != 0) return Err.badRecord;
  return keep(to, p, n, size);
}

/** What needs all records: references, ranges, and that nothing contradicts. */
function whole(): i32 {
  if (sites != 1 || !siteOk(site())) return fail(Err.badRecord, "site", sites);
  for (let i: u32 = 0; i < ifaces; i++) if (!ifaceOk(iface(i))) return fail(Err.badRecord, "interface", i);
  for (let i: u32 = 0; i < routes; i++) if (!routeOk(route(i))) return fail(Err.badRecord, "route", i);
  for (let i: u32 = 0; i < PEERS; i++) if (isNode(i) && !nodeOk(node(i))) return fail(Err.badRecord, "node", i);
  if (!isNode(id()) || node(id()).role != role()) return fail(Err.badRecord, "own node", id());
  for (let i: u32 = 0; i < SERVICES; i++) {
    if (!isService(i)) continue;
    if (!serviceOk(service(i))) return fail(Err.badRecord, "service", i);
    if (hosts(service(i)) && !buffersFit(service(i))) return fail(Err.tooMany, "buffers of service", i);
  }
  for (let i: u32 = 0; i < metrics; i++) if (!metricOk(metric(i))) return fail(Err.badRecord, "metric", i);
  return 0;
}

function siteOk(s: Site): bool {
  // Times stay below 2^32 microseconds, and a view number may be skipped now and then (R13).
  return s.lease >= 30 && s.lease <= 600000 && s.margin <= 600000 && s.guard != 0 && s.guard <= 600000 && s.lossTimeout <= 600000
    && s.probeInterval != 0 && s.probeInterval <= 1000 && s.probes != 0 && s.probes <= 100
    && s.managePort != 0 && s.chainPort != 0 && s.managePort != s.chainPort && unicast(s.tunnel)
    && (s.key0 | s.key1 | s.key2 | s.key3) != 0;
}

function ifaceOk(f: Iface): bool {
  // The last frame byte has to fit a buffer; IPv6's minimum is no concern, IPv4 hosts reassemble 576.
  return f.prefix != 0 && f.prefix <= 32 && f.mtu >= 576 && <u32>f.mtu + 14 <= frame.CAPACITY
    && (f.mac0 & 1) == 0 && (f.mac0 | f.mac1 | f.mac2) != 0 && unicast(f.address);
}

function routeOk(r: Route): bool {
  return r.bits <= 32 && (r.prefix & ~mask(r.bits)) == 0 && r.iface < ifaces && (r.via == 0 || unicast(r.via));
}

function nodeOk(n: Node): bool {
  if (n.id == 0 || (n.role != Role.redirector && n.role != Role.host) || !unicast(n.address)) return false;
  return nodeAt(n.address) == n.id;
}

function serviceOk(s: Service): bool {
  if (<u32>s.mode > <u32>Mode.plain || <u32>s.kind > <u32>Kind.http || s.n > 8 || s.divergence > 1 || s.congestion > 1) return false;
  if (s.address != 0 ? !unicast(s.address) : s.mode != Mode.plain) return false;
  if (s.origin != 0 && !unicast(s.origin)) return false;
  if (!membersOk(s)) return false;
  if (s.mode == Mode.route) return true;
  if (s.port == 0 || s.n == 0 || s.kind == 0) return false;
  if (s.mode == Mode.ft && (s.n > CHAIN || manager() == 0 || (s.heartbeat != 0 && s.silence < s.heartbeat))) return false;
  for (let i: u32 = 0; i < SERVICES; i++) if (i != s.id && isService(i) && sameEndpoint(s, service(i))) return false;
  return true;
}

function sameEndpoint(a: Service, b: Service): bool { return a.address != 0 && a.address == b.address && a.port == b.port && b.mode != Mode.route; }

/** Members are host servers of the site, each once, and zero beyond n. */
function membersOk(s: Service): bool {
  for (let i: u32 = 0; i < 8; i++) {
    const m = member(s, i);
    if (i >= s.n) { if (m != 0) return false; continue; }
    if (!isNode(m) || node(m).role != Role.host || memberIndex(s, m) != <i32>i) return false;
  }
  return true;
}

function hosts(s: Service): bool { return s.mode != Mode.route && memberIndex(s, id()) >= 0; }
function buffersFit(s: Service): bool { return s.rcvBuf >= 1 && s.rcvBuf <= RCV_MAX && s.sndBuf >= 1 && s.sndBuf <= SND_MAX; }

function metricOk(m: Metric): bool {
  if (m.bits > 32 || (m.prefix & ~mask(m.bits)) != 0 || !isService(m.service)) return false;
  const s = service(m.service);
  return s.mode == Mode.nearest && memberIndex(s, m.node) >= 0;
}

/** The netmask of a prefix length up to 32. */
export function mask(bits: u32): u32 { return bits == 0 ? 0 : 0xffffffff << (32 - bits); }

/** Not 0.x, loopback, multicast, reserved or broadcast. */
function unicast(a: u32): bool { const top = a >> 24; return top != 0 && top != 127 && top < 224; }

function fail(err: i32, what: string, value: u32): i32 {
  log.begin(log.Level.error);
  log.str("configuration: ");
  switch (err) {
    case Err.badMagic: { log.str("badMagic"); break; }
    case Err.badVersion: { log.str("badVersion"); break; }
    case Err.badLength: { log.str("badLength"); break; }
    case Err.badCrc: { log.str("badCrc"); break; }
    case Err.tooMany: { log.str("tooMany"); break; }
    default: { log.str("badRecord"); break; }
  }
  log.str(": "); log.str(what); log.str(" "); log.num(value);
  log.end();
  return err;
}
