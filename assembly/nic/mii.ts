// PHY registers through the two wires of the MII (IEEE 802.3, clause 22), bit by bit in the 21143's register CSR9.

import * as env from "../env";

const enum Csr9 { MDC = 0x10000, MDO = 0x20000, READ = 0x40000, MDI = 0x80000 }
const enum Reg { BMCR = 0, BMSR = 1, ANAR = 4, ANLPAR = 5 }
const enum Bmsr { LINK = 0x04, NEGOTIATED = 0x20 }
export const enum Media { full = 1, fast = 2 }
export const NONE: u32 = 32;

function clock(port: u32, v: u32): void { env.out32(port, v); env.out32(port, v | Csr9.MDC); }

function bits(port: u32, v: u32, n: u32): void {
  for (let i = n; i != 0; i--) clock(port, (v >> i - 1 & 1) != 0 ? <u32>Csr9.MDO : 0);
}

/** Preamble, start, read, PHY, register; after the turn-around the PHY drives each bit from the clock's rise on. */
function read(port: u32, phy: u32, reg: u32): u32 {
  bits(port, 0xffffffff, 32);
  bits(port, 6 << 10 | phy << 5 | reg, 14);
  let v: u32 = 0;
  for (let i = 0; i < 18; i++) {
    env.out32(port, Csr9.READ);
    v = v << 1 | ((env.in32(port) & Csr9.MDI) != 0 ? 1 : 0);
    env.out32(port, Csr9.READ | Csr9.MDC);
  }
  return v & 0xffff;
}

/** Address of the first PHY that answers (0 is often an alias, so it comes last), or NONE. */
export function find(port: u32): u32 {
  for (let k: u32 = 1; k <= 32; k++) {
    const s = read(port, k & 31, Reg.BMSR) & 0x7fff;
    if (s != 0 && s != 0x7fff) return k & 31;
  }
  return NONE;
}

/** The link bit stays down once until it is read: a link that was lost in between shows. */
export function up(port: u32, phy: u32): bool { return (read(port, phy, Reg.BMSR) & Bmsr.LINK) != 0; }

/** Speed and duplex as negotiated, by IEEE 802.3's order of preference; half duplex at 10 Mbit/s where nothing was. */
export function media(port: u32, phy: u32): u32 {
  if ((read(port, phy, Reg.BMSR) & Bmsr.NEGOTIATED) == 0) return 0;
  const both = read(port, phy, Reg.ANAR) & read(port, phy, Reg.ANLPAR);
  if ((both & 0x100) != 0) return Media.full | Media.fast;
  if ((both & 0x080) != 0) return Media.fast;
  return (both & 0x040) != 0 ? <u32>Media.full : 0;
}
