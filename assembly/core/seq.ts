// The only place that compares numbers that wrap: TCP sequence numbers, stream offsets, milliseconds, log indices.

/** a < b */
// @ts-ignore: decorator
@inline export function lt(a: u32, b: u32): bool { return <i32>(a - b) < 0; }
/** a <= b */
// @ts-ignore: decorator
@inline export function le(a: u32, b: u32): bool { return <i32>(a - b) <= 0; }
/** a > b */
// @ts-ignore: decorator
@inline export function gt(a: u32, b: u32): bool { return <i32>(a - b) > 0; }
/** a >= b */
// @ts-ignore: decorator
@inline export function ge(a: u32, b: u32): bool { return <i32>(a - b) >= 0; }
// @ts-ignore: decorator
@inline export function min(a: u32, b: u32): u32 { return lt(a, b) ? a : b; }
// @ts-ignore: decorator
@inline export function max(a: u32, b: u32): u32 { return gt(a, b) ? a : b; }
/** lo <= x < lo + n */
// @ts-ignore: decorator
@inline export function within(x: u32, lo: u32, n: u32): bool { return x - lo < n; }
