// Calls that wait, and how they are woken: what changes marks their ports, and the next run tries them again.

import { Link } from "../core/list";
import * as list from "../core/list";
import * as wheel from "../core/wheel";
import * as clock from "../core/clock";
import { Port, Phase } from "./port";
import * as port from "./port";
import { Process } from "./process";
import * as process from "./process";
import { Sock } from "./socket";
import * as socket from "./socket";
import { LATER } from "./result";

/** What `Port.expired` says. */
export const enum Expired { no = 0, timer = 1, closed = 2 }

/** The call waits for news of s. */
export function on(p: Port, s: Sock): i32 {
  p.phase = Phase.parked;
  list.push(socket.calls(s), port.link(p));
  return LATER;
}

/** The call waits for news of any socket of r. */
export function onAll(p: Port, r: Process): i32 {
  p.phase = Phase.parked;
  list.push(process.pollers(r), port.link(p));
  return LATER;
}

/** The call is tried again after so many milliseconds at the latest; a deadline that runs already stays. */
export function within(p: Port, ms: u32): void { if (!wheel.isArmed(port.timer(p))) wheel.arm(port.timer(p), clock.ms + ms); }

/** No longer waits. */
export function off(p: Port): void { list.remove(port.link(p)); }

/** Something has changed about s: its calls and its program's polls look again. */
export function wake(s: Sock): void {
  markAll(socket.calls(s));
  if (s.process != 0) markAll(process.pollers(changetype<Process>(s.process)));
}

function markAll(head: Link): void {
  for (let l = head.next; l != changetype<usize>(head); l = changetype<Link>(l).next) port.mark(port.ofLink(l));
}

/** The socket goes: what waits on it ends. */
export function end(s: Sock): void {
  const head = socket.calls(s);
  while (!list.isEmpty(head)) {
    const p = port.ofLink(head.next);
    off(p);
    p.expired = Expired.closed;
    port.mark(p);
  }
}
