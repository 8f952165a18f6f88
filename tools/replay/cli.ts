// `hydranet replay`: feeds a recording to a module again and compares what it gives back.

import { existsSync, readFileSync } from "node:fs";
import { errorName } from "../build/errors.ts";
import { backtrace, explain } from "../build/trap.ts";
import { type Command, parse, required, say, UsageError } from "../command.ts";
import { Player, Trapped } from "./player.ts";
import { Tape } from "./tape.ts";

/** Exit status of a host whose module trapped. */
const TRAPPED = 70;

export const command: Command = {
  help: `
hydranet replay FILE --module M.wasm

Feeds the input that --record wrote (times, frames, the host's answers) to a module again, in Node's WebAssembly, and compares the output of every
poll. Exit status 0: all equal; 1: the first poll that differs is named; 70: the module trapped.`,

  async run(args) {
    const p = parse(args, { module: { type: "string" } }, 1), [file] = p.words;
    if (file === undefined) throw new UsageError("FILE is missing");
    const module = required(p, "module", "M.wasm");
    for (const f of [file, module]) if (!existsSync(f)) throw new UsageError(`${f}: no such file`);
    Error.stackTraceLimit = 100;
    const tape = new Tape(file), player = new Player(new WebAssembly.Module(readFileSync(module)), tape, errorName);
    try {
      player.play();
    } catch (e) {
      if (!(e instanceof Trapped)) throw e;
      say(explain(`${e.message}\n${backtrace(e.cause as Error)}`, module));
      return TRAPPED;
    }
    if (tape.cut()) say("the recording ends in the middle of an entry (the node was killed); replayed as far as it goes");
    process.stdout.write(`replay equal: ${player.polls} polls, ${player.commands} commands\n`);
    return 0;
  },
};
