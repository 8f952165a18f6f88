// The status of a host server as JSON.

import { FRAMES, SERVICES } from "../core/sizes";
import * as clock from "../core/clock";
import * as config from "../core/config";
import * as frame from "../core/frame";
import * as views from "../wire/view";
import { Replica, Role, alive, at, connOf, next, view } from "../ft/replica";
import * as node from "./node";
import * as text from "./text";

/** Connections shown per service. */
const SHOWN: u32 = 32;

/** `status` of host/ABI.md. */
export function status(): i32 {
  text.begin();
  text.byte(0x7b);
  text.field("node", config.id());
  text.key("role"); text.str("\"host\"");
  text.field("ms", clock.ms);
  text.field("frames", frame.available());
  text.field("framesOf", FRAMES);
  text.key("services");
  text.byte(0x5b);
  for (let s: u32 = 0; s < SERVICES; s++) if (at(s).kind != 0) { text.element(); service(at(s)); }
  text.byte(0x5d);
  node.countersJson();
  text.byte(0x7d);
  return text.end();
}

function service(r: Replica): void {
  text.byte(0x7b);
  text.field("id", r.svc);
  text.key("state"); text.str(r.role == Role.member ? "\"member\"" : r.role == Role.joining ? "\"joining\"" : "\"out\"");
  text.field("view", r.viewNumber);
  text.field("heardView", r.heardView);
  if (r.role == Role.member) chain(r);
  text.field("applied", r.applied);
  text.field("stable", r.stable);
  text.key("history"); text.str("\"0x"); text.hex(r.history); text.byte(0x22);
  text.field("connections", r.connections);
  text.key("bytesIn"); text.str("\"0x"); text.hex(r.bytesIn); text.byte(0x22);
  text.key("bytesOut"); text.str("\"0x"); text.hex(r.bytesOut); text.byte(0x22);
  connections(r);
  text.byte(0x7d);
}

function chain(r: Replica): void {
  text.field("position", r.pos);
  text.key("members");
  text.byte(0x5b);
  for (let i: u32 = 0; i < r.n; i++) { text.element(); text.num(views.node(view(r), i)); }
  text.byte(0x5d);
  text.key("speaks");
  text.str(r.mute == 0 && (r.until == 0 || r.until > clock.now) ? "true" : "false");
}

function connections(r: Replica): void {
  text.key("list");
  text.byte(0x5b);
  let shown: u32 = 0;
  for (let m = next(r, 0); m != null && shown < SHOWN; m = next(r, m!.c + 1)) {
    if (!alive(m)) continue;
    const c = connOf(m);
    text.element();
    text.byte(0x7b);
    text.field("c", m.c);
    text.key("client"); text.byte(0x22); text.ip(c.remoteAddr); text.byte(0x3a); text.num(c.remotePort); text.byte(0x22);
    text.field("state", c.state);
    text.field("rcvd", c.rcvd); text.field("dep", c.dep); text.field("prod", c.prod); text.field("ok", c.ok);
    text.field("sent", c.sentMax); text.field("acked", c.heardAck); text.field("edge", c.edgeLimit);
    text.byte(0x7d);
    shown++;
  }
  text.byte(0x5d);
}
