// Tunnel and control packets as a client would forge them, and the counters in which the redirector must find them.

import { nodeOf } from "../site/site.ts";
import type { Bed } from "./bed.ts";
import { FLAG, ip, PROTO, tcp, udp } from "./raw.ts";

/** Of assembly/net/counters.ts: a source that cannot be, here the redirector's own address. */
const MARTIAN = "47";
/** Of assembly/redirector/counters.ts. */
const SITE_SOURCE = "214", FORGED_TUNNEL = "215", FORGED_CONTROL = "216";

/** Every counter of a refusal that a forged packet could reach: the channel's, the tunnel's, the redirector's, the view protocol's. */
export const REFUSALS: readonly string[] = [
  47, 55, 70, 71, 72, 160, 161, 162, 163, 164, 165, 166, 167, 214, 215, 216, 217, 219, 223, 256, 257, 258, 259, 260, 261, 262, 263,
].map(String);

/** Sends one of each kind to each node; gives how many each counter must count. */
export function forge(bed: Bed): Record<string, number> {
  const { lab, raw, clientAddress: me, vhost } = bed, sent: Record<string, number> = { [MARTIAN]: 0, [SITE_SOURCE]: 0, [FORGED_TUNNEL]: 0, [FORGED_CONTROL]: 0 };
  const nodes = lab.site.nodes.filter(n => n.role !== "linux"), { manage, chain } = lab.site.ports, r = nodeOf(lab.site, "r");
  const send = (counter: string, packet: Buffer): void => { raw.send(packet); sent[counter]++; };
  const noise = Buffer.alloc(120, 0xa5);
  const syn = tcp({ src: me, dst: vhost, sport: 30000, dport: 7, seq: 1, ack: 0, flags: FLAG.syn, payload: Buffer.alloc(0) });
  for (const n of nodes) {
    send(FORGED_TUNNEL, ip(PROTO.ipip, me, n.address, syn));
    for (const liar of nodes) send(liar === r ? MARTIAN : SITE_SOURCE, ip(PROTO.ipip, liar.address, n.address, syn));
    for (const port of [manage, chain]) {
      send(FORGED_CONTROL, udp(me, n.address, port, port, noise));
      for (const liar of nodes) if (liar !== n) send(liar === r ? MARTIAN : SITE_SOURCE, udp(liar.address, n.address, port, port, noise));
    }
  }
  send(FORGED_TUNNEL, ip(PROTO.ipip, me, vhost, syn));
  send(SITE_SOURCE, tcp({ src: vhost, dst: nodes[0].address, sport: 7, dport: 30000, seq: 1, ack: 1, flags: FLAG.ack, payload: Buffer.alloc(0) }));
  for (const i of r.interfaces) send(FORGED_CONTROL, udp(me, i.address, manage, manage, noise));
  return sent;
}
