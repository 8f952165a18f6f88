// Figures of replication on links of 100 Mbit/s: a chain of three, a chain of one, and Linux's own TCP on the same links, behind the same
// redirector. The servers' links carry the acknowledgement channel too.

import { end, ended, start } from "../children.ts";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { Lab } from "../lab/lab.ts";
import { inside } from "../lab/switch.ts";
import type { Contender, Figure } from "./figure.ts";
import { bucket } from "./machine.ts";
import { measure, type Mode, PORTS } from "./pair.ts";
import type { Programs } from "./programs.ts";
import type { Bar } from "./stats.ts";

const SITE = path.join(ROOT, "tools/bench/links.toml");
/** Mbit/s, and bytes that may wait before a link: 16 ms of it. */
const RATE = 100, QUEUE = 200_000;
/** Seconds until the windows have opened. */
const WARM_UP = 1;
const CONTENDERS = { "three-replicas": "10.9.0.3", "chain-of-one": "10.9.0.1", linux: "10.2.0.20" };
const BARS: Bar[] = [{ subject: "three-replicas", against: "chain-of-one", factor: 0.97 }, { subject: "chain-of-one", against: "linux", factor: 0.97 }];
export const LINKS = ["shaped-download", "shaped-upload"];

async function up(programs: Programs): Promise<Lab> {
  const lab = await Lab.up(SITE);
  try {
    for (const [ns, ifaces] of [["c", ["eth0"]], ["wan.sw", ["c", "r"]], ["r", ["eth0"]], ["lan.sw", ["s0", "s1", "s2", "l"]], ...["s0", "s1", "s2", "l"].map(s => [s, ["eth0"]])] as [string, string[]][]) {
      for (const i of ifaces) await bucket(lab.ns(ns), i, RATE, QUEUE);
    }
    const child = start(inside(lab.ns("l")), programs.linux, [], ["ignore", "pipe", "inherit"]);
    servers.set(lab, () => { end(child); return ended(child); });
    for (const s of ["source3", "discard3"]) await lab.ready(s, 3);
    for (const s of ["source1", "discard1"]) await lab.ready(s, 1);
    return lab;
  } catch (e) {
    lab.down();
    throw e;
  }
}
/** How the Linux server of a lab is ended. */
const servers = new WeakMap<Lab, () => Promise<number>>();

export function links(programs: Programs): Figure[] {
  return LINKS.map(name => {
    const mode: Mode = name === "shaped-upload" ? "upload" : "download";
    let lab: Lab | undefined;
    return {
      name, unit: "Mbit/s", cpu: "CPU s/GB, all processors", bars: BARS,
      up: async () => {
        const here = lab = await up(programs);
        return Object.entries(CONTENDERS).map(([contender, address]): Contender => ({
          name: contender,
          measure: async seconds => {
            const s = await measure(inside(here.ns("c")), programs.client, mode, address, mode === "upload" ? PORTS.discard : PORTS.source, seconds, WARM_UP, -1);
            return { value: s.bytes * 8 / s.seconds / 1e6, cpu: s.busy / (s.bytes / 1e9) };
          },
        }));
      },
      down: async () => { if (lab) { await servers.get(lab)?.(); lab.down(); } },
    };
  });
}
