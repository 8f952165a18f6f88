// SYNs without a connection, in small records of their own. Plain listeners: the record answers by SYN-ACK, and the client's ACK makes the
// connection. Gated listeners: the record waits for its owner. Under flood there is no record but a cookie (RFC 4987 3.6).

import { HALF_OPENS } from "../core/sizes";
import { must } from "../core/err";
import { Conn, Flag, Syn, SynFlag } from "./conn";
import { Bit } from "../wire/tcp";
import { TimerKind } from "../core/timerkind";
import { Timer } from "../core/wheel";
import * as wheel from "../core/wheel";
import * as clock from "../core/clock";
import * as site from "../core/site";
import * as seq from "../core/seq";
import * as segment from "./segment";
import * as options from "./options";
import * as out from "./out";
import * as output from "./output";
import * as keys from "./keys";
import * as listen from "./listen";
import { Listener } from "./listen";
import * as table from "./table";
import * as window from "./window";
import * as rtt from "./rtt";
import * as counters from "./counters";
import { Tcp as C } from "./counters";

/** Begins with the bytes of a Syn: a record's address is its SYN's. */
@unmanaged export class HalfOpen {
  syn0: u64; syn1: u64; syn2: u64; syn3: u64;
  timerNext: usize; timerPrev: usize; timerAt: u32; timerKind: u32;
  hashNext: usize;
  newsNext: usize;    // 0: not among the news
  listener: usize;
  tries: u32;
}
if (offsetof<HalfOpen>() != 64) ERROR("HalfOpen: layout");

const BUCKETS: u32 = 256;
const BASE: usize = memory.data(64 * HALF_OPENS, 16);
const HASH: usize = memory.data(4 * BUCKETS, 16);
const COOKIE: usize = memory.data(32, 16);  // the SYN that a cookie's ACK stands for
const END: usize = 1;
const RTO: u32 = 1000;
const TRIES: u32 = 5;
/** A gated record that nobody asked for is forgotten after this. */
const KEEP: u32 = 5000;
let free: usize = 0;
let count: u32 = 0;
let newsHead: usize = 0, newsTail: usize = 0;

export function init(): void {
  memory.fill(HASH, 0, 4 * BUCKETS);
  free = 0; newsHead = END; newsTail = 0;
  for (let i: u32 = 0; i < HALF_OPENS; i++) {
    const h = changetype<HalfOpen>(BASE + (<usize>i << 6));
    h.timerNext = 0;
    h.hashNext = free;
    free = changetype<usize>(h);
  }
  count = HALF_OPENS;
}

/** Records in the pool: HALF_OPENS when nobody knocks. */
export function available(): u32 { return count; }

// @ts-ignore: decorator
@inline function synOf(h: HalfOpen): Syn { return changetype<Syn>(changetype<usize>(h)); }
// @ts-ignore: decorator
@inline function timerOf(h: HalfOpen): Timer { return changetype<Timer>(changetype<usize>(h) + offsetof<HalfOpen>("timerNext")); }
// @ts-ignore: decorator
@inline function listenerOf(h: HalfOpen): Listener { return changetype<Listener>(h.listener); }

function bucket(local: u32, lport: u32, remote: u32, rport: u32): usize {
  return HASH + (<usize>(table.hash(remote, local, rport << 16 | lport) & (BUCKETS - 1)) << 2);
}

export function find(local: u32, lport: u32, remote: u32, rport: u32): HalfOpen | null {
  for (let p = load<usize>(bucket(local, lport, remote, rport)); p != 0; p = changetype<HalfOpen>(p).hashNext) {
    const s = changetype<Syn>(p);
    if (s.remoteAddr == remote && s.remotePort == rport && s.localPort == lport && s.localAddr == local) return changetype<HalfOpen>(p);
  }
  return null;
}

