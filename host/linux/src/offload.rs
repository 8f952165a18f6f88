//! What an interface with offloads leaves undone (virtio 1.2, section 5.1.6): checksums are completed, frames longer than a segment are cut.
//! Cuts TCP and UDP over IPv4, also inside one IPv4 tunnel header. Leaves out IPv6 and UDP fragmentation.

use std::collections::VecDeque;

/// `struct virtio_net_hdr`, in front of each frame of a socket with PACKET_VNET_HDR; the host's byte order.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct VnetHdr {
    pub flags: u8,
    pub gso_type: u8,
    pub hdr_len: u16,
    pub gso_size: u16,
    pub csum_start: u16,
    pub csum_offset: u16,
}

pub const VNET_HDR: usize = size_of::<VnetHdr>();
pub const NEEDS_CSUM: u8 = 1;
pub const GSO_TCPV4: u8 = 1;
pub const GSO_UDP_L4: u8 = 5;
const GSO_ECN: u8 = 0x80;

const ETH: usize = 14;
const IPIP: u8 = 4;
const TCP: u8 = 6;
const UDP: u8 = 17;
const FIN_PSH: u8 = 0x09;
const CWR: u8 = 0x80;

/// Frames in order, kept until buffers are free for them.
#[derive(Default)]
pub struct Stage {
    bytes: Vec<u8>,
    spans: VecDeque<(usize, usize)>,
}

impl Stage {
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A new frame made of both parts; its bytes, to be finished.
    pub fn push(&mut self, a: &[u8], b: &[u8]) -> &mut [u8] {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(a);
        self.bytes.extend_from_slice(b);
        self.spans.push_back((at, a.len() + b.len()));
        &mut self.bytes[at..]
    }

    pub fn front(&self) -> Option<&[u8]> {
        self.spans.front().map(|&(at, n)| &self.bytes[at..at + n])
    }

    pub fn pop(&mut self) {
        self.spans.pop_front();
        if self.spans.is_empty() {
            self.bytes.clear();
        }
    }
}

/// Completes the checksum that starts at csum_start. False where the header points outside the frame.
pub fn complete(frame: &mut [u8], h: &VnetHdr) -> bool {
    let (start, at) = (h.csum_start as usize, h.csum_start as usize + h.csum_offset as usize);
    if start >= frame.len() || at + 2 > frame.len() {
        return false;
    }
    // The field holds the sum of the pseudo-header, so that summing it along completes it.
    let sum = !fold(add(0, &frame[start..]));
    // RFC 768: a UDP checksum that comes out as zero is sent as all ones. For TCP both mean the same.
    put16(frame, at, if sum == 0 { 0xffff } else { sum });
    true
}

/// Cuts a frame into segments of gso_size bytes each. False, with nothing staged, where it is malformed or of a kind that is left out.
pub fn segment(frame: &[u8], h: &VnetHdr, out: &mut Stage) -> bool {
    let Some(s) = Shape::of(frame) else { return false };
    let udp = match h.gso_type & !GSO_ECN {
        GSO_TCPV4 if s.proto == TCP => false,
        GSO_UDP_L4 if s.proto == UDP => true,
        _ => return false,
    };
    let (size, payload) = (h.gso_size as usize, &frame[s.headers..s.end]);
    if size == 0 || payload.is_empty() {
        return false;
    }
    let count = payload.len().div_ceil(size);
    for (i, part) in payload.chunks(size).enumerate() {
        let seg = out.push(&frame[..s.headers], part);
        s.fix_ip(seg, i);
        if udp {
            put16(seg, s.transport + 4, (s.headers - s.transport + part.len()) as u16);
        } else {
            fix_tcp(&mut seg[s.transport..], i * size, i == 0, i + 1 == count);
        }
        s.checksum(seg);
    }
    true
}

/// Where the headers of a frame are.
struct Shape {
    /// Offsets of the IPv4 headers, outermost first.
    ip: [usize; 2],
    levels: usize,
    proto: u8,
    transport: usize,
    /// Length of all headers.
    headers: usize,
    /// End of the innermost packet.
    end: usize,
}

impl Shape {
    fn of(frame: &[u8]) -> Option<Shape> {
        if frame.len() < ETH + 20 || get16(frame, 12) != 0x0800 {
            return None;
        }
        let (mut ip, mut levels, mut at) = ([0; 2], 0, ETH);
        loop {
            let h = frame.get(at..)?;
            if levels == 2 || h.len() < 20 || h[0] >> 4 != 4 || (h[0] & 15) < 5 || get16(h, 6) & 0x3fff != 0 {
                return None;
            }
            ip[levels] = at;
            levels += 1;
            at += (h[0] & 15) as usize * 4;
            if h[9] != IPIP {
                break;
            }
        }
        let inner = ip[levels - 1];
        let (proto, end) = (frame[inner + 9], inner + get16(frame, inner + 2) as usize);
        let length = match proto {
            TCP if frame.len() >= at + 20 => (frame[at + 12] >> 4) as usize * 4,
            UDP => 8,
            _ => return None,
        };
        let shape = Shape { ip, levels, proto, transport: at, headers: at + length, end: end.min(frame.len()) };
        (shape.headers <= shape.end && (proto == UDP || length >= 20)).then_some(shape)
    }

