// All targets of the fuzzer.

import { type Target } from "../target.ts";
import { account } from "./account.ts";
import { command } from "./command.ts";
import { control, forged } from "./control.ts";
import { http } from "./http.ts";
import { packets } from "./packets.ts";
import { init, site } from "./site.ts";
import { sockets } from "./sockets.ts";

export const TARGETS: readonly Target[] = [packets, account, forged, control, command, http, sockets, site, init];

/** The target of a name. Throws where there is none. */
export function find(name: string): Target {
  const t = TARGETS.find(x => x.name === name);
  if (!t) throw new Error(`no target '${name}'; there are ${TARGETS.map(x => x.name).join(", ")}`);
  return t;
}
