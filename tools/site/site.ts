// A site: its nodes, services and timing, read from one TOML file (docs/site-file.md). Defaults stand here and nowhere else.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { covers, parseIp, parseMac, parsePrefix, parseUnicast, type Prefix, showIp } from "./address.ts";
import { Table } from "./reader.ts";
import { readToml, SiteError } from "./toml.ts";

/** Milliseconds, but for `probes`. */
export const TIMING = { lease: 55, margin: 5, guard: 1000, lossTimeout: 5000, probeInterval: 3, probes: 3 };
/** Milliseconds, but for `threshold` (retransmissions). */
export const DETECTOR = { heartbeat: 5, silence: 20, threshold: 3, lagLimit: 2000 };
export const BUFFERS = { receive: 262144, send: 262144, mss: 1440 };
export const PORTS = { manage: 7846, chain: 7847 };

/** Detection and leases as one line, for reports. */
export function defaults(): string {
  return `heartbeat ${DETECTOR.heartbeat} ms, silence ${DETECTOR.silence} ms, threshold ${DETECTOR.threshold}, probes ${TIMING.probes} every ${TIMING.probeInterval} ms, lease ${TIMING.lease} ms, margin ${TIMING.margin} ms, lag limit ${DETECTOR.lagLimit} ms`;
}

export const ROLES = ["redirector", "host", "linux"] as const;
export const MODES = ["route", "nearest", "ft", "plain"] as const;
export const KINDS = ["echo", "discard", "chargen", "ttcp-source", "ttcp-sink", "http"] as const;

export interface Interface {
  name: string; address: number; length: number; mtu: number; control: boolean; proxyArp: boolean;
  /** The network that it hangs on. */
  link: string;
  /** As the file gives it; undefined: `macOf` makes one. */
  mac?: Uint8Array;
}
export interface Route { prefix: Prefix; via: number; iface: number }
export interface Node {
  name: string; role: typeof ROLES[number];
  /** 1 and up in the file's order; 0 for `linux`. */
  id: number;
  /** Tunnel and control address. */
  address: number;
  interfaces: Interface[]; routes: Route[];
  /** The board it is (boards/NAME); undefined: a Linux machine. */
  board?: string;
}
export interface Metric { node: Node; prefix: Prefix; metric: number }
export interface Service {
  name: string; id: number;
  /** Virtual host; 0 (mode plain only): each member's own address. */
  address: number;
  port: number; mode: typeof MODES[number]; kind: typeof KINDS[number];
  /** Primary first. */
  chain: Node[];
  mss: number; receiveBuffer: number; sendBuffer: number; heartbeat: number; silence: number; threshold: number; lagLimit: number;
  divergence: "warn" | "evict"; congestion: "cubic" | "newreno"; keepAlive: boolean; parameters: number[]; origin: number; metrics: Metric[];
}
export interface Site {
  file: string; id: number;
  /** 16 bytes; undefined: none is in the file. */
  key?: Uint8Array;
  timing: typeof TIMING; ports: typeof PORTS; nodes: Node[]; services: Service[];
  /** Folder of the files to serve, absolute. */
  content?: string;
}

/** Reads and checks a site file. Throws SiteError. A file that holds a key must be its owner's alone. */
export function loadSite(file: string): Site {
  let text;
  try { text = readFileSync(file, "utf8"); } catch (e) { throw new SiteError(file, 1, "file", (e as NodeJS.ErrnoException).code ?? String(e), "a readable site file"); }
  const site = parseSite(text, file), mode = statSync(file).mode;
  if (site.key && mode & 0o077) {
    throw new SiteError(file, Table.of(readToml(text, file)).line("key"), "key", `a key in a file of mode ${(mode & 0o777).toString(8)}`, `a file that only its owner can read: chmod 600 ${file}`);
  }
  return site;
}

/** Reads a site from text; `file` is for messages and relative paths. */
export function parseSite(text: string, file: string): Site {
  const t = Table.of(readToml(text, file));
  const site: Site = {
    file, id: t.int("site", 0, 65535, 1), key: t.has("key") ? Uint8Array.from(Buffer.from(t.text("key", /^(?!0+$)[0-9a-fA-F]{32}$/, "32 hexadecimal digits, not all zero"), "hex")) : undefined,
    timing: readTiming(t.table("timing")), ports: readPorts(t.table("ports")), nodes: [], services: [],
  };
  for (const n of t.tables("node")) readNode(n, site);
  if (site.nodes.length === 0) t.fail("node", undefined, "at least one node, written [[node]]");
  const detector = readDetector(t.table("detector"), DETECTOR, true);
  for (const s of t.tables("service")) readService(s, site, detector);
  if (t.has("content")) site.content = path.resolve(path.dirname(file), t.text("content", /./, "the path of a folder"));
  t.done();
  return site;
}

