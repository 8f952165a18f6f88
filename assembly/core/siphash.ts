// SipHash-2-4, 64-bit output (Aumasson, Bernstein 2012), and a keyed derivation of 128-bit keys from it. Streaming: `begin`, `word`s, `end`,
// or `hash` over memory. Keys are 16 bytes in memory.

let v0: u64, v1: u64, v2: u64, v3: u64;

// @ts-ignore: decorator
@inline function round(): void {
  v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
  v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
  v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
  v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
}

/** Starts a hash under the 16-byte key at `key`. */
export function begin(key: usize): void {
  const k0 = load<u64>(key), k1 = load<u64>(key + 8);
  v0 = k0 ^ 0x736f6d6570736575; v1 = k1 ^ 0x646f72616e646f6d;
  v2 = k0 ^ 0x6c7967656e657261; v3 = k1 ^ 0x7465646279746573;
}

/** Takes eight bytes. */
export function word(m: u64): void {
  v3 ^= m; round(); round(); v0 ^= m;
}

/** Takes the n bytes at p, whole words only (n / 8); returns the address of the rest. */
export function words(p: usize, n: u32): usize {
  const stop = p + (n & ~7);
  for (; p < stop; p += 8) word(load<u64>(p));
  return p;
}

/** Takes the last 0-7 bytes at p of a message of n bytes in all, and returns the hash. */
export function end(p: usize, n: u32): u64 {
  let b = <u64>n << 56;
  for (let i: u32 = 0; i < (n & 7); i++) b |= <u64>load<u8>(p + i) << (i << 3);
  word(b);
  v2 ^= 0xff;
  round(); round(); round(); round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** The hash of n bytes at p. */
export function hash(key: usize, p: usize, n: u32): u64 {
  begin(key);
  return end(words(p, n), n);
}

/** Derives a 16-byte key at `out` from the one at `key`, for a purpose and a service. */
export function derive(key: usize, purpose: u32, service: u32, out: usize): void {
  for (let half: u32 = 0; half < 2; half++) {
    begin(key);
    word(<u64>purpose | <u64>service << 32);
    word(half);
    store<u64>(out + (half << 3), end(0, 16));
  }
}

/** Purposes of derived keys. */
export const enum Key { chain = 1, manage = 2, isn = 3, timestamp = 4, cookie = 5, digest = 6, random = 7 }
