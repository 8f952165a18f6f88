// What an entry of a board has around its node: the machine's parts are started, the node when they are ready, and each poll runs through them in
// one order: what came in, the node, what goes out.

import * as configuration from "../core/config";
import * as log from "../core/log";
import * as env from "../env";
import * as nic from "../nic/nic";
import * as console from "./console";

/** us. Between polls while the node does not run. */
export const PAUSE: u32 = 1000;

/** The configuration block as the shim gave it. */
export let config: usize = 0;
export let configLength: u32 = 0;
/** The node is to be started in this poll; it runs. A node that refused its configuration does neither. */
export let starting: bool = false;
export let running: bool = false;

/** `init` of host/ABI.md: 0. */
export function init(p: usize, n: u32): i32 {
  config = p;
  configLength = n;
  nic.probe();
  starting = true;
  return 0;
}

/** The begin of a poll. */
export function input(): void { nic.input(); }

/** The node's `init` gave e. */
export function started(e: i32): void {
  starting = false;
  if (e < 0) { refused(); return; }
  running = true;
  for (let i: u32 = 0; i < configuration.ifaces; i++) nic.open(i, configuration.mac(i));
}

/** The end of a poll; microseconds until the next, at most `wait`. */
export function output(wait: u32): u32 { return min(console.busy() ? PAUSE : wait, nic.output()); }

/** True where a line was typed that the entry has to answer; what concerns the machine is answered here. */
export function asked(): bool {
  if (!console.run()) return false;
  if (console.is("restart")) env.restart();
  if (console.is("help")) { console.reply(0, 0); console.say(HELP); return false; }
  return true;
}
const HELP: string = "status | counters | log 0..3 | restart | help\r\n";

/** The node said why when it refused its configuration. */
function refused(): void {
  log.begin(log.Level.error); log.str("no node runs: give the image another configuration"); log.end();
  for (let p = log.oldest(); p != 0; p = log.oldest()) { env.log(load<u8>(p), p + 2, load<u8>(p, 1)); log.drop(); }
}
