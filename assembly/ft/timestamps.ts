// TSval (CHAIN R13): a keyed hash of addresses and ports, plus the site's clock, plus a guard per view, so that no takeover ever sends an
// older timestamp than the dead primary did.

import * as siphash from "../core/siphash";
import * as site from "../core/site";
import { Conn } from "../tcp/conn";

const KEY: usize = memory.data(16, 16);

export function init(siteKey: usize): void { siphash.derive(siteKey, siphash.Key.timestamp, 0, KEY); }

/** What is added to the site's milliseconds for a connection in a view whose guard is `guard`. */
export function offset(localAddr: u32, localPort: u32, remoteAddr: u32, remotePort: u32, guard: u32): u32 {
  siphash.begin(KEY);
  siphash.word(<u64>localAddr | <u64>remoteAddr << 32);
  siphash.word(<u64>(localPort | remotePort << 16));
  return <u32>siphash.end(0, 16) + guard;
}

/** Moves a connection to another view's guard; echoes of older timestamps give no round-trip sample. */
export function move(conn: Conn, guard: u32): void {
  conn.tsOffset = offset(conn.localAddr, conn.localPort, conn.remoteAddr, conn.remotePort, guard);
  conn.tsFloor = site.ms() + conn.tsOffset;
}
