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

const SITE = path.join(ROOT, "tools/demo/site.toml");
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

  /** Serves the files of a folder from chains of that many replicas. */
  constructor(folder: string, private readonly replicas: number) {
    this.site = { ...loadSite(SITE), content: folder };
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
    this.lab = await Lab.up(this.site, { replicas: this.replicas });
    for (const s of this.site.services) await this.lab.ready(s.name, this.replicas);
  }
  async down(): Promise<void> { this.lab?.down(); }
  kill(node: string): Promise<void> { return this.running().kill(node); }
  start(node: string): Promise<void> { return this.running().start(node); }

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
