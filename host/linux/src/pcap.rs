//! A capture of both directions of all interfaces: classic pcap with nanosecond times, link type Ethernet.

use crate::fail::Result;
use crate::sink::Sink;
use std::path::Path;

const SNAPLEN: u32 = 65535;

pub struct Pcap {
    sink: Sink,
}

impl Pcap {
    pub fn create(path: &Path) -> Result<Pcap> {
        let mut sink = Sink::create(path, false)?;
        sink.append(&[&header()]);
        sink.flush();
        Ok(Pcap { sink })
    }

    /// A frame in up to two parts, at `wall` nanoseconds since 1970.
    pub fn frame(&mut self, wall: u64, parts: [&[u8]; 2]) {
        let n = parts[0].len() + parts[1].len();
        self.sink.append(&[&record(wall, n as u32), parts[0], parts[1]]);
    }

    /// Lets readers see what was captured so far.
    pub fn flush(&mut self) {
        self.sink.flush();
    }

    /// Bytes that a slow disk made it leave out.
    pub fn lost(&self) -> u64 {
        self.sink.lost
    }
}

fn header() -> [u8; 24] {
    let mut h = [0; 24];
    h[..4].copy_from_slice(&0xa1b2_3c4du32.to_le_bytes());
    h[4..6].copy_from_slice(&2u16.to_le_bytes());
    h[6..8].copy_from_slice(&4u16.to_le_bytes());
    h[16..20].copy_from_slice(&SNAPLEN.to_le_bytes());
    h[20..].copy_from_slice(&1u32.to_le_bytes());
    h
}

fn record(wall: u64, n: u32) -> [u8; 16] {
    let mut r = [0; 16];
    for (i, word) in [(wall / 1_000_000_000) as u32, (wall % 1_000_000_000) as u32, n, n].into_iter().enumerate() {
        r[i * 4..i * 4 + 4].copy_from_slice(&word.to_le_bytes());
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_what_pcap_readers_expect() {
        let path = std::env::temp_dir().join(format!("hydranet-pcap-{}", std::process::id()));
        let mut p = Pcap::create(&path).unwrap();
        p.frame(1_700_000_000_123_456_789, [&[1, 2, 3], &[4]]);
        drop(p);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let expected = [
            0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0, // file
            0x00, 0xf1, 0x53, 0x65, 0x15, 0xcd, 0x5b, 0x07, 4, 0, 0, 0, 4, 0, 0, 0, // frame
            1, 2, 3, 4,
        ];
        assert_eq!(bytes, expected);
    }
}
