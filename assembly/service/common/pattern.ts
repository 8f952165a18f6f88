// The byte stream of the ttcp services: word i of the stream is a mixed counter under a seed, little-endian, so that any part of it can be
// made or checked without what came before. And the running check over such a stream.

/** Word i (bytes 4i to 4i + 3) of the stream under the seed: the finaliser of MurmurHash3 over a Weyl sequence. */
export function word(seed: u32, i: u32): u32 {
  let x = seed + i * 0x9e3779b9;
  x = (x ^ x >> 16) * 0x85ebca6b;
  x = (x ^ x >> 13) * 0xc2b2ae35;
  return x ^ x >> 16;
}

/** Writes whole words at p from word i on, until n bytes are covered: up to 3 bytes more than n. */
export function fill(p: usize, n: u32, seed: u32, i: u32): void {
  for (let k: u32 = 0; k < n; k += 4) store<u32>(p + k, word(seed, i++));
}

/** The check `h` of a stream, continued by its next word. */
// @ts-ignore: decorator
@inline export function check(h: u32, w: u32): u32 { return rotl<u32>(h ^ w, 5) * 0x9e3779b1; }