    /// Lengths, identifications and checksums of the IP headers of segment i.
    fn fix_ip(&self, seg: &mut [u8], i: usize) {
        for &at in &self.ip[..self.levels] {
            let (length, dont_fragment) = (seg.len() - at, seg[at + 6] & 0x40 != 0);
            put16(seg, at + 2, length as u16);
            if !dont_fragment {
                // RFC 6864: identifications count only where the datagram may be fragmented.
                let id = get16(seg, at + 4).wrapping_add(i as u16);
                put16(seg, at + 4, id);
            }
            put16(seg, at + 10, 0);
            let n = (seg[at] & 15) as usize * 4;
            let sum = !fold(add(0, &seg[at..at + n]));
            put16(seg, at + 10, sum);
        }
    }

    /// The transport's checksum, whole.
    fn checksum(&self, seg: &mut [u8]) {
        let at = self.transport + if self.proto == TCP { 16 } else { 6 };
        put16(seg, at, 0);
        let ip = self.ip[self.levels - 1];
        let pseudo = add(self.proto as u64 + (seg.len() - self.transport) as u64, &seg[ip + 12..ip + 20]);
        let sum = !fold(add(pseudo, &seg[self.transport..]));
        put16(seg, at, if sum == 0 && self.proto == UDP { 0xffff } else { sum });
    }
}

/// FIN and PSH belong to the last segment, CWR to the first.
fn fix_tcp(tcp: &mut [u8], offset: usize, first: bool, last: bool) {
    let seq = u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]).wrapping_add(offset as u32);
    tcp[4..8].copy_from_slice(&seq.to_be_bytes());
    if !last {
        tcp[13] &= !FIN_PSH;
    }
    if !first {
        tcp[13] &= !CWR;
    }
}

pub fn get16(b: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([b[at], b[at + 1]])
}

pub fn put16(b: &mut [u8], at: usize, v: u16) {
    b[at..at + 2].copy_from_slice(&v.to_be_bytes());
}

/// Adds the big-endian 16-bit words of `b`, four bytes at a time: congruent modulo 0xffff. Room for 2^31 such additions.
pub fn add(mut sum: u64, b: &[u8]) -> u64 {
    let mut words = b.chunks_exact(4);
    for w in &mut words {
        sum += u32::from_be_bytes([w[0], w[1], w[2], w[3]]) as u64;
    }
    let mut last = [0; 4];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    sum + u32::from_be_bytes(last) as u64
}

