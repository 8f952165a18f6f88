// A laboratory without HydraNet, to try the demonstration's instruments on: one Linux server behind a router, whose "death" is an outage of
// the server's link of a chosen length; then another name has the primary role.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import type { Bed, Chain } from "../../tools/demo/bed.ts";

const SERVER = `
const fs = require("fs"), http = require("http"), net = require("net"), path = require("path"), folder = process.argv[1];
http.createServer((q, a) => fs.readFile(path.join(folder, path.basename(q.url)), (e, b) => { a.writeHead(e ? 404 : 200, { "Content-Length": e ? 0 : b.length, Connection: "close" }); a.end(b); })).listen(80);
net.createServer({ allowHalfOpen: true }, c => {
  let h = 0, at = 0, part = 0;
  const mix = w => { const x = h ^ w; h = Math.imul(x << 5 | x >>> 27, 0x9e3779b1); };
  c.on("data", d => { for (const b of d) { part |= b << 8 * (at++ & 3); if (!(at & 3)) { mix(part); part = 0; } } });
  c.on("end", () => { if (at & 3) mix(part); c.end(at + " " + (h >>> 0).toString(16).padStart(8, "0") + "\\n"); });
  c.on("error", () => {});
}).listen(5001, () => console.log("ready"));`;

const sh = (line: string): void => { execFileSync("sh", ["-ec", line], { stdio: ["ignore", "ignore", "inherit"] }); };

export class LinuxBed implements Bed {
  readonly iface = "c0";
  readonly address = "10.98.2.2";
  readonly port = 80;
  readonly sinkPort = 5001;
  readonly system = "instruments' test: one Linux server";
  readonly client: string[];
  private server?: ChildProcess;
  private view = 1;
  private members: string[];
  private readonly id = `di${process.pid}`;

  /** `outage`: milliseconds for which the server cannot be reached at each kill; Infinity: for ever. */
  constructor(private readonly folder: string, readonly servers: string[], private readonly outage: number) {
    this.client = ["ip", "netns", "exec", `${this.id}c`];
    this.members = [...servers];
  }

  async up(): Promise<void> {
    process.once("exit", () => this.remove());
    const [c, r, s] = ["c", "r", "s"].map(x => this.id + x);
    sh(`for n in ${c} ${r} ${s}; do ip netns add $n; ip -n $n link set lo up; done
      ip link add c0 netns ${c} type veth peer name c1 netns ${r}; ip link add s0 netns ${s} type veth peer name s1 netns ${r}
      ip -n ${c} addr add 10.98.1.2/24 dev c0; ip -n ${r} addr add 10.98.1.1/24 dev c1; ip -n ${s} addr add 10.98.2.2/24 dev s0; ip -n ${r} addr add 10.98.2.1/24 dev s1
      ip -n ${c} link set c0 up; ip -n ${r} link set c1 up; ip -n ${s} link set s0 up; ip -n ${r} link set s1 up
      ip -n ${c} route add default via 10.98.1.1; ip -n ${s} route add default via 10.98.2.1
      ip netns exec ${r} sysctl -qw net.ipv4.ip_forward=1
      for x in "${c} c0" "${r} c1" "${s} s0" "${r} s1"; do set -- $x; ip netns exec $1 ethtool -K $2 tx off rx off tso off gso off gro off >/dev/null; done`);
    this.server = spawn("ip", ["netns", "exec", s, process.execPath, "-e", SERVER, this.folder], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise(ok => this.server!.stdout!.once("data", ok));
  }

  async down(): Promise<void> { this.remove(); }
  private remove(): void {
    this.server?.kill("SIGKILL");
    for (const x of ["c", "r", "s"]) sh(`ip netns del ${this.id}${x} 2>/dev/null || true`);
  }

  async kill(): Promise<void> {
    sh(`ip -n ${this.id}r route add blackhole 10.98.2.2/32; ip -n ${this.id}s route add blackhole 10.98.1.2/32`);
    if (this.outage === Infinity) { this.members = []; return; }
    setTimeout(() => {
      sh(`ip -n ${this.id}r route del blackhole 10.98.2.2/32; ip -n ${this.id}s route del blackhole 10.98.1.2/32`);
      this.members.shift();
      this.view++;
    }, this.outage);
  }

  async start(node: string): Promise<void> { this.members.push(node); }
  async machines(): Promise<[]> { return []; }
  async chain(): Promise<Chain> { return { view: this.view, members: [...this.members], progress: new Map() }; }

  async shape(rate: number | undefined): Promise<void> {
    for (const [n, dev] of [["r", "c1"], ["c", "c0"]]) sh(`ip netns exec ${this.id}${n} tc qdisc ${rate ? `replace dev ${dev} root tbf rate ${Math.round(rate)} burst 16k latency 500ms` : `del dev ${dev} root`}`);
  }
}
