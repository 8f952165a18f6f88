// The Internet checksum (RFC 1071), and its incremental form (RFC 1624). Sums are kept in memory order (little-endian loads of
// network-order words), so that a finished sum is stored by `store<u16>` without a swap.

import { WIDE } from "./sizes";

/** Adds the n bytes at p to a sum. Any alignment; where several parts are added, all but the last have even lengths. */
export function add(p: usize, n: u32, sum: u64): u64 {
  const blocks = p + (n & ~31);
  sum = WIDE ? addWide(p, blocks, sum) : addNarrow(p, blocks, sum);
  const words = blocks + (n & 28);
  for (p = blocks; p < words; p += 4) sum += <u64>load<u32>(p);
  if (n & 2) { sum += <u64>load<u16>(p); p += 2; }
  if (n & 1) sum += <u64>load<u8>(p);
  return sum;
}

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
 * The same for a CPU of 32 bits, without a carry: of the words' sum mod 2^32, and of the same bytes' taken two earlier, each has the low
 * halves' total (L) and the high halves' (H), one of them shifted by 16 bits; together they give both. For less than 256 KiB.
 */
// @ts-ignore: decorator
@inline export function addNarrow(p: usize, stop: usize, sum: u64): u64 {
  if (p >= stop) return sum;
  let s: u32 = 0, t: u32 = <u32>load<u16>(stop - 2) - <u32>load<u16>(p - 2);
  for (; p < stop; p += 32) {
    s += load<u32>(p); t += load<u32>(p - 2);
    s += load<u32>(p, 4); t += load<u32>(p - 2, 4);
    s += load<u32>(p, 8); t += load<u32>(p - 2, 8);
    s += load<u32>(p, 12); t += load<u32>(p - 2, 12);
    s += load<u32>(p, 16); t += load<u32>(p - 2, 16);
    s += load<u32>(p, 20); t += load<u32>(p - 2, 20);
    s += load<u32>(p, 24); t += load<u32>(p - 2, 24);
    s += load<u32>(p, 28); t += load<u32>(p - 2, 28);
  }
  const low = (s & 0xffff) | (s - (t << 16) & 0xffff0000), high = (t & 0xffff) | (t - (s << 16) & 0xffff0000);
  return sum + <u64>low + <u64>high;
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
