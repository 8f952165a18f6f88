// A slice of the soak: some seconds of traffic over links that lose and delay, and over a machine whose processors are busy.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Bed } from "../../tools/campaign/bed.ts";
import { soak } from "../../tools/soak/soak.ts";

let bed: Bed | undefined;
after(() => bed?.down());

for (const phase of [{ name: "links with 1 % loss and 10 ms jitter", minutes: 0.15, shape: { loss: 0.01, jitter: 10 }, busy: false }, { name: "busy processors", minutes: 0.1, shape: {}, busy: true }]) {
  test(`over ${phase.name} nobody is removed, and every byte arrives`, async () => {
    bed ??= await Bed.up({});
    const f = await soak(bed, phase, () => {});
    assert.deepEqual([f.failures, f.removals, f.losses], [[], 0, 0]);
    assert.ok(f.rounds > 0 && f.bytes > 0, "the traffic moved nothing");
  });
}
