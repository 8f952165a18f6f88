// Images boot in QEMU on the machines of their boards, by every way they come in, and answer on their NICs.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { CONFIG, CONFIG_SIZE, programAt, readHeader } from "../../tools/image/layout.ts";
import { run } from "../../tools/lab/process.ts";
import { ADDRESS, Board, folder, image, type Options, SITE } from "./bed.ts";

const at = folder(), file = (name: string): string => path.join(at.dir, name);
after(() => at.remove());

/** Boots an image and pings its node with small and full packets. */
async function answers(o: Options, address: Buffer): Promise<void> {
  const b = await Board.qemu(at.dir, o);
  try {
    const mac = await b.arp(address);
    for (const n of [0, 1, 56, 1000, 1472]) await b.ping(address, mac, n, n + 1);
    assert.doesNotMatch(b.console, /error|trap/);
  } finally { await b.stop(); }
}

test("a redirector runs in 2 MiB on a 486 with ISA bus, from a disk and from a floppy", async () => {
  for (const kind of ["img", "floppy"] as const) {
    const out = file(`isa.${kind}`), said = image("--site", at.site, "--node", "r", "--board", "pc-486-isa", "-o", out);
    assert.match(said, /program [\d.]+ KiB \(code [\d.]+ KiB\), memory above 1 MiB [\d.]+ KiB .*, stack \d+ of 8192 bytes/);
    const program = readFileSync(out).subarray(512), h = readHeader(program);
    assert.ok(h.programSize < 512 * 1024 && h.memoryEnd <= 0x200000 - 128 * 1024, `program ${h.programSize}, memory up to ${h.memoryEnd}`);
    await answers({ image: out, board: "pc-486-isa", kind, memory: 2 }, ADDRESS.r);
  }
});

test("a redirector runs in 2 MiB on a 486 with PCI bus, loaded by Multiboot", async () => {
  image("--site", at.site, "--node", "r", "--board", "pc-486-pci", "-o", file("pci.elf"));
  await answers({ image: file("pci.elf"), board: "pc-486-pci", kind: "elf", memory: 2 }, ADDRESS.r);
});

test("GRUB boots the Multiboot program", async () => {
  image("--site", at.site, "--node", "r", "--board", "pc-486-pci", "-o", file("grub.elf"));
  mkdirSync(file("iso/boot/grub"), { recursive: true });
  writeFileSync(file("iso/node.elf"), readFileSync(file("grub.elf")));
  writeFileSync(file("iso/boot/grub/grub.cfg"), "set timeout=0\nmenuentry node {\n  multiboot /node.elf\n}\n");
  run("grub-mkrescue", ["-o", file("grub.iso"), file("iso")]);
  const b = await Board.qemu(at.dir, { image: file("grub.elf"), board: "pc-486-pci", kind: "cdrom", boot: file("grub.iso"), memory: 32 });
  try { await b.ping(ADDRESS.r, await b.arp(ADDRESS.r), 56, 1); } finally { await b.stop(); }
});

test("a host server runs in 4 MiB on a Pentium with PCI bus", async () => {
  image("--site", at.site, "--node", "s", "--board", "pc-pentium", "-o", file("s.img"));
  assert.ok(readHeader(readFileSync(file("s.img")).subarray(512)).memoryEnd <= 0x400000 - 128 * 1024);
  await answers({ image: file("s.img"), board: "pc-pentium", kind: "img", memory: 4 }, ADDRESS.s);
});

test("another configuration is put into an image without a change elsewhere, and the node has it", async () => {
  const out = file("c.img"), other = file("other.toml"), address = Buffer.from([10, 0, 0, 77]);
  image("--site", at.site, "--node", "r", "--board", "pc-486-isa", "-o", out);
  const was = readFileSync(out);
  writeFileSync(other, SITE.replace("10.0.0.1/24", "10.0.0.77/24"), { mode: 0o600 });
  image("--configure", out, "--site", other, "--node", "r");
  const is = readFileSync(out), from = programAt(was)! + CONFIG, to = from + CONFIG_SIZE;
  assert.deepEqual([is.subarray(0, from).equals(was.subarray(0, from)), is.subarray(from, to).equals(was.subarray(from, to)), is.subarray(to).equals(was.subarray(to))], [true, false, true]);
  await answers({ image: out, board: "pc-486-isa", kind: "img" }, address);
});

test("a configuration with a flipped bit is refused by name", async () => {
  const out = file("bad.img");
  image("--site", at.site, "--node", "r", "--board", "pc-486-isa", "-o", out);
  const bytes = readFileSync(out);
  bytes[programAt(bytes)! + CONFIG + 40] ^= 1;
  writeFileSync(out, bytes);
  const b = await Board.qemu(at.dir, { image: out, board: "pc-486-isa", kind: "img" });
  try {
    await b.said(/configuration: badCrc/);
    await b.said(/no node runs/);
  } finally { await b.stop(); }
});
