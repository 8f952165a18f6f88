// `hydranet image`: a board's image of a node, or another configuration into an image that there is.

import { type Command, parse, type Parsed, required, UsageError } from "../command.ts";
import { loadSite, nodeOf, type Site } from "../site/site.ts";
import { boardOf, boards } from "./board.ts";
import { configure, kindOf, KINDS, writeImage, type Written } from "./write.ts";

export const command: Command = {
  help: `
hydranet image --site FILE --node NAME [--board BOARD] -o OUT
hydranet image --configure IMAGE --site FILE --node NAME
hydranet image --boards

Writes a node as a program for a board: OUT.img a raw disk image with its own boot sector, OUT.elf for Multiboot loaders (GRUB, iPXE, QEMU's -kernel), OUT.floppy a
1.44 MB floppy. Beside it lies OUT.debug, by which \`hydranet where\` finds lines. --configure writes the node's configuration anew into an image and changes nothing else.

  --site FILE      the site
  --node NAME      its node
  --board BOARD    what it runs on (default: the site's word for the node, or pc-486-isa)
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
  const out = required(p, "output", "OUT"), node = nodeOf(site, name);
  if (!kindOf(out)) throw new UsageError(`-o: found '${out}', expected a name that ends in ${KINDS.map(k => `.${k}`).join(", ")}`);
  const board = await boardOf(typeof p.options.board === "string" ? p.options.board : node.board ?? "pc-486-isa");
  report(out, await writeImage({ site, node, board, out }));
}

function report(out: string, { program, content }: Written): void {
  const s = program.sizes, kib = (n: number): string => `${(n / 1024).toFixed(1)} KiB`;
  process.stdout.write(`${out}: program ${kib(s.program)} (code ${kib(s.code)}), memory above 1 MiB ${kib(s.memory)} (linear memory ${kib(s.linear)}), stack ${s.stack} of ${s.stackOf} bytes${content ? `, content ${kib(content.length)}` : ""}\n`);
}
