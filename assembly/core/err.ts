// Results: 0 or a count is success, a negative value one of these.

export const enum Err {
  badMagic = -1,
  badVersion = -2,
  badLength = -3,
  badCrc = -4,
  badRecord = -5,
  tooMany = -6,
  noBuffer = -7,     // a pool is empty
  noRoute = -8,
  refused = -9,
  notFound = -10,
  later = -11,       // the answer comes in a later poll
  state = -12,       // not possible in this state
}

/** States what cannot happen. Stays in shipped builds: traps where `assert` would be compiled out. */
// @ts-ignore: decorator
@inline
export function must(cond: bool): void {
  if (!cond) unreachable();
}
