// TIME-WAIT in records of their own (RFC 9293 3.10.7.4, RFC 6191): they answer what is late, and make way for a newer SYN. The oldest is
// recycled when the pool is empty. One timer serves all: they expire in the order of the list.

import { TIME_WAITS } from "../core/sizes";
import { Conn, Flag, SynFlag } from "./conn";
import { Bit } from "../wire/tcp";
import { TimerKind } from "../core/timerkind";
import { Link } from "../core/list";
import * as list from "../core/list";
import { Timer } from "../core/wheel";
import * as wheel from "../core/wheel";
import * as clock from "../core/clock";
import * as site from "../core/site";
import * as seq from "../core/seq";
import * as segment from "./segment";
import * as options from "./options";
import { TTL } from "../net/ip";
import * as out from "./out";
import * as output from "./output";
import * as table from "./table";
import * as window from "./window";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

@unmanaged export class TimeWait {
  next: usize; prev: usize;   // Link: the list, oldest first
  hashNext: usize;
  localAddr: u32;
  remoteAddr: u32;
  localPort: u16; remotePort: u16;
  rcvNxt: u32;
  sndNxt: u32;
  tsRecent: u32;
  tsOffset: u32;
  wnd: u32;
  voice: usize;
  until: u32;                 // clock.ms
  flags: u32;                 // SynFlag
  serial: u32;                // rises along the list
  ttl: u8;                    // of what it says
  tos: u8;
  pad: u16;
}
if (offsetof<TimeWait>() != 64) ERROR("TimeWait: layout");

/** 2 MSL, milliseconds. */
export const LIFE: u32 = 60000;
const BUCKETS: u32 = 1 << (32 - clz<u32>(TIME_WAITS - 1));
const BASE: usize = memory.data(64 * TIME_WAITS, 16);
const HASH: usize = memory.data(4 * BUCKETS, 16);
const TIMER: usize = memory.data(16, 16);
const WAITING: usize = memory.data(8, 16);
const FREE: usize = memory.data(8, 16);
let count: u32 = 0;
let serial: u32 = 0;

export function init(): void {
  memory.fill(HASH, 0, 4 * BUCKETS);
  memory.fill(TIMER, 0, 16);
  memory.fill(BASE, 0, 64 * TIME_WAITS);
  list.init(changetype<Link>(WAITING));
  list.init(changetype<Link>(FREE));
  for (let i: u32 = 0; i < TIME_WAITS; i++) list.push(changetype<Link>(FREE), changetype<Link>(BASE + (<usize>i << 6)));
  changetype<Timer>(TIMER).kind = TimerKind.tcp + 2;
  count = 0;
}

/** Records in use. */
export function used(): u32 { return count; }

function bucket(local: u32, lport: u32, remote: u32, rport: u32): usize {
  return HASH + (<usize>(table.hash(remote, local, rport << 16 | lport) & (BUCKETS - 1)) << 2);
}

export function find(local: u32, lport: u32, remote: u32, rport: u32): TimeWait | null {
  for (let p = load<usize>(bucket(local, lport, remote, rport)); p != 0; p = changetype<TimeWait>(p).hashNext) {
    const w = changetype<TimeWait>(p);
    if (w.remoteAddr == remote && w.remotePort == rport && w.localPort == lport && w.localAddr == local) return w;
  }
  return null;
}

/** True where a record has this local port, at this address or (0) any. */
export function holds(addr: u32, port: u32): bool {
  const head = changetype<usize>(changetype<Link>(WAITING));
  for (let l = changetype<Link>(head).next; l != head; l = changetype<Link>(l).next) {
    const w = changetype<TimeWait>(l);
    if (w.localPort == port && (addr == 0 || w.localAddr == addr)) return true;
  }
  return false;
}

/** Records what c leaves behind; replaces an older record of the same addresses. */
export function add(c: Conn): void {
  const old = find(c.localAddr, c.localPort, c.remoteAddr, c.remotePort);
  if (old != null) drop(old);
  if (list.isEmpty(changetype<Link>(FREE))) {
    counters.add(C.timeWaitRecycled);
    drop(changetype<TimeWait>(changetype<Link>(WAITING).next));
  }
  const w = changetype<TimeWait>(changetype<Link>(FREE).next);
  list.remove(changetype<Link>(changetype<usize>(w)));
  w.localAddr = c.localAddr; w.remoteAddr = c.remoteAddr;
  w.localPort = c.localPort; w.remotePort = c.remotePort;
  w.rcvNxt = output.ackNo(c);
  w.sndNxt = c.iss + 1 + seq.max(c.sentMax, c.heardAck) + (c.flags & Flag.finEver || c.finAcked ? 1 : 0);
  w.tsRecent = c.tsRecent;
  w.tsOffset = c.tsOffset;
  w.wnd = window.field(c, c.dep);
  w.voice = c.voice;
  w.flags = c.options;
  w.ttl = c.ttl;
  w.tos = c.tos;
  enter(w);
  wait(w);
}

function enter(w: TimeWait): void {
  const b = bucket(w.localAddr, w.localPort, w.remoteAddr, w.remotePort);
  w.hashNext = load<usize>(b);
  store<usize>(b, changetype<usize>(w));
  count++;
}

/** (Re)starts the record's 2 MSL: it goes to the end of the list. */
function wait(w: TimeWait): void {
  later(w, clock.ms + LIFE);
}

