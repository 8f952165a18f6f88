// Ethernet II input: what is not for this station is refused here.

import { Eth, EtherType, ETH } from "../wire/eth";
import { CAPACITY } from "../core/frame";
import { Net } from "./counters";
import { Verdict } from "./verdict";
import * as arp from "./arp";
import * as ifaces from "./iface";
import * as ip from "./ip";

/**
 * Takes a received frame of n bytes at p, at `frame.HEADROOM` in its buffer, from interface i. Owns the buffer unless it returns a verdict
 * other than `done`; the packet is then in `ip.p`, `ip.n`, `ip.iface`.
 */
export function input(i: u32, p: usize, n: u32): u32 {
  if (n < ETH || n > CAPACITY) return refuse(p, Net.ethShort);
  const e = changetype<Eth>(p), f = ifaces.at(i);
  const own = e.dstLo == f.macLo && e.dstHi == f.macHi;
  if (!own && !e.isBroadcast) return refuse(p, Net.ethOther);
  if ((e.srcLo & 1) != 0) return refuse(p, Net.ethSource);
  switch (<u32>e.rawType) {
    case EtherType.ip4: return own ? ip.input(i, p + ETH, n - ETH) : refuse(p, Net.ethBroadcastIp);
    case EtherType.arp: arp.input(i, p, n); return Verdict.done;
    default: return refuse(p, Net.ethType);
  }
}

function refuse(p: usize, why: u32): u32 { ip.refuse(p, why); return Verdict.done; }
