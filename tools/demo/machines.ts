// What the nodes of a laboratory that are boards really are: looked up at the processes themselves, so that no other program passes for one.

import { readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { type Guest, programOf } from "../lab/board.ts";
import type { Lab } from "../lab/lab.ts";
import type { Machine } from "./results.ts";

/** Lines of the console that the report shows. */
const LINES = 12;

export class Inventory {
  private readonly runs = new Map<string, Machine["runs"]>();

  constructor(private readonly lab: Lab) {}

  /** Takes down what runs as a board now; to be called after each start. */
  started(name: string): void {
    const guest = this.lab.guest(name);
    if (!guest) return;
    const runs = this.runs.get(name) ?? [];
    runs.push({ ...look(this.lab.pid(name), guest), killed: false });
    this.runs.set(name, runs);
  }
  killed(name: string): void { const r = this.runs.get(name)?.at(-1); if (r) r.killed = true; }

  async report(): Promise<Machine[]> {
    const out: Machine[] = [];
    for (const n of this.lab.site.nodes) {
      const g = this.lab.guest(n.name);
      if (!g) continue;
      const q = g.board.qemu!, runs = this.runs.get(n.name) ?? [];
      const counters = this.lab.running(n.name) ? await this.lab.command(n.name, "counters").catch(e => String((e as Error).message)) : "not running";
      out.push({
        node: n.name, board: g.board.name, machine: q.machine, cpu: q.cpu, memory: `${g.board.memoryKiB} KiB`, nics: g.board.nics.slice(0, n.interfaces.length).map(x => `${x.chip ?? "any"} on ${x.bus}`).join(", "),
        sha256: g.sha256, command: g.words.join(" "), runs, counters, said: this.lab.log(n.name).trimEnd().split(/\r?\n/).slice(-LINES).join("\n"),
      });
    }
    return out;
  }
}

/** Is the process QEMU, started by that command line, with that image still the one that was written? */
function look(pid: number, guest: Guest): { pid: number; genuine: boolean; found: string } {
  const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0").slice(0, -1), exe = path.basename(readlinkSync(`/proc/${pid}/exe`));
  const found = !exe.startsWith("qemu-system-") ? `process ${pid} is ${exe}`
    : words.slice(1).join("\0") !== guest.words.slice(1).join("\0") ? `process ${pid} has another command line: ${words.join(" ")}`
    : programOf(guest.image) !== guest.program ? `${guest.image} is not what this run wrote` : "";
  return { pid, genuine: found === "", found };
}
