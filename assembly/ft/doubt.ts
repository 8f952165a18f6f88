// Divergence (DESIGN section 5): output that differs from the successor's is told with its place, and where three or more serve, the majority
// decides who is wrong: digests of one connection in doubt travel up, every replica compares its own with each below, the primary concludes.

import { SERVICES } from "../core/sizes";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import * as seq from "../core/seq";
import * as views from "../wire/view";
import { Doubt, Opinion, DOUBT, OPINION } from "../wire/chain";
import { Ft } from "./counters";
import * as digest from "./digest";
import { Replica, Member, MemberFlag, Suspect, alive, connOf, find, isPrimary, view } from "./replica";

/** The doubt of one service: about one connection at a time. */
@unmanaged class Case {
  on: u32;
  c: u32;
  irs: u32;
  known: u32;         // bits of pairs of positions that have been compared: see `pair`
  differ: u32;        // ... and differ
  awaited: u32;       // bits of positions whose opinion is about bytes not produced here yet
  heard: u32;         // bits of positions whose opinion is here
  told: u32;          // 1: the verdict has been told
}
const CASES: usize = memory.data(32 * SERVICES, 16);
const OPINIONS: usize = memory.data(16 * 5 * SERVICES, 16); // Opinion by service and position
const MEMBERS: u32 = 5;

// @ts-ignore: decorator
@inline function at(r: Replica): Case { return changetype<Case>(CASES + (r.svc << 5)); }
// @ts-ignore: decorator
@inline function opinion(r: Replica, i: u32): Opinion { return changetype<Opinion>(OPINIONS + (r.svc * MEMBERS + i) * OPINION); }
/** The bit of positions i < k. */
// @ts-ignore: decorator
@inline function pair(i: u32, k: u32): u32 { return 1 << i * MEMBERS + k; }

export function clear(r: Replica): void { memory.fill(changetype<usize>(at(r)), 0, 32); }

// ---- finding it

/** The successor's digest of what it has produced up to `prod`: compared now, or when this replica has produced as much. */
export function hear(r: Replica, m: Member, prod: u32, d: u64): void {
  if (m.flags & MemberFlag.diverged) return;
  const mine = connOf(m).prod;
  if (prod == mine) { if (d != own(m)) found(r, m, prod); }
  else if (seq.gt(prod, mine) && !(m.flags & MemberFlag.expecting)) {
    m.expectAt = prod; m.expect = d;
    m.flags |= MemberFlag.expecting;
  }
}

/** This replica has produced more on a connection that has something to be compared. */
export function produced(r: Replica, m: Member): void {
  const prod = connOf(m).prod;
  if ((m.flags & MemberFlag.expecting) && seq.ge(prod, m.expectAt)) {
    m.flags &= ~MemberFlag.expecting;
    if (prod != m.expectAt || m.expect != own(m)) found(r, m, m.expectAt);
  }
  if ((m.flags & MemberFlag.doubted) == 0) return;
  for (let i = r.pos + 1; i < r.n; i++) if ((at(r).awaited >> i & 1) != 0 && seq.ge(prod, opinion(r, i).prod)) compare(r, m, i);
  conclude(r);
}

function own(m: Member): u64 { return digest.whole(m.digest, m.carry); }

/** Told once per connection and view, with the place. */
function found(r: Replica, m: Member, prod: u32): void {
  m.flags |= MemberFlag.diverged;
  counters.add(Ft.divergence);
  log.begin(log.Level.error);
  log.str("service "); log.num(r.svc); log.str(", connection "); log.num(m.c); log.str(": node "); log.num(views.node(view(r), r.pos + 1));
  log.str(" has produced other bytes than this one before offset "); log.num(prod);
  log.end();
  if (!at(r).on) open(r, m);
}

// ---- the case

function open(r: Replica, m: Member): void {
  if (r.n < 3) return;
  clear(r);
  const k = at(r);
  k.on = 1; k.c = m.c; k.irs = connOf(m).irs;
  m.flags |= MemberFlag.doubted;
}

/** The connection is going: what is not decided stays so. */
export function close(r: Replica, m: Member): void {
  if (at(r).on && at(r).c == <u32>m.c) clear(r);
}

/** The connection in doubt, or null. */
function subject(r: Replica): Member | null {
  if (!at(r).on) return null;
  const m = find(r, at(r).c);
  return m != null && alive(m) ? m : null;
}

/** Writes what this replica and those below say, at most n bytes at p; upwards. Returns the length, 0 where nothing is in doubt. */
export function write(r: Replica, p: usize, n: u32): u32 {
  const m = subject(r), k = at(r);
  if (m == null || n < DOUBT + OPINION * MEMBERS) return 0;
  const h = head(r, p);
  h.known = k.known; h.differ = k.differ;
  const o = opinion(r, r.pos);
  o.position = r.pos; o.prod = connOf(m).prod; o.digest = own(m);
  let len = DOUBT;
  for (let i = r.pos; i < r.n; i++) {
    if (i != r.pos && (k.heard >> i & 1) == 0) continue;
    memory.copy(p + len, changetype<usize>(opinion(r, i)), OPINION);
    len += OPINION;
  }
  return len;
}

