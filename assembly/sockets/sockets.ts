// Sockets for programs on the same machine (docs/sockets.md), over plain connections: what the node calls.

import { PORTS } from "../core/sizes";
import { Timer } from "../core/wheel";
import { TimerKind } from "../core/timerkind";
import * as call from "./call";
import * as news from "./news";
import * as port from "./port";
import * as process from "./process";
import * as socket from "./socket";
import * as transfer from "./transfer";
import { Expired } from "./wait";

export { shared } from "./port";

/** Ports that one run serves: a poll's work is bounded. */
const BURST: u32 = 64;

/** tcp comes first. */
export function init(): void {
  port.init();
  process.init();
  socket.init();
}

/** Takes TCP's news and serves the ports that something has happened to. True where some still wait. */
export function run(): bool {
  news.take();
  let burst = BURST;
  for (let w: u32 = 0; w < port.WORDS; w++) {
    const at = port.NEWS + (<usize>w << 2);
    for (let bits = load<u32>(at); bits != 0 && burst != 0; bits = load<u32>(at), burst--) {
      const i = ctz<u32>(bits);
      store<u32>(at, bits & bits - 1);
      if ((w << 5) + i < PORTS) call.serve(port.at((w << 5) + i));
    }
  }
  return pending();
}

function pending(): bool {
  let any: u32 = 0;
  for (let w: u32 = 0; w < port.WORDS; w++) any |= load<u32>(port.NEWS + (<usize>w << 2));
  return any != 0;
}

/** A due timer of kind TimerKind.sockets and the next. */
export function timer(t: Timer): void {
  if (t.kind != TimerKind.sockets) { transfer.timer(socket.ofTimer(t)); return; }
  const p = port.ofTimer(t);
  p.expired = Expired.timer;
  port.mark(p);
}
