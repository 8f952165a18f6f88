// A simulated site: clients behind a redirector that is also the view manager, host servers on a switch of their own, and the watcher that
// checks every step. Addresses: clients 192.0.2.0/24, servers 10.0.0.0/24, virtual host 203.0.113.1.

import { Checker } from "./check.ts";
import { LeaseChecker } from "./checkleases.ts";
import { Client } from "./client.ts";
import { encode, Kind, Mode, Role, type RouteConfig, type ServiceConfig, type SiteConfig } from "./config.ts";
import { Engine, Violation } from "./engine.ts";
import { CLEAN, type Impairment, Lan, type Link, type Port } from "./net.ts";
import { type Machine, SimNode } from "./node.ts";
import { addr } from "./packet.ts";
import { Pcap } from "./pcap.ts";
import { type Modules } from "./build.ts";
import { Flow, type FlowSpec } from "./workload.ts";

export const VHOST = "203.0.113.1";
const QUIET = 3_000_000;
const REDIRECTOR = 1, ROUTER = 20;

/** What a world is made of. */
export interface WorldSpec {
  seed: number;
  hosts: number;
  clients: number;
  services: Partial<ServiceConfig>[];
  site?: Partial<SiteConfig>;
  /** Replies go to clients by a router of their own, not through the redirector: nobody filters what a wrong replica says. */
  bypass?: boolean;
  /** The redirector's default route on the clients' side; who has the address is the schedule's matter. */
  gateway?: string;
  clientLink?: Partial<Impairment>;
  serverLink?: Partial<Impairment>;
  machine?: (name: string) => Partial<Machine>;
  content?: Uint8Array;
  contentHash?: Uint8Array;
  /** The modules are those of a board, without the exports that the checks look through: nothing is checked. */
  unchecked?: boolean;
  /** Where log lines go. */
  log?: (line: string) => void;
}

export const SITE: SiteConfig = {
  key: new Uint8Array(16).map((_, i) => 17 * i + 3), leaseMs: 300, marginMs: 20, guardMs: 1000, lossTimeoutMs: 3000, probeMs: 3, probes: 4,
  managePort: 7001, chainPort: 7002, tunnel: "10.0.0.1",
};

const SERVICE: Omit<ServiceConfig, "id" | "members"> = {
  mode: Mode.ft, kind: Kind.echo, vHost: VHOST, port: 7, mssLimit: 1440, rcv: 65536, snd: 65536, heartbeatMs: 10, silenceMs: 40,
  retransmissions: 3, lagMs: 1000,
};

export class World {
  readonly engine = new Engine();
  readonly clientLan: Lan;
  readonly serverLan: Lan;
  readonly redirector: SimNode;
  readonly router: SimNode | null = null;
  readonly hosts: SimNode[] = [];
  readonly clients: Client[] = [];
  readonly flows: Flow[] = [];
  readonly services: ServiceConfig[];
  readonly site: SiteConfig;
  readonly check: Checker;
  private readonly leases = new LeaseChecker(this);
  /** How often each kind of workload and fault was drawn. */
  readonly drawn = new Map<string, number>();
  /** Lines about what was done to the site, for the report of a failure. */
  readonly story: string[] = [];
  private pcap: Pcap | null = null;
  private nextPort = 40000;

  constructor(readonly modules: Modules, readonly spec: WorldSpec) {
    this.site = { ...SITE, ...spec.site };
    this.clientLan = new Lan(this.engine, "clients", spec.seed, { ...CLEAN, ...spec.clientLink });
    this.serverLan = new Lan(this.engine, "servers", spec.seed, { ...CLEAN, ...spec.serverLink });
    const members = Array.from({ length: spec.hosts }, (_, i) => hostId(i));
    this.services = spec.services.map((s, i) => ({ ...SERVICE, id: i, members, ...s }));
    this.redirector = this.makeRedirector();
    if (spec.bypass) this.router = this.makeRouter();
    for (let i = 0; i < spec.hosts; i++) this.hosts.push(this.makeHost(i));
    for (let i = 0; i < spec.clients; i++) this.clients.push(this.makeClient(i));
    this.check = new Checker(this);
    const tap = (lan: Lan, port: Port, frame: Uint8Array): void => this.seen(lan, port, frame);
    this.clientLan.tap = tap;
    this.serverLan.tap = tap;
  }

