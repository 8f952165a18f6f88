// What TCP refuses or does out of the ordinary. A refused segment counts in exactly one of these.

import { add as addTo, get as getFrom } from "../core/counters";

/** Starts at `Base.tcp` of core/counters. */
export const enum Tcp {
  badLength = 96,        // shorter than its header, or header shorter than 20
  badChecksum = 97,
  badOption = 98,        // an option's length is impossible
  badSource = 99,        // from a multicast, broadcast or zero address or port
  badFlags = 100,        // a combination that no TCP sends
  noPort = 101,          // no listener, no connection: answered by RST
  noPortSilent = 102,    // ... an RST itself
  outOfWindow = 103,     // not acceptable: answered by ACK
  rstOutOfWindow = 104,
  rstChallenged = 105,   // RFC 5961 3
  synChallenged = 106,   // RFC 5961 4
  ackChallenged = 107,   // RFC 5961 5
  challengeLimited = 108,
  paws = 109,            // RFC 7323 5
  noAck = 110,           // a segment without ACK where one must be
  duplicate = 111,       // nothing new in it
  noBuffer = 112,        // received bytes that no chunk was there for
  noRange = 113,         // out-of-order bytes that no range was there for
  afterFin = 114,        // data beyond the FIN
  badAck = 115,          // handshake: acknowledges what was not sent
  noConn = 116,          // the table of connections was full
  noHalfOpen = 117,      // the pool of SYN records was full
  cookieSent = 118,
  cookieTaken = 119,
  cookieEarly = 120,     // of no connection, while one that a cookie began may be on its way here
  timeWaitRecycled = 121,
  timeWaitSegment = 122, // answered from a TIME-WAIT record
  silenced = 123,        // segments that the voice did not let out
  retransmits = 124,
  fastRetransmits = 125,
  timeouts = 126,
  tailProbes = 127,
  windowProbes = 128,
  keepAlives = 129,
  gaveUp = 130,
  resetHeard = 131,
  resetSent = 132,
  icmpBlind = 133,       // an ICMP error that does not fit what is in flight
  icmpSoft = 134,
  icmpMtu = 135,
  established = 136,
  opened = 137,
  badSack = 138,         // a SACK block outside what is in flight
  windowClosed = 139,    // bytes beyond the offered window
  sendShort = 140,       // the pool could not take what `room` had promised
  reassembled = 141,
  spuriousTimeouts = 142,
  badListener = 143,     // SYN refused: the listener's owner has no room
  acceptFull = 144,      // SYN, or the handshake's last ACK, while the listener's accept queue is full
}

// @ts-ignore: decorator
@inline export function add(c: u32): void { addTo(c); }
export function get(c: u32): u32 { return getFrom(c); }
