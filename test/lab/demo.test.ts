// `hydranet demo` as it is typed: with three replicas every promise holds, with one the video breaks, and Ctrl-C leaves nothing behind.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { build } from "../../tools/build/build.ts";
import { percent, promises, type Results } from "../../tools/demo/results.ts";

await build();
const dir = mkdtempSync(path.join(os.tmpdir(), "demo-"));
process.on("exit", () => rmSync(dir, { recursive: true, force: true }));

interface Run { child: ChildProcess; text: () => string; ended: Promise<{ code: number | null; text: string }> }

function demo(...args: string[]): Run {
  const child = spawn(process.execPath, ["--import", "tsx", "tools/cli.ts", "demo", "--fast", "--plain", ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const s of [child.stdout, child.stderr]) s.on("data", d => { text += d; });
  return { child, text: () => text, ended: new Promise(ok => child.on("close", code => ok({ code, text }))) };
}

const results = (name: string): Results => JSON.parse(readFileSync(path.join(dir, `${name}.json`), "utf8")) as Results;

/** Names of namespaces and run directories of labs that a process brought up. */
function left(pid: number): string[] {
  const mine = `t${pid.toString(36)}`, names = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).split("\n").map(l => l.split(" ")[0]);
  let runs: string[] = [];
  try { runs = readdirSync("/run/hydranet"); } catch { /* none was ever made */ }
  return [...names.filter(n => n.startsWith(`hn-${mine}`)), ...runs.filter(r => r.startsWith(mine))];
}

/** A process that has ended may wait as a zombie for whoever inherited it. */
function running(pid: string): boolean {
  try { return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8")); } catch { return false; }
}

test("three replicas keep every promise", { timeout: 120_000 }, async () => {
  const began = Date.now(), { code, text } = await demo("--report", path.join(dir, "three.html")).ended;
  assert.equal(code, 0, text);
  const r = results("three");
  assert.deepEqual(promises(r).filter(p => !p.held), []);
  assert.deepEqual([r.video, ...r.bulk].map(s => s.kills.length), [2, 1, 1]);
  for (const k of r.video.kills) assert.ok(k.after > 100_000, `${k.node}: ${k.after} bytes after it, ${percent(k.leftAtServer)} at the server`);
  assert.equal(new Set(r.video.kills.map(k => k.node)).size, 2);
  assert.match(readFileSync(path.join(dir, "three.html"), "utf8"), /Every promise held/);
  assert.ok(Date.now() - began < 60_000, `took ${(Date.now() - began) / 1000} s`);
});

test("the control with one replica breaks", { timeout: 60_000 }, async () => {
  const { code, text } = await demo("--replicas", "1", "--report", path.join(dir, "one.html")).ended;
  assert.equal(code, 1, text);
  const r = results("one"), broken = promises(r).filter(p => !p.held).map(p => p.text);
  assert.equal(r.video.kills.length, 1);
  assert.ok(r.player.played < r.player.frames);
  assert.ok(r.video.kills[0].stall > 5000, `stall of ${r.video.kills[0].stall} ms`);
  assert.ok(broken.includes("s0 killed during the video: the successor delivers the rest"), broken.join("\n"));
});

test("Ctrl-C leaves nothing behind", { timeout: 60_000 }, async () => {
  const run = demo("--report", path.join(dir, "none.html")), pid = run.child.pid!;
  while (!/the player starts/.test(run.text())) {
    assert.equal(run.child.exitCode, null, run.text());
    await new Promise(ok => setTimeout(ok, 50));
  }
  await new Promise(ok => setTimeout(ok, 1500));
  assert.notDeepEqual(left(pid), []);
  const inside = (): string[] => left(pid).filter(n => n.startsWith("hn-")).flatMap(n => execFileSync("ip", ["netns", "pids", n], { encoding: "utf8" }).split("\n").filter(Boolean));
  const pids = inside();
  assert.ok(pids.length > 5, `${pids.length} processes in the lab`);
  run.child.kill("SIGINT");
  assert.equal((await run.ended).code, 130);
  assert.deepEqual(left(pid), []);
  for (let i = 0; i < 20 && pids.some(running); i++) await new Promise(ok => setTimeout(ok, 50));
  assert.deepEqual(pids.filter(running), []);
});

for (const [args, message] of [[["--replicas", "4"], /--replicas: found '4'/], [["--replicas", ""], /--replicas/], [["--fats"], /--fats/], [["now"], /unexpected word 'now'/]] as [string[], RegExp][]) {
  test(`demo ${args.join(" ")} is refused`, async () => {
    const { code, text } = await demo(...args).ended;
    assert.equal(code, 2);
    assert.match(text, message);
  });
}
