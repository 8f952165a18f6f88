// `nearest`: the live replica with the least metric for the longest client prefix that says anything; a flow keeps its replica while that lives.

import { METRICS, SERVICES } from "../core/sizes";
import { Err } from "../core/err";
import { Redirector } from "./counters";
import * as counters from "../core/counters";
import * as flows from "./flows";
import * as members from "../manage/members";
import * as route from "../net/route";

@unmanaged class Metric {
  next: usize;     // of the same service
  prefix: u32;
  len: u8; node: u8; pad: u16;
  metric: u32;
}
if (offsetof<Metric>() != 16) ERROR("Metric: layout");

const TABLE: usize = memory.data(16 * METRICS, 16);
const FIRST: usize = memory.data(4 * SERVICES, 16);
let count: u32 = 0;

export function init(): void {
  memory.fill(FIRST, 0, 4 * SERVICES);
  count = 0;
}

/** Adds a metric of a node for the clients in a prefix. 0, or Err.tooMany, Err.badRecord. */
export function add(svc: u32, node: u32, prefix: u32, len: u32, metric: u32): i32 {
  if (svc >= SERVICES || len > 32) return Err.badRecord;
  if (count == METRICS) return Err.tooMany;
  const m = changetype<Metric>(TABLE + (count << 4));
  count++;
  m.prefix = prefix & route.mask(len); m.len = <u8>len; m.node = <u8>node; m.metric = metric;
  m.next = <usize>load<u32>(FIRST + (svc << 2));
  store<u32>(FIRST + (svc << 2), <u32>changetype<usize>(m));
  return 0;
}

/** The member that serves a client's flow: the one it has, or a new choice. -1: nobody lives. syn: the flow begins. */
export function member(svc: u32, client: u32, port: u32, syn: bool): i32 {
  const f = flows.find(svc, client, port);
  if (f != null) {
    const i = members.position(svc, f.node);
    if (i >= 0) { flows.touch(f, syn); return i; }
  }
  const i = choose(svc, client);
  if (i < 0) return i;
  counters.add(Redirector.flows);
  flows.put(svc, client, port, members.node(svc, <u32>i), syn);
  return i;
}

/** The member for an error about a flow: no flow is begun. */
export function lookup(svc: u32, client: u32, port: u32): i32 {
  const f = flows.find(svc, client, port), i = f != null ? members.position(svc, f.node) : -1;
  return i >= 0 ? i : choose(svc, client);
}

/** The nearest member; the first one where no metric tells. */
export function choose(svc: u32, client: u32): i32 {
  let best: i32 = members.count(svc) > 0 ? 0 : -1, len: i32 = -1, least: u32 = 0;
  let at = <usize>load<u32>(FIRST + (svc << 2));
  while (at) {
    const m = changetype<Metric>(at);
    at = m.next;
    if ((client & route.mask(m.len)) != m.prefix) continue;
    if (<i32>m.len < len || (<i32>m.len == len && m.metric >= least)) continue;
    const i = members.position(svc, m.node);
    if (i < 0) continue;
    best = i; len = <i32>m.len; least = m.metric;
  }
  return best;
}
