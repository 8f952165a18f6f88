// Discard (RFC 863): throws away what it receives, says nothing, closes after the client.

import * as api from "./api";
import { drain } from "./common/sink";

export function data(c: u32): void { drain(c); }

export function eof(c: u32): void {
  drain(c);
  api.close(c);
}
