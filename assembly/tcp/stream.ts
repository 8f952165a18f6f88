// Stream buffers: bytes addressed by stream offset, in chunks of one bounded pool. One chunk stands alone; more are found through an index
// chunk, so that any offset is reached in one step. A stream without bytes holds no chunk.

import { CHUNK, CHUNKS, RCV_MAX, SND_MAX } from "../core/sizes";
import { must } from "../core/err";

/** Embedded in the control block; zeroed is empty. */
@unmanaged export class Stream {
  root: u16;     // the only chunk, or the index chunk; 0: none
  count: u16;    // data chunks behind the index; 0: root is a data chunk
  num: u32;      // without index: number of the chunk (offset / CHUNK)
}
if (offsetof<Stream>() != 8) ERROR("Stream: layout");
if (CHUNKS > 65535) ERROR("CHUNKS: chunk numbers are 16 bits");
if ((CHUNK / 2 - 2) * CHUNK < RCV_MAX || (CHUNK / 2 - 2) * CHUNK < SND_MAX) ERROR("CHUNK: an index chunk must span a buffer");

const MASK: u32 = CHUNK - 1;
const SLOTS: u32 = (CHUNK >> 1) - 1;                            // index mask
const BASE: usize = memory.data(CHUNK * CHUNKS, 16) - CHUNK;    // chunk numbers begin at 1
const FREE: usize = memory.data(CHUNKS * 2, 16);
let top: u32 = 0;
/** A free chunk that is all zeros, as an index begins; 0: none. Streams go to and fro between one chunk and two. */
let blank: u32 = 0;

export function init(): void {
  for (let i: u32 = 0; i < CHUNKS; i++) store<u16>(FREE + (i << 1), <u16>(CHUNKS - i));
  top = CHUNKS;
  blank = 0;
}

/** Chunks in the pool: CHUNKS when nothing is held. */
// @ts-ignore: decorator
@inline export function available(): u32 { return top + u32(blank != 0); }

// @ts-ignore: decorator
@inline function address(id: u32): usize { return BASE + <usize>id * CHUNK; }
// @ts-ignore: decorator
@inline function slot(s: Stream, num: u32): usize { return address(s.root) + (<usize>(num & SLOTS) << 1); }

function take(): u32 {
  if (top == 0) return takeBlank();
  top--;
  return <u32>load<u16>(FREE + (top << 1));
}

function give(id: u32): void {
  must(top < CHUNKS);
  store<u16>(FREE + (top << 1), <u16>id);
  top++;
}

function takeBlank(): u32 {
  const id = blank;
  blank = 0;
  return id;
}

/** A chunk of zeros, or 0. */
function takeIndex(): u32 {
  if (blank != 0) return takeBlank();
  const id = take();
  if (id != 0) memory.fill(address(id), 0, CHUNK);
  return id;
}

/** Takes an index back whose slots have all been cleared. */
function giveIndex(id: u32): void {
  if (blank == 0) blank = id;
  else give(id);
}

/** Number of the chunk that holds chunk number `num` of the stream, or 0. */
function find(s: Stream, num: u32): u32 {
  if (s.count != 0) return <u32>load<u16>(slot(s, num));
  return s.num == num ? <u32>s.root : 0;
}

/** Like `find`, but makes the chunk; 0 when the pool does not have it. */
function ensure(s: Stream, num: u32): u32 {
  const old = find(s, num);
  if (old != 0) return old;
  const id = take();
  if (id == 0) return 0;
  if (s.root == 0) { s.root = <u16>id; s.num = num; return id; }
  if (s.count == 0 && !index(s)) { give(id); return 0; }
  store<u16>(slot(s, num), <u16>id);
  s.count++;
  return id;
}

/** Puts an index chunk before the only chunk. */
function index(s: Stream): bool {
  const id = takeIndex();
  if (id == 0) return false;
  const only = s.root;
  s.root = <u16>id;
  s.count = 1;
  store<u16>(slot(s, s.num), only);
  return true;
}

function dropChunk(s: Stream, num: u32): void {
  if (s.count == 0) {
    if (s.num == num) { give(s.root); s.root = 0; }
    return;
  }
  const id = <u32>load<u16>(slot(s, num));
  if (id == 0) return;
  store<u16>(slot(s, num), 0);
  give(id);
  s.count--;
  if (s.count == 0) { giveIndex(s.root); s.root = 0; }
}

/** Bytes that lie in a row from `off`, after a `span` that was not 0. */
// @ts-ignore: decorator
@inline export function spanLen(off: u32): u32 { return CHUNK - (off & MASK); }

/** Address of the byte at `off`, or 0 where the stream has no chunk. */
// @ts-ignore: decorator
@inline export function span(s: Stream, off: u32): usize {
  if (s.root == 0) return 0;
  const id = find(s, off / CHUNK);
  return id == 0 ? 0 : address(id) + (off & MASK);
}

/** Writes n bytes from p at `off`. Returns how many: fewer when the pool is empty. */
export function write(s: Stream, off: u32, p: usize, n: u32): u32 {
  const chunk = find(s, off / CHUNK);
  if (chunk != 0 && n <= spanLen(off)) {
    memory.copy(address(chunk) + (off & MASK), p, n);
    return n;
  }
  return spread(s, off, p, n);
}

/** The same where chunks have to be made, or more than one is written to. */
function spread(s: Stream, off: u32, p: usize, n: u32): u32 {
  let done: u32 = 0;
  while (done < n) {
    const at = off + done;
    if (s.root == 0 && available() == 0) break;
    const id = ensure(s, at / CHUNK);
    if (id == 0) break;
    const k = min(n - done, spanLen(at));
    memory.copy(address(id) + (at & MASK), p + done, k);
    done += k;
  }
  return done;
}

/** Copies n bytes at `off`, which must have been written, to p. */
export function read(s: Stream, off: u32, p: usize, n: u32): void {
  while (n != 0) {
    const from = span(s, off);
    must(from != 0);
    const k = min(n, spanLen(off));
    memory.copy(p, from, k);
    p += k; off += k; n -= k;
  }
}

/** Chunks that a stream holds, its index included. */
// @ts-ignore: decorator
@inline export function held(s: Stream): u32 { return s.root == 0 ? 0 : <u32>s.count + 1; }

/** Gives back the chunks that lie wholly in [from, to); and all of them if the stream ends at `to` (`empty`). */
export function release(s: Stream, from: u32, to: u32, empty: bool): void {
  if (s.root == 0) return;
  const last = to / CHUNK;
  for (let num = from / CHUNK; num != last && s.root != 0; num = (num + 1) & (0xffffffff / CHUNK)) dropChunk(s, num);
  if (empty) clear(s);
  else if (s.count == 1) single(s, last);
}

/** Gives the index back where chunk `num` is the only one left: so an index always stands for two chunks or more, but for gaps. */
function single(s: Stream, num: u32): void {
  const id = <u32>load<u16>(slot(s, num));
  if (id == 0) return;
  store<u16>(slot(s, num), 0);
  giveIndex(s.root);
  s.root = <u16>id;
  s.count = 0;
  s.num = num;
}

/** Gives back everything. */
export function clear(s: Stream): void {
  if (s.root == 0) return;
  if (s.count != 0) {
    const table = address(s.root);
    for (let i: u32 = 0; s.count != 0 && i <= SLOTS; i++) {
      const id = <u32>load<u16>(table + (i << 1));
      if (id != 0) { give(id); store<u16>(table + (i << 1), 0); s.count--; }
    }
    giveIndex(s.root);
  } else {
    give(s.root);
  }
  s.root = 0;
}
