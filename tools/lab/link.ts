// Names of links, as the lab's commands take them: `s1` (its own link), `r.eth1` (one of several), `s1-s0` (both ways between two nodes),
// `r>s1` (one way).

import { macOf, nodeOf, type Node, type Site } from "../site/site.ts";
import { showMac } from "../site/address.ts";

/** An interface of a node, its switch's port, and its Ethernet address. */
export interface End { node: Node; iface: number; link: string; port: string; mac: string }
/** `b` is absent for a node's own link; `oneWay`: only from a to b. */
export interface LinkName { a: End; b?: End; oneWay: boolean }

export function endOf(site: Site, node: Node, iface: number): End {
  const i = node.interfaces[iface], first = node.interfaces.findIndex(x => x.link === i.link) === iface;
  return { node, iface, link: i.link, port: first ? node.name : `${node.name}.${iface}`, mac: showMac(macOf(site, node, iface)) };
}

/** Reads a link's name. Throws, saying why, where there is no such link. */
export function parseLink(site: Site, text: string): LinkName {
  const m = /^([a-z0-9]+)(?:\.([\w-]+))?(?:([->])([a-z0-9]+))?$/.exec(text);
  if (!m) throw new Error(`link '${text}': expected NODE, NODE.INTERFACE, NODE-NODE, or 'NODE>NODE' for one way`);
  const a = nodeOf(site, m[1]);
  if (!m[4]) {
    const iface = m[2] ? a.interfaces.findIndex(i => i.name === m[2]) : 0;
    if (iface < 0) throw new Error(`link '${text}': ${a.name} has the interfaces ${a.interfaces.map(i => i.name).join(", ")}`);
    if (!m[2] && a.interfaces.length > 1) throw new Error(`link '${text}': ${a.name} has several; name one of ${a.interfaces.map(i => `${a.name}.${i.name}`).join(", ")}`);
    return { a: endOf(site, a, iface), oneWay: false };
  }
  const b = nodeOf(site, m[4]);
  for (const [i, x] of a.interfaces.entries()) {
    const j = b.interfaces.findIndex(y => y.link === x.link);
    if (j >= 0 && a !== b) return { a: endOf(site, a, i), b: endOf(site, b, j), oneWay: m[3] === ">" };
  }
  throw new Error(`link '${text}': ${a.name} and ${b.name} have no link in common`);
}

/** How a link is impaired. Probabilities from 0 to 1, times in milliseconds, rate in kbit/s. */
export interface Shape {
  rate?: number; loss?: number; delay?: number; jitter?: number; dup?: number; reorder?: number; corrupt?: number;
  /** How long a frame may wait for the rate before it is dropped, and how much later a reordered one leaves. */
  limit?: number; hold?: number;
}

/** The wire's words for a shape. */
export function words(s: Shape): string {
  const ppm = (v?: number): number | undefined => v === undefined ? undefined : Math.round(v * 1e6);
  const us = (v?: number): number | undefined => v === undefined ? undefined : Math.round(v * 1000);
  const all: [string, number | undefined][] = [
    ["rate", s.rate === undefined ? undefined : Math.round(s.rate)], ["loss", ppm(s.loss)], ["dup", ppm(s.dup)], ["corrupt", ppm(s.corrupt)], ["reorder", ppm(s.reorder)],
    ["delay", us(s.delay)], ["jitter", us(s.jitter)], ["limit", us(s.limit)], ["hold", us(s.hold)],
  ];
  return all.filter(([, v]) => v !== undefined).map(([k, v]) => `${k} ${v}`).join(" ");
}
