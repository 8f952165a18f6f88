// One host server for specs of the replication layer: node 3, whose neighbours in the chain are node 2 above and node 4 below, as far as the view
// has them. Neighbours and client are played by the spec: messages are built and read byte by byte. The client is 10.0.0.200, ISN 1000, ports from
// 4000 on; the service is 192.168.1.0 port 80. Sequence numbers are relative: seq 1 is the client's first byte, ack 1 our first.

import { CHUNKS, CONNS, HALF_OPENS, RANGES } from "../../assembly/core/sizes";
import * as checksum from "../../assembly/core/checksum";
import * as clock from "../../assembly/core/clock";
import * as config from "../../assembly/core/config";
import * as counters from "../../assembly/core/counters";
import * as frame from "../../assembly/core/frame";
import * as log from "../../assembly/core/log";
import * as ring from "../../assembly/core/ring";
import * as siphash from "../../assembly/core/siphash";
import * as site from "../../assembly/core/site";
import * as wheel from "../../assembly/core/wheel";
import * as content from "../../assembly/disk/content";
import * as iface from "../../assembly/net/iface";
import * as local from "../../assembly/net/local";
import { LocalFlag } from "../../assembly/net/local";
import * as net from "../../assembly/net/net";
import { Conn, Syn } from "../../assembly/tcp/conn";
import * as halfopen from "../../assembly/tcp/halfopen";
import * as ranges from "../../assembly/tcp/ranges";
import * as stream from "../../assembly/tcp/stream";
import * as table from "../../assembly/tcp/table";
import * as tcp from "../../assembly/tcp/tcp";
import * as timewait from "../../assembly/tcp/timewait";
import { Bit, Tcp, TCP_SIZE } from "../../assembly/wire/tcp";
import { CHAIN, COUNTER, Chain, ChainFlag, Counter, HEARSAY, Hearsay, Section, TAG } from "../../assembly/wire/chain";
import { ETH } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Udp, UDP } from "../../assembly/wire/udp";
import * as views from "../../assembly/wire/view";
import { View, VIEW } from "../../assembly/wire/view";
import * as channel from "../../assembly/ft/channel";
import * as digest from "../../assembly/ft/digest";
import { Kind } from "../../assembly/ft/event";
import * as ft from "../../assembly/ft/ft";
import * as replica from "../../assembly/ft/replica";
import { Member, Replica, alive, at, connOf, find } from "../../assembly/ft/replica";
import * as link from "../net/bed";
import * as block from "../core/block";

export const UP: u32 = 2, ME: u32 = 3, DOWN: u32 = 4;
export const CLIENT: u32 = 0x0a0000c8, VHOST: u32 = 0xc0a80100, PORT: u32 = 80, CPORT: u32 = 4000, IRS: u32 = 1000, ISS: u32 = 5000;
export const CHAIN_PORT: u32 = 7002;
export const F: u32 = Bit.fin, S: u32 = Bit.syn, R: u32 = Bit.rst, K: u32 = Bit.ack;
/** Service kinds. */
export const ECHO: u32 = 1, DISCARD: u32 = 2, CHARGEN: u32 = 3;

/** What the client sends: byte i of a stream is byte i mod 64 KiB of this. */
export const BUF: usize = memory.data(1 << 16, 16);
const SECRET: usize = memory.data(16, 16);
const THE_VIEW: usize = memory.data(VIEW, 16);
const EVENT: usize = memory.data(64, 16);

/** Who this node is in its chain. */
/** `first`: primary of three, the last of them node 5. */
export const enum As { alone = 0, primary = 1, middle = 2, tail = 3, first = 4 }

let base: u32 = 0;
let viewNumber: u32 = 0;
let upSeq: u32 = 0, downSeq: u32 = 0;

export function r(): Replica { return at(0); }
export function incarnation(id: u32): u64 { return 0x1100000000 + <u64>id; }
export function address(id: u32): u32 { return 0x0a000000 + id; }

