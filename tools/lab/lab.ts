// A laboratory: the nodes of a site in network namespaces, on switches, with every link of its own to be cut or impaired. What it makes
// carries its name (hn-RUN-...), is written down in its run directory first, and is removed by `down`, also when this process ends early.

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { HOST, wasmOf } from "../build/build.ts";
import type { LogLevel } from "../command.ts";
import { explain } from "../build/trap.ts";
import { exitOnSignals } from "../children.ts";
import { packFolder, readImage } from "../content/image.ts";
import { showIp } from "../site/address.ts";
import { compileNode } from "../site/compile.ts";
import { loadSite, nodeOf, type Node, type Site } from "../site/site.ts";
import { guest, type Guest } from "./board.ts";
import { type as typed } from "./console.ts";
import { ask } from "./control.ts";
import { endOf, parseLink, type Shape, words } from "./link.ts";
import * as net from "./switch.ts";
import { alive, collect, end, identify, type Proc, type Result, signal, sleep, start, stopped, until } from "./process.ts";

const RUNS = "/run/hydranet";

export interface Options {
  /** Name of the run, at most 12 letters and digits; default: one of its own. */
  run?: string;
  /** The lab stays up when this process ends. */
  keep?: boolean;
  /** Chains are cut to this length. */
  replicas?: number;
  /** Each node writes what it sends and receives to RUN/NODE.pcap, and its input to RUN/NODE.rec. */
  pcap?: boolean; record?: boolean;
  /** Host servers offer sockets to programs (`lab.sockets(name)`). */
  sockets?: boolean;
  log?: LogLevel;
  /** Modules by role, in place of build/linux-host.wasm and build/linux-redirector.wasm. */
  modules?: { host?: string; redirector?: string };
  /** Seed of the wires' random numbers. */
  seed?: number;
  /** Packed files, in place of the site's content folder. */
  content?: Uint8Array;
}

interface Wire { proc: Proc; rules: Record<string, string[]> }
interface State { run: string; file: string; owner?: Proc; options: Omit<Options, "content">; procs: Record<string, Proc>; wires: Record<string, Wire>; guests: Record<string, Guest>; cuts: string[] }

/** What a node's control socket tells (host/ABI.md); services and counters as the modules write them. */
export interface Status { node: number; role: string; services?: ServiceStatus[]; [key: string]: unknown }
export interface ServiceStatus { id: number; state: string; view: number; members?: number[]; position?: number; speaks?: boolean; [key: string]: unknown }

export class Lab {
  private readonly children = new Set<ChildProcess>();
  private readonly onExit = (): void => this.down();
  private constructor(readonly site: Site, readonly dir: string, private readonly state: State) {}

  get run(): string { return this.state.run; }
  file(name: string): string { return path.join(this.dir, name); }
  ns(node: string): string { return `hn-${this.run}-${node}`; }
  private switchNs(link: string): string { return `hn-${this.run}-${link}.sw`; }

  /** Brings a site up, all its nodes running. Takes everything back when something fails. */
  static async up(site: Site | string, options: Options = {}): Promise<Lab> {
    Lab.sweep();
    const s = typeof site === "string" ? loadSite(site) : site, run = options.run ?? `t${process.pid.toString(36)}${randomBytes(2).toString("hex")}`;
    if (!/^[a-z0-9]{1,12}$/.test(run)) throw new Error(`run '${run}': expected at most 12 lower-case letters and digits`);
    const { content, ...kept } = options;
    const state: State = { run, file: path.resolve(s.file), owner: options.keep ? undefined : identify(process.pid), options: kept, procs: {}, wires: {}, guests: {}, cuts: [] };
    const dir = path.join(RUNS, run);
    mkdirSync(RUNS, { recursive: true, mode: 0o755 });
    try { mkdirSync(dir, { mode: 0o700 }); } catch { throw new Error(`a lab '${run}' is up already (${dir}); hydranet lab down --run ${run} removes it`); }
    const lab = new Lab(withRun(s, options.replicas), dir, state);
    lab.save();
    lab.guard();
    try {
      await lab.build(content);
    } catch (e) {
      lab.down();
      throw e;
    }
    if (options.keep) process.removeListener("exit", lab.onExit);
    return lab;
  }

