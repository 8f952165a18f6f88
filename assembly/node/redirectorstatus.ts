// The status of a redirector as JSON, and its commands.

import { FRAMES, SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import { Mode } from "../core/config";
import { Err } from "../core/err";
import * as frame from "../core/frame";
import * as chain from "../manage/chain";
import * as manager from "../manage/manager";
import * as members from "../manage/members";
import * as commands from "./commands";
import * as node from "./node";
import * as text from "./text";

/** `status` of host/ABI.md. */
export function status(): i32 {
  text.begin();
  text.byte(0x7b);
  text.field("node", config.id());
  text.key("role"); text.str("\"redirector\"");
  text.field("ms", clock.ms);
  text.field("frames", frame.available());
  text.field("framesOf", FRAMES);
  text.key("services");
  text.byte(0x5b);
  for (let s: u32 = 0; s < SERVICES; s++) if (config.isService(s)) { text.element(); service(s); }
  text.byte(0x5d);
  node.countersJson();
  text.byte(0x7d);
  return text.end();
}

function service(s: u32): void {
  const c = chain.at(s);
  text.byte(0x7b);
  text.field("id", s);
  text.field("mode", config.service(s).mode);
  text.field("phase", c.phase);
  text.field("view", c.number);
  text.key("members");
  text.byte(0x5b);
  for (let i: u32 = 0; i < members.count(s); i++) { text.element(); text.num(members.node(s, i)); }
  text.byte(0x5d);
  text.key("joining"); text.num(c.joinPhase != chain.JoinPhase.none ? c.joinNode : 0);
  text.byte(0x7d);
}

/** `command`: `log LEVEL`, `handover SERVICE` (the primary leaves and joins again as the tail). */
export function command(n: u32): i32 {
  if (!commands.begin(n)) return Err.badLength;
  const w = commands.word();
  if (commands.is(w, "log")) return commands.logLevel();
  if (!commands.is(w, "handover")) return Err.notFound;
  const s = commands.number();
  if (s < 0) return Err.badRecord;
  const e = manager.handOver(s);
  if (e < 0) return e;
  text.str("service "); text.num(s); text.str(": the primary leaves");
  return text.end();
}
