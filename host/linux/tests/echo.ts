// The host's test module: reflects frames, or passes them between two interfaces, and does what commands ask for. Shows every part of
// the ABI at work without a protocol.
// The configuration's first byte is the mode: 0 reflect (addresses swapped), 1 pass on between interfaces 0 and 1, 2 split each frame in two parts
// and copy it from interface 0 to 1 twice. A configuration that the tools made (0x48) means 0. Its second byte: deadline of each frame in units of 100 us after the poll (0: none).

import * as ring from "../../../assembly/core/ring";
import * as frame from "../../../assembly/core/frame";

// @ts-ignore: decorator
@external("env", "log") declare function log(level: i32, p: usize, n: i32): void;
// @ts-ignore: decorator
@external("env", "entropy") declare function entropy(p: usize, n: i32): i32;
// @ts-ignore: decorator
@external("env", "store_read") declare function storeRead(p: usize, n: i32): i32;
// @ts-ignore: decorator
@external("env", "store_write") declare function storeWrite(p: usize, n: i32): void;
// @ts-ignore: decorator
@external("env", "content_read") declare function contentRead(offset: u32, p: usize, n: u32): i32;

const CONFIG: usize = memory.data(16384, 16);
const TEXT: usize = memory.data(4096, 16);
const RECORD: usize = memory.data(512, 16);
const SEED: usize = memory.data(16, 16);
const ABI: usize = memory.data(44, 16);

const enum Mode { reflect = 0, pass = 1, twice = 2 }

let mode: u32 = 0;
let ifaces: u32 = 1;
let lease: u64 = 0;
let hold: u32 = 0;
let frames: u32 = 0, polls: u32 = 0;
let stored: i32 = 0;
let time: u64 = 0;
let at: usize = 0;

export function abi(): usize {
  store<u32>(ABI, 0x31445948); store<u32>(ABI, 1, 4);
  store<u32>(ABI, <u32>CONFIG, 8); store<u32>(ABI, 16384, 12);
  store<u32>(ABI, 4, 16); store<u32>(ABI, <u32>ring.RINGS, 20);
  store<u32>(ABI, <u32>TEXT, 24);
  return ABI;
}

export function init(p: usize, n: u32): i32 {
  if (n < 2) return -3;
  mode = load<u8>(p) == 0x48 ? Mode.reflect : <u32>load<u8>(p);
  if (mode > <u32>Mode.twice) return -5;
  lease = <u64>load<u8>(p, 1) * 100;
  ifaces = mode == Mode.reflect ? 1 : 2;
  frame.init();
  ring.init(ifaces);
  entropy(SEED, 16);
  stored = storeRead(RECORD, 512);
  begin(); text("started"); line();
  return 0;
}

export function poll(now: u64): u32 {
  polls++;
  time = now;
  if (hold != 0 && hold-- > 0) return 1000;
  for (let i: u32 = 0; i < ifaces; i++) {
    ring.reclaim(i);
    for (let p = ring.take(i); p; p = ring.take(i)) { frames++; input(i, p, ring.takenLen); }
  }
  for (let i: u32 = 0; i < ifaces; i++) { ring.reclaim(i); ring.post(i); }
  return 0xffffffff;
}

function input(i: u32, p: usize, n: u32): void {
  const deadline: u64 = lease ? time + lease : 0;
  if (n < 14) { frame.free(p); return; }
  if (mode == Mode.pass) { ring.send(i ^ 1, p, n, 0, 0, deadline); return; }
  if (mode == Mode.twice) { if (i == 0) twice(p, n, deadline); else frame.free(p); return; }
  const a = load<u32>(p), b = load<u16>(p, 4);
  store<u32>(p, load<u32>(p, 6)); store<u16>(p, load<u16>(p, 10), 4);
  store<u32>(p, a, 6); store<u16>(p, b, 10);
  ring.send(i, p, n, 0, 0, deadline);
}

function twice(p: usize, n: u32, deadline: u64): void {
  for (let k: u32 = 0; k < 2; k++) {
    const head = frame.alloc();
    if (!head) break;
    memory.copy(head + frame.HEADROOM, p, 14);
    frame.ref(p);
    ring.send(1, head + frame.HEADROOM, 14, p + 14, n - 14, deadline);
  }
  frame.free(p);
}

export function status(): i32 {
  begin();
  text("{\"frames\":"); number(frames);
  text(",\"polls\":"); number(polls);
  const r = ring.at(0);
  text(",\"filled\":"); number(r.rxFilled); text(",\"missed\":"); number(r.rxMissed);
  text(",\"link\":"); number(r.linkUp);
  const s = ring.at(mode == Mode.reflect ? 0 : 1);
  text(",\"sent\":"); number(s.txSent); text(",\"late\":"); number(s.txLate); text(",\"failed\":"); number(s.txFailed);
  text(",\"free\":"); number(frame.available());
  text(",\"stored\":"); number(<u32>stored);
  text(",\"storeDone\":"); number(load<u32>(ABI, 36)); text(",\"storeFailed\":"); number(load<u32>(ABI, 40));
  text("}");
  return <i32>(at - TEXT);
}

/** Commands by their first letter: trap, hold (next 8 polls do nothing), store TEXT, content (8 bytes at 0), outside, echo, zero (a bad frame), entropy; others are refused. */
export function command(n: u32): i32 {
  begin();
  const c = <u32>load<u8>(CONFIG);
  switch (c) {
    case 0x74: deep(n); break;
    case 0x68: hold = 8; break;
    case 0x73: memory.copy(RECORD, CONFIG + 6, n - 6); storeWrite(RECORD, n - 6); break;
    case 0x63: if (contentRead(0, TEXT, 8) == 8) at += 8; break;
    case 0x6f: { const e = contentRead(0xffffffff, TEXT, 8); number(<u32>-e); break; }
    case 0x65: memory.copy(TEXT, CONFIG, n); at += n; break;
    case 0x7a: zero(); break;
    case 0x6e: memory.copy(TEXT, SEED, 16); at += 16; break;
    default: return -10;
  }
  return <i32>(at - TEXT);
}

/** Queues a frame without bytes, which cannot be sent. */
function zero(): void {
  const p = frame.alloc();
  if (p) ring.send(0, p, 0, 0, 0, 0);
}

function deep(n: u32): void {
  store<u32>(0xfffffff0, n); // TRAP HERE
}

function begin(): void { at = TEXT; }
function text(s: string): void {
  for (let i = 0; i < s.length; i++) store<u8>(at++, <u8>load<u16>(changetype<usize>(s) + (i << 1)));
}
function number(v: u32): void {
  let d: u32 = 1000000000;
  while (d > 1 && v < d) d /= 10;
  for (; d != 0; d /= 10) store<u8>(at++, <u8>(48 + v / d % 10));
}
function line(): void { log(2, TEXT, <i32>(at - TEXT)); }
