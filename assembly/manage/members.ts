// Who serves: the members of each service as the redirector sees them, first the primary. The manager writes it, whole, between two
// packets; the redirector reads it for every packet.

import { SERVICES } from "../core/sizes";

/** Members of a service at most (of a chain: five). */
export const MAX: u32 = 8;

@unmanaged class Members {
  view: u32;
  n: u32;
  cookie: u32;      // 1: bare SYNs go to the primary alone (CHAIN R12)
  pad: u32;
  nodes: u64;       // u8[8]: node ids
  pad1: u64;
  addr0: u64; addr1: u64; addr2: u64; addr3: u64; // u32[8], host order
}
if (offsetof<Members>() != 64) ERROR("Members: layout");

const TABLE: usize = memory.data(64 * SERVICES, 16);

/** Changes with every change of any service: what was derived from the table is stale then. */
export let generation: u32 = 0;

export function init(): void {
  memory.fill(TABLE, 0, 64 * SERVICES);
  generation++;
}

// @ts-ignore: decorator
@inline function at(svc: u32): Members { return changetype<Members>(TABLE + (svc << 6)); }

/** Begins a service's new membership, without members. */
export function begin(svc: u32, view: u32): void {
  const m = at(svc);
  m.view = view;
  m.n = 0;
  generation++;
}

/** Adds the next member. False when there is no room. */
export function add(svc: u32, node: u32, addr: u32): bool {
  const m = at(svc);
  if (m.n == MAX) return false;
  store<u8>(changetype<usize>(m) + m.n, <u8>node, offsetof<Members>("nodes"));
  store<u32>(changetype<usize>(m) + (m.n << 2), addr, offsetof<Members>("addr0"));
  m.n++;
  generation++;
  return true;
}

/** R12, by the primary's word: bare SYNs go to it alone from now on, or to all again. */
export function setCookie(svc: u32, on: bool): void { at(svc).cookie = on ? 1 : 0; }

export function view(svc: u32): u32 { return at(svc).view; }
export function count(svc: u32): u32 { return at(svc).n; }
export function cookie(svc: u32): bool { return at(svc).cookie != 0; }
/** Address and node id of member i < count. */
export function addr(svc: u32, i: u32): u32 { return load<u32>(changetype<usize>(at(svc)) + (i << 2), offsetof<Members>("addr0")); }
export function node(svc: u32, i: u32): u32 { return <u32>load<u8>(changetype<usize>(at(svc)) + i, offsetof<Members>("nodes")); }

/** The member with this node id, or -1. */
export function position(svc: u32, id: u32): i32 {
  const n = count(svc);
  for (let i: u32 = 0; i < n; i++) if (node(svc, i) == id) return <i32>i;
  return -1;
}