/** Downwards: only which connection is in doubt. */
export function ask(r: Replica, p: usize, n: u32): u32 {
  if (subject(r) == null || n < DOUBT) return 0;
  head(r, p);
  return DOUBT;
}

function head(r: Replica, p: usize): Doubt {
  memory.fill(p, 0, DOUBT);
  const h = changetype<Doubt>(p), k = at(r);
  h.c = <u16>k.c; h.irs = k.irs;
  return h;
}

/** A neighbour's section of n bytes at p; false where it is malformed. */
export function take(r: Replica, p: usize, n: u32, fromBelow: bool): bool {
  if (n < DOUBT || (n - DOUBT) % OPINION != 0 || (!fromBelow && n != DOUBT)) return false;
  const h = changetype<Doubt>(p), m = find(r, h.c);
  if (r.n < 3 || m == null || !alive(m) || connOf(m).irs != h.irs) return true;
  if (!follow(r, m, fromBelow) || !fromBelow) return true;
  const k = at(r), theirs = below(r);
  k.known |= h.known & theirs;
  k.differ |= h.differ & theirs;
  for (let q = p + DOUBT; q < p + n; q += OPINION) believe(r, m, changetype<Opinion>(q));
  conclude(r);
  return true;
}

/** The doubt of the one nearer to the client goes before one's own. */
function follow(r: Replica, m: Member, fromBelow: bool): bool {
  const k = at(r);
  if (k.on && k.c == <u32>m.c) return true;
  if (k.on && fromBelow) return false;
  const former = subject(r);
  if (former != null) former.flags &= ~MemberFlag.doubted;
  open(r, m);
  return true;
}

/** Bits of the pairs that only those below can compare. */
function below(r: Replica): u32 {
  let bits: u32 = 0;
  for (let i = r.pos + 1; i < r.n; i++) for (let k = i + 1; k < r.n; k++) bits |= pair(i, k);
  return bits;
}

/** What position `o.position` says. What this replica has not reached yet is kept, what it has passed says nothing. */
function believe(r: Replica, m: Member, o: Opinion): void {
  const i = o.position, k = at(r);
  if (i <= r.pos || i >= r.n || (k.awaited >> i & 1) != 0) return;
  memory.copy(changetype<usize>(opinion(r, i)), changetype<usize>(o), OPINION);
  k.heard |= 1 << i;
  if ((k.known & pair(r.pos, i)) != 0 || seq.lt(o.prod, connOf(m).prod)) return;
  k.awaited |= 1 << i;
  if (o.prod == connOf(m).prod) compare(r, m, i);
}

/** Position i's opinion is about at most what has been produced here. Services send the same pieces: passing its offset is a difference. */
function compare(r: Replica, m: Member, i: u32): void {
  const k = at(r), o = opinion(r, i), bit = pair(r.pos, i);
  k.awaited &= ~(1 << i);
  k.known |= bit;
  if (o.prod != connOf(m).prod || o.digest != own(m)) k.differ |= bit;
}

// ---- the verdict

/** At the primary: is there a majority of equals from whom all others differ? */
function conclude(r: Replica): void {
  const k = at(r);
  if (!isPrimary(r) || k.told) return;
  let compared: u32 = 0;
  for (let i: u32 = 0; i < r.n; i++) {
    let equal: u32 = 1, others: u32 = 0, known: u32 = 1;
    for (let j: u32 = 0; j < r.n; j++) {
      if (j == i) continue;
      const bit = i < j ? pair(i, j) : pair(j, i);
      if ((k.known & bit) == 0) continue;
      known++;
      if ((k.differ & bit) == 0) equal++; else others |= 1 << j;
    }
    compared += known;
    if (known == r.n && equal << 1 > r.n) return tell(r, others);
  }
  if (compared == r.n * r.n) tell(r, 0);
}

/** The members of these bits are wrong; none: nobody knows. */
function tell(r: Replica, wrong: u32): void {
  const evict = config.service(r.svc).divergence != 0;
  at(r).told = 1;
  log.begin(log.Level.error);
  log.str("service "); log.num(r.svc); log.str(", connection "); log.num(at(r).c);
  if (wrong == 0) log.str(": no majority produced the same bytes");
  else {
    log.str(evict ? ": to be removed, the majority produced other bytes: node" : ": the majority produced other bytes than node");
    for (let i: u32 = 0; i < r.n; i++) if ((wrong >> i & 1) != 0) { log.str(" "); log.num(views.node(view(r), i)); }
  }
  log.end();
  if (evict) r.suspicion |= wrong << Suspect.wrongShift;
}
