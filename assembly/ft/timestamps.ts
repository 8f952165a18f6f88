// TSval (CHAIN R13): TCP's keyed offset of the connection and the site's clock, plus a guard per view, so that no takeover ever sends an
// older timestamp than the dead primary did.

import * as site from "../core/site";
import * as tcp from "../tcp/tcp";
import { Conn, Syn } from "../tcp/conn";

/** What is added to the site's milliseconds for a SYN's connection in a view whose guard is `guard`. */
export function offset(s: Syn, guard: u32): u32 { return tcp.tsOffset(s.localAddr, s.localPort, s.remoteAddr, s.remotePort) + guard; }

/** Moves a connection to another view's guard; echoes of older timestamps give no round-trip sample. */
export function move(conn: Conn, guard: u32): void {
  conn.tsOffset = tcp.tsOffset(conn.localAddr, conn.localPort, conn.remoteAddr, conn.remotePort) + guard;
  conn.tsFloor = site.ms() + conn.tsOffset;
}
