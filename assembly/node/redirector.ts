// A redirector: a router that copies what belongs to a replicated service to its chain, and the view manager.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { TimerKind } from "../core/timerkind";
import * as frame from "../core/frame";
import * as ring from "../core/ring";
import * as wheel from "../core/wheel";
import { Net } from "../net/counters";
import * as eth from "../net/eth";
import * as ip from "../net/ip";
import * as net from "../net/net";
import * as udp from "../net/udp";
import { Verdict } from "../net/verdict";
import * as manager from "../manage/manager";
import * as nearest from "../redirector/nearest";
import * as redirector from "../redirector/redirector";
import * as table from "../redirector/table";
import * as entropy from "./entropy";
import * as node from "./node";
import * as store from "./store";

/** Frames of one interface in one poll. */
const BATCH: u32 = 64;

/** `init` of host/ABI.md. */
export function init(p: usize, n: u32): i32 {
  let e = node.start(p, n);
  if (e < 0) return e;
  entropy.gather();
  const site = config.site();
  redirector.init(site.tunnel, site.managePort, site.chainPort);
  e = node.knowNodes();
  if (e == 0) e = services();
  if (e < 0) return e;
  e = manager.init(entropy.address());
  if (e < 0) return e;
  store.load();
  node.announce();
  return 0;
}

/** The redirector table, and the metrics of `nearest`. */
function services(): i32 {
  for (let s: u32 = 0; s < SERVICES; s++) {
    if (!config.isService(s)) continue;
    const k = config.service(s), e = table.add(s, k.mode, k.address, k.port, k.origin);
    if (e < 0) return e;
  }
  for (let i: u32 = 0; i < config.metrics; i++) {
    const m = config.metric(i), e = nearest.add(m.service, m.node, m.prefix, m.bits, m.metric);
    if (e < 0) return e;
  }
  return 0;
}

/** `poll` of host/ABI.md. */
export function poll(now: u64): u32 {
  clock.set(now);
  let more = false;
  for (let i: u32 = 0; i < config.ifaces; i++) more = receive(i) || more;
  timers();
  store.run();
  const wait = manager.run();
  store.run();
  for (let i: u32 = 0; i < config.ifaces; i++) ring.reclaim(i);
  const until = node.finish(wait);
  return more ? 0 : until;
}

/** A batch of frames of one interface; true where more wait. */
function receive(i: u32): bool {
  ring.reclaim(i);
  for (let k: u32 = 0; k < BATCH; k++) {
    const p = ring.take(i);
    if (p == 0) return false;
    input(i, p, ring.takenLen);
  }
  return true;
}

function input(i: u32, p: usize, n: u32): void {
  switch (eth.input(i, p, n)) {
    case Verdict.done: return;
    case Verdict.forward: redirector.input(); return;
    case Verdict.udp: datagram(ip.p, ip.n); return;
    case Verdict.tunnelError: redirector.tunnelError(); return;
    default: if (redirector.admit()) ip.refuse(ip.p, Net.ipProtocol); return;
  }
}

function datagram(p: usize, n: u32): void {
  if (!redirector.admit()) return;
  if (udp.dstPort != config.site().managePort) { udp.unreachable(p, n); return; }
  manager.input(udp.payload, udp.length, udp.src, udp.srcPort);
  frame.free(p);
}

function timers(): void {
  for (let t = wheel.due(clock.ms); t != null; t = wheel.due(clock.ms)) {
    if (t.kind >> 4 == TimerKind.redirector >> 4) redirector.timer(t);
    else net.timer(t);
  }
}
