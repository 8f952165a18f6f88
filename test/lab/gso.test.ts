// Segments that leave the Linux host as one large frame: on the wire they are whole segments with right checksums, the bytes arrive equal, and a
// queue that would lose a part of a large frame gets none.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Lab, sleep, until } from "../../tools/lab/lab.ts";
import { exec } from "../../tools/lab/switch.ts";

const iface = (address: string): string => `[[node.interface]]\nname = "eth0"\naddress = "${address}/24"\nlink = "lan"\n`;
const SITE = `content = "."\n[[node]]\nname = "a"\nrole = "linux"\n${iface("10.1.0.2")}[[node]]\nname = "h"\nrole = "host"\n${iface("10.1.0.10")}
[[service]]\nname = "web"\nkind = "http"\nmode = "plain"\nport = 80\nchain = ["h"]\n`;
const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), PAGE = Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join("");
let lab: Lab;

before(async () => {
  writeFileSync(path.join(dir, "big.txt"), PAGE);
  writeFileSync(path.join(dir, "site.toml"), SITE);
  lab = await Lab.up(path.join(dir, "site.toml"));
});
after(() => { lab?.down(); rmSync(dir, { recursive: true }); });

/** Downloads the page; the identifications of the packets that carried it, as they were on the wire. */
async function download(): Promise<number[]> {
  const file = path.join(dir, "wire.pcapng"), capture = lab.spawn("a", "dumpcap", ["-q", "-i", "eth0", "-B", "64", "-w", file]);
  let said = "";
  capture.stderr!.on("data", (b: Buffer) => { said += b.toString(); });
  await until("dumpcap captures", 10_000, () => said.includes("File:"));
  assert.equal((await lab.exec("a", "curl", ["-s", "-m", "20", "http://10.1.0.10/big.txt"], 30_000)).stdout, PAGE);
  await sleep(300);
  capture.kill("SIGINT");
  await until("dumpcap has ended", 10_000, () => capture.exitCode !== null);
  const tshark = (...args: string[]): string => execFileSync("tshark", ["-r", file, "-n", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 26 });
  const from = "ip.src == 10.1.0.10";
  assert.equal(tshark("-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-Y", `${from} && (frame.len > 1514 || ip.checksum.status == 0 || tcp.checksum.status == 0)`), "");
  return tshark("-Y", `${from} && tcp.len > 0`, "-T", "fields", "-e", "ip.id").split("\n").filter(l => l !== "").map(Number);
}

test("segments that follow one another are cut by the kernel, and are whole on the wire", async () => {
  assert.ok((await download()).some(id => id > 0), "none was joined");
});

test("a shaper at the interface gets every segment by itself", async () => {
  exec(lab.ns("h"), "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", "200mbit", "burst", "8k", "limit", "100000");
  await sleep(500);
  assert.ok((await download()).every(id => id === 0), "some were joined");
});
