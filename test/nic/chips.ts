// The chips that the tests go through, each as a board would have it.

import { Ne2000 } from "./dp8390.ts";
import { type Machine, type Model } from "./machine.ts";

export interface Chip {
  name: string;
  /** Frames that it may have at a time. */
  depth: number;
  /** Its model knows whether the cable is in. */
  link: boolean;
  /** What it does with a frame above 1,514 bytes: shows it, or refuses it without a word. */
  counts: { short: boolean; long: boolean };
  /** Puts the i-th NIC of the kind into a machine. */
  plug(m: Machine, i: number): Model;
}

export const CHIPS: Chip[] = [
  {
    name: "NE2000 on ISA", depth: 2, link: false, counts: { short: false, long: true },
    plug(m, i) {
      const irq = [9, 10, 11][i], port = 0x300 + 0x20 * i, c = new Ne2000(m, irq);
      m.map(port, 32, c);
      m.board.push({ bus: "isa", chip: 1, irq, port });
      return c;
    },
  },
  {
    name: "RTL8029", depth: 2, link: false, counts: { short: false, long: true },
    plug(m, i) {
      const irq = [11, 11, 10][i], c = new Ne2000(m, irq);
      m.pci(3 + i << 3, 0x802910ec, 0xc000 + 0x100 * i, 32, irq, c);
      m.board.push({ bus: "pci", chip: 1 });
      return c;
    },
  },
];
