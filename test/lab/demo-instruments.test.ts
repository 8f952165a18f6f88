// The demonstration's instruments against a plain Linux server: an outage of known length must show as the stall that it is, and a server that
// does not come back must break the promises.

import assert from "node:assert/strict";
import { test } from "node:test";
import { prepare } from "../../tools/demo/material.ts";
import { Screen } from "../../tools/demo/picture.ts";
import { endAll } from "../../tools/children.ts";
import { promises, type Results } from "../../tools/demo/results.ts";
import { Demo } from "../../tools/demo/run.ts";
import { LinuxBed } from "./linux-bed.ts";

const SERVERS = ["s0", "s1", "s2"];

async function run(outage: number): Promise<Results> {
  const m = await prepare(300, 40_000_000, () => {}), bed = new LinuxBed(m.folder, SERVERS, outage);
  try {
    return await new Demo(bed, m, { fast: true, replicas: 3, ffmpeg: "", bulkRate: 100e6 }, new Screen(process.stderr, false)).run();
  } finally {
    endAll();
    await bed.down();
  }
}

const broken = (r: Results): string[] => promises(r).filter(p => !p.held).map(p => p.text);

test("an outage of 1.5 s is seen as such, makes frames late, and loses no byte", { timeout: 90_000 }, async () => {
  const r = await run(1500), streams = [r.video, ...r.bulk];
  assert.equal(r.error, undefined);
  for (const s of streams) for (const k of s.kills) assert.ok(k.gap >= 1400 && k.gap < 4500, `${s.name}: gap of ${k.gap} ms`);
  for (const s of streams) assert.equal(s.digest, s.expected, s.name);
  assert.deepEqual(streams.map(s => s.kills.length), [2, 1, 1]);
  assert.ok(r.player.late > 10, `${r.player.late} late`);
  assert.ok(r.counters.bulk.timeouts + r.counters.bulk.retransmitted > 0, "the upload's client has to send again");
  assert.deepEqual(broken(r).filter(t => !/^no frame|between 30/.test(t)), []);
});

test("a server that stays away breaks the run", { timeout: 60_000 }, async () => {
  const r = await run(Infinity);
  assert.match(r.error!, /stood still/);
  assert.ok(r.video.kills[0].stall > 5000, `stall of ${r.video.kills[0].stall} ms`);
  assert.equal(r.video.kills[0].after, 0);
  assert.ok(broken(r).includes("s0 killed during the video: the successor delivers the rest"));
});
