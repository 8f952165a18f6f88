// Doubly linked circular lists of links that lie inside their owners. A list head is a link too. A link that is in no list is all zero.

import { must } from "./err";

@unmanaged export class Link { next: usize; prev: usize; }

/** Makes h the head of an empty list. */
export function init(h: Link): void { h.next = changetype<usize>(h); h.prev = changetype<usize>(h); }

// @ts-ignore: decorator
@inline export function isEmpty(h: Link): bool { return h.next == changetype<usize>(h); }
// @ts-ignore: decorator
@inline export function linked(l: Link): bool { return l.next != 0; }

/** Appends l, which is in no list. */
export function push(h: Link, l: Link): void {
  l.next = changetype<usize>(h);
  l.prev = h.prev;
  changetype<Link>(h.prev).next = changetype<usize>(l);
  h.prev = changetype<usize>(l);
}

/** Takes l out of whatever list it is in, if any. */
export function remove(l: Link): void {
  if (l.next == 0) return;
  const after = changetype<Link>(l.next), before = changetype<Link>(l.prev), p = changetype<usize>(l);
  must(((after.prev ^ p) | (before.next ^ p)) == 0);
  after.prev = l.prev;
  before.next = l.next;
  l.next = 0;
  l.prev = 0;
}

/** Moves all of `from` to the front of `to`. */
export function splice(to: Link, from: Link): void {
  if (isEmpty(from)) return;
  const first = changetype<Link>(from.next), last = changetype<Link>(from.prev), after = changetype<Link>(to.next);
  first.prev = changetype<usize>(to);
  to.next = changetype<usize>(first);
  last.next = changetype<usize>(after);
  after.prev = changetype<usize>(last);
  init(from);
}
