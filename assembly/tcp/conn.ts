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
  urgent = 512,      // plain: the urgent pointer moved on (`tcp.urgent`)
  trouble = 1024,    // plain: `trouble` names what stands in the way
}

/** What stands in a connection's way without ending it: a soft error (RFC 9293 3.9.1.8). */
export const enum Trouble { none = 0, network = 1, host = 2, protocol = 3, port = 4, route = 5, exceeded = 6, parameter = 7, retransmissions = 8 }

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
  listener: usize;    // that it came from; 0: active open
  outNext: usize;     // output list; 0: not on it
  flags: u32;         // Flag
  // one timer of the wheel serves several deadlines
  timerNext: usize;
  timerPrev: usize;
  timerAt: u32;
  timerKind: u32;
  deadlines: u32;     // bits of Slot that are armed
  at0: u32;           // by Slot, milliseconds
  at1: u32;
  at2: u32;
  at3: u32;
  at4: u32;
  // buffers
  rxStream: u64;      // Stream
  txStream: u64;      // Stream
  ooo: usize;         // received beyond rcvd: Range list
  sacked: usize;      // scoreboard: Range list
  tsFirst: usize;     // TSvals that wait with their bytes (R16): Range list
  tsLast: usize;
  // receiving
  finOff: u32;        // where the client's FIN is, once seen
  lastAck: u32;       // Last.ACK.sent, a sequence number
  rcvMss: u32;        // largest segment received
  holdRcvd: u32;      // a duplicate ACK is kept until dep reaches this (R5a)
  holdFrom: u32;      // no ACK stops in [holdFrom, holdTo): told by SACK before
  holdTo: u32;
  sackTop: u32;       // highest right edge told by SACK
  quietUntil: u32;    // no further challenge ACK before this millisecond
  lastHeard: u32;     // millisecond of the last segment
  // sending
  sndWndMax: u32;
  smallEnd: u32;      // end of the last short segment sent (Nagle)
  sentAt: u32;        // millisecond of the last data sent
  progressAt: u32;    // millisecond since when nothing was acknowledged
  mssMax: u16;        // mss before path MTU discovery
  backoff: u8;        // RTO doublings
  probes: u8;         // keep-alive probes without answer
  cc: u8;             // Algo
  dupAcks: u8;
  synTries: u8;
  sackedN: u8;        // ranges on the scoreboard
  userTimeout: u32;   // ms
  keepIdle: u32;      // ms; 0: no keep-alive
  srtt: u32;          // ms << 3
  rttvar: u32;        // ms << 2
  rto: u32;           // ms
  timedOut: u32;      // heardAck when the retransmission timer fired last
  rttEnd: u32;        // the sample ends when this offset is acknowledged
  rttAt: u32;         // us when it began
  // congestion
  cwnd: u32;
  ssthresh: u32;
  recover: u32;       // RecoveryPoint
  highRxt: u32;
  rescue: u32;
  lost: u32;          // bytes taken as lost without SACK (RFC 6582)
  cc0: u32;           // the algorithm's own
  cc1: u32;
  cc2: u32;
  cc3: u32;
  cc4: u32;
  cc5: u32;
  cc6: u32;
  // set by its user
  keepInterval: u32;  // ms between keep-alive probes; 0: the default
  keepProbes: u32;    // without answer that end it; 0: the default
  retransmits: u32;   // segments sent again
  rcvUp: u32;         // Flag.rcvUrgent: the offset behind the client's urgent data
  sndUp: u32;         // Flag.sndUrgent: the offset behind ours
  ttl: u8;            // of what it sends
  tos: u8;            // ... with the DSCP in the upper six bits
  trouble: u8;        // Trouble, the last
}
if (offsetof<Conn>() > <usize>ConnSize.bytes) ERROR("Conn: too large for its stride");

/** The owner number of a connection that no service owns. */
export const OWNER_USER: u32 = 255;

export const enum Flag {
  ackNow = 1,          // an ACK is due
  ackDelayed = 2,      // an ACK is due at Slot.ack at the latest
  estHeard = 4,        // gated: the handshake's last ACK was heard
  finSent = 8,         // SND.NXT is beyond the FIN
  finEver = 16,        // ... or once was
  finSeen = 32,        // the client's FIN is at finOff
  noDelay = 64,        // no Nagle
  cwndLimited = 128,   // the congestion window stopped the last output
  recovery = 256,      // fast recovery
  rtoRecovery = 512,   // going back after a timeout
  rttOn = 1024,        // a round trip is being measured
  persist = 2048,      // Slot.rtx is the persist timer
  synDue = 4096,       // the SYN or SYN-ACK has to leave
  gone = 8192,         // given back, but still on a list
  hold = 16384,        // a duplicate ACK is kept (R5a)
  inTable = 32768,
  tlp = 65536,         // a tail loss probe is out
  active = 131072,     // active open
  held = 262144,       // the gate's 5 ms are over: acknowledge as it stands
  sampled = 524288,    // srtt is valid
  wantOut = 1048576,   // output as soon as the voice may speak
  cork = 2097152,      // short segments wait for more
  rcvUrgent = 4194304, // urgent data were told and are not read
  sndUrgent = 8388608, // urgent data of ours are not acknowledged
  rttEcho = 16777216,  // something was sent again, or by another: the next round trip is told by the timestamp's echo
}

export const enum Slot { rtx = 0, ack = 1, keep = 2, gate = 3, probe = 4, COUNT = 5 }
