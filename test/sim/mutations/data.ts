// Mutations of the chain's data: events, gates, hearsay, pulls.

import { type Mutation } from "./mutation.ts";

const one = (rule: string, what: string, file: string, find: string, put: string, ...scenarios: string[]): Mutation => ({ rule, what, edits: [{ file, find, put }], scenarios });

export const DATA: Mutation[] = [
  one("R0", "bytes are taken whatever the tail's digest says", "assembly/ft/apply.ts", "!isTail(r) && bytesDigest(r, conn, conn.dep, n) != e.digest", "false",
    "client-resends-different-bytes-BAA", "client-resends-different-bytes-ABA"),
  one("R2", "the tail orders without a limit", "assembly/ft/order.ts", "!r.stopped && r.applied - r.stable < EVENTS >> 1", "!r.stopped", "log-limit-closes-windows"),
  one("R4", "bytes of a connection that is over are not kept", "assembly/ft/channel.ts", "const n = m == null ? 0 : piece(m, w);", "const n = m == null || connOf(m).state == 0 ? 0 : piece(m, w);",
    "reset-after-data-lost-above", "c-reused-while-primary-lags"),
  one("R8", "nothing is told of what the log does not show", "assembly/ft/hearsay.ts", "if (!knowsMore(m)) continue;", "continue;", "last-ack-lost-at-tail", "data-lost-at-s2", "fin-lost-at-s2", "reset-lost-at-s2"),
  one("R8", "SYNs without an event are not told", "assembly/ft/hearsay.ts", "if (seq.le(w.at, clock.ms)) {", "if (false) {", "syn-lost-at-s2"),
  one("R9", "bytes that an event shows are not asked for", "assembly/ft/pull.ts", "if (!isTail(r)) ask(r, m, Way.down, from, to);", "", "data-lost-at-s0", "data-lost-at-s1"),
  one("R14", "a backup takes no ACK for what it did not send", "assembly/tcp/input.ts", "if (c.gated) return c.prod + c.prodFin;", "", "all-is-well", "primary-crash-during-bulk"),
  one("R20", "a new primary does not speak first", "assembly/ft/membership.ts", "if (silent) speakAll(r);", "", "takeover-speaks-first"),
  one("R22", "received events stay over a change of view", "assembly/ft/membership.ts", "r.have = r.applied; // R21, R22", "// R21, R22", "tail-crash-with-unapplied-event"),
  one("R24", "a link is judged though its other end does not know the view yet", "assembly/manage/probing.ts", "const said = believed(c, position, suspicion),", "const said = suspicion,", "chain-of-5-kills-s0"),
];
