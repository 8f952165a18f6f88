// Seeded random numbers, one stream per direction: the same seed and the same frames give the same fate to each frame.

let state0: u32 = 1, state1: u32 = 2;

export function seed(s: u32): void { state0 = s; state1 = s ^ 0x9e3779b9; }

/** The next number of a direction's stream (mulberry32). */
export function next(dir: u32): u32 {
  let s: u32;
  if (dir == 0) { state0 += 0x6d2b79f5; s = state0; } else { state1 += 0x6d2b79f5; s = state1; }
  s = (s ^ s >>> 15) * (s | 1);
  s ^= s + (s ^ s >>> 7) * (s | 61);
  return s ^ s >>> 14;
}