  /** Boots everybody, each after its own delay in microseconds: so their clocks differ. */
  boot(delay: (name: string) => number = () => 0): void {
    for (const n of this.nodes()) this.engine.after(delay(n.name), () => { if (!n.up) n.boot(); });
  }

  *nodes(): Generator<SimNode> {
    yield this.redirector;
    if (this.router) yield this.router;
    yield* this.hosts;
    for (const c of this.clients) yield c.node;
  }

  /** The host server with a node id. */
  host(id: number): SimNode { return this.hosts[id - hostId(0)]; }

  /** Writes a capture of all frames from now on. */
  capture(file: string): void { this.pcap = new Pcap(file, [this.clientLan.name, this.serverLan.name]); }
  close(): void { this.pcap?.close(); this.pcap = null; }

  /** Counts a workload or a fault. */
  drew(what: string): void { this.drawn.set(what, (this.drawn.get(what) ?? 0) + 1); }

  /** Notes what happens to the site. */
  tell(text: string): void {
    const line = `${(this.engine.now / 1000).toFixed(3).padStart(10)} ms  ${text}`;
    this.story.push(line);
    this.spec.log?.(line);
  }

  /** Notes a failure with the state of everybody. */
  fails(text: string): void {
    this.tell(text);
    for (const f of this.flows) if (!f.done) this.tell(f.toString());
    for (const line of this.check.dump()) this.tell(line);
  }

  /** Starts a flow of a client after `delay` microseconds. */
  flow(client: number, spec: FlowSpec, delay = 0): Flow {
    const f = new Flow(this.clients[client], spec, this.nextPort++);
    this.flows.push(f);
    this.engine.after(delay, () => { if (!f.done) f.start(); });
    return f;
  }

  /** Runs until every flow is done; a violation where that takes longer than `bound` microseconds. */
  complete(bound: number): void {
    const open = (): Flow[] => this.flows.filter(f => !f.done);
    if (open().length === 0 || this.engine.run(this.engine.now + bound, () => this.settled())) return;
    if (open().every(f => this.check.forsaken(f))) return;
    throw new Violation(`not complete ${bound / 1e6} s after the last fault: ${open().join("; ")}`);
  }

  private settled(): boolean {
    for (const f of this.flows) if (!f.done) return false;
    return true;
  }

  /** Nothing is held once all connections are over, but for what waits for a timeout (fragments, neighbours, handshakes that a late SYN began): at most four minutes. */
  poolsFull(): void {
    this.engine.run(this.engine.now + QUIET);
    for (let left = 80; left > 0 && this.check.held() !== ""; left--) this.engine.run(this.engine.now + QUIET);
    const held = this.check.held();
    if (held !== "") throw new Violation(held);
  }

  /** Runs until every host server is a member of every chain. */
  allJoined(bound: number): void {
    const full = (): boolean => this.services.every((s, i) => this.check.membersOf(i).length === s.members.length);
    if (full() || this.engine.run(this.engine.now + bound, full)) return;
    const lacking = this.services.map((s, i) => `service ${i} has ${this.check.membersOf(i).map(m => `s${m - hostId(0)}`)} of ${s.members.length}`);
    throw new Violation(`not all joined ${bound / 1e6} s after the last connection: ${lacking.join("; ")}`);
  }

  /** The directed link between two nodes that share a switch. */
  link(from: SimNode, to: SimNode): Link {
    for (const a of from.ports) for (const b of to.ports) if (a.lan === b.lan) return a.lan.link(a, b);
    throw new Error(`${from.name} and ${to.name} share no link`);
  }

  private seen(lan: Lan, port: Port, frame: Uint8Array): void {
    const e = this.engine;
    e.trace(e.now);
    e.trace(port.index);
    e.traceBytes(frame);
    this.pcap?.frame(lan === this.clientLan ? 0 : 1, e.now, frame);
    if (this.spec.unchecked) return;
    this.check.left(port.owner, lan, frame);
    if (port.owner instanceof SimNode) this.leases.left(port.owner, frame);
  }

