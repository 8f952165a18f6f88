// Whose a timer is: `Timer.kind`. The node dispatches a due timer by its layer's range: kind >> 4.

export const enum TimerKind {
  net = 0,
  arp = 1, announce = 2, reasm = 3,
  tcp = 16,
  ft = 32,
  manage = 48,
  redirector = 64,
  follow = 65, pathMtu = 66,
  sockets = 80,
}
