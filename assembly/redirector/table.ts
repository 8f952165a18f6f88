// The redirector's table: (virtual host, port) to service and mode, by hash. Port 0 stands for all that is addressed to a virtual host but
// belongs to no service of its own.

import { SERVICES } from "../core/sizes";
import { Err } from "../core/err";
import { Mode } from "../core/config";
import { LocalFlag } from "../net/local";
import * as local from "../net/local";

@unmanaged export class Entry {
  addr: u32;
  port: u32;
  mode: u32;      // Mode
  svc: u32;
  origin: u32;    // host that serves what is not replicated, or 0
  used: u32;
  pad0: u32; pad1: u32;
}
if (offsetof<Entry>() != 32) ERROR("Entry: layout");

const SLOTS: u32 = 128;
const TABLE: usize = memory.data(32 * 128, 16);
if (SERVICES > 32) ERROR("table: more services than slots for them and their hosts");

export function init(): void { memory.fill(TABLE, 0, 32 * SLOTS); }

// @ts-ignore: decorator
@inline function at(i: u32): Entry { return changetype<Entry>(TABLE + ((i & (SLOTS - 1)) << 5)); }
// @ts-ignore: decorator
@inline function hash(addr: u32, port: u32): u32 { return addr ^ addr >> 8 ^ port ^ port >> 7; }

/** The entry of (addr, port), or null. */
export function find(addr: u32, port: u32): Entry | null {
  const e = slot(addr, port);
  return e.used != 0 ? e : null;
}

function slot(addr: u32, port: u32): Entry {
  let i = hash(addr, port);
  while (at(i).used != 0 && (at(i).addr != addr || at(i).port != port)) i++;
  return at(i);
}

/**
 * Adds a service, and makes its address a virtual host of this redirector. A `plain` service on a node's own address is only routed: nothing is
 * added. 0; Err.badRecord for an address that is no virtual host's or a port that is taken; Err.tooMany.
 */
export function add(svc: u32, mode: u32, addr: u32, port: u32, origin: u32): i32 {
  const l = local.any(addr);
  if (mode == Mode.plain && (addr == 0 || (l != null && (l.flags & (LocalFlag.node | LocalFlag.own)) != 0))) return 0;
  if (l != null && (l.flags & ~LocalFlag.proxy) != 0) return Err.badRecord;
  if (port == 0 || svc >= SERVICES || find(addr, port) != null) return Err.badRecord;
  if (local.add(addr, 0, LocalFlag.proxy) != 0) return Err.tooMany;
  put(slot(addr, port), svc, mode, addr, port, origin);
  host(svc, mode, addr, origin);
  return 0;
}

/** The virtual host's own entry: its first `ft` service's members serve the rest, or an origin that any of its services names. */
function host(svc: u32, mode: u32, addr: u32, origin: u32): void {
  const e = slot(addr, 0);
  if (origin == 0 && e.used != 0) origin = e.origin;
  if (e.used == 0 || (mode == Mode.ft && e.mode != Mode.ft)) put(e, svc, mode, addr, 0, origin);
  else e.origin = origin;
}

function put(e: Entry, svc: u32, mode: u32, addr: u32, port: u32, origin: u32): void {
  e.addr = addr; e.port = port; e.mode = mode; e.svc = svc; e.origin = origin; e.used = 1;
}
