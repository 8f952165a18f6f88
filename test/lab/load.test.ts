// A slice of the load: some dozens of connections, half requests and half streams, while the primary is killed; also without heartbeats.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Case, load, missed } from "../../tools/load/load.ts";

const some = (paper: boolean): Case => ({ name: "slice", connections: 60, period: 50, paper });

for (const paper of [false, true]) {
  test(`every connection goes on over the primary's death, ${paper ? "accused by clients alone" : "with heartbeats"}`, async () => {
    const c = some(paper), f = await load(c, {}, () => {});
    assert.deepEqual(missed(c, f), []);
    assert.ok(f.bytes > 60 * 100, "the traffic moved nothing");
    assert.deepEqual(Object.values(f.kinds).map(k => k.connections), [30, 30]);
  });
}

test("a missed promise is named", () => {
  const c: Case = { ...some(false), bars: { median: 60, worst: 200, timeouts: 0 } }, slow = { connections: 30, waited: 5, median: 70, worst: 250 };
  const found = { name: c.name, connections: 59, failures: ["1 x stream: ECONNRESET"], kinds: { request: slow, stream: slow }, timeouts: 1, retransmissions: 1, bytes: 1 };
  assert.equal(missed(c, found).length, 7);
});