/** A node without a view. kind: the service's; heartbeat 10 ms, silence 30 ms, 3 retransmissions, lag limit 500 ms; buffers of 64 KiB. */
export function boot(kind: u32): void {
  configure(kind);
  expect(config.parse(block.address(), block.end())).toBe(0);
  up();
}

/** The configuration of `boot`, not closed yet: its service record. */
export function configure(kind: u32): usize {
  block.begin(ME, 2);
  block.site();
  block.iface(address(ME));
  block.node(1, 1); block.node(UP, 2); block.node(ME, 2); block.node(DOWN, 2); block.node(5, 2);
  const p = block.service(0, 3);
  store<u8>(p, <u8>kind, 6);
  return p;
}

/** Starts the node with the configuration that was parsed. */
export function up(): void {
  clock.reset(1000000);
  counters.clear();
  frame.init();
  wheel.init(clock.ms);
  ring.init(0);
  site.init();
  net.init();
  iface.add(address(ME), 24, 1500, link.mac(0, 1), 1);
  for (let id: u32 = 1; id <= 5; id++) if (id != ME) { local.add(address(id), 0, LocalFlag.node); link.meet(0, address(id), 10 + id); }
  link.meet(0, CLIENT, 200);
  tcp.init(config.key(), SECRET);
  content.setSize(0);
  expect(ft.init()).toBe(0);
  base = frame.available();
  viewNumber = 0; upSeq = 0; downSeq = 0;
  got = 0;
  outAck = 0; outEnd = 0; lastBits = 0;
  for (let i: u32 = 0; i < 1 << 16; i++) store<u8>(BUF + i, <u8>(i * 7 + (i >> 8)));
  counters.clear();
}

/** A node in view 5 in that place of its chain; with a lease where it is the primary. */
export function start(as_: As): void { startKind(as_, ECHO); }
export function startKind(as_: As, kind: u32): void {
  boot(kind);
  enter(5, as_);
}

/** Installs a view with this number. */
export function enter(number: u32, as_: As): i32 {
  const v = viewOf(number, as_), e = ft.install(0, v);
  if (e == 0) { viewNumber = number; upSeq = 0; downSeq = 0; grant(1000); }
  return e;
}
export function viewOf(number: u32, as_: As): View {
  const v = changetype<View>(THE_VIEW);
  views.clear(v, number);
  if (as_ == As.middle || as_ == As.tail) views.append(v, UP, incarnation(UP));
  views.append(v, ME, incarnation(ME));
  if (as_ == As.middle || as_ == As.primary || as_ == As.first) views.append(v, DOWN, incarnation(DOWN));
  if (as_ == As.first) views.append(v, 5, incarnation(5));
  return v;
}
/** A lease of that many milliseconds from now. */
export function grant(ms: u32): void { ft.lease(0, clock.now + <u64>ms * 1000); }

/** Leaves the service and ends the test: every pool is full again. */
export function end(): void {
  ft.leave(0);
  expect(replica.freeMembers()).toBe(CONNS, "members");
  while (tcp.nextDirty() != null) {}
  tcp.flush();
  for (let s = tcp.nextSyn(); s != null; s = tcp.nextSyn()) tcp.dropSyn(s);
  for (let i = 0; i < 130; i++) { clock.set(clock.now + 1000000); timers(); tcp.flush(); }
  link.drain();
  expect(table.available()).toBe(CONNS, "connections");
  expect(stream.available()).toBe(CHUNKS, "chunks");
  expect(ranges.available()).toBe(RANGES, "ranges");
  expect(halfopen.available()).toBe(HALF_OPENS, "half-open records");
  expect(timewait.used()).toBe(0, "time-wait records");
  expect(frame.available()).toBe(base, "frames");
}

// time

function timers(): void {
  for (let t = wheel.due(clock.ms); t != null; t = wheel.due(clock.ms)) { if (t.kind < 16) net.timer(t); else tcp.timer(t); }
  for (let p = log.oldest(); p != 0; p = log.oldest()) log.drop();
}

