// Which built-in service gets an event: by the kind in the configuration's service record. Every call runs to its end and may only use
// `service/api`; what a kind does not care for is nothing.

import * as chargen from "./chargen";
import * as discard from "./discard";
import * as echo from "./echo";
import * as http from "./http/server";
import * as ttcp from "./ttcp";

export const enum Kind { echo = 1, discard = 2, chargen = 3, ttcpSource = 4, ttcpSink = 5, http = 6 }

/** Connection c exists; its state block is zeroed. */
export function accept(kind: u32, c: u32): void {
  switch (kind) {
    case Kind.chargen: chargen.accept(c); break;
    case Kind.ttcpSource: ttcp.sourceAccept(c); break;
    default: break;
  }
}

/** n more bytes were deposited on c. */
export function data(kind: u32, c: u32, n: u32): void {
  switch (kind) {
    case Kind.echo: echo.data(c); break;
    case Kind.discard: discard.data(c); break;
    case Kind.chargen: chargen.data(c); break;
    case Kind.ttcpSource: ttcp.sourceData(c); break;
    case Kind.ttcpSink: ttcp.sinkData(c); break;
    case Kind.http: http.data(c); break;
    default: break;
  }
}

/** The client has closed its direction: nothing follows what is unread. */
export function eof(kind: u32, c: u32): void {
  switch (kind) {
    case Kind.echo: echo.eof(c); break;
    case Kind.discard: discard.eof(c); break;
    case Kind.chargen: chargen.eof(c); break;
    case Kind.ttcpSource: ttcp.sourceEof(c); break;
    case Kind.ttcpSink: ttcp.sinkEof(c); break;
    case Kind.http: http.eof(c); break;
    default: break;
  }
}

/** There is room to send again: n bytes. */
export function writable(kind: u32, c: u32, n: u32): void {
  switch (kind) {
    case Kind.echo: echo.writable(c); break;
    case Kind.chargen: chargen.writable(c); break;
    case Kind.ttcpSource: ttcp.sourceWritable(c); break;
    case Kind.ttcpSink: ttcp.sinkWritable(c); break;
    case Kind.http: http.resume(c); break;
    default: break;
  }
}

/** Connection c is gone; its number may come again. No built-in service holds anything outside its state block. */
export function closed(kind: u32, c: u32): void {}

/** The service's timer `id` is due. No built-in service sets one. */
export function timer(kind: u32, id: u32): void {}

/** Content that c asked for and could not have at once may be there now: the service asks again. */
export function resume(kind: u32, c: u32): void {
  if (kind == Kind.http) http.resume(c);
}
