// What the redirector refuses for where it comes from (DESIGN, Trust): from outside nobody has an address of the site, tunnels to a node or talks
// to its control ports; from inside only who may speak for a virtual host does so.

import { Eth, ETH } from "../wire/eth";
import { Ip4, Proto } from "../wire/ip4";
import { Local, LocalFlag } from "../net/local";
import { Mode } from "../core/config";
import { Redirector } from "./counters";
import { Entry } from "./table";
import { Target } from "./plan";
import { get16 } from "../core/bytes";
import * as arp from "../net/arp";
import * as iface from "../net/iface";
import * as ip from "../net/ip";
import * as plan from "./plan";
import * as table from "./table";

let managePort: u32 = 0, chainPort: u32 = 0;

/** Says the control ports of the site. */
export function init(manage: u32, chain: u32): void { managePort = manage; chainPort = chain; }

/** Looks at the packet of the last verdict, which came as a frame: 0, or the counter of why it is refused. */
export function check(): u32 {
  if (!iface.at(ip.iface).isControl) return outside();
  if (ip.from && (changetype<Local>(ip.from).flags & LocalFlag.proxy) != 0) return speaks(changetype<Ip4>(ip.p)) ? 0 : Redirector.wrongReplica;
  return 0;
}

function outside(): u32 {
  if (ip.from && (changetype<Local>(ip.from).flags & (LocalFlag.node | LocalFlag.proxy)) != 0) return Redirector.siteSource;
  if (ip.to == 0) return 0;
  const h = changetype<Ip4>(ip.p);
  if (h.proto == Proto.ipip) return Redirector.forgedTunnel;
  if ((changetype<Local>(ip.to).flags & (LocalFlag.node | LocalFlag.own)) == 0) return 0;
  return isControl(h) ? Redirector.forgedControl : 0;
}

function isControl(h: Ip4): bool {
  if ((h.proto != Proto.udp && h.proto != Proto.tcp) || h.fragOffset != 0 || ip.n < h.headerLen + 4) return false;
  const port = get16(h.payload + 2);
  return port == managePort || port == chainPort;
}

/** May the sender of this frame say something for a virtual host? Judged by its MAC, where the neighbour is known. */
function speaks(h: Ip4): bool {
  const e = entryOf(h);
  if (e == null || e.mode == Mode.route) return true;
  if (e.port == 0 && e.origin != 0) return true;
  const q = plan.current(e.svc), n = e.mode == Mode.nearest ? q.n : min(q.n, 1);
  for (let i: u32 = 0; i < n; i++) if (mayBe(plan.target(q, i))) return true;
  return n == 0;
}

function entryOf(h: Ip4): Entry | null {
  const src = h.src;
  if (h.proto == Proto.tcp && h.fragOffset == 0 && ip.n >= h.headerLen + 4) {
    const e = table.find(src, get16(h.payload));
    if (e != null) return e;
  }
  return table.find(src, 0);
}

/** False only where the frame is known not to come from the target. */
function mayBe(t: Target): bool {
  if (t.iface != ip.iface) return true;
  const known = arp.known(t.iface, t.hop), e = changetype<Eth>(ip.p - ETH);
  if (known != null) return e.srcLo == known.macLo && e.srcHi == known.macHi;
  arp.resolve(t.iface, t.hop);
  return true;
}
