// When a change of views is on storage (CHAIN.md R17). Changes are numbered; a write covers all that were made before it began. A view may
// be told once its change is written, or at once where there is no storage. A failed write is tried again: telling a view that a restart
// would not know of is what the record is there to prevent.

import { SERVICES } from "../core/sizes";
import * as config from "../core/config";
import * as counters from "../core/counters";
import * as log from "../core/log";
import * as chain from "./chain";
import { Manage } from "./counters";
import * as record from "./record";

const RECORD: usize = memory.data(512, 16);
const RETRY: u64 = 100000;

let storage: bool = false;
let newest: u32 = 0, written: u32 = 0, writing: u32 = 0;
let counter: u32 = 0;       // of the slot written last
let retryAt: u64 = 0;

export function init(): void {
  memory.fill(RECORD, 0, 512);
  storage = false;
  newest = 0; written = 0; writing = 0; counter = 0; retryAt = 0;
}

/**
 * What the host's storage held: n bytes at p, 0: nothing, -1: there is no storage. Returns the address of the slot that counts, or 0. The
 * first write, which counts this start, is due at once.
 */
export function load(p: usize, n: i32): usize {
  storage = n >= 0;
  if (!storage) return 0;
  change();
  if (n <= 0 || <u32>n > record.SIZE) return 0;
  memory.copy(RECORD, p, <u32>n);
  const slot = record.newest(RECORD, <u32>n, config.siteId());
  if (slot) counter = record.counterOf(slot);
  return slot;
}

/** The number of a change that was just made. */
export function change(): u32 { return ++newest; }
export function isWritten(change: u32): bool { return !storage || <i32>(written - change) >= 0; }
/** The start itself is on storage: another start has another counter. */
export function started(): bool { return isWritten(1); }
/** The counter that this start's first write has. */
export function life(): u32 { return counter + 1; }
export function hasStorage(): bool { return storage; }

/** Length of a record that is to be written now, at `address()`; 0 when there is none. The host takes it at once and answers by `done`. */
export function pending(): u32 {
  if (!storage || writing != 0 || newest == written || chain.now < retryAt) return 0;
  writing = newest;
  record.begin(RECORD, counter + 1, config.siteId());
  for (let s: u32 = 0; s < SERVICES; s++) {
    const c = chain.at(s);
    if (c.number != 0 && c.n != 0) record.add(RECORD, counter + 1, s, chain.view(c));
  }
  record.end(RECORD, counter + 1);
  return record.SIZE;
}
export function address(): usize { return RECORD; }

/** The write that `pending` began has ended. */
export function done(ok: bool): void {
  if (writing == 0) return;
  if (ok) { counter++; written = writing; }
  else {
    retryAt = chain.now + RETRY;
    counters.add(Manage.recordFailed);
    log.begin(log.Level.error); log.str("the record of views could not be written, no new view is told"); log.end();
  }
  writing = 0;
}

/** True where the record has room for the views of all configured chains. */
export function fits(): bool {
  let n: u32 = 0;
  for (let s: u32 = 0; s < SERVICES; s++) {
    if (config.isService(s) && config.service(s).mode == config.Mode.ft) n += record.need(config.service(s).n);
  }
  return n <= record.ROOM;
}
