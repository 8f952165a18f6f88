// Character generator (RFC 864): the ring of the 95 printing characters, 72 to a line, each line starting one further, until the client
// closes. What the client sends is thrown away.

import * as api from "./api";
import { SCRATCH } from "./common/scratch";
import { drain } from "./common/sink";

const LINE: u32 = 74;      // 72 characters, CR, LF
const FIRST: u32 = 32;
const CHARS: u32 = 95;
const BATCH: u32 = 37;     // lines built at a time

@unmanaged class Chargen {
  line: u32;               // 0..94: the line that comes next, or is under way
  column: u32;             // bytes of it that went out
  closed: u32;
}

// @ts-ignore: decorator
@inline function at(c: u32): Chargen { return changetype<Chargen>(api.state(c)); }

export function accept(c: u32): void { fill(c); }
export function writable(c: u32): void { fill(c); }
export function data(c: u32): void { drain(c); }

export function eof(c: u32): void {
  drain(c);
  at(c).closed = 1;
  api.close(c);
}

function fill(c: u32): void {
  const s = at(c);
  if (s.closed) return;
  for (let want = api.room(c); want != 0; want = api.room(c)) {
    const n = min(want, BATCH * LINE - s.column);
    lines(s.line, (s.column + n + LINE - 1) / LINE);
    const sent = api.send(c, SCRATCH + s.column, n);
    if (sent == 0) return;
    const end = s.column + sent;
    s.line = (s.line + end / LINE) % CHARS;
    s.column = end % LINE;
  }
}

/** Builds n lines from `line` on in the scratch buffer. */
function lines(line: u32, n: u32): void {
  let p = SCRATCH;
  for (let i: u32 = 0; i < n; i++) {
    let ch = (line + i) % CHARS;
    for (let k: u32 = 0; k < 72; k++) {
      store<u8>(p++, <u8>(FIRST + ch));
      if (++ch == CHARS) ch = 0;
    }
    store<u16>(p, 0x0a0d);
    p += 2;
  }
}