  /** The lab of a name that is up. */
  static attach(run: string): Lab {
    const dir = path.join(RUNS, run);
    let state: State;
    try { state = JSON.parse(readFileSync(path.join(dir, "state.json"), "utf8")) as State; } catch { throw new Error(`no lab '${run}' is up`); }
    const site = withRun(loadSite(state.file), state.options.replicas);
    return new Lab(site, dir, state);
  }

  /** Removes labs whose owner is dead, and what is left of ones without a state. */
  static sweep(): void {
    for (const run of existsSync(RUNS) ? readdirSync(RUNS) : []) {
      try {
        const lab = Lab.attach(run), owner = lab.state.owner;
        if (owner && !alive(owner)) lab.down();
      } catch { /* not ours to judge: `lab down --run` removes it by name */ }
    }
  }

  /** Removes a lab by name, whatever is left of it. */
  static remove(run: string): void {
    let state: State = { run, file: "", options: {}, procs: {}, wires: {}, guests: {}, cuts: [] };
    const dir = path.join(RUNS, run);
    try { state = JSON.parse(readFileSync(path.join(dir, "state.json"), "utf8")) as State; } catch { /* names are enough */ }
    new Lab({ nodes: [] } as unknown as Site, dir, state).down();
  }

  /** Takes the lab down when this process ends, by whatever signal that can be caught. */
  guard(): void {
    process.on("exit", this.onExit);
    if (process.listenerCount("SIGINT") === 0) exitOnSignals();
  }

  private save(): void { writeFileSync(this.file("state.json"), JSON.stringify(this.state), { mode: 0o600 }); }

  private async build(content?: Uint8Array): Promise<void> {
    const links = new Set(this.site.nodes.flatMap(n => n.interfaces.map(i => i.link)));
    for (const l of links) net.addSwitch(this.switchNs(l));
    for (const n of this.site.nodes) this.addNode(n);
    const image = content ?? (this.site.content ? await packFolder(this.site.content) : undefined);
    if (image) writeFileSync(this.file("content.img"), image);
    const extras = { content: image ? readImage(image) : undefined };
    const nodes = this.site.nodes.filter(n => n.role !== "linux");
    for (const n of nodes) writeFileSync(this.file(`${n.name}.cfg`), compileNode(this.site, n.name, extras), { mode: 0o600 });
    for (const n of nodes.filter(n => n.board)) await this.addBoard(n, image && this.file("content.img"));
    await Promise.all(nodes.map(n => this.start(n.name)));
  }

  /** A board's image, and a wire from each of its NICs to the switch. */
  private async addBoard(n: Node, content?: string): Promise<void> {
    const ports = n.interfaces.map((_, i) => endOf(this.site, n, i));
    const plugs = ports.map(e => ({ own: this.file(`${e.link}-${e.port}.nic`), wire: this.file(`${e.link}-${e.port}.plug`) }));
    this.state.guests[n.name] = await guest(this.site, n, { base: this.file(n.name), plugs, console: this.file(`${n.name}.con`), log: this.file(`${n.name}.log`), content });
    for (const [i, e] of ports.entries()) {
      net.addWirePair(this.switchNs(e.link), e.port);
      await this.addWire(e.link, e.port, `${e.port}=unix:${plugs[i].wire},${plugs[i].own}`);
      net.wireToSwitch(this.switchNs(e.link), e.port);
    }
  }

  private addNode(n: Node): void {
    const ns = this.ns(n.name);
    net.addNamespace(ns);
    if (n.board) return;
    n.interfaces.forEach((f, i) => {
      const e = endOf(this.site, n, i);
      net.plug({ ns, iface: f.name, mac: e.mac, mtu: f.mtu, switchNs: this.switchNs(f.link), port: e.port });
    });
    if (n.role !== "linux") {
      net.deafen(ns, n.interfaces.map(f => f.name));
      net.ip(ns, ...n.interfaces.map(f => `link set dev ${f.name} up`));
      return;
    }
    net.ip(ns, ...n.interfaces.flatMap(f => [`addr add ${showIp(f.address)}/${f.length} dev ${f.name}`, `link set dev ${f.name} up`]),
      ...n.routes.map(r => `route add ${showIp(r.prefix.address)}/${r.prefix.length} ${r.via ? `via ${showIp(r.via)} ` : ""}dev ${n.interfaces[r.iface].name}`));
  }

