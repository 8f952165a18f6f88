// The chips that the tests go through, each as a board would have it.

import { Dc21143 } from "./dc21143.ts";
import { Ne2000 } from "./dp8390.ts";
import { I8255x } from "./i8255x.ts";
import { type Machine, type Model } from "./machine.ts";
import { Pcnet } from "./pcnet.ts";
import { Rtl8139 } from "./rtl8139.ts";
import { Skeleton } from "./skeleton.ts";

export interface Chip {
  name: string;
  /** Frames that it may have at a time. */
  depth: number;
  /** Its model knows whether the cable is in. */
  link: boolean;
  /** Whether it shows or counts short and long frames, or drops them without a word. */
  counts: { short: boolean; long: boolean };
  /** Puts the i-th NIC of the kind into a machine. */
  plug(m: Machine, i: number): Model;
}

export const CHIPS: Chip[] = [
  {
    name: "NE2000 on ISA", depth: 2, link: false, counts: { short: true, long: true },
    plug(m, i) {
      const irq = [9, 10, 11][i], port = 0x300 + 0x20 * i, c = new Ne2000(m, irq);
      m.map(port, 32, c);
      m.board.push({ bus: "isa", chip: 1, irq, port });
      return c;
    },
  },
  {
    name: "RTL8029", depth: 2, link: false, counts: { short: true, long: true },
    plug(m, i) {
      const irq = [11, 11, 10][i], c = new Ne2000(m, irq);
      m.pci(3 + i << 3, 0x802910ec, 0xc000 + 0x100 * i, 32, irq, c);
      m.board.push({ bus: "pci", chip: 1 });
      return c;
    },
  },
  busMaster("RTL8139", 2, 0x813910ec, 256, { short: true, long: true }, (m, irq) => new Rtl8139(m, irq)),
  busMaster("PCnet", 3, 0x20001022, 32, { short: false, long: true }, (m, irq) => new Pcnet(m, irq)),
  busMaster("8255x", 4, 0x12298086, 64, { short: true, long: true }, (m, irq) => new I8255x(m, irq), 1),
  busMaster("21143 with a PHY", 5, 0x00191011, 128, { short: true, long: true }, (m, irq) => new Dc21143(m, irq, true)),
  busMaster("skeleton", 3, 0x20001022, 64, { short: false, long: true }, (m, irq) => { m.skeleton = true; return new Skeleton(m, irq); }),
  busMaster("21143 without a PHY", 5, 0x00191011, 128, { short: true, long: true }, (m, irq) => new Dc21143(m, irq, false)),
];

/** A PCI chip with DMA; three of them share two interrupt lines. */
function busMaster(name: string, chip: number, id: number, ports: number, counts: Chip["counts"], make: (m: Machine, irq: number) => Model & { master: () => boolean }, bar = 0): Chip {
  return {
    name, depth: 4, link: true, counts,
    plug(m, i) {
      const irq = [11, 11, 10][i], c = make(m, irq);
      c.master = m.pci(3 + i << 3, id, 0xc000 + 0x100 * i, ports, irq, c, bar).master;
      m.board.push({ bus: "pci", chip });
      return c;
    },
  };
}
