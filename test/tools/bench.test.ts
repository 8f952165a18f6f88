// The bench's arithmetic and what it reads: quartiles, bars, the client's line, the generator's frames, Go's version.

import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "../../tools/bench/forward.ts";
import { parseSeen } from "../../tools/bench/pair.ts";
import { newEnough } from "../../tools/bench/peers/go.ts";
import { missed, table, verdicts } from "../../tools/bench/report.ts";
import { measure, type Result, show } from "../../tools/bench/run.ts";
import { judge, quantile, type Sample, summarise } from "../../tools/bench/stats.ts";

const of = (...values: number[]): Sample[] => values.map(value => ({ value }));

test("quartiles lie between two values in proportion", () => {
  assert.deepEqual([0, 0.25, 0.5, 0.75, 1].map(p => quantile([1, 2, 3, 5], p)), [1, 1.75, 2.5, 3.5, 5]);
  assert.deepEqual(summarise([5, 1, 3]), { runs: 3, median: 3, q1: 2, q3: 4 });
  assert.ok(Number.isNaN(summarise([]).median));
});

test("a bar is judged by the ratio of medians, and one without a run is missed", () => {
  const runs = { ours: of(8, 100, 9), other: of(10, 10, 10) };
  assert.deepEqual(judge("f", { subject: "ours", against: "other", factor: 0.9 }, runs), { figure: "f", text: "ours at least 0.9 of other", ratio: 0.9, held: true });
  assert.equal(judge("f", { subject: "ours", against: "other", factor: 0.91 }, runs).held, false);
  assert.equal(judge("f", { subject: "ours", against: "other", factor: 0.9, lower: true }, runs).held, true);
  assert.equal(judge("f", { subject: "ours", factor: 9 }, runs).held, true);
  for (const bar of [{ subject: "ours", against: "none", factor: 0 }, { subject: "none", factor: 0 }, { subject: "ours", factor: 9, note: "p50", lower: true }]) assert.equal(judge("f", bar, runs).held, false);
  assert.equal(judge("f", { subject: "ours", factor: 4, note: "p50", lower: true }, { ours: [{ value: 0, notes: { p50: 4 } }] }).held, true);
});

test("contenders take turns, each first once, and the figure is taken down after a failure too", async () => {
  const order: string[] = [];
  let downs = 0;
  const contender = (name: string, fails = false): { name: string; measure(): Promise<Sample> } => ({ name, measure: async () => { order.push(name); if (fails) throw new Error("no"); return { value: 1, cpu: 2 }; } });
  const figure = { name: "f", unit: "u", cpu: "c", bars: [{ subject: "a", against: "b", factor: 1 }], down: () => { downs++; } };
  const plan = { runs: 2, seconds: 1, say: () => {} };
  const r = await measure({ ...figure, up: async () => [contender("a"), contender("b")] }, plan, () => "");
  assert.equal(order.join(""), "abba");
  assert.deepEqual([r.runs.a.length, r.runs.b.length, r.verdicts[0].held, downs], [2, 2, true, 1]);
  await assert.rejects(measure({ ...figure, up: async () => [contender("a"), contender("x", true)] }, plan, () => ""), /f, x, run 1: no/);
  await assert.rejects(measure({ ...figure, up: async () => { throw new Error("not up"); } }, plan, () => ""), /not up/);
  assert.equal(downs, 3);
});

test("the table names every contender, and the missed bars are named with their ratio", () => {
  const runs = { ours: [{ value: 1.5, cpu: 2, notes: { p50: 70 } }], linux: [{ value: 2, cpu: 1 }] };
  const result: Result = { name: "download", unit: "Gbit/s", cpu: "CPU s/GB", seconds: 5, runs, verdicts: [judge("download", { subject: "ours", against: "linux", factor: 0.9 }, runs)] };
  const lines = table([result]).split("\n");
  assert.match(lines[1], /^download +ours +1\.50 +1\.50 - 1\.50 +Gbit\/s +2\.00 +CPU s\/GB +p50 70\.0$/);
  assert.match(lines[2], /^ +linux +2\.00/);
  assert.equal(verdicts([result]), "MISSED  download: ours at least 0.9 of linux: 0.750");
  assert.deepEqual(missed([result]), ["download: ours at least 0.9 of linux, is 0.750"]);
  assert.deepEqual([0.1234, 1.234, 12.34, 123.4, 1234.5, NaN].map(show), ["0.123", "1.23", "12.3", "123", "1,235", "-"]);
});

test("the client's line is read, and anything else is refused", () => {
  assert.deepEqual(parseSeen('{"bytes":10,"seconds":2,"busy":0.5}\n'), { bytes: 10, count: 0, p50: 0, p99: 0, seconds: 2, busy: 0.5 });
  for (const text of ["", "{}", "ready\n", '{"bytes":10,"seconds":2}', '{"seconds":2,"busy":1}', "null"]) assert.throws(() => parseSeen(text), /the client said/, text);
});

test("the generator's frames have right lengths and checksums", () => {
  const dst = Uint8Array.of(2, 0, 0, 0, 0, 1), src = Uint8Array.of(2, 0, 0, 0, 0, 2);
  assert.equal(frame(dst, src, 0x0a010002, 0x0a020014, false, 60).toString("hex"), "0200000000010200000000020800" + "4500002e0000400040112" + "6a70a0100020a020014" + "9c400009001a0000" + "00".repeat(18));
  for (const [tcp, size] of [[true, 60], [true, 1494], [false, 1514]] as const) {
    const b = frame(dst, src, 0x0a010002, 0x0a090001, tcp, size);
    assert.equal(b.length, size);
    assert.equal(b.readUInt16BE(16), size - 14);
    assert.equal(sum(b.subarray(14, 34)), 0xffff);
    if (tcp) assert.equal(sum(Buffer.concat([b.subarray(26, 34), Buffer.from([0, 6, (size - 34) >> 8, (size - 34) & 255]), b.subarray(34)])), 0xffff);
  }
});

/** The sum of 16-bit words with the carries added: 0xffff where the checksum in them is right. */
function sum(b: Uint8Array): number {
  let s = 0;
  for (let i = 0; i < b.length; i++) s += i & 1 ? b[i] : b[i] << 8;
  while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
  return s;
}

test("a Go that is too old is not taken", () => {
  assert.deepEqual(["go1.25.5", "go1.25.6\n", "go1.26", "go2.0", "go1.25.4", "go1.24.11", "go1.25", "", "devel"].map(newEnough), [true, true, true, true, false, false, false, false, false]);
});
