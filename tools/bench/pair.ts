// A stock Linux client and a server in namespaces of their own, at the two ends of one veth pair: offloads off, MTU 1500, the client's work on
// one processor and the server's on another, receiving included.

import type { ChildProcess } from "node:child_process";
import { end, ended, start } from "../children.ts";
import { attempt, run, sleep } from "../lab/process.ts";
import { addNamespace, deafen, inside, ip, offloadsOff, removeNamespace } from "../lab/switch.ts";
import type { Programs } from "./programs.ts";

export const CLIENT_CPU = 0, SERVER_CPU = 1;
export const PORTS = { echo: 7, discard: 9, source: 5010 };
export const ADDRESS = "10.7.0.2", MAC = "02:48:00:00:00:02";
const CLIENT_ADDRESS = "10.7.0.1", CLIENT_MAC = "02:48:00:00:00:01";
/** Milliseconds that a server has to answer the first time. */
const PATIENCE = 20_000;

export type Mode = "download" | "upload" | "echo" | "connect";
/** What the measuring client prints (client.c). */
export interface Seen { bytes: number; count: number; seconds: number; busy: number; p50: number; p99: number }

/** Words that run a program in a namespace on one processor. */
export const pinned = (ns: string, cpu: number): string[] => [...inside(ns), "taskset", "-c", String(cpu)];

/** The scheduling that HydraNet's host asks for, for every server alike; nothing where it is refused. */
const urgent = (): string[] => attempt("chrt", ["-f", PRIORITY, "true"]) ? ["chrt", "-f", PRIORITY] : [];
const PRIORITY = "10";

/** Lets one processor do the receiving of an interface, whoever sends to it. */
export function receiveOn(ns: string, iface: string, cpu: number): void {
  run("ip", ["netns", "exec", ns, "sh", "-ec", `for f in /sys/class/net/${iface}/queues/rx-*/rps_cpus; do echo ${(1 << cpu).toString(16)} > $f; done`]);
}

/** An interface in a namespace, and the processor that receives there. */
export interface End { ns: string; iface: string; cpu: number; mac: string }
export const clientEnd = (ns: string): End => ({ ns, iface: "eth0", cpu: CLIENT_CPU, mac: CLIENT_MAC });
export const serverEnd = (ns: string): End => ({ ns, iface: "eth0", cpu: SERVER_CPU, mac: MAC });

/** Makes two interfaces that are linked. */
export function link(a: End, b: End): void {
  run("ip", ["link", "add", "name", a.iface, "netns", a.ns, "address", a.mac, "type", "veth", "peer", "name", b.iface, "netns", b.ns, "address", b.mac]);
  for (const x of [a, b]) {
    offloadsOff(x.ns, x.iface);
    receiveOn(x.ns, x.iface, x.cpu);
    ip(x.ns, `link set dev ${x.iface} up`);
  }
}

/** How a server is started: the words of its program, and whether it has a TCP of its own beside the kernel's. */
export interface Server { words: string[]; own: boolean }

let pairs = 0;

export class Pair {
  readonly client: string;
  readonly server: string;
  protected child?: ChildProcess;
  protected said = "";

  /** `dir`: a folder for what the pair writes. */
  constructor(protected readonly programs: Programs, protected readonly dir: string) {
    const id = `hnb${process.pid}x${pairs++}`;
    [this.client, this.server] = [`${id}c`, `${id}s`];
  }

  /** Makes the link and starts the server. */
  async up(server: Server): Promise<void> {
    for (const ns of [this.client, this.server]) addNamespace(ns);
    await this.wire();
    ip(this.client, `addr add ${CLIENT_ADDRESS}/24 dev eth0`);
    // One connection after another from one address: without this its ports would run out.
    run("nsenter", inside(this.client, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/tcp_max_tw_buckets").slice(1));
    if (server.own) deafen(this.server, ["eth0"]);
    else ip(this.server, `addr add ${ADDRESS}/24 dev eth0`);
    this.child = start([...pinned(this.server, SERVER_CPU), ...urgent()], server.words[0], server.words.slice(1), ["ignore", "pipe", "pipe"]);
    for (const s of [this.child.stdout!, this.child.stderr!]) s.on("data", (b: Buffer) => { this.said = (this.said + b.toString()).slice(-4000); });
    await this.answers(server.words[0]);
  }

  protected async wire(): Promise<void> { link(clientEnd(this.client), serverEnd(this.server)); }

  private async answers(name: string): Promise<void> {
    for (const until = Date.now() + PATIENCE; ;) {
      if (this.child!.exitCode !== null || this.child!.signalCode !== null) throw new Error(`${name} ended at its start:\n${this.said}`);
      if (await this.ask("echo", 0, 0).then(() => true, () => false)) return;
      if (Date.now() > until) throw new Error(`${name} does not answer within ${PATIENCE / 1000} s:\n${this.said}`);
      await sleep(100);
    }
  }

  /** Runs the measuring client. */
  async ask(mode: Mode, seconds: number, warmUp: number): Promise<Seen> {
    const port = mode === "download" ? PORTS.source : mode === "upload" ? PORTS.discard : PORTS.echo;
    return measure(pinned(this.client, CLIENT_CPU), this.programs.client, mode, ADDRESS, port, seconds, warmUp, SERVER_CPU)
      .catch(e => { throw new Error(`${(e as Error).message}${this.said ? `\nthe server: ${this.said}` : ""}`); });
  }

  async down(): Promise<void> {
    if (this.child) { end(this.child); await ended(this.child); }
    this.remove();
  }
  /** Without waiting, for the end of this process. */
  remove(): void { for (const ns of [this.client, this.server]) removeNamespace(ns); }
}

/** Runs the measuring client anywhere. `cpu`: whose time counts, -1: all processors'. */
export async function measure(prefix: string[], client: string, mode: Mode, address: string, port: number, seconds: number, warmUp: number, cpu: number): Promise<Seen> {
  const child = start(prefix, client, [mode, address, String(port), String(seconds), String(warmUp), String(cpu)], ["ignore", "pipe", "pipe"]);
  let out = "", wrong = "";
  child.stdout!.on("data", (b: Buffer) => { out += b.toString(); });
  child.stderr!.on("data", (b: Buffer) => { wrong += b.toString(); });
  const timer = setTimeout(() => { wrong += "no end"; end(child); }, (seconds + warmUp + 30) * 1000), code = await ended(child);
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${mode} from ${address}:${port}: ${wrong.trim() || `status ${code}`}`);
  return parseSeen(out);
}

/** Reads the client's line; throws where it is no such line. */
export function parseSeen(text: string): Seen {
  let v: Partial<Seen> | null = null;
  try { v = JSON.parse(text) as Partial<Seen>; } catch { /* said below */ }
  if (v === null || typeof v.seconds !== "number" || typeof v.busy !== "number" || (v.bytes ?? v.count) === undefined) throw new Error(`the client said '${text.trim()}'`);
  return { bytes: 0, count: 0, p50: 0, p99: 0, ...v } as Seen;
}
