// Active open: the SYN, and what SYN-SENT does with segments (RFC 9293 3.10.7.3), simultaneous open included.

import { Conn, Dirty, Flag, State, SynFlag } from "./conn";
import { Bit } from "../wire/tcp";
import * as segment from "./segment";
import * as options from "./options";
import * as keys from "./keys";
import * as table from "./table";
import * as state from "./state";
import * as timers from "./timers";
import { Slot } from "./conn";
import * as output from "./output";
import * as rtt from "./rtt";
import * as cc from "./cc";
import * as listen from "./listen";
import * as window from "./window";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

/** A block in SYN-SENT whose SYN leaves with the next output; null, counted, when there is none or the addresses are taken. */
export function open(local: u32, lport: u32, remote: u32, rport: u32, owner: u32, voice: usize, rcvCap: u32, sndCap: u32): Conn | null {
  if (table.find(local, lport, remote, rport) != null) return null;
  const c = table.make(local, lport, remote, rport);
  if (c == null) { counters.add(C.noConn); return null; }
  counters.add(C.opened);
  c.state = <u8>State.synSent;
  c.owner = <u8>owner;
  c.voice = voice;
  c.userTimeout = listen.USER_TIMEOUT;
  c.iss = keys.isn(local, lport, remote, rport);
  c.tsOffset = keys.tsOffset(local, lport, remote, rport);
  c.tsFloor = c.tsOffset;
  state.begin(c, rcvCap, sndCap);
  state.agree(c, SynFlag.timestamps | SynFlag.sack, 0, 255, listen.fit(remote, listen.MSS));
  c.wscaleRcv = <u8>window.scaleFor(rcvCap);
  c.flags |= Flag.synDue | Flag.active;
  table.want(c);
  return c;
}

/** The parsed segment belongs to c, which is in SYN-SENT. */
export function arrive(c: Conn): void {
  const bits = segment.bits, acks = (bits & Bit.ack) != 0;
  if (acks && segment.ack != c.iss + 1) {
    counters.add(C.badAck);
    if (!(bits & Bit.rst)) output.refuse(c.voice, c.localAddr, c.localPort, c.remoteAddr, c.remotePort, segment.ack, 0, Bit.rst);
    return;
  }
  if (bits & Bit.rst) {
    if (acks) state.resetHeard(c); else counters.add(C.rstOutOfWindow);
    return;
  }
  if (!(bits & Bit.syn)) { counters.add(C.noAck); return; }
  learn(c);
  if (acks) completed(c); else simultaneous(c);
}

/** Takes the numbers and options of the other side's SYN. */
function learn(c: Conn): void {
  c.irs = segment.seqNo;
  c.lastAck = c.irs + 1;
  c.tsRecent = options.hasTs ? options.tsVal : 0;
  state.agree(c, (options.hasTs ? SynFlag.timestamps : 0) | (options.sackOk ? SynFlag.sack : 0), options.mss, options.wscale, c.mssMax);
  if (options.wscale == 255) c.wscaleRcv = 0;
  cc.init(c);
  // RFC 7323 2.2: a SYN's window is not scaled
  c.sndWnd = segment.wnd;
  c.sndWndMax = segment.wnd;
  c.sndWl1 = segment.seqNo;
  c.sndWl2 = segment.ack;
}

function completed(c: Conn): void {
  rtt.acked(c);
  table.mark(c, Dirty.established);
  state.establish(c);
  output.ackSoon(c, true);
}

/** Both sides sent a SYN: ours goes again, as a SYN-ACK. */
function simultaneous(c: Conn): void {
  c.state = <u8>State.synRcvd;
  c.flags |= Flag.synDue;
  timers.clear(c, Slot.rtx);
  table.want(c);
}
