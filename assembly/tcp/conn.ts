// The TCP control block. Variables of RFC 9293 keep their names; what the replication layer steers is in stream offsets:
// offset 0 is the first data byte, SYN and FIN are not counted, all wrap at 2^32 (compare by `seq`).
//
// Plain TCP is the case without limits: `gated` is 0, and then dep = rcvd, ok = prod, edgeLimit = edge at once.

export { Voice } from "../net/voice";

export const enum State {
  closed = 0, listen = 1, synSent = 2, synRcvd = 3, established = 4, finWait1 = 5, finWait2 = 6, closeWait = 7, closing = 8, lastAck = 9, timeWait = 10,
}

/** What news an owner finds in `dirty` when `tcp.nextDirty()` returns a connection. */
export const enum Dirty {
  established = 1,   // the handshake's last ACK was heard
  data = 2,          // `rcvd` grew
  fin = 4,           // the FIN is contiguous: `finRcvd`
  ack = 8,           // `heardAck` or `finAcked` grew, or the client's window changed
  reset = 16,        // a valid RST was heard (gated: nothing was done about it)
  giveUp = 32,       // a timer gave the connection up (gated: nothing was done about it)
  finished = 64,     // both directions are closed and acknowledged
  retransmit = 128,  // the client sent again what was received before (`clientRetransmits` counts)
  edge = 256,        // the window that may be offered changed
}

/** A client's SYN: what every replica needs to make the same connection. Also inside events and on the wire, byte for byte. */
@unmanaged export class Syn {
  remoteAddr: u32;   // host order
  localAddr: u32;
  remotePort: u16;
  localPort: u16;
  irs: u32;          // client's ISN
  iss: u32;          // ours, once chosen
  tsVal: u32;        // client's TSval
  wnd: u16;          // client's window, unscaled
  mss: u16;
  wscale: u8;        // 255: no window scaling
  flags: u8;         // SynFlag
  pad: u16;
}
export const enum SynFlag { timestamps = 1, sack = 2, cookie = 4 }
if (offsetof<Syn>() != 32) ERROR("Syn: layout");

export const enum ConnSize { bits = 9, bytes = 512 }   // the block's stride in the table

@unmanaged export class Conn {
  // identity
  hashNext: usize;
  localAddr: u32;
  remoteAddr: u32;
  localPort: u16;
  remotePort: u16;
  state: u8;          // State
  owner: u8;          // service id, or OWNER_USER
  c: u16;             // its number in the owner's service (CHAIN.md), or free for the user
  gated: u8;          // 1: an owner moves dep, ok and edgeLimit
  finRcvd: u8;        // the client's FIN is contiguous, at offset rcvd
  finDep: u8;         // ... and deposited
  prodFin: u8;        // the service has closed: a FIN follows prod
  okFin: u8;          // ... and may be sent
  finAcked: u8;       // the client has acknowledged it (heard)
  finReleased: u8;    // ... and the owner has applied that
  wscaleSnd: u8;
  wscaleRcv: u8;
  options: u8;        // SynFlag
  mss: u16;           // payload bytes of a full segment, options deducted
  voice: usize;       // Voice
  dirtyNext: usize;
  dirty: u32;
  // receiving, stream offsets
  irs: u32;
  rcvd: u32;          // contiguous bytes held
  dep: u32;           // deposited: acknowledged, visible to the service
  readOff: u32;       // the service has read up to here
  keepFrom: u32;      // gated: bytes from here on are kept (R4); else follows readOff
  edge: u32;          // right edge that this block would offer: monotone
  edgeLimit: u32;     // gated: minimum of the chain's edges: what is offered
  edgeSent: u32;      // right edge last advertised
  rcvCap: u32;        // receive buffer, bytes
  clientRetransmits: u32;
  // sending, stream offsets
  iss: u32;
  prod: u32;          // produced by the service
  ok: u32;            // may be sent up to here
  sent: u32;          // SND.NXT as an offset
  sentMax: u32;       // highest ever sent
  heardAck: u32;      // SND.UNA as an offset: highest valid ACK heard
  acked: u32;         // released to the service (R11a)
  sndWnd: u32;        // client's window in bytes
  sndWl1: u32;
  sndWl2: u32;
  sndCap: u32;        // send buffer, bytes
  // timestamps
  tsOffset: u32;      // added to the site clock for TSval (R13)
  tsFloor: u32;       // no round-trip sample from a TSecr before this
  tsRecent: u32;
  // below: TCP's own, not for owners

}
