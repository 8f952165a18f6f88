// Requests of programs: read, carried out, answered. A request is five words (op, a, b, c, n) and n bytes; a reply is result, errno, n and n bytes.

import * as wheel from "../core/wheel";
import { Errno } from "./linux";
import { DATA, IN_SIZE, Phase, Port, PortState, REQUEST } from "./port";
import * as port from "./port";
import { Process } from "./process";
import * as process from "./process";
import { Sock } from "./socket";
import * as open from "./open";
import * as option from "./option";
import * as polling from "./poll";
import * as result from "./result";
import { LATER } from "./result";
import * as transfer from "./transfer";
import * as wait from "./wait";

export const enum Op {
  socket = 1, bind = 2, listen = 3, accept = 4, connect = 5, read = 6, write = 7, recv = 8, send = 9, close = 10, shutdown = 11,
  getsockopt = 12, setsockopt = 13, fcntl = 14, poll = 15, ioctl = 16, getsockname = 17, getpeername = 18,
}

/** Bytes of a request's data that are looked at: addresses, option values. */
const ARGUMENT: u32 = 128;

/** Something has happened to the port: goes on as far as it can. */
export function serve(p: Port): void {
  if (p.state == PortState.free) return;
  if (p.process == 0) p.process = changetype<usize>(process.join(p.pid));
  while (step(p)) {}
  if (p.state == PortState.ended) end(p);
}

/** One step: the rest of old data, the head of a request, or the call itself. False where it has to wait. */
function step(p: Port): bool {
  switch (<i32>p.phase) {
    case Phase.skipping: return skip(p);
    case Phase.idle: return begin(p);
    default: return attempt(p);
  }
}

function begin(p: Port): bool {
  if (!port.quiet(p) || !port.has(p, REQUEST)) return false;
  const q = port.head(p);
  p.op = load<u32>(q); p.a = load<u32>(q, 4); p.b = load<u32>(q, 8); p.c = load<u32>(q, 12); p.n = load<u32>(q, 16);
  port.take(p, REQUEST);
  p.left = p.n;
  p.done = 0;
  p.expired = wait.Expired.no;
  p.phase = Phase.running;
  return true;
}

/** Bytes of data that nobody wants. */
function skip(p: Port): bool {
  const n = min<u32>(port.waiting(p), p.left);
  port.take(p, n);
  p.left -= n;
  if (p.left != 0) return false;
  p.phase = Phase.idle;
  return true;
}

function attempt(p: Port): bool {
  result.setN(0);
  wait.off(p);
  const r = execute(p);
  if (r == LATER) return false;
  wheel.cancel(port.timer(p));
  if (r < 0) port.reply(p, -1, -r, 0); else port.reply(p, r, 0, result.n);
  p.phase = Phase.skipping;
  return true;
}

function execute(p: Port): i32 {
  const r = changetype<Process>(p.process);
  switch (<i32>p.op) {
    case Op.socket: return open.create(r, p.a, p.b, p.c);
    case Op.poll: return pollOf(p, r);
    case Op.close: if (p.done != 0) return transfer.lingered(p, changetype<Sock>(p.done));
  }
  if (p.op - 1 >= <u32>Op.getpeername) return -Errno.ENOSYS;
  if (p.expired == wait.Expired.closed) return p.done != 0 && (p.op == Op.write || p.op == Op.send) ? <i32>p.done : -Errno.EBADF;
  const s = process.find(r, p.a);
  return s == null ? -Errno.EBADF : onSocket(p, r, s);
}

function onSocket(p: Port, r: Process, s: Sock): i32 {
  switch (<i32>p.op) {
    case Op.listen: return open.listen(s, p.b);
    case Op.accept: return open.accept(p, r, s);
    case Op.read: return transfer.read(p, s, p.b, 0);
    case Op.recv: return transfer.read(p, s, p.b, p.c);
    case Op.write: return transfer.write(p, s, 0);
    case Op.send: return transfer.write(p, s, p.c);
    case Op.close: return transfer.close(p, s);
    case Op.shutdown: return transfer.shutdown(s, p.b);
    case Op.fcntl: return option.fcntl(s, p.b, p.c);
    case Op.ioctl: return transfer.ioctl(p, s, p.b);
    case Op.getsockname: return open.sockName(p, s);
    case Op.getpeername: return open.peerName(p, s);
    default: return withArgument(p, s);
  }
}

/** Calls whose data must be there as a whole. */
function withArgument(p: Port, s: Sock): i32 {
  const n = min<u32>(p.n, ARGUMENT);
  if (p.done == 0 && !port.has(p, n)) return missing(p);
  const q = port.head(p);
  switch (<i32>p.op) {
    case Op.bind: return open.bind(s, q, n);
    case Op.connect: return open.connect(p, s, q, n);
    case Op.getsockopt: return n < 4 ? -Errno.EINVAL : option.get(p, s, p.b, p.c, min<u32>(load<u32>(q), DATA));
    default: return option.set(s, p.b, p.c, q, n);
  }
}

function pollOf(p: Port, r: Process): i32 {
  const n = min<u32>(p.n, IN_SIZE / 2);
  return p.done == 0 && !port.has(p, n) ? missing(p) : polling.poll(p, r, port.head(p), n);
}

/** The call goes on when more of its data has come. */
function missing(p: Port): i32 { p.phase = Phase.running; return LATER; }

/** The program has closed its RPC connection, or died: its call ends, and with the last one its descriptors. */
function end(p: Port): void {
  wait.off(p);
  wheel.cancel(port.timer(p));
  const r = changetype<Process>(p.process);
  if (process.leave(r)) closeAll(r);
  port.clear(p);
}

function closeAll(r: Process): void {
  let fd: u32 = 0;
  for (let s = process.nextFrom(r, fd); s != null; s = process.nextFrom(r, fd)) {
    fd = s.fd + 1;
    transfer.close(null, s);
  }
}
