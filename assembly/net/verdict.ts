// What became of a received frame. All but `done` leave a packet in `ip.p`, `ip.n`, `ip.iface`, which the caller owns.

export const enum Verdict {
  done = 0,          // consumed, or refused and counted
  tcp = 1,           // for an address of this node
  udp = 2,           // ... with the datagram's parts in `udp`
  icmp = 3,          // an ICMP error that quotes one of this node's TCP segments
  ipip = 4,          // a packet of protocol 4 to this node: `tunnel.input`
  forward = 5,       // for somebody else
  tunnelError = 6,   // an ICMP error that quotes a tunnel packet of this node
}
