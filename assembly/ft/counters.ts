// Counters of the replication layer.

export const enum Ft {
  shortMessage = 160,         // acknowledgement channel: too short, or lengths that contradict
  unknownService = 161,
  notNeighbour = 162,         // sender or receiver is not who the view says
  otherView = 163,
  badTag = 164,
  replayed = 165,             // sequence not above the highest taken
  badSection = 166,
  unknownConnection = 167,    // a section names a connection that does not exist here
  logFull = 168,              // events received that the log has no room for
  inconsistentRetransmission = 169, // the client sent different bytes for the same sequence numbers (R0)
  divergence = 170,           // a successor's output differs
  noConnection = 171,         // no control block left for a SYN
  synsLost = 172,             // no room to remember a SYN as hearsay
  sent = 173,                 // messages
  taken = 174,
  eventsOrdered = 175,
  eventsApplied = 176,
  pulls = 177,
  bytesGiven = 178,
  takeovers = 179,
  leaseLapses = 180,
  resent = 181,               // event messages sent again
  notSent = 182,              // messages for which there was no frame
  outOfLog = 183,             // acknowledgement channel: asks for events that the log never held, or that are stable
}
