// A client end for the simulator: the network layers and TCP that ship, ungated, driven from outside through sockets. A socket is the
// address of its control block; its owner learns what happened from `news` and by looking at its offsets.

import * as clock from "../../../assembly/core/clock";
import * as config from "../../../assembly/core/config";
import * as frame from "../../../assembly/core/frame";
import * as site from "../../../assembly/core/site";
import * as ring from "../../../assembly/core/ring";
import { TimerKind } from "../../../assembly/core/timerkind";
import * as wheel from "../../../assembly/core/wheel";
import * as eth from "../../../assembly/net/eth";
import * as ip from "../../../assembly/net/ip";
import * as net from "../../../assembly/net/net";
import * as udp from "../../../assembly/net/udp";
import { Net } from "../../../assembly/net/counters";
import { Verdict } from "../../../assembly/net/verdict";
import * as node from "../../../assembly/node/node";
import { Conn, OWNER_USER } from "../../../assembly/tcp/conn";
import * as tcp from "../../../assembly/tcp/tcp";

export { abi } from "../../../assembly/node/node";

const BUFFER: usize = memory.data(65536, 16);
const ENTROPY: usize = memory.data(16, 16);
const VOICE: usize = memory.data(16, 16);

export function init(p: usize, n: u32): i32 {
  const e = node.start(p, n);
  if (e < 0) return e;
  store<u32>(ENTROPY, config.id());
  tcp.init(config.key(), ENTROPY);
  node.announce();
  return 0;
}

export function poll(now: u64): u32 {
  clock.set(now);
  ring.reclaim(0);
  for (let p = ring.take(0); p != 0; p = ring.take(0)) input(p, ring.takenLen);
  for (let t = wheel.due(clock.ms); t != null; t = wheel.due(clock.ms)) {
    if (t.kind >> 4 == TimerKind.tcp >> 4) tcp.timer(t);
    else net.timer(t);
  }
  return flush();
}

function input(p: usize, n: u32): void {
  switch (eth.input(0, p, n)) {
    case Verdict.done: return;
    case Verdict.tcp: tcp.input(ip.p, ip.n); return;
    case Verdict.icmp: tcp.icmp(ip.p, ip.n); frame.free(ip.p); return;
    case Verdict.udp: udp.unreachable(ip.p, ip.n); return;
    default: ip.refuse(ip.p, Net.ipNotOurs); return;
  }
}

/** Sends what sockets have to send; microseconds until the next poll. Called after each batch of socket calls. */
export function flush(): u32 {
  const more = tcp.flush();
  ring.reclaim(0);
  const wait = node.finish(0xffffffff);
  return more ? 0 : wait;
}

/** Where `send` takes bytes from and `recv` puts them: 64 KiB. */
export function buffer(): usize { return BUFFER; }

/** Opens a connection from a local port; 0 where there is no block. */
export function connect(port: u32, addr: u32, remotePort: u32, rcvCap: u32, sndCap: u32): usize {
  return changetype<usize>(tcp.connect(config.iface(0).address, port, addr, remotePort, OWNER_USER, rcvCap, sndCap));
}

/** Milliseconds without an acknowledgement after which a connection is given up. */
export function patience(s: usize, ms: u32): void { tcp.setUserTimeout(changetype<Conn>(s), ms); }

/** Makes a connection that has sent nothing yet begin with this ISN, and with this TSval. */
export function number(s: usize, isn: u32, ts: u32): void {
  const c = changetype<Conn>(s);
  c.iss = isn;
  c.tsOffset = c.tsFloor = ts - site.ms();
}

/** Takes connections to a port. */
export function listen(port: u32, rcvCap: u32, sndCap: u32, mssLimit: u32): void {
  tcp.listen(config.iface(0).address, port, OWNER_USER, false, VOICE, rcvCap, sndCap, mssLimit);
}

/** The next socket with news, or 0; `newsBits` says which (Dirty). */
export function news(): usize {
  const c = tcp.nextDirty();
  if (c == null) return 0;
  newsBits = c.dirty;
  c.dirty = 0;
  return changetype<usize>(c);
}
export let newsBits: u32 = 0;

/** Takes n bytes from the buffer; returns how many there was room for. */
export function send(s: usize, n: u32): u32 { return tcp.send(changetype<Conn>(s), BUFFER, n); }
/** Puts at most n received bytes into the buffer; returns how many. */
export function recv(s: usize, n: u32): u32 { return tcp.recv(changetype<Conn>(s), BUFFER, n); }
export function unread(s: usize): u32 { return tcp.unread(changetype<Conn>(s)); }
export function room(s: usize): u32 { return tcp.room(changetype<Conn>(s)); }
/** A FIN after what was sent. */
export function shut(s: usize): void { tcp.shut(changetype<Conn>(s)); }
/** Gives a closed socket back. */
export function finish(s: usize): void { tcp.finish(changetype<Conn>(s)); }
/** Gives a socket back with an RST. */
export function abort(s: usize): void { tcp.drop(changetype<Conn>(s), true); }

export function state(s: usize): u32 { return changetype<Conn>(s).state; }
export function remotePort(s: usize): u32 { return changetype<Conn>(s).remotePort; }
export function localPort(s: usize): u32 { return changetype<Conn>(s).localPort; }
export function finDep(s: usize): u32 { return changetype<Conn>(s).finDep; }
export function finAcked(s: usize): u32 { return changetype<Conn>(s).finAcked; }
export function heardAck(s: usize): u32 { return changetype<Conn>(s).heardAck; }
export function dep(s: usize): u32 { return changetype<Conn>(s).dep; }

/** Frame buffers in the pool that nobody holds, and those posted for reception. */
export function framesFree(): u32 { return frame.available(); }
export function framesPosted(): u32 { return ring.at(0).rxPosted - ring.at(0).rxTaken; }
