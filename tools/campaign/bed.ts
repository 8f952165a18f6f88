// The laboratory of a campaign: the site beside this file, the client's program, and taps on the servers' links.

import path from "node:path";
import { ROOT } from "../asc.ts";
import { Lab, type Options, type ServiceStatus, type Status, until } from "../lab/lab.ts";
import { exec, inside } from "../lab/switch.ts";
import { run } from "../lab/process.ts";
import { showIp } from "../site/address.ts";
import { loadSite, nodeOf, type Service, type Site } from "../site/site.ts";
import { Client } from "./peer.ts";
import { Raw } from "./raw.ts";

const SITE = path.join(ROOT, "tools/campaign/site.toml");
/** The client's kernel may buffer that much of an upload, so that its progress is seen every few milliseconds. */
const SEND_BUFFER = "4096 16384 262144";

export class Bed {
  readonly servers: string[];
  readonly vhost: number;
  private constructor(readonly lab: Lab, readonly client: Client, readonly raw: Raw) {
    this.servers = lab.site.nodes.filter(n => n.role === "host").map(n => n.name);
    this.vhost = lab.site.services[0].address;
  }

  /** `change`: another site than the file's. */
  static async up(options: Options, change: (site: Site) => Site = s => s): Promise<Bed> {
    const lab = await Lab.up(change(loadSite(SITE)), options);
    lab.guard();
    try {
      exec(lab.ns("c"), "sh", "-c", `echo ${SEND_BUFFER} > /proc/sys/net/ipv4/tcp_wmem`);
      const bed = new Bed(lab, await Client.start(lab, "c"), new Raw(lab, "c"));
      bed.tap();
      await bed.ready();
      return bed;
    } catch (e) {
      lab.down();
      throw e;
    }
  }
  down(): void { this.lab.down(); }

  service(name: string): Service { return this.lab.site.services.find(s => s.name === name)!; }
  get clientAddress(): number { return nodeOf(this.lab.site, "c").interfaces[0].address; }

  private nft(node: string, text: string): void { run("nsenter", inside(this.lab.ns(node), "nft", "-f", "-").slice(1), text); }

  /** Counts what each server sends as the virtual host; and keeps the client's kernel from resetting what the raw socket opens. */
  private tap(): void {
    const chains = this.servers.map(s => `counter ${s} { }\n chain in_${s} { type filter hook ingress device "${s}" priority 0; policy accept; ip saddr ${showIp(this.vhost)} counter name ${s}; }`);
    this.nft("lan.sw", `table netdev campaign {\n${chains.join("\n")}\n}\n`);
    this.nft("c", `table ip campaign { chain out { type filter hook output priority 0; policy accept; tcp sport 20000-29999 tcp flags & rst == rst drop; }\n}\n`);
  }
  /** Packets that a server has sent as the virtual host so far. */
  spoken(server: string): number {
    const m = /packets (\d+)/.exec(exec(this.lab.ns("lan.sw"), "nft", "list", "counter", "netdev", "campaign", server));
    return Number(m?.[1]);
  }
  /** Loses that many percent of the tunnel packets to each server, each on its own. */
  loseCopies(percent: number): void {
    const rule = percent > 0 ? `ether type ip ip protocol 4 numgen random mod 100 < ${percent} drop` : "";
    this.nft("lan.sw", `table bridge campaign {}\ndelete table bridge campaign\ntable bridge campaign { chain forward { type filter hook forward priority 0; policy accept; ${rule}\n }\n}\n`);
  }

  /** Waits until every server is a member of every service's newest view and every primary speaks. */
  async ready(ms = 15000): Promise<void> {
    await until("all servers are members of all services", ms, async () => this.complete(await this.lab.statuses()));
  }
  private complete(all: Record<string, Status>): boolean {
    return this.lab.site.services.every(s => {
      const seen = this.servers.map(n => all[n]?.services?.find(x => x.id === s.id));
      return seen.every(x => x?.state === "member" && x.view === seen[0]?.view && x.members?.length === this.servers.length) && seen.some(x => x?.position === 0 && x.speaks === true);
    });
  }

  /** Waits until no service has a connection and members of each are equal; what differs, otherwise. */
  async differences(ms: number): Promise<string[]> {
    for (const end = Date.now() + ms; ;) {
      const found = this.compare(await this.lab.statuses());
      if (found.length === 0 || Date.now() > end) return found;
    }
  }
  private compare(all: Record<string, Status>): string[] {
    const out: string[] = [];
    for (const s of this.lab.site.services) {
      const seen = Object.entries(all).flatMap(([name, x]) => (x.services ?? []).filter(v => v.id === s.id && v.state === "member").map(v => ({ name, v })));
      const view = Math.max(...seen.map(x => x.v.view)), members = seen.filter(x => x.v.view === view);
      if (members.length === 0) { out.push(`${s.name}: no member`); continue; }
      const say = (v: ServiceStatus): string => ["applied", "history"].map(k => `${k} ${String(v[k])}`).join(" ");
      for (const m of members) if (say(m.v) !== say(members[0].v)) out.push(`${s.name}: ${members[0].name} has ${say(members[0].v)}; ${m.name} has ${say(m.v)}`);
      for (const m of members) if (m.v.connections !== 0) out.push(`${s.name}: ${m.name} still has ${String(m.v.connections)} connections`);
    }
    return out;
  }

  /** A counter summed over nodes, by its number in the modules. */
  async counters(nodes: string[] = this.lab.site.nodes.filter(n => n.role !== "linux").map(n => n.name)): Promise<Record<string, number>> {
    const all = await this.lab.statuses(), sum: Record<string, number> = {};
    for (const n of nodes) for (const [k, v] of Object.entries((all[n]?.counters ?? {}) as Record<string, number>)) sum[k] = (sum[k] ?? 0) + v;
    return sum;
  }
}
