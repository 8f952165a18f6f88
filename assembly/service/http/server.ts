// HTTP/1.1 static files from the content image (RFC 9110, 9112): GET and HEAD, persistent connections with pipelining, one range per request,
// entity tags. The bytes sent depend on the bytes received alone; room to send and content that comes later only decide when they go.
// Left out: Date (there is no clock of the day), If-Modified-Since, several ranges in one answer (the whole file is sent), trailers.

import * as api from "../api";
import { SCRATCH, SCRATCH_SIZE } from "../common/scratch";
import { drain } from "../common/sink";
import { AHEAD, Flag, Phase, Request, aheadAt, at, renew } from "./state";
import * as files from "./files";
import * as reply from "./reply";
import * as request from "./request";
import * as text from "../common/text";

export function data(c: u32): void { run(c, at(c)); }

export function eof(c: u32): void {
  const r = at(c);
  r.flags |= Flag.ended;
  run(c, r);
}

/** There is room to send, or content that was to come later is there. */
export function resume(c: u32): void { run(c, at(c)); }

/** Goes on with requests and answers until something has to be waited for. */
function run(c: u32, r: Request): void {
  while (r.phase != Phase.closed) {
    if (!(request.wants(r) ? parse(c, r) : answer(c, r))) return;
  }
  drain(c);
}

/** Parses what was received up to the end of the request; false: that was not all of it. */
function parse(c: u32, r: Request): bool {
  while (request.wants(r)) {
    if (r.aheadLen == 0 && !refill(c, r)) return false;
    r.aheadLen--;
    request.input(r, load<u8>(aheadAt(r) + r.aheadAt++));
  }
  return true;
}

/** Reads on into the block; where the client has closed, so do we: a request that is not complete has no answer. */
function refill(c: u32, r: Request): bool {
  r.aheadAt = 0;
  r.aheadLen = <u8>api.recv(c, aheadAt(r), AHEAD);
  if (r.aheadLen != 0) return true;
  if (r.flags & Flag.ended) finish(c, r);
  return false;
}

function finish(c: u32, r: Request): void {
  r.phase = <u8>Phase.closed;
  api.close(c);
}

/** Takes one step towards the answer's end; false: the step has to wait. */
function answer(c: u32, r: Request): bool {
  switch (<u32>r.phase) {
    case Phase.proceed: return proceed(c, r);
    case Phase.head: return head(c, r);
    case Phase.send: return send(c, r);
    default: return look(r);
  }
}

function look(r: Request): bool {
  if (!files.step(r)) return false;
  if (r.phase == Phase.head && r.status == 200) reply.decide(r);
  return true;
}

/** The interim answer that a client with `Expect: 100-continue` waits for. */
function proceed(c: u32, r: Request): bool {
  text.begin(SCRATCH);
  text.str("HTTP/1.1 100 Continue\r\n\r\n");
  if (!say(c, r, text.length())) return false;
  request.bodyBegin(r);
  return true;
}

function head(c: u32, r: Request): bool {
  const named = r.status == 200 || r.status == 206, type = SCRATCH + SCRATCH_SIZE - 256;
  if (named) {
    const got = api.content(r.typeAt, type, r.typeLen);
    if (got == files.LATER) return false;
    if (got != r.typeLen) { api.abort(c); return false; }
  }
  if (!say(c, r, reply.head(r, SCRATCH, type, r.typeLen))) return false;
  if (reply.hasFile(r) && r.left != 0) r.phase = <u8>Phase.send;
  else next(c, r);
  return true;
}

/** Sends on with a text of n bytes in the scratch buffer; true when all of it went out. */
function say(c: u32, r: Request, n: u32): bool {
  r.said += api.send(c, SCRATCH + r.said, n - r.said);
  if (r.said < n) return false;
  r.said = 0;
  return true;
}

/** Sends the file's bytes while there is room. */
function send(c: u32, r: Request): bool {
  while (r.left != 0) {
    const n = min(min(api.room(c), r.left), SCRATCH_SIZE);
    if (n == 0) return false;
    const got = api.content(r.fileAt, SCRATCH, n);
    if (got == files.LATER) return false;
    if (got != n) { api.abort(c); return false; }
    const sent = api.send(c, SCRATCH, n);
    r.fileAt += sent;
    r.left -= sent;
  }
  next(c, r);
  return true;
}

/** The answer is out: the next request, or the end. */
function next(c: u32, r: Request): void {
  if (reply.last(r)) finish(c, r);
  else renew(r);
}