/** One poll at the present time; what it sends is kept for `sentUp`, `sentDown`, `sentSegment`. Returns what `ft.run` returned. */
export function poll(): u32 {
  timers();
  const wait = ft.run();
  tcp.flush();
  collect();
  return wait;
}
/** Time passes, a poll every millisecond. */
export function later(ms: u32): void { for (let i: u32 = 0; i < ms; i++) { clock.set(clock.now + 1000); poll(); } }
/** The same, with whoever is a neighbour saying so every 5 ms. */
export function calm(ms: u32): void {
  for (let i: u32 = 0; i < ms; i++) {
    later(1);
    if (i % 5 == 0) beats();
  }
}
function beats(): void {
  if (!replica.isPrimary(r())) { above(); deliver(); }
  if (!replica.isTail(r())) { below(); deliver(); }
}

// what the node sends

const SLOT: u32 = 2048, SLOTS: u32 = 256;
const SENT: usize = memory.data(2048 * 256, 16);
const LENGTHS: usize = memory.data(4 * 256, 16);
let got: u32 = 0;
/** The last message or segment taken: a chain message's header; a segment's IP header. */
export let msg: usize = 0;
export let msgLen: u32 = 0;

function collect(): void {
  for (let n = link.next(0); n != 0; n = link.next(0)) {
    if (got == SLOTS) { memory.copy(SENT, SENT + SLOT, SLOT * (SLOTS - 1)); memory.copy(LENGTHS, LENGTHS + 4, 4 * (SLOTS - 1)); got--; }
    memory.copy(SENT + got * SLOT, link.OUT, n);
    store<u32>(LENGTHS + (got << 2), n);
    got++;
  }
}
/** Forgets what was sent. */
export function forget(): void { collect(); got = 0; }

/** Takes the oldest kept frame to an address, of that protocol; its IP header, or 0. */
function takeTo(dst: u32, proto: u32): usize {
  for (let i: u32 = 0; i < got; i++) {
    const p = SENT + i * SLOT, h = changetype<Ip4>(p + ETH);
    if (load<u16>(p, 12) != 0x0008 || h.dst != dst || <u32>h.proto != proto) continue;
    memory.copy(TAKEN, p, SLOT);
    memory.copy(p, p + SLOT, (got - i - 1) * SLOT);
    memory.copy(LENGTHS + (i << 2), LENGTHS + (i << 2) + 4, (got - i - 1) << 2);
    got--;
    return TAKEN + ETH;
  }
  return 0;
}
const TAKEN: usize = memory.data(2048, 16);

/** Takes the next datagram to the chain port of a node into `msg`: its length, 0 where there is none. Its tag must be right. */
export function sentTo(id: u32): u32 {
  const p = takeTo(address(id), 17);
  if (p == 0) return 0;
  const u = changetype<Udp>(p + IP);
  expect(u.dstPort).toBe(CHAIN_PORT); expect(u.srcPort).toBe(CHAIN_PORT);
  expect(changetype<Ip4>(p).src).toBe(address(ME));
  msg = p + IP + UDP;
  msgLen = u.length - UDP;
  expect(msgLen).toBe(load<u16>(msg, 6), "length");
  expect(siphash.hash(channel.key(0), msg, msgLen - TAG) == load<u64>(msg + msgLen - TAG)).toBeTruthy("tag");
  return msgLen;
}
export function sentUp(): u32 { return sentTo(UP); }
export function sentDown(): u32 { return sentTo(DOWN); }
/** The last message to a node, of those kept; false: none. */
export function lastTo(id: u32): bool {
  let any = false;
  while (sentTo(id)) { memory.copy(LAST, msg, msgLen); any = true; lastLen = msgLen; }
  if (any) { msg = LAST; msgLen = lastLen; }
  return any;
}
const LAST: usize = memory.data(2048, 16);
let lastLen: u32 = 0;
export function header(): Chain { return changetype<Chain>(msg); }

