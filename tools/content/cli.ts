// `hydranet content`: packs a folder into a content image, or lists an image.

import { readFile, stat, writeFile } from "node:fs/promises";
import { type Command, parse, UsageError } from "../command.ts";
import { packFolder, readImage } from "./image.ts";

export const command: Command = {
  help: `
hydranet content FOLDER -o IMAGE     packs the files below FOLDER
hydranet content IMAGE               checks an image and lists its files`,

  async run(args) {
    const p = parse(args, { output: { type: "string", short: "o" } }, 1), [from] = p.words;
    if (from === undefined) throw new UsageError("FOLDER or IMAGE is missing");
    const folder = (await stat(from)).isDirectory();
    if (folder !== (typeof p.options.output === "string")) throw new UsageError(folder ? "-o IMAGE is missing" : `${from} is no folder`);
    const bytes = folder ? await packFolder(from) : await readFile(from);
    if (folder) await writeFile(p.options.output as string, bytes);
    const image = readImage(bytes);
    for (const e of image.entries) process.stdout.write(`${String(e.length).padStart(10)}  ${e.type.padEnd(26)} ${e.path}\n`);
    process.stdout.write(`${image.entries.length} paths, ${image.length} bytes, ${image.sha256}\n`);
    return 0;
  },
};
