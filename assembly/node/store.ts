// The manager's durable record (CHAIN R17) and the host's storage: one write at a time, answered in a later poll.

import * as env from "../env";
import * as manager from "../manage/manager";
import * as node from "./node";

const SIZE: u32 = 512;
const RECORD: usize = memory.data(512, 16);
let done: u32 = 0, failed: u32 = 0;
let writing: bool = false;

/** In `init`: what was stored before. */
export function load(): void {
  manager.recordLoaded(RECORD, env.store_read(RECORD, SIZE));
  done = node.storeDone();
  failed = node.storeFailed();
  writing = false;
}

/** Each poll: takes the host's answer, and starts the next write where one waits. */
export function run(): void {
  if (writing && node.storeDone() != done) { done = node.storeDone(); writing = false; manager.recordDone(true); }
  if (writing && node.storeFailed() != failed) { failed = node.storeFailed(); writing = false; manager.recordDone(false); }
  const n = writing ? 0 : manager.recordPending();
  if (n == 0) return;
  writing = true;
  env.store_write(manager.recordAddress(), n);
}
