// A view: the numbered membership of a chain (CHAIN.md R17, R23a). A member is a node together with its incarnation; the first is the primary,
// the last the tail. The same record is used in memory and in messages of the view protocol.

/** Members of a chain at most. */
export const MEMBERS: u32 = 5;
export const VIEW: u32 = 56;

@unmanaged export class View {
  number: u32;
  n: u32;
  node0: u64;         // u8[8]: node ids, zero beyond n
  incarnation0: u64;  // u64[5]
  incarnation1: u64;
  incarnation2: u64;
  incarnation3: u64;
  incarnation4: u64;
}
if (offsetof<View>() != 56) ERROR("View: layout");

/** Node id of member i, i < MEMBERS. */
// @ts-ignore: decorator
@inline export function node(v: View, i: u32): u32 { return <u32>load<u8>(changetype<usize>(v) + i, 8); }

/** Incarnation of member i, i < MEMBERS. */
// @ts-ignore: decorator
@inline export function incarnation(v: View, i: u32): u64 { return load<u64>(changetype<usize>(v) + (i << 3), 16); }

export function set(v: View, i: u32, node: u32, incarnation: u64): void {
  store<u8>(changetype<usize>(v) + i, <u8>node, 8);
  store<u64>(changetype<usize>(v) + (i << 3), incarnation, 16);
}

/** An empty view with this number. */
export function clear(v: View, number: u32): void {
  memory.fill(changetype<usize>(v), 0, VIEW);
  v.number = number;
}

export function copy(to: View, from: View): void { memory.copy(changetype<usize>(to), changetype<usize>(from), VIEW); }

/** Adds a member as the tail; false when the view is full. */
export function append(v: View, node: u32, incarnation: u64): bool {
  if (v.n >= MEMBERS) return false;
  set(v, v.n, node, incarnation);
  v.n++;
  return true;
}

/** Takes member i out; the others keep their order. */
export function remove(v: View, i: u32): void {
  const n = v.n - 1;
  for (; i < n; i++) set(v, i, node(v, i + 1), incarnation(v, i + 1));
  set(v, n, 0, 0);
  v.n = n;
}

/** Position of a node in the chain (0: primary), or -1. */
export function position(v: View, id: u32): i32 {
  for (let i: u32 = 0; i < v.n; i++) if (node(v, i) == id) return <i32>i;
  return -1;
}

/** Position of this very incarnation of a node, or -1. */
export function find(v: View, id: u32, inc: u64): i32 {
  const i = position(v, id);
  return i >= 0 && incarnation(v, <u32>i) == inc ? i : -1;
}

/** False for a view that cannot be: no or too many members, a node twice or without id, junk beyond the members. */
export function valid(v: View): bool {
  if (v.n == 0 || v.n > MEMBERS || v.number == 0) return false;
  for (let i: u32 = 0; i < 8; i++) {
    const id = node(v, i);
    if (i >= v.n) { if (id != 0) return false; continue; }
    if (id == 0 || position(v, id) != <i32>i) return false;
  }
  for (let i = v.n; i < MEMBERS; i++) if (incarnation(v, i) != 0) return false;
  return true;
}
