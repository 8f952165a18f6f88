// Echo (RFC 862): sends back what it receives, and closes after the client has closed and everything went back.
// What finds no room stays unread, so a client that does not read is not read from.

import * as api from "./api";
import { SCRATCH, SCRATCH_SIZE } from "./common/scratch";

@unmanaged class Echo { ended: u32; }   // 1: the client has closed; 2: so have we

export function data(c: u32): void { pump(c); }
export function writable(c: u32): void { pump(c); }

export function eof(c: u32): void {
  changetype<Echo>(api.state(c)).ended = 1;
  pump(c);
}

function pump(c: u32): void {
  while (api.unread(c) != 0) {
    const n = min(api.room(c), SCRATCH_SIZE);
    if (n == 0) return;
    api.send(c, SCRATCH, api.recv(c, SCRATCH, n));
  }
  const s = changetype<Echo>(api.state(c));
  if (s.ended != 1) return;
  s.ended = 2;
  api.close(c);
}
