// A bucket of SYNs per service: what a flood may cost the host servers. Credit is kept in thousandths of a SYN.

import { SERVICES } from "../core/sizes";
import * as clock from "../core/clock";

/** SYNs per second and at once, where nothing else is said. */
const RATE: u32 = 20000;
const BURST: u32 = 4000;
/** Largest rate and burst. */
export const MAX: u32 = 1000000;

@unmanaged class Bucket { rate: u32; burst: u32; credit: u32; at: u32; }

const TABLE: usize = memory.data(16 * SERVICES, 16);

export function init(): void { for (let i: u32 = 0; i < SERVICES; i++) set(i, RATE, BURST); }

// @ts-ignore: decorator
@inline function bucket(svc: u32): Bucket { return changetype<Bucket>(TABLE + (svc << 4)); }

/** Sets a service's SYNs per second and at once, at most MAX each. */
export function set(svc: u32, rate: u32, burst: u32): void {
  const b = bucket(svc);
  b.rate = min(rate, MAX);
  b.burst = min(burst, MAX);
  b.credit = b.burst * 1000;
  b.at = clock.ms;
}

/** Takes one SYN out of the bucket; false when it is empty. */
export function take(svc: u32): bool {
  const b = bucket(svc);
  b.credit = min(b.credit + min(clock.ms - b.at, 1000) * b.rate, b.burst * 1000);
  b.at = clock.ms;
  if (b.credit < 1000) return false;
  b.credit -= 1000;
  return true;
}
