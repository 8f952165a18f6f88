// Figures of a sender on a link that is not perfect, beside Linux's with the same congestion control: loss and delay, and a send queue that is
// full.

import { type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { HOST, wasmOf } from "../build/build.ts";
import { end, ended, start } from "../children.ts";
import { ask } from "../lab/control.ts";
import { until } from "../lab/process.ts";
import { addNamespace, removeNamespace } from "../lab/switch.ts";
import { server } from "./direct.ts";
import type { Contender, Figure } from "./figure.ts";
import { bucket } from "./machine.ts";
import { CLIENT_CPU, clientEnd, link, Pair, pinned, serverEnd } from "./pair.ts";
import type { Programs } from "./programs.ts";
import type { Sample } from "./stats.ts";

const NAMES = ["ours", "linux"] as const;
/** 1 % of the frames are lost and each takes 10 ms, both ways. */
const RULE = "seed 1\nrule 0 both loss 10000 delay 10000\n";
/** The shaper of the full queue: its rate in Mbit/s, and bytes that may wait, fewer than the stack's own send ring holds. */
const RATE = 400, QUEUE = 30_000;

/** A pair with this project's wire in the middle. */
export class WirePair extends Pair {
  private wireProcess?: ChildProcess;
  private readonly middle = `${this.client}w`;

  protected override async wire(): Promise<void> {
    addNamespace(this.middle);
    link(clientEnd(this.client), { ns: this.middle, iface: "w0", cpu: CLIENT_CPU, mac: "02:48:00:00:00:03" });
    link(serverEnd(this.server), { ns: this.middle, iface: "w1", cpu: CLIENT_CPU, mac: "02:48:00:00:00:04" });
    const config = path.join(this.dir, "wire.cfg"), control = path.join(this.dir, "wire.ctl");
    writeFileSync(config, RULE);
    this.wireProcess = start(pinned(this.middle, CLIENT_CPU), HOST, ["--module", wasmOf("linux-wire"), "--config", config, "--iface", "w0", "--iface", "w1", "--control", control, "--log", "warning"], "ignore");
    await until("the wire answers", 20_000, () => ask(control, "status").then(() => true, () => false));
  }

  override async down(): Promise<void> {
    await super.down();
    if (this.wireProcess) { end(this.wireProcess); await ended(this.wireProcess); }
    removeNamespace(this.middle);
  }
  override remove(): void { super.remove(); removeNamespace(this.middle); }
}

/** Both senders on links of their own, while a figure is measured. */
abstract class Senders implements Figure {
  abstract readonly name: string;
  abstract readonly bars: Figure["bars"];
  readonly unit = "Mbit/s";
  readonly cpu = "CPU s/GB";
  private readonly pairs: Pair[] = [];
  private dirs: string[] = [];
  constructor(protected readonly programs: Programs) { process.on("exit", () => this.remove()); }

  async up(): Promise<Contender[]> {
    const out: Contender[] = [];
    for (const name of NAMES) {
      const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-bench-"));
      this.dirs.push(dir);
      const pair = this.pair(dir);
      this.pairs.push(pair);
      await pair.up(server(name, this.programs, dir));
      await this.ready(pair);
      out.push({ name, measure: s => this.measure(pair, name === "ours" ? path.join(dir, "s.ctl") : undefined, s) });
    }
    return out;
  }
  protected abstract pair(dir: string): Pair;
  protected async ready(_: Pair): Promise<void> {}

  private async measure(pair: Pair, control: string | undefined, seconds: number): Promise<Sample> {
    const before = await retransmitted(control), s = await pair.ask("download", seconds, 0.5), after = await retransmitted(control);
    return { value: s.bytes * 8 / s.seconds / 1e6, cpu: s.busy / (s.bytes / 1e9), ...(control ? { notes: { retransmitted: after - before } } : {}) };
  }

  async down(): Promise<void> {
    for (const p of this.pairs) await p.down();
    this.remove();
  }
  private remove(): void {
    for (const p of this.pairs.splice(0)) p.remove();
    for (const d of this.dirs.splice(0)) rmSync(d, { recursive: true, force: true });
  }
}

/** Segments that our server has sent again so far (counter tcp.retransmits). */
async function retransmitted(control: string | undefined): Promise<number> {
  if (!control) return 0;
  const s = JSON.parse(await ask(control, "status")) as { counters: Record<string, number> };
  return s.counters["124"] ?? 0;
}

export class Loss extends Senders {
  readonly name = "loss";
  readonly bars = [{ subject: "ours", against: "linux", factor: 0.9 }];
  protected pair(dir: string): Pair { return new WirePair(this.programs, dir); }
}

export class FullQueue extends Senders {
  readonly name = "full-queue";
  readonly bars = [{ subject: "ours", against: "linux", factor: 0.97 }, { subject: "ours", note: "retransmitted", factor: 0, lower: true }];
  protected pair(dir: string): Pair { return new Pair(this.programs, dir); }
  protected override async ready(pair: Pair): Promise<void> { await bucket(pair.server, "eth0", RATE, QUEUE); }
}
