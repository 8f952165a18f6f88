// What entropy the host gives at start-up, mixed with what differs between nodes. It may be none: nothing's safety depends on it.

import * as config from "../core/config";
import * as siphash from "../core/siphash";
import * as env from "../env";

const POOL: usize = memory.data(16, 16);
const RAW: usize = memory.data(32, 16);

/** Gathers 16 bytes: the host's entropy under the site's key, with this node's id. */
export function gather(): void {
  memory.fill(RAW, 0, 32);
  env.entropy(RAW, 24);
  store<u32>(RAW, config.id(), 24);
  for (let half: u32 = 0; half < 2; half++) {
    store<u32>(RAW, half, 28);
    store<u64>(POOL + (half << 3), siphash.hash(config.key(), RAW, 32));
  }
}

export function address(): usize { return POOL; }
