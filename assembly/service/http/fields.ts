// The header fields that matter here (RFC 9110, 9112): Host, Connection, Content-Length, Transfer-Encoding, Expect, Range, If-Range,
// If-None-Match. A value is taken member by member (comma-separated); the word holds the member. Other fields are skipped.

import { Request, Flag, RangeKind, TAGS, WORD, refuse, wordAt } from "./state";
import * as word from "./word";

export const enum Field {
  other = 0, host = 1, connection = 2, contentLength = 3, transferEncoding = 4, expect = 5, range = 6, ifRange = 7, ifNoneMatch = 8,
}

/** A field's name is complete in the word. Refuses a second Host. */
export function begin(r: Request): void {
  const f = named(r);
  r.field = <u8>f;
  if (f == Field.host) {
    if (r.flags & Flag.host) refuse(r, 400);
    r.flags |= Flag.host;
  }
}

function named(r: Request): u32 {
  switch (<u32>r.wordLen) {
    case 4: return word.isFold(r, "host") ? Field.host : Field.other;
    case 5: return word.isFold(r, "range") ? Field.range : Field.other;
    case 6: return word.isFold(r, "expect") ? Field.expect : Field.other;
    case 8: return word.isFold(r, "if-range") ? Field.ifRange : Field.other;
    case 10: return word.isFold(r, "connection") ? Field.connection : Field.other;
    case 13: return word.isFold(r, "if-none-match") ? Field.ifNoneMatch : Field.other;
    case 14: return word.isFold(r, "content-length") ? Field.contentLength : Field.other;
    case 17: return word.isFold(r, "transfer-encoding") ? Field.transferEncoding : Field.other;
    default: return Field.other;
  }
}

/** One member of the field's value is complete in the word, blanks around it taken away; it may be empty. */
export function member(r: Request): void {
  switch (<u32>r.field) {
    case Field.connection: connection(r); break;
    case Field.contentLength: contentLength(r); break;
    case Field.transferEncoding: transferEncoding(r); break;
    case Field.expect: if (word.isFold(r, "100-continue")) r.flags |= Flag.expect; break;
    case Field.range: range(r); break;
    case Field.ifRange: ifRange(r); break;
    case Field.ifNoneMatch: ifNoneMatch(r); break;
    default: break;
  }
}

function connection(r: Request): void {
  if (word.isFold(r, "close")) r.flags |= Flag.close;
  else if (word.isFold(r, "keep-alive")) r.flags |= Flag.keepAlive;
}

/** RFC 9112, 6.3: anything but one number, or the same one again, leaves the message's end unknown. */
function contentLength(r: Request): void {
  const n = <u32>r.wordLen;
  if (n == 0 || n > WORD || word.digits(wordAt(r), n) != n) { refuse(r, 400); return; }
  const v = word.decimal(wordAt(r), n);
  if ((r.flags & Flag.length) != 0 && v != r.length) { refuse(r, 400); return; }
  r.flags |= Flag.length;
  r.length = v;
}

function transferEncoding(r: Request): void {
  if (r.wordLen == 0) return;
  if (word.isFold(r, "chunked") && !(r.flags & Flag.chunked)) r.flags |= Flag.chunked;
  else r.flags |= Flag.coding;
}

/** One range of bytes; several, or what is no such range, are as if no Range had been sent (RFC 9110, 14.2). */
function range(r: Request): void {
  if (r.flags & Flag.range) { r.flags |= Flag.ranges; return; }
  r.flags |= Flag.range;
  const n = <u32>r.wordLen;
  if (n > WORD || n < 8 || !word.startsWith(r, "bytes=", true)) return;
  span(r, wordAt(r) + 6, n - 6);
}

function span(r: Request, p: usize, n: u32): void {
  const a = word.digits(p, n);
  if (a == n || load<u8>(p + a) != 45) return;
  const b = word.digits(p + a + 1, n - a - 1);
  if (a + 1 + b != n || (a == 0 && b == 0)) return;
  if (a != 0) r.rangeFrom = word.decimal(p, a);
  if (b != 0) r.rangeTo = word.decimal(p + a + 1, b);
  if (a != 0 && b != 0 && r.rangeTo < r.rangeFrom) return;
  r.rangeKind = <u8>(a == 0 ? RangeKind.suffix : b == 0 ? RangeKind.from : RangeKind.between);
}

/** Only a strong tag of ours can match; a date, a weak tag or a list never does. */
function ifRange(r: Request): void {
  const first = !(r.flags & Flag.ifRange);
  r.flags |= Flag.ifRange;
  r.flags &= ~Flag.ifRangeTag;
  if (!first || !isTag(r, 0)) return;
  r.rangeTag = tag(r, 0);
  r.flags |= Flag.ifRangeTag;
}

/** Compared weakly: a W/ before the tag does not matter. */
function ifNoneMatch(r: Request): void {
  if (word.is(r, "*")) { r.flags |= Flag.anyTag; return; }
  const skip: u32 = word.startsWith(r, "W/", false) ? 2 : 0;
  if (!isTag(r, skip) || <u32>r.tags == TAGS) return;
  const t = tag(r, skip);
  if (r.tags == 0) r.tag0 = t;
  else if (r.tags == 1) r.tag1 = t;
  else r.tag2 = t;
  r.tags++;
}

/** True where the word from `skip` on has the form of our entity tags: 16 lower-case hexadecimal digits in quotes. */
function isTag(r: Request, skip: u32): bool {
  const p = wordAt(r) + skip;
  if (<u32>r.wordLen != skip + 18 || load<u8>(p) != 34 || load<u8>(p + 17) != 34) return false;
  for (let i: u32 = 1; i < 17; i++) {
    const b = <u32>load<u8>(p + i);
    if (word.hexDigit(b) == 16 || b - 65 < 6) return false;
  }
  return true;
}

/** The tag's eight bytes, the first digits in the lowest byte. */
function tag(r: Request, skip: u32): u64 {
  const p = wordAt(r) + skip + 1;
  let lo: u32 = 0, hi: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    lo |= byteAt(p + (i << 1)) << (i << 3);
    hi |= byteAt(p + 8 + (i << 1)) << (i << 3);
  }
  return <u64>hi << 32 | <u64>lo;
}

function byteAt(p: usize): u32 { return word.hexDigit(load<u8>(p)) << 4 | word.hexDigit(load<u8>(p + 1)); }

/** True where If-None-Match names the file's tag, or any. */
export function noneMatch(r: Request): bool {
  if (r.flags & Flag.anyTag) return true;
  const t = r.tag;
  return (r.tags > 0 && r.tag0 == t) || (r.tags > 1 && r.tag1 == t) || (r.tags > 2 && r.tag2 == t);
}
