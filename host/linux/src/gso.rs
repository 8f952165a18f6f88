//! Generic segmentation offload (virtio 1.2, section 5.1.6.2): consecutive segments of one TCP connection leave as one large frame, which the
//! kernel cuts again at the interface into what they were, with the same checksums. Only the identification, 0 before, then counts from 0 on;
//! it says nothing in packets that must not be fragmented (RFC 6864). IPv4 without options, not in tunnels.

use crate::offload::{GSO_TCPV4, NEEDS_CSUM, VnetHdr, add, fold, get16, put16};
use crate::ring::TxFrame;

const ETH: usize = 14;
const TCP_AT: usize = ETH + 20;
/// All headers at most.
pub const HEADERS: usize = TCP_AT + 60;
/// What the length of an IP packet says at most.
const PACKET: usize = 65535;
const ACK: u8 = 0x10;
const FIN_PSH: u8 = 0x09;
/// Ethernet type; version and header length; identification; DF and no fragment; protocol.
const KIND: [(usize, u8); 8] = [(12, 8), (13, 0), (14, 0x45), (18, 0), (19, 0), (20, 0x40), (21, 0), (23, 6)];

/// Headers of a large frame.
pub struct Large {
    pub vnet: VnetHdr,
    pub head: [u8; HEADERS],
    pub headers: usize,
}

/// A TCP segment with payload that may be one of several.
struct Segment<'a> {
    bytes: &'a [u8],
    headers: usize,
}

