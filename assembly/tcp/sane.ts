// What holds of a control block whatever the network sends. Looked at in shipped builds, whenever a connection is about to speak, or a backup would: a block
// in which it does not hold was written by a fault of this program, and a replica that goes on with it would answer for the others.

import { must } from "../core/err";
import { Conn } from "./conn";

/** dep <= rcvd, ok <= prod, SND.UNA <= SND.MAX. One branch: the sign of any difference shows. */
export function check(c: Conn): void {
  must(<i32>((c.rcvd - c.dep) | (c.prod - c.ok) | (c.sentMax - c.heardAck)) >= 0);
}
