// Selective acknowledgement (RFC 2018). Sending side: the scoreboard of what the client has, and what RFC 6675 computes from it. Receiving
// side: the blocks that we tell.

import { Conn, Flag, SynFlag } from "./conn";
import { Range } from "./ranges";
import * as ranges from "./ranges";
import * as options from "./options";
import * as counters from "./counters";
import { Tcp } from "./counters";
import * as seq from "../core/seq";
import { get32, put32 } from "../core/bytes";

const DUP_THRESH: u32 = 3;

// @ts-ignore: decorator
@inline function board(c: Conn): usize { return changetype<usize>(c) + offsetof<Conn>("sacked"); }

/** Takes the blocks of the segment just received; true when they told something new. */
export function receive(c: Conn): bool {
  if (!(c.options & SynFlag.sack)) return false;
  let before: u32 = 0, after: u32 = 0;
  before = bytes(c);
  for (let i: u32 = 0; i < options.sackN; i++) {
    const p = options.sackAt + (i << 3);
    block(c, get32(p) - c.iss - 1, get32(p + 4) - c.iss - 1);
  }
  after = bytes(c);
  return after != before;
}

/** One block in offsets. What lies below heardAck is a duplicate's report (RFC 2883) and tells nothing here. */
function block(c: Conn, start: u32, end: u32): void {
  if (seq.le(end, c.heardAck)) return;
  end = c.flags & Flag.finEver && end == c.sentMax + 1 ? c.sentMax : end;
  // what an earlier primary sent
  if (c.gated && seq.gt(end, c.sentMax) && seq.le(end, c.prod)) return;
  if (seq.ge(start, end) || seq.lt(start, c.heardAck) || seq.gt(end, c.sentMax)) { counters.add(Tcp.badSack); return; }
  if (!ranges.insert(board(c), start, end, 0)) counters.add(Tcp.noRange);
}

/** heardAck moved. */
export function trim(c: Conn): void { if (c.sacked != 0) ranges.trim(board(c), c.heardAck); }
export function clear(c: Conn): void { ranges.clear(board(c)); }

/** Bytes SACKed. */
export function bytes(c: Conn): u32 {
  let n: u32 = 0;
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) n += changetype<Range>(at).end - changetype<Range>(at).start;
  return n;
}

// @ts-ignore: decorator
@inline function lostBelow(c: Conn, ranges: u32, bytes: u32): bool { return ranges >= DUP_THRESH || bytes > (DUP_THRESH - 1) * <u32>c.mss; }

/** IsLost of the first byte (RFC 6675 4). */
export function firstIsLost(c: Conn): bool { return c.sacked != 0 && lostBelow(c, ranges.length(board(c)), bytes(c)); }

/** SetPipe (RFC 6675 4): bytes of [heardAck, sentMax) that are on the way. */
export function pipe(c: Conn): u32 {
  let n: u32 = ranges.length(board(c)), above = bytes(c), total: u32 = 0, from = c.heardAck;
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (!lostBelow(c, n, above)) total += r.start - from;
    if (seq.gt(c.highRxt, from)) total += seq.min(r.start, c.highRxt) - from;
    n--; above -= r.end - r.start;
    from = r.end;
  }
  total += c.sentMax - from;
  return total;
}

/** What `hole` found. */
export let holeStart: u32 = 0;
export let holeEnd: u32 = 0;

/** The first hole not sent again yet (NextSeg rules 1 and 3); with `lost` only where IsLost says so. */
export function hole(c: Conn, lost: bool): bool {
  let n: u32 = ranges.length(board(c)), above = bytes(c), from = c.heardAck;
  const floor = seq.max(c.highRxt, c.heardAck);
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (lost && !lostBelow(c, n, above)) return false;
    if (seq.lt(floor, r.start)) {
      holeStart = seq.max(floor, from);
      holeEnd = r.start;
      return true;
    }
    n--; above -= r.end - r.start;
    from = r.end;
  }
  return false;
}

/** The end of the SACKed range that holds `off`, or `off`. */
export function skip(c: Conn, off: u32): u32 {
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (seq.lt(off, r.start)) return off;
    if (seq.lt(off, r.end)) return r.end;
  }
  return off;
}

/** Where the first SACKed range after `off` begins, at most `limit`. */
export function nextStart(c: Conn, off: u32, limit: u32): u32 {
  for (let at = c.sacked; at != 0; at = changetype<Range>(at).next) {
    const r = changetype<Range>(at);
    if (seq.gt(r.start, off)) return seq.min(r.start, limit);
  }
  return limit;
}

/** Blocks that a segment of ours would carry now: at most three beside timestamps, else four. */
export function toTell(c: Conn): u32 {
  if (c.ooo == 0 || !(c.options & SynFlag.sack)) return 0;
  // R5a: below a closed gate a block would tell of a hole that is none
  if (c.gated && c.dep != c.rcvd && !(c.flags & Flag.held)) return 0;
  return min<u32>(ranges.length(changetype<usize>(c) + offsetof<Conn>("ooo")), c.options & SynFlag.timestamps ? 3 : 4);
}

/** Writes n blocks, most recent first (RFC 2018 4), at p. */
export function write(c: Conn, p: usize, n: u32): void {
  let below: u32 = 0xffffffff;
  for (let i: u32 = 0; i < n; i++) {
    const r = youngest(c, below);
    below = r.aux;
    put32(p, c.irs + 1 + r.start);
    put32(p + 4, c.irs + 1 + r.end);
    c.sackTop = seq.max(c.sackTop, r.end);
    p += 8;
  }
}

/** The range that grew last, of those with a stamp below `below`. */
function youngest(c: Conn, below: u32): Range {
  let best: usize = c.ooo;
  let top: u32 = 0;
  for (let at = c.ooo; at != 0; at = changetype<Range>(at).next) {
    const a = changetype<Range>(at).aux;
    if (a < below && a >= top) { top = a; best = at; }
  }
  return changetype<Range>(best);
}
