// The network layer as a whole: start-up and timers.

import { IcmpType, Unreachable } from "../wire/icmp";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import * as arp from "./arp";
import * as frame from "../core/frame";
import * as icmp from "./icmp";
import * as iface from "./iface";
import * as local from "./local";
import * as output from "./output";
import * as reasm from "./reasm";
import * as route from "./route";
import * as tunnel from "./tunnel";

/** Empties all tables. `frame`, `ring`, `wheel` and `clock` come first; interfaces, routes and addresses after, then `arp.announce`. */
export function init(): void {
  local.init();
  route.init();
  iface.init();
  arp.init();
  reasm.init();
  icmp.init();
  output.init();
  tunnel.init(0, 0, 0);
}

/** A due timer of the network layer's kinds. */
export function timer(t: Timer): void {
  if (t.kind == TimerKind.reasm) return reasm.timer(t);
  arp.timer(t);
  for (let p = arp.takeFailed(); p; p = arp.takeFailed()) {
    icmp.error(p, arp.failedLen, IcmpType.unreachable, Unreachable.host, 0);
    frame.free(p);
  }
}
