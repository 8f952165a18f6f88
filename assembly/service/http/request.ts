// Parsing a request (RFC 9112) byte by byte: request line, fields, and a body that is skipped. A line may end in a bare LF. What does not
// parse is refused with a status, and the connection ends with it.

import { BODY_MAX, Flag, HEAD_MAX, Method, Phase, Request, WORD, refuse, wordAt } from "./state";
import * as fields from "./fields";
import * as target from "./target";
import * as word from "./word";

/** True where the parser wants more bytes. */
export function wants(r: Request): bool { return <i32>r.phase <= Phase.trailerRest && r.phase != Phase.proceed; }

/** Takes one byte of a request in a phase that `wants` it. */
export function input(r: Request, b: u32): void {
  if (r.phase != Phase.body && r.phase != Phase.chunkData) {
    if (overlong(r)) return;
    if (r.cr && b != 10) { refuse(r, 400); return; }
    r.cr = b == 13 ? 1 : 0;
    if (r.cr) return;
  }
  switch (<u32>r.phase) {
    case Phase.start: start(r, b); break;
    case Phase.method: method(r, b); break;
    case Phase.target: inTarget(r, b); break;
    case Phase.version: version(r, b); break;
    case Phase.name: name(r, b); break;
    case Phase.value: value(r, b); break;
    case Phase.chunkSize: chunkSize(r, b); break;
    case Phase.chunkExt: if (b == 10) chunkBegin(r); break;
    case Phase.chunkEnd: if (b == 10) r.phase = <u8>Phase.chunkSize; else refuse(r, 400); break;
    case Phase.trailer: if (b == 10) complete(r); else r.phase = <u8>Phase.trailerRest; break;
    case Phase.trailerRest: if (b == 10) r.phase = <u8>Phase.trailer; break;
    default: skipped(r, 1); break;
  }
}

/** Counts a byte of the field section, or of what surrounds chunks, and refuses too many. */
function overlong(r: Request): bool {
  if (<i32>r.phase < Phase.name) return false;
  const inHead = <i32>r.phase <= Phase.value;
  if (++r.count <= (inHead ? HEAD_MAX : BODY_MAX)) return false;
  refuse(r, inHead ? 431 : 413);
  return true;
}

/** RFC 9112, 2.2: empty lines before a request line are ignored. */
function start(r: Request, b: u32): void {
  if (b == 10) return;
  r.phase = <u8>Phase.method;
  word.clear(r);
  method(r, b);
}

function method(r: Request, b: u32): void {
  if (word.isToken(b)) { word.add(r, b); return; }
  if (b != 32 || r.wordLen == 0) { refuse(r, 400); return; }
  r.method = <u8>methodOf(r);
  r.phase = <u8>Phase.target;
}

function methodOf(r: Request): u32 {
  if (word.is(r, "GET")) return Method.get;
  if (word.is(r, "HEAD")) return Method.head;
  const known = word.is(r, "POST") || word.is(r, "PUT") || word.is(r, "DELETE") || word.is(r, "OPTIONS") || word.is(r, "TRACE")
    || word.is(r, "CONNECT") || word.is(r, "PATCH");
  return known ? Method.other : Method.unknown;
}

function inTarget(r: Request, b: u32): void {
  if (b != 32) {
    if (b < 32 || b == 127) refuse(r, 400);
    else target.input(r, b);
    return;
  }
  target.end(r);
  if (r.phase == Phase.head) return;
  r.phase = <u8>Phase.version;
  word.clear(r);
}

function version(r: Request, b: u32): void {
  if (b != 10) { word.add(r, b); return; }
  const p = wordAt(r);
  if (r.wordLen != 8 || !word.startsWith(r, "HTTP/", false) || load<u8>(p + 6) != 46 || word.digits(p + 5, 1) + word.digits(p + 7, 1) != 2) {
    refuse(r, 400);
    return;
  }
  if (load<u8>(p + 5) != 49) { refuse(r, 505); return; }
  if (r.method == Method.unknown) { refuse(r, 501); return; }
  if (r.method != Method.other && !target.hasPath(r)) { refuse(r, 400); return; }
  if (load<u8>(p + 7) != 48) r.flags |= Flag.http11;
  r.count = 0;
  line(r);
}

/** A new field line begins. */
function line(r: Request): void {
  r.phase = <u8>Phase.name;
  word.clear(r);
}

/** A line that begins with a blank, or has one before its colon, is refused (RFC 9112, 5.1 and 5.2). */
function name(r: Request, b: u32): void {
  if (b == 10 && r.wordLen == 0) { headEnd(r); return; }
  if (word.isToken(b)) { word.add(r, b); return; }
  if (b != 58 || r.wordLen == 0) { refuse(r, 400); return; }
  r.phase = <u8>Phase.value;
  fields.begin(r);
  word.clear(r);
}

function value(r: Request, b: u32): void {
  if (b == 10 || b == 44) {
    word.trim(r);
    fields.member(r);
    word.clear(r);
    if (b == 10 && r.phase == Phase.value) line(r);
    return;
  }
  if (b == 127 || (b < 32 && b != 9)) { refuse(r, 400); return; }
  if (r.wordLen != 0 || !word.isBlank(b)) word.add(r, b);
}

/** The section ends: is there a body, and may it come? RFC 9112, 6.1: both ways of framing at once are an attack. */
function headEnd(r: Request): void {
  const f = r.flags, framed = f & (Flag.chunked | Flag.coding);
  if ((f & Flag.http11) != 0 && !(f & Flag.host)) { refuse(r, 400); return; }
  if (framed && ((f & Flag.length) != 0 || !(f & Flag.http11))) { refuse(r, 400); return; }
  if (f & Flag.coding) { refuse(r, 501); return; }
  if (r.length > BODY_MAX) { refuse(r, 413); return; }
  r.count = 0;
  if (!framed && r.length == 0) complete(r);
  else if ((f & Flag.expect) != 0 && (f & Flag.http11) != 0) r.phase = <u8>Phase.proceed;
  else bodyBegin(r);
}

/** The body's first byte comes next. */
export function bodyBegin(r: Request): void {
  r.phase = <u8>(r.flags & Flag.chunked ? Phase.chunkSize : Phase.body);
  word.clear(r);
}

/** n bytes of the body or chunk were skipped. */
export function skipped(r: Request, n: u32): void {
  r.length -= n;
  if (r.length != 0) return;
  if (r.phase == Phase.body) { complete(r); return; }
  r.phase = <u8>Phase.chunkEnd;
  word.clear(r);
}

function chunkSize(r: Request, b: u32): void {
  if (word.hexDigit(b) != 16) { word.add(r, b); return; }
  if (r.wordLen == 0 || r.wordLen > WORD) { refuse(r, 400); return; }
  if (b == 10) chunkBegin(r);
  else if (b == 59 || word.isBlank(b)) r.phase = <u8>Phase.chunkExt;
  else refuse(r, 400);
}

function chunkBegin(r: Request): void {
  const p = wordAt(r);
  let n: u32 = 0;
  for (let i: u32 = 0; i < <u32>r.wordLen && n <= BODY_MAX; i++) n = n << 4 | word.hexDigit(load<u8>(p + i));
  r.count += n;
  if (r.count > BODY_MAX) { refuse(r, 413); return; }
  r.length = n;
  r.phase = <u8>(n == 0 ? Phase.trailer : Phase.chunkData);
}

/** The request is complete: the file is looked for, or the method has no answer but one. */
function complete(r: Request): void {
  r.phase = <u8>Phase.open;
  if (r.method == Method.other) { r.status = 405; r.phase = <u8>Phase.head; }
}
