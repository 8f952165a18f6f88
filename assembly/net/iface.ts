// The node's interfaces, in the order of the rings.

import { IFACES } from "../core/sizes";
import { Err } from "../core/err";
import * as local from "./local";
import * as route from "./route";
import { LocalFlag } from "./local";

export const enum IfaceFlag { control = 1, proxyArp = 2 }

@unmanaged export class Iface {
  addr: u32;
  mask: u32;
  macLo: u32;    // memory order: first four bytes
  macHi: u32;    // last two
  mtu: u32;
  flags: u32;
  pad0: u32;
  pad1: u32;

  get isControl(): bool { return (this.flags & IfaceFlag.control) != 0; }
  get isProxy(): bool { return (this.flags & IfaceFlag.proxyArp) != 0; }
}
if (offsetof<Iface>() != 32) ERROR("Iface: layout");

const TABLE: usize = memory.data(32 * IFACES, 16);
export let count: u32 = 0;

export function init(): void { count = 0; }

// @ts-ignore: decorator
@inline export function at(i: u32): Iface { return changetype<Iface>(TABLE + (i << 5)); }

/** MTUs that can be: RFC 791's least, and what a frame buffer holds with a tunnel header before it. */
export const MTU_MIN: u32 = 68;
export const MTU_MAX: u32 = 1500;

/**
 * Adds the next interface: address and prefix length, MTU in bytes, six bytes of MAC at `mac`, IfaceFlags. Names its address and its link's
 * broadcast, and adds the route to its link. 0, or Err.tooMany, Err.badRecord.
 */
export function add(addr: u32, len: u32, mtu: u32, mac: usize, flags: u32): i32 {
  if (count == IFACES) return Err.tooMany;
  if (len > 32 || mtu < MTU_MIN || mtu > MTU_MAX || addr == 0 || (load<u8>(mac) & 1) != 0) return Err.badRecord;
  const f = at(count);
  f.addr = addr; f.mask = route.mask(len); f.mtu = mtu; f.flags = flags;
  f.macLo = load<u32>(mac); f.macHi = <u32>load<u16>(mac, 4);
  if (local.add(addr, 0, LocalFlag.own) != 0) return Err.tooMany;
  if (len < 31 && local.add(addr | ~f.mask, 0, LocalFlag.broadcast) != 0) return Err.tooMany;
  if (route.add(addr, len, count, 0) != 0) return Err.tooMany;
  count++;
  return 0;
}
