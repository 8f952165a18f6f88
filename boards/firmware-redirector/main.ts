// Entry of a redirector board: the node and the machine's drivers around it.

import * as console from "../../assembly/board/console";
import * as machine from "../../assembly/board/machine";
import * as configuration from "../../assembly/core/config";
import { counters } from "../../assembly/node/commands";
import * as node from "../../assembly/node/redirector";
import { command, status } from "../../assembly/node/redirectorstatus";
import * as text from "../../assembly/node/text";

export { abi } from "../../assembly/node/node";
export { status, command };

/** Takes note of the configuration; the node starts in a poll, when the machine is ready. */
export function init(p: usize, n: u32): i32 { return machine.init(p, n); }

export function poll(now: u64): u32 {
  machine.input();
  if (machine.starting) machine.started(node.init(machine.config, machine.configLength));
  const wait = machine.running ? node.poll(now) : machine.PAUSE;
  if (machine.asked()) answer();
  return machine.output(wait);
}

/** A line of the console: `status`, or a command of the node. */
function answer(): void {
  if (console.is("status")) { console.reply(text.address(), status()); return; }
  if (console.is("counters")) { console.reply(text.address(), counters()); return; }
  const n = console.lineLength();
  memory.copy(configuration.address(), console.line(), n);
  console.reply(text.address(), command(n));
}