pub fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1071 as it stands, to compare with.
    fn plain(bytes: &[u8]) -> u16 {
        let mut sum = 0u32;
        for w in bytes.chunks(2) {
            sum += (w[0] as u32) << 8 | *w.get(1).unwrap_or(&0) as u32;
            sum = (sum & 0xffff) + (sum >> 16);
        }
        sum as u16
    }

    /// An Ethernet frame with `outer` tunnel headers, IPv4 (identification 0x1234) and a transport header before the payload.
    fn frame(outer: usize, proto: u8, dont_fragment: bool, payload: &[u8]) -> Vec<u8> {
        let mut t = vec![0u8; if proto == TCP { 32 } else { 8 }];
        put16(&mut t, 0, 80);
        if proto == TCP {
            t[4..8].copy_from_slice(&0xffff_ff00u32.to_be_bytes());
            t[12] = 8 << 4;
            t[13] = CWR | FIN_PSH | 0x10;
        } else {
            put16(&mut t, 4, 8 + payload.len() as u16);
        }
        let mut packet = [&t[..], payload].concat();
        for level in 0..=outer {
            let mut ip = vec![0x45, 0, 0, 0, 0x12, 0x34, if dont_fragment { 0x40 } else { 0 }, 0, 64, if level == 0 { proto } else { IPIP }, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
            put16(&mut ip, 2, (20 + packet.len()) as u16);
            let sum = !plain(&ip);
            put16(&mut ip, 10, sum);
            packet = [ip, packet].concat();
        }
        [&[2u8; 12][..], &[8, 0], &packet].concat()
    }

    fn take(stage: &mut Stage) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(f) = stage.front() {
            all.push(f.to_vec());
            stage.pop();
        }
        all
    }

    /// All checksums of a segment sum to all ones.
    fn verify(seg: &[u8], outer: usize, proto: u8) {
        for level in 0..=outer {
            let at = ETH + 20 * level;
            assert_eq!(plain(&seg[at..at + 20]), 0xffff);
            assert_eq!(get16(seg, at + 2) as usize, seg.len() - at);
        }
        let t = ETH + 20 * (outer + 1);
        let pseudo = [&seg[t - 8..t], &[0, proto], &((seg.len() - t) as u16).to_be_bytes()].concat();
        assert_eq!(plain(&[&pseudo[..], &seg[t..]].concat()), 0xffff);
    }

    #[test]
    fn tcp_segments_carry_the_payload_in_order_with_right_headers() {
        for outer in 0..2 {
            let payload: Vec<u8> = (0..5001u32).map(|i| (i * 7) as u8).collect();
            let h = VnetHdr { gso_type: GSO_TCPV4 | GSO_ECN, gso_size: 1448, ..VnetHdr::default() };
            let mut stage = Stage::default();
            assert!(segment(&frame(outer, TCP, false, &payload), &h, &mut stage));
            let segs = take(&mut stage);
            assert_eq!(segs.len(), 4);
            let t = ETH + 20 * (outer + 1);
            let mut got = Vec::new();
            for (i, s) in segs.iter().enumerate() {
                verify(s, outer, TCP);
                assert_eq!(get16(s, ETH + 4), 0x1234 + i as u16);
                let seq = u32::from_be_bytes(s[t + 4..t + 8].try_into().unwrap());
                assert_eq!(seq, 0xffff_ff00u32.wrapping_add(got.len() as u32));
                assert_eq!(s[t + 13], 0x10 | if i == 0 { CWR } else { 0 } | if i == 3 { FIN_PSH } else { 0 });
                got.extend_from_slice(&s[t + 32..]);
            }
            assert_eq!(got, payload);
        }
    }

    #[test]
    fn identification_stays_where_fragmenting_is_forbidden() {
        let h = VnetHdr { gso_type: GSO_TCPV4, gso_size: 100, ..VnetHdr::default() };
        let mut stage = Stage::default();
        assert!(segment(&frame(1, TCP, true, &[1; 250]), &h, &mut stage));
        assert!(take(&mut stage).iter().all(|s| get16(s, ETH + 4) == 0x1234));
    }

    #[test]
    fn udp_is_cut_into_datagrams() {
        let h = VnetHdr { gso_type: GSO_UDP_L4, gso_size: 1000, ..VnetHdr::default() };
        let mut stage = Stage::default();
        assert!(segment(&frame(0, UDP, false, &[9; 2500]), &h, &mut stage));
        let segs = take(&mut stage);
        segs.iter().for_each(|s| verify(s, 0, UDP));
        assert_eq!(segs.iter().map(|s| get16(s, ETH + 24)).collect::<Vec<_>>(), [1008, 1008, 508]);
    }

    #[test]
    fn ethernet_padding_is_no_payload() {
        let h = VnetHdr { gso_type: GSO_TCPV4, gso_size: 100, ..VnetHdr::default() };
        let mut stage = Stage::default();
        let padded = [frame(0, TCP, false, &[1; 150]), vec![0; 70]].concat();
        assert!(segment(&padded, &h, &mut stage));
        assert_eq!(take(&mut stage).iter().map(|s| s.len() - 66).collect::<Vec<_>>(), [100, 50]);
    }

    #[test]
    fn unfinished_checksum_is_completed() {
        for (proto, offset) in [(TCP, 16), (UDP, 6)] {
            for n in [0, 1, 7, 100] {
                let mut f = frame(0, proto, true, &vec![0xa5; n]);
                let t = ETH + 20;
                let length = (f.len() - t) as u16;
                let pseudo = plain(&[&f[t - 8..t], &[0, proto], &length.to_be_bytes()].concat());
                put16(&mut f, t + offset, pseudo);
                let h = VnetHdr { flags: NEEDS_CSUM, csum_start: t as u16, csum_offset: offset as u16, ..VnetHdr::default() };
                assert!(complete(&mut f, &h));
                verify(&f, 0, proto);
            }
        }
    }

    #[test]
    fn headers_that_point_outside_are_refused() {
        let mut f = vec![0; 60];
        for (csum_start, csum_offset) in [(60, 0), (59, 0), (0, 59), (65535, 65535)] {
            assert!(!complete(&mut f, &VnetHdr { csum_start, csum_offset, ..VnetHdr::default() }));
        }
    }

    #[test]
    fn malformed_or_unknown_frames_are_refused() {
        let good = frame(0, TCP, false, &[1; 300]);
        let h = VnetHdr { gso_type: GSO_TCPV4, gso_size: 100, ..VnetHdr::default() };
        let mut stage = Stage::default();
        for n in 0..ETH + 52 {
            assert!(!segment(&good[..n], &h, &mut stage), "{n}");
        }
        for (at, v) in [(12, 0x86), (ETH, 0x44), (ETH, 0x60), (ETH + 6, 0x20), (ETH + 9, 1), (ETH + 9, IPIP), (ETH + 32, 0x40)] {
            let mut bad = good.clone();
            bad[at] = v;
            assert!(!segment(&bad, &h, &mut stage), "byte {at} = {v}");
        }
        let mut short = good.clone();
        put16(&mut short, ETH + 2, 51);
        assert!(!segment(&short, &h, &mut stage), "a packet that ends in its headers");
        for (gso_type, gso_size) in [(GSO_UDP_L4, 100), (4, 100), (3, 100), (GSO_TCPV4, 0)] {
            assert!(!segment(&good, &VnetHdr { gso_type, gso_size, ..VnetHdr::default() }, &mut stage));
        }
        assert!(stage.is_empty());
    }
}
