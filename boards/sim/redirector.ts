// The redirector with a look inside, for the simulator's checks.

import * as frame from "../../assembly/core/frame";

export * from "../linux-redirector/main";

const POOLS: usize = memory.data(32, 16);

/** What is free: frames. */
export function pools(): usize {
  store<u32>(POOLS, frame.available());
  return POOLS;
}
