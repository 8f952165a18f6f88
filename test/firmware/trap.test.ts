// What must not happen on a board is provoked by patching a finished image: an access outside the memory, a poll that does not end, an instruction
// that is none. The node says where, starts anew and answers again.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { TYPESCRIPT } from "../../tools/children.ts";
import { programAt } from "../../tools/image/layout.ts";
import { functions } from "../../tools/image/symbols.ts";
import { run } from "../../tools/lab/process.ts";
import { ADDRESS, Board, folder, image } from "./bed.ts";

const at = folder(), file = (name: string): string => path.join(at.dir, name);
/** Bytes of the redirector's linear memory. */
const MEMORY = 512 * 1024;
before(() => { image("--site", at.site, "--node", "r", "--board", "pc-486-pci", "-o", file("r.img")); });
after(() => at.remove());

/** The address of a function of the program. */
function functionOf(name: string): number {
  const f = functions(file("r.debug")).find(s => s.name === name);
  assert.ok(f, name);
  return f.address;
}

/** An image that has other code at an address. */
function patch(name: string, address: number, code: number[]): void {
  const bytes = readFileSync(file("r.img"));
  bytes.set(code, programAt(bytes)! + address - 0x100000);
  writeFileSync(file(name), bytes, { mode: 0o600 });
}

/** An image whose `status` runs other code. */
function patched(name: string, code: number[]): void { patch(name, functionOf("assembly/board/console/is"), code); }

/** mov %fs:address, %eax */
const load = (address: number): number[] => [0x64, 0xa1, address & 255, address >> 8 & 255, address >> 16 & 255, address >>> 24];
const JUMP_TO_ITSELF = [0xeb, 0xfe], UNDEFINED = [0x0f, 0x0b];

async function provoke(name: string, cause: RegExp): Promise<void> {
  const b = await Board.qemu(at.dir, { image: file(name), board: "pc-486-pci", kind: "img" });
  try {
    await b.arp(ADDRESS.r);
    b.type("status\n");
    const said = await b.said(new RegExp(`trap: ${cause.source} at ([0-9a-f]{8}) in (\\S+)\\+(\\d+)`));
    assert.equal(said[2], "assembly/board/console/is");
    await b.said(/HydraNet, start 2\r/);
    for (const w of b.wires) w.frames.length = 0;
    await b.ping(ADDRESS.r, await b.arp(ADDRESS.r), 56, 1);
    const where = run(process.execPath, [...TYPESCRIPT, path.join(ROOT, "tools/cli.ts"), "where", file("r.img"), said[1]]);
    assert.match(where, /assembly\/board\/console\/is/);
    assert.match(where, /module\.inc:\d+/);
  } finally { await b.stop(); }
}

test("an undefined instruction is told with its place, and the node starts anew", async () => {
  patched("undefined.img", UNDEFINED);
  await provoke("undefined.img", /invalid instruction/);
});

test("a poll that does not end is ended by the watchdog", async () => {
  patched("loop.img", JUMP_TO_ITSELF);
  await provoke("loop.img", /watchdog: a poll does not end/);
});

test("the CPU refuses an access across the end of the memory, and allows the last four bytes", async () => {
  // In Bochs: QEMU's translator does not enforce segment limits.
  const f = functionOf("clock_now"), inside = load(MEMORY - 4);
  patch("limits.img", f, [...inside, ...load(MEMORY - 3)]);
  const b = await Board.bochs(at.dir, file("limits.img"));
  try {
    const said = await b.said(/trap: general protection: an access outside the memory at ([0-9a-f]{8}) in (\S+)\+(\d+), start 1 ends/);
    assert.deepEqual([Number.parseInt(said[1], 16), said[2], Number(said[3])], [f + inside.length, "clock_now", inside.length]);
    await b.said(/HydraNet, start 2\r/);
  } finally { await b.stop(); }
});

test("noise on the console does no harm", async () => {
  const b = await Board.qemu(at.dir, { image: file("r.img"), board: "pc-486-pci", kind: "img" });
  try {
    await b.said(/interface 0/);
    let seed = 1;
    const noise = Buffer.from(Uint8Array.from({ length: 4000 }, () => { seed = seed * 1103515245 + 12345 >>> 0; return seed >>> 16; }));
    for (let i = 0; i < noise.length; i += 100) { b.type(noise.toString("latin1", i, i + 100)); await new Promise(done => { setTimeout(done, 20); }); }
    b.type("\n\nhelp\n");
    await b.said(/status \| counters[^]*help/);
    await b.ping(ADDRESS.r, await b.arp(ADDRESS.r), 56, 1);
    assert.doesNotMatch(b.console, /trap|start 2/);
  } finally { await b.stop(); }
});
