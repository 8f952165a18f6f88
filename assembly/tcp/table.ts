// The control blocks: pool, hash table by addresses and ports, and the two lists that connections wait on: news for the owner, and output.
// A block that is given back while it is on a list becomes free when it leaves the list.

import { CONNS } from "../core/sizes";
import { must } from "../core/err";
import { Conn, ConnSize, Flag } from "./conn";
import { TimerKind } from "../core/timerkind";
import * as stream from "./stream";
import * as rcvpool from "./rcvpool";
import * as ranges from "./ranges";
import * as timers from "./timers";

const BUCKETS: u32 = 1 << (32 - clz<u32>(CONNS - 1));
const BASE: usize = memory.data(ConnSize.bytes * CONNS, 16);
const HASH: usize = memory.data(4 * BUCKETS, 16);
const END: usize = 1;            // last of a list
let free: usize = 0;
let count: u32 = 0;
let secret: u32 = 0x9e3779b1;
let recent: usize = 0;           // the connection of the last segment
let dirtyHead: usize = 0, dirtyTail: usize = 0;   // END while empty, from `init` on
let plainHead: usize = 0, plainTail: usize = 0;   // news set aside
let outHead: usize = 0, outTail: usize = 0;

export function init(): void {
  memory.fill(HASH, 0, 4 * BUCKETS);
  free = 0; recent = 0;
  dirtyHead = END; dirtyTail = 0; plainHead = END; plainTail = 0; outHead = END; outTail = 0;
  for (let i: u32 = 0; i < CONNS; i++) {
    const c = changetype<Conn>(BASE + (<usize>(CONNS - 1 - i) << ConnSize.bits));
    c.hashNext = free;
    free = changetype<usize>(c);
  }
  count = CONNS;
}

/** Keys the table, so that nobody can choose addresses that meet in one bucket. */
export function setSecret(s: u32): void { secret = s; }

/** Blocks in the pool: CONNS when there is no connection. */
export function available(): u32 { return count; }

/** Blocks in use. */
export function used(): u32 { return CONNS - count; }

/** Block number i of the table, for tests and status. */
export function at(i: u32): Conn { return changetype<Conn>(BASE + (<usize>i << ConnSize.bits)); }
/** Number of a block in the table. */
export function indexOf(c: Conn): u32 { return <u32>(changetype<usize>(c) - BASE) >> ConnSize.bits; }

export function hash(a: u32, b: u32, ports: u32): u32 {
  let h = (a ^ secret) * 0x85ebca6b;
  h = ((h ^ h >> 15) + b) * 0xc2b2ae35;
  h = ((h ^ h >> 13) + ports) * 0x9e3779b1;
  return h ^ h >> 16;
}

// @ts-ignore: decorator
@inline function bucket(local: u32, lport: u32, remote: u32, rport: u32): usize {
  return HASH + (<usize>(hash(remote, local, rport << 16 | lport) & (BUCKETS - 1)) << 2);
}

// @ts-ignore: decorator
@inline function is(c: Conn, local: u32, lport: u32, remote: u32, rport: u32): bool {
  return c.remoteAddr == remote && c.remotePort == rport && c.localPort == lport && c.localAddr == local;
}

/** The connection of these addresses and ports, or null. */
export function find(local: u32, lport: u32, remote: u32, rport: u32): Conn | null {
  if (recent != 0 && is(changetype<Conn>(recent), local, lport, remote, rport)) return changetype<Conn>(recent);
  for (let p = load<usize>(bucket(local, lport, remote, rport)); p != 0; p = changetype<Conn>(p).hashNext) {
    const c = changetype<Conn>(p);
    if (is(c, local, lport, remote, rport)) { recent = p; return c; }
  }
  return null;
}

/** A zeroed block in the table under these addresses, or null when there is none. */
export function make(local: u32, lport: u32, remote: u32, rport: u32): Conn | null {
  if (free == 0) return null;
  const c = changetype<Conn>(free);
  free = c.hashNext;
  count--;
  memory.fill(changetype<usize>(c), 0, ConnSize.bytes);
  c.localAddr = local; c.localPort = <u16>lport;
  c.remoteAddr = remote; c.remotePort = <u16>rport;
  c.timerKind = TimerKind.tcp;
  const b = bucket(local, lport, remote, rport);
  c.hashNext = load<usize>(b);
  store<usize>(b, changetype<usize>(c));
  c.flags = Flag.inTable;
  return c;
}

