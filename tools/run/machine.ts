// The machine's own network interfaces, and what keeps its kernel's hands off the node's packets.

import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { parseIp, parseMac, showIp } from "../site/address.ts";
import type { Node, Site } from "../site/site.ts";
import { attempt, run } from "../lab/process.ts";

const read = (file: string): string => { try { return readFileSync(file, "utf8").trim(); } catch { return ""; } };
const conf = (iface: string, key: string): number => Number(read(`/proc/sys/net/ipv4/conf/${iface}/${key}`) || 0);

interface Link { ifname: string; address?: string; operstate: string; link_type: string }

/** The machine's interfaces, by name. */
export function links(): Map<string, Link> {
  return new Map((JSON.parse(run("ip", ["-json", "link", "show"])) as Link[]).map(l => [l.ifname, l]));
}

/** Ethernet address of an interface. Throws where there is no such interface. */
export function macOfInterface(all: Map<string, Link>, name: string): Uint8Array {
  const link = all.get(name), mac = link?.link_type === "ether" ? parseMac(link.address) : undefined;
  if (!mac) throw new Error(link ? `${name} is no Ethernet interface` : `no interface '${name}' on this machine; there are ${[...all.keys()].join(", ")}`);
  return mac;
}

/** What stands against running the node here (errors), and what may (warnings). */
export function inspect(all: Map<string, Link>, site: Site, node: Node): { errors: string[]; warnings: string[] } {
  const errors: string[] = [], warnings: string[] = [];
  const kernel = new Map(Object.entries(networkInterfaces()).flatMap(([name, list]) => (list ?? []).map(a => [a.address, name] as const)));
  for (const f of node.interfaces) {
    if (kernel.has(showIp(f.address))) errors.push(`${f.name}: ${showIp(f.address)} is the kernel's own address on ${kernel.get(showIp(f.address))}; the node needs one of its own`);
    if (all.get(f.name)?.operstate === "DOWN") warnings.push(`${f.name} is down: ip link set ${f.name} up`);
    if (Math.max(conf("all", "rp_filter"), conf(f.name, "rp_filter")) === 1) {
      warnings.push(`${f.name}: the kernel filters by reverse path (rp_filter 1); it does not concern the node, but its own packets with replies by another interface are dropped`);
    }
  }
  for (const s of site.services) if (s.address && kernel.has(showIp(s.address))) errors.push(`service ${s.name}: ${showIp(s.address)} is the kernel's own address on ${kernel.get(showIp(s.address))}`);
  if (node.role === "redirector" && read("/proc/sys/net/ipv4/ip_forward") === "1") {
    errors.push("the kernel forwards packets as well (net.ipv4.ip_forward = 1): each would be sent twice. Turn it off: sysctl -w net.ipv4.ip_forward=0");
  }
  return { errors, warnings };
}

/**
 * Rules that keep from the kernel what the node handles: what is addressed to the node's and the services' addresses, and on a redirector
 * whatever is to be forwarded. What is addressed to the kernel's own addresses, by ARP and IPv4, stays the kernel's.
 */
export function rules(table: string, site: Site, node: Node, macs: Record<string, Uint8Array>): string {
  const ours = [...new Set([...node.interfaces.map(f => f.address), ...site.services.map(s => s.address).filter(a => a !== 0)])].map(showIp).join(", ");
  const kernel = Object.values(networkInterfaces()).flat().filter(a => a?.family === "IPv4" && parseIp(a.address) !== undefined).map(a => a!.address);
  const mine = [...new Set([...kernel, "127.0.0.1"])].join(", ");
  const chains = node.interfaces.map((f, i) => {
    const mac = [...macs[f.name]].map(b => b.toString(16).padStart(2, "0")).join(":");
    const forward = node.role === "redirector" ? `\n  ether daddr ${mac} ip daddr != { ${mine} } ip daddr != 224.0.0.0/3 drop` : "";
    return ` chain in${i} {\n  type filter hook ingress device "${f.name}" priority 0; policy accept;\n  ip daddr { ${ours} } drop\n  arp operation request arp daddr ip { ${ours} } drop${forward}\n }`;
  });
  return `table netdev ${table} {\n${chains.join("\n")}\n}\n`;
}

/** Puts the rules in. */
export function keepFromKernel(table: string, text: string): void {
  letKernel(table); // what an earlier run left that was ended by SIGKILL
  run("nft", ["-f", "-"], text);
}

/** Takes the rules out again. */
export function letKernel(table: string): void { attempt("nft", ["delete", "table", "netdev", table]); }
