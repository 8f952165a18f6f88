// Figures of a server at the other end of one link: bulk, exchanges, connections; each against every peer.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { HOST, wasmOf } from "../build/build.ts";
import { compileNode } from "../site/compile.ts";
import { parseSite } from "../site/site.ts";
import type { Contender, Figure } from "./figure.ts";
import { ADDRESS, MAC, type Mode, Pair, PORTS, type Seen, type Server, SERVER_CPU } from "./pair.ts";
import type { Peer, Programs } from "./programs.ts";
import type { Bar, Sample } from "./stats.ts";

/** Buffers of 1 MiB, as the peers have. */
const BUFFER = 1 << 20;
const service = (name: string, kind: string, port: number): string =>
  `[[service]]\nname = "${name}"\nkind = "${kind}"\nmode = "plain"\nport = ${port}\nchain = ["s"]\nreceive-buffer = ${BUFFER}\nsend-buffer = ${BUFFER}\nmss = 1460\n`;
export const SITE = `[[node]]\nname = "s"\nrole = "host"\n[[node.interface]]\nname = "eth0"\naddress = "${ADDRESS}/24"\nmac = "${MAC}"\n`
  + service("echo", "echo", PORTS.echo) + service("discard", "discard", PORTS.discard) + service("source", "chargen", PORTS.source);

/** This project's host with plain services. `dir` takes its configuration and its control socket. */
export function ours(dir: string): Server {
  const config = path.join(dir, "s.cfg");
  writeFileSync(config, compileNode({ ...parseSite(SITE, "bench"), key: new Uint8Array(randomBytes(16)) }, "s"), { mode: 0o600 });
  return { own: true, words: [HOST, "--module", wasmOf("linux-host"), "--config", config, "--iface", "eth0", "--pin", String(SERVER_CPU), "--control", path.join(dir, "s.ctl"), "--name", "bench", "--log", "warning"] };
}

export type Name = "ours" | "linux" | Peer;

export function server(name: Name, programs: Programs, dir: string): Server {
  if (name === "ours") return ours(dir);
  if (name === "linux") return { own: false, words: [programs.linux] };
  const env = name === "netstack" ? ["env", "GOMAXPROCS=1"] : [];
  return { own: true, words: [...env, programs[name]!, "eth0", MAC, ADDRESS] };
}

/** Pairs that several figures use one after the other: up once, down at the end. */
export class Pairs {
  private readonly dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-bench-"));
  private readonly up = new Map<Name, Pair>();
  constructor(private readonly programs: Programs) { process.on("exit", () => this.remove()); }

  async of(name: Name): Promise<Pair> {
    let p = this.up.get(name);
    if (p) return p;
    p = new Pair(this.programs, this.dir);
    this.up.set(name, p);
    await p.up(server(name, this.programs, this.dir));
    return p;
  }

  async down(): Promise<void> {
    for (const p of this.up.values()) await p.down();
    this.remove();
  }
  remove(): void {
    for (const p of this.up.values()) p.remove();
    this.up.clear();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Seconds at the start of a run that do not count. */
const WARM_UP = { download: 0.5, upload: 0.5, echo: 0.1, connect: 0.1 };

interface Shape { name: string; mode: Mode; unit: string; cpu: string; bars: Bar[]; sample(s: Seen): Sample }

const bulk = (s: Seen): Sample => ({ value: s.bytes * 8 / s.seconds / 1e9, cpu: s.busy / (s.bytes / 1e9) });
const rate = (s: Seen): Sample => ({ value: s.count / s.seconds, cpu: s.busy / s.count * 1e6, notes: { p50: s.p50, p99: s.p99 } });
const above: Bar[] = [{ subject: "ours", against: "smoltcp", factor: 1.2 }, { subject: "ours", against: "lwip", factor: 1 }, { subject: "ours", against: "netstack", factor: 1 }];
const noWorse: Bar[] = [{ subject: "ours", against: "smoltcp", factor: 0.95 }];
const noLater: Bar[] = [...noWorse, { subject: "ours", against: "smoltcp", factor: 1.05, lower: true, note: "p50" }];

const SHAPES: Shape[] = [
  { name: "download", mode: "download", unit: "Gbit/s", cpu: "CPU s/GB", bars: above, sample: bulk },
  { name: "upload", mode: "upload", unit: "Gbit/s", cpu: "CPU s/GB", bars: above, sample: bulk },
  { name: "ping-pong", mode: "echo", unit: "exchanges/s", cpu: "CPU us each", bars: noLater, sample: rate },
  { name: "connections", mode: "connect", unit: "connections/s", cpu: "CPU us each", bars: noWorse, sample: rate },
];

export function direct(pairs: Pairs, names: Name[]): Figure[] {
  return SHAPES.map(f => ({
    name: f.name, unit: f.unit, cpu: f.cpu, bars: f.bars,
    up: async () => {
      const out: Contender[] = [];
      for (const name of names) {
        const pair = await pairs.of(name);
        out.push({ name, measure: async s => f.sample(await pair.ask(f.mode, s, WARM_UP[f.mode])) });
      }
      return out;
    },
    down: () => {},
  }));
}