function readTiming(t: Table): typeof TIMING {
  const out = {
    lease: t.int("lease", 30, 600000, TIMING.lease), margin: t.int("margin", 0, 600000, TIMING.margin), guard: t.int("guard", 1, 600000, TIMING.guard),
    lossTimeout: t.int("loss-timeout", 100, 600000, TIMING.lossTimeout), probeInterval: t.int("probe-interval", 1, 1000, TIMING.probeInterval),
    probes: t.int("probes", 1, 100, TIMING.probes),
  };
  t.done();
  return out;
}

function readPorts(t: Table): typeof PORTS {
  const out = { manage: t.int("manage", 1, 65535, PORTS.manage), chain: t.int("chain", 1, 65535, PORTS.chain) };
  if (out.manage === out.chain) t.fail("chain", out.chain, "another port than that of manage");
  t.done();
  return out;
}

/** The four detector keys; `last` refuses any other key of the table. */
function readDetector(t: Table, defaults: typeof DETECTOR, last: boolean): typeof DETECTOR {
  const out = {
    heartbeat: t.int("heartbeat", 0, 60000, defaults.heartbeat), silence: t.int("silence", 1, 60000, defaults.silence),
    threshold: t.int("threshold", 0, 1000, defaults.threshold), lagLimit: t.int("lag-limit", 10, 65535, defaults.lagLimit),
  };
  if (out.heartbeat && out.silence <= out.heartbeat) t.fail("silence", out.silence, `more than the heartbeat of ${out.heartbeat} ms`);
  if (last) t.done();
  return out;
}

const NAME = /^[a-z][a-z0-9]{0,7}$/;
const IP = 'an IPv4 address, like "10.0.0.1"';

function readNode(t: Table, site: Site): void {
  const name = t.text("name", NAME, "a name of at most 8 lower-case letters and digits, a letter first");
  if (site.nodes.some(n => n.name === name)) t.fail("name", name, "a name that no other node has");
  const role = t.oneOf("role", ROLES);
  if (role === "redirector" && site.nodes.some(n => n.role === role)) t.fail("role", role, "no second redirector");
  const node: Node = { name, role, id: role === "linux" ? 0 : 1 + site.nodes.filter(n => n.id !== 0).length, address: 0, interfaces: [], routes: [] };
  if (node.id > 31) t.fail("name", name, "at most 31 nodes");
  for (const i of t.tables("interface")) readInterface(i, node, site);
  if (node.interfaces.length === 0) t.fail("interface", undefined, "at least one interface, written [[node.interface]]");
  if (node.interfaces.length > 8) t.fail("interface", node.interfaces.length, "at most 8 interfaces");
  const control = node.interfaces.find(i => i.control) ?? node.interfaces[0];
  node.address = t.get("address", `${IP}, of one of its interfaces`, v => node.interfaces.find(i => i.address === parseIp(v))?.address, control.address);
  for (const r of t.tables("route")) readRoute(r, node);
  if (t.has("board")) node.board = readBoard(t, role);
  t.done();
  site.nodes.push(node);
}

function readBoard(t: Table, role: Node["role"]): string {
  const folder = path.join(ROOT, "boards"), known = readdirSync(folder).filter(b => existsSync(path.join(folder, b, "board.json")));
  if (role === "linux") t.fail("board", t.text("board", /./, "a board"), 'none: a node of role "linux" runs no HydraNet');
  return t.oneOf("board", known);
}

function readInterface(t: Table, node: Node, site: Site): void {
  const name = t.text("name", /^[A-Za-z][\w.-]{0,14}$/, "an interface name of at most 15 characters");
  if (node.interfaces.some(i => i.name === name)) t.fail("name", name, "a name that no other interface of the node has");
  const p = t.get("address", 'an IPv4 address with prefix length, like "10.0.0.1/24"', v => { const p = parsePrefix(v); return p && parseUnicast(showIp(p.address)) !== undefined ? p : undefined; });
  if ([...site.nodes, node].some(n => n.interfaces.some(i => i.address === p.address))) t.fail("address", `${showIp(p.address)}/${p.length}`, "an address that no other interface has");
  const mac = t.has("mac") ? t.get("mac", 'a unicast Ethernet address, like "02:00:00:00:00:01"', parseMac) : undefined;
  node.interfaces.push({
    name, address: p.address, length: p.length, mtu: t.int("mtu", 576, 1500, 1500), control: t.bool("control", node.role === "host"), proxyArp: t.bool("proxy-arp", false),
    link: t.text("link", NAME, "the name of a link, at most 8 lower-case letters and digits", "lan"), mac,
  });
  t.done();
}

