// What the boards' modules cost as i486 code, and that this code does what the modules do under WebAssembly.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { measure } from "../../tools/i486/cli.ts";
import { judge, type Table } from "../../tools/i486/table.ts";

const committed = JSON.parse(readFileSync(path.join(ROOT, "boards/i486.json"), "utf8")) as Table;

test("the modules as i486 code give the outputs that were recorded, within the table's instructions", async () => {
  const now = (await measure()).table;
  // Another compiler makes other code: then a tenth may be lost, which a change of the sources would exceed.
  const allowed = now.compiler === committed.compiler ? committed : scaled(committed, 1.1);
  assert.deepEqual(judge(now, allowed), []);
});

test("a figure that grew, is new or is gone is told", () => {
  const table: Table = { compiler: "12", modules: { m: { text: 1000, memory: 65536 } }, paths: { a: 100, b: 200 } };
  assert.deepEqual(judge(table, table), []);
  assert.deepEqual(judge({ ...table, paths: { a: 102, b: 190 } }, table), []);
  assert.deepEqual(judge({ ...table, paths: { a: 103, b: 200 } }, table), ["a: 103, the table has 100"]);
  assert.deepEqual(judge({ ...table, compiler: "13", paths: { a: 103, b: 200 } }, table), ["a: 103, the table has 100 (gcc 13, the table is by 12)"]);
  assert.deepEqual(judge({ ...table, paths: { a: 100, c: 1 } }, table), ["c: not in the table", "b: not measured"]);
  assert.deepEqual(judge({ ...table, modules: { m: { text: 1000, memory: 131072 } } }, table), ["m, memory: 131072, the table has 65536"]);
});

function scaled(t: Table, by: number): Table {
  const all = (x: Record<string, number>): Record<string, number> => Object.fromEntries(Object.entries(x).map(([k, v]) => [k, v * by]));
  return { ...t, modules: Object.fromEntries(Object.entries(t.modules).map(([k, m]) => [k, { text: m.text * by, memory: m.memory }])), paths: all(t.paths) };
}
