// The counters that say why a packet was refused (docs: `counters.ts` of core, net, tcp, ft, redirector, manage): a refused packet counts in
// exactly one of them.

import { type SimNode } from "./node.ts";

const RANGES = [[0, 0], [32, 64], [67, 72], [96, 107], [109, 117], [120, 120], [133, 133], [160, 168], [183, 183], [211, 223], [256, 266], [275, 276]];
const NUMBERS = RANGES.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));

/** How often a node has counted each of them. */
export const tally = (n: SimNode): number[] => NUMBERS.map(i => n.counter(i));

export const total = (tally: number[]): number => tally.reduce((a, x) => a + x, 0);
/** How many packets a node has refused. */
export const refused = (n: SimNode): number => total(tally(n));

/** The counters that grew since, in words. */
export function grown(n: SimNode, before: number[]): string {
  return tally(n).flatMap((x, i) => (x === before[i] ? [] : [`${NUMBERS[i]} by ${x - before[i]}`])).join(", ") || "none";
}
