// Counters of the drivers. A frame that a chip refused counts in one of the first group, once; `Ring` has those that found no buffer.

export const enum Nic {
  rxCrc = 320,        // frames with a wrong check sequence
  rxAlign = 321,      // frames that did not end with a whole byte
  rxShort = 322,      // below 60 bytes
  rxLong = 323,       // above 1,514 bytes
  rxFifo = 324,       // frames cut because the bus was too slow
  rxOverflow = 325,   // times that a receive ring was full and the chip stopped
  rxRing = 326,       // times that a receive ring was found damaged
  txError = 327,      // frames that the chip could not send: collisions, no carrier
  txUnderrun = 328,   // frames cut because the bus was too slow
  txTimeout = 329,    // times that a frame did not leave the chip in time
  txRecalled = 330,   // frames taken back from a chip
  linkLost = 331,     // times that a link went down
  restart = 332,      // times that a chip was reset
  dead = 333,         // chips given up
}
