// Listeners, and the control blocks made from SYNs. Everything that a SYN decides is a function of the SYN and the listener (R12).

import { Conn, Flag, State, Syn, SynFlag } from "./conn";
import { SERVICES } from "../core/sizes";
import * as local from "../net/local";
import { LocalFlag } from "../net/local";
import * as segment from "./segment";
import * as options from "./options";
import { TTL } from "../net/ip";
import * as route from "../net/route";
import * as iface from "../net/iface";
import * as table from "./table";
import * as state from "./state";
import * as cc from "./cc";
import * as window from "./window";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

@unmanaged export class Listener {
  addr: u32;        // 0: any of ours
  port: u16;
  owner: u8;
  gated: u8;
  voice: usize;
  rcvCap: u32;
  sndCap: u32;
  mssLimit: u16;    // largest segment either way, options included
  cc: u8;           // Algo
  cookies: u8;      // 1: every SYN is answered by a cookie
  keepIdle: u32;    // ms; 0: no keep-alive
  guard: u32;       // added to the timestamp offset of cookies (R13)
  cookieAt: u32;    // clock.ms of the last cookie
  cookied: u8;      // 1: cookieAt is valid
  used: u8;
  user: u16;        // a program's socket, 0: a service's
  limit: u32;       // connections that may wait to be accepted; 0: any number
  waiting: u32;     // of these, how many wait: counted with a limit, and counted down by the owner
  ttl: u8;          // of what its connections send
  tos: u8;
}

const MAX: u32 = SERVICES + 16;
const BASE: usize = memory.data(64 * MAX, 16);
if (offsetof<Listener>() > 64) ERROR("Listener: layout");
/** Segments when the owner sets no limit: an Ethernet's. */
export const MSS: u32 = 1460;
/** Keep-alive's idle time where it is on (RFC 9293 3.8.4: no less by default). */
export const KEEP_IDLE: u32 = 7200000;

let top: u32 = 0;                 // no listener from this place on

export function init(): void { memory.fill(BASE, 0, 64 * MAX); top = 0; }

// @ts-ignore: decorator
@inline function at(i: u32): Listener { return changetype<Listener>(BASE + (<usize>i << 6)); }

/** The listener for an address and port, or null. An exact address goes before any address. */
export function find(addr: u32, port: u32): Listener | null {
  let best: usize = 0;
  for (let i: u32 = 0; i < top; i++) {
    const l = at(i);
    if (!l.used || l.port != port || (l.addr != 0 && l.addr != addr)) continue;
    if (l.addr != 0) return l;
    if (l.user != 0 && tunnelled(addr)) continue;
    best = changetype<usize>(l);
  }
  return best == 0 ? null : changetype<Listener>(best);
}

/** A v_host's address: a program that listens on any address has no part in it. */
function tunnelled(addr: u32): bool {
  const a = local.find(addr);
  return a != null && (a.flags & LocalFlag.tunnelOnly) != 0;
}

/** A new listener, or null when there is one already or no room. */
export function add(addr: u32, port: u32): Listener | null {
  for (let i: u32 = 0; i < top; i++) if (at(i).used && at(i).addr == addr && at(i).port == port) return null;
  for (let i: u32 = 0; i < MAX; i++) {
    const l = at(i);
    if (l.used) continue;
    memory.fill(changetype<usize>(l), 0, 64);
    l.used = 1;
    l.ttl = <u8>TTL;
    l.addr = addr; l.port = <u16>port;
    top = max<u32>(top, i + 1);
    return l;
  }
  return null;
}

/** Takes a listener away. Its SYN records are the caller's to drop. */
export function remove(l: Listener): void {
  l.used = 0;
  while (top != 0 && !at(top - 1).used) top--;
}

/** False, counted, where as many connections of l wait to be accepted as may. */
export function hasRoom(l: Listener): bool {
  if (l.limit == 0 || l.waiting < l.limit) return true;
  counters.add(C.acceptFull);
  return false;
}

/** Writes the SYN that has just been parsed into s. */
export function record(s: Syn): void {
  s.remoteAddr = segment.remoteAddr; s.localAddr = segment.localAddr;
  s.remotePort = <u16>segment.remotePort; s.localPort = <u16>segment.localPort;
  s.irs = segment.seqNo;
  s.iss = 0;
  s.tsVal = options.hasTs ? options.tsVal : 0;
  s.wnd = <u16>segment.wnd;
  s.mss = <u16>options.mss;
  s.wscale = <u8>options.wscale;
  s.flags = <u8>((options.hasTs ? SynFlag.timestamps : 0) | (options.sackOk ? SynFlag.sack : 0));
  s.pad = 0;
}

/** Largest segment that the link towards `remote` carries (RFC 9293 3.7.1: MMS_S); at most `most`. */
export function fit(remote: u32, most: u32): u32 {
  const r = route.lookup(remote);
  return r == null ? most : min<u32>(most, iface.at(r.iface).mtu - 40);
}

/** The same for a listener's connections. Gated, every replica must compute the same (R12): the limit alone counts. */
export function segmentTo(l: Listener, remote: u32): u32 { return l.gated ? l.mssLimit : fit(remote, l.mssLimit); }

/** The block of a SYN in SYN-RECEIVED, with iss from the record; null, counted, when there is none or the addresses are taken. */
export function make(l: Listener, s: Syn, tsOffset: u32): Conn | null {
  if (table.find(s.localAddr, s.localPort, s.remoteAddr, s.remotePort) != null) return null;
  const c = table.make(s.localAddr, s.localPort, s.remoteAddr, s.remotePort);
  if (c == null) { counters.add(C.noConn); return null; }
  counters.add(C.opened);
  c.listener = changetype<usize>(l);
  c.state = <u8>State.synRcvd;
  c.owner = l.owner;
  c.gated = l.gated;
  c.voice = l.voice;
  c.cc = l.cc;
  c.keepIdle = l.keepIdle;
  c.userTimeout = USER_TIMEOUT;
  if (l.limit != 0) l.waiting++;
  state.begin(c, l.rcvCap, l.sndCap);
  c.ttl = l.ttl;
  c.tos = l.tos;
  numbers(c, s, l, tsOffset);
  cc.init(c);
  if (!(s.flags & SynFlag.cookie)) c.flags |= Flag.synDue;
  else if (l.gated) c.flags |= Flag.estHeard;   // its ACK was the cookie's
  return c;
}

/** RFC 9293 3.8.3: R2 for data, milliseconds. */
export const USER_TIMEOUT: u32 = 300000;

function numbers(c: Conn, s: Syn, l: Listener, tsOffset: u32): void {
  c.irs = s.irs;
  c.iss = s.iss;
  c.lastAck = s.irs + 1;
  c.tsRecent = s.tsVal;
  c.tsOffset = tsOffset;
  c.tsFloor = tsOffset;
  c.sndWnd = s.wnd;
  c.sndWndMax = s.wnd;
  c.sndWl1 = s.irs;
  c.sndWl2 = s.iss;
  state.agree(c, s.flags & (SynFlag.timestamps | SynFlag.sack), s.mss, s.wscale, segmentTo(l, s.remoteAddr));
  c.wscaleRcv = s.wscale == 255 ? 0 : <u8>window.scaleFor(l.rcvCap);
  c.edgeSent = min<u32>(l.rcvCap, 65535);
}
