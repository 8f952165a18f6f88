// The lab's links: cuts, and what the wire process does to frames, against what was asked for. Plain Linux machines send numbered datagrams.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Lab, sleep } from "../../tools/lab/lab.ts";
import type { Shape } from "../../tools/lab/link.ts";

const machine = (name: string, last: number): string => `[[node]]\nname = "${name}"\nrole = "linux"\n[[node.interface]]\nname = "eth0"\naddress = "10.1.0.${last}/24"\n`;
const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-")), file = path.join(dir, "site.toml");
let lab: Lab;

before(async () => {
  writeFileSync(file, machine("a", 1) + machine("b", 2) + machine("d", 3));
  lab = await Lab.up(file, { seed: 42 });
});
after(() => { lab.down(); rmSync(dir, { recursive: true }); });

/** Receives datagrams on port 9999 until none came for 400 ms: [number, milliseconds since it was sent, intact] of each. */
const RECEIVER = `const s = require("dgram").createSocket("udp4"), got = []; let t;
const end = () => { console.log(JSON.stringify(got)); process.exit(0); };
s.on("message", m => { clearTimeout(t); t = setTimeout(end, 400); got.push([m.readUInt32BE(0), Date.now() - Number(m.readBigUInt64BE(4)), m.subarray(12).every(b => b === 0x5a)]); });
s.bind(9999, () => console.error("ready")); t = setTimeout(end, 4000);`;
/** Sends n datagrams of some bytes to an address, with pauses of 1 ms after every k. */
const SENDER = `const s = require("dgram").createSocket("udp4"), [to, n, k, size] = process.argv.slice(1), m = Buffer.alloc(Number(size), 0x5a);
(async () => { for (let i = 0; i < n; i++) { m.writeUInt32BE(i, 0); m.writeBigUInt64BE(BigInt(Date.now()), 4); await new Promise(d => s.send(m, 9999, to, d)); if (i % k === k - 1) await new Promise(d => setTimeout(d, 1)); } s.close(); })();`;

type Got = [number, number, boolean][];

async function send(from: string, to: string, n: number, k = 10, size = 200): Promise<Got> {
  const address = { a: "10.1.0.1", b: "10.1.0.2", d: "10.1.0.3" }[to]!;
  const r = lab.spawn(to, process.execPath, ["-e", RECEIVER]), out: Buffer[] = [];
  r.stdout!.on("data", b => out.push(b));
  await new Promise(done => r.stderr!.once("data", done));
  const closed = new Promise(done => r.once("close", done));
  const s = await lab.exec(from, process.execPath, ["-e", SENDER, address, String(n), String(k), String(size)]);
  assert.equal(s.code, 0, s.stderr);
  await closed;
  return JSON.parse(Buffer.concat(out).toString()) as Got;
}

async function shaped(link: string, shape: Shape, f: () => Promise<void>): Promise<void> {
  await lab.shape(link, shape);
  try { await f(); } finally { await lab.shape(link, {}); }
}

const median = (v: number[]): number => v.sort((a, b) => a - b)[v.length >> 1];
const near = (v: number, want: number, slack: number, what: string): void => assert.ok(Math.abs(v - want) <= slack, `${what}: found ${v}, expected ${want} +-${slack}`);

test("a one-way cut stops one direction between two nodes and nothing else", async () => {
  lab.cut("a>b");
  assert.equal((await send("a", "b", 20)).length, 0);
  assert.equal((await send("a", "d", 20)).length, 20);
  lab.heal("a>b");
  assert.equal((await send("a", "b", 20)).length, 20);
});

test("a cut link carries nothing either way until it is healed", async () => {
  lab.cut("a");
  assert.equal((await send("a", "b", 10)).length, 0);
  assert.equal((await send("d", "a", 10)).length, 0);
  assert.equal((await send("d", "b", 10)).length, 10);
  assert.throws(() => lab.heal("b"), /not cut; cut are a/);
  lab.heal("a");
  assert.equal((await send("d", "a", 10)).length, 10);
});

test("loss on a pair loses its share there and nothing elsewhere", () => shaped("a>b", { loss: 0.2 }, async () => {
  near((await send("a", "b", 2000)).length, 1600, 80, "of 2000 datagrams");
  assert.equal((await send("a", "d", 300)).length, 300);
  assert.equal((await send("b", "a", 300)).length, 300);
}));

test("the wire counts what it lost, and every frame once", () => shaped("a", { loss: 0.5 }, async () => {
  const before = await lab.wireStatus("a") as { ab: Record<string, number> };
  const got = await send("a", "b", 1000);
  const now = await lab.wireStatus("a") as { ab: Record<string, number> };
  const d = (k: string): number => now.ab[k] - before.ab[k];
  assert.equal(d("rx"), d("tx") + d("lost"));
  near(d("lost"), 500, 60, "lost");
  assert.ok(got.length <= d("tx") && got.length >= d("tx") - 20, `${got.length} received of ${d("tx")}`);
}));

test("delay and jitter come as asked, in order", () => shaped("a", { delay: 30, jitter: 20 }, async () => {
  const got = await send("a", "b", 500, 1);
  assert.equal(got.length, 500);
  assert.ok(got.every(([i], k) => i === k), "order is kept");
  near(median(got.map(g => g[1])), 44, 12, "median delay in ms");
  assert.ok(Math.min(...got.map(g => g[1])) >= 29);
}));

test("duplicates, corruption and reordering come in their shares", async () => {
  await shaped("a", { dup: 0.3 }, async () => {
    const got = await send("a", "b", 1000);
    near(got.length, 1300, 60, "datagrams");
    assert.equal(new Set(got.map(g => g[0])).size, 1000);
  });
  await shaped("a", { corrupt: 0.3 }, async () => {
    const got = await send("a", "b", 1000); // the kernel drops nearly all of them by their checksums
    near(got.length, 700, 70, "datagrams");
  });
  await shaped("a", { reorder: 0.1, hold: 5 }, async () => {
    const got = await send("a", "b", 1000, 5);
    assert.equal(got.length, 1000);
    near(got.filter(([i], k) => k > 0 && i < got[k - 1][0]).length, 95, 45, "out of order");
  });
});

test("a rate is kept, and what waits too long for it is dropped", () => shaped("a", { rate: 8000, limit: 40 }, async () => {
  // 1,000-byte frames at 8 Mbit/s: about one in a millisecond.
  const began = Date.now(), got = await send("a", "b", 600, 2, 934);
  const took = Math.max(...got.map(g => g[1]));
  assert.ok(got.length < 560 && got.length > 300, `${got.length} of 600 passed in ${Date.now() - began} ms`);
  near(took, 41, 14, "longest wait in ms");
}));

test("the same seed gives the same losses", async () => {
  const lost: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const l = await Lab.up(file, { seed: 7 }), was = lab;
    lab = l;
    try {
      await send("a", "b", 1); // ARP is through
      await sleep(50);
      await l.shape("a", { loss: 0.3 });
      await l.command("wire-lan-a", "seed 7");
      const got = new Set((await send("a", "b", 300)).map(g => g[0]));
      lost.push(Array.from({ length: 300 }, (_, k) => k).filter(k => !got.has(k)));
    } finally {
      l.down();
      lab = was;
    }
  }
  assert.ok(lost[0].length > 60 && lost[0].length < 120, `${lost[0].length} lost`);
  assert.deepEqual(lost[0], lost[1]);
});
