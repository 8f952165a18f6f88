// Network byte order, and small byte helpers. Views in `wire/` use these in their getters.

// @ts-ignore: decorator
@inline export function be16(v: u16): u32 { return <u32>bswap<u16>(v); }
// @ts-ignore: decorator
@inline export function be32(v: u32): u32 { return bswap<u32>(v); }

/** Big-endian u16 at p, no alignment needed. */
// @ts-ignore: decorator
@inline export function get16(p: usize): u32 { return <u32>bswap<u16>(load<u16>(p)); }
// @ts-ignore: decorator
@inline export function get32(p: usize): u32 { return bswap<u32>(load<u32>(p)); }
// @ts-ignore: decorator
@inline export function put16(p: usize, v: u32): void { store<u16>(p, bswap<u16>(<u16>v)); }
// @ts-ignore: decorator
@inline export function put32(p: usize, v: u32): void { store<u32>(p, bswap<u32>(v)); }

/** True where the n bytes at a and b are equal. */
export function equal(a: usize, b: usize, n: u32): bool {
  for (let i: u32 = 0; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}
