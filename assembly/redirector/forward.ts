// Plain routing (RFC 1812 5.2, 5.3): what is for others passes as if there were no redirector.

import { Exceeded, IcmpType, Unreachable } from "../wire/icmp";
import { Ip4 } from "../wire/ip4";
import { Redirector } from "./counters";
import * as arp from "../net/arp";
import * as counters from "../core/counters";
import * as icmp from "../net/icmp";
import * as iface from "../net/iface";
import * as ip from "../net/ip";
import * as route from "../net/route";

/** Routes the packet of n bytes at p to `dst`, its own destination or a host that stands in for it. Owns the buffer. */
export function input(p: usize, n: u32, dst: u32): void {
  if (!alive(p, n)) return;
  const r = route.lookup(dst);
  if (r == null) {
    icmp.error(p, n, IcmpType.unreachable, Unreachable.net, 0);
    return ip.refuse(p, Redirector.noRoute);
  }
  const i = <u32>r.iface, mtu = iface.at(i).mtu, h = changetype<Ip4>(p);
  if (n > mtu && h.dontFragment) {
    icmp.error(p, n, IcmpType.unreachable, Unreachable.fragNeeded, mtu);
    return ip.refuse(p, Redirector.tooBig);
  }
  h.hop();
  counters.add(Redirector.forwarded);
  if (n <= mtu) arp.send(i, r.hop(dst), p, n, 0, 0, 0);
  else ip.outputOn(i, r.hop(dst), p, n, 0);
}

/** True where the packet has a hop left; else it was answered, counted and freed. */
export function alive(p: usize, n: u32): bool {
  if (changetype<Ip4>(p).ttl > 1) return true;
  icmp.error(p, n, IcmpType.timeExceeded, Exceeded.ttl, 0);
  ip.refuse(p, Redirector.ttl);
  return false;
}
