// The fuzzer's slice of `npm test`: what the repository keeps for each target, some hundred new inputs, and the packets and floods that issue bars
// name. `npm run fuzz` runs more.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { build, load } from "../sim/build.ts";
import { Random } from "../sim/random.ts";
import { kept } from "./corpus.ts";
import { Fuzzer } from "./fuzzer.ts";
import { run as flood } from "./flood.ts";
import { fresh, fromText, type Input, minimise, mutate, toText } from "./input.ts";
import { BLOCK, block } from "./isic.ts";
import { derive, Purpose, siphash } from "./siphash.ts";
import { type FuzzModules } from "./target.ts";
import { find, TARGETS } from "./targets/index.ts";

/** New inputs per target. */
const NEW: Record<string, number> = { packets: 60, account: 40, forged: 40, control: 60, command: 20, http: 40, sockets: 300, site: 1000, init: 300 };
const PACKETS = 100_000;
let modules: FuzzModules;

before(async () => {
  await build();
  modules = await load(["host", "redirector", "peer"]);
});

describe("targets", () => {
  for (const t of TARGETS) test(`${t.name}: ${t.about}`, () => {
    const f = new Fuzzer(t, modules, 1, 0);
    f.begin(kept(t.name));
    assert.ok(f.corpus.length > 0, "the corpus shows nothing");
    for (let i = 0; i < NEW[t.name]; i++) f.step();
    assert.deepEqual(f.findings.map(x => `${x.failure}\n${toText(x.input)}`), [], `save the input, then: npm run fuzz -- --target ${t.name} --replay FILE --verbose`);
  });
  test("an input gives the same run each time, another one another", () => {
    const t = find("packets"), [a, b] = kept("packets");
    assert.equal(t.run(modules, a).hash, t.run(modules, a).hash);
    assert.notEqual(t.run(modules, a).hash, t.run(modules, b).hash);
  });
});

describe("bulk", () => {
  for (let from = 0; from < PACKETS; from += BLOCK) {
    test(`random packets ${from} to ${from + BLOCK}: refused and counted, nothing is held, honest connections go on`, () => {
      const o = block(modules, 1, from / BLOCK);
      assert.equal(o.failure, "", `npm run fuzz -- --isic ${PACKETS}`);
      assert.ok(o.honest >= 10, `only ${o.honest} honest connections`);
    });
  }
  test("a SYN flood at 14,880 per second leaves four in five new connections established within a second", () => {
    const o = flood(modules, 14_880, 2.5);
    assert.ok(o.honest >= 20 && o.established >= 0.8 * o.honest, JSON.stringify(o));
    assert.ok(o.cookies > 30_000, "the flood arrives");
  });
});

describe("inputs", () => {
  test("text gives the same input back, and what is none is told with its line", () => {
    const input: Input = [Uint8Array.of(1, 2, 255), new Uint8Array(0), Uint8Array.of(0)];
    assert.deepEqual(fromText(toText(input), "x"), input);
    assert.throws(() => fromText("01\n# fine\nxyz\n", "file"), /file:3: found 'xyz'/);
  });
  test("minimise leaves what matters and no more", () => {
    const r = new Random(1, "minimise"), needle = (i: Input): boolean => i.some(a => a.includes(77)) && i.some(a => a.includes(99));
    for (let n = 0; n < 20; n++) {
      let input = fresh(r, 40);
      while (!needle(input)) input = mutate(r, input, fresh(r, 10), 40);
      const small = minimise(input, needle, 2000);
      assert.ok(needle(small));
      assert.ok(small.length <= 2 && small.every(a => a.filter(b => b !== 0).length <= 2), toText(small));
    }
  });
  test("SipHash gives the paper's vector, and another key for another purpose", () => {
    const key = Uint8Array.from({ length: 16 }, (_, i) => i);
    assert.equal(siphash(key, Uint8Array.from({ length: 15 }, (_, i) => i)), 0xa129ca6149be45e5n);
    assert.notDeepEqual(derive(key, Purpose.chain, 0), derive(key, Purpose.manage, 0));
  });
});