/** A SYN for listener l, for which there is no record yet. `floor`: its ISN lies above this (RFC 6191), 0: any. */
export function syn(l: Listener, floor: u32): void {
  if (l.cookies || (!l.gated && count < HALF_OPENS / 4)) { sendCookie(l); return; }
  if (!listen.hasRoom(l)) return;
  if (free == 0) { counters.add(C.noHalfOpen); return; }
  const h = changetype<HalfOpen>(free);
  free = h.hashNext;
  count--;
  memory.fill(changetype<usize>(h), 0, 64);
  listen.record(synOf(h));
  h.listener = changetype<usize>(l);
  h.timerKind = TimerKind.tcp + 1;
  const b = bucket(segment.localAddr, segment.localPort, segment.remoteAddr, segment.remotePort);
  h.hashNext = load<usize>(b);
  store<usize>(b, changetype<usize>(h));
  if (l.gated) { announce(h); wheel.arm(timerOf(h), clock.ms + KEEP); return; }
  synOf(h).iss = keys.isn(segment.localAddr, segment.localPort, segment.remoteAddr, segment.remotePort);
  if (floor != 0 && seq.le(synOf(h).iss, floor)) synOf(h).iss = floor + 250000;
  wheel.arm(timerOf(h), clock.ms + RTO);
  answer(h);
}

/** Gives a record back. */
export function drop(h: HalfOpen): void {
  const s = synOf(h);
  let link = bucket(s.localAddr, s.localPort, s.remoteAddr, s.remotePort);
  while (load<usize>(link) != changetype<usize>(h)) {
    if (load<usize>(link) == 0) return;
    link = load<usize>(link) + offsetof<HalfOpen>("hashNext");
  }
  store<usize>(link, h.hashNext);
  wheel.cancel(timerOf(h));
  unannounce(h);
  must(count < HALF_OPENS);
  h.hashNext = free;
  free = changetype<usize>(h);
  count++;
}

/** Gives back all records of a listener that goes. */
export function dropAll(l: Listener): void {
  for (let b: u32 = 0; b < BUCKETS; b++) {
    let p = load<usize>(HASH + (<usize>b << 2));
    while (p != 0) {
      const h = changetype<HalfOpen>(p);
      p = h.hashNext;
      if (h.listener == changetype<usize>(l)) drop(h);
    }
  }
}

// news for the owners of gated listeners

function announce(h: HalfOpen): void {
  if (h.newsNext != 0) return;
  h.newsNext = END;
  if (newsHead == END) newsHead = changetype<usize>(h);
  else changetype<HalfOpen>(newsTail).newsNext = changetype<usize>(h);
  newsTail = changetype<usize>(h);
}

/** Takes a record out of the news, which are few. */
function unannounce(h: HalfOpen): void {
  if (h.newsNext == 0) return;
  let before: usize = 0;
  for (let p = newsHead; p != changetype<usize>(h); p = changetype<HalfOpen>(p).newsNext) before = p;
  if (before == 0) newsHead = h.newsNext; else changetype<HalfOpen>(before).newsNext = h.newsNext;
  if (newsTail == changetype<usize>(h)) newsTail = before;
  h.newsNext = 0;
}

/** The next SYN of a gated listener that its owner has not heard of, or null. It stays recorded until dropped, or for 5 s. */
export function next(): Syn | null {
  if (newsHead == END) return null;
  const h = changetype<HalfOpen>(newsHead);
  newsHead = h.newsNext;
  h.newsNext = 0;
  return synOf(h);
}

// segments for a record

/** The parsed segment belongs to record h. Returns the connection that it completed, to which the segment belongs now, or null. */
export function arrive(h: HalfOpen): Conn | null {
  const s = synOf(h), l = listenerOf(h), bits = segment.bits;
  if (bits & Bit.rst) {
    if (segment.seqNo == s.irs + 1) drop(h); else counters.add(C.rstOutOfWindow);
    return null;
  }
  if (bits & Bit.syn) { again(h); return null; }
  if (l.gated || !(bits & Bit.ack)) { counters.add(C.noAck); return null; }
  if (segment.ack != s.iss + 1) {
    counters.add(C.badAck);
    output.refuse(l.voice, s.localAddr, s.localPort, s.remoteAddr, s.remotePort, segment.ack, 0, Bit.rst);
    return null;
  }
  if (segment.seqNo - s.irs - 1 > l.rcvCap) { counters.add(C.outOfWindow); return null; }
  return complete(h);
}

