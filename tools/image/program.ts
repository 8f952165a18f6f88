// A board's program: the module of the node's role as i486 code with the shim around it, linked for 1 MiB. Checked before it is used: the depth
// of its stack, its instructions, its sizes.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, BUILD, targets } from "../build/build.ts";
import { toC, I486, SHIM } from "../i486/translate.ts";
import { run } from "../lab/process.ts";
import { type Board } from "./board.ts";
import { PROGRAM_LIMIT } from "./layout.ts";
import { checkOpcodes } from "./opcodes.ts";
import { stackDepth } from "./stack.ts";
import { symbolTable } from "./symbols.ts";

/** Bytes of stack; an interrupt's frame and handler lie on it too. */
const STACK = 8192;

export interface Program {
  /** The ELF file with debugging information, and the bytes of the same without. */
  debug: string;
  image: Buffer;
  /** The flat bytes from 1 MiB on, and the entry. */
  bytes: Buffer;
  entry: number;
  sector: Buffer;
  sizes: Sizes;
}
export interface Sizes { code: number; program: number; memory: number; linear: number; stack: number; stackOf: number }

/** Builds the program for a node's role and a board's CPU. Throws where it does not fit the board. */
export async function buildProgram(role: "redirector" | "host", board: Board, say: (line: string) => void): Promise<Program> {
  const target = `firmware-${role}`, dir = path.join(BUILD, "firmware", `${target}-${board.cpu}`);
  await build([target], say, false);
  const linear = (await targets()).find(t => t.name === target)!.memoryKiB * 1024;
  await mkdir(dir, { recursive: true });
  await toC(target, dir);
  say(`${target}: compiling for ${board.cpu}`);
  const debug = path.join(dir, "node.debug"), elf = path.join(dir, "node.elf"), flat = path.join(dir, "node.bin"), sector = path.join(dir, "sector.bin");
  link(dir, debug, linear, board.cpu);
  const table = symbolTable(debug), file = path.join(dir, "symbols");
  await writeFile(file, table);
  link(dir, debug, linear, board.cpu, file);
  if (!symbolTable(debug).equals(table)) throw new Error(`${debug}: the table of symbols moved the symbols`);
  run("objcopy", ["--strip-all", debug, elf]);
  run("objcopy", ["-O", "binary", debug, flat]);
  run("gcc", ["-m32", "-c", path.join(SHIM, "sector.S"), "-o", `${sector}.o`]);
  run("ld", ["-m", "elf_i386", "-Ttext=0x7c00", "-e", "start", "--oformat=binary", `${sector}.o`, "-o", sector]);
  const bytes = await readFile(flat), image = await readFile(elf), depth = await stackDepth(dir, debug);
  checkOpcodes(debug, board.cpu);
  const end = bytes.readUInt32LE(64 + 12), sizes = { code: codeBytes(debug), program: bytes.length, memory: end - 0x100000, linear, stack: depth, stackOf: STACK };
  if (depth > STACK) throw new Error(`${target}: the stack may grow to ${depth} bytes, ${STACK} are there`);
  if (bytes.length > PROGRAM_LIMIT) throw new Error(`${target}: the program has ${bytes.length} bytes, at most ${PROGRAM_LIMIT}`);
  checkMemory(board, sizes);
  return { debug, image, bytes, entry: image.readUInt32LE(24), sector: await readFile(sector), sizes };
}

/** 128 KiB below 1 MiB are not RAM that could move above it on a PC, and chipsets of the time did not. */
function checkMemory(board: Board, s: Sizes): void {
  const above = (board.memoryKiB - 1024) * 1024 - (board.qemu?.machine === "pc" ? 128 * 1024 : 0);
  if (s.memory > above) throw new Error(`board ${board.name}: ${above} bytes of memory above 1 MiB, the program needs ${s.memory}`);
}

function link(dir: string, out: string, linear: number, cpu: Board["cpu"], symbols?: string): void {
  const flags = [...I486.map(f => f === "-mtune=i486" ? `-mtune=${cpu}` : f), "-g", "-fcallgraph-info=su", `-I${SHIM}`, `-I${dir}`, "-DMEMORY_BY_FS", `-DMEMORY_SIZE=${linear}`, `-DSTACK_SIZE=${STACK}`];
  const boot = path.join(dir, "boot.o"), shim = path.join(dir, "shim.o");
  run("gcc", [...flags, "-c", path.join(SHIM, "boot.S"), "-o", boot]);
  run("gcc", [...flags, ...(symbols ? [`-DSYMBOLS=${JSON.stringify(symbols)}`] : []), "-c", path.join(SHIM, "shim.c"), "-o", shim]);
  run("ld", ["-m", "elf_i386", "-nostdlib", "-static", "--build-id=none", "-z", "max-page-size=4096", "-T", path.join(SHIM, "link.ld"), boot, shim, "-o", out]);
}

function codeBytes(elf: string): number {
  const line = run("objdump", ["-h", elf]).split("\n").find(l => /^\s*\d+ \.text\s/.test(l));
  return Number.parseInt(line!.trim().split(/\s+/)[2], 16);
}
