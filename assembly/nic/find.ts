// Which NICs the board has: the records of the board block (host/ABI.md), in the order of the interfaces.

import * as env from "../env";
import * as device from "./device";
import { Chip } from "./device";
import * as ne2000 from "./ne2000";
import * as pci from "./pci";
import * as report from "./report";

const BLOCK: usize = memory.data(512, 16);
const MAGIC: u32 = 0x42445948, HEADER: u32 = 32, RECORD: u32 = 16;
const enum Bus { isa = 1, pci = 2 }
/** A record that leaves the slot open. */
const ANY_SLOT: u32 = 0xffff;

@unmanaged class Record { bus: u8; chip: u8; irq: u8; pad: u8; port: u16; slot: u16; rest: u64; }
if (offsetof<Record>() != 16) ERROR("Record: layout");

function record(i: u32): Record { return changetype<Record>(BLOCK + HEADER + i * RECORD); }

/** Adds what the board block names and what is there. */
export function all(): void {
  const n = env.board(BLOCK, 512);
  if (n < HEADER || load<u32>(BLOCK) != MAGIC || load<u16>(BLOCK, 4) != 1) { report.noBoard(); return; }
  const nics = min(<u32>load<u8>(BLOCK, 19), (min(n, 512) - HEADER) / RECORD);
  for (let i: u32 = 0; i < nics; i++) {
    const r = record(i);
    const ok = r.bus == Bus.isa ? isa(r) : r.bus == Bus.pci && slot(r, nics);
    if (!ok) report.notThere(i);
  }
}

/** On the ISA bus nothing can be enumerated: the record says where, and the chip must answer there. */
function isa(r: Record): bool {
  if (r.chip != Chip.ne2000 || !ne2000.present(r.port)) return false;
  return device.add(Chip.ne2000, r.port, r.irq, device.NOT_PCI) != null;
}

function slot(r: Record, nics: u32): bool {
  if (!pci.present()) return false;
  if (r.slot != ANY_SLOT) return function_(r.slot, r.chip);
  for (let f = pci.next(pci.NONE); f != pci.NONE; f = pci.next(f)) if (!named(f, nics) && !taken(f) && function_(f, r.chip)) return true;
  return false;
}

/** Adds a PCI function if it is a chip that we know, and the wanted one (0: any). */
function function_(f: u32, want: u32): bool {
  const c = kind(pci.read(f, pci.Config.id));
  if (c == Chip.none || want != 0 && want != c || taken(f)) return false;
  pci.enable(f, c != Chip.ne2000);
  const port = pci.port(f);
  return port != 0 && device.add(c, port, pci.line(f), f) != null;
}

function named(f: u32, nics: u32): bool {
  for (let i: u32 = 0; i < nics; i++) if (record(i).bus == Bus.pci && record(i).slot == f) return true;
  return false;
}

function taken(f: u32): bool {
  for (let i: u32 = 0; i < device.count; i++) if (device.at(i).pci == f) return true;
  return false;
}

/** The chip of a PCI id (device << 16 | vendor). */
function kind(id: u32): u32 {
  switch (id) {
    case 0x802910ec:                        // Realtek RTL8029
    case 0x09401050:                        // Winbond W89C940
    case 0x140111f6:                        // Compex RL2000
    case 0x30008e2e:                        // KTI ET32P2
    case 0x50004a14: return Chip.ne2000;    // NetVin NV5000SC
    case 0x813910ec: return Chip.rtl8139;   // Realtek RTL8139
    case 0x20001022: return Chip.pcnet;     // AMD Am79C970A to Am79C973
    case 0x12298086:                        // Intel 82557, 82558, 82559, 82550, 82551
    case 0x12098086:                        // Intel 82559ER, 82551ER
    case 0x24498086: return Chip.i8255x;    // Intel 82801BA
    case 0x00191011: return Chip.dc21143;   // DEC 21142, 21143
    default: return Chip.none;
  }
}
