// The laboratory as the demonstration uses it: the site beside this file in network namespaces.

import { execFileSync } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { Lab } from "../lab/lab.ts";
import { BOUND, inside } from "../lab/switch.ts";
import { showIp } from "../site/address.ts";
import { loadSite, type Site } from "../site/site.ts";
import type { Bed, Chain, Progress } from "./bed.ts";
import { Inventory } from "./machines.ts";
import type { Machine } from "./results.ts";

const SITE = path.join(ROOT, "tools/demo/site.toml"), BOARDS = path.join(ROOT, "examples/boards.toml");
/** Links of the boards' laboratory: Ethernet at 10 Mbit/s, full duplex; kbit/s. */
const ETHERNET = 10_000;
/** Longest wait of a frame for the shaped link, milliseconds. */
const QUEUE = 500;

export class LabBed implements Bed {
  readonly iface = "eth0";
  readonly address: string;
  readonly port: number;
  readonly sinkPort: number;
  readonly servers: string[];
  private readonly site: Site;
  private lab?: Lab;
  private inventory?: Inventory;

  /** Serves the files of a folder from chains of that many replicas; `boards`: redirector and servers are boards in QEMU. */
  constructor(folder: string, private readonly replicas: number, private readonly boards: boolean) {
    this.site = { ...loadSite(boards ? BOARDS : SITE), content: folder };
    const [files, upload] = this.site.services;
    this.address = showIp(files.address);
    this.port = files.port;
    this.sinkPort = upload.port;
    this.servers = files.chain.slice(0, replicas).map(n => n.name);
  }

  get client(): string[] { return [...BOUND, ...inside(this.running().ns("c"))]; }
  get system(): string { return `Linux ${os.release()}, ${os.cpus().length} x ${os.cpus()[0]?.model.trim() ?? "CPU"}, client's congestion control ${congestion()}`; }
  private running(): Lab { if (!this.lab) throw new Error("the laboratory is not up"); return this.lab; }

  async up(): Promise<void> {
    const lab = this.lab = await Lab.up(this.site, { replicas: this.replicas }), inventory = this.inventory = new Inventory(lab);
    if (this.boards) for (const n of this.site.nodes) for (const i of n.interfaces) if (n.role !== "linux") await lab.shape(`${n.name}.${i.name}`, { rate: ETHERNET, limit: QUEUE });
    for (const n of this.site.nodes) inventory.started(n.name);
    for (const s of this.site.services) await this.lab.ready(s.name, this.replicas);
  }
  async down(): Promise<void> { this.lab?.down(); }
  async kill(node: string): Promise<void> {
    await this.running().kill(node);
    this.inventory!.killed(node);
  }
  async start(node: string): Promise<void> {
    await this.running().start(node);
    this.inventory!.started(node);
  }
  machines(): Promise<Machine[]> { return this.inventory?.report() ?? Promise.resolve([]); }

  /** The chain of the files; a member counts when the uploads' chain has it too. */
  async chain(): Promise<Chain> {
    const lab = this.running(), [files, upload] = await Promise.all(this.site.services.map(s => lab.chain(s.name))), all = await lab.statuses();
    const speaks = files.primary !== undefined && files.primary === upload.primary;
    const progress = new Map(Object.entries(all).map(([name, s]): [string, Progress] => {
      const sum = (key: string): number => (s.services ?? []).reduce((n, x) => n + Number(x[key] ?? 0), 0);
      return [name, { produced: sum("bytesOut"), received: sum("bytesIn") }];
    }));
    return { view: files.view, members: speaks ? files.members.filter(m => upload.members.includes(m)) : [], progress };
  }

  async shape(rate: number | undefined): Promise<void> { await this.running().shape("c", rate === undefined ? {} : { rate: rate / 1000, limit: QUEUE }); }
}

function congestion(): string {
  try { return execFileSync("cat", ["/proc/sys/net/ipv4/tcp_congestion_control"], { encoding: "utf8" }).trim(); } catch { return "unknown"; }
}
