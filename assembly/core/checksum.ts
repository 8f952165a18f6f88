// The Internet checksum (RFC 1071), and its incremental form (RFC 1624). Sums are kept in memory order (little-endian loads of
// network-order words), so that a finished sum is stored by `store<u16>` without a swap.

import { WIDE } from "./sizes";

/** Adds the n bytes at p to a sum. Any alignment; where several parts are added, all but the last have even lengths. */
export function add(p: usize, n: u32, sum: u64): u64 {
  if (n >= BLOCKS) {
    const blocks = p + (n & ~31);
    sum = WIDE ? addWide(p, blocks, sum) : addNarrow(p, blocks, sum);
    p = blocks;
    n &= 31;
  }
  const quads = p + (n & ~15), words = p + (n & ~3);
  for (; p < quads; p += 16) sum += <u64>load<u32>(p) + <u64>load<u32>(p, 4) + <u64>load<u32>(p, 8) + <u64>load<u32>(p, 12);
  for (; p < words; p += 4) sum += <u64>load<u32>(p);
  if (n & 2) { sum += <u64>load<u16>(p); p += 2; }
  if (n & 1) sum += <u64>load<u8>(p);
  return sum;
}
/** From so many bytes on blocks pay. */
const BLOCKS: u32 = 96;

/** Adds the blocks of 32 bytes in [p, stop), for a CPU that adds 64 bits at once. */
// @ts-ignore: decorator
@inline export function addWide(p: usize, stop: usize, sum: u64): u64 {
  for (; p < stop; p += 32) {
    sum += <u64>load<u32>(p) + <u64>load<u32>(p, 4);
    sum += <u64>load<u32>(p, 8) + <u64>load<u32>(p, 12);
    sum += <u64>load<u32>(p, 16) + <u64>load<u32>(p, 20);
    sum += <u64>load<u32>(p, 24) + <u64>load<u32>(p, 28);
  }
  return sum;
}

/**
 * The same for a CPU of 32 bits: words of 64 bits are added mod 2^64, and how often that overflowed comes out of a second sum, of the 32 bits that begin
 * two bytes before each word. Its low half tells the top halfwords' total (H) mod 2^16, its high half the first halfwords', which is known, with H >> 16.
 * For less than 512 KiB.
 */
// @ts-ignore: decorator
@inline export function addNarrow(p: usize, stop: usize, sum: u64): u64 {
  if (p >= stop) return sum;
  let s: u64 = 0, t: u32 = <u32>load<u16>(stop - 2) - <u32>load<u16>(p - 2);
  for (const pairs = stop - 32; p < pairs; p += 64) {
    s += load<u64>(p); t += load<u32>(p - 2);
    s += load<u64>(p, 8); t += load<u32>(p - 2, 8);
    s += load<u64>(p, 16); t += load<u32>(p - 2, 16);
    s += load<u64>(p, 24); t += load<u32>(p - 2, 24);
    s += load<u64>(p, 32); t += load<u32>(p - 2, 32);
    s += load<u64>(p, 40); t += load<u32>(p - 2, 40);
    s += load<u64>(p, 48); t += load<u32>(p - 2, 48);
    s += load<u64>(p, 56); t += load<u32>(p - 2, 56);
  }
  if (p < stop) {
    s += load<u64>(p); t += load<u32>(p - 2);
    s += load<u64>(p, 8); t += load<u32>(p - 2, 8);
    s += load<u64>(p, 16); t += load<u32>(p - 2, 16);
    s += load<u64>(p, 24); t += load<u32>(p - 2, 24);
  }
  const low = <u32>s, high = <u32>(s >> 32);
  const top = (t & 0xffff) | (t - (low << 16) & 0xffff0000);   // H
  const over = top + ((high >> 16) - top & 0xffff) >> 16;      // with what the lower 48 bits carried into it
  return sum + <u64>low + <u64>high + <u64>over;
}

/** The sum of an IPv4 header of 20 bytes at p. */
// @ts-ignore: decorator
@inline export function header(p: usize): u64 {
  return <u64>load<u32>(p) + <u64>load<u32>(p, 4) + <u64>load<u32>(p, 8) + <u64>load<u32>(p, 12) + <u64>load<u32>(p, 16);
}

/** The sum of 32 bytes at p: a TCP header with timestamps. */
// @ts-ignore: decorator
@inline export function header32(p: usize): u64 {
  return header(p) + <u64>load<u32>(p, 20) + <u64>load<u32>(p, 24) + <u64>load<u32>(p, 28);
}

/** The sum folded to 16 bits, not complemented. */
export function fold(sum: u64): u32 {
  const lo = <u32>sum, hi = <u32>(sum >> 32);
  let s = (lo & 0xffff) + (lo >> 16) + (hi & 0xffff) + (hi >> 16);
  s = (s & 0xffff) + (s >> 16);
  return (s & 0xffff) + (s >> 16);
}

/** The checksum field's value, in memory order. */
// @ts-ignore: decorator
@inline export function finish(sum: u64): u16 { return <u16>~fold(sum); }

/** The checksum field of n bytes at p whose own field is zero. Over bytes with a right checksum in them: 0. */
// @ts-ignore: decorator
@inline export function compute(p: usize, n: u32): u16 { return finish(add(p, n, 0)); }

/** The sum of the pseudo header of TCP and UDP: addresses in host order, n bytes of header and data. */
// @ts-ignore: decorator
@inline export function pseudo(src: u32, dst: u32, proto: u32, n: u32): u64 {
  return <u64>bswap<u32>(src) + <u64>bswap<u32>(dst) + <u64>(proto << 8) + <u64>bswap<u16>(<u16>n);
}

/** A sum of bytes that begin at an odd offset of the whole, made ready to be added to the rest. */
// @ts-ignore: decorator
@inline export function odd(sum: u64): u64 { return <u64>bswap<u16>(<u16>fold(sum)); }

/** The checksum `field` after a 16-bit word changed from `from` to `to`, all in memory order (RFC 1624, equation 3). */
// @ts-ignore: decorator
@inline export function update(field: u32, from: u32, to: u32): u16 {
  let s = (~field & 0xffff) + (~from & 0xffff) + (to & 0xffff);
  s = (s & 0xffff) + (s >> 16);
  return <u16>~((s & 0xffff) + (s >> 16));
}
