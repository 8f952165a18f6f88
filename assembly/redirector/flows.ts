// Which replica a flow has: a hash table of sets of four. A new flow takes the place of the one in its set that was not used for longest, of
// those that never said more than a SYN first.

import { FLOWS } from "../core/sizes";
import * as clock from "../core/clock";

const IDLE: u32 = 600000;      // ms after which a flow is forgotten
const WAYS: u32 = 4;

@unmanaged export class Flow {
  addr: u32;
  key: u32;       // client's port << 16 | service
  node: u32;      // 0: unused
  used: u32;      // ms; the lowest bit is 1 where only SYNs were seen
}
if (offsetof<Flow>() != 16 || FLOWS < 4) ERROR("Flow: layout");

const TABLE: usize = memory.data(16 * FLOWS, 16);

export function init(): void { memory.fill(TABLE, 0, 16 * FLOWS); }

// @ts-ignore: decorator
@inline function set(addr: u32, key: u32): usize {
  let h = addr ^ key ^ key >> 16;
  h ^= h >> 15; h ^= h << 7; h ^= h >> 11;
  return TABLE + (<usize>(h & (FLOWS / WAYS - 1)) << 6);
}

/** The flow of a client's address and port with a service, or null. */
export function find(svc: u32, addr: u32, port: u32): Flow | null {
  const key = port << 16 | svc, s = set(addr, key);
  for (let i: u32 = 0; i < WAYS; i++) {
    const f = changetype<Flow>(s + (i << 4));
    if (f.addr == addr && f.key == key && f.node != 0) return idle(f) < IDLE ? f : null;
  }
  return null;
}

/** Milliseconds since the flow was used. */
function idle(f: Flow): u32 { return clock.ms - (f.used & ~1); }

/** The flow is in use; syn: by a SYN. */
export function touch(f: Flow, syn: bool): void { f.used = clock.ms & ~1 | (syn ? f.used & 1 : 0); }

/** Gives a flow its replica. */
export function put(svc: u32, addr: u32, port: u32, node: u32, syn: bool): void {
  const key = port << 16 | svc, f = place(set(addr, key), addr, key);
  f.addr = addr; f.key = key; f.node = node;
  f.used = clock.ms & ~1 | (syn ? 1 : 0);
}

/** The flow's own place in its set, or the one that is worth least. */
function place(s: usize, addr: u32, key: u32): Flow {
  let worst = changetype<Flow>(s);
  for (let i: u32 = 0; i < WAYS; i++) {
    const f = changetype<Flow>(s + (i << 4));
    if (f.addr == addr && f.key == key) return f;
    if (worth(f) < worth(worst)) worst = f;
  }
  return worst;
}

/** What a flow's place is worth: unused and forgotten nothing, SYNs alone little, others the more the later they were used. */
function worth(f: Flow): u32 {
  const ms = idle(f);
  if (f.node == 0 || ms >= IDLE) return 0;
  return ((f.used & 1) != 0 ? 0 : IDLE) + IDLE - ms;
}
