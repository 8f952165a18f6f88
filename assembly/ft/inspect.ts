// A look inside for the simulator and the status page: what CHAIN's invariants are about.

import { EVENTS } from "../core/sizes";
import * as clock from "../core/clock";
import * as seq from "../core/seq";
import { Replica, Role, alive, at, connOf, event, find } from "./replica";

@unmanaged export class ConnReport {
  present: u32; state: u32; rcvd: u32; dep: u32; prod: u32; acked: u32; ok: u32; edge: u32; irs: u32; iss: u32; remoteAddr: u32; remotePort: u32;
}
@unmanaged export class ServiceReport {
  view: u32; position: u32; members: u32; applied: u32; stable: u32; speaks: u32; connections: u32; history: u32;
}
const OUT: usize = memory.data(64, 16);

/** State of connection c of a service; `present` 0 where there is none. Overwritten by the next call. */
export function connection(svc: u32, c: u32): usize {
  memory.fill(OUT, 0, 64);
  const m = find(at(svc), c), o = changetype<ConnReport>(OUT);
  if (m == null || !alive(m)) return OUT;
  const k = connOf(m);
  o.present = 1; o.state = k.state; o.rcvd = k.rcvd; o.dep = k.dep; o.prod = k.prod; o.acked = k.acked; o.ok = k.ok; o.edge = k.edgeLimit;
  o.irs = k.irs; o.iss = k.iss; o.remoteAddr = k.remoteAddr; o.remotePort = k.remotePort;
  return OUT;
}

export function service(svc: u32): usize {
  const r = at(svc), o = changetype<ServiceReport>(OUT);
  memory.fill(OUT, 0, 64);
  if (r.role != Role.member) return OUT;
  o.view = r.viewNumber; o.position = r.pos; o.members = r.n; o.applied = r.applied; o.stable = r.stable;
  o.speaks = r.mute == 0 && (r.until == 0 || r.until > clock.now) ? 1 : 0;
  o.connections = r.connections;
  o.history = fold(r.history);
  return OUT;
}

/** Hash of the history after the event at `index`; 0 where it is not kept or not applied. */
export function history(svc: u32, index: u32): u32 {
  const r = at(svc);
  return seq.lt(index, r.logged) || seq.ge(index, r.applied) || r.applied - index > EVENTS ? 0 : fold(event(r, index).history);
}

function fold(h: u64): u32 { const x = <u32>h ^ <u32>(h >> 32); return x ? x : 1; }