/** Takes a connection out of the table: its addresses are free for another, no timer runs. */
export function unlink(c: Conn): void {
  timers.stop(c);
  if (!(c.flags & Flag.inTable)) return;
  c.flags &= ~<u32>Flag.inTable;
  if (recent == changetype<usize>(c)) recent = 0;
  let link = bucket(c.localAddr, c.localPort, c.remoteAddr, c.remotePort);
  while (load<usize>(link) != changetype<usize>(c)) link = load<usize>(link) + offsetof<Conn>("hashNext");
  store<usize>(link, c.hashNext);
}

/** Gives a connection back with all that it holds. */
export function release(c: Conn): void {
  unlink(c);
  rcvpool.clear(rxStream(c));
  stream.clear(txStream(c));
  ranges.clear(changetype<usize>(c) + offsetof<Conn>("ooo"));
  ranges.clear(changetype<usize>(c) + offsetof<Conn>("sacked"));
  ranges.clear(changetype<usize>(c) + offsetof<Conn>("tsFirst"));
  c.state = 0;
  c.flags |= Flag.gone;
  if (c.dirtyNext == 0 && c.outNext == 0) recycle(c);
}

function recycle(c: Conn): void {
  must(count < CONNS);
  c.flags = 0;
  c.hashNext = free;
  free = changetype<usize>(c);
  count++;
}

// @ts-ignore: decorator
@inline export function rxStream(c: Conn): stream.Stream { return changetype<stream.Stream>(changetype<usize>(c) + offsetof<Conn>("rxStream")); }
// @ts-ignore: decorator
@inline export function txStream(c: Conn): stream.Stream { return changetype<stream.Stream>(changetype<usize>(c) + offsetof<Conn>("txStream")); }

/** Tells the owner: sets `bits` (Dirty) and queues the connection for `nextDirty`. */
export function mark(c: Conn, bits: u32): void {
  c.dirty |= bits;
  if (c.dirtyNext != 0) return;
  c.dirtyNext = END;
  if (dirtyHead == END) dirtyHead = changetype<usize>(c);
  else changetype<Conn>(dirtyTail).dirtyNext = changetype<usize>(c);
  dirtyTail = changetype<usize>(c);
}

/** The next connection with news, or null. The owner clears the bits of `dirty` that it has dealt with. */
export function nextDirty(): Conn | null {
  while (dirtyHead != END) {
    const c = changetype<Conn>(dirtyHead);
    dirtyHead = c.dirtyNext;
    c.dirtyNext = 0;
    if (!(c.flags & Flag.gone)) return c;
    if (c.outNext == 0) recycle(c);
  }
  return null;
}

/** Puts a connection that has just left the list of news on that of other owners' news. */
export function setAside(c: Conn): void {
  if (c.dirtyNext != 0) return;
  c.dirtyNext = END;
  if (plainHead == END) plainHead = changetype<usize>(c);
  else changetype<Conn>(plainTail).dirtyNext = changetype<usize>(c);
  plainTail = changetype<usize>(c);
}

/** The next connection set aside, or null. */
export function nextPlain(): Conn | null {
  while (plainHead != END) {
    const c = changetype<Conn>(plainHead);
    plainHead = c.dirtyNext;
    c.dirtyNext = 0;
    if (!(c.flags & Flag.gone)) return c;
    if (c.outNext == 0) recycle(c);
  }
  return null;
}

/** Queues a connection for the output at the end of this poll. */
export function want(c: Conn): void {
  if (c.outNext != 0) return;
  c.outNext = END;
  if (outHead == END) outHead = changetype<usize>(c);
  else changetype<Conn>(outTail).outNext = changetype<usize>(c);
  outTail = changetype<usize>(c);
}

/** The next connection that waits for output, or null. */
export function nextOut(): Conn | null {
  while (outHead != END) {
    const c = changetype<Conn>(outHead);
    outHead = c.outNext;
    c.outNext = 0;
    if (!(c.flags & Flag.gone)) return c;
    if (c.dirtyNext == 0) recycle(c);
  }
  return null;
}

/** The connection at the end of the output list; 0: none. */
export function lastOut(): usize { return outHead == END ? 0 : outTail; }
/** True while `nextOut` has something. */
export function pending(): bool { return outHead != END; }
