// Pure decisions of the manager: who is removed after a probing (R24), what a laggard's neighbours report, and how a manager without a
// record goes on (R17).

/** What a replica reports about its neighbours. */
export const enum Suspect { primary = 1, predecessor = 2, successor = 4, lag = 8, predecessorLag = 16, wrongShift = 8 }

/**
 * Bits of the members (bit 0: primary) of n to be removed. `answered`: who answered the probes; `link`: position of the farther end of a
 * link that stays silent, 0 none; `accused`: the clients' retransmissions accuse the primary; `insist`: they do so although it answered
 * before. Nobody where nobody answered: that is a loss (R26), not a removal.
 */
export function remove(n: u32, answered: u32, link: u32, accused: bool, insist: bool): u32 {
  const all: u32 = (1 << n) - 1, silent = all & ~answered;
  if (silent == all || n < 2) return 0;
  if (silent != 0) return silent;
  if (link != 0 && link < n) return accused ? 1 : 1 << link;
  return insist ? 1 : 0;
}

/** Bit of the member that lags by the report of the one at `position`, or 0; the last member is never removed. */
export function laggard(n: u32, position: u32, suspicion: u32): u32 {
  if ((suspicion & Suspect.lag) != 0 && position + 1 < n) return 1 << position + 1;
  if ((suspicion & Suspect.predecessorLag) != 0 && position > 0) return 1 << position - 1;
  return 0;
}

/** Bits of the members whose output is wrong, by the primary's report, where those who remain are a majority; else 0. */
export function wrong(n: u32, position: u32, suspicion: u32): u32 {
  const bits = suspicion >> Suspect.wrongShift & (1 << n) - 1;
  return position == 0 && popcnt<u32>(bits) << 1 < n ? bits : 0;
}

/** Position of the farther end of the link that the member at `position` reports as silent, or 0. */
export function farther(n: u32, position: u32, suspicion: u32): u32 {
  if ((suspicion & Suspect.predecessor) != 0 && position > 0) return position;
  if ((suspicion & Suspect.successor) != 0 && position + 1 < n) return position + 1;
  return 0;
}
