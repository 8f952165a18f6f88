// Addresses that mean something to this node: a hash table with open addressing, filled at start-up.

import { Err } from "../core/err";
import { Voice } from "./voice";
import * as clock from "../core/clock";

export const enum LocalFlag {
  own = 1,         // an interface's address
  vhost = 2,       // a virtual host carried here: delivered, never answered, announced or probed for by ARP
  tunnelOnly = 4,  // packets to it are taken from the tunnel alone
  proxy = 8,       // a redirector's virtual host: forwarded, answered by proxy ARP where the interface says so
  node = 16,       // another node of the site
  broadcast = 32,  // a directed broadcast of one of our links
}

@unmanaged export class Local {
  addr: u32;
  voice: usize;   // Voice of what it says, or 0
  flags: u32;
  mtu: u32;       // of a node: path MTU learnt for tunnel packets, 0: none

  get isOwn(): bool { return (this.flags & (LocalFlag.own | LocalFlag.vhost)) != 0; }
  get isVhost(): bool { return (this.flags & (LocalFlag.vhost | LocalFlag.proxy)) != 0; }
  /** Until when a frame of this address may leave (microseconds, 0: no limit). */
  get until(): u64 { return this.voice ? changetype<Voice>(this.voice).until : 0; }
  get speaks(): bool {
    if (this.voice == 0) return true;
    const v = changetype<Voice>(this.voice);
    return v.mute == 0 && (v.until == 0 || clock.now < v.until);
  }
}
if (offsetof<Local>() != 16) ERROR("Local: layout");

const SLOTS: u32 = 256;
const TABLE: usize = memory.data(16 * 256, 16);
let count: u32 = 0;
/** Changes with the table: what was looked up before is stale then. */
export let generation: u32 = 1;

export function init(): void {
  memory.fill(TABLE, 0, 16 * SLOTS);
  count = 0;
  generation++;
}

// @ts-ignore: decorator
@inline function at(i: u32): Local { return changetype<Local>(TABLE + ((i & (SLOTS - 1)) << 4)); }
// @ts-ignore: decorator
@inline function hash(a: u32): u32 { return a ^ a >> 8 ^ a >> 16; }

/** Names an address; a second call for it adds flags and replaces the voice (0: leaves it). 0, or Err.tooMany. */
export function add(addr: u32, voice: usize, flags: u32): i32 {
  let i = hash(addr);
  while (at(i).flags != 0 && at(i).addr != addr) i++;
  const l = at(i);
  if (l.flags == 0) {
    if (count == SLOTS / 2) return Err.tooMany;
    count++;
    l.addr = addr;
  }
  l.flags |= flags;
  if (voice) l.voice = voice;
  generation++;
  return 0;
}

/** The entry of an address in whatever role, or null. */
export function any(addr: u32): Local | null {
  let i = hash(addr);
  while (at(i).flags != 0 && at(i).addr != addr) i++;
  return at(i).flags != 0 ? at(i) : null;
}

/** The entry of an address whose packets this node takes, or null. */
export function find(addr: u32): Local | null {
  const l = any(addr);
  return l != null && l.isOwn ? l : null;
}

/** Forgets the path MTUs of all nodes. */
export function forgetMtus(): void {
  for (let i: u32 = 0; i < SLOTS; i++) at(i).mtu = 0;
}
