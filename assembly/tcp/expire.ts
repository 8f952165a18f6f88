// What a connection's deadlines do when they come (RFC 9293 3.8.1, 3.8.3, 3.8.4, 3.8.6; RFC 6298). A voice that may not speak now runs none (R14): what was
// armed is looked at again when it speaks, or a timeout later.

import { Conn, Flag, Slot, State, Trouble } from "./conn";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import * as ip from "../net/ip";
import * as out from "./out";
import * as output from "./output";
import * as recovery from "./recovery";
import * as rtt from "./rtt";
import * as state from "./state";
import * as timers from "./timers";
import * as counters from "./counters";
import { Tcp as C } from "./counters";
import { Voice } from "./conn";

/** An attempt to connect lasts 183 s (RFC 9293 3.8.3: at least 3 minutes); of a SYN-ACK's repetitions nobody waits for the end. */
const SYN_TRIES: u32 = 7, SYN_ACK_TRIES: u32 = 6;
/** R1 (RFC 9293 3.8.3): retransmissions after which the path is doubted. */
const R1: u32 = 3;
const KEEP_INTERVAL: u32 = 75000;
const KEEP_PROBES: u32 = 9;

/** The connection's timer fired. */
export function connection(c: Conn): void {
  for (let s = timers.due(c); s != Slot.COUNT; s = timers.due(c)) {
    if (out.may(c.voice)) slot(c, s);
    else if (s == Slot.rtx && changetype<Voice>(c.voice).mute == 0) output.armRtx(c);
    if (c.state == State.closed) return;
  }
}

function slot(c: Conn, s: u32): void {
  switch (s) {
    case Slot.rtx: retransmit(c); break;
    case Slot.ack: c.flags |= Flag.ackNow; output.output(c); break;
    case Slot.keep: keepAlive(c); break;
    case Slot.gate: gate(c); break;
    case Slot.probe: recovery.probe(c); break;
  }
}

/** R5a: the 5 ms are over. */
function gate(c: Conn): void {
  c.flags |= Flag.held | Flag.ackNow;
  c.flags &= ~<u32>Flag.hold;
  output.output(c);
}

function retransmit(c: Conn): void {
  if (c.state == State.synSent || c.state == State.synRcvd) { handshake(c); return; }
  if (output.outstanding(c)) {
    // RFC 9293 3.8.6.1: sent into a window that has closed since, this is a probe
    if (patience(c, c.sndWnd == 0 ? c.lastHeard : c.progressAt)) return;
    recovery.timeout(c);
    if (c.backoff == R1 && c.sndWnd != 0) doubt(c);
  } else if (seq.lt(c.sent, c.ok)) persist(c);
}

/** R1 is reached: the next hop may be dead (RFC 1122 3.3.1.4), and the user hears of it. */
function doubt(c: Conn): void {
  ip.doubt(c.remoteAddr);
  state.trouble(c, Trouble.retransmissions);
}

/** R2 is over: a plain connection ends; a gated one goes on until its owner ends it. */
function patience(c: Conn, since: u32): bool {
  if (clock.ms - since <= c.userTimeout) return false;
  state.giveUp(c);
  return c.state == State.closed;
}

function handshake(c: Conn): void {
  if (!c.gated && patience(c, c.progressAt)) return;
  if (c.synTries >= (c.flags & Flag.active ? SYN_TRIES : SYN_ACK_TRIES)) {
    state.giveUp(c);
    if (c.state == State.closed) return;
  } else { c.synTries++; c.backoff++; }
  if (c.synTries == R1) doubt(c);
  counters.add(C.timeouts);
  c.flags |= Flag.synDue;
  output.armRtx(c);
  output.output(c);
}

/** The window stays closed as long as the other side says so: only its silence ends the connection (RFC 9293 3.8.6.1). */
function persist(c: Conn): void {
  if (patience(c, c.lastHeard)) return;
  c.flags |= Flag.persist;
  output.windowProbe(c);
  if (c.backoff < 255) c.backoff++;
  output.armRtx(c);
}

function keepAlive(c: Conn): void {
  const idle = c.keepIdle != 0 ? c.keepIdle : c.state == State.finWait2 ? state.FIN_WAIT2 : 0;
  if (idle == 0) return;
  const silent = clock.ms - c.lastHeard;
  if (c.probes == 0 && silent < idle) { timers.set(c, Slot.keep, idle - silent); return; }
  if (c.probes >= (c.keepProbes != 0 ? c.keepProbes : KEEP_PROBES)) {
    state.giveUp(c);
    if (c.state == State.closed) return;
  } else c.probes++;
  // data on the way asks already
  if (!output.outstanding(c)) output.keepAlive(c);
  timers.set(c, Slot.keep, c.keepInterval != 0 ? c.keepInterval : min<u32>(KEEP_INTERVAL, idle));
}

/** A voice has begun to speak: R20. */
export function speak(c: Conn): void {
  if (c.state == State.closed || !out.may(c.voice)) return;
  timers.clear(c, Slot.rtx);
  c.backoff = 0;
  c.progressAt = clock.ms;
  c.lastHeard = clock.ms;
  c.rto = c.flags & Flag.sampled ? c.rto : rtt.INITIAL;
  if (c.state == State.synRcvd) {
    c.flags |= Flag.synDue;
    c.synTries = 0;
    output.output(c);
    return;
  }
  recovery.rewind(c);
  state.keepAlive(c);
  c.flags |= Flag.ackNow | Flag.held;
  if (seq.lt(c.heardAck, c.ok) && c.sndWnd == 0) output.windowProbe(c);
  output.output(c);
}
