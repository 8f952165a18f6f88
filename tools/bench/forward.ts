// The redirector's figures: packets per second that one processor passes on, and copies to three replicas, while another sends as fast as it
// goes. Beside it the same lab with a plain C loop in the redirector's place, and with the kernel's own forwarding.

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { end, ended, start } from "../children.ts";
import { Lab, sleep } from "../lab/lab.ts";
import { run } from "../lab/process.ts";
import { deafen, exec, inside } from "../lab/switch.ts";
import { parseIp, showMac } from "../site/address.ts";
import { macOf, nodeOf, parseSite, type Site } from "../site/site.ts";
import type { Contender, Figure } from "./figure.ts";
import { busy, sentBy } from "./machine.ts";
import { CLIENT_CPU, pinned, receiveOn, SERVER_CPU } from "./pair.ts";
import type { Programs } from "./programs.ts";
import type { Bar, Sample } from "./stats.ts";

const SITE = path.join(ROOT, "tools/bench/forward.toml"), ORIGIN = "10.2.0.20", SERVICE = "10.9.0.1", PORT = 9;
/** Seconds before the counting begins. */
const WARM_UP = 0.3;
const LEAST = 60;

interface Kind { name: string; size: number; copies: number; bars: Bar[] }
const bar: Bar[] = [{ subject: "ours", against: "c-loop", factor: 0.8 }];
const KINDS: Kind[] = [
  { name: "forward-60", size: LEAST, copies: 1, bars: bar },
  { name: "forward-1514", size: 1514, copies: 1, bars: bar },
  { name: "copy-60", size: LEAST, copies: 3, bars: bar },
  { name: "copy-1494", size: 1494, copies: 3, bars: bar },
];
export const FORWARD = KINDS.map(k => k.name);

/** A frame with an IPv4 packet of TCP (ACK and data) to the service, or of UDP to the origin host. Its payload is zeros. */
export function frame(dst: Uint8Array, src: Uint8Array, from: number, to: number, tcp: boolean, size: number): Buffer {
  const b = Buffer.alloc(size), n = size - 14;
  b.set(dst, 0); b.set(src, 6); b.writeUInt16BE(0x0800, 12);
  b.writeUInt16BE(0x4500, 14); b.writeUInt16BE(n, 16); b.writeUInt16BE(0x4000, 20); b[22] = 64; b[23] = tcp ? 6 : 17;
  b.writeUInt32BE(from, 26); b.writeUInt32BE(to, 30);
  b.writeUInt16BE(checksum(b.subarray(14, 34)), 24);
  b.writeUInt16BE(40000, 34); b.writeUInt16BE(PORT, 36);
  if (tcp) { b[46] = 0x50; b[47] = 0x10; b.writeUInt16BE(65535, 48); } else { b.writeUInt16BE(n - 20, 38); return b; }
  const pseudo = Buffer.concat([b.subarray(26, 34), Buffer.from([0, 6, (n - 20) >> 8, (n - 20) & 255]), b.subarray(34)]);
  b.writeUInt16BE(checksum(pseudo), 50);
  return b;
}

