// Counters of the view protocol. A refused message counts in exactly one of the first part.

export const enum Manage {
  malformed = 256,      // no message: too short, another magic, length or kind
  forged = 257,         // the tag is wrong
  misdirected = 258,    // for another node, site, or from an address that is not the sender's
  unknownService = 259, // no such service here, or the sender does not carry it
  otherIncarnation = 260, // for an incarnation that this node has no more; an ask of an unknown one
  otherManager = 261,   // for a manager from before a restart
  stale = 262,          // quotes an ask older than a lease, or none of ours
  replayed = 263,       // an ask not newer than the last one
  unexpected = 264,     // not in this state: an old view, probe's or challenge's nonce, attempt
  notReady = 265,       // the manager has just started
  wrongContent = 266,   // a registration with another content image
  outboxFull = 267,     // a message that could not be sent; it is sent again later
  noBuffer = 268,       // the same, for want of a frame buffer
  recordFailed = 269,   // a write of the record failed
  viewsMade = 270,
  removals = 271,
  joins = 272,
  grants = 273,
  losses = 274,         // views made without state (R26a)
  challenged = 275,     // a registration without the present nonce: answered by it, and taken only with it
  repeated = 276,       // tells a node what it knows
  probings = 277,       // times that members were probed
}
