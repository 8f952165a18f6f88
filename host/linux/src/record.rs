//! A recording of everything that the module observes, and hashes of what it gives back (docs/record.md).

use crate::fail::Result;
use crate::ring::Ring;
use crate::sink::Sink;
use std::path::Path;

const MAGIC: &[u8; 8] = b"HYDREC01";

/// Kinds of entries.
pub mod kind {
    pub const INIT: u8 = 1;
    pub const POLL: u8 = 2;
    pub const FRAME: u8 = 3;
    pub const COMMAND: u8 = 4;
    pub const END: u8 = 5;
    pub const ENTROPY: u8 = 6;
    pub const STORE_READ: u8 = 7;
    pub const CONTENT: u8 = 8;
    pub const STATE: u8 = 9;
    pub const PORT: u8 = 10;
}

/// 64-bit FNV-1a over everything that a call of the module gave back.
pub struct Hash(u64);

impl Hash {
    pub fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    pub fn add(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ b as u64).wrapping_mul(0x100_0000_01b3);
        }
    }

    /// A labelled piece of output: label, length, bytes.
    pub fn piece(&mut self, label: u8, bytes: &[u8]) {
        self.add(&[label]);
        self.add(&(bytes.len() as u32).to_le_bytes());
        self.add(bytes);
    }

    /// The frames of interface i queued from running index `from` on.
    pub fn frames(&mut self, i: u8, ring: &Ring, mut from: u32) {
        while from != ring.tx_queued() {
            if let Some(f) = ring.queued(from) {
                let [head, body] = f.parts();
                self.add(&[b'f', i]);
                self.add(&f.deadline.to_le_bytes());
                self.add(&((head.len() + body.len()) as u32).to_le_bytes());
                self.add(head);
                self.add(body);
            }
            from = from.wrapping_add(1);
        }
    }

    pub fn value(&self) -> u64 {
        self.0
    }
}

pub struct Recorder {
    sink: Sink,
    /// Output of the call that runs.
    pub hash: Hash,
}

impl Recorder {
    /// Starts the file: magic, number of interfaces.
    pub fn create(path: &Path, ifaces: usize) -> Result<Recorder> {
        let mut sink = Sink::create(path, true)?;
        sink.append(&[MAGIC, &(ifaces as u32).to_le_bytes()]);
        Ok(Recorder { sink, hash: Hash::new() })
    }

    /// `init` follows, with this configuration.
    pub fn init(&mut self, config: &[u8]) {
        self.begin(kind::INIT, &[config]);
    }

    /// What the host has changed in the module's memory since the call before. `from` are the receive indices of then.
    pub fn state(&mut self, store: [u32; 2], rings: &[&Ring], from: &[u32]) {
        for (i, (ring, &start)) in rings.iter().zip(from).enumerate() {
            let mut k = start;
            while k != ring.filled() {
                self.entry(kind::FRAME, &[&[i as u8], ring.received(k)]);
                k = k.wrapping_add(1);
            }
        }
        let sides = rings.iter().flat_map(|r| r.host_side());
        let body: Vec<u8> = store.into_iter().chain(sides).flat_map(u32::to_le_bytes).collect();
        self.entry(kind::STATE, &[&body]);
    }

    /// A change of a port of local programs (`rpc::Change`).
    pub fn port(&mut self, change: &[u8]) {
        self.entry(kind::PORT, &[change]);
    }

    pub fn poll(&mut self, now: u64) {
        self.begin(kind::POLL, &[&now.to_le_bytes()]);
    }

    pub fn command(&mut self, text: &[u8]) {
        self.begin(kind::COMMAND, &[text]);
    }

    /// The answer to an import: its result, and the bytes that it filled in.
    pub fn answer(&mut self, kind: u8, result: i32, bytes: &[u8]) {
        self.entry(kind, &[&result.to_le_bytes(), bytes]);
    }

    /// The call is over; the rest of its output is in `hash`.
    pub fn end(&mut self, result: u32) {
        let hash = self.hash.value().to_le_bytes();
        self.entry(kind::END, &[&result.to_le_bytes(), &hash]);
    }

    pub fn flush(&mut self) {
        self.sink.flush();
    }

    fn begin(&mut self, kind: u8, parts: &[&[u8]]) {
        self.hash = Hash::new();
        self.entry(kind, parts);
    }

    fn entry(&mut self, kind: u8, parts: &[&[u8]]) {
        let n: usize = parts.iter().map(|p| p.len()).sum();
        let mut all = Vec::with_capacity(parts.len() + 2);
        let length = (n as u32).to_le_bytes();
        let kind = [kind];
        all.push(&kind[..]);
        all.push(&length[..]);
        all.extend_from_slice(parts);
        self.sink.append(&all);
    }
}
