// NE2000: a DP8390 with 16 KiB of buffer memory at 0x4000 behind a 16-bit data port, and a port whose reading resets it; on the ISA bus, and
// on PCI as the RTL8029 and its like.

import * as env from "../env";
import * as dp8390 from "./dp8390";
import { Nic } from "./device";

export { acknowledge, arm, DEPTH, done, kick, look, put, start, take, tend } from "./dp8390";

const RESET: u32 = 31;

/** Whether a DP8390 answers at an ISA port: reset, it is stopped in page 0, and the tally of check sequences clears when it is read. */
export function present(port: u32): bool {
  if (env.in8(port) == 0xff) return false;
  env.out8(port + RESET, env.in8(port + RESET));
  return dp8390.answers(port);
}

/** The reset line: it ends a transmission too. */
export function stop(n: Nic): void {
  env.out8(n.port + RESET, env.in8(n.port + RESET));
  dp8390.halt(n);
}
