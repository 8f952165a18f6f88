// R0's keyed digest of connection bytes: UMAC's NH (RFC 4418, one pass) over blocks of 1 KiB under a key of the service, the blocks' results
// and the length taken together by SipHash. Nobody without the key can make two inputs collide on purpose.

import { SERVICES } from "../core/sizes";
import * as siphash from "../core/siphash";

const BLOCK: u32 = 1024;
const KEYS: usize = memory.data(SERVICES * 1040, 16);  // per service: 256 words of NH key, 16 bytes of SipHash key
const SCRATCH: usize = memory.data(1024 + 8, 16);
let key: usize = 0;
let filled: u32 = 0;
let total: u32 = 0;

/** Makes the keys of a service from the site's key. */
export function init(siteKey: usize, svc: u32): void {
  const k = KEYS + svc * 1040;
  siphash.derive(siteKey, siphash.Key.digest, svc, k + BLOCK);
  for (let i: u32 = 0; i < BLOCK; i += 8) {
    siphash.begin(k + BLOCK);
    siphash.word(i);
    store<u64>(k + i, siphash.end(0, 8));
  }
}

/** Starts a digest for a service. One at a time. */
export function begin(svc: u32): void {
  key = KEYS + svc * 1040;
  filled = 0;
  total = 0;
  siphash.begin(key + BLOCK);
}

/** Takes n bytes at p; how they are cut into pieces makes no difference. */
export function add(p: usize, n: u32): void {
  total += n;
  while (n != 0) {
    const take = min<u32>(n, BLOCK - filled);
    memory.copy(SCRATCH + filled, p, take);
    filled += take; p += take; n -= take;
    if (filled == BLOCK) block();
  }
}

export function end(): u64 {
  if (filled != 0) {
    store<u64>(SCRATCH + filled, 0);
    filled = filled + 7 & ~7;
    block();
  }
  siphash.word(total);
  return siphash.end(0, 8);
}

function block(): void {
  siphash.word(nh(SCRATCH, key, filled));
  filled = 0;
}

/** NH of n bytes (a multiple of 8) at p under the key words at k: the sum of (m0 + k0 mod 2^32) * (m1 + k1 mod 2^32). */
export function nh(p: usize, k: usize, n: u32): u64 {
  let sum: u64 = 0;
  for (const stop = p + n; p < stop; p += 8, k += 8) {
    const a: u32 = load<u32>(p) + load<u32>(k), b: u32 = load<u32>(p, 4) + load<u32>(k, 4); // typed: a load within a u64 cast is 64 bits wide
    sum += <u64>a * <u64>b;
  }
  return sum;
}

// The running digest of what a connection produced: for comparison between replicas, who are not each other's enemies. It depends on the bytes
// alone, not on the pieces in which they came: words lie at stream offsets that are multiples of four.

let carry: u32 = 0;
/** The bytes after the last whole word, to be kept with the digest `output` returned. */
export function rest(): u32 { return carry; }

/** Digest after n more bytes at p, produced at stream offset `off`; h and `kept` as they were before. */
export function output(h: u64, kept: u32, off: u32, p: usize, n: u32): u64 {
  carry = kept;
  for (; n != 0 && (off & 3) != 0; off++, p++, n--) {
    carry |= <u32>load<u8>(p) << ((off & 3) << 3);
    if ((off & 3) == 3) { h = word(h, carry); carry = 0; }
  }
  for (; n >= 4; p += 4, n -= 4) h = word(h, load<u32>(p));
  for (let i: u32 = 0; i < n; i++) carry |= <u32>load<u8>(p + i) << (i << 3);
  return h;
}

// @ts-ignore: decorator
@inline function word(h: u64, w: u32): u64 {
  const a: u32 = <u32>h ^ w;
  return <u64>a * <u64>(<u32>0x9e3779b1) + (h >> 32) + 1;
}

/** The digest as it is compared: with the bytes that are no whole word yet. */
export function whole(h: u64, kept: u32): u64 { return word(h, kept); }
