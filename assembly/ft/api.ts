// The calls of a built-in service (DESIGN section 7), on the service whose event is being applied. What a service can observe through them
// is a function of the events applied so far, and so the same on every replica.

import { SERVICES } from "../core/sizes";
import { Err, must } from "../core/err";
import * as list from "../core/list";
import * as siphash from "../core/siphash";
import * as tcp from "../tcp/tcp";
import { Replica, Member, MemberFlag, find, alive, connOf, work, workOf, deadline, disk, diskOf, stateOf, stir, TIMERS } from "./replica";
import * as budget from "./budget";
import * as gates from "./gates";
import * as image from "../disk/content";
import * as digest from "./digest";
import * as doubt from "./doubt";

const RANDOM_KEY: usize = memory.data(16, 16);
const PARAMS: usize = memory.data(SERVICES * 16, 16);
let current: usize = 0;
let currentC: u32 = 0;
let draws: u32 = 0;

/** Before a service is called: whose calls these are, and about which connection (NONE for a timer). */
export function enter(r: Replica, c: u32): void {
  current = changetype<usize>(r);
  currentC = c;
  draws = 0;
}
export const NONE: u32 = 0xffffffff;

export function init(siteKey: usize): void { siphash.derive(siteKey, siphash.Key.random, 0, RANDOM_KEY); }
export function setParam(svc: u32, i: u32, v: u32): void { store<u32>(PARAMS + (svc << 4) + (i << 2), v); }

function member(c: u32): Member | null {
  const m = find(changetype<Replica>(current), c);
  return m != null && alive(m) && !(m.flags & MemberFlag.aborted) ? m : null;
}

/** Copies at most n deposited, unread bytes to p; returns how many. */
export function recv(c: u32, p: usize, n: u32): u32 {
  const m = member(c);
  if (m == null) return 0;
  const got = tcp.recv(connOf(m), p, n);
  if (got != 0) gates.update(changetype<Replica>(current), m);
  return got;
}

/** Forgets all deposited bytes that were not read yet. */
export function skip(c: u32): void {
  const m = member(c);
  if (m == null || tcp.unread(connOf(m)) == 0) return;
  tcp.skip(connOf(m), tcp.unread(connOf(m)));
  gates.update(changetype<Replica>(current), m);
}

/** Deposited bytes that were not read yet. */
export function unread(c: u32): u32 { const m = member(c); return m == null ? 0 : tcp.unread(connOf(m)); }

/** Produces n bytes from p, at most `room(c)`; returns how many were taken. After a refusal `writable` comes as soon as there is room. */
export function send(c: u32, p: usize, n: u32): u32 {
  const m = member(c);
  if (m == null) return 0;
  const r = changetype<Replica>(current), conn = connOf(m), free = tcp.room(conn), share = budget.room(r, conn), want = min(n, min(free, share));
  if (want < n) { m.flags |= MemberFlag.refused; if (share < free) budget.starve(r, m); }
  budget.take(r, conn, want);
  const taken = tcp.send(conn, p, want);
  must(taken == want);
  if (taken == 0) return 0;
  r.bytesOut += taken;
  if (r.n > 1) {
    m.digest = digest.output(m.digest, m.carry, conn.prod - taken, p, taken);
    m.carry = digest.rest();
    if (m.flags & (MemberFlag.expecting | MemberFlag.doubted)) doubt.produced(r, m);
  }
  gates.update(r, m);
  return taken;
}

/** Bytes that `send` would take now. Whoever finds none for want of chunks is called when there are some. */
export function room(c: u32): u32 {
  const m = member(c);
  if (m == null) return 0;
  const r = changetype<Replica>(current), free = tcp.room(connOf(m)), share = budget.room(r, connOf(m));
  if (share == 0 && free != 0) budget.starve(r, m);
  return min(free, share);
}

/** Nothing more will be sent: a FIN follows what was. */
export function close(c: u32): void {
  const m = member(c);
  if (m == null) return;
  tcp.shut(connOf(m));
  gates.update(changetype<Replica>(current), m);
}

/** Resets the connection; nothing more is called for it but `closed`. */
export function abort(c: u32): void {
  const m = member(c);
  if (m == null) return;
  m.flags |= MemberFlag.aborted;
  stir(changetype<Replica>(current));
  if (!list.linked(workOf(m))) list.push(work(changetype<Replica>(current)), workOf(m));
}

/** Calls `timer(id)` after that many milliseconds of service time; id below 16. Setting it again moves it. */
export function setTimer(id: u32, ms: u32): void {
  if (id >= TIMERS) return;
  const r = changetype<Replica>(current), d = deadline(r, id);
  r.timers |= 1 << id;
  store<u32>(d, 1);
  store<u32>(d, r.time + ms, 4);
}

/** Service time in milliseconds: that of the event being applied. */
export function now(): u32 { return changetype<Replica>(current).time; }

/** A pseudo-random number, the same on every replica. */
export function random(): u32 {
  const r = changetype<Replica>(current);
  siphash.begin(RANDOM_KEY);
  siphash.word(r.history);
  siphash.word(<u64>r.svc | <u64>(draws++) << 32);
  return <u32>siphash.end(0, 16);
}

/** n bytes of the content image from offset to p: n, -5 outside the image, -11 later: `resume(c)` comes when to ask again. */
export function content(offset: u32, p: usize, n: u32): i32 {
  const got = image.read(offset, p, n), m = got == Err.later ? member(currentC) : null;
  if (m != null && !list.linked(diskOf(m))) list.push(disk(changetype<Replica>(current)), diskOf(m));
  return got;
}
export function contentSize(): u32 { return image.size(); }

/** The connection's own block of STATE bytes, zero at `accept`. 0 where there is no such connection. */
export function state(c: u32): usize {
  const m = find(changetype<Replica>(current), c);
  return m == null ? 0 : stateOf(m);
}

/** Parameter i (0-3) of the service, from the site file. */
export function param(i: u32): u32 { return load<u32>(PARAMS + (changetype<Replica>(current).svc << 4) + ((i & 3) << 2)); }
