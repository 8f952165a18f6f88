// A host server: network, TCP, the replicated services, the agent. The packet path reads from `input` down.

import { PORTS } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { Err } from "../core/err";
import * as frame from "../core/frame";
import * as ring from "../core/ring";
import * as wheel from "../core/wheel";
import { TimerKind } from "../core/timerkind";
import { Net } from "../net/counters";
import * as content from "../disk/content";
import * as eth from "../net/eth";
import * as ip from "../net/ip";
import * as local from "../net/local";
import { LocalFlag } from "../net/local";
import * as net from "../net/net";
import * as tunnel from "../net/tunnel";
import * as udp from "../net/udp";
import { Verdict } from "../net/verdict";
import * as tcp from "../tcp/tcp";
import * as ft from "../ft/ft";
import * as agent from "../manage/agent";
import * as sockets from "../sockets/sockets";
import * as node from "./node";
import * as entropy from "./entropy";

/** Frames of one interface in one poll. */
const BATCH: u32 = 64;

/** `init` of host/ABI.md. */
export function init(p: usize, n: u32): i32 {
  let e = node.start(p, n);
  if (e < 0) return e;
  entropy.gather();
  tcp.init(config.key(), entropy.address());
  if (PORTS != 0) sockets.init();
  const image = config.content();
  content.setSize(image != null ? image.bytes : 0);
  e = node.knowNodes();
  if (e < 0) return e;
  e = ft.init();
  if (e < 0) return e;
  tunnels();
  agent.init(entropy.address());
  node.announce();
  return 0;
}

/** Who may tunnel to us: the redirector, to our node address, by the interface that has it. */
function tunnels(): void {
  const own = config.node(config.id()).address;
  for (let i: u32 = 0; i < config.ifaces; i++) if (config.iface(i).address == own) tunnel.init(config.site().tunnel, own, i);
}

/** `poll` of host/ABI.md. */
export function poll(now: u64): u32 {
  clock.set(now);
  let more = false;
  for (let i: u32 = 0; i < config.ifaces; i++) more = receive(i) || more;
  timers();
  let wait = ft.run();
  wait = min(wait, agent.run());
  if (PORTS != 0) more = sockets.run() || more;
  more = tcp.flush() || more;
  for (let i: u32 = 0; i < config.ifaces; i++) ring.reclaim(i);
  wait = node.finish(wait);
  return more ? 0 : wait;
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
  let v = eth.input(i, p, n);
  if (v == Verdict.ipip) v = tunnel.input(ip.p, ip.n);
  switch (v) {
    case Verdict.done: return;
    case Verdict.tcp: tcp.input(ip.p, ip.n); return;
    case Verdict.icmp: tcp.icmp(ip.p, ip.n); frame.free(ip.p); return;
    case Verdict.udp: datagram(ip.p, ip.n); return;
    case Verdict.forward: ip.refuse(ip.p, Net.ipNotOurs); return;
    default: ip.refuse(ip.p, Net.icmpIgnored); return;
  }
}

function datagram(p: usize, n: u32): void {
  const port = udp.dstPort, site = config.site();
  if (port != site.managePort && port != site.chainPort || udp.dst != config.node(config.id()).address) { udp.unreachable(p, n); return; }
  if (port == site.chainPort) ft.input(udp.payload, udp.length, udp.src);
  else agent.input(udp.payload, udp.length, udp.src, udp.srcPort);
  frame.free(p);
}

function timers(): void {
  for (let t = wheel.due(clock.ms); t != null; t = wheel.due(clock.ms)) {
    if (t.kind >> 4 == TimerKind.tcp >> 4) tcp.timer(t);
    else if (PORTS != 0 && t.kind >> 4 == TimerKind.sockets >> 4) sockets.timer(t);
    else net.timer(t);
  }
}
