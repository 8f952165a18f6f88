// The host server's end of the tunnel (RFC 2003): unpacks what its redirector sends it, and nothing else.

import { IP, Ip4 } from "../wire/ip4";
import { Net } from "./counters";
import { Verdict } from "./verdict";
import * as ip from "./ip";

let redirector: u32 = 0, own: u32 = 0, onIface: u32 = 0;

/** Low 16 bits of the view that the last unpacked packet was sent in: a hint. */
export let view: u32 = 0;

/** Says who may tunnel to this node: the redirector's tunnel address, to our own one, by this interface. Until then nobody may. */
export function init(from: u32, to: u32, iface: u32): void { redirector = from; own = to; onIface = iface; view = 0; }

/** Unpacks the packet of verdict `ipip`, of n bytes at p. Owns the buffer unless it returns a verdict other than `done`. */
export function input(p: usize, n: u32): u32 {
  const h = changetype<Ip4>(p), hl = h.headerLen;
  if (redirector == 0 || h.src != redirector || h.dst != own || ip.iface != onIface) return refuse(p, Net.tunnelForged);
  const inner = changetype<Ip4>(p + hl);
  if (n < hl + IP || inner.length != n - hl) return refuse(p, Net.tunnelInner);
  view = h.id;
  return ip.inputInner(ip.iface, p + hl, n - hl);
}

function refuse(p: usize, why: u32): u32 { ip.refuse(p, why); return Verdict.done; }
