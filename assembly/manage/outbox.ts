// Messages that are ready to be sent. They are kept here until the end of the poll, so that the deciding code knows nothing of packets.

import * as config from "../core/config";
import * as counters from "../core/counters";
import * as site from "../core/site";
import * as udp from "../net/udp";
import * as wire from "../wire/manage";
import { Message, LONGEST } from "../wire/manage";
import { Manage } from "./counters";

const SLOTS: u32 = 64;
const BOX: usize = memory.data(128 * 64, 16);
const SPARE: usize = memory.data(128, 16); // taken when the box is full, never sent
let put: u32 = 0, got: u32 = 0;

export function init(): void { put = 0; got = 0; }

/** A new message from `from` to `to` about a service, with the site's time. Fill it, then `add`. */
export function begin(kind: u32, svc: u32, from: u32, to: u32): Message {
  const m = wire.begin(put - got < SLOTS ? slot(put) : SPARE, kind);
  m.service = <u8>svc;
  m.sender = <u8>from;
  m.receiver = <u8>to;
  m.site = <u16>config.siteId();
  if (site.isKnown()) { m.siteMs = site.ms(); m.flags = <u8>wire.Flag.siteKnown; }
  return m;
}

/** Seals m and takes it into the box; a full box counts and loses it. */
export function add(m: Message, key: usize): void {
  if (changetype<usize>(m) == SPARE) { counters.add(Manage.outboxFull); return; }
  wire.seal(m, key);
  put++;
}

/** The oldest message that waits, or null; `drop` removes it. */
export function oldest(): Message | null { return got == put ? null : changetype<Message>(slot(got)); }
export function drop(): void { got++; }

// @ts-ignore: decorator
@inline function slot(i: u32): usize { return BOX + <usize>(i & (SLOTS - 1)) * LONGEST; }

/** Sends everything as datagrams to the nodes' configured addresses. */
export function drain(): void {
  const port = <u32>config.site().managePort;
  for (;;) {
    const m = oldest();
    if (m == null) return;
    const p = udp.alloc(), n = wire.lengthOf(m.kind);
    if (!p) { counters.add(Manage.noBuffer); got = put; return; }
    memory.copy(p, changetype<usize>(m), n);
    udp.output(p, n, config.node(m.sender).address, port, config.node(m.receiver).address, port, 0);
    drop();
  }
}