  /** Starts a node that does not run, and waits until it answers. */
  async start(name: string): Promise<void> {
    const n = this.node(name), o = this.state.options;
    if (this.running(name)) throw new Error(`${name} runs already`);
    if (n.board) return this.startBoard(name);
    const args = [
      "--module", this.module(name), "--config", this.file(`${name}.cfg`), ...n.interfaces.flatMap(i => ["--iface", i.name]), "--control", this.control(name), "--name", name,
      ...(existsSync(this.file("content.img")) && n.role === "host" ? ["--content", this.file("content.img")] : []),
      ...(n.role === "redirector" ? ["--store", this.file(`${name}.store`)] : []),
      ...(o.pcap ? ["--pcap", this.fresh(name, "pcap")] : []), ...(o.record ? ["--record", this.fresh(name, "rec")] : []),
      ...(o.sockets && n.role === "host" ? ["--sockets", this.sockets(name)] : []), ...(o.log ? ["--log", o.log] : []),
    ];
    await this.launch(name, this.ns(name), args);
  }

  /** Switches a board on, and waits until its console answers. */
  private async startBoard(name: string): Promise<void> {
    rmSync(this.file(`${name}.con`), { force: true });
    const [program, ...rest] = net.inside(this.ns(name), ...this.state.guests[name].words), proc = start(program, rest, this.file(`${name}.qemu.log`));
    this.state.procs[name] = proc;
    this.save();
    await until(`${name} answers`, 60000, async () => {
      if (!alive(proc)) throw new Error(`${name}: QEMU ended at its start:\n${readFileSync(this.file(`${name}.qemu.log`), "utf8").slice(-2000)}\n${this.log(name).slice(-2000)}`);
      return existsSync(this.file(`${name}.con`)) && await this.status(name).then(() => true, () => false);
    }, 50);
  }

  /** How a node that is a board runs: its image and QEMU's command line. */
  guest(name: string): Guest | undefined { return this.state.guests[name]; }

  /** A name for a file that each start of a node writes anew: s0.pcap, s0.2.pcap, ... */
  private fresh(name: string, ext: string): string {
    for (let i = 1; ; i++) { const f = this.file(i === 1 ? `${name}.${ext}` : `${name}.${i}.${ext}`); if (!existsSync(f)) return f; }
  }

  private async launch(name: string, ns: string, args: string[]): Promise<void> {
    rmSync(this.control(name), { force: true });
    const [program, ...rest] = [...(this.state.options.keep ? [] : net.BOUND), ...net.inside(ns, HOST, ...args)], log = this.file(`${name}.log`);
    const proc = start(program, rest, log);
    this.state.procs[name] = proc;
    this.save();
    await until(`${name} answers`, 15000, async () => {
      if (!alive(proc)) throw new Error(`${name} ended at its start:\n${this.log(name).split("\n").slice(-15).join("\n")}`);
      return existsSync(this.control(name)) && await ask(this.control(name), "status", 500).then(() => true, () => false);
    });
  }

  /** The UNIX socket of a host server's sockets for programs. */
  sockets(name: string): string { return this.file(`${name}.sock`); }
  private control(name: string): string { return this.file(`${name}.ctl`); }
  /** A node of the site that HydraNet runs. */
  private node(name: string): Node {
    const n = nodeOf(this.site, name);
    if (n.role === "linux") throw new Error(`${name} is a plain Linux machine: no HydraNet process runs there`);
    return n;
  }

  /** What a node has said so far; where a trap has ended it, with source lines. */
  log(name: string): string {
    try { return explain(readFileSync(this.file(`${name}.log`), "utf8"), this.module(name)); } catch { return ""; }
  }
  /** The module that a node or a wire runs. */
  private module(name: string): string {
    const role = this.site.nodes.find(n => n.name === name)?.role, given = this.state.options.modules;
    return role === "host" ? given?.host ?? wasmOf("linux-host") : role === "redirector" ? given?.redirector ?? wasmOf("linux-redirector") : wasmOf("linux-wire");
  }

  private proc(name: string): Proc {
    this.node(name);
    const p = this.state.procs[name];
    if (!p || !alive(p)) throw new Error(`${name} does not run`);
    return p;
  }
  running(name: string): boolean { const p = this.state.procs[name]; return p !== undefined && alive(p); }
  paused(name: string): boolean { const p = this.state.procs[name]; return p !== undefined && stopped(p); }
  pid(name: string): number { return this.proc(name).pid; }

