// The head of an answer: status line, fields, and the short text of an error. The same request gives the same bytes, so a head that did not
// fit is built again. There is no Date: the service has no clock of the day (RFC 9110, 6.6.1).

import * as text from "../common/text";
import { Flag, Method, RangeKind, Request } from "./state";
import * as fields from "./fields";

/** Decides between 200, 206, 304 and 416 for a file that exists, and what of it is sent (RFC 9110, 13.2.2). */
export function decide(r: Request): void {
  r.left = r.size;
  if (fields.noneMatch(r)) r.status = 304;
  else if (ranged(r)) range(r);
}

/** A Range counts for GET only, alone, and where If-Range names the file as it is. */
function ranged(r: Request): bool {
  if (r.method != Method.get || r.rangeKind == RangeKind.none || (r.flags & Flag.ranges) != 0) return false;
  return !(r.flags & Flag.ifRange) || ((r.flags & Flag.ifRangeTag) != 0 && r.rangeTag == r.tag);
}

/** Cuts the range to the file; rangeFrom and rangeTo are then its first and last byte. */
function range(r: Request): void {
  const size = r.size;
  if (r.rangeKind == RangeKind.suffix) {
    r.rangeFrom = r.rangeTo < size ? size - r.rangeTo : 0;
    if (r.rangeTo == 0) r.rangeFrom = size;
    r.rangeTo = size - 1;
  } else if (r.rangeKind == RangeKind.from || r.rangeTo >= size) r.rangeTo = size - 1;
  if (r.rangeFrom >= size) { r.status = 416; return; }
  r.status = 206;
  r.fileAt += r.rangeFrom;
  r.left = r.rangeTo - r.rangeFrom + 1;
}

/** True where the file's bytes follow the head. */
export function hasFile(r: Request): bool { return r.status <= 206 && r.method == Method.get; }

/** True where the connection ends with this answer. */
export function last(r: Request): bool {
  const stays = (r.flags & Flag.http11) != 0 || (r.flags & Flag.keepAlive) != 0;
  return (r.flags & Flag.close) != 0 || !stays;
}

/** Builds the head at p, the file's content type being the n bytes at type; returns its length, below 1,024. */
export function head(r: Request, p: usize, type: usize, n: u32): u32 {
  text.begin(p);
  text.str("HTTP/1.1 ");
  phrase(r.status);
  text.str("\r\n");
  if (r.status == 405) text.str("Allow: GET, HEAD\r\n");
  if (r.status == 416) contentRange(r);
  if (r.status <= 304) file(r, type, n);
  connection(r);
  if (r.status > 304) error(r);
  else text.str("\r\n");
  return text.length();
}

function file(r: Request, type: usize, n: u32): void {
  if (r.status != 304) {
    text.str("Content-Type: ");
    text.bytes(type, n);
    text.str("\r\nContent-Length: ");
    text.num(r.status == 206 ? r.rangeTo - r.rangeFrom + 1 : r.size);
    text.str("\r\nAccept-Ranges: bytes\r\n");
  }
  text.str("ETag: \"");
  for (let i: u32 = 0; i < 8; i++) text.hex8(load<u8>(changetype<usize>(r) + offsetof<Request>("tag") + i));
  text.str("\"\r\n");
  if (r.status == 206) contentRange(r);
}

function contentRange(r: Request): void {
  text.str("Content-Range: bytes ");
  if (r.status == 206) {
    text.num(r.rangeFrom);
    text.char(45);
    text.num(r.rangeTo);
  } else text.char(42);
  text.char(47);
  text.num(r.size);
  text.str("\r\n");
}

function connection(r: Request): void {
  if (last(r)) text.str("Connection: close\r\n");
  else if (!(r.flags & Flag.http11)) text.str("Connection: keep-alive\r\n");
}

/** The rest of an error's head, and its status as text unless HEAD asked. */
function error(r: Request): void {
  text.str("Content-Type: text/plain\r\nContent-Length: ");
  const at = text.length();
  phrase(r.status);
  const n = text.length() - at;
  text.back(n);
  text.num(n + 1);
  text.str("\r\n\r\n");
  if (r.method == Method.head) return;
  phrase(r.status);
  text.char(10);
}

function phrase(status: u32): void {
  text.num(status);
  switch (status) {
    case 200: text.str(" OK"); break;
    case 206: text.str(" Partial Content"); break;
    case 304: text.str(" Not Modified"); break;
    case 400: text.str(" Bad Request"); break;
    case 404: text.str(" Not Found"); break;
    case 405: text.str(" Method Not Allowed"); break;
    case 413: text.str(" Content Too Large"); break;
    case 414: text.str(" URI Too Long"); break;
    case 416: text.str(" Range Not Satisfiable"); break;
    case 431: text.str(" Request Header Fields Too Large"); break;
    case 501: text.str(" Not Implemented"); break;
    default: text.str(" HTTP Version Not Supported"); break;
  }
}
