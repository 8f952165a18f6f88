// The drivers alone, for the register models: the rings' other side is the test.

import { IFACES } from "../../assembly/core/sizes";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as log from "../../assembly/core/log";
import * as ring from "../../assembly/core/ring";
import * as env from "../../assembly/env";
import * as device from "../../assembly/nic/device";
import * as nic from "../../assembly/nic/nic";

/** Station address of interface 0: 02:00:00:00:00:01; the others count on. */
const MAC: usize = memory.data<u8>([2, 0, 0, 0, 0, 0]);

/** Finds the NICs, lays the rings out for `ifaces` interfaces and starts. How many NICs there are. */
export function boot(ifaces: u32): u32 {
  counters.clear();
  frame.init();
  const n = nic.probe();
  ring.init(ifaces);
  for (let i: u32 = 0; i < ifaces; i++) {
    store<u8>(MAC, <u8>(i + 1), 5);
    nic.open(i, MAC);
  }
  drain();
  return n;
}

export function input(): void { nic.input(); drain(); }
export function output(): u32 { const w = nic.output(); drain(); return w; }

/** One frame that was received: its address, its length in `length`; 0: none. */
export function take(i: u32): usize { return ring.take(i); }
export function length(): u32 { return ring.takenLen; }
export function release(p: usize): void { frame.free(p); }
export function post(i: u32): void { ring.post(i); }

/** A new frame's buffer; `send` gives head and body to the ring. */
export function alloc(): usize { return frame.alloc(); }
export function send(i: u32, head: usize, headLen: u32, body: usize, bodyLen: u32, deadline: u64): u32 { return ring.send(i, head, headLen, body, bodyLen, deadline) ? 1 : 0; }
export function reclaim(i: u32): void { ring.reclaim(i); }

export function ringAt(i: u32): usize { return changetype<usize>(ring.at(i)); }
export function available(): u32 { return frame.available(); }
export function counter(c: u32): u32 { return counters.get(c); }
export function state(i: u32): u32 { return device.at(i).state; }
export function outstanding(i: u32): u32 { return device.at(i).outstanding; }
export function interfaces(): u32 { return IFACES; }

function drain(): void {
  for (let p = log.oldest(); p != 0; p = log.oldest()) { env.log(load<u8>(p), p + 2, load<u8>(p, 1)); log.drop(); }
}