/** Content of the message's first section of a type, its length in `contentLen`; 0: none. */
export function sectionOf(type: u32): usize {
  for (let p = msg + CHAIN; p + 4 <= msg + msgLen - TAG; p += 4 + load<u16>(p, 2)) {
    if (load<u16>(p) != type) continue;
    contentLen = load<u16>(p, 2);
    return p + 4;
  }
  contentLen = 0;
  return 0;
}
export let contentLen: u32 = 0;

/** Takes messages to a node until one has a section of that type: its content, 0: none has. */
export function sectionTo(id: u32, type: u32): usize {
  while (sentTo(id)) { const p = sectionOf(type); if (p != 0) return p; }
  return 0;
}
/** The counters of connection c in the newest message to the predecessor that has them; null: none. */
export function counterSent(c: u32): Counter | null {
  let found = false;
  while (sentUp()) {
    const p = sectionOf(Section.counters);
    for (let i: u32 = 0; i < contentLen; i += COUNTER) if (load<u16>(p + i) == c) { memory.copy(FOUND, p + i, COUNTER); found = true; }
  }
  return found ? changetype<Counter>(FOUND) : null;
}
/** What was told of connection c in the newest message to the successor that tells; null: nothing. */
export function hearsaySent(c: u32): Hearsay | null {
  let found = false;
  while (sentDown()) {
    const p = sectionOf(Section.hearsay);
    for (let i: u32 = 0; i < contentLen; i += HEARSAY) if (load<u16>(p + i) == c) { memory.copy(FOUND, p + i, HEARSAY); found = true; }
  }
  return found ? changetype<Hearsay>(FOUND) : null;
}
const FOUND: usize = memory.data(64, 16);

/** Takes the next segment to the client: its IP header in `msg`; false: none. */
export function sentSegment(): bool {
  const p = takeTo(CLIENT, 6);
  if (p == 0) return false;
  msg = p;
  const h = changetype<Ip4>(p), n = h.length - IP;
  expect(checksum.finish(checksum.add(p + IP, n, checksum.pseudo(h.src, h.dst, 6, n)))).toBe(0, "TCP checksum");
  return true;
}
export function out(): Tcp { return changetype<Tcp>(msg + IP); }
export function outLen(): u32 { return changetype<Ip4>(msg).length - IP - out().headerSize; }
export function outData(): usize { return msg + IP + out().headerSize; }
/** The number of segments to the client since the last call; `outAck`, `outEnd`: the last ACK and the highest byte sent, relative. */
export function segments(iss: u32): u32 {
  let n: u32 = 0;
  while (sentSegment()) {
    n++;
    if (out().bits & K) outAck = out().ack - IRS;
    if (outLen() != 0) outEnd = out().seq - iss + outLen();
    lastBits = out().bits & ~<u32>Bit.psh;
  }
  return n;
}
export let outAck: u32 = 0, outEnd: u32 = 0, lastBits: u32 = 0;

// what the neighbours send

export const WIRE: usize = memory.data(2048, 16);
let put: usize = 0, section: usize = 0;
let sender: u32 = 0;

/** Begins a message from the successor, or the predecessor. Fields may be changed before `deliver`. */
export function below(): Chain { return message(DOWN, ChainFlag.up, ++downSeq); }
export function above(): Chain { return message(UP, 0, ++upSeq); }

function message(from: u32, flags: u32, seq: u32): Chain {
  memory.fill(WIRE, 0, 2048);
  const m = changetype<Chain>(WIRE);
  m.magic = 0x43; m.version = 1; m.service = 0; m.flags = <u8>flags;
  m.sender = <u8>from; m.receiver = <u8>ME;
  m.view = viewNumber; m.seq = seq;
  m.senderIncarnation = incarnation(from); m.receiverIncarnation = incarnation(ME);
  m.applied = r().applied; m.want = r().applied; m.stable = r().stable;
  sender = from;
  put = WIRE + CHAIN;
  return m;
}
export function open(type: u32): void { section = put; store<u16>(put, <u16>type); put += 4; }
export function close(): void { store<u16>(section, <u16>(put - section - 4), 2); }
export function byte(v: u32): void { store<u8>(put++, <u8>v); }
export function u16_(v: u32): void { store<u16>(put, <u16>v); put += 2; }
export function u32_(v: u32): void { store<u32>(put, v); put += 4; }
export function u64_(v: u64): void { store<u64>(put, v); put += 8; }

