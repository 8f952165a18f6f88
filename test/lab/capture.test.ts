// What nodes capture through a whole life of a site, as Wireshark reads it: nothing malformed, every checksum right, also inside the tunnel.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { Lab, sleep } from "../../tools/lab/lab.ts";

/** A router's capture has each packet several times, as it came and as it left: streams are not put together, each packet is looked at by itself. */
const CHECKS = ["ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.desegment_tcp_streams:FALSE", "tcp.analyze_sequence_numbers:FALSE", "ip.defragment:FALSE"].flatMap(o => ["-o", o]);
const BAD = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || ip.bogus_ip_length || tcp.option.len.invalid";
/** Payloads of the lab's services look like this or that protocol of their ports; only the headers matter. */
const PLAIN = ["echo", "discard", "chargen", "http"].flatMap(p => ["--disable-protocol", p]);

function packets(file: string, filter: string): string[] {
  const r = spawnSync("tshark", ["-r", file, "-n", ...CHECKS, ...PLAIN, "-Y", filter], { encoding: "utf8", maxBuffer: 1 << 28 });
  // A killed node's capture may end within a packet.
  assert.ok(r.status === 0 || /cut short in the middle of a packet/.test(r.stderr), r.stderr);
  return r.stdout.split("\n").filter(l => l !== "");
}

test("no capture of a node has a malformed packet or a wrong checksum", { timeout: 180_000 }, async () => {
  const lab = await Lab.up(path.join(ROOT, "examples/lab.toml"), { pcap: true });
  const sh = async (line: string): Promise<string> => (await lab.exec("c", "sh", ["-c", line], 30_000)).stdout;
  try {
    const [primary] = await lab.ready("sink", 3);
    assert.equal(await sh("for i in 1 2 3 4 5; do echo $i; sleep 0.1; done | nc -N -w 5 10.9.0.1 7"), "1\n2\n3\n4\n5\n");
    await sh("curl -s -m 10 http://10.9.0.1/; curl -s -m 10 http://10.9.0.1/none; nc -z -w 1 10.9.0.1 99; ping -n -c 2 -i 0.2 -W 1 10.9.0.1; ping -n -c 1 -s 1900 -W 1 10.1.0.1; ping -n -c 1 -W 1 -t 1 10.2.0.10; ping -n -c 1 -W 1 10.77.0.1; traceroute -n -q 1 -w 1 10.2.0.10");
    const upload = sh("head -c 30000000 /dev/urandom | nc -N -w 20 10.9.0.1 5011"), download = sh("timeout 3 nc -d 10.9.0.1 5010 | wc -c");
    await sleep(700);
    await lab.kill(primary);
    assert.match(await upload, /^30000000 [0-9a-f]{8}\n$/);
    assert.ok(Number(await download) > 1e6, "the download moved");
    await sleep(300);
    await lab.start(primary);
    await lab.ready("sink", 3, 20_000);
    assert.equal(await sh("echo again | nc -N -w 5 10.9.0.1 7"), "again\n");
    for (const n of ["s0", "s1", "s2", "r"]) await lab.stop(n);
    const files = readdirSync(lab.dir).filter(f => f.endsWith(".pcap"));
    assert.deepEqual(files.sort(), [`${primary}.2.pcap`, "r.pcap", "s0.pcap", "s1.pcap", "s2.pcap"].sort());
    for (const f of files) {
      const bad = packets(lab.file(f), BAD);
      assert.deepEqual(bad.slice(0, 5), [], `${f}: ${bad.length} bad packets`);
    }
    const r = lab.file("r.pcap");
    for (const [what, filter] of [["tunnelled TCP", "ip.proto == 4 && tcp.checksum.status == 1"], ["ICMP errors", "icmp.type == 11"], ["fragments", "ip.flags.mf == 1"], ["control messages", "udp.port == 7846"], ["resets", "tcp.flags.reset == 1"]]) {
      assert.notEqual(packets(r, filter).length, 0, `the life had ${what}`);
    }
  } finally {
    lab.down();
  }
});
