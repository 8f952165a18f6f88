// TCP between two kernels through the Linux host: bytes arrive equal with offloads on and off, and what the host hands on is whole.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";
import { Bench, build, until } from "./bench.ts";

const MIB = 48;

/** Takes one connection, answers with the SHA-256 of what came. */
const SERVER = `const h=require("crypto").createHash("sha256");
const s=require("net").createServer({allowHalfOpen:true},c=>{c.on("data",d=>h.update(d));c.on("end",()=>{console.log(h.digest("hex"));c.end();s.close()})});s.listen(7000)`;
const CLIENT = `const h=require("crypto").createHash("sha256");const c=require("net").connect(7000,"10.7.0.2");let n=${MIB};
const go=()=>{while(n-->0){const b=require("crypto").randomBytes(1<<20);h.update(b);if(!c.write(b)){c.once("drain",go);return}}c.end()};
c.on("connect",go);c.on("close",()=>console.log(h.digest("hex")));c.resume()`;

async function transfer(bench: Bench): Promise<void> {
  const got = bench.run(bench.b, process.execPath, "-e", SERVER);
  await until("the server", () => /:7000 /.test(bench.in(bench.b, "ss -ltn")));
  const sent = await bench.run(bench.a, process.execPath, "-e", CLIENT);
  assert.equal((await got).trim(), sent.trim());
}

before(build);

for (const offloads of [true, false]) {
  test(`${MIB} MiB arrive equal with offloads ${offloads ? "on" : "off"}`, async () => {
    const bench = new Bench(offloads);
    try {
      const pcap = bench.file("t.pcap");
      const host = await bench.start(1, ["--pcap", pcap]);
      await transfer(bench);
      const s = await host.status();
      assert.deepEqual([s.failed, s.late], [0, 0]);
      assert.equal(await host.stop(), 0);
      const bad = "frame.len > 1514 || ip.checksum.status == 0 || tcp.checksum.status == 0 || _ws.malformed";
      // Random bytes look like this or that protocol of the port; only the headers matter here.
      const args = ["-r", pcap, "-n", "-d", "tcp.port==7000,data", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-Y", bad];
      assert.equal(execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }), "");
    } finally {
      await bench.close();
    }
  });
}
