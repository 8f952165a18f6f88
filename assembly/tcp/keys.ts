// Keyed numbers of a connection: ISN (RFC 6528), timestamp offset, SYN cookies (RFC 4987 3.6, options in the timestamp). The keys come from the
// site's, so that every replica computes the same.

import * as siphash from "../core/siphash";
import { Key } from "../core/siphash";
import * as site from "../core/site";
import * as table from "./table";

const KEYS: usize = memory.data(48, 16);   // isn, timestamp, cookie

/** Derives TCP's keys from the 16-byte key at siteKey, and the table's from the node's own secret (16 bytes). */
export function set(siteKey: usize, secret: usize): void {
  siphash.derive(siteKey, Key.isn, 0, KEYS);
  siphash.derive(siteKey, Key.timestamp, 0, KEYS + 16);
  siphash.derive(siteKey, Key.cookie, 0, KEYS + 32);
  table.setSecret(<u32>siphash.hash(KEYS, secret, 16));
}

function tuple(key: usize, local: u32, lport: u32, remote: u32, rport: u32): void {
  siphash.begin(key);
  siphash.word(<u64>remote << 32 | <u64>local);
  siphash.word(<u64>(rport << 16 | lport));
}

/** Initial sequence number: keyed hash plus 250 per millisecond of the site's clock. */
export function isn(local: u32, lport: u32, remote: u32, rport: u32): u32 {
  tuple(KEYS, local, lport, remote, rport);
  return <u32>siphash.end(0, 16) + site.ms() * 250;
}

/** What is added to the site's clock for TSval: keyed hash of addresses and ports. */
export function tsOffset(local: u32, lport: u32, remote: u32, rport: u32): u32 {
  tuple(KEYS + 16, local, lport, remote, rport);
  return <u32>siphash.end(0, 16);
}

/** The cookie's keyed part for a client ISN, a time (units of 64 s) and an MSS index: the upper 27 bits. */
function cookieHash(local: u32, lport: u32, remote: u32, rport: u32, irs: u32, time: u32, index: u32): u32 {
  tuple(KEYS + 32, local, lport, remote, rport);
  siphash.word(<u64>irs << 32 | <u64>(time << 3 | index));
  return <u32>siphash.end(0, 24) & 0xffffffe0;
}

// @ts-ignore: decorator
@inline function time(): u32 { return site.ms() >> 16; }

/** Largest of the eight values a cookie can carry that is not above `m`. */
function mssIndex(m: u32): u32 {
  let i: u32 = 7;
  while (i > 0 && mssOf(i) > m) i--;
  return i;
}

export function mssOf(i: u32): u32 {
  switch (i) {
    case 1: return 536;
    case 2: return 1024;
    case 3: return 1300;
    case 4: return 1400;
    case 5: return 1420;
    case 6: return 1440;
    case 7: return 1460;
  }
  return 216;
}

/** ISN that is a cookie: 27 bits of hash, 2 of time, 3 of MSS. */
export function cookie(local: u32, lport: u32, remote: u32, rport: u32, irs: u32, mss: u32): u32 {
  const i = mssIndex(mss), t = time();
  return cookieHash(local, lport, remote, rport, irs, t, i) | (t & 3) << 3 | i;
}

/** The MSS in a cookie of at most two units of age (128 to 196 s); 0 when it is none of ours. */
export function cookieMss(local: u32, lport: u32, remote: u32, rport: u32, irs: u32, value: u32): u32 {
  const i = value & 7, age = (time() - (value >> 3)) & 3;
  if (age > 2) return 0;
  const t = time() - age;
  return (cookieHash(local, lport, remote, rport, irs, t, i) | (t & 3) << 3 | i) == value ? mssOf(i) : 0;
}

/** A TSval not above `val` whose low 6 bits carry the client's options: 4 of window scale (15: none), 1 of SACK. */
export function cookieTs(val: u32, wscale: u32, sack: bool): u32 {
  const bits = min<u32>(wscale, 15) | (sack ? 16 : 0);
  const v = val & ~63 | bits;
  return <i32>(val - v) < 0 ? v - 64 : v;
}
