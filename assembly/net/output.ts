// IPv4 output: the header, the route, fragments. `ip` offers these functions to the other layers.

import { Err } from "../core/err";
import { Frag, IP, Ip4 } from "../wire/ip4";
import { Net } from "./counters";
import * as arp from "./arp";
import * as counters from "../core/counters";
import * as frame from "../core/frame";
import * as iface from "./iface";
import * as options from "./options";
import * as route from "./route";

/** Time to live of what this node says. */
export const TTL: u32 = 64;
let nextId: u32 = 0;

export function init(): void { nextId = 1; }

/**
 * Writes a header of 20 bytes with its checksum at p; n: bytes of header and payload. An identification is drawn only where the packet may
 * be fragmented; else it is 0 (RFC 6864).
 */
export function fill(p: usize, n: u32, src: u32, dst: u32, proto: u32, ttl: u32, tos: u32, df: bool): void {
  changetype<Ip4>(p).write(n, src, dst, proto, ttl, tos, df ? 0 : nextId, df ? Frag.df : 0);
  if (!df) nextId = nextId + 1 & 0xffff;
}

/**
 * Routes and sends the finished IP packet of n bytes at p, which lies in a frame buffer with at least 16 bytes before it. Owns the buffer.
 * deadline: microseconds on `clock.now` until which it may leave, 0: no limit. 0, or Err.noRoute, Err.refused (DF, too big), Err.noBuffer.
 */
export function output(p: usize, n: u32, deadline: u64): i32 {
  const dst = changetype<Ip4>(p).dst;
  const r = route.lookup(dst);
  if (r == null) { refuse(p, Net.ipNoRoute); return Err.noRoute; }
  return outputOn(r.iface, r.hop(dst), p, n, deadline);
}

/** The same to a given neighbour on an interface. */
export function outputOn(i: u32, hop: u32, p: usize, n: u32, deadline: u64): i32 {
  if (n <= iface.at(i).mtu) return arp.send(i, hop, p, n, 0, 0, deadline);
  if (changetype<Ip4>(p).dontFragment) { refuse(p, Net.ipTooBig); return Err.refused; }
  return fragment(i, hop, p, n, deadline);
}

/**
 * Sends a packet in two parts to the neighbour `gateway`: nHead bytes at head, which begin with the IP header, then nBody bytes at body.
 * Owns one reference of each buffer; head's has at least 16 bytes before it. 0 or Err.noBuffer.
 */
export function outputVia(i: u32, gateway: u32, head: usize, nHead: u32, body: usize, nBody: u32, deadline: u64): i32 {
  return arp.send(i, gateway, head, nHead, body, nBody, deadline);
}

/** Sends a packet as fragments: the first in its place, the others with heads of their own before the shared buffer. */
function fragment(i: u32, hop: u32, p: usize, n: u32, deadline: u64): i32 {
  const h = changetype<Ip4>(p), hl = h.headerLen, frag = h.frag;
  const step = (iface.at(i).mtu - hl) & ~7;
  frame.ref(p);
  cut(h, hl + step, frag | Frag.mf);
  let result = arp.send(i, hop, p, hl + step, 0, 0, deadline);
  for (let off = hl + step; off < n && result == 0; off += step) {
    const head = headOf(h, hl);
    if (!head) { result = Err.noBuffer; break; }
    const len = min(step, n - off);
    cut(changetype<Ip4>(head), hl + len, frag + (off - hl >> 3) | (off + len < n ? Frag.mf : 0));
    frame.ref(p);
    result = arp.send(i, hop, head, hl, p + off, len, deadline);
  }
  frame.free(p);
  return result;
}

/** Makes a header that of a fragment; n: bytes of header and data. */
export function cut(h: Ip4, n: u32, frag: u32): void {
  h.length = n;
  h.frag = frag;
  h.seal();
}

/** A later fragment's header in a frame of its own: a copy, with the options that belong to the first one made idle. 0: no buffer. */
function headOf(h: Ip4, hl: u32): usize {
  const b = frame.alloc();
  if (!b) return 0;
  const head = b + frame.HEADROOM + 14;
  memory.copy(head, changetype<usize>(h), hl);
  if (hl > IP) options.later(head, hl);
  return head;
}

/** Negative advice (RFC 1122 3.3.1.4): who is reached by this address does not answer. */
export function doubt(dst: u32): void {
  const r = route.lookup(dst);
  if (r != null) arp.doubt(r.iface, r.hop(dst));
}

/** Drops a packet: counts why, and frees its buffer. */
export function refuse(p: usize, why: u32): void { counters.add(why); frame.free(p); }
