// `hydranet boot`: starts an image in QEMU, its serial console on this terminal.

import { readFile } from "node:fs/promises";
import { hand } from "../children.ts";
import { type Command, number, parse, UsageError } from "../command.ts";
import { boardOf } from "./board.ts";
import { macs, programAt, readHeader } from "./layout.ts";
import { qemuArgs } from "./qemu.ts";

export const command: Command = {
  help: `
hydranet boot IMAGE [--netdev SPEC]... [--memory MIB] [--board NAME]

Starts an image (.img, .elf, .floppy) in QEMU on the machine of its board. The serial console is this terminal: \`help\` lists its commands, Ctrl-C ends the machine.

  --netdev SPEC   what the next NIC is connected to, as QEMU's -netdev without the id, for example user or
                  dgram,local.type=unix,local.path=A,remote.type=unix,remote.path=B
  --memory MIB    memory, where not the board's
  --board NAME    another board than the image was written for`,

  async run(args) {
    const p = parse(args, { netdev: { type: "string", multiple: true }, memory: { type: "string" }, board: { type: "string" } }, 1), [image] = p.words;
    const kind = /\.(img|elf|floppy)$/.exec(image ?? "")?.[1] as "img" | "elf" | "floppy" | undefined;
    if (!kind) throw new UsageError("IMAGE is missing: a file that ends in .img, .elf or .floppy");
    const bytes = await readFile(image), at = programAt(bytes);
    if (at === undefined) throw new Error(`${image}: no image of HydraNet`);
    const program = bytes.subarray(at), board = await boardOf(typeof p.options.board === "string" ? p.options.board : readHeader(program).board);
    return hand("qemu-system-i386", qemuArgs(board, { image, kind, macs: macs(program), netdevs: p.options.netdev as string[] ?? ["user"], memory: number(p, "memory", 1, 4096), serial: "stdio" }));
  },
};
