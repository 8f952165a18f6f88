// R0's keyed digest of connection bytes: UMAC's NH (RFC 4418, one pass) over blocks of 2 KiB under a key of the service, the blocks' results
// and the length taken together by SipHash. Nobody without the key can make two inputs collide on purpose.

import { SERVICES } from "../core/sizes";
import * as siphash from "../core/siphash";

const BLOCK: u32 = 2048;
const KEYS: usize = memory.data(SERVICES * 2064, 16);  // per service: 512 words of NH key, 16 bytes of SipHash key
/** Bytes that are no whole NH pair yet, and room for the length. */
const PART: usize = memory.data(16, 16);
let key: usize = 0;
let sum: u64 = 0;      // of the block under way
let filled: u32 = 0;   // bytes of it, a multiple of 8
let held: u32 = 0;     // bytes in PART
let total: u32 = 0;

/** Makes the keys of a service from the site's key. */
export function init(siteKey: usize, svc: u32): void {
  const k = KEYS + svc * (BLOCK + 16);
  siphash.derive(siteKey, siphash.Key.digest, svc, k + BLOCK);
  for (let i: u32 = 0; i < BLOCK; i += 8) {
    siphash.begin(k + BLOCK);
    siphash.word(i);
    store<u64>(k + i, siphash.end(0, 8));
  }
}

/** Starts a digest for a service. One at a time. */
export function begin(svc: u32): void {
  key = KEYS + svc * (BLOCK + 16);
  sum = 0; filled = 0; held = 0; total = 0;
  siphash.begin(key + BLOCK);
}

/** Takes n bytes at p; how they are cut into pieces makes no difference. */
export function add(p: usize, n: u32): void {
  total += n;
  if (held != 0) {
    const k = min<u32>(n, 8 - held);
    hold(p, k);
    p += k; n -= k;
    if (held != 8) return;
    pairs(PART, 8);
    held = 0;
  }
  pairs(p, n & ~7);
  hold(p + (n & ~7), n & 7);
}

function hold(p: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) store<u8>(PART + held + i, load<u8>(p + i));
  held += n;
}

/** n bytes, a multiple of 8. */
function pairs(p: usize, n: u32): void {
  while (n != 0) {
    const k = min<u32>(n, BLOCK - filled);
    sum += nh(p, key + filled, k);
    filled += k; p += k; n -= k;
    if (filled == BLOCK) { siphash.word(sum); sum = 0; filled = 0; }
  }
}

export function end(): u64 {
  if (held != 0) {
    store<u64>(PART + held, 0);
    pairs(PART, 8);
  }
  if (filled != 0) siphash.word(sum);
  store<u32>(PART, total);
  return siphash.end(PART, 12);
}

/** NH of n bytes (a multiple of 8) at p under the key words at k: the sum of (m0 + k0 mod 2^32) * (m1 + k1 mod 2^32). */
export function nh(p: usize, k: usize, n: u32): u64 {
  let sum: u64 = 0;
  const blocks = p + (n & ~31), stop = p + n;
  for (; p < blocks; p += 32, k += 32) sum += pair(p, k) + pair(p + 8, k + 8) + pair(p + 16, k + 16) + pair(p + 24, k + 24);
  for (; p < stop; p += 8, k += 8) sum += pair(p, k);
  return sum;
}

// @ts-ignore: decorator
@inline function pair(p: usize, k: usize): u64 {
  const a: u32 = load<u32>(p) + load<u32>(k), b: u32 = load<u32>(p, 4) + load<u32>(k, 4); // typed: a load within a u64 cast is 64 bits wide
  return <u64>a * <u64>b;
}

// The running digest of what a connection produced: for comparison between replicas, who are not each other's enemies. It depends on the bytes
// alone, not on the pieces in which they came: words lie at stream offsets that are multiples of four. Fletcher's sums over words, mod 2^32: the
// words' in the low half, and that of all its values so far in the high half.

let carry: u32 = 0;
/** The bytes after the last whole word, to be kept with the digest `output` returned. */
export function rest(): u32 { return carry; }

/** Digest after n more bytes at p, produced at stream offset `off`; h and `kept` as they were before. */
export function output(h: u64, kept: u32, off: u32, p: usize, n: u32): u64 {
  carry = kept;
  for (; n != 0 && (off & 3) != 0; off++, p++, n--) {
    carry |= <u32>load<u8>(p) << ((off & 3) << 3);
    if ((off & 3) == 3) { h = whole(h, carry); carry = 0; }
  }
  h = words(h, p, n >> 2);
  p += n & ~3;
  for (let i: u32 = 0; i < (n & 3); i++) carry |= <u32>load<u8>(p + i) << (i << 3);
  return h;
}

function words(h: u64, p: usize, n: u32): u64 {
  let a = <u32>h, b = <u32>(h >> 32);
  for (; n >= 4; n -= 4, p += 16) {
    a += load<u32>(p); b += a;
    a += load<u32>(p, 4); b += a;
    a += load<u32>(p, 8); b += a;
    a += load<u32>(p, 12); b += a;
  }
  for (; n != 0; n--, p += 4) { a += load<u32>(p); b += a; }
  return <u64>b << 32 | <u64>a;
}

/** The digest as it is compared: with the bytes that are no whole word yet. */
export function whole(h: u64, kept: u32): u64 {
  const a = <u32>h + kept;
  return <u64>(<u32>(h >> 32) + a) << 32 | <u64>a;
}
