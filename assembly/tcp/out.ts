// Where segments leave: `begin` gives the place to write the options and the payload at, `end` completes header and checksum and hands the
// packet to ip. No segment leaves otherwise, and none while its voice may not speak.

import { Voice } from "./conn";
import { Bit, Tcp, TCP_SIZE } from "../wire/tcp";
import * as frame from "../core/frame";
import * as clock from "../core/clock";
import * as checksum from "../core/checksum";
import * as ring from "../core/ring";
import * as ip from "../net/ip";
import * as route from "../net/route";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

const IP_SIZE: u32 = 20;
/** Offset of the IP header in a frame buffer. */
const AT: u32 = frame.HEADROOM + 14;
/** Payload and options that fit one buffer. */
export const ROOM: u32 = frame.FRAME - AT - IP_SIZE - TCP_SIZE;

/** True where the voice may speak now (R18). */
// @ts-ignore: decorator
@inline export function may(voice: usize): bool {
  const v = changetype<Voice>(voice);
  return v.mute == 0 && (v.until == 0 || v.until > clock.now);
}

/** Ring slots that data leaves to acknowledgements and others. */
const SPARE: u32 = 16;

/** True where the ring towards `remote` has no room for data: to send on would be to lose. */
export function full(remote: u32): bool {
  const r = route.lookup(remote);
  return r != null && ring.room(r.iface) < SPARE;
}

/** A voice without limits. */
export const ALWAYS: usize = memory.data(16, 16);

let packet: usize = 0;
let ttl: u32 = 0, tos: u32 = 0, urgent: u32 = 0;

/** Address of the options of a new segment, or 0: the voice is silent, or no buffer is free; both counted. */
export function begin(voice: usize): usize {
  if (!may(voice)) { counters.add(C.silenced); return 0; }
  const f = frame.alloc();
  if (!f) return 0;
  packet = f + AT;
  ttl = ip.TTL; tos = 0;
  return packet + IP_SIZE + TCP_SIZE;
}

/** Time to live and type of service of the segment begun, where they are not the usual ones. */
// @ts-ignore: decorator
@inline export function mark(live: u32, service: u32): void { ttl = live; tos = service; }
/** The urgent pointer of the segment begun, for Bit.urg. */
export function setUrgent(pointer: u32): void { urgent = pointer; }

/** Sends the segment begun, with nOptions (a multiple of 4) and n payload bytes behind them. */
export function end(voice: usize, local: u32, lport: u32, remote: u32, rport: u32, seqNo: u32, ack: u32, bits: u32, wnd: u32, nOptions: u32, n: u32): void {
  const p = packet, t = changetype<Tcp>(p + IP_SIZE), size = TCP_SIZE + nOptions + n;
  t.srcPort = lport; t.dstPort = rport;
  t.seq = seqNo; t.ack = ack;
  t.headerSize = TCP_SIZE + nOptions;
  t.bits = <u8>bits;
  t.wnd = wnd;
  t.rawSum = 0; t.rawUrg = 0;
  if (bits & Bit.urg) t.urgent = urgent;
  t.rawSum = checksum.finish(checksum.add(p + IP_SIZE, size, checksum.pseudo(local, remote, 6, size)));
  ip.fill(p, IP_SIZE + size, local, remote, 6, ttl, tos, true);
  ip.output(p, IP_SIZE + size, changetype<Voice>(voice).until);
}
