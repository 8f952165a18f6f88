// The bench's smallest run of its kinds of figures: everything is built, every way works, all is kept and taken away. What comes out of so short a
// run says nothing about speed, and is not judged.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { ended, start, TYPESCRIPT } from "../../tools/children.ts";
import { namespaces } from "../../tools/lab/switch.ts";

const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-"));
after(() => rmSync(dir, { recursive: true }));

interface Report { figures: { name: string; contenders: { name: string; runs: number; median: number; samples: { value: number; notes?: Record<string, number> }[] }[] }[] }

async function bench(...args: string[]): Promise<{ code: number; text: string; report: Report }> {
  const json = path.join(dir, "bench.json"), child = start([], process.execPath, [...TYPESCRIPT, "tools/cli.ts", "bench", "--json", json, ...args], ["ignore", "pipe", "pipe"], { cwd: ROOT });
  let text = "";
  for (const s of [child.stdout!, child.stderr!]) s.on("data", (b: Buffer) => { text += b.toString(); });
  const code = await ended(child);
  assert.ok(code === 0 || code === 1, `status ${code}:\n${text}`);
  assert.ok(code === 0 || /^missed:$/m.test(text), text);
  assert.deepEqual(namespaces(`hnb${child.pid}x`), [], "its namespaces are gone");
  return { code, text, report: JSON.parse(readFileSync(json, "utf8")) as Report };
}

const measured = (r: Report): string[] => r.figures.flatMap(f => f.contenders.map(c => { assert.ok(c.runs === 1 && c.median > 0, `${f.name} ${c.name}`); return `${f.name} ${c.name}`; }));

test("streams, exchanges and connections are measured against Linux and smoltcp", async () => {
  const b = await bench("--runs", "1", "--seconds", "0.3", "--against", "smoltcp", "--only", "download", "--only", "upload", "--only", "ping-pong", "--only", "connections");
  assert.deepEqual(measured(b.report), ["download", "upload", "ping-pong", "connections"].flatMap(f => ["ours", "linux", "smoltcp"].map(c => `${f} ${c}`)));
  assert.match(b.text, /ping-pong: p50 of ours at most 1\.05 of smoltcp/);
});

test("a full send queue loses nothing, and a lossy wire is measured beside it", async () => {
  const b = await bench("--runs", "1", "--seconds", "0.5", "--only", "full-queue", "--only", "loss");
  assert.deepEqual(measured(b.report), ["loss ours", "loss linux", "full-queue ours", "full-queue linux"]);
  assert.equal(b.report.figures[1].contenders[0].samples[0].notes?.retransmitted, 0);
});

test("the redirector forwards and copies beside the C loop and the kernel", async () => {
  const b = await bench("--runs", "1", "--seconds", "0.3", "--only", "forward-60", "--only", "copy-1494");
  assert.deepEqual(measured(b.report), ["forward-60 ours", "forward-60 c-loop", "forward-60 kernel", "copy-1494 ours", "copy-1494 c-loop"]);
});

test("replicas on slow links are measured beside one server and Linux", async () => {
  const b = await bench("--runs", "1", "--seconds", "0.5", "--only", "shaped-download", "--only", "shaped-upload");
  assert.deepEqual(measured(b.report), ["shaped-download", "shaped-upload"].flatMap(f => ["three-replicas", "chain-of-one", "linux"].map(c => `${f} ${c}`)));
});
