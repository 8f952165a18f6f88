// A board's program: the module of the node's role as i486 code with the shim around it, linked for 1 MiB. Checked before it is used: the depth
// of its stack, its instructions, its sizes.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { build, BUILD, targets, wasmOf } from "../build/build.ts";
import { toC, I486, SHIM } from "../i486/translate.ts";
import { run } from "../lab/process.ts";
import { type Board } from "./board.ts";
import { HEADER, PROGRAM_LIMIT } from "./layout.ts";
import { checkOpcodes } from "./opcodes.ts";
import { stackDepth } from "./stack.ts";
import { symbolTable } from "./symbols.ts";

/** Bytes of stack; an interrupt's frame and handler lie on it too. */
const STACK = 8192;
/** gcc 12 crashes where it looks for the value of a load by FS behind a block copy (full redundancy elimination); without it code grows by 0.8 %. */
const NO_FRE = "-fno-tree-fre";

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
  const files = { debug: path.join(dir, "node.debug"), elf: path.join(dir, "node.elf"), flat: path.join(dir, "node.bin"), sector: path.join(dir, "sector.bin") };
  await mkdir(dir, { recursive: true });
  const inputs = await hashOf(target, linear, board.cpu), stamp = path.join(dir, "inputs");
  if (await readFile(stamp, "utf8").catch(() => "") !== inputs) {
    await rm(stamp, { force: true });
    say(`${target}: compiling for ${board.cpu}`);
    await make(target, dir, files, linear, board.cpu);
    await writeFile(stamp, inputs);
  }
  const bytes = await readFile(files.flat), image = await readFile(files.elf), depth = await stackDepth(dir, files.debug);
  checkOpcodes(files.debug, board.cpu);
  const end = bytes.readUInt32LE(HEADER + 12), sizes = { code: codeBytes(files.debug), program: bytes.length, memory: end - 0x100000, linear, stack: depth, stackOf: STACK };
  if (depth > STACK) throw new Error(`${target}: the stack may grow to ${depth} bytes, ${STACK} are there`);
  if (bytes.length > PROGRAM_LIMIT) throw new Error(`${target}: the program has ${bytes.length} bytes, at most ${PROGRAM_LIMIT}`);
  checkMemory(board, sizes);
  return { debug: files.debug, image, bytes, entry: image.readUInt32LE(24), sector: await readFile(files.sector), sizes };
}

/** 128 KiB below 1 MiB are not RAM that could move above it on a PC, and chipsets of the time did not. */
function checkMemory(board: Board, s: Sizes): void {
  const above = (board.memoryKiB - 1024) * 1024 - (board.qemu?.machine === "pc" ? 128 * 1024 : 0);
  if (s.memory > above) throw new Error(`board ${board.name}: ${above} bytes of memory above 1 MiB, the program needs ${s.memory}`);
}

/** What decides what comes out: the module, the shim's sources, the tools that build it. */
async function hashOf(target: string, linear: number, cpu: string): Promise<string> {
  const h = createHash("sha256"), sources = (await readdir(SHIM)).sort().map(f => path.join(SHIM, f)), tools = ["tools/image/program.ts", "tools/image/symbols.ts", "tools/i486/translate.ts"].map(f => path.join(ROOT, f));
  h.update(`${linear} ${cpu} ${run("gcc", ["-dumpfullversion"])}`);
  for (const f of [wasmOf(target), ...sources, ...tools]) h.update(await readFile(f));
  return h.digest("hex");
}

/** Wasm to C to objects; linked twice, the second time with the table of symbols that the first one gave. */
async function make(target: string, dir: string, files: { debug: string; elf: string; flat: string; sector: string }, linear: number, cpu: Board["cpu"]): Promise<void> {
  await toC(target, dir);
  const flags = [...I486.filter(f => f !== "-mtune=i486"), `-mtune=${cpu}`, NO_FRE, "-g", "-fcallgraph-info=su", `-I${SHIM}`, `-I${dir}`, "-DMEMORY_BY_FS", `-DMEMORY_SIZE=${linear}`, `-DSTACK_SIZE=${STACK}`];
  const object = (source: string, ...more: string[]): string => {
    const out = path.join(dir, source.replace(/\.\w$/, ".o"));
    run("gcc", [...flags, ...more, "-c", path.join(SHIM, source), "-o", out]);
    return out;
  };
  const objects = [object("boot.S"), object("shim.c")], table = path.join(dir, "symbols");
  const link = (symbols: string): void => { run("ld", ["-m", "elf_i386", "-nostdlib", "-static", "--build-id=none", "-z", "max-page-size=4096", "-T", path.join(SHIM, "link.ld"), ...objects, symbols, "-o", files.debug]); };
  link(object("symbols.S"));
  const symbols = symbolTable(files.debug);
  await writeFile(table, symbols);
  link(object("symbols.S", `-DSYMBOLS="${table}"`));
  if (!symbolTable(files.debug).equals(symbols)) throw new Error(`${files.debug}: the table of symbols moved the symbols`);
  run("objcopy", ["--strip-all", files.debug, files.elf]);
  run("objcopy", ["-O", "binary", files.debug, files.flat]);
  run("ld", ["-m", "elf_i386", "-Ttext=0x7c00", "-e", "start", "--oformat=binary", object("sector.S"), "-o", files.sector]);
}

function codeBytes(elf: string): number {
  const line = run("objdump", ["-h", elf]).split("\n").find(l => /^\s*\d+ \.text\s/.test(l));
  return Number.parseInt(line!.trim().split(/\s+/)[2], 16);
}
