// Throughput in virtual time: every cell of the grid and every link condition completes, and none is slower than docs/throughput.md says.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { build, load, type Modules } from "./build.ts";
import { BUFFERS, LOSSES } from "./grid.ts";
import { CONDITIONS } from "./links.ts";
import { ALL, CELL, committed, type Figures, grid, links, page, ratesOf, read, slower } from "./throughput.ts";

let modules: Modules, then: Figures;

before(async () => {
  await build();
  modules = await load(["host", "redirector", "peer"]);
  then = await committed();
});

describe("throughput", () => {
  test("docs/throughput.md has a figure for each cell and condition", () => {
    assert.equal(then.size, BUFFERS.length * LOSSES.length + 2 * CONDITIONS.length);
    for (const [name, v] of then) assert.ok(v > 0, name);
  });
  test("nine buffer sizes by eight loss rates at 100 ms all complete, no slower than before", () => {
    const g = grid(modules);
    assert.equal(g.size, 72);
    assert.equal(slower(g, then), "");
  });
  test("the QUIC interop runner's link conditions complete, plain and with three replicas, no slower than before", () => {
    const l = links(modules);
    assert.equal(l.size, CONDITIONS.length);
    assert.equal(slower(ratesOf(l), then), "");
  });
  test("a slower figure is found, alone and in the sum of all", () => {
    const [name, v] = [...then][0];
    assert.match(slower(new Map([[name, v * CELL * 0.99]]), then), new RegExp(name.replace(/[.]/g, ".")));
    assert.match(slower(new Map([...then].map(([n, x]) => [n, x * ALL * 0.99])), then), /all figures together/);
    assert.match(slower(new Map([["no such cell", 1]]), then), /not in/);
    assert.equal(slower(then, then), "");
  });
  test("a page that was written reads as it was", () => {
    const g: Figures = new Map([...then].filter(([n]) => n.includes("bytes"))), l = new Map(CONDITIONS.map(c => [c.name, [{ rate: then.get(`${c.name}, plain`)!, slowest: 1 }, { rate: then.get(`${c.name}, chain of three`)!, slowest: 1 }] as [{ rate: number; slowest: number }, { rate: number; slowest: number }]]));
    assert.deepEqual(read(page(g, l)), then);
  });
});
