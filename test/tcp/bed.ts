// A node with TCP for specs: segments in by `seg`, out by `expectSeg`. The client is PEER, port 4000, ISN 1000; ours is A, port 80. Sequence
// numbers in tests are relative: seq 1 is the client's first byte, ack 1 our first.

import { A, B, FAR, OUT, PEER, blank, drain, meet, next } from "../net/bed";
import * as bed from "../net/bed";
import { ETH, Eth, EtherType } from "../../assembly/wire/eth";
import { IP, Ip4 } from "../../assembly/wire/ip4";
import { Bit, Tcp, TCP_SIZE } from "../../assembly/wire/tcp";
import { CHUNKS, CONNS, HALF_OPENS, RANGES } from "../../assembly/core/sizes";
import { Conn, Syn, Voice } from "../../assembly/tcp/conn";
import { Timer } from "../../assembly/core/wheel";
import { put16, put32, get32 } from "../../assembly/core/bytes";
import * as checksum from "../../assembly/core/checksum";
import * as clock from "../../assembly/core/clock";
import * as frame from "../../assembly/core/frame";
import * as site from "../../assembly/core/site";
import * as halfopen from "../../assembly/tcp/halfopen";
import * as timewait from "../../assembly/tcp/timewait";
import * as ranges from "../../assembly/tcp/ranges";
import * as stream from "../../assembly/tcp/stream";
import * as table from "../../assembly/tcp/table";
import * as tcp from "../../assembly/tcp/tcp";

export { A, B, FAR, PEER };
export const F: u32 = Bit.fin, S: u32 = Bit.syn, R: u32 = Bit.rst, P: u32 = Bit.psh, K: u32 = Bit.ack;
export const PORT: u32 = 80, CPORT: u32 = 4000, IRS: u32 = 1000;
export const KEY: usize = memory.data(16, 16);
export const VOICE: usize = memory.data(16, 16);
export const BUF: usize = memory.data(1 << 17, 16);
/** Options that the next `seg` carries. */
export const OPT: usize = memory.data(64, 16);
let optLen: u32 = 0;
/** Our ISN, as the last SYN-ACK told it. */
export let iss: u32 = 0;
/** Options of the last segment expected. */
export let outOpt: usize = 0;
export let outOptLen: u32 = 0;
export let outData: usize = 0;
export let outWnd: u32 = 0;

export function start(): void {
  bed.start();
  site.init();
  memory.fill(VOICE, 0, 16);
  bed.timers((t: Timer): void => tcp.timer(t));
  meet(0, PEER, 2);
  meet(1, FAR, 2);
  tcp.init(KEY, KEY);
  optLen = 0; arps = 0;
  for (let i: u32 = 0; i < 1 << 17; i++) store<u8>(BUF + i, <u8>(i * 7 + (i >> 8)));
}

/** Ends a test: every pool is full again. */
export function end(): void {
  for (let i: u32 = 0; i < CONNS; i++) { const c = table.at(i); if (c.flags != 0 && !(c.flags & 8192)) tcp.drop(c, false); }
  while (tcp.nextDirty() != null) {}
  tcp.flush();
  later(130000);
  expect(stream.available()).toBe(CHUNKS, "chunks");
  expect(ranges.available()).toBe(RANGES, "ranges");
  expect(table.available()).toBe(CONNS, "connections");
  expect(halfopen.available()).toBe(HALF_OPENS, "half-open records");
  expect(timewait.used()).toBe(0, "time-wait records");
  bed.end();
}

/** Time passes; what was sent meanwhile is kept for `expectSeg`. */
export function later(ms: u32): void {
  for (let left = ms; left > 0;) {
    const d = min<u32>(left, 1000);
    bed.later(d);
    bed.answer(0, PEER);
    tcp.flush();
    if (ms >= 60000) drain();
    left -= d;
  }
}

