// Mutations of the chain's data: events, gates, hearsay, pulls, numbers. Without effect, since what follows is the same: a replica that drops a
// connection before the event that ends it (R10, R11), a duplicate ACK let out under the gate where nothing makes one (R5a), a report of less than
// before (R15: a block's edge and what comes from below never go back).

import { type Edit, type Mutation } from "./mutation.ts";

const one = (rule: string, what: string, file: string, find: string, put: string, ...scenarios: string[]): Mutation => ({ rule, what, edits: [{ file, find, put }], scenarios });

const edit = (file: string, find: string, put: string): Edit => ({ file: `assembly/${file}`, find, put });
/** In-order segments are acknowledged at once, and a duplicate ACK under the gate is let out: each covers for the other. */
const AT_ONCE = edit("tcp/input.ts", "if (took == receive.Took.filled && !c.gated) output.ackSoon(c, true);", "output.ackSoon(c, true);");
const REPEATS = edit("tcp/output.ts", "if (!repeats && !inHole(c)) return true;", "if (!inHole(c)) return true;");

export const DATA: Mutation[] = [
  one("R0", "bytes are taken whatever the tail's digest says", "assembly/ft/apply.ts", "!isTail(r) && bytesDigest(r, conn, conn.dep, n) != e.digest", "false",
    "client-resends-different-bytes-BAA", "client-resends-different-bytes-ABA"),
  one("R2", "the tail orders without a limit", "assembly/ft/order.ts", "!r.stopped && r.applied - r.stable < EVENTS >> 1", "!r.stopped", "log-limit-closes-windows"),
  one("R4", "bytes of a connection that is over are not kept", "assembly/ft/channel.ts", "const n = m == null ? 0 : piece(m, w);", "const n = m == null || connOf(m).state == 0 ? 0 : piece(m, w);",
    "reset-after-data-lost-above", "c-reused-while-primary-lags"),
  one("R4", "events and bytes are let go once the predecessor has applied them", "assembly/ft/receive.ts", "settle(r, m.stable);", "settle(r, m.applied);", "data-lost-at-s0", "middle-then-tail-crash-0-us"),
  {
    rule: "R7", what: "who has nothing to say says nothing",
    edits: [edit("ft/channel.ts", "return clock.ms - last >= r.beat;", "return false;"), edit("ft/ft.ts", "return since >= r.beat ? 0 : r.beat - since;", "return r.beat;")],
    scenarios: ["all-is-well"],
  },
  one("R8", "nothing is told of what the log does not show", "assembly/ft/hearsay.ts", "if (!knowsMore(m)) continue;", "continue;", "last-ack-lost-at-tail", "data-lost-at-s2", "fin-lost-at-s2", "reset-lost-at-s2"),
  one("R8", "SYNs without an event are not told", "assembly/ft/hearsay.ts", "if (seq.le(w.at, clock.ms)) {", "if (false) {", "syn-lost-at-s2"),
  one("R9", "bytes that an event shows are not asked for", "assembly/ft/pull.ts", "if (!isTail(r)) ask(r, m, Way.down, from, to);", "", "data-lost-at-s0", "data-lost-at-s1"),
  one("R14", "a backup takes no ACK for what it did not send", "assembly/tcp/input.ts", "if (c.gated) return c.prod + c.prodFin;", "", "all-is-well", "primary-crash-during-bulk"),
  one("R20", "a new primary does not speak first", "assembly/ft/membership.ts", "if (silent) speakAll(r);", "", "takeover-speaks-first"),
  one("R20", "a new primary does not ask whether a closed window is open", "assembly/tcp/expire.ts", "if (seq.lt(c.heardAck, c.ok) && c.sndWnd == 0) output.windowProbe(c);", "", "zero-window-over-takeover", "window-update-lost-in-takeover"),
  one("R22", "received events stay over a change of view", "assembly/ft/membership.ts", "r.have = r.applied; // R21, R22", "// R21, R22", "tail-crash-with-unapplied-event"),
  one("R24", "a link that was silent for a moment costs its farther end", "assembly/manage/probing.ts", "c.link != 0 && c.linkAt != 0 && c.linkSeen >= c.linkAt + linkRest(c);", "c.link != 0;", "short-silence-removes-nobody"),
  one("R24", "members are probed once", "assembly/manage/probing.ts", "if (c.probesSent < <u32>config.site().probes || lately(c)) probeMembers(c);", "if (false) probeMembers(c);", "lost-probes-remove-nobody"),
  one("R24", "a link is judged though its other end does not know the view yet", "assembly/manage/probing.ts", "const said = believed(c, position, suspicion),", "const said = suspicion,", "chain-of-5-kills-s0"),
  {
    rule: "R1", what: "events go up before they are applied here",
    edits: [
      edit("ft/channel.ts", "(r.upKnown && r.upEvent != r.applied) ||", "(r.upKnown && r.upEvent != r.have) ||"),
      edit("ft/channel.ts", "if (!r.upKnown || r.upEvent == r.applied) return;", "if (!r.upKnown || r.upEvent == r.have) return;"),
      edit("ft/channel.ts", "while (r.upEvent != r.applied && room()", "while (r.upEvent != r.have && room()"),
    ],
    scenarios: ["data-lost-at-s1"],
  },
  one("R1", "what is acknowledged is freed before it is produced here", "assembly/ft/apply.ts", "if (seq.lt(conn.prod, e.a) || (end && !conn.prodFin)) return false;", "", "optimistic-ack-while-one-lags"),
  one("R5", "what is received is acknowledged", "assembly/tcp/output.ts", "return c.irs + 1 + c.dep + c.finDep;", "return c.irs + 1 + c.rcvd + c.finRcvd;", "timestamps-under-steady-upload"),
  { rule: "R5a", what: "segments that wait for the gate are acknowledged", edits: [AT_ONCE, REPEATS], scenarios: ["quiet-under-the-gate"] },
  one("R5a", "duplicate ACKs leave under the gate", "assembly/tcp/output.ts", "if (c.gated && c.dep != c.rcvd) {", "if (false) {", "duplicate-kept-under-the-gate"),
  one("R5a", "the duplicate ACK that was kept never leaves", "assembly/tcp/state.ts", "output.ackSoon(c, kept || filled || c.ooo != 0 ||", "output.ackSoon(c, filled ||", "duplicate-kept-under-the-gate"),
  one("R5a", "an ACK may stop in what SACK told of", "assembly/tcp/output.ts", "c.holdTo != c.holdFrom && seq.ge(c.dep, c.holdFrom) && seq.lt(c.dep, c.holdTo)", "false", "hole-deposited-in-pieces"),
  one("R5a", "the wait for the gate has no end", "assembly/tcp/output.ts", "const GATE: u32 = 5;", "const GATE: u32 = 5000;", "hole-deposited-in-pieces-too-late"),
  one("R5a", "blocks are told under the gate", "assembly/tcp/sack.ts", "if (c.gated && c.dep != c.rcvd && !(c.flags & Flag.held)) return 0;", "", "data-leaves-under-the-gate"),
  one("R6", "a replica may send what it has produced itself", "assembly/ft/gates.ts", "if (seq.lt(m.okBelow, ok)) { ok = m.okBelow; fin = 0; }", "", "slow-content-at-s1", "slow-content-at-s2"),
  one("R6", "a replica reports what it has produced, whatever those below it have", "assembly/ft/channel.ts", "k.ok = conn.ok;", "k.ok = conn.prod;", "slow-content-at-s2", "slow-content-over-takeover"),
  one("R10", "that the primary gives up is told to nobody", "assembly/ft/hearsay.ts", "if (f & HearsayFlag.giveUp) m.flags |= MemberFlag.giveUp;", "", "primary-gives-up-dead-client"),
  {
    rule: "R10", what: "backups run the timers too",
    edits: [
      edit("tcp/expire.ts", "if (out.may(c.voice)) slot(c, s);", "if (true) slot(c, s);"),
      edit("tcp/output.ts", "} else if (outstanding(c) || seq.lt(c.sent, c.ok)) armRtx(c);", "}\n  if ((outstanding(c) || seq.lt(c.sent, c.ok)) && !(c.deadlines & 1 << Slot.rtx)) armRtx(c);"),
    ],
    scenarios: ["backup-deaf-for-minutes"],
  },
  one("R11", "a reset is judged by what is deposited", "assembly/tcp/input.ts", "const at = offset(c) - next(c);", "const at = offset(c) - c.dep - c.finDep;", "reset-under-the-gate"),
  one("R11", "a reset at the ACK last sent is not taken", "assembly/tcp/input.ts", "if (at == 0 || (c.gated && segment.seqNo == c.lastAck && c.state != State.synRcvd)) {", "if (at == 0) {", "reset-at-the-last-ack"),
  one("R11", "that a client has reset is told to nobody", "assembly/ft/hearsay.ts", "if (f & HearsayFlag.reset) m.flags |= MemberFlag.resetHeard;", "", "reset-lost-at-s2", "reset-under-the-gate"),
  {
    rule: "R11", what: "a replica's own TIME-WAIT forbids a connection that the tail made",
    edits: [
      edit("tcp/tcp.ts", "const conn = listeners.make(l, s, tsOffset);", "if (w != null && seq.le(s.irs, w.rcvNxt)) return null;\n  const conn = listeners.make(l, s, tsOffset);"),
      edit("tcp/tcp.ts", 'import * as clock from "../core/clock";', 'import * as clock from "../core/clock";\nimport * as seq from "../core/seq";'),
    ],
    scenarios: ["time-wait-differs-at-replicas"],
  },
  one("R11a", "send buffer is given back when an ACK is heard", "assembly/tcp/state.ts", "if (!c.gated) release(c, c.heardAck, c.finAcked != 0);", "release(c, c.heardAck, c.finAcked != 0);", "last-ack-lost-at-tail", "acks-never-reach-the-tail", "half-close-over-takeover"),
  one("R12", "each replica chooses the server's ISN", "assembly/ft/apply.ts", "function open(r: Replica, e: Event): Conn | null {\n", "function open(r: Replica, e: Event): Conn | null {\n  synOf(e).iss = tcp.chooseIss(synOf(e));\n", "takeover-with-clock-error"),
  one("R12", "a flood of SYNs is not met with cookies", "assembly/ft/flood.ts", "if (isTail(r)) set(r, ", "if (false) set(r, ", "syn-flood"),
  one("R12", "a cookie's ACK is refused where there is no block", "assembly/tcp/tcp.ts", "const made = halfopen.cookieAck(l);", "const made: Conn | null = null;", "syn-flood"),
  one("R12", "a cookie's timestamp may be ahead", "assembly/tcp/keys.ts", "return <i32>(val - v) < 0 ? v - 64 : v;", "return v + 64;", "syn-flood"),
  one("R13", "no guard between the timestamps of two views", "assembly/ft/membership.ts", "r.guard = v.number * config.site().guard;", "r.guard = 0;", "takeover-with-clock-error"),
  one("R13", "the site's clock jumps to what was learnt", "assembly/core/site.ts", "offset = toward(offset, target, credit);", "offset = target;", "site-clock-slews"),
  one("R13", "round trips are measured by timestamps from before the jump", "assembly/tcp/rtt.ts", "options.hasTs && seq.ge(options.tsEcr, c.tsFloor)", "options.hasTs", "round-trip-over-takeover"),
  one("R15", "the primary offers the room that it has itself", "assembly/ft/gates.ts", "edge = seq.min(edge, m.edgeBelow);", "", "slow-reader-over-takeover"),
  one("R15a", "no byte is taken beyond the edge, though the field was rounded up", "assembly/tcp/receive.ts", "<i32>(c.edge + window.slack(c) - off);", "<i32>(c.edge - off);", "window-rounded-up"),
  one("R16", "timestamps are judged when they arrive", "assembly/tcp/input.ts", "if (c.gated) state.remember(c, off, options.tsVal);\n  else state", "state", "timestamps-under-steady-upload"),
  one("R16", "a backup does not take the ACK that it would have sent as sent", "assembly/tcp/output.ts", "c.lastAck = ackNo(c);\n    c.edgeSent", "c.edgeSent", "timestamps-under-steady-upload"),
];