  /** SIGKILL: the plug is pulled. */
  async kill(name: string): Promise<void> {
    const p = this.proc(name);
    signal(p, "SIGKILL");
    await until(`${name} is gone`, 2000, () => !alive(p), 1);
  }
  /** SIGTERM: the node ends as it does when an operator stops it. */
  async stop(name: string): Promise<void> {
    const p = this.proc(name);
    signal(p, "SIGTERM");
    await until(`${name} has ended`, 5000, () => !alive(p), 1);
  }
  pause(name: string): void { signal(this.proc(name), "SIGSTOP"); }
  resume(name: string): void { signal(this.proc(name), "SIGCONT"); }
  async restart(name: string): Promise<void> {
    if (this.running(name)) await this.kill(name);
    await this.start(name);
  }

  /** The node's status. Throws when it does not answer within a second. */
  async status(name: string): Promise<Status> { return JSON.parse(await this.command(name, "status")) as Status; }
  /** A line to the node's control socket, or to the console of a board; its answer. */
  async command(name: string, line: string): Promise<string> { return this.site.nodes.find(n => n.name === name)?.board ? typed(this.file(`${name}.con`), line, 3000) : ask(this.control(name), line); }
  /** Statuses of the nodes that answer, by name. */
  async statuses(): Promise<Record<string, Status>> {
    const names = this.site.nodes.filter(n => n.role !== "linux" && this.running(n.name) && !this.paused(n.name)).map(n => n.name);
    const all = await Promise.all(names.map(n => this.status(n).catch(() => undefined)));
    return Object.fromEntries(names.flatMap((n, i) => all[i] ? [[n, all[i]!]] : []));
  }

  /** The newest view of a service that a member has: its number, members' names (primary first), and who of them speaks. */
  async chain(service: string): Promise<{ view: number; members: string[]; primary?: string }> {
    const id = this.site.services.find(s => s.name === service)?.id;
    if (id === undefined) throw new Error(`no service '${service}'; there are ${this.site.services.map(s => s.name).join(", ")}`);
    let view = 0, members: string[] = [], primary: string | undefined;
    for (const [name, s] of Object.entries(await this.statuses())) {
      const x = s.services?.find(v => v.id === id);
      if (!x || x.state !== "member" || !x.members || x.view < view) continue;
      if (x.view > view) primary = undefined;
      view = x.view;
      members = x.members.map(m => this.site.nodes.find(n => n.id === m)?.name ?? `node ${m}`);
      if (x.position === 0 && x.speaks) primary = name;
    }
    return { view, members, primary };
  }

  /** Waits until a service has a speaking primary and, if given, n members. */
  async ready(service: string, n?: number, ms = 10000): Promise<string[]> {
    return until(`${service} has ${n ?? "its"} members and a primary that speaks`, ms, async () => {
      const c = await this.chain(service);
      return c.primary !== undefined && (n === undefined || c.members.length === n) ? c.members : undefined;
    });
  }

