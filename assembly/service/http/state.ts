// What the HTTP service keeps per connection, within the state block: where the parser stands, what the request asked for, what of the
// answer is still to send. No text is kept but one word of the line under way and a few bytes read ahead.

import { STATE } from "../../core/sizes";
import * as api from "../api";

/** Largest request target, header section and request body that is taken, bytes. */
export const TARGET_MAX: u32 = 2048;
export const HEAD_MAX: u32 = 8192;
export const BODY_MAX: u32 = 65536;

export const WORD: u32 = 32;
export const AHEAD: u32 = 40;
/** Entity tags of If-None-Match that are kept; further ones count as no match. */
export const TAGS: u32 = 3;

export const enum Phase {
  start = 0,        // before a request line: empty lines are skipped
  method = 1,
  target = 2,
  version = 3,
  name = 4,         // a field name, or the empty line
  value = 5,
  proceed = 6,      // an interim 100 is to be sent
  body = 7,         // `length` bytes to skip
  chunkSize = 8,
  chunkExt = 9,
  chunkData = 10,
  chunkEnd = 11,    // the line end after a chunk's data
  trailer = 12,     // at the start of a trailer line
  trailerRest = 13,
  open = 14,        // the content image's header is to be read
  search = 15,      // the path's hash is looked for in the index
  entry = 16,       // the entry that may be the path's is to be read
  path = 17,        // ... and its path to be compared
  head = 18,        // the answer's head is going out
  send = 19,        // the file's bytes are going out
  closed = 20,      // our side is closed; whatever comes is thrown away
}

export const enum Method { get = 1, head = 2, other = 3, unknown = 4 }

export const enum Flag {
  http11 = 1, host = 2, close = 4, keepAlive = 8, length = 16, chunked = 32, coding = 64, expect = 128,
  range = 256,       // a Range field was seen
  ranges = 512,      // ... and more than one range: all are ignored
  ifRange = 1024, ifRangeTag = 2048,
  anyTag = 4096,     // If-None-Match: *
  ended = 8192,      // the client has closed its direction
}

export const enum RangeKind { none = 0, from = 1, between = 2, suffix = 3 }

@unmanaged export class Request {
  phase: u8;
  method: u8;
  field: u8;          // Field of the line under way
  cr: u8;             // the last byte was CR
  wordLen: u8;        // bytes of the word; WORD + 1: too long for any that is known
  form: u8;           // Form of the target
  escape: u8;         // digits of a percent escape still to come
  escapeValue: u8;
  segment: u8;        // length of the path segment under way, saturating
  dots: u8;           // ... how many of it are dots
  aheadAt: u8;
  aheadLen: u8;
  tags: u8;
  rangeKind: u8;
  status: u16;        // of the answer; 0: not decided
  flags: u32;
  count: u32;         // bytes of the target, the header section, or the chunked body so far
  length: u32;        // bytes of the body or chunk still to skip
  hash: u32;          // of the decoded path, as in the content index
  check: u32;         // a second hash of it
  rangeFrom: u32;
  rangeTo: u32;       // last byte of the range, or the suffix's length
  low: u32;           // index entries that may still match: [low, high)
  high: u32;
  pathAt: u32;        // offset in the content image of the index, then of an entry's path
  fileAt: u32;        // ... of the file's next byte
  left: u32;          // bytes of the file still to send
  said: u32;          // bytes of the head that went out
  size: u32;          // of the file
  tag: u64;           // the file's entity tag: the first bytes of its SHA-256
  rangeTag: u64;      // If-Range
  tag0: u64;          // If-None-Match
  tag1: u64;
  tag2: u64;
  typeAt: u32;        // offset in the content image of the content type
  pathLen: u16;       // of the decoded path
  typeLen: u8;
  pad: u8;
}
if (offsetof<Request>() > STATE - WORD - AHEAD) ERROR("Request: does not fit its state block");

// @ts-ignore: decorator
@inline export function at(c: u32): Request { return changetype<Request>(api.state(c)); }
// @ts-ignore: decorator
@inline export function wordAt(r: Request): usize { return changetype<usize>(r) + STATE - WORD - AHEAD; }
// @ts-ignore: decorator
@inline export function aheadAt(r: Request): usize { return changetype<usize>(r) + STATE - AHEAD; }

/** Forgets the request; bytes read ahead and the client's FIN stay. */
export function renew(r: Request): void {
  const at = r.aheadAt, n = r.aheadLen, ended = r.flags & Flag.ended;
  memory.fill(changetype<usize>(r), 0, offsetof<Request>());
  r.aheadAt = at;
  r.aheadLen = n;
  r.flags = ended;
}

/** The request is refused: the answer says `status` and the connection ends with it. */
export function refuse(r: Request, status: u32): void {
  r.status = <u16>status;
  r.flags |= Flag.close;
  r.phase = <u8>Phase.head;
}
