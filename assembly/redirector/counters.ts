// Counters of the redirector.

export const enum Redirector {
  forwarded = 208,      // packets routed
  copied = 209,         // client packets sent to members
  copies = 210,         // tunnel packets sent
  ttl = 211,            // refused: their time to live was over
  noRoute = 212,
  tooBig = 213,         // refused: DF, and larger than the way allows
  siteSource = 214,     // from outside with an address of the site
  forgedTunnel = 215,   // protocol 4 from outside to a node, or to a virtual host
  forgedControl = 216,  // from outside to a control port of a node
  wrongReplica = 217,   // said for a virtual host by one who may not speak
  noMember = 218,       // for a service that nobody serves
  portless = 219,       // too short for its ports
  synLimited = 220,     // SYNs above the service's rate
  fragmentQueue = 221,  // later fragments for which there was no room to wait
  fragmentLate = 222,   // ... whose first fragment never came
  tunnelError = 223,    // ICMP errors about tunnel packets that tell nothing, or come from outside
  pathMtu = 224,        // ... that told a path MTU, and were taken
  flows = 225,          // flows that were given a replica
}