function readRoute(t: Table, node: Node): void {
  const prefix = t.get("to", '"default", or a prefix like "10.1.0.0/16"', v => v === "default" ? { address: 0, length: 0 } : parsePrefix(v));
  const onLink = t.has("interface");
  const via = t.get("via", IP, parseUnicast, onLink ? 0 : undefined);
  const iface = onLink
    ? t.get("interface", `one of the node's interfaces ${node.interfaces.map(i => i.name).join(", ")}`, v => { const i = node.interfaces.findIndex(x => x.name === v); return i < 0 ? undefined : i; })
    : node.interfaces.findIndex(i => covers({ address: i.address, length: i.length }, via));
  if (iface < 0) t.fail("via", showIp(via), "an address on the network of one of the node's interfaces");
  t.done();
  node.routes.push({ prefix, via, iface });
}

function readService(t: Table, site: Site, detector: typeof DETECTOR): void {
  const name = t.text("name", /^[a-z][a-z0-9-]{0,15}$/, "a name of at most 16 lower-case letters, digits and hyphens");
  if (site.services.some(s => s.name === name)) t.fail("name", name, "a name that no other service has");
  if (site.services.length > 15) t.fail("name", name, "at most 16 services");
  const mode = t.oneOf("mode", MODES, "ft"), chain = readChain(t, site, mode), { address, port } = readEndpoint(t, site, mode);
  const buffer = (key: string, d: number): number => t.int(key, 2048, 1 << 20, d);
  const service: Service = {
    name, id: site.services.length, address, port, mode, kind: t.oneOf("kind", KINDS), chain, mss: t.int("mss", 88, 1460, BUFFERS.mss),
    receiveBuffer: buffer("receive-buffer", BUFFERS.receive), sendBuffer: buffer("send-buffer", BUFFERS.send), ...readDetector(t, detector, false),
    divergence: t.oneOf("divergence", ["warn", "evict"], "warn"), congestion: t.oneOf("congestion", ["cubic", "newreno"], "cubic"), keepAlive: t.bool("keep-alive", false),
    parameters: t.list("parameters", "up to 4 whole numbers below 2^32", v => Number.isInteger(v) && Number(v) >= 0 && Number(v) < 2 ** 32 ? Number(v) : undefined, 4, []),
    origin: t.get("origin", IP, parseUnicast, 0), metrics: [],
  };
  if (mode === "ft" && !site.nodes.some(n => n.role === "redirector")) t.fail("mode", mode, 'a node of role "redirector" in the site, or another mode');
  for (const m of t.tables("metric")) service.metrics.push(readMetric(m, service));
  if (service.metrics.length && mode !== "nearest") t.fail("metric", `mode "${mode}"`, 'no metric but in mode "nearest"');
  t.done();
  site.services.push(service);
}

/** Members, primary first: 1 to 5 host servers in a chain, up to 8 elsewhere. */
function readChain(t: Table, site: Site, mode: Service["mode"]): Node[] {
  const hosts = site.nodes.filter(n => n.role === "host"), most = mode === "ft" ? 5 : 8, least = mode === "route" ? 0 : 1;
  const expected = `${least} to ${most} different host servers, primary first, of ${hosts.map(n => n.name).join(", ") || "none"}`;
  const chain = t.list("chain", expected, v => hosts.find(n => n.name === v), most, mode === "route" ? [] : undefined);
  if (chain.length < least || new Set(chain).size < chain.length) t.fail("chain", chain.map(n => n.name), expected);
  return chain;
}

function readEndpoint(t: Table, site: Site, mode: Service["mode"]): { address: number; port: number } {
  const address = t.get("address", IP, parseUnicast, mode === "plain" ? 0 : undefined), port = t.int("port", 1, 65535, mode === "route" ? 0 : undefined);
  if (mode !== "route" && site.nodes.some(n => n.interfaces.some(i => i.address === address))) t.fail("address", showIp(address), "an address of its own, which no interface has");
  if (site.services.some(s => s.address === address && s.port === port)) t.fail("port", port, `a port that no other service has at ${address ? showIp(address) : "its members' addresses"}`);
  return { address, port };
}

function readMetric(t: Table, s: Service): Metric {
  const node = t.get("node", `one of the service's host servers ${s.chain.map(n => n.name).join(", ")}`, v => s.chain.find(n => n.name === v));
  const out = { node, prefix: t.get("prefix", 'a prefix, like "10.1.0.0/16"', parsePrefix), metric: t.int("metric", 0, 2 ** 32 - 1) };
  t.done();
  return out;
}

/** The node of a name. Throws where there is none. */
export function nodeOf(site: Site, name: string): Node {
  const node = site.nodes.find(n => n.name === name);
  if (!node) throw new Error(`${site.file}: no node "${name}"; there are ${site.nodes.map(n => n.name).join(", ")}`);
  return node;
}

/** Ethernet address of an interface: the file's, or a locally administered one of site, node's place in the file, and interface. */
export function macOf(site: Site, node: Node, iface: number): Uint8Array {
  return node.interfaces[iface].mac ?? Uint8Array.of(0x02, 0x48, site.id >> 8, site.id & 255, site.nodes.indexOf(node) + 1, iface);
}
