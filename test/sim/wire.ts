// Reads what travels inside the site, for schedules that lose or forge chosen packets: copies of clients' segments in the tunnel, and messages of
// the acknowledgement channel (docs/protocol.md).

import { ipAt, parseTcp, Proto, Segment, u16 } from "./packet.ts";
import { SITE } from "./world.ts";

export const enum Section { events = 1, counters = 2, hearsay = 3, syn = 4, pull = 5, bytes = 6 }
const CHAIN = 52, TAG = 8, UDP = 42;

/** The client's segment that a tunnel frame carries; null where the frame is something else. */
export function copyOf(frame: Uint8Array): Segment | null {
  const ip = ipAt(frame), s = new Segment();
  if (ip < 0 || frame[ip + 9] !== Proto.ipip || frame.length < ip + 60) return null;
  return parseTcp(frame, ip + 20, s) ? s : null;
}

/** True for any copy of a client's packet. */
export function isCopy(frame: Uint8Array): boolean {
  const ip = ipAt(frame);
  return ip >= 0 && frame[ip + 9] === Proto.ipip;
}

/** A segment outside of tunnels; null where the frame is something else. */
export function segmentOf(frame: Uint8Array): Segment | null {
  const ip = ipAt(frame), s = new Segment();
  return ip >= 0 && parseTcp(frame, ip, s) ? s : null;
}

/** Offset of the payload of a datagram to `port`, or -1. */
export function datagramAt(frame: Uint8Array, port: number): number {
  const ip = ipAt(frame);
  return ip >= 0 && frame[ip + 9] === Proto.udp && frame.length >= UDP && u16(frame, 36) === port ? UDP : -1;
}

/** True for a message of the acknowledgement channel. */
export function isChain(frame: Uint8Array): boolean { return datagramAt(frame, SITE.chainPort) >= 0 && frame[UDP] === 0x43; }

/** True for a message of the view protocol. */
export function isManage(frame: Uint8Array): boolean { return datagramAt(frame, SITE.managePort) >= 0; }

/** True for a message of the acknowledgement channel that has a section of this type. */
export function carries(frame: Uint8Array, type: Section): boolean {
  if (!isChain(frame)) return false;
  const v = new DataView(frame.buffer, frame.byteOffset), stop = UDP + v.getUint16(UDP + 6, true) - TAG;
  for (let at = UDP + CHAIN; at + 4 <= stop; at += 4 + v.getUint16(at + 2, true)) if (v.getUint16(at, true) === type) return true;
  return false;
}
