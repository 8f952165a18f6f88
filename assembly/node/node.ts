// What every node does, whatever its role: start-up from the configuration, the rings, timers, log lines, the `Abi` block.

import { IFACES, PEERS, PORTS } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import * as counters from "../core/counters";
import { Base } from "../core/counters";
import { Err } from "../core/err";
import * as frame from "../core/frame";
import * as log from "../core/log";
import * as ring from "../core/ring";
import * as site from "../core/site";
import * as wheel from "../core/wheel";
import * as env from "../env";
import * as arp from "../net/arp";
import * as iface from "../net/iface";
import * as local from "../net/local";
import { LocalFlag } from "../net/local";
import * as net from "../net/net";
import * as route from "../net/route";
import * as sockets from "../sockets/sockets";
import * as text from "./text";

@unmanaged class Abi {
  magic: u32; version: u32; config: u32; configSize: u32; ifaces: u32; rings: u32; status: u32;
  counters: u32; countersN: u32; storeDone: u32; storeFailed: u32; sockets: u32;
}
const ABI: usize = memory.data(48, 16);
const MAGIC: u32 = 0x31445948;

/** The `Abi` block of host/ABI.md. */
export function abi(): usize {
  const a = changetype<Abi>(ABI);
  a.magic = MAGIC; a.version = 1;
  a.config = <u32>config.address(); a.configSize = config.SIZE;
  a.ifaces = IFACES; a.rings = <u32>ring.RINGS;
  a.status = <u32>text.address();
  a.counters = <u32>counters.address(); a.countersN = Base.COUNT;
  a.sockets = PORTS != 0 ? <u32>sockets.shared() : 0;
  return ABI;
}

/** Finished and failed writes of the durable record, counted up by the host. */
export function storeDone(): u32 { return changetype<Abi>(ABI).storeDone; }
export function storeFailed(): u32 { return changetype<Abi>(ABI).storeFailed; }

/** Reads the configuration and sets up all below TCP. 0, or an Err. */
export function start(p: usize, n: u32): i32 {
  abi();
  counters.clear();
  clock.reset(0);
  const e = config.parse(p, n);
  if (e < 0) { drainLog(); return e; }
  frame.init();
  ring.init(config.ifaces);
  wheel.init(clock.ms);
  site.init();
  net.init();
  return network();
}

function network(): i32 {
  for (let i: u32 = 0; i < config.ifaces; i++) {
    const f = config.iface(i);
    if (iface.add(f.address, f.prefix, f.mtu, config.mac(i), f.flags) < 0) return Err.tooMany;
  }
  for (let i: u32 = 0; i < config.routes; i++) {
    const r = config.route(i), e = route.add(r.prefix, r.bits, r.iface, r.via);
    if (e < 0) return e;
  }
  return 0;
}

/** The end of `init`: neighbours may hear of us. */
export function announce(): void { arp.announce(); drainLog(); }

/** Names the addresses of the site's other nodes. */
export function knowNodes(): i32 {
  for (let id: u32 = 1; id < PEERS; id++) {
    if (!config.isNode(id) || id == config.id()) continue;
    const e = local.add(config.node(id).address, 0, LocalFlag.node);
    if (e < 0) return e;
  }
  return 0;
}

/** Hands what was logged to the host. */
export function drainLog(): void {
  for (let p = log.oldest(); p != 0; p = log.oldest()) {
    env.log(load<u8>(p), p + 2, load<u8>(p, 1));
    log.drop();
  }
}

/** The end of a poll: posts receive buffers; microseconds until the next deadline, at most `wait`. */
export function finish(wait: u32): u32 {
  for (let i: u32 = 0; i < config.ifaces; i++) ring.post(i);
  drainLog();
  const w = wheel.wait(clock.ms);
  return w < 1000000 ? min(wait, w * 1000) : wait;
}

/** Counters that are not zero, by number. */
export function countersJson(): void {
  text.key("counters");
  text.byte(0x7b);
  for (let i: u32 = 0; i < <u32>Base.COUNT; i++) {
    const v = counters.get(i);
    if (v == 0) continue;
    text.numberKey(i);
    text.num(v);
  }
  text.byte(0x7d);
}
