// Where things are in a program and in an image (docs/boards.md). A program is the flat bytes from 1 MiB on; an image is the boot sector, the
// program, the record's slots, the content.

import { BLOCK } from "./board.ts";

export const SECTOR = 512;
/** Offsets in the program: image header, board block, configuration. */
export const HEADER = 64, BOARD = 0x200, CONFIG = 0x400, CONFIG_SIZE = 16384;
/** What the boot sector can load. */
export const PROGRAM_LIMIT = 512 * 1024;
/** Offsets in the boot sector that are filled in: sectors to load, entry. */
export const LEFT = 0x1ae, ENTRY = 0x1b0;
export const FLOPPY = 1474560;
/** Slots of the record, in sectors: each in a piece of 4 KiB of its own, which is what a disk writes at once. */
export const SLOT_SECTORS = 8;
const MAGIC = Buffer.from("HYDI");

export enum ContentPlace { none = 0, memory = 1, disk = 2 }
/** The image header in a program. */
export interface Header { programSize: number; memoryEnd: number; contentPlace: ContentPlace; contentAt: number; contentSize: number; recordAt: number; board: string }

/** Where in a file the program begins: behind a boot sector, or where the ELF header says; undefined: it is neither. */
export function programAt(file: Buffer): number | undefined {
  for (const at of [SECTOR, file.length > 52 && file.readUInt32BE(0) === 0x7f454c46 ? elfLoad(file) : -1]) {
    if (at >= 0 && file.subarray(at + HEADER, at + HEADER + 4).equals(MAGIC) && file.readUInt16LE(at + HEADER + 4) === 1) return at;
  }
  return undefined;
}

/** File offset of the first PT_LOAD of a 32-bit ELF file. */
function elfLoad(file: Buffer): number {
  const at = file.readUInt32LE(28), size = file.readUInt16LE(42);
  for (let i = 0; i < file.readUInt16LE(44); i++) if (file.readUInt32LE(at + i * size) === 1) return file.readUInt32LE(at + i * size + 4);
  return -1;
}

export function readHeader(program: Buffer): Header {
  const u = (o: number): number => program.readUInt32LE(HEADER + o);
  return { programSize: u(8), memoryEnd: u(12), contentPlace: u(16), contentAt: u(20), contentSize: u(24), recordAt: u(28), board: program.toString("latin1", HEADER + 32, HEADER + 64).replace(/\0.*$/, "") };
}

/** Writes what the image decides into a program's header. */
export function writeHeader(program: Buffer, h: Header): void {
  [h.contentPlace, h.contentAt, h.contentSize, h.recordAt].forEach((v, i) => program.writeUInt32LE(v, HEADER + 16 + 4 * i));
  program.fill(0, HEADER + 32, HEADER + 64);
  program.write(h.board.slice(0, 31), HEADER + 32, "latin1");
}

/** The station addresses of the interfaces that a program's configuration has. */
export function macs(program: Buffer): string[] {
  const block = program.subarray(CONFIG, CONFIG + CONFIG_SIZE), out: string[] = [];
  let at = 32;
  for (let n = block.readUInt16LE(6); n > 0 && at + 4 <= block.readUInt32LE(8); n--) {
    if (block.readUInt16LE(at) === 2) out.push([...block.subarray(at + 8, at + 14)].map(x => x.toString(16).padStart(2, "0")).join(":"));
    at += block.readUInt16LE(at + 2);
  }
  return out;
}

/** Puts a block into its place in a program, the rest of the place zero. */
export function place(program: Buffer, at: number, size: number, block: Uint8Array): void {
  if (block.length > size) throw new Error(`a block of ${block.length} bytes, ${size} are there`);
  program.fill(0, at, at + size);
  program.set(block, at);
}

/** A raw disk image: boot sector, program, two slots of the record, content. */
export function disk(sector: Buffer, program: Buffer, entry: number, board: string, content?: Uint8Array): Buffer {
  const sectors = Math.ceil(program.length / SECTOR), record = Math.ceil((1 + sectors) / SLOT_SECTORS) * SLOT_SECTORS, data = record + 2 * SLOT_SECTORS;
  const total = Math.ceil((data + Math.ceil((content?.length ?? 0) / SECTOR)) / 1008) * 1008; // whole cylinders of 16 heads and 63 sectors
  const out = Buffer.alloc(total * SECTOR);
  const p = Buffer.from(program);
  writeHeader(p, { ...readHeader(p), contentPlace: content ? ContentPlace.disk : ContentPlace.none, contentAt: content ? data : 0, contentSize: content?.length ?? 0, recordAt: record, board });
  bootSector(sector, sectors, entry, total).copy(out);
  p.copy(out, SECTOR);
  if (content) out.set(content, data * SECTOR);
  return out;
}

/** A 1.44 MB floppy: no record, no content. */
export function floppy(sector: Buffer, program: Buffer, entry: number, board: string): Buffer {
  const out = Buffer.alloc(FLOPPY), p = Buffer.from(program), sectors = Math.ceil(p.length / SECTOR);
  writeHeader(p, { ...readHeader(p), contentPlace: ContentPlace.none, contentAt: 0, contentSize: 0, recordAt: 0, board });
  bootSector(sector, sectors, entry).copy(out);
  p.copy(out, SECTOR);
  return out;
}

/** The boot sector with its numbers; on a disk one active partition of type 0xda (no file system) covers what follows it. */
function bootSector(sector: Buffer, sectors: number, entry: number, total?: number): Buffer {
  const out = Buffer.from(sector);
  if (sectors * SECTOR > PROGRAM_LIMIT) throw new Error(`the program has ${sectors * SECTOR} bytes, the boot sector loads ${PROGRAM_LIMIT}`);
  out.writeUInt16LE(sectors, LEFT);
  out.writeUInt32LE(entry, ENTRY);
  if (total === undefined) return out;
  out.set([0x80, 0, 2, 0, 0xda, 0xfe, 0xff, 0xff], 446);
  out.writeUInt32LE(1, 454);
  out.writeUInt32LE(total - 1, 458);
  return out;
}

export { BLOCK };
