// Counters of the network layer.

export const enum Net {
  ethShort = 32,       // shorter than an Ethernet header, or longer than a buffer
  ethOther = 33,       // to another station, or to a group
  ethSource = 34,      // from a group address
  ethType = 35,        // an EtherType that is not spoken here
  ethBroadcastIp = 36, // a unicast IP packet in a broadcast frame
  arpMalformed = 37,
  arpNotLocal = 38,    // from an address that is not on the link
  arpConflict = 39,    // another station claims an address of this node
  arpIgnored = 40,     // asks for, or tells of, what does not concern this node
  arpQueue = 41,       // packets dropped while their neighbour was sought
  arpFailed = 42,      // packets whose neighbour did not answer
  ipShort = 43,
  ipVersion = 44,
  ipLength = 45,
  ipChecksum = 46,
  ipMartian = 47,      // source or destination cannot be
  ipBroadcast = 48,    // to a broadcast or multicast address
  ipOptions = 49,      // malformed options
  ipSourceRoute = 50,
  ipProtocol = 51,     // no such protocol here
  ipNotOurs = 52,      // for somebody else, on a node that does not forward
  ipNoRoute = 53,
  ipTooBig = 54,       // does not fit, and must not be fragmented
  untunnelled = 55,    // to a v_host, and not through the tunnel
  reasmMalformed = 56,
  reasmOverlap = 57,
  reasmDuplicate = 58,
  reasmTooBig = 59,    // larger than a frame buffer
  reasmEvicted = 60,   // datagrams given up for a newer one
  reasmTimeout = 61,   // datagrams that never became whole
  icmpMalformed = 62,  // short, or a wrong checksum
  icmpIgnored = 63,    // of a kind that nothing here asks for
  icmpQuote = 64,      // quotes a packet that this node did not send
  icmpLimited = 65,    // errors not sent for the rate limit
  mute = 66,           // ICMP messages that a muted address did not send
  udpMalformed = 67,
  udpChecksum = 68,
  udpPort = 69,        // nobody listens
  tunnelForged = 70,   // protocol 4 from elsewhere than the redirector, or to a wrong address
  tunnelFragment = 71,
  tunnelInner = 72,    // the inner packet is malformed, nested, or for no v_host of this node
}
