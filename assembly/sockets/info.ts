// TCP_INFO in Linux's layout (struct tcp_info), as far as its window fields. What this TCP does not keep is zero.

import * as clock from "../core/clock";
import * as sack from "../tcp/sack";
import { Conn, Flag, Slot, State, SynFlag } from "../tcp/conn";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";

/** Bytes of it. */
export const SIZE: u32 = 240;

const enum Info {
  state = 0, caState = 1, retransmits = 2, probes = 3, backoff = 4, options = 5, wscale = 6,
  rto = 8, sndMss = 16, rcvMss = 20, unacked = 24, sacked = 28, lost = 32, lastDataSent = 44, lastDataRecv = 52, lastAckRecv = 56,
  pmtu = 60, rcvSsthresh = 64, rtt = 68, rttvar = 72, sndSsthresh = 76, sndCwnd = 80, advMss = 84, reordering = 88, rcvSpace = 96, totalRetrans = 100,
  bytesAcked = 120, bytesReceived = 128, notSent = 144, sndWnd = 228, rcvWnd = 232,
}

/** Linux's number of a state of ours. */
function stateOf(s: Sock): u32 {
  if (s.listener != 0) return 10;
  if (s.conn == 0) return 7;
  switch (<i32>socket.conn(s).state) {
    case State.synSent: return 2;
    case State.synRcvd: return 3;
    case State.established: return 1;
    case State.finWait1: return 4;
    case State.finWait2: return 5;
    case State.closeWait: return 8;
    case State.closing: return 11;
    case State.lastAck: return 9;
    case State.timeWait: return 6;
    default: return 7;
  }
}

/** Open, recovery or loss. */
function caState(c: Conn): u32 { return c.flags & Flag.recovery ? 3 : c.flags & Flag.rtoRecovery ? 4 : 0; }

// @ts-ignore: decorator
@inline function put(q: usize, at: u32, v: u32): void { store<u32>(q + at, v); }

/** Writes SIZE bytes at q. */
export function write(q: usize, s: Sock): void {
  memory.fill(q, 0, SIZE);
  store<u8>(q, <u8>stateOf(s));
  if (s.listener != 0) {
    // as Linux: connections that wait to be accepted, and how many may
    put(q, Info.unacked, queued(s));
    put(q, Info.sacked, s.backlog - 1);
    return;
  }
  if (s.conn == 0) return;
  const c = socket.conn(s);
  head(q, c);
  sending(q, c);
  receiving(q, c);
}

function queued(s: Sock): u32 {
  let n: u32 = 0;
  for (let l = socket.queue(s).next; l != changetype<usize>(socket.queue(s)); l = load<usize>(l)) n++;
  return n;
}

function head(q: usize, c: Conn): void {
  store<u8>(q, <u8>caState(c), Info.caState);
  store<u8>(q, c.flags & Flag.persist ? 0 : c.backoff, Info.retransmits);
  store<u8>(q, c.flags & Flag.persist ? c.backoff : c.probes, Info.probes);
  store<u8>(q, c.backoff, Info.backoff);
  const scaled = c.wscaleSnd != 0 || c.wscaleRcv != 0;
  store<u8>(q, <u8>((c.options & SynFlag.timestamps ? 1 : 0) | (c.options & SynFlag.sack ? 2 : 0) | (scaled ? 4 : 0)), Info.options);
  store<u8>(q, c.wscaleSnd | c.wscaleRcv << 4, Info.wscale);
}

function sending(q: usize, c: Conn): void {
  const mss = max<u32>(c.mss, 1), flight = c.sentMax - c.heardAck;
  put(q, Info.rto, c.rto * 1000);
  put(q, Info.sndMss, c.mss);
  put(q, Info.unacked, (flight + mss - 1) / mss);
  put(q, Info.sacked, c.sacked == 0 ? 0 : sack.bytes(c) / mss);
  put(q, Info.lost, c.lost / mss);
  put(q, Info.lastDataSent, c.sentAt == 0 ? 0 : clock.ms - c.sentAt);
  put(q, Info.pmtu, <u32>c.mss + 40 + (c.options & SynFlag.timestamps ? 12 : 0));
  put(q, Info.rtt, (c.srtt >> 3) * 1000);
  put(q, Info.rttvar, (c.rttvar >> 2) * 1000);
  put(q, Info.sndSsthresh, c.ssthresh >= 0x7fffffff ? 0x7fffffff : c.ssthresh / mss);
  put(q, Info.sndCwnd, c.cwnd / mss);
  put(q, Info.reordering, 3);
  put(q, Info.totalRetrans, c.retransmits);
  put(q, Info.bytesAcked, c.heardAck);
  put(q, Info.notSent, c.prod - c.sent);
  put(q, Info.sndWnd, c.sndWnd);
}

function receiving(q: usize, c: Conn): void {
  put(q, Info.rcvMss, c.rcvMss);
  put(q, Info.lastDataRecv, clock.ms - c.lastHeard);
  put(q, Info.lastAckRecv, clock.ms - c.lastHeard);
  put(q, Info.rcvSsthresh, c.rcvCap);
  put(q, Info.advMss, c.mssMax);
  put(q, Info.rcvSpace, c.rcvCap);
  put(q, Info.bytesReceived, c.rcvd);
  put(q, Info.rcvWnd, c.edgeSent - c.dep);
}