function complete(h: HalfOpen): Conn | null {
  const s = synOf(h), tries = h.tries, answered = h.timerAt - RTO;
  if (!listen.hasRoom(listenerOf(h))) return null;
  const c = listen.make(listenerOf(h), s, keys.tsOffset(s.localAddr, s.localPort, s.remoteAddr, s.remotePort));
  if (c == null) return null;
  drop(h);
  c.flags &= ~<u32>Flag.synDue;
  c.synTries = <u8>tries;
  if (tries == 0) rtt.sample(c, clock.ms - answered);
  return c;
}

/** A SYN for a record: the same one again, or another in its window (RFC 5961 4). */
function again(h: HalfOpen): void {
  const s = synOf(h), l = listenerOf(h);
  if (segment.seqNo == s.irs) {
    counters.add(C.duplicate);
    // RFC 7323 4.3 (2): the answer echoes this copy
    if (options.hasTs && s.flags & SynFlag.timestamps && seq.gt(options.tsVal, s.tsVal)) s.tsVal = options.tsVal;
    if (l.gated) announce(h); else answer(h);
    return;
  }
  counters.add(C.synChallenged);
  if (l.gated) { listen.record(s); announce(h); return; }
  reply(l, s.iss + 1, s.irs + 1, Bit.ack, 0);
}

/** The SYN-ACK. */
function answer(h: HalfOpen): void {
  const s = synOf(h), l = listenerOf(h);
  const o = out.begin(l.voice);
  if (!o) return;
  const ts = (s.flags & SynFlag.timestamps) != 0;
  const val = ts ? keys.tsOffset(s.localAddr, s.localPort, s.remoteAddr, s.remotePort) + site.ms() : 0;
  const shift = s.wscale == 255 ? 255 : window.scaleFor(l.rcvCap);
  out.mark(l.ttl, l.tos);
  const n = options.writeSyn(o, listen.segmentTo(l, s.remoteAddr), (s.flags & SynFlag.sack) != 0, ts, val, s.tsVal, shift);
  out.end(l.voice, s.localAddr, s.localPort, s.remoteAddr, s.remotePort, s.iss, s.irs + 1, Bit.syn | Bit.ack, min<u32>(l.rcvCap, 65535), n, 0);
}

/** A segment without options to the sender of the parsed one. */
function reply(l: Listener, seqNo: u32, ack: u32, bits: u32, wnd: u32): void {
  if (!out.begin(l.voice)) return;
  out.mark(l.ttl, l.tos);
  out.end(l.voice, segment.localAddr, segment.localPort, segment.remoteAddr, segment.remotePort, seqNo, ack, bits, wnd, 0, 0);
}

/** The record's timer: the SYN-ACK again, with doubled intervals; a gated record is forgotten. */
export function timer(t: Timer): void {
  const h = changetype<HalfOpen>(changetype<usize>(t) - offsetof<HalfOpen>("timerNext"));
  if (listenerOf(h).gated || h.tries == TRIES) { drop(h); return; }
  h.tries++;
  wheel.arm(t, clock.ms + (RTO << h.tries));
  answer(h);
}

// cookies

