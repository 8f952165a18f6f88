// poll: what each descriptor is ready for. The list of pollfds lies where the reply's data goes while the call waits.

import * as tcp from "../tcp/tcp";
import * as list from "../core/list";
import { FDS } from "../core/sizes";
import { Errno, Poll } from "./linux";
import { Port } from "./port";
import * as port from "./port";
import { Process } from "./process";
import * as process from "./process";
import { Sock, SockFlag, has } from "./socket";
import * as socket from "./socket";
import * as result from "./result";
import * as wait from "./wait";

/** Bytes of a pollfd: i32 fd, u16 events, u16 revents. */
export const POLLFD: u32 = 8;

/** a pollfds of n bytes at q, for `ms` milliseconds, negative: without end. p.done is 1 once they were read. */
export function poll(p: Port, r: Process, q: usize, n: u32): i32 {
  const count = p.a;
  if (p.done == 0) {
    if (count > FDS || n < count * POLLFD) return -Errno.EINVAL;
    memory.copy(port.data(p), q, count * POLLFD);
    p.done = 1;
  }
  const found = scan(port.data(p), count, r);
  if (found == 0 && p.b != 0 && p.expired == wait.Expired.no) {
    if (<i32>p.b > 0) wait.within(p, p.b);
    return wait.onAll(p, r);
  }
  result.setN(count * POLLFD);
  return <i32>found;
}

/** Fills in revents; how many are not zero. */
function scan(q: usize, count: u32, r: Process): u32 {
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++, q += POLLFD) {
    const fd = load<i32>(q);
    const s = process.find(r, fd);   // none is negative
    let got: u32 = 0;
    if (s != null) got = ready(s) & (<u32>load<u16>(q, 4) | Poll.err | Poll.hup);
    else if (fd >= 0) got = Poll.nval;
    store<u16>(q, <u16>got, 6);
    if (got != 0) found++;
  }
  return found;
}

/** What s is ready for, as Linux sees it. */
function ready(s: Sock): u32 {
  const failed: u32 = s.error != 0 ? Poll.err : 0;
  if (s.listener != 0) return list.isEmpty(socket.queue(s)) ? failed : failed | Poll.in_ | Poll.rdNorm;
  if (has(s, SockFlag.connecting)) return failed;
  if (s.conn == 0) return failed | Poll.hup | Poll.out | Poll.wrNorm | (failed ? Poll.in_ | Poll.rdNorm | Poll.rdHup : 0);
  const c = socket.conn(s), dead = has(s, SockFlag.dead);
  const noMore = dead || c.finDep != 0 || has(s, SockFlag.rdShut), silent = dead || has(s, SockFlag.wrShut);
  let bits = failed;
  if (noMore && silent) bits |= Poll.hup;
  if (noMore) bits |= Poll.rdHup;
  if (noMore || tcp.unread(c) != 0) bits |= Poll.in_ | Poll.rdNorm;
  if (tcp.urgent(c) != 0) bits |= Poll.pri;
  if (silent || tcp.room(c) >= c.sndCap / 3) bits |= Poll.out | Poll.wrNorm;
  return bits;
}
