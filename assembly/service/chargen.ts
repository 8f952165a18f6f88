// Character generator (RFC 864): the ring of the 95 printing characters, 72 to a line, each line starting one further, until the client
// closes. What the client sends is thrown away.

import * as api from "./api";
import { drain } from "./common/sink";

const LINE: u32 = 74;      // 72 characters, CR, LF
const FIRST: u32 = 32;
const CHARS: u32 = 95;
const CYCLE: u32 = LINE * CHARS;

/** All lines once: the stream repeats them. Written when the first connection comes. */
const TEXT: usize = memory.data(7040, 16);
if (CYCLE > 7040) ERROR("chargen: TEXT");

@unmanaged class Chargen {
  at: u32;                 // place in TEXT of the next byte
  closed: u32;
}

// @ts-ignore: decorator
@inline function state(c: u32): Chargen { return changetype<Chargen>(api.state(c)); }

export function accept(c: u32): void { fill(c); }
export function writable(c: u32): void { fill(c); }
export function data(c: u32): void { drain(c); }

export function eof(c: u32): void {
  drain(c);
  state(c).closed = 1;
  api.close(c);
}

function fill(c: u32): void {
  const s = state(c);
  if (s.closed) return;
  if (load<u8>(TEXT) == 0) write();
  for (let want = api.room(c); want != 0; want = api.room(c)) {
    const sent = api.send(c, TEXT + s.at, min(want, CYCLE - s.at));
    if (sent == 0) return;
    s.at = s.at + sent == CYCLE ? 0 : s.at + sent;
  }
}

function write(): void {
  let p = TEXT;
  for (let line: u32 = 0; line < CHARS; line++, p += LINE) {
    for (let k: u32 = 0; k < 72; k++) store<u8>(p + k, <u8>(FIRST + (line + k) % CHARS));
    store<u16>(p + 72, 0x0a0d);
  }
}