/** Answers the parsed SYN by a SYN-ACK that is all that is kept of it. */
function sendCookie(l: Listener): void {
  counters.add(C.cookieSent);
  l.cookieAt = clock.ms;
  l.cookied = 1;
  const o = out.begin(l.voice);
  if (!o) return;
  const la = segment.localAddr, lp = segment.localPort, ra = segment.remoteAddr, rp = segment.remotePort;
  const limit = listen.segmentTo(l, ra);
  const iss = keys.cookie(la, lp, ra, rp, segment.seqNo, min<u32>(options.mss == 0 ? 536 : options.mss, limit));
  // without timestamps there is no place to keep the other options
  const ts = options.hasTs, shift = ts && options.wscale != 255 ? window.scaleFor(l.rcvCap) : 255;
  const val = ts ? keys.cookieTs(keys.tsOffset(la, lp, ra, rp) + l.guard + site.ms(), options.wscale, options.sackOk) : 0;
  out.mark(l.ttl, l.tos);
  const n = options.writeSyn(o, limit, ts && options.sackOk, ts, val, options.tsVal, shift);
  out.end(l.voice, la, lp, ra, rp, iss, segment.seqNo + 1, Bit.syn | Bit.ack, min<u32>(l.rcvCap, 65535), n, 0);
}

/** Cookies are valid for at most this many milliseconds. */
const COOKIE_LIFE: u32 = 196608;

/**
 * The parsed segment has no connection and no record, and its ACK may be a cookie's. Plain: returns the connection. Gated: records the SYN
 * for the owner. `taken` says whether it was one.
 */
export function cookieAck(l: Listener): Conn | null {
  taken = false;
  if (!l.gated && (!l.cookied || clock.ms - l.cookieAt > COOKIE_LIFE)) return null;
  const la = segment.localAddr, lp = segment.localPort, ra = segment.remoteAddr, rp = segment.remotePort;
  const mss = keys.cookieMss(la, lp, ra, rp, segment.seqNo - 1, segment.ack - 1);
  if (mss == 0) return null;
  taken = true;
  counters.add(C.cookieTaken);
  const s = changetype<Syn>(COOKIE);
  decode(s, mss);
  if (l.gated) { keep(l, s); return null; }
  if (!listen.hasRoom(l)) return null;
  return listen.make(l, s, keys.tsOffset(la, lp, ra, rp) + l.guard);
}
export let taken: bool = false;

/** ms. How long after a cookie segments may come before the connection that it began: they overtake its ACK on the network, or the event in the chain. */
const EARLY: u32 = 1000;

/**
 * Gated: the parsed segment has no connection and is no cookie's ACK, but may follow one. It is dropped, and the client sends it again: an RST would
 * end a connection that other replicas have (I4).
 */
export function early(l: Listener): bool {
  if (!l.gated || !(l.cookies || (l.cookied && clock.ms - l.cookieAt < EARLY))) return false;
  counters.add(C.cookieEarly);
  return true;
}

/** What the client's SYN said, from the cookie and the timestamp's echo. */
function decode(s: Syn, mss: u32): void {
  const ts = options.hasTs, bits = options.tsEcr & 63;
  listen.record(s);
  s.irs = segment.seqNo - 1;
  s.iss = segment.ack - 1;
  s.mss = <u16>mss;
  s.wscale = ts && (bits & 15) != 15 ? <u8>(bits & 15) : 255;
  s.wnd = <u16>min<u32>(s.wscale == 255 ? segment.wnd : segment.wnd << s.wscale, 65535);
  s.flags = <u8>((ts ? SynFlag.timestamps : 0) | (ts && bits & 16 ? SynFlag.sack : 0) | SynFlag.cookie);
}

/** Records a cookie's SYN for the owner of a gated listener. */
function keep(l: Listener, s: Syn): void {
  if (free == 0) { counters.add(C.noHalfOpen); return; }
  const h = changetype<HalfOpen>(free);
  free = h.hashNext;
  count--;
  memory.fill(changetype<usize>(h), 0, 64);
  memory.copy(changetype<usize>(h), changetype<usize>(s), 32);
  h.listener = changetype<usize>(l);
  h.timerKind = TimerKind.tcp + 1;
  const b = bucket(s.localAddr, s.localPort, s.remoteAddr, s.remotePort);
  h.hashNext = load<usize>(b);
  store<usize>(b, changetype<usize>(h));
  announce(h);
  wheel.arm(timerOf(h), clock.ms + KEEP);
}
