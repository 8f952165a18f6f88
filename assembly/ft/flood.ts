// SYN floods (CHAIN R12): the tail decides when SYNs are met with cookies and says so up the channel; while it lasts a bare SYN makes no event,
// and the primary answers it with a cookie that every replica can check.

import { CONNS } from "../core/sizes";
import * as tcp from "../tcp/tcp";
import { Replica, isTail } from "./replica";

/** Connections of a service whose handshake is not complete from which cookies begin; below half of it they end. */
const LIMIT: u32 = CONNS / 8 + 1;

/** At the tail, each pass: has a flood begun or ended? */
export function judge(r: Replica): void {
  if (isTail(r)) set(r, r.cookies ? r.embryos > LIMIT / 2 : r.embryos >= LIMIT);
}

/** What the tail decided, or the successor passed on. */
export function set(r: Replica, on: bool): void {
  if ((r.cookies != 0) == on) return;
  r.cookies = on ? 1 : 0;
  tcp.setCookies(changetype<tcp.Listener>(r.listener), on, r.guard);
}

/** False where a bare SYN must not make a connection now. */
export function admits(r: Replica): bool { return r.embryos < LIMIT; }