// options of the next segment
export function tsOpt(val: u32, ecr: u32): void { put32(OPT + optLen, 0x0101080a); put32(OPT + optLen + 4, val); put32(OPT + optLen + 8, ecr); optLen += 12; }
export function mssOpt(v: u32): void { put32(OPT + optLen, 0x02040000 | v); optLen += 4; }
export function wsOpt(v: u32): void { put32(OPT + optLen, 0x01030300 | v); optLen += 4; }
export function sackOkOpt(): void { put32(OPT + optLen, 0x01010402); optLen += 4; }
export function sackOpt(a: u32, b: u32): void { put32(OPT + optLen, 0x0101050a); put32(OPT + optLen + 4, iss + a); put32(OPT + optLen + 8, iss + b); optLen += 12; }
export function rawOpt(word: u32): void { put32(OPT + optLen, word); optLen += 4; }

/** A segment from PEER: relative numbers, n bytes of BUF from its offset. */
export function seg(bits: u32, seq: u32, ack: u32, wnd: u32, n: u32): void { segFrom(PEER, CPORT, bits, seq, ack, wnd, n); }

export function segFrom(src: u32, sport: u32, bits: u32, seq: u32, ack: u32, wnd: u32, n: u32): void {
  const p = build(src, sport, bits, IRS + seq, bits & K ? iss + ack : 0, wnd, n, seq == 0 ? 0 : seq - 1);
  tcp.input(p, changetype<Ip4>(p).length);
  tcp.flush();
}

/** Builds a segment with the options in OPT; the address of its IP header. */
export function build(src: u32, sport: u32, bits: u32, seq: u32, ack: u32, wnd: u32, n: u32, from: u32): usize {
  const p = blank() + ETH, t = changetype<Tcp>(p + IP), head = TCP_SIZE + optLen;
  changetype<Ip4>(p).write(IP + head + n, src, A, 6, 64, 0, 0, 0);
  t.srcPort = sport; t.dstPort = PORT;
  t.seq = seq; t.ack = ack;
  t.headerSize = head;
  t.bits = <u8>bits;
  t.wnd = wnd;
  t.rawSum = 0; t.rawUrg = 0;
  memory.copy(p + IP + TCP_SIZE, OPT, optLen);
  memory.copy(p + IP + head, BUF + (from & 0xffff), n);
  t.rawSum = checksum.finish(checksum.add(p + IP, head + n, checksum.pseudo(src, A, 6, head + n)));
  optLen = 0;
  return p;
}

/** The next segment sent has these flags and numbers and n bytes, which are those of BUF. */
export function expectSeg(bits: u32, seq: u32, ack: u32, n: u32): void {
  const len = take();
  expect(len != 0).toBeTruthy("a segment was sent");
  if (len == 0) return;
  const t = out();
  expect(<u32>t.bits & ~P).toBe(bits, "flags");
  if (bits & S) iss = t.seq;
  expect(t.seq - iss).toBe(seq, "seq");
  if (bits & K) expect(t.ack - IRS).toBe(ack, "ack");
  expect(outLen()).toBe(n, "bytes");
  for (let i: u32 = 0; i < n; i++) if (load<u8>(outData + i) != load<u8>(BUF + ((seq - 1 + i) & 0xffff))) { expect(i).toBe(n, "first wrong byte"); break; }
}
/** Nothing was sent. */
export function expectNone(): void { expect(take()).toBe(0, "nothing is sent"); }

/** ARP requests that `take` met. */
export let arps: u32 = 0;

