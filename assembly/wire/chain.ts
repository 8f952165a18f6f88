// Messages of the acknowledgement channel: a UDP datagram with a header, sections, and a SipHash-2-4 tag over all before it. Little-endian.
// The layout stands in docs/protocol.md.

@unmanaged export class Chain {
  magic: u8;            // 'C'
  version: u8;          // 1
  service: u8;
  flags: u8;            // ChainFlag
  sender: u8;           // node ids
  receiver: u8;
  length: u16;          // of the whole message, tag included
  view: u32;
  seq: u32;             // of this sender to this receiver, above all before in its incarnation
  senderIncarnation: u64;
  receiverIncarnation: u64;
  heard: u32;           // highest sequence taken from the receiver in this view
  applied: u32;         // events applied by the sender
  want: u32;            // downwards: the next event that the sender lacks
  stable: u32;          // events that the primary is known to have applied
  before: u32;          // which of the 32 sequence numbers before `heard` were taken too: bit 0 is heard - 1
}
export const CHAIN: u32 = 52;
export const TAG: u32 = 8;
if (offsetof<Chain>() != 52) ERROR("Chain: layout");

export const enum ChainFlag { up = 1, cookies = 2 }
export const enum Magic { chain = 0x43, join = 0x4a, version = 1 }

/** A section: u8 type, u8 0, u16 length of what follows. */
export const enum Section { events = 1, counters = 2, hearsay = 3, syn = 4, pull = 5, bytes = 6, doubt = 7 }
export const SECTION: u32 = 4;

/** Largest message: leaves room for IP and UDP headers within 1,500 bytes. */
export const MESSAGE_MAX: u32 = 1464;

/** Progress of one connection, upwards. */
@unmanaged export class Counter {
  c: u16;
  flags: u8;            // CounterFlag
  pad: u8;
  prod: u32;
  ok: u32;
  edge: u32;
  digest: u64;
}
export const COUNTER: u32 = 24;
export const enum CounterFlag { okFin = 1, prodFin = 2 }

/** What a predecessor knows of a client, downwards (R8). */
@unmanaged export class Hearsay {
  c: u16;
  flags: u8;            // HearsayFlag
  pad: u8;
  irs: u32;             // names the connection beside c
  rcvd: u32;
  ack: u32;
  wnd: u32;
}
export const HEARSAY: u32 = 20;
export const enum HearsayFlag { established = 1, fin = 2, finAcked = 4, reset = 8, giveUp = 16 }

/** A request for the client's bytes [from, to), either way (R9). */
@unmanaged export class Pull { c: u16; pad: u16; from: u32; to: u32; }
export const PULL: u32 = 12;

/** Head of the bytes asked for: n of them follow. */
@unmanaged export class Bytes { c: u16; n: u16; offset: u32; }
export const BYTES: u32 = 8;
/** A connection whose output differs between replicas: upwards with what is known of it, opinions behind it; downwards the request for them. */
@unmanaged export class Doubt { c: u16; pad: u16; irs: u32; known: u32; differ: u32; }
export const DOUBT: u32 = 16;
/** What the replica at `position` has produced of it. */
@unmanaged export class Opinion { position: u32; prod: u32; digest: u64; }
export const OPINION: u32 = 16;
if (offsetof<Doubt>() != 16 || offsetof<Opinion>() != 16 || offsetof<Counter>() != 24 || offsetof<Hearsay>() != 20 || offsetof<Pull>() != 12 || offsetof<Bytes>() != 8) ERROR("chain: layout");
