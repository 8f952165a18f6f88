// The host server with a deeper look inside, for the simulator's checks.

import { FRAMES } from "../../assembly/core/sizes";
import * as replica from "../../assembly/ft/replica";
import * as frame from "../../assembly/core/frame";
import * as ranges from "../../assembly/tcp/ranges";
import * as stream from "../../assembly/tcp/stream";
import * as table from "../../assembly/tcp/table";

export * from "../linux-host/main";

@unmanaged class ServiceLook {
  role: u32; view: u32; pos: u32; n: u32; applied: u32; stable: u32; history: u32; mute: u32; untilLo: u32; untilHi: u32; connections: u32; members: u32;
  have: u32; heardView: u32; stopped: u32;
}
@unmanaged class ConnLook {
  c: u32; state: u32; irs: u32; iss: u32; rcvd: u32; finRcvd: u32; dep: u32; finDep: u32; prod: u32; prodFin: u32; ok: u32; okFin: u32;
  heardAck: u32; acked: u32; edge: u32; wscale: u32; sent: u32; index: u32; finAcked: u32; readOff: u32; keepFrom: u32;
}
const SERVICE: usize = memory.data(64, 16);
const CONN: usize = memory.data(96, 16);
const POOLS: usize = memory.data(32, 16);

/** What the chain's rules are about, of a service; `members` is the address of its `View` record. */
export function lookAtService(svc: u32): usize {
  const r = replica.at(svc), o = changetype<ServiceLook>(SERVICE), h = r.history;
  o.role = r.role; o.view = r.viewNumber; o.pos = r.pos; o.n = r.n; o.applied = r.applied; o.stable = r.stable; o.history = <u32>h ^ <u32>(h >> 32);
  o.mute = r.mute; o.untilLo = <u32>r.until; o.untilHi = <u32>(r.until >> 32); o.connections = r.connections;
  o.members = <u32>changetype<usize>(replica.view(r));
  o.have = r.have; o.heardView = r.heardView; o.stopped = r.stopped;
  return SERVICE;
}

/** A connection by its addresses (host order) and ports, or 0 where there is no control block. */
export function lookAtConn(local: u32, localPort: u32, remote: u32, remotePort: u32): usize {
  const k = table.find(local, localPort, remote, remotePort), o = changetype<ConnLook>(CONN);
  if (k == null) return 0;
  o.c = k.c; o.state = k.state; o.irs = k.irs; o.iss = k.iss;
  o.rcvd = k.rcvd; o.finRcvd = k.finRcvd; o.dep = k.dep; o.finDep = k.finDep;
  o.prod = k.prod; o.prodFin = k.prodFin; o.ok = k.ok; o.okFin = k.okFin;
  o.heardAck = k.heardAck; o.acked = k.acked; o.edge = k.edgeLimit; o.wscale = k.wscaleRcv; o.sent = k.sent;
  o.index = table.indexOf(k); o.finAcked = k.finAcked; o.readOff = k.readOff; o.keepFrom = k.keepFrom;
  return CONN;
}

/** Hash of the history after `count` events, for the last EVENTS of them; 0 where it is not kept. */
export function historyAfter(svc: u32, count: u32): u32 {
  const r = replica.at(svc);
  if (count == 0 || r.applied - count >= 256) return 0;
  if (count == r.applied) return lookHash(r.history);
  return count <= r.logged ? 0 : lookHash(replica.event(r, count - 1).history); // a newcomer does not have what was before it
}

function lookHash(h: u64): u32 { return <u32>h ^ <u32>(h >> 32); }

/** What is free: frames, stream chunks, ranges, control blocks, connection records; and all frames that there are. */
export function pools(): usize {
  store<u32>(POOLS, frame.available());
  store<u32>(POOLS, stream.available(), 4);
  store<u32>(POOLS, ranges.available(), 8);
  store<u32>(POOLS, table.available(), 12);
  store<u32>(POOLS, replica.freeMembers(), 16);
  store<u32>(POOLS, FRAMES, 20);
  return POOLS;
}
