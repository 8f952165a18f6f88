// The table docs/conformance.md: complete, and true. Every requirement of RFC 9293's appendix B stands in it once, with a test or a reason; every test
// that it names exists and passes, and every test of test/rfc is named.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { before, describe, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { runSpecs, specs } from "../../tools/spec.ts";

interface Row { id: string; text: string; tests: { file: string; name: string }[] }

/** How many there are of each kind: RFC 9293, appendix B. */
const NUMBERS = { MUST: 69, SHLD: 31, MAY: 18, REC: 1 };
const REASON = /^not (applicable|taken|implemented)\b.*[:.]/;

const text = await readFile(path.join(ROOT, "docs/conformance.md"), "utf8");
const rows = text.split("\n").filter(l => /^\| [^*|-]/.test(l) && !/^\| (requirement|section) \|/.test(l)).map(row);
const passed = new Map<string, Set<string>>();
let said = "";

function row(line: string): Row {
  const [, id, , shown] = line.split("|").map(c => c.trim());
  return { id, text: shown, tests: [...shown.matchAll(/`([a-z]+\/[a-z]+)` (\w+)/g)].map(m => ({ file: `test/${m[1]}.spec.ts`, name: m[2] })) };
}

/** As-pect's verbose text: each test that passed, then the file that they stand in. */
function read(out: string): void {
  let names: string[] = [];
  for (const line of out.replace(/\x1b\[[0-9;]*m/g, "").split("\n")) {
    const ok = /\[Success\]: ✔ (\S+)/.exec(line), file = /\[File\]: (\S+)/.exec(line);
    if (ok) names.push(ok[1]);
    if (file) { passed.set(file[1], new Set(names)); names = []; }
  }
}

before(async () => {
  const files = [...new Set([...rows.flatMap(r => r.tests.map(t => t.file)), ...await specs(["test/rfc/"])])];
  await runSpecs(files, t => { said += t; }, true);
  read(said);
});

describe("docs/conformance.md", () => {
  test("every requirement of RFC 9293's appendix B stands in the table once", () => {
    const found = rows.map(r => r.id).filter(id => /^[A-Z]+-\d+$/.test(id)).sort();
    const all = Object.entries(NUMBERS).flatMap(([kind, n]) => Array.from({ length: n }, (_, i) => `${kind}-${i + 1}`)).sort();
    assert.deepEqual(found, all);
  });
  test("every row has a test, or says why there is none", () => {
    for (const r of rows) assert.ok(r.tests.length > 0 || REASON.test(r.text), `${r.id}: ${r.text}`);
  });
  test("a MUST without a test does not apply", () => {
    for (const r of rows) if (r.id.startsWith("MUST") && r.tests.length === 0) assert.match(r.text, /^not applicable: /, r.id);
  });
  test("a test that stands for a requirement of appendix B names it", () => {
    const free = new Set(["MAY-12", "MAY-18"]);
    for (const r of rows) {
      if (!/^[A-Z]+-\d+$/.test(r.id) || free.has(r.id)) continue;
      for (const t of r.tests) assert.ok(`_${t.name}`.includes(`_${r.id.toLowerCase().replace("-", "_")}_`), `${r.id}: ${t.name}`);
    }
  });
  test("every test named exists and passed", () => {
    for (const r of rows) for (const t of r.tests) assert.ok(passed.get(t.file)?.has(t.name), `${r.id}: ${t.file}: ${t.name}\n${said.slice(-3000)}`);
  });
  test("every test of test/rfc is named", async () => {
    const named = new Set(rows.flatMap(r => r.tests.map(t => `${t.file} ${t.name}`)));
    for (const file of await specs(["test/rfc/"])) {
      const all = [...(await readFile(path.join(ROOT, file), "utf8")).matchAll(/\btest\("([^"]+)"/g)].map(m => m[1]);
      assert.ok(all.length > 0, file);
      for (const name of all) assert.ok(named.has(`${file} ${name}`), `${file}: ${name}`);
    }
  });
});
