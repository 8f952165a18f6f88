// A slice of the failure campaign: each class once, its phases spread; and that its instruments find what is wrong.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { Campaign } from "../../tools/campaign/campaign.ts";
import { FAULTS } from "../../tools/campaign/fault.ts";
import { clock, Flow, type Kind, type Result } from "../../tools/campaign/flow.ts";
import { bytes, Check } from "../../tools/campaign/pattern.ts";
import { summarise } from "../../tools/campaign/results.ts";
import { sleep } from "../../tools/lab/lab.ts";
import { namespaces } from "../../tools/lab/switch.ts";

const failed = mkdtempSync(path.join(os.tmpdir(), "hydranet-campaign-"));
const campaign = new Campaign({ lab: {}, rate: 0, failed });
after(() => { campaign.down(); rmSync(failed, { recursive: true, force: true }); });

for (const [i, f] of FAULTS.entries()) {
  const phase = f.phases[i % f.phases.length];
  test(`${f.name} during ${phase}: ${f.what}`, async () => {
    const o = await campaign.run(f, phase, i);
    assert.deepEqual(o.failures, []);
    assert.ok(o.connections > 0 && o.bytes > 0, "the traffic moved nothing");
  });
}

/** A connection to a server of this process. */
async function against(kind: Kind, serve: (c: Socket) => void, meanwhile: (f: Flow) => Promise<void> = async () => {}): Promise<Result> {
  const server = createServer({ allowHalfOpen: true }, c => { c.on("error", () => {}); serve(c); });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const f = new Flow({ kind, host: "127.0.0.1", port: (server.address() as AddressInfo).port, seed: 5, size: kind === "fetch" ? 1000 : undefined });
  await meanwhile(f);
  f.finish();
  const timer = setTimeout(() => f.abandon(), 2000), r = await f.done;
  clearTimeout(timer);
  server.close();
  return r;
}

test("a whole stream passes", async () => { assert.ok((await against("fetch", c => c.end(bytes(5, 0, 1000)))).ok); });

test("one wrong byte is found at its offset", async () => {
  const b = Buffer.from(bytes(5, 0, 1000));
  b[777] ^= 1;
  assert.equal((await against("fetch", c => c.end(b))).error, "byte 777 differs");
});

test("a stream that ends early is found", async () => { assert.match((await against("fetch", c => c.end(bytes(5, 0, 999)))).error!, /end after 999 of 1000/); });

test("a reset is found", async () => {
  const r = await against("download", c => { c.write(bytes(5, 0, 100)); setTimeout(() => c.resetAndDestroy(), 20); }, () => sleep(100));
  assert.deepEqual([r.ok, r.reset], [false, true]);
});

test("a silence is measured", async () => {
  const r = await against("download", c => {
    let at = 0;
    const send = (): void => { if (!c.writableEnded) c.write(bytes(5, at, 100)); at += 100; };
    for (let ms = 0; ms < 600; ms += 5) if (ms < 150 || ms >= 300) setTimeout(send, ms);
    c.on("end", () => c.end());
  }, async f => { await sleep(100); f.gaps.markAt = clock(); await sleep(600); });
  assert.ok(r.ok, r.error);
  assert.ok(r.gap > 120 && r.gap < 220 && r.median < 20, `gap ${r.gap}, median ${r.median}`);
});

test("an upload is checked by the sink's answer", async () => {
  const answers = (lie: boolean) => (c: Socket): void => {
    const check = new Check();
    let held = Buffer.alloc(0);
    c.on("data", b => { held = Buffer.concat([held, b]); const n = held.length & ~3; check.take(held.subarray(0, n)); held = held.subarray(n); });
    c.on("end", () => c.end(lie ? check.answer().replace(/.\n/, "x\n") : check.answer()));
  };
  assert.ok((await against("upload", answers(false), () => sleep(50))).ok);
  assert.match((await against("upload", answers(true), () => sleep(50))).error!, /the sink says/);
});

test("a missed promise is named", () => {
  const fault = FAULTS[0], entry = { class: fault.name, phase: "upload" as const, run: 0, ok: true, failures: [], notes: [], stall: 300, gap: 300, median: 0, timeouts: 1, retransmissions: 1, probes: 0, resets: 0, connections: 1, bytes: 1, seconds: 1, key: "", commit: "", parameters: "", date: "" };
  const { missed } = summarise({ fault, phase: "upload", wanted: 2 }, [entry]);
  assert.equal(missed.length, 4, missed.join("\n"));
});

test("an interrupted campaign leaves nothing behind", async () => {
  const run = `ctrlc${process.pid.toString(36)}`.slice(0, 12);
  const child = spawn(process.execPath, [...process.execArgv, path.join(ROOT, "tools/cli.ts"), "campaign", "--runs", "1", "--run", run, "--results", path.join(failed, "r.jsonl"), "--report", path.join(failed, "r.html")],
    { cwd: ROOT, stdio: "ignore", env: { ...process.env, HYDRANET_INSIDE: "1" } });
  const ended = once(child, "exit");
  for (let i = 0; i < 500 && namespaces(`hn-${run}-`).length < 5; i++) await sleep(20);
  await sleep(1000);
  assert.ok(namespaces(`hn-${run}-`).length >= 5, "the lab came up");
  child.kill("SIGINT");
  await ended;
  assert.deepEqual(namespaces(`hn-${run}-`), []);
});
