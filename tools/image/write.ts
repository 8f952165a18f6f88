// Writes a node as an image for a board.

import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { say } from "../command.ts";
import { packFolder, readImage } from "../content/image.ts";
import { compileNode } from "../site/compile.ts";
import type { Node, Site } from "../site/site.ts";
import { type Board, boardBlock } from "./board.ts";
import * as layout from "./layout.ts";
import { buildProgram, type Program } from "./program.ts";

export const KINDS = ["img", "elf", "floppy"] as const;
export type Kind = typeof KINDS[number];

/** What an image is made of. `content`: packed files; undefined: the site's folder is packed. */
export interface Job { site: Site; node: Node; board: Board; out: string; content?: Uint8Array }
export interface Written { program: Program; content?: Uint8Array }

/** The kind of image that a name stands for; undefined: none. */
export function kindOf(file: string): Kind | undefined { return KINDS.find(k => file.endsWith(`.${k}`)); }

/** Writes an image, and beside it OUT.debug. Throws where the node does not fit the board. */
export async function writeImage({ site, node, board, out, content }: Job): Promise<Written> {
  const kind = kindOf(out)!;
  if (node.role === "linux") throw new Error(`node "${node.name}" has role "linux": it runs no HydraNet node`);
  if (node.interfaces.length > board.nics.length) throw new Error(`node ${node.name} has ${node.interfaces.length} interfaces, board ${board.name} has ${board.nics.length} NICs`);
  const packed = content ?? await contentOf(site), program = await buildProgram(node.role, board, say), bytes = Buffer.from(program.bytes), carried = kind === "img" && node.role === "host" ? packed : undefined;
  layout.place(bytes, layout.BOARD, layout.BLOCK, boardBlock(board, node.interfaces.length));
  layout.place(bytes, layout.CONFIG, layout.CONFIG_SIZE, block(site, node.name, packed));
  await writeFile(out, imageOf(kind, program, bytes, board, carried), { mode: 0o600 });
  await copyFile(program.debug, out.replace(/\.\w+$/, ".debug"));
  return { program, content: carried };
}

function imageOf(kind: Kind, program: Program, bytes: Buffer, board: Board, content?: Uint8Array): Buffer {
  if (kind === "img") return layout.disk(program.sector, bytes, program.entry, board.name, content);
  if (kind === "floppy") return layout.floppy(program.sector, bytes, program.entry, board.name);
  const elf = Buffer.from(program.image), at = layout.programAt(elf)!;
  layout.writeHeader(bytes, { ...layout.readHeader(bytes), board: board.name });
  bytes.copy(elf, at);
  return elf;
}

/** Configuration of a node; the content belongs to it by its hash, wherever it lies. */
function block(site: Site, name: string, content?: Uint8Array): Uint8Array { return compileNode(site, name, content ? { content: readImage(content) } : {}); }

async function contentOf(site: Site): Promise<Uint8Array | undefined> { return site.content ? packFolder(site.content) : undefined; }

/** Changes the configuration in an image file, which is replaced at once or not at all. */
export async function configure(file: string, site: Site, name: string): Promise<void> {
  const bytes = await readFile(file), at = layout.programAt(bytes);
  if (at === undefined) throw new Error(`${file}: no image of HydraNet`);
  layout.place(bytes.subarray(at), layout.CONFIG, layout.CONFIG_SIZE, block(site, name, await contentOf(site)));
  await writeFile(`${file}.new`, bytes, { mode: 0o600 });
  await rename(`${file}.new`, file);
  say(`${file}: configured as ${name}`);
}
