// Finding a file in the content image (docs/content-image.md) by the hash of its path, one read of the image per step, so that a step whose
// bytes come later is simply taken again. The path itself was never kept: length and a second hash stand for it.

import * as api from "../api";
import { SCRATCH } from "../common/scratch";
import { Request, Phase } from "./state";

const MAGIC: u32 = 0x43445948;
const HEADER: u32 = 64;
const ENTRY: u32 = 64;
const PATH_MAX: u32 = 1024;
/** What `content` answers when the bytes come later. */
export const LATER: i32 = -11;

export function hashBegin(r: Request): void {
  r.hash = 0x811c9dc5;
  r.check = 0;
  r.pathLen = 0;
}

/** Continues both hashes: FNV-1a, and a rotating multiplication. */
export function hashByte(r: Request, b: u32): void {
  r.hash = (r.hash ^ b) * 0x01000193;
  r.check = mix(r.check, b);
  r.pathLen++;
}

// @ts-ignore: decorator
@inline function mix(h: u32, b: u32): u32 { return rotl<u32>(h ^ b, 7) * 0x9e3779b1; }

/**
 * Takes one step of the search, which begins in phase `open` and ends in phase `head`: with the file's place, type and tag and status 200,
 * or with status 404 where there is no such file. False: the image's bytes come later.
 */
export function step(r: Request): bool {
  switch (<u32>r.phase) {
    case Phase.open: return open(r);
    case Phase.search: return search(r);
    case Phase.entry: return entry(r);
    default: return path(r);
  }
}

function found(r: Request, status: u32): bool {
  r.status = <u16>status;
  r.phase = <u8>Phase.head;
  return true;
}

/** Reads n bytes to the scratch buffer: 1 done, 0 later, and a file that cannot be read is none. */
function read(r: Request, offset: u32, n: u32): u32 {
  const got = api.content(offset, SCRATCH, n);
  if (got == LATER) return 0;
  if (got == n) return 1;
  found(r, 404);
  return 2;
}

function open(r: Request): bool {
  if (api.contentSize() < HEADER) return found(r, 404);
  const got = read(r, 0, HEADER);
  if (got != 1) return got != 0;
  if (load<u32>(SCRATCH) != MAGIC || load<u16>(SCRATCH, 4) != 1) return found(r, 404);
  r.low = 0;
  r.high = load<u32>(SCRATCH, 12);
  r.pathAt = load<u32>(SCRATCH, 16);
  r.phase = <u8>Phase.search;
  return true;
}

/** Halves [low, high) until it is empty: low is then the first entry whose hash is not below ours. */
function search(r: Request): bool {
  if (r.low >= r.high) { r.phase = <u8>Phase.entry; return true; }
  const mid = r.low + (r.high - r.low >> 1), got = read(r, r.pathAt + mid * ENTRY, 4);
  if (got != 1) return got != 0;
  if (load<u32>(SCRATCH) < r.hash) r.low = mid + 1;
  else r.high = mid;
  return true;
}

/** The candidate's offset in the image; entries with the same hash follow one another. */
function entry(r: Request): bool {
  const at = r.pathAt + r.low * ENTRY, got = read(r, at, ENTRY);
  if (got != 1) return got != 0;
  if (load<u32>(SCRATCH) != r.hash) return found(r, 404);
  if (load<u16>(SCRATCH, 4) != r.pathLen || r.pathLen > PATH_MAX) { r.low++; return true; }
  r.typeLen = <u8>load<u16>(SCRATCH, 6);
  r.high = load<u32>(SCRATCH, 8);
  r.typeAt = load<u32>(SCRATCH, 12);
  r.fileAt = load<u32>(SCRATCH, 16);
  r.size = load<u32>(SCRATCH, 20);
  r.tag = load<u64>(SCRATCH, 32);
  r.phase = <u8>Phase.path;
  return true;
}

function path(r: Request): bool {
  const got = read(r, r.high, r.pathLen);
  if (got != 1) return got != 0;
  let h: u32 = 0;
  for (let i: u32 = 0; i < <u32>r.pathLen; i++) h = mix(h, load<u8>(SCRATCH + i));
  if (h == r.check) return found(r, 200);
  r.low++;
  r.phase = <u8>Phase.entry;
  return true;
}
