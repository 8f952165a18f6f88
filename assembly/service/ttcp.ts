// Bulk transfers, after ttcp. The source sends param(0) bytes (0: without end) of the pattern under the seed param(1), then closes. The sink
// counts what it receives and, when the client has closed, answers "COUNT CHECK\n" (decimal, eight hex digits) and closes.

import * as api from "./api";
import { SCRATCH, SCRATCH_SIZE } from "./common/scratch";
import { drain } from "./common/sink";
import * as pattern from "./common/pattern";
import * as text from "./common/text";

@unmanaged class Source {
  sent: u32;
  closed: u32;
}

// @ts-ignore: decorator
@inline function source(c: u32): Source { return changetype<Source>(api.state(c)); }

export function sourceAccept(c: u32): void { pour(c); }
export function sourceWritable(c: u32): void { pour(c); }
export function sourceData(c: u32): void { drain(c); }

/** The client's FIN ends an endless stream; a bounded one is sent to its end. */
export function sourceEof(c: u32): void {
  drain(c);
  const s = source(c);
  if (api.param(0) != 0 || s.closed) return;
  s.closed = 1;
  api.close(c);
}

function pour(c: u32): void {
  const s = source(c), size = api.param(0), seed = api.param(1);
  while (!s.closed && (size == 0 || s.sent < size)) {
    const skip = s.sent & 3;
    let n = min(api.room(c), SCRATCH_SIZE - 4);
    if (size != 0) n = min(n, size - s.sent);
    if (n == 0) return;
    pattern.fill(SCRATCH, skip + n, seed, s.sent >> 2);
    const sent = api.send(c, SCRATCH + skip, n);
    if (sent == 0) return;
    s.sent += sent;
  }
  if (s.closed) return;
  s.closed = 1;
  api.close(c);
}

@unmanaged class Sink {
  count: u32;
  check: u32;
  part: u32;       // the 0-3 bytes since the last whole word, zero above them
  ended: u32;      // 1: the client has closed; 2: answered
  said: u32;       // bytes of the answer that went out
}

// @ts-ignore: decorator
@inline function sink(c: u32): Sink { return changetype<Sink>(api.state(c)); }

export function sinkData(c: u32): void { take(c); }

export function sinkEof(c: u32): void {
  take(c);
  sink(c).ended = 1;
  answer(c);
}

export function sinkWritable(c: u32): void { if (sink(c).ended == 1) answer(c); }

function take(c: u32): void {
  const s = sink(c);
  for (let n = api.recv(c, SCRATCH, SCRATCH_SIZE); n != 0; n = api.recv(c, SCRATCH, SCRATCH_SIZE)) {
    let p = SCRATCH;
    const end = p + n;
    while (p < end && (s.count & 3) != 0) byte(s, load<u8>(p++));
    let h = s.check;
    const words = <u32>(end - p) & ~3;
    for (const stop = p + words; p < stop; p += 4) h = pattern.check(h, load<u32>(p));
    s.check = h;
    s.count += words;
    while (p < end) byte(s, load<u8>(p++));
  }
}

function byte(s: Sink, b: u32): void {
  s.part |= b << ((s.count & 3) << 3);
  if ((++s.count & 3) != 0) return;
  s.check = pattern.check(s.check, s.part);
  s.part = 0;
}

function answer(c: u32): void {
  const s = sink(c);
  text.begin(SCRATCH);
  text.num(s.count);
  text.char(32);
  text.hex((s.count & 3) != 0 ? pattern.check(s.check, s.part) : s.check);
  text.char(10);
  s.said += api.send(c, SCRATCH + s.said, text.length() - s.said);
  if (s.said < text.length()) return;
  s.ended = 2;
  api.close(c);
}
