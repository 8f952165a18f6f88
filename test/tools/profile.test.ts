// What callgrind writes, read back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, nameOf, parse } from "../../tools/i486/profile.ts";

const FILE = `# callgrind format
desc: Trigger: Client Request: 0000000029
positions: line
events: Ir
summary: 130

fn=(20) poll_node
0 30
cfn=(22) w2c_node_assembly0x2Fft0x2Fapply0x2Fdata.constprop.0
calls=2 0
0 100

fn=(22)
0 60
cfn=(24) w2c_node_assembly0x2Fwire0x2Fip40x2FIp40x23seal
calls=3 0
0 40

fn=(24)
0 40
`;

test("a profile tells each function's own instructions, its calls, and what they cost", () => {
  const p = parse(FILE)!;
  assert.deepEqual([p.call, p.sum], [29, 130]);
  assert.deepEqual(p.own.get("ft/apply/data"), { instructions: 60, calls: 2 });
  assert.equal(p.whole.get("ft/apply/data"), 100);
  assert.equal(p.whole.get("wire/ip4/Ip4#seal"), 40);
  assert.match(lines(p)[0], /^ +60 +46\.2 % +2 x {2}ft\/apply\/data$/);
});

test("a file without a poll is none", () => { assert.equal(parse("# callgrind format\nevents: Ir\ntotals: 0\n"), null); });

test("names of the sources come out of the linker's names", () => {
  assert.equal(nameOf("w2c_node_assembly0x2Fcore0x2Fchecksum0x2Fadd.constprop.0"), "core/checksum/add");
  assert.equal(nameOf("w2c_node_assembly0x2Fredirector0x2Fforward0x2Finput.part.0.constprop.1"), "redirector/forward/input");
  assert.equal(nameOf("poll_node"), "poll_node");
});
