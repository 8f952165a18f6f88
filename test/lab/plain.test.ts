// A site without replicas: a plain router between stock Linux machines, a plain host with services on its own address; and a chain of one, which
// is a plain TCP server.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Lab, until } from "../../tools/lab/lab.ts";
import type { Result } from "../../tools/lab/process.ts";

const iface = (name: string, address: string, link: string, mtu = 1500): string => `[[node.interface]]\nname = "${name}"\naddress = "${address}/24"\nlink = "${link}"\nmtu = ${mtu}\n`;
const machine = (name: string, role: string, address: string, link: string, via: string, mtu = 1500): string =>
  `[[node]]\nname = "${name}"\nrole = "${role}"\n${iface("eth0", address, link, mtu)}[[node.route]]\nto = "default"\nvia = "${via}"\n`;
const service = (name: string, kind: string, port: number, more: string): string => `[[service]]\nname = "${name}"\nkind = "${kind}"\nport = ${port}\nchain = ["h"]\n${more}\n`;
const ROUTER = `[[node]]\nname = "r"\nrole = "redirector"\naddress = "10.2.0.1"\n${iface("eth0", "10.1.0.1", "wan")}${iface("eth1", "10.2.0.1", "lan")}control = true\n${iface("eth2", "10.3.0.1", "far", 1200)}`;
const NODES = machine("a", "linux", "10.1.0.2", "wan", "10.1.0.1") + machine("b", "linux", "10.3.0.2", "far", "10.3.0.1", 1200) + ROUTER + machine("h", "host", "10.2.0.10", "lan", "10.2.0.1");
const PLAIN = service("echo", "echo", 7, 'mode = "plain"') + service("web", "http", 80, 'mode = "plain"');
const CHAIN = ["echo 7", "http 80", "ttcp-sink 5001"].map(s => s.split(" ")).map(([kind, port]) => service(kind, kind, Number(port), 'address = "10.9.0.1"')).join("");

const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), PAGE = "plain\n".repeat(40_000);
let plain: Lab, chain: Lab;

before(async () => {
  writeFileSync(path.join(dir, "big.txt"), PAGE);
  for (const [name, services] of [["plain", PLAIN], ["chain", CHAIN]]) writeFileSync(path.join(dir, `${name}.toml`), `content = "."\n${NODES}${services}`);
  plain = await Lab.up(path.join(dir, "plain.toml"));
  chain = await Lab.up(path.join(dir, "chain.toml"));
});
after(() => { plain?.down(); chain?.down(); rmSync(dir, { recursive: true }); });

const sh = (lab: Lab, node: string, line: string): Promise<Result> => lab.exec(node, "sh", ["-c", line], 30_000);

test("two machines reach each other through the router, which takes one from TTL", async () => {
  const r = await sh(plain, "a", "ping -n -c 3 -i 0.2 -W 2 10.3.0.2");
  assert.match(r.stdout, /3 packets transmitted, 3 received, 0% packet loss/);
  assert.match(r.stdout, /ttl=63/);
});

test("traceroute shows the router, then the machine", async () => {
  const r = await sh(plain, "a", "traceroute -n -q 1 -w 2 10.3.0.2");
  assert.match(r.stdout, /^ 1 +10\.1\.0\.1 .*\n 2 +10\.3\.0\.2 /m);
});

test("the router answers for itself, and says what it cannot forward", async () => {
  assert.match((await sh(plain, "a", "ping -n -c 1 -W 2 10.1.0.1")).stdout, /1 received/);
  assert.match((await sh(plain, "a", "ping -n -c 1 -W 2 -t 1 10.3.0.2")).stdout, /From 10\.1\.0\.1 .*Time to live exceeded/);
  assert.match((await sh(plain, "a", "ping -n -c 1 -W 2 10.77.0.1")).stdout, /From 10\.1\.0\.1 .*Destination (Net|Host) Unreachable/);
  assert.match((await sh(plain, "a", "ping -n -c 1 -W 2 -M do -s 1300 10.3.0.2")).stdout, /From 10\.1\.0\.1 .*Frag needed and DF set \(mtu = 1200\)/);
});

test("the router fragments where it may", async () => {
  assert.match((await sh(plain, "a", "ping -n -c 2 -i 0.2 -W 2 -M dont -s 1400 10.3.0.2")).stdout, /2 received/);
});

test("iperf3 measures TCP and UDP through the router, both ways", async () => {
  const server = plain.spawn("b", "iperf3", ["-s", "-1"]);
  await until("iperf3 listens", 5000, async () => (await sh(plain, "b", "ss -ltn")).stdout.includes(":5201"));
  const up = JSON.parse((await sh(plain, "a", "iperf3 -c 10.3.0.2 -t 2 -J")).stdout) as { end: { sum_received: { bytes: number } } };
  assert.ok(up.end.sum_received.bytes > 5e6, `${up.end.sum_received.bytes} bytes up`);
  await until("iperf3 has ended", 5000, () => server.exitCode !== null);
  plain.spawn("b", "iperf3", ["-s", "-1"]);
  await until("iperf3 listens", 5000, async () => (await sh(plain, "b", "ss -ltn")).stdout.includes(":5201"));
  const down = JSON.parse((await sh(plain, "a", "iperf3 -c 10.3.0.2 -t 2 -R -u -b 20M -J")).stdout) as { end: { sum: { bytes: number; lost_percent: number } } };
  assert.ok(down.end.sum.bytes > 2e6 && down.end.sum.lost_percent < 5, JSON.stringify(down.end.sum));
});

for (const [name, lab, address] of [["a plain host", () => plain, "10.2.0.10"], ["a chain of one", () => chain, "10.9.0.1"]] as const) {
  test(`${name} serves stock clients`, async () => {
    if (lab() === chain) await chain.ready("echo", 1);
    for (const from of ["a", "b"]) {
      assert.equal((await sh(lab(), from, `echo hello | nc -N -w 5 ${address} 7`)).stdout, "hello\n");
      assert.equal((await sh(lab(), from, `curl -s -m 10 http://${address}/big.txt`)).stdout, PAGE);
    }
    assert.match((await sh(lab(), "a", `ping -n -c 1 -W 2 ${address}`)).stdout, /1 received/);
  });

  test(`${name} resets what comes to a closed port`, async () => {
    const r = await sh(lab(), "a", `curl -sS -m 5 http://${address}:81/`);
    assert.equal(r.code, 7, r.stderr);
    assert.match(r.stderr, /refused|Couldn't connect/i);
  });
}

test("a chain of one takes an upload", async () => {
  assert.match((await sh(chain, "a", "head -c 5000000 /dev/zero | nc -N -w 10 10.9.0.1 5001")).stdout, /^5000000 [0-9a-f]{8}\n$/);
});
