// CRC-32 (IEEE 802.3: polynomial 0xedb88320 reflected), bit by bit: for records read once, not for packets.

/** Goes on with a checksum over the n bytes at p; begin with 0. The result is the finished checksum of all so far. */
export function update(crc: u32, p: usize, n: u32): u32 {
  crc = ~crc;
  for (let i: u32 = 0; i < n; i++) {
    crc ^= <u32>load<u8>(p + i);
    for (let b = 0; b < 8; b++) crc = crc >> 1 ^ (0xedb88320 & (0 - (crc & 1)));
  }
  return ~crc;
}
