// The gates (CHAIN R5, R6, R15): how far a connection may send and offer, from its own progress and what the successor reported.

import * as seq from "../core/seq";
import * as list from "../core/list";
import * as tcp from "../tcp/tcp";
import { Replica, Member, isTail, isPrimary, stir, up, upOf, connOf } from "./replica";

/** Recomputes what the connection may send and offer; queues a report where something changed. */
export function update(r: Replica, m: Member): void {
  const conn = connOf(m);
  let ok = conn.prod, fin: u32 = conn.prodFin, edge = conn.edge;
  if (!isTail(r)) {
    if (seq.lt(m.okBelow, ok)) { ok = m.okBelow; fin = 0; }
    fin &= m.endBelow & 1;
    edge = seq.min(edge, m.edgeBelow);
  }
  edge = seq.max(edge, m.edgeUp);
  const moved = ok != conn.ok || fin != conn.okFin;
  if (moved) tcp.allow(conn, ok, fin != 0);
  if (edge != conn.edgeLimit) tcp.limitEdge(conn, edge);
  if (isPrimary(r)) m.edgeUp = edge;
  else if (moved || conn.prod != m.prodUp || edge - m.edgeUp >= <u32>conn.mss << 1) report(r, m);
}

/** The predecessor must hear this connection's counters. */
export function report(r: Replica, m: Member): void {
  if (isPrimary(r)) return;
  list.remove(upOf(m));
  list.push(up(r), upOf(m));
  stir(r);
}