function later(w: TimeWait, until: u32): void {
  w.until = until;
  w.serial = ++serial;
  list.remove(changetype<Link>(changetype<usize>(w)));
  list.push(changetype<Link>(WAITING), changetype<Link>(changetype<usize>(w)));
  if (!wheel.isArmed(changetype<Timer>(TIMER))) wheel.arm(changetype<Timer>(TIMER), w.until);
}

export function drop(w: TimeWait): void {
  let link = bucket(w.localAddr, w.localPort, w.remoteAddr, w.remotePort);
  while (load<usize>(link) != changetype<usize>(w)) link = load<usize>(link) + offsetof<TimeWait>("hashNext");
  store<usize>(link, w.hashNext);
  list.remove(changetype<Link>(changetype<usize>(w)));
  list.push(changetype<Link>(FREE), changetype<Link>(changetype<usize>(w)));
  count--;
  if (count == 0) wheel.cancel(changetype<Timer>(TIMER));
}

/** Drops what has waited long enough. */
export function timer(): void {
  while (count != 0) {
    const w = changetype<TimeWait>(changetype<Link>(WAITING).next);
    if (seq.gt(w.until, clock.ms)) { wheel.arm(changetype<Timer>(TIMER), w.until); return; }
    drop(w);
  }
}

/** The parsed segment belongs to record w. True where it is a SYN that may begin a new connection (RFC 6191 2). */
export function arrive(w: TimeWait): bool {
  const bits = segment.bits;
  // RFC 1337: an old RST must not end TIME-WAIT
  if (bits & Bit.rst) { counters.add(C.timeWaitSegment); return false; }
  if ((bits & (Bit.syn | Bit.ack)) == Bit.syn && newer(w)) return true;
  counters.add(C.timeWaitSegment);
  if (bits & Bit.fin) wait(w);
  // an ACK for an ACK would be answered again
  if (segment.space() != 0 || segment.seqNo != w.rcvNxt) ack(w);
  return false;
}

function newer(w: TimeWait): bool {
  if (w.flags & SynFlag.timestamps && options.hasTs) {
    return seq.gt(options.tsVal, w.tsRecent) || (options.tsVal == w.tsRecent && seq.gt(segment.seqNo, w.rcvNxt));
  }
  return seq.gt(segment.seqNo, w.rcvNxt);
}

function ack(w: TimeWait): void {
  const o = out.begin(w.voice);
  if (!o) return;
  out.mark(w.ttl, w.tos);
  const ts = (w.flags & SynFlag.timestamps) != 0;
  if (ts) options.writeTs(o, w.tsOffset + site.ms(), w.tsRecent);
  out.end(w.voice, w.localAddr, w.localPort, w.remoteAddr, w.remotePort, w.sndNxt, w.rcvNxt, Bit.ack, w.wnd, ts ? 12 : 0, 0);
}

// What a joining replica must know of them (CHAIN R27)

/** A record as it travels: everything but the local voice; `left` milliseconds of its life remain. */
@unmanaged export class Portable {
  localAddr: u32; remoteAddr: u32; localPort: u16; remotePort: u16;
  rcvNxt: u32; sndNxt: u32; tsRecent: u32; tsOffset: u32; wnd: u32; left: u32; serial: u32;
}
export const PORTABLE: u32 = 40;
if (offsetof<Portable>() != 40) ERROR("Portable: layout");

/** Writes at most n records of a local address and port that come after `after` in the list to p; returns how many. */
export function save(localAddr: u32, localPort: u32, after: u32, p: usize, n: u32): u32 {
  const head = changetype<Link>(WAITING);
  let done: u32 = 0;
  for (let l = head.next; l != changetype<usize>(head) && done < n; l = changetype<Link>(l).next) {
    const w = changetype<TimeWait>(l);
    if (w.localAddr != localAddr || w.localPort != localPort || seq.le(w.serial, after)) continue;
    const q = changetype<Portable>(p + done * PORTABLE);
    q.localAddr = w.localAddr; q.remoteAddr = w.remoteAddr; q.localPort = w.localPort; q.remotePort = w.remotePort;
    q.rcvNxt = w.rcvNxt; q.sndNxt = w.sndNxt; q.tsRecent = w.tsRecent; q.tsOffset = w.tsOffset;
    q.wnd = w.wnd | w.flags << 16;
    q.left = w.until - clock.ms;
    q.serial = w.serial;
    done++;
  }
  return done;
}

/** Takes a record over; `voice` speaks for it. Records that have no life left, or for which there is no room, are dropped. */
export function restore(q: Portable, voice: usize): void {
  if (q.left > LIFE || list.isEmpty(changetype<Link>(FREE)) || find(q.localAddr, q.localPort, q.remoteAddr, q.remotePort) != null) return;
  const w = changetype<TimeWait>(changetype<Link>(FREE).next);
  list.remove(changetype<Link>(changetype<usize>(w)));
  w.localAddr = q.localAddr; w.remoteAddr = q.remoteAddr; w.localPort = q.localPort; w.remotePort = q.remotePort;
  w.rcvNxt = q.rcvNxt; w.sndNxt = q.sndNxt; w.tsRecent = q.tsRecent; w.tsOffset = q.tsOffset;
  w.wnd = q.wnd & 0xffff;
  w.flags = q.wnd >> 16;
  w.ttl = <u8>TTL;
  w.tos = 0;
  w.voice = voice;
  enter(w);
  later(w, clock.ms + q.left);
}
