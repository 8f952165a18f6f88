// `hydranet build`.

import { type Command, parse, say } from "../command.ts";
import { build, targets } from "./build.ts";

export const command: Command = {
  help: `
hydranet build [TARGET...] [--no-host] [--list]

Builds build/TARGET.wasm for each boards/TARGET/target.json whose inputs have changed, checks what the modules contain, and builds the Linux host
(build/hydranet-host). Without a TARGET: all.

  --no-host   leave the Linux host out
  --list      print the targets`,

  async run(args) {
    const p = parse(args, { "no-host": { type: "boolean" }, list: { type: "boolean" } });
    if (p.options.list) {
      for (const t of await targets()) process.stdout.write(`${t.name}: ${t.entry}, memory ${t.memoryKiB} KiB\n`);
      return 0;
    }
    await build(p.words, say, !p.options["no-host"]);
    return 0;
  },
};
