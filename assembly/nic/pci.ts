// PCI configuration space by mechanism 1 (PCI 2.1, 3.2.2.3.2), and the search for functions on all buses that the BIOS has numbered.

import * as env from "../env";

const ADDRESS: u32 = 0xcf8, DATA: u32 = 0xcfc;

/** Registers of the configuration space's header. */
export const enum Config { id = 0x00, command = 0x04, classRevision = 0x08, header = 0x0c, bar0 = 0x10, buses = 0x18, line = 0x3c }
export const enum Command { io = 1, memory = 2, master = 4 }

/** The 32-bit register of a function (bus << 8 | device << 3 | function). */
export function read(f: u32, reg: u32): u32 {
  env.out32(ADDRESS, 0x80000000 | f << 8 | reg);
  return env.in32(DATA);
}

export function write(f: u32, reg: u32, v: u32): void {
  env.out32(ADDRESS, 0x80000000 | f << 8 | reg);
  env.out32(DATA, v);
}

/** Whether the machine has such a bus: the address register keeps what was written. */
export function present(): bool {
  env.out32(ADDRESS, 0x80000000);
  return env.in32(ADDRESS) == 0x80000000;
}

/** The next function after f, whatever it is, up to the highest bus known (`reach`); NONE at the end. */
export function next(f: u32): u32 {
  for (f = step(f); f >> 8 <= reach; f = step(f)) {
    if ((read(f, Config.id) & 0xffff) == 0xffff) continue;
    const kind = read(f, Config.header) >> 16 & 0x7f;
    if (kind == 1) reach = max(reach, min(read(f, Config.buses) >> 8 & 0xff, 255));
    return f;
  }
  return NONE;
}
export const NONE: u32 = 0xffffffff;
let reach: u32 = 0;

/** Functions 1 to 7 are looked at only where function 0 says that there are several. */
function step(f: u32): u32 {
  if (f == NONE) return 0;
  if ((f & 7) != 0) return f + 1;
  return (read(f, Config.header) >> 16 & 0x80) != 0 && (read(f, Config.id) & 0xffff) != 0xffff ? f + 1 : f + 8;
}

/** The first I/O port of a function, 0 where it has no I/O range. */
export function port(f: u32): u32 {
  for (let i: u32 = 0; i < 6; i++) {
    const bar = read(f, Config.bar0 + (i << 2));
    if ((bar & 1) != 0 && bar > 3) return bar & 0xfffc;
  }
  return 0;
}

/** Interrupt line 0 to 15 of a function; 0 where it has none. */
export function line(f: u32): u32 { const l = read(f, Config.line) & 0xff; return l < 16 ? l : 0; }

/** Lets a function answer I/O accesses, and be a bus master where it needs to be. */
export function enable(f: u32, master: bool): void {
  const c = read(f, Config.command) & 0xffff;
  write(f, Config.command, c | Command.io | (master ? <u32>Command.master : 0));
}
