// The content image, where the host has it.

import * as env from "../env";

let bytes: u32 = 0;

/** The image's size in bytes, from the configuration; 0: none. */
export function setSize(n: u32): void { bytes = n; }
export function size(): u32 { return bytes; }

/** Copies n bytes from offset to p: n, -5 outside the image, -11 later: ask again in a later poll. */
export function read(offset: u32, p: usize, n: u32): i32 {
  return bytes == 0 ? -5 : env.content_read(offset, p, n);
}
