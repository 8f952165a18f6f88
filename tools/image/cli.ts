// `hydranet image`: a board's image of a node, or another configuration into an image that there is.

import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { type Command, parse, type Parsed, required, say, UsageError } from "../command.ts";
import { packFolder, readImage } from "../content/image.ts";
import { compileNode } from "../site/compile.ts";
import { loadSite, nodeOf, type Site } from "../site/site.ts";
import { type Board, boardBlock, boardOf, boards } from "./board.ts";
import * as layout from "./layout.ts";
import { buildProgram, type Program } from "./program.ts";

export const command: Command = {
  help: `
hydranet image --site FILE --node NAME [--board BOARD] -o OUT
hydranet image --configure IMAGE --site FILE --node NAME
hydranet image --boards

Writes a node as a program for a board: OUT.img a raw disk image with its own boot sector, OUT.elf for Multiboot loaders (GRUB, iPXE, QEMU's -kernel), OUT.floppy a
1.44 MB floppy. Beside it lies OUT.debug, by which \`hydranet where\` finds lines. --configure writes the node's configuration anew into an image and changes nothing else.

  --site FILE      the site
  --node NAME      its node
  --board BOARD    what it runs on (pc-486-isa)
  -o OUT           what to write, by its ending
  --configure IMG  an image to change in place
  --boards         lists the boards`,

  async run(args) {
    const p = parse(args, { site: { type: "string" }, node: { type: "string" }, board: { type: "string" }, output: { type: "string", short: "o" }, configure: { type: "string" }, boards: { type: "boolean" } }, 0);
    if (p.options.boards) { for (const b of await boards()) process.stdout.write(`${b.name.padEnd(14)} ${b.summary}\n`); return 0; }
    const site = loadSite(required(p, "site", "FILE")), name = required(p, "node", "NAME");
    if (typeof p.options.configure === "string") { await configure(p.options.configure, site, name); return 0; }
    await write(p, site, name);
    return 0;
  },
};

async function write(p: Parsed, site: Site, name: string): Promise<void> {
  const out = required(p, "output", "OUT"), kind = /\.(img|elf|floppy)$/.exec(out)?.[1], node = nodeOf(site, name);
  if (!kind) throw new UsageError(`-o: found '${out}', expected a name that ends in .img, .elf or .floppy`);
  if (node.role === "linux") throw new UsageError(`--node: "${name}" has role "linux": it runs no HydraNet node`);
  const board = await boardOf(typeof p.options.board === "string" ? p.options.board : "pc-486-isa"), content = kind === "img" && node.role === "host" ? await contentOf(site) : undefined;
  if (node.interfaces.length > board.nics.length) throw new Error(`node ${name} has ${node.interfaces.length} interfaces, board ${board.name} has ${board.nics.length} NICs`);
  const program = await buildProgram(node.role, board, say), bytes = Buffer.from(program.bytes);
  layout.place(bytes, layout.BOARD, layout.BLOCK, boardBlock(board, node.interfaces.length));
  layout.place(bytes, layout.CONFIG, layout.CONFIG_SIZE, await block(site, name));
  await writeFile(out, imageOf(kind, program, bytes, board, content), { mode: 0o600 });
  await copyFile(program.debug, out.replace(/\.\w+$/, ".debug"));
  report(out, program, content);
}

function imageOf(kind: string, program: Program, bytes: Buffer, board: Board, content?: Buffer): Buffer {
  if (kind === "img") return layout.disk(program.sector, bytes, program.entry, board.name, content);
  if (kind === "floppy") return layout.floppy(program.sector, bytes, program.entry, board.name);
  const elf = Buffer.from(program.image), at = layout.programAt(elf)!;
  layout.writeHeader(bytes, { ...layout.readHeader(bytes), board: board.name });
  bytes.copy(elf, at);
  return elf;
}

/** Configuration of a node; the content belongs to it by its hash, wherever it lies. */
async function block(site: Site, name: string): Promise<Uint8Array> {
  const content = await contentOf(site);
  return compileNode(site, name, content ? { content: readImage(content) } : {});
}

async function contentOf(site: Site): Promise<Buffer | undefined> { return site.content ? Buffer.from(await packFolder(site.content)) : undefined; }

/** Changes the configuration in an image file, which is replaced at once or not at all. */
async function configure(file: string, site: Site, name: string): Promise<void> {
  const bytes = await readFile(file), at = layout.programAt(bytes);
  if (at === undefined) throw new Error(`${file}: no image of HydraNet`);
  layout.place(bytes.subarray(at), layout.CONFIG, layout.CONFIG_SIZE, await block(site, name));
  await writeFile(`${file}.new`, bytes, { mode: 0o600 });
  await rename(`${file}.new`, file);
  say(`${file}: configured as ${name}`);
}

function report(out: string, program: Program, content?: Buffer): void {
  const s = program.sizes, kib = (n: number): string => `${(n / 1024).toFixed(1)} KiB`;
  process.stdout.write(`${out}: program ${kib(s.program)} (code ${kib(s.code)}), memory above 1 MiB ${kib(s.memory)} (linear memory ${kib(s.linear)}), stack ${s.stack} of ${s.stackOf} bytes${content ? `, content ${kib(content.length)}` : ""}\n`);
}