/** Takes the next IP packet of interface 0 into OUT: its length; checks both checksums. */
export function take(): u32 {
  do { if (next(0) == 0) return 0; } while (changetype<Eth>(OUT).rawType == EtherType.arp && ++arps != 0);
  const h = changetype<Ip4>(OUT + ETH), n = h.length, t = out();
  expect(h.sumIsRight).toBeTruthy("IP checksum");
  expect(h.dontFragment).toBeTruthy("DF");
  expect(checksum.finish(checksum.add(OUT + ETH + IP, n - IP, checksum.pseudo(h.src, h.dst, 6, n - IP)))).toBe(0, "TCP checksum");
  outOpt = OUT + ETH + IP + TCP_SIZE;
  outOptLen = t.headerSize - TCP_SIZE;
  outData = OUT + ETH + IP + t.headerSize;
  outWnd = t.wnd;
  return n;
}
export function out(): Tcp { return changetype<Tcp>(OUT + ETH + IP); }
export function outLen(): u32 { return changetype<Ip4>(OUT + ETH).length - IP - out().headerSize; }
/** TSval and TSecr of the last segment taken, which has only that option. */
export function outTsVal(): u32 { return get32(outOpt + 4); }
export function outTsEcr(): u32 { return get32(outOpt + 8); }

// connections

/** A plain listener with buffers of 64 KiB. */
export function listener(): tcp.Listener { return tcp.listen(A, PORT, 1, false, VOICE, 65535, 65535, 0)!; }
export function gatedListener(): tcp.Listener { return tcp.listen(A, PORT, 2, true, VOICE, 65535, 65535, 0)!; }

/** The connection of the tests' client. */
export function conn(): Conn { return tcp.find(A, PORT, PEER, CPORT)!; }

/** A plain connection without options beyond MSS 1000. */
export function established(): Conn {
  listener();
  mssOpt(1000);
  seg(S, 0, 0, 60000, 0);
  expectSeg(S | K, 0, 1, 0);
  seg(K, 1, 1, 60000, 0);
  return conn();
}

/** The same with timestamps, SACK and window scaling. The client's TSval begins at 100. */
export function modern(): Conn {
  listener();
  return shake();
}

function shake(): Conn {
  mssOpt(1012); sackOkOpt(); tsOpt(100, 0); wsOpt(2);
  seg(S, 0, 0, 60000, 0);
  expectSeg(S | K, 0, 1, 0);
  tsOpt(100, get32(outOpt + 8));
  seg(K, 1, 1, 15000, 0);
  return conn();
}

/** A gated connection that its owner has established; voice may speak. */
export function gated(sack: bool): Conn {
  const l = gatedListener();
  mssOpt(1000);
  if (sack) sackOkOpt();
  seg(S, 0, 0, 60000, 0);
  const s = tcp.nextSyn()!;
  s.iss = tcp.chooseIss(s);
  const c = tcp.open(l, s, 7, 0)!;
  tcp.flush();
  if (changetype<Voice>(VOICE).mute) iss = c.iss; else expectSeg(S | K, 0, 1, 0);
  seg(K, 1, 1, 60000, 0);
  tcp.establish(c);
  tcp.flush();
  return c;
}

/** Sends n bytes of BUF that belong at the connection's next offset. */
export function produce(c: Conn, n: u32): void {
  expect(tcp.send(c, BUF + (c.prod & 0xffff), n)).toBe(n);
  tcp.flush();
}
/** Reads n bytes and checks that they are the client's. */
export function consume(c: Conn, n: u32): void {
  const at = c.readOff;
  expect(tcp.recv(c, BUF + (1 << 16), n)).toBe(n);
  let bad = 0;
  for (let i: u32 = 0; i < n; i++) if (load<u8>(BUF + (1 << 16) + i) != load<u8>(BUF + ((at + i) & 0xffff))) bad++;
  expect(bad).toBe(0, "bytes read");
  tcp.flush();
}
export function setMute(v: u32): void { changetype<Voice>(VOICE).mute = v; }
export function setUntil(v: u64): void { changetype<Voice>(VOICE).until = v; }
/** Dirty bits of c; cleared. */
export function news(c: Conn): u32 {
  while (tcp.nextDirty() != null) {}
  const d = c.dirty;
  c.dirty = 0;
  return d;
}
