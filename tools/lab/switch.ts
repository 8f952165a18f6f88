// The networks of a lab: namespaces, switches (a bridge in a namespace of its own per link of the site), the links to them, and cuts.

import { attempt, run } from "./process.ts";

export const OFFLOADS = ["tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off", "sg", "off"];

/** Words that run a program in a network namespace; it keeps the pid. */
export function inside(ns: string, ...words: string[]): string[] { return ["nsenter", `--net=/run/netns/${ns}`, "--", ...words]; }

/** Words before a program that end it when this process dies, however it does. */
export const BOUND = ["setpriv", "--pdeathsig", "KILL"];

/** `ip` commands in a namespace, one per line. */
export function ip(ns: string, ...lines: string[]): void { if (lines.length) run("ip", ["-n", ns, "-batch", "-"], `${lines.join("\n")}\n`); }

export function exec(ns: string, ...words: string[]): string { const [p, ...args] = inside(ns, ...words); return run(p, args); }

/** A namespace without IPv6 and with its loopback up. */
export function addNamespace(ns: string): void {
  run("ip", ["netns", "add", ns]);
  exec(ns, "sh", "-c", "for f in all default; do p=/proc/sys/net/ipv6/conf/$f/disable_ipv6; [ ! -e $p ] || echo 1 > $p; done; ip link set lo up");
}

export function removeNamespace(ns: string): void { attempt("ip", ["netns", "del", ns]); }

/** The namespaces that exist, of a name's beginning. */
export function namespaces(prefix: string): string[] {
  return run("ip", ["netns", "list"]).split("\n").map(l => l.split(" ")[0]).filter(n => n.startsWith(prefix));
}

export function pidsIn(ns: string): number[] {
  try { return run("ip", ["netns", "pids", ns]).split("\n").filter(l => l !== "").map(Number); } catch { return []; }
}

export function addSwitch(ns: string): void {
  addNamespace(ns);
  ip(ns, "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up");
}

export function offloadsOff(ns: string, ...ifaces: string[]): void {
  exec(ns, "sh", "-c", ifaces.map(i => `ethtool -K ${i} ${OFFLOADS.join(" ")}`).join(" && "));
}

export interface Plug { ns: string; iface: string; mac: string; mtu: number; switchNs: string; port: string }

/** Links an interface of a node's namespace to a port of a switch. */
export function plug(p: Plug): void {
  run("ip", ["link", "add", "name", p.iface, "netns", p.ns, "address", p.mac, "mtu", String(p.mtu), "type", "veth", "peer", "name", p.port, "mtu", String(p.mtu), "netns", p.switchNs]);
  offloadsOff(p.ns, p.iface);
  offloadsOff(p.switchNs, p.port);
  ip(p.switchNs, `link set dev ${p.port} master br0 up`);
}

/** Keeps the kernel's own stack from seeing frames of a node's interfaces; packet sockets see them before. */
export function deafen(ns: string, ifaces: string[]): void {
  const chains = ifaces.map((i, k) => `chain in${k} {\n type filter hook ingress device "${i}" priority 0; policy drop;\n}`);
  run("nsenter", inside(ns, "nft", "-f", "-").slice(1), `table netdev hydranet {\n${chains.join("\n")}\n}\n`);
}

/** Which frames a switch does not pass: those that come in at one of `from` and leave at one of `to`; an empty list means any port. */
export interface Cut { from: string[]; to: string[] }

/** Puts a wire between a port and its switch: the port leaves the bridge, and what the wire's other end gets goes into it. */
export function addWirePair(ns: string, port: string): void {
  ip(ns, `link add name ${port}.w type veth peer name ${port}.b`, `link set dev ${port}.w up`, `link set dev ${port}.b up`);
  offloadsOff(ns, `${port}.w`, `${port}.b`);
}
export function wireToSwitch(ns: string, port: string): void { ip(ns, `link set dev ${port}.b master br0`); }
export function switchToWire(ns: string, port: string): void { ip(ns, `link set dev ${port} nomaster`); wireToSwitch(ns, port); }

/** Replaces all cuts of a switch. */
export function setCuts(ns: string, cuts: Cut[]): void {
  const names = (key: string, ports: string[]): string => ports.length ? `${key} { ${ports.flatMap(p => [`"${p}"`, `"${p}.b"`]).join(", ")} } ` : "";
  const rules = cuts.map(c => `${names("iifname", c.from)}${names("oifname", c.to)}drop`);
  const table = `table bridge hydranet {\n chain forward {\n type filter hook forward priority 0; policy accept;\n ${rules.join("\n")}\n }\n}`;
  run("nsenter", inside(ns, "nft", "-f", "-").slice(1), `table bridge hydranet {}\ndelete table bridge hydranet\n${table}\n`);
}
