// Mutations stay applicable as the sources change. `npm run sim -- --mutations` runs them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { MUTATIONS } from "./mutations/index.ts";
import { SCENARIOS } from "./scenarios/index.ts";

test("every mutation finds its text once, and names scenarios that exist", () => {
  const known = new Set(SCENARIOS.map(s => s.name));
  for (const m of MUTATIONS) {
    for (const e of m.edits) assert.equal(readFileSync(path.join(ROOT, e.file), "utf8").split(e.find).length, 2, `${m.rule}, ${m.what}: '${e.find}' in ${e.file}`);
    for (const s of m.scenarios) assert.ok(known.has(s), `${m.rule}, ${m.what}: no scenario ${s}`);
  }
});
