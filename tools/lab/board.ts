// A board in the lab: a node's image in QEMU. Each of its NICs is a UNIX datagram socket whose other end is the wire to the switch, its serial
// console is a UNIX socket, what it says goes to a file.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { boardOf, type Board } from "../image/board.ts";
import { writeImage } from "../image/write.ts";
import { LEFT, SECTOR } from "../image/layout.ts";
import { qemuArgs } from "../image/qemu.ts";
import { attempt } from "./process.ts";
import { showMac } from "../site/address.ts";
import { macOf, type Node, type Site } from "../site/site.ts";

export interface Guest {
  board: Board;
  image: string;
  /** Of the image as it was written, and of the part of it that the machine never writes. */
  sha256: string;
  program: string;
  /** QEMU's command line. */
  words: string[];
}

/** The paths of a NIC's two sockets: QEMU's, and the wire's. */
export interface Plugs { own: string; wire: string }

/** Where a board's things are. `base`: its image without the ending; `content`: file of packed files, which a Multiboot loader (here QEMU) puts into its memory. */
export interface Places { base: string; plugs: Plugs[]; console: string; log: string; content?: string }

/** Writes a node's image and says how QEMU runs it. `log`: what the console said. */
export async function guest(site: Site, node: Node, o: Places): Promise<Guest> {
  const board = await boardOf(node.board!);
  if (!attempt("qemu-system-i386", ["--version"])) throw new Error(`node ${node.name} is a board, and qemu-system-i386 is missing. Install with:\n  sudo apt-get install --no-install-recommends qemu-system-x86 seabios`);
  const carries = o.content !== undefined && node.role === "host", kind = carries ? "elf" : "img", image = `${o.base}.${kind}`;
  await writeImage({ site, node, board, out: image, content: o.content ? readFileSync(o.content) : undefined });
  const netdevs = o.plugs.map(p => `dgram,local.type=unix,local.path=${p.own},remote.type=unix,remote.path=${p.wire}`);
  const chardev = ["-chardev", `socket,id=console,path=${o.console},server=on,wait=off,logfile=${o.log},logappend=on`];
  const words = ["qemu-system-i386", ...chardev, ...qemuArgs(board, { image, kind, content: carries ? o.content : undefined, netdevs, macs: node.interfaces.map((_, i) => showMac(macOf(site, node, i))), serial: "chardev:console" })];
  return { board, image, sha256: sha256(readFileSync(image)), program: programOf(image), words };
}

const sha256 = (b: Uint8Array): string => createHash("sha256").update(b).digest("hex");

/** SHA-256 of what the machine never writes: the boot sector and the program of a disk image, all of a Multiboot one. */
export function programOf(image: string): string {
  const b = readFileSync(image);
  return image.endsWith(".elf") ? sha256(b) : sha256(b.subarray(0, (1 + b.readUInt16LE(LEFT)) * SECTOR));
}