impl<'a> Segment<'a> {
    fn of(f: &'a TxFrame) -> Option<Segment<'a>> {
        let [bytes, body] = f.parts();
        if !body.is_empty() || bytes.len() <= TCP_AT + 20 || KIND.iter().any(|&(at, v)| bytes[at] != v) {
            return None;
        }
        let headers = TCP_AT + (bytes[TCP_AT + 12] >> 4) as usize * 4;
        let whole = ETH + get16(bytes, ETH + 2) as usize == bytes.len();
        let plain = bytes[TCP_AT + 13] & !FIN_PSH == ACK && headers >= TCP_AT + 20 && headers < bytes.len();
        (whole && plain).then_some(Segment { bytes, headers })
    }

    fn payload(&self) -> usize {
        self.bytes.len() - self.headers
    }

    fn seq(&self) -> u32 {
        u32::from_be_bytes([self.bytes[38], self.bytes[39], self.bytes[40], self.bytes[41]])
    }

    /// Nothing follows a push or the end within one large frame: the kernel leaves these flags to the last.
    fn last(&self) -> bool {
        self.bytes[TCP_AT + 13] & FIN_PSH != 0
    }

    /// The headers are equal but for what cutting makes: lengths, sequence number, push and end, checksums.
    fn like(&self, first: &Segment) -> bool {
        let (a, b) = (&self.bytes[..self.headers], &first.bytes[..first.headers]);
        a.len() == b.len() && a[..16] == b[..16] && a[18..24] == b[18..24] && a[26..38] == b[26..38] && a[42..47] == b[42..47]
            && a[48..50] == b[48..50] && a[52..] == b[52..]
    }
}

/// How many of the frames, from the first on, can leave as one; at least 1.
pub fn stretch(frames: &[TxFrame]) -> usize {
    let Some(first) = frames.first().and_then(Segment::of) else { return 1 };
    let (size, mut n, mut total, mut open) = (first.payload(), 1, first.bytes.len() - ETH, !first.last());
    while open && n < frames.len() {
        let Some(s) = Segment::of(&frames[n]) else { break };
        total += s.payload();
        if !s.like(&first) || s.payload() > size || s.seq() != first.seq().wrapping_add((n * size) as u32) || total > PACKET {
            break;
        }
        open = s.payload() == size && !s.last();
        n += 1;
    }
    n
}

impl Large {
    /// The headers of frames that `stretch` found, more than one.
    pub fn of(frames: &[TxFrame]) -> Option<Large> {
        let (first, last) = (Segment::of(frames.first()?)?, Segment::of(frames.last()?)?);
        let (headers, size) = (first.headers, first.payload());
        let length = headers - ETH + size * (frames.len() - 1) + last.payload();
        let mut head = [0; HEADERS];
        head[..headers].copy_from_slice(&first.bytes[..headers]);
        head[TCP_AT + 13] |= last.bytes[TCP_AT + 13] & FIN_PSH;
        put16(&mut head, ETH + 2, length as u16);
        put16(&mut head, ETH + 10, 0);
        let sum = !fold(add(0, &head[ETH..TCP_AT]));
        put16(&mut head, ETH + 10, sum);
        // The sum of the pseudo-header, which the kernel completes in each segment.
        let pseudo = add(6 + (length - 20) as u64, &head[ETH + 12..TCP_AT]);
        put16(&mut head, TCP_AT + 16, fold(pseudo));
        let vnet = VnetHdr {
            flags: NEEDS_CSUM, gso_type: GSO_TCPV4, hdr_len: headers as u16, gso_size: size as u16, csum_start: TCP_AT as u16, csum_offset: 16,
        };
        Some(Large { vnet, head, headers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offload::{Stage, complete, segment};

    /// A segment as a module makes it: n bytes of payload at `seq`, timestamps.
    fn segment_of(seq: u32, n: usize, flags: u8) -> Vec<u8> {
        let mut f = vec![0u8; TCP_AT + 32 + n];
        f[..12].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
        f[12..24].copy_from_slice(&[8, 0, 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6]);
        f[26..34].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
        f[38..42].copy_from_slice(&seq.to_be_bytes());
        f[46] = 8 << 4;
        f[47] = flags;
        for (i, b) in f[TCP_AT + 32..].iter_mut().enumerate() {
            *b = (seq as usize + i) as u8;
        }
        let length = f.len() - ETH;
        put16(&mut f, 16, length as u16);
        let sum = !fold(add(0, &f[ETH..TCP_AT]));
        put16(&mut f, 24, sum);
        let sum = !fold(add(add(6 + (length - 20) as u64, &f[26..34]), &f[TCP_AT..]));
        put16(&mut f, 50, sum);
        f
    }

    fn frames(all: &mut [Vec<u8>]) -> Vec<TxFrame> {
        let none = std::ptr::null_mut();
        all.iter_mut().map(|f| TxFrame { head: f.as_mut_ptr(), head_len: f.len(), body: none, body_len: 0, deadline: 0 }).map(empty_body).collect()
    }

    fn empty_body(f: TxFrame) -> TxFrame {
        TxFrame { body: std::ptr::dangling_mut(), ..f }
    }

    /// Joins all, cuts them by the receiving side's own reading of the rules, and compares.
    fn there_and_back(mut all: Vec<Vec<u8>>) {
        let list = frames(&mut all);
        assert_eq!(stretch(&list), all.len());
        let large = Large::of(&list).unwrap();
        let payload: Vec<u8> = all.iter().flat_map(|f| f[large.headers..].to_vec()).collect();
        let mut whole = [&large.head[..large.headers], &payload].concat();
        let mut stage = Stage::default();
        assert!(segment(&whole, &large.vnet, &mut stage));
        for f in &all {
            assert_eq!(stage.front().unwrap(), &f[..]);
            stage.pop();
        }
        assert!(stage.is_empty());
        assert!(complete(&mut whole, &large.vnet));
        assert_eq!(fold(add(add(6 + (whole.len() - TCP_AT) as u64, &whole[26..34]), &whole[TCP_AT..])), 0xffff);
    }

    #[test]
    fn segments_that_follow_one_another_come_out_as_they_went_in() {
        there_and_back((0..44).map(|i| segment_of(1000 + i * 1448, 1448, ACK)).collect());
        there_and_back(vec![segment_of(0xffff_ff00, 1000, ACK), segment_of(0xffff_ff00u32.wrapping_add(1000), 1000, ACK), segment_of(1744, 7, ACK | FIN_PSH)]);
        there_and_back(vec![segment_of(5, 1, ACK), segment_of(6, 1, ACK | 8)]);
    }

    #[test]
    fn what_is_not_one_stretch_stays_apart() {
        let base = || segment_of(1000, 100, ACK);
        let next = || segment_of(1100, 100, ACK);
        let changed = |at: usize, v: u8| { let mut f = next(); f[at] ^= v; f };
        for (what, second) in [
            ("a gap", segment_of(1101, 100, ACK)), ("the same again", base()), ("a longer one", segment_of(1100, 101, ACK)),
            ("another receiver", changed(0, 4)), ("another address", changed(30, 1)), ("another port", changed(37, 1)), ("another ACK", changed(45, 1)),
            ("another window", changed(49, 1)), ("another option", changed(60, 1)), ("SYN", changed(47, 2)), ("an urgent pointer", changed(53, 1)),
            ("another TOS", changed(15, 1)), ("another TTL", changed(22, 1)), ("an identification", changed(19, 1)), ("a fragment", changed(21, 1)), ("may be fragmented", changed(20, 0x40)),
            ("a length that lies", changed(17, 1)), ("UDP", changed(23, 6 ^ 17)), ("no payload", segment_of(1100, 0, ACK)),
        ] {
            let mut all = vec![base(), second];
            assert_eq!(stretch(&frames(&mut all)), 1, "{what}");
            all.swap(0, 1);
            assert_eq!(stretch(&frames(&mut all)), 1, "{what}, first");
        }
        for (what, mut all) in [
            ("a push within", vec![segment_of(0, 9, ACK), segment_of(9, 9, ACK | 8), segment_of(18, 9, ACK)]),
            ("a short one within", vec![segment_of(0, 9, ACK), segment_of(9, 8, ACK), segment_of(17, 9, ACK)]),
        ] {
            assert_eq!(stretch(&frames(&mut all)), 2, "{what}");
        }
        let mut all: Vec<Vec<u8>> = (0..50).map(|i| segment_of(i * 1448, 1448, ACK)).collect();
        assert_eq!(stretch(&frames(&mut all)), 45);
        assert_eq!(stretch(&[]), 1);
    }

    #[test]
    fn frames_in_two_parts_or_too_short_are_left_alone() {
        let mut all = vec![segment_of(0, 9, ACK), segment_of(9, 9, ACK)];
        let mut list = frames(&mut all);
        list[1].body_len = 9;
        list[1].head_len -= 9;
        list[1].body = unsafe { list[1].head.add(list[1].head_len) };
        assert_eq!(stretch(&list), 1);
        for n in 0..TCP_AT + 21 {
            let mut list = frames(&mut all);
            list[0].head_len = n;
            assert_eq!(stretch(&list), 1);
        }
    }
}