  private node(name: string, module: WebAssembly.Module, config: Uint8Array): SimNode {
    const n = new SimNode(this.engine, name, module, config, this.spec.seed, this.spec.machine?.(name));
    n.onLog = (node, level, text) => { if (level <= 2) this.tell(`${node.name}: ${text}`); };
    return n;
  }

  private block(id: number, role: Role, ifaces: { lan: number; address: string; control?: boolean }[], routes: RouteConfig[], services: ServiceConfig[]): Uint8Array {
    const s = this.spec;
    return encode({
      id, role, siteId: 1, site: this.site, routes, services,
      ifaces: ifaces.map(f => ({ prefix: 24, mtu: 1500, mac: mac(f.lan, id), address: f.address, control: f.control })),
      nodes: [
        { id: REDIRECTOR, role: Role.redirector, address: "10.0.0.1" },
        ...Array.from({ length: s.hosts }, (_, i) => ({ id: hostId(i), role: Role.host, address: hostAddress(i) })),
        ...(id === ROUTER ? [{ id: ROUTER, role: Role.redirector, address: "10.0.0.20" }] : []),
        ...(id >= CLIENT ? [{ id, role: Role.host, address: ifaces[0].address }] : []),
      ],
      content: s.content ? { length: s.content.length, sha256: s.contentHash! } : undefined,
    });
  }

  private makeRedirector(): SimNode {
    const ifaces = [{ lan: 0, address: "192.0.2.1" }, { lan: 1, address: "10.0.0.1", control: true }];
    const routes = this.spec.gateway ? [{ prefix: "0.0.0.0", length: 0, iface: 0, via: this.spec.gateway }] : [];
    const n = this.node("r", this.modules.redirector, this.block(REDIRECTOR, Role.redirector, ifaces, routes, this.services));
    n.attach(this.clientLan, mac(0, REDIRECTOR));
    n.attach(this.serverLan, mac(1, REDIRECTOR));
    n.store = new Uint8Array(0);
    n.onStored = () => this.check.recordWritten();
    return n;
  }

  /** A plain router: the redirector's module without services. */
  private makeRouter(): SimNode {
    const ifaces = [{ lan: 0, address: "192.0.2.2" }, { lan: 1, address: "10.0.0.20" }];
    const n = this.node("router", this.modules.redirector, this.block(ROUTER, Role.redirector, ifaces, [], []));
    n.attach(this.clientLan, mac(0, ROUTER));
    n.attach(this.serverLan, mac(1, ROUTER));
    return n;
  }

  private makeHost(i: number): SimNode {
    const id = hostId(i), via = this.spec.bypass ? "10.0.0.20" : "10.0.0.1";
    const config = this.block(id, Role.host, [{ lan: 1, address: hostAddress(i), control: true }], [{ prefix: "0.0.0.0", length: 0, iface: 0, via }], this.services);
    const n = this.node(`s${i}`, this.modules.host, config);
    n.attach(this.serverLan, mac(1, id));
    n.store = null;
    if (this.spec.content) n.content = this.spec.content;
    if (!this.spec.unchecked) n.afterPoll = () => this.check.polled(i);
    return n;
  }

  private makeClient(i: number): Client {
    const id = CLIENT + i, address = `192.0.2.${10 + i}`;
    const config = this.block(id, Role.host, [{ lan: 0, address }], [{ prefix: "0.0.0.0", length: 0, iface: 0, via: "192.0.2.1" }], []);
    const n = this.node(`c${i}`, this.modules.peer, config);
    n.attach(this.clientLan, mac(0, id));
    n.store = null;
    return new Client(n, addr(address));
  }
}

const CLIENT = 24;
export const hostId = (i: number): number => 2 + i;
const hostAddress = (i: number): string => `10.0.0.${11 + i}`;
export const mac = (lan: number, id: number): number => 0x020000000000 + lan * 256 + id;
