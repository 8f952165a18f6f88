// The simulator's slice of `npm test`: every named scenario, the seeds that once failed, and a few hundred others. `npm run sim` runs more.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, load, type Modules } from "./build.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { runScenario } from "./scenarios/scenario.ts";
import { runSeed } from "./seed.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SEEDS = 300, GROUP = 50;
let modules: Modules;

before(async () => {
  await build();
  modules = await load(["host", "redirector", "peer"]);
});

function holds(seeds: number[]): void {
  for (const seed of seeds) {
    const o = runSeed(modules, seed);
    assert.equal(o.failure, "", `seed ${seed}: npm run sim -- --seed ${seed} --verbose`);
    assert.ok(o.faults >= 3, `seed ${seed}: only ${o.faults} faults`);
  }
}

describe("scenarios", () => {
  for (const s of SCENARIOS) test(s.name, () => assert.equal(runScenario(modules, s), "", `npm run sim -- --scenario ${s.name} --verbose`));
});

describe("seeds", () => {
  test("seeds that once failed hold", async () => {
    const text = await readFile(path.join(HERE, "corpus.txt"), "utf8");
    holds(text.split("\n").map(l => l.replace(/#.*/, "").trim()).filter(l => l !== "").map(Number));
  });
  for (let from = 1; from <= SEEDS; from += GROUP) {
    test(`seeds ${from} to ${from + GROUP - 1} hold, three faults or more each`, () => holds(Array.from({ length: GROUP }, (_, i) => from + i)));
  }
  test("the same seed gives the same run", () => {
    const a = runSeed(modules, 7), b = runSeed(modules, 7);
    assert.equal(a.hash, b.hash);
    assert.notEqual(a.hash, runSeed(modules, 8).hash);
  });
});
