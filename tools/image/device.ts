// Whether a path may be flashed: a whole disk of plausible size that nobody uses. What is looked at is the kernel's own word (/sys, /proc).

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";

export interface Device {
  path: string;
  block: boolean;
  /** A part of a disk. */
  partition: boolean;
  readOnly: boolean;
  bytes: number;
  /** Where it or a part of it is mounted, used for swapping, or held by another device. */
  uses: string[];
}

/** A board's medium is a card or a small disk; more than that is the disk that somebody lives on. */
const LARGEST = 64 * 2 ** 30;

/** What the system says of a path. */
export function inspect(file: string): Device {
  const real = realpathSync(file), block = statSync(real).isBlockDevice(), name = path.basename(real), sys = path.join("/sys/class/block", name);
  if (!block || !existsSync(sys)) return { path: real, block: false, partition: false, readOnly: false, bytes: statSync(real).size, uses: [] };
  const read = (f: string): string => readFileSync(path.join(sys, f), "utf8").trim(), parts = readdirSync(sys).filter(d => existsSync(path.join(sys, d, "partition")));
  const nodes = [name, ...parts].map(n => `/dev/${n}`), mounts = readFileSync("/proc/self/mounts", "utf8"), swaps = readFileSync("/proc/swaps", "utf8");
  return { path: real, block, partition: existsSync(path.join(sys, "partition")), readOnly: read("ro") === "1", bytes: Number(read("size")) * 512, uses: [...usesOf(nodes, mounts, swaps), ...[name, ...parts].flatMap(n => holders(n))] };
}

/** Mounts and swaps of device nodes, from the text of /proc/self/mounts and /proc/swaps. */
export function usesOf(nodes: string[], mounts: string, swaps: string): string[] {
  const lines = (text: string): string[][] => text.split("\n").map(l => l.trim().split(/\s+/));
  return [
    ...lines(mounts).filter(l => nodes.includes(l[0])).map(l => `${l[0]} is mounted on ${l[1]}`),
    ...lines(swaps).filter(l => nodes.includes(l[0])).map(l => `${l[0]} is swap space`),
  ];
}

function holders(name: string): string[] {
  const dir = path.join("/sys/class/block", name, "holders");
  return existsSync(dir) ? readdirSync(dir).map(h => `/dev/${name} belongs to ${h}`) : [];
}

/** Why an image of so many bytes must not be written there; undefined where it may. */
export function refusal(d: Device, imageBytes: number): string | undefined {
  if (!d.block) return "it is no block device";
  if (d.partition) return "it is a partition: name the whole disk";
  if (d.uses.length) return d.uses.join(", ");
  if (d.readOnly) return "it is write-protected";
  if (d.bytes < imageBytes) return `it has ${d.bytes} bytes, the image ${imageBytes}`;
  if (d.bytes > LARGEST) return `it has ${Math.round(d.bytes / 2 ** 30)} GiB, a board's medium at most ${LARGEST / 2 ** 30}`;
  return undefined;
}
