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