  /** Starts a program in a node's namespace; it ends with the lab. */
  spawn(name: string, program: string, args: string[] = [], options: { input?: "pipe" | "ignore"; cwd?: string; env?: NodeJS.ProcessEnv } = {}): ChildProcess {
    nodeOf(this.site, name);
    const [p, ...rest] = [...net.BOUND, ...net.inside(this.ns(name), program, ...args)];
    const child = spawn(p, rest, { stdio: [options.input ?? "ignore", "pipe", "pipe"], cwd: options.cwd, env: options.env });
    this.children.add(child);
    child.on("close", () => this.children.delete(child));
    return child;
  }
  /** Runs a program in a node's namespace to its end, or for at most `ms`. */
  async exec(name: string, program: string, args: string[] = [], ms?: number): Promise<Result> {
    const child = this.spawn(name, program, args), timer = ms === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), ms);
    try { return await collect(child); } finally { clearTimeout(timer); }
  }

  /** Cuts a link: `s1-s0`, `r>s1` one way, `s1` all of its own. */
  cut(link: string): void { parseLink(this.site, link); if (!this.state.cuts.includes(link)) this.state.cuts.push(link); this.applyCuts(link); }
  /** Heals a link as it was cut. Throws where it was not. */
  heal(link: string): void {
    if (!this.state.cuts.includes(link)) throw new Error(`link '${link}' is not cut; cut are ${this.state.cuts.join(", ") || "none"}`);
    this.state.cuts = this.state.cuts.filter(c => c !== link);
    this.applyCuts(link);
  }
  private applyCuts(changed: string): void {
    this.save();
    const on = parseLink(this.site, changed).a.link;
    const cuts = this.state.cuts.map(c => parseLink(this.site, c)).filter(l => l.a.link === on).flatMap(l => {
      if (!l.b) return [{ from: [l.a.port], to: [] }, { from: [], to: [l.a.port] }];
      const there = { from: [l.a.port], to: [l.b.port] };
      return l.oneWay ? [there] : [there, { from: [l.b.port], to: [l.a.port] }];
    });
    net.setCuts(this.switchNs(on), cuts);
  }

  /** Impairs a link by the wire process at its first node; an empty shape takes the impairment away. */
  async shape(link: string, s: Shape): Promise<void> {
    const l = parseLink(this.site, link), port = l.a.port, key = `${l.a.link}/${port}`, text = words(s);
    const wire = this.state.wires[key] ?? await this.addPortWire(l.a.link, port);
    delete wire.rules[link];
    if (text !== "") {
      const pair = l.b && this.portsOf(l.a.link) > 2, to = pair ? ` dst ${l.b!.mac}` : "", from = pair ? ` src ${l.b!.mac}` : "";
      wire.rules[link] = l.oneWay || pair ? [`ab${to} ${text}`, ...(l.oneWay ? [] : [`ba${from} ${text}`])] : [`both ${text}`];
    }
    this.save();
    const rules = Object.entries(wire.rules).sort(([a], [b]) => Number(/[->]/.test(b)) - Number(/[->]/.test(a))).flatMap(([, r]) => r);
    if (rules.length > 16) throw new Error(`${key}: more than 16 rules on one wire`);
    const lines = [...rules.map((r, i) => `rule ${i} ${r}`), ...Array.from({ length: 16 - rules.length }, (_, i) => `clear ${rules.length + i}`)];
    for (const line of lines) {
      const answer = await ask(this.control(wireName(l.a)), line);
      if (!answer.startsWith("ok")) throw new Error(`wire at ${port}: '${line}': ${answer}`);
    }
  }
  private portsOf(link: string): number { return this.site.nodes.flatMap(n => n.interfaces).filter(i => i.link === link).length; }

  /** Puts a wire between a port of a switch and the bridge. */
  private async addPortWire(link: string, port: string): Promise<Wire> {
    net.addWirePair(this.switchNs(link), port);
    const wire = await this.addWire(link, port, port);
    net.switchToWire(this.switchNs(link), port);
    return wire;
  }

  /** Starts the wire between an interface of the host program and the port's pair. */
  private async addWire(link: string, port: string, iface: string): Promise<Wire> {
    const ns = this.switchNs(link), name = wireName({ link, port });
    writeFileSync(this.file(`${name}.cfg`), `seed ${(this.state.options.seed ?? 1) % 1e9}\n`);
    await this.launch(name, ns, ["--module", this.module(name), "--config", this.file(`${name}.cfg`), "--iface", iface, "--iface", `${port}.w`, "--control", this.control(name), "--name", name]);
    return this.state.wires[`${link}/${port}`] = { proc: this.state.procs[name], rules: {} };
  }
  /** The status of the wire at a link's first node, once the link has been shaped: frames and bytes per direction, and their fates. */
  async wireStatus(link: string): Promise<Record<string, unknown>> {
    return JSON.parse(await ask(this.control(wireName(parseLink(this.site, link).a)), "status")) as Record<string, unknown>;
  }

  /** Removes everything: processes by pid, namespaces, the run directory. Never throws; doing it twice is harmless. */
  down(): void {
    process.removeListener("exit", this.onExit);
    const spaces = net.namespaces(`hn-${this.run}-`);
    const inside = spaces.flatMap(ns => net.pidsIn(ns)).filter(pid => pid !== process.pid).map(identify);
    end([...Object.values(this.state.procs), ...inside]);
    for (const c of this.children) c.kill("SIGKILL");
    for (const ns of spaces) net.removeNamespace(ns);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The process that impairs a port: names of ports repeat from switch to switch. */
const wireName = (p: { link: string; port: string }): string => `wire-${p.link}-${p.port}`;

/** A site with a key, and chains of at most n members. */
function withRun(site: Site, n?: number): Site {
  return { ...site, key: site.key ?? new Uint8Array(randomBytes(16)), services: n === undefined ? site.services : site.services.map(s => ({ ...s, chain: s.chain.slice(0, n) })) };
}

export { sleep, until };