function checksum(b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += i & 1 ? b[i] : b[i] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The lab with something in the redirector's place. */
class Way {
  private loop?: ChildProcess;
  private constructor(readonly lab: Lab, readonly site: Site, private readonly programs: Programs) {}

  static async up(kind: "ours" | "c-loop" | "kernel", programs: Programs): Promise<Way> {
    const text = readFileSync(SITE, "utf8");
    const site = parseSite(kind === "ours" ? text : plain(text), SITE), lab = await Lab.up(site), way = new Way(lab, site, programs);
    for (const [node, iface, cpu] of [["c", "eth0", CLIENT_CPU], ["r", "eth0", SERVER_CPU], ["r", "eth1", SERVER_CPU]] as const) receiveOn(lab.ns(node), iface, cpu);
    // What has left is not followed any further. Control messages and ARP go on.
    const rule = `table netdev bench {\n chain in {\n type filter hook ingress device "r" priority 0; policy accept; ip protocol 4 drop; ip daddr ${ORIGIN} drop;\n }\n}\n`;
    run("nsenter", inside(lab.ns("lan.sw"), "nft", "-f", "-").slice(1), rule);
    if (kind === "ours") await way.ready();
    if (kind === "c-loop") deafen(lab.ns("r"), ["eth0", "eth1"]);
    if (kind === "kernel") exec(lab.ns("r"), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
    return way;
  }

  /** The chain is whole and the origin's Ethernet address known. */
  private async ready(): Promise<void> {
    for (const [name, cpu] of [["r", SERVER_CPU], ["s0", CLIENT_CPU], ["s1", CLIENT_CPU], ["s2", CLIENT_CPU]] as const) run("taskset", ["-apc", String(cpu), String(this.lab.pid(name))]);
    await this.lab.ready("discard", 3);
  }

  /** The C loop in the redirector's place, which copies, or forwards. */
  async restart(copies: boolean): Promise<void> {
    await this.stop();
    const mac = (name: string, i: number): string => showMac(macOf(this.site, nodeOf(this.site, name), i)), to = ["10.2.0.10", "10.2.0.11", "10.2.0.12"];
    this.loop = start(pinned(this.lab.ns("r"), SERVER_CPU), this.programs.loop, ["eth0", "eth1", mac("r", 1), mac("o", 0), ...(copies ? ["10.2.0.1", ...to] : [])], ["ignore", "pipe", "inherit"]);
    await new Promise((done, fail) => { this.loop!.stdout!.once("data", done); this.loop!.once("exit", () => fail(new Error("the C loop has ended"))); });
  }
  private async stop(): Promise<void> { if (this.loop) { this.loop.removeAllListeners("exit"); end(this.loop); await ended(this.loop); } }

  async measure(k: Kind, seconds: number): Promise<Sample> {
    const c = nodeOf(this.site, "c"), r = nodeOf(this.site, "r"), copy = k.copies > 1;
    const f = frame(macOf(this.site, r, 0), macOf(this.site, c, 0), c.interfaces[0].address, parseIp(copy ? SERVICE : ORIGIN)!, copy, k.size);
    const child = start(pinned(this.lab.ns("c"), CLIENT_CPU), this.programs.generate, ["eth0", String(WARM_UP + seconds + 0.5), f.toString("hex")], "ignore"), done = ended(child);
    await sleep(WARM_UP * 1000);
    const before = await this.look();
    await sleep(seconds * 1000);
    const after = await this.look(), packets = (after.sent - before.sent) / k.copies, took = (after.at - before.at) / 1000;
    if (await done !== 0) throw new Error("the generator has failed");
    if (packets <= 0) throw new Error("nothing was passed on");
    return { value: packets / took / 1000, cpu: (after.busy - before.busy) / packets * 1e9 };
  }
  private async look(): Promise<{ sent: number; busy: number; at: number }> {
    return { sent: await sentBy(this.lab.ns("r"), "eth1"), busy: busy(SERVER_CPU), at: performance.now() };
  }

  async down(): Promise<void> { await this.stop(); this.lab.down(); }
}

/** The site with a plain Linux machine in every place. */
function plain(text: string): string { return text.slice(0, text.indexOf("[[service]]")).replaceAll(/^role = .*$/gm, 'role = "linux"').replaceAll(/^control = .*\n/gm, ""); }

export function forward(programs: Programs): Figure[] {
  return KINDS.map(k => {
    const ways: Way[] = [];
    return {
      name: k.name, unit: "k packets/s", cpu: "CPU ns each", bars: k.bars,
      up: async () => {
        const out: Contender[] = [];
        for (const name of k.copies > 1 ? ["ours", "c-loop"] as const : ["ours", "c-loop", "kernel"] as const) {
          const way = await Way.up(name, programs);
          ways.push(way);
          if (name === "c-loop") await way.restart(k.copies > 1);
          out.push({ name, measure: s => way.measure(k, s) });
        }
        return out;
      },
      down: async () => { for (const w of ways.splice(0)) await w.down(); },
    };
  });
}
