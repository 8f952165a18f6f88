// A board as boards/NAME/board.json describes it, and its block in an image (host/ABI.md).

import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../asc.ts";
import { crc32 } from "../site/compile.ts";

export interface NicPlace { bus: "isa" | "pci"; chip?: keyof typeof CHIPS; port?: number; irq?: number; slot?: number }
export interface Board {
  name: string;
  summary: string;
  cpu: "i486" | "pentium";
  memoryKiB: number;
  timerHz: number;
  /** First port of the console's UART, 0: none. */
  uart: number;
  vga: boolean;
  nics: NicPlace[];
  /** How QEMU shows such a board; without, it is none that QEMU has. */
  qemu?: { machine: "isapc" | "pc"; cpu: string; nics?: string[] };
}

const CHIPS = { any: 0, ne2000: 1, rtl8139: 2, pcnet: 3, i8255x: 4, dc21143: 5 };
const MAGIC = 0x42445948, HEADER = 32, RECORD = 16;
export const BLOCK = 512;

/** All boards, by name. */
export async function boards(): Promise<Board[]> {
  const base = path.join(ROOT, "boards"), out: Board[] = [];
  for (const name of (await readdir(base)).sort()) {
    const text = await readFile(path.join(base, name, "board.json"), "utf8").catch(() => undefined);
    if (text !== undefined) out.push(checked(name, JSON.parse(text) as Partial<Board>));
  }
  return out;
}

export async function boardOf(name: string): Promise<Board> {
  const all = await boards(), board = all.find(b => b.name === name);
  if (!board) throw new Error(`no board "${name}"; there are ${all.map(b => b.name).join(", ")}`);
  return board;
}

function checked(name: string, b: Partial<Board>): Board {
  const fail = (key: string, found: unknown, expected: string): never => { throw new Error(`boards/${name}/board.json: ${key}: found ${JSON.stringify(found)}, expected ${expected}`); };
  if (b.cpu !== "i486" && b.cpu !== "pentium") fail("cpu", b.cpu, '"i486" or "pentium"');
  for (const key of ["memoryKiB", "timerHz", "uart"] as const) if (!Number.isInteger(b[key])) fail(key, b[key], "a whole number");
  if (b.timerHz! <= 1_000_000 || b.timerHz! >= 4_000_000) fail("timerHz", b.timerHz, "more than 1,000,000 and less than 4,000,000");
  if (!Array.isArray(b.nics) || b.nics.length === 0 || b.nics.length > (BLOCK - HEADER) / RECORD) fail("nics", b.nics, "at least one NIC");
  for (const n of b.nics!) {
    if (n.bus !== "isa" && n.bus !== "pci") fail("nics", n, 'bus "isa" or "pci"');
    if (n.chip !== undefined && !(n.chip in CHIPS)) fail("nics", n, `a chip of ${Object.keys(CHIPS).join(", ")}`);
    if (n.bus === "isa" && !(Number.isInteger(n.port) && Number.isInteger(n.irq) && n.irq! > 2 && n.irq! < 16)) fail("nics", n, "port and irq (3 to 15)");
  }
  return { summary: "", vga: false, ...b, name } as Board;
}

/** The board block, with the NICs of a node of so many interfaces. */
export function boardBlock(b: Board, interfaces: number): Buffer {
  const nics = b.nics.slice(0, interfaces), out = Buffer.alloc(HEADER + RECORD * nics.length);
  out.writeUInt32LE(MAGIC, 0);
  out.writeUInt16LE(1, 4);
  out.writeUInt16LE(out.length, 6);
  out.writeUInt32LE(b.timerHz, 12);
  out.writeUInt16LE(b.uart, 16);
  out.writeUInt8(b.vga ? 1 : 0, 18);
  out.writeUInt8(nics.length, 19);
  nics.forEach((n, i) => {
    const at = HEADER + RECORD * i;
    out.writeUInt8(n.bus === "isa" ? 1 : 2, at);
    out.writeUInt8(CHIPS[n.chip ?? "any"], at + 1);
    out.writeUInt8(n.irq ?? 0, at + 2);
    out.writeUInt16LE(n.port ?? 0, at + 4);
    out.writeUInt16LE(n.slot ?? 0xffff, at + 6);
  });
  out.writeUInt32LE(crc32(out), 8);
  return out;
}