/** Ends the message with its length and tag; its length. */
export function seal(): u32 {
  const n = <u32>(put - WIRE);
  store<u16>(WIRE, <u16>(n + TAG), 6);
  tag(n + TAG);
  return n + TAG;
}
/** Writes the tag of a message of n bytes in WIRE. */
export function tag(n: u32): void { store<u64>(WIRE + n - TAG, siphash.hash(channel.key(0), WIRE, n - TAG)); }
/** Ends the message and gives it to the node. */
export function deliver(): void { ft.input(WIRE, seal(), address(sender)); }

/** Events from the successor: `events(index)`, then the events, then `done()`. */
export function events(index: u32): void { below(); open(Section.events); u32_(index); }
export function done(): void { close(); deliver(); poll(); }
export function eventHead(kind: u32, flags: u32, c: u32): void { byte(kind); byte(flags); u16_(c); u32_(clock.ms); }
export function evSyn(c: u32, port: u32): void {
  eventHead(Kind.syn, 0, c);
  const s = changetype<Syn>(put);
  memory.fill(put, 0, 32);
  s.remoteAddr = CLIENT; s.localAddr = VHOST; s.remotePort = <u16>port; s.localPort = <u16>PORT;
  s.irs = IRS; s.iss = ISS; s.wnd = 60000; s.mss = 1000; s.wscale = 255;
  put += 32;
}
export function evAccept(c: u32): void { eventHead(Kind.accept, 0, c); }
/** data: n bytes that follow the offset `from` of what the client sends. */
export function evData(c: u32, from: u32, n: u32): void { eventHead(Kind.data, 0, c); u32_(n); u64_(digestOf(from, n)); }
export function evFin(c: u32, off: u32): void { eventHead(Kind.fin, 0, c); u32_(off); }
export function evWritable(c: u32, off: u32, fin: u32): void { eventHead(Kind.writable, fin, c); u32_(off); }
export function evReset(c: u32, why: u32): void { eventHead(Kind.reset, why, c); }
export function evClosed(c: u32): void { eventHead(Kind.closed, 0, c); }
export function evTimer(id: u32): void { eventHead(Kind.timer, 0, 0); u32_(id); }
/** The digest of n bytes that the client sends. */
export function digestOf(from: u32, n: u32): u64 {
  digest.begin(0);
  digest.add(BUF + (from & 0xffff), n);
  return digest.end();
}

/** A message from the successor with the counters of one connection. */
export function counter(c: u32, flags: u32, prod: u32, ok: u32, edge: u32, d: u64): void {
  below();
  open(Section.counters);
  u16_(c); byte(flags); byte(0); u32_(prod); u32_(ok); u32_(edge); u64_(d);
  close();
  deliver();
  poll();
}
/** A message from the predecessor with hearsay of one connection. */
export function hearsay(c: u32, flags: u32, rcvd: u32, ack: u32, wnd: u32): void { hearsayOf(c, flags, IRS, rcvd, ack, wnd); }
export function hearsayOf(c: u32, flags: u32, irs: u32, rcvd: u32, ack: u32, wnd: u32): void {
  above();
  open(Section.hearsay);
  u16_(c); byte(flags); byte(0); u32_(irs); u32_(rcvd); u32_(ack); u32_(wnd);
  close();
  deliver();
  poll();
}
/** n client bytes from offset `from`, from a neighbour. */
export function bytes(fromAbove: bool, c: u32, from: u32, n: u32): void {
  if (fromAbove) above(); else below();
  open(Section.bytes);
  u16_(c); u16_(n); u32_(from);
  memory.copy(put, BUF + (from & 0xffff), n);
  put += n;
  close();
  deliver();
  poll();
}
/** A neighbour asks for the client's bytes [from, to). */
export function pull(fromAbove: bool, c: u32, from: u32, to: u32): void {
  if (fromAbove) above(); else below();
  open(Section.pull);
  u16_(c); u16_(0); u32_(from); u32_(to);
  close();
  deliver();
  poll();
}
/** The predecessor says where it stands: it has applied and lacks events from `n` on; `s` are stable. */
export function standing(n: u32, s: u32): void {
  const m = above();
  m.applied = n; m.want = n; m.stable = s; m.heard = r().upSeq;
  m.before = 0xffffffff;
  deliver();
  poll();
}

