// The gates of a board's program, and the places in an image.

import assert from "node:assert/strict";
import { test } from "node:test";
import { boardBlock, boards } from "../../tools/image/board.ts";
import { disk, ENTRY, floppy, FLOPPY, LEFT, PROGRAM_LIMIT, programAt, readHeader, SECTOR } from "../../tools/image/layout.ts";
import { foreign } from "../../tools/image/opcodes.ts";
import { depth, type Graph, read } from "../../tools/image/stack.ts";
import { readable } from "../../tools/image/symbols.ts";
import { crc32 } from "../../tools/site/compile.ts";

const code = (...lines: string[]): string => lines.map((l, i) => `  10000${i}:\t${l}`).join("\n");

test("instructions of a 486 pass the gate, later ones and the FPU's do not", () => {
  assert.deepEqual(foreign(code("movl   %fs:0x4(%eax),%edx", "rep insw (%dx),%es:(%edi)", "bswap  %eax", "cmpxchg %ecx,(%edx)", "movzbl %al,%eax", "nop", "shldl  $0x4,%eax,%edx", "ljmp   $0x8,$0x104415")), []);
  for (const bad of ["cmove  %eax,%edx", "endbr32", "nopl   0x0(%eax)", "nopw   0x0(%eax,%eax,1)", "rdtsc", "cpuid", "cmpxchg8b (%edi)", "movss  (%eax),%xmm0", "fldl   (%eax)", "fistpll (%ecx)", "(bad)", "ud2"]) {
    assert.equal(foreign(code("ret", bad)).length, 1, bad);
  }
});

const graph = (text: string, same: Graph["same"] = new Map()): Graph => { const g: Graph = { bytes: new Map(), calls: new Map(), same }; read(text, g); return g; };
const node = (title: string, bytes: number, kind = "static"): string => `node: { title: "${title}" label: "x\\nx.c:1:1\\n${bytes} bytes (${kind})" }\n`;
const edge = (from: string, to: string): string => `edge: { sourcename: "${from}" targetname: "${to}" label: "x.c:2:2" }\n`;

test("the depth of the stack is that of the deepest calls; a cycle, an unknown function and a stack that grows as it goes are errors", () => {
  const calls = node("a", 10) + node("x.c:b", 20) + node("x.c:c", 300) + edge("a", "x.c:b") + edge("a", "x.c:c") + edge("x.c:b", "x.c:c");
  assert.equal(depth(graph(calls), "a"), 330);
  assert.throws(() => depth(graph(calls + edge("x.c:c", "a")), "a"), /recursion: a -> x.c:b -> x.c:c -> a/);
  assert.throws(() => depth(graph(calls + edge("x.c:c", "libc")), "a"), /no size of stack is known for libc, called by x.c:c/);
  assert.throws(() => graph(node("a", 16, "dynamic")), /takes stack as it goes/);
  // gcc keeps one of equal functions: the other's name stands at its address.
  assert.equal(depth(graph(calls + node("x.c:d", 5) + edge("x.c:c", "x.c:twin"), new Map([["twin", ["twin", "d"]]])), "a"), 335);
});

test("names of generated functions read as in the source", () => {
  assert.equal(readable("w2c_node_assembly0x2Fboard0x2Fmachine0x2Fstarted.constprop.0"), "assembly/board/machine/started");
  assert.equal(readable("clock_now"), "clock_now");
});

test("a board's block has its NICs, as many as the node has interfaces, and a checksum", async () => {
  for (const b of await boards()) {
    const block = boardBlock(b, 1), crc = block.readUInt32LE(8);
    assert.deepEqual([block.readUInt32LE(0), block.readUInt16LE(6), block.readUInt32LE(12), block[19]], [0x42445948, 48, b.timerHz, 1]);
    block.writeUInt32LE(0, 8);
    assert.equal(crc32(block), crc, b.name);
  }
});

function program(size: number): Buffer {
  const p = Buffer.alloc(size, 0xa5);
  p.fill(0, 64, 128);
  p.write("HYDI", 64);
  p.writeUInt16LE(1, 68);
  return p;
}

test("an image has the program behind the boot sector, the record and the content where its header says", () => {
  const sector = Buffer.alloc(SECTOR, 0x11), content = Buffer.from("content"), p = program(5000), d = disk(sector, p, 0x104400, "b", content), h = readHeader(d.subarray(SECTOR));
  assert.equal(programAt(d), SECTOR);
  assert.deepEqual([d.readUInt16LE(LEFT), d.readUInt32LE(ENTRY), d.length % (16 * 63 * SECTOR), h.board], [10, 0x104400, 0, "b"]);
  assert.ok(d.subarray(SECTOR + 128, SECTOR + 5000).equals(p.subarray(128)));
  assert.equal(d.toString("latin1", h.contentAt * SECTOR, h.contentAt * SECTOR + h.contentSize), "content");
  assert.ok(h.recordAt % 8 === 0 && h.recordAt * SECTOR >= SECTOR + 5000 && h.contentAt >= h.recordAt + 16);
  assert.ok(d.subarray(h.recordAt * SECTOR, (h.recordAt + 16) * SECTOR).every(x => x === 0));
  assert.equal(floppy(sector, p, 0x104400, "b").length, FLOPPY);
  assert.throws(() => disk(sector, program(PROGRAM_LIMIT + 1), 0, "b"), /the boot sector loads 524288/);
  assert.equal(programAt(Buffer.alloc(2000)), undefined);
});
