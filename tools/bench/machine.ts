// What the kernel tells of processors and interfaces.

import { readFileSync } from "node:fs";
import { output } from "../children.ts";
import { inside } from "../lab/switch.ts";

/** Clock ticks per second in /proc, fixed for user space. */
const HZ = 100;

/** Seconds for which a processor has not been idle since the machine started. */
export function busy(cpu: number): number {
  const line = readFileSync("/proc/stat", "latin1").split("\n").find(l => l.startsWith(`cpu${cpu} `));
  if (!line) throw new Error(`processor ${cpu} is not there`);
  const [user, nice, system, , , irq, softirq] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / HZ;
}

/** Packets that an interface has sent so far. */
export async function sentBy(ns: string, iface: string): Promise<number> {
  return Number(await output([], "ip", ["netns", "exec", ns, "cat", `/sys/class/net/${iface}/statistics/tx_packets`]));
}

/** Shapes what an interface sends, by a token bucket whose queue takes so many bytes; over that the sender is refused. */
export async function bucket(ns: string, iface: string, mbit: number, limit: number): Promise<void> {
  await output(inside(ns), "tc", ["qdisc", "replace", "dev", iface, "root", "tbf", "rate", `${mbit}mbit`, "burst", "8k", "limit", String(limit)]);
}
