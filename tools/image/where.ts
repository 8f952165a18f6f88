// `hydranet where`: which line of the generated C an address of a program is.

import { access } from "node:fs/promises";
import { type Command, parse, UsageError } from "../command.ts";
import { run } from "../lab/process.ts";
import { functions, readable } from "./symbols.ts";

export const command: Command = {
  help: `
hydranet where IMAGE EIP

Tells the function and the line of the generated C at an address that a trap printed. IMAGE is the image, or the file .debug beside it. A replay of a
recording under wasmtime (hydranet replay) tells the line of the source.`,

  async run(args) {
    const p = parse(args, {}, 2), [image, eip] = p.words;
    if (!image || !/^(0x)?[0-9a-fA-F]{1,8}$/.test(eip ?? "")) throw new UsageError("IMAGE and EIP (hexadecimal) are needed");
    const debug = image.replace(/\.(img|elf|floppy)$/, ".debug");
    await access(debug).catch(() => { throw new Error(`${debug} is not there: it is written with the image`); });
    const address = Number.parseInt(eip, 16), f = functions(debug).filter(s => s.address <= address).at(-1);
    if (!f) throw new Error(`${eip} is below the program`);
    process.stdout.write(`${f.name}+${address - f.address}\n`);
    for (const line of run("addr2line", ["-i", "-f", "-e", debug, eip]).trim().split("\n")) process.stdout.write(`  ${readable(line)}\n`);
    return 0;
  },
};
