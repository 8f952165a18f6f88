// Programs, known by their process number, and the descriptors of each. A program is here as long as it has an RPC connection.

import { FDS, PORTS } from "../core/sizes";
import { Link } from "../core/list";
import * as list from "../core/list";
import { Errno } from "./linux";
import { Sock } from "./socket";
import * as socket from "./socket";

@unmanaged export class Process {
  pid: u32;
  ports: u32;          // RPC connections; 0: free
  pollersNext: usize;  // list: its parked calls of poll
  pollersPrev: usize;
  fds: usize;          // u16 each: a socket's number, 0: free
  pad0: u32; pad1: u32; pad2: u32;
}
if (offsetof<Process>() != 32) ERROR("Process: layout");

/** The lowest descriptor: those below stand for input and output. */
const FIRST: u32 = 3;
const TABLE: usize = memory.data(PORTS == 0 ? 16 : PORTS * 32, 16);
const MAPS: usize = memory.data(PORTS == 0 ? 16 : PORTS * FDS * 2, 16);

export function init(): void { memory.fill(TABLE, 0, PORTS * 32); }

// @ts-ignore: decorator
@inline function at(i: u32): Process { return changetype<Process>(TABLE + (<usize>i << 5)); }
// @ts-ignore: decorator
@inline export function pollers(r: Process): Link { return changetype<Link>(changetype<usize>(r) + offsetof<Process>("pollersNext")); }

/** The program with this number gets one more RPC connection. Number 0 (a process that this one cannot see) is always a new one. */
export function join(pid: u32): Process {
  let free: usize = 0;
  for (let i: u32 = 0; i < PORTS; i++) {
    const r = at(i);
    if (r.ports == 0) { if (free == 0) free = changetype<usize>(r); continue; }
    if (r.pid != pid || pid == 0) continue;
    r.ports++;
    return r;
  }
  // there are as many records as RPC connections
  const r = changetype<Process>(free);
  r.pid = pid;
  r.ports = 1;
  r.fds = MAPS + (free - TABLE >> 5) * (FDS * 2);
  memory.fill(r.fds, 0, FDS * 2);
  list.init(pollers(r));
  return r;
}

/** One RPC connection less. With the last, true: its descriptors are to be closed. */
export function leave(r: Process): bool { return --r.ports == 0; }

/** The socket of a descriptor, or null. */
export function find(r: Process, fd: u32): Sock | null {
  if (fd >= FDS) return null;
  const i = <u32>load<u16>(r.fds + (<usize>fd << 1));
  return i == 0 ? null : socket.at(i);
}

/** Gives s the lowest free descriptor: it, or -EMFILE. */
export function give(r: Process, s: Sock): i32 {
  for (let fd = FIRST; fd < FDS; fd++) {
    if (load<u16>(r.fds + (<usize>fd << 1)) != 0) continue;
    store<u16>(r.fds + (<usize>fd << 1), <u16>s.number);
    s.process = changetype<usize>(r);
    s.fd = fd;
    return <i32>fd;
  }
  return -Errno.EMFILE;
}

/** Takes the descriptor of s away. */
export function takeAway(s: Sock): void {
  if (s.process == 0) return;
  store<u16>(changetype<Process>(s.process).fds + (<usize>s.fd << 1), 0);
  s.process = 0;
}

/** The next socket of r from descriptor `fd` on, or null. */
export function nextFrom(r: Process, fd: u32): Sock | null {
  for (; fd < FDS; fd++) { const s = find(r, fd); if (s != null) return s; }
  return null;
}
