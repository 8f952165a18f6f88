// Entry of the wire process: a wire between two interfaces that loses, delays, damages, doubles and holds frames as it is told. Its
// configuration is a text of commands (assembly/wire-process/command.ts), and so is what `command` takes.

import { IFACES } from "../../assembly/core/sizes";
import * as clock from "../../assembly/core/clock";
import * as counters from "../../assembly/core/counters";
import { Base } from "../../assembly/core/counters";
import { Err } from "../../assembly/core/err";
import * as frame from "../../assembly/core/frame";
import * as ring from "../../assembly/core/ring";
import * as commands from "../../assembly/wire-process/command";
import * as link from "../../assembly/wire-process/link";
import * as text from "../../assembly/wire-process/status";

const CONFIG: usize = memory.data(16384, 16);
const ABI: usize = memory.data(48, 16);

/** The `Abi` block of host/ABI.md. */
export function abi(): usize {
  store<u32>(ABI, 0x31445948);
  store<u32>(ABI, 1, 4);
  store<u32>(ABI, <u32>CONFIG, 8);
  store<u32>(ABI, 16384, 12);
  store<u32>(ABI, IFACES, 16);
  store<u32>(ABI, <u32>ring.RINGS, 20);
  store<u32>(ABI, <u32>text.address(), 24);
  store<u32>(ABI, <u32>counters.address(), 28);
  store<u32>(ABI, Base.COUNT, 32);
  return ABI;
}

export function init(p: usize, n: u32): i32 {
  if (n > 16384) return Err.badLength;
  frame.init();
  ring.init(2);
  return commands.runAll(p, n) == 0 ? 0 : Err.badRecord;
}

export function poll(now: u64): u32 {
  clock.set(now);
  let more = link.receive(0);
  more = link.receive(1) || more;
  const wait = link.transmit();
  ring.post(0);
  ring.post(1);
  return more ? 0 : wait;
}

export function status(): i32 { return text.write(); }

export function command(n: u32): i32 {
  if (n > 16384 || commands.runAll(CONFIG, n) != 0) { text.answer("not understood"); return Err.badRecord; }
  return text.answer("ok");
}
