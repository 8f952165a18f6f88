// What the drivers say in the log.

import * as log from "../core/log";
import { Level } from "../core/log";
import { Chip, Nic, NOT_PCI } from "./device";

function begin(level: u32, iface: u32): void { log.begin(level); log.str("interface "); log.num(iface); log.str(": "); }

export function found(n: Nic): void {
  begin(Level.info, n.iface);
  name(n.chip);
  log.str(" at port "); log.hex(n.port); log.str(", interrupt "); log.num(n.irq);
  if (n.pci != NOT_PCI) { log.str(", PCI "); log.num(n.pci >> 8); log.str(":"); log.num(n.pci >> 3 & 31); log.str("."); log.num(n.pci & 7); }
  log.end();
}

function name(c: u32): void {
  switch (c) {
    case Chip.ne2000: { log.str("NE2000"); return; }
    case Chip.rtl8139: { log.str("RTL8139"); return; }
    case Chip.pcnet: { log.str("PCnet"); return; }
    case Chip.i8255x: { log.str("8255x"); return; }
    case Chip.dc21143: { log.str("21143"); return; }
    default: log.str("unknown chip");
  }
}

export function missing(iface: u32): void { begin(Level.error, iface); log.str("there is no NIC for it"); log.end(); }
export function notThere(i: u32): void { log.begin(Level.error); log.str("NIC "); log.num(i); log.str(" of the board is not there"); log.end(); }
export function noBoard(): void { log.begin(Level.error); log.str("no board block: no NICs"); log.end(); }
export function link(n: Nic, up: bool): void { begin(Level.warning, n.iface); log.str(up ? "link up" : "link down"); log.end(); }
export function dead(n: Nic): void { begin(Level.error, n.iface); name(n.chip); log.str(" does not start, given up"); log.end(); }
