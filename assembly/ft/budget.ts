// A service's share of the send buffer pool, counted in chunks as a function of the events alone: so `send` takes the same number of bytes on
// every replica, and never finds the pool itself empty. A connection that is refused for it is called again, in turn, when chunks come back.

import { CHUNK, CHUNKS, SERVICES } from "../core/sizes";
import * as config from "../core/config";
import * as list from "../core/list";
import { Conn } from "../tcp/conn";
import { Replica, Member, connOf, starved, starvedOf } from "./replica";

const BITS: u32 = ctz<u32>(CHUNK);
const MASK: u32 = 0xffffffff >> BITS;
let share: u32 = 0;

/** Half of the pool, in equal parts to the site's services. */
export function init(): void {
  let n: u32 = 0;
  for (let s: u32 = 0; s < SERVICES; s++) if (config.isService(s)) n++;
  share = n == 0 ? 0 : (CHUNKS >> 1) / n;
}

/** Chunks that the bytes [from, to) lie in. */
export function chunks(from: u32, to: u32): u32 { return from == to ? 0 : ((to - 1 >> BITS) - (from >> BITS) & MASK) + 1; }

/** Bytes that the connection may produce within the service's share. */
export function room(r: Replica, c: Conn): u32 {
  const free = r.sndChunks < share ? share - r.sndChunks : 0;
  const tail = c.prod == c.acked ? 0 : 0 - c.prod & CHUNK - 1; // left in its last chunk
  if (free == 0) return tail;
  const fresh = c.prod == c.acked ? CHUNK - (c.prod & CHUNK - 1) : CHUNK;
  return tail + fresh + (free - 1) * CHUNK;
}

/** n bytes were produced; call before `prod` moves. */
export function take(r: Replica, c: Conn, n: u32): void { r.sndChunks += chunks(c.acked, c.prod + n) - chunks(c.acked, c.prod); }

/** Bytes up to `acked` are given back; call before the connection's `acked` moves. */
export function give(r: Replica, c: Conn, acked: u32): void { r.sndChunks -= chunks(c.acked, c.prod) - chunks(acked, c.prod); }

/** A connection that was refused for want of chunks waits for its turn. */
export function starve(r: Replica, m: Member): void { if (!list.linked(starvedOf(m))) list.push(starved(r), starvedOf(m)); }

/** True while the service has chunks left. */
export function any(r: Replica): bool { return r.sndChunks < share; }