// what the client sends

/** A segment of the client at port CPORT; n bytes of BUF from its offset. Reaches the stack, no poll. */
export function seg(bits: u32, seq: u32, ack: u32, n: u32): void { segFrom(CPORT, bits, seq, ack, n, BUF); }
export function segFrom(port: u32, bits: u32, seq: u32, ack: u32, n: u32, src: usize): void {
  const conn = tcp.find(VHOST, PORT, CLIENT, port);
  const p = link.blank() + ETH, t = changetype<Tcp>(p + IP), head = TCP_SIZE + (bits & S ? 4 : 0);
  changetype<Ip4>(p).write(IP + head + n, CLIENT, VHOST, 6, 64, 0, 0, 0);
  t.srcPort = port; t.dstPort = PORT;
  t.seq = IRS + seq; t.ack = bits & K ? (conn == null ? ISS : conn.iss) + ack : 0;
  t.headerSize = head;
  t.bits = <u8>bits;
  t.wnd = clientWindow;
  t.rawSum = 0; t.rawUrg = 0;
  if (bits & S) store<u32>(p + IP + TCP_SIZE, bswap<u32>(0x020403e8));  // MSS 1000
  memory.copy(p + IP + head, src + (seq - 1 & 0xffff), n);
  t.rawSum = checksum.finish(checksum.add(p + IP, head + n, checksum.pseudo(CLIENT, VHOST, 6, head + n)));
  tcp.input(p, IP + head + n);
}
export let clientWindow: u32 = 60000;
export function setWindow(n: u32): void { clientWindow = n; }

/** Connection c of the service. */
export function member(c: u32): Member { return find(r(), c)!; }
export function conn(c: u32): Conn { return connOf(member(c)); }
/** The digest of what connection c produced, as it is compared. */
export function produced(c: u32): u64 { return digest.whole(member(c).digest, member(c).carry); }
export function exists(c: u32): bool { const m = find(r(), c); return m != null && alive(m); }

/** The client connects from port CPORT + c; the connection, established. The tail orders; others are told by events. Its number is c. */
export function connect(c: u32): Conn {
  clientWindow = 60000;
  segFrom(CPORT + c, S, 0, 0, 0, BUF);
  poll();
  if (replica.isTail(r())) {
    segFrom(CPORT + c, K, 1, 1, 0, BUF);
    poll();
  } else {
    events(r().have); evSyn(c, CPORT + c); done();
    segFrom(CPORT + c, K, 1, 1, 0, BUF);
    events(r().have); evAccept(c); done();
  }
  expect(member(c).flags & replica.MemberFlag.accepted).toBe(1, "accepted");
  return conn(c);
}

/** Kind of the event at log position i. */
export function kind(i: u32): u32 { return replica.event(r(), i).kind; }

/** Exactly these counters were raised since `counters.clear()`, each by one. */
export function counted(c: u32): void { expect(counters.get(c)).toBe(1, "counter " + c.toString()); expect(sum()).toBe(1, "one counter"); }
export function sum(): u32 {
  let s: u32 = 0;
  for (let i: u32 = 0; i < 320; i++) s += counters.get(i);
  return s;
}
