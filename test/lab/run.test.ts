// `hydranet run` on a machine's own interfaces: a plain Linux machine of the lab is that machine, with its kernel's addresses beside the node's.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { Lab, until } from "../../tools/lab/lab.ts";
import { Rpc } from "../../tools/sockets/client.ts";

const MACHINES = ["c", "m"].map((n, i) => `[[node]]\nname = "${n}"\nrole = "linux"\n[[node.interface]]\nname = "eth0"\naddress = "10.1.0.${i + 1}/24"\n`).join("");
const node = (role: string, address: string): string => `key = "00112233445566778899aabbccddeeff"
[[node]]\nname = "s0"\nrole = "host"\n[[node.interface]]\nname = "eth0"\naddress = "${role === "host" ? address : "10.1.0.60/24"}"
[[node]]\nname = "r"\nrole = "redirector"\n[[node.interface]]\nname = "eth0"\naddress = "${role === "host" ? "10.1.0.60/24" : address}"
[[service]]\nname = "echo"\nkind = "echo"\nmode = "plain"\nport = 7\nchain = ["s0"]\n`;

const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), file = (name: string): string => path.join(dir, name);
let lab: Lab;

before(async () => {
  writeFileSync(file("lab.toml"), MACHINES);
  writeFileSync(file("site.toml"), node("host", "10.1.0.50/24"), { mode: 0o600 });
  writeFileSync(file("taken.toml"), node("host", "10.1.0.2/24"), { mode: 0o600 });
  lab = await Lab.up(file("lab.toml"));
});
after(() => { lab.down(); rmSync(dir, { recursive: true }); });

const words = (...args: string[]): string[] => ["--import", path.join(ROOT, "node_modules/tsx/dist/loader.mjs"), path.join(ROOT, "tools/cli.ts"), "run", ...args];
const hydranet = (...args: string[]) => lab.exec("m", process.execPath, words(...args));
const tables = async (): Promise<string> => (await lab.exec("m", "nft", ["list", "tables"])).stdout;
const echo = async (to: string): Promise<string> => (await lab.exec("c", "sh", ["-c", `echo hello | nc -N -w 2 ${to} 7`])).stdout;

async function node0(...args: string[]): Promise<{ child: ChildProcess; ended: Promise<number | null> }> {
  const child = lab.spawn("m", process.execPath, words("--site", file("site.toml"), "--node", "s0", ...args));
  const said: string[] = [];
  for (const s of [child.stdout!, child.stderr!]) s.on("data", b => said.push(String(b)));
  const ended = new Promise<number | null>(done => child.once("exit", done));
  await until("the node runs", 60000, () => { if (child.exitCode !== null) throw new Error(said.join("")); return /info s0: /.test(said.join("")); });
  return { child, ended };
}

test("a node serves by its own address, the kernel keeps its own, and nothing is left at the end", async () => {
  const kernel = lab.spawn("m", process.execPath, ["-e", 'require("net").createServer(c => c.end("kernel\\n")).listen(7)']);
  const { child, ended } = await node0("--sockets", file("s0.sock"));
  assert.match(await tables(), /netdev hydranet_s0/);
  assert.equal(await echo("10.1.0.50"), "hello\n");
  assert.equal(await echo("10.1.0.2"), "kernel\n");
  const rpc = await Rpc.open(file("s0.sock"));
  assert.equal(await rpc.stream(), 3);
  rpc.end();
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.doesNotMatch(await tables(), /hydranet/);
  assert.equal(await echo("10.1.0.2"), "kernel\n");
  kernel.kill();
});

test("what stands against running is named, and nothing is changed", async () => {
  const refusals: [string[], RegExp][] = [
    [["--site", file("taken.toml"), "--node", "s0"], /10\.1\.0\.2 is the kernel's own address on eth0/],
    [["--site", file("site.toml"), "--node", "s7"], /no node "s7"; there are s0, r/],
    [["--site", file("site.toml"), "--node", "r", "--sockets", file("r.sock")], /r is a redirector, only host servers have sockets/],
    [["--site", file("lab.toml"), "--node", "c"], /it runs no HydraNet node/],
  ];
  for (const [args, says] of refusals) {
    const r = await hydranet(...args);
    assert.notEqual(r.code, 0);
    assert.match(r.stderr, says);
  }
  assert.doesNotMatch(await tables(), /hydranet/);
});

test("a redirector does not start where the kernel forwards, and reverse-path filters are warned of", async () => {
  const set = (key: string, v: number) => lab.exec("m", "sh", ["-c", `echo ${v} > /proc/sys/net/ipv4/${key}`]);
  await set("ip_forward", 1);
  await set("conf/eth0/rp_filter", 1);
  const r = await hydranet("--site", file("site.toml"), "--node", "r", "--check");
  assert.equal(r.code, 1);
  assert.match(r.stderr, /the kernel forwards packets as well .*sysctl -w net\.ipv4\.ip_forward=0/);
  assert.match(r.stderr, /warning: eth0: the kernel filters by reverse path/);
  await set("ip_forward", 0);
  assert.equal((await hydranet("--site", file("site.toml"), "--node", "r", "--check")).code, 0);
});
