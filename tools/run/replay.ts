// `hydranet replay`: feeds a recording to a module again and compares what it sends.

import { existsSync } from "node:fs";
import { build, HOST } from "../build/build.ts";
import { hand } from "../children.ts";
import { type Command, parse, required, say, UsageError } from "../command.ts";

export const command: Command = {
  help: `
hydranet replay FILE --module M.wasm

Feeds the input that --record wrote (times, frames, the host's answers) to a module again and compares the output of every poll. Exit status 0:
all equal; 1: the first poll that differs is named.`,

  async run(args) {
    const p = parse(args, { module: { type: "string" } }, 1), [file] = p.words;
    if (file === undefined) throw new UsageError("FILE is missing");
    const module = required(p, "module", "M.wasm");
    for (const f of [file, module]) if (!existsSync(f)) throw new UsageError(`${f}: no such file`);
    if (!existsSync(HOST)) await build([], say);
    return hand(HOST, ["--replay", file, "--module", module]);
  },
};
