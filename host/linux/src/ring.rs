//! The ABI block and the frame rings in linear memory (host/ABI.md).

use crate::fail::{Fail, Result, fail};
use crate::memory::Memory;
use crate::rpc::Ports;

const MAGIC: u32 = 0x3144_5948; // "HYD1"
const VERSION: u32 = 1;
const RING_SIZE: u32 = 64;
const RX_SLOT: u32 = 16;
const TX_SLOT: u32 = 32;

/// The module's `Abi` block.
#[derive(Clone, Copy)]
pub struct Abi {
    mem: Memory,
    at: u32,
}

impl Abi {
    /// The block at `at`; refuses another magic or version.
    pub fn new(mem: Memory, at: u32) -> Result<Abi> {
        if mem.range(at, 44).is_none() {
            return fail(format!("the module's ABI block at {at:#x} lies outside its memory"));
        }
        match (mem.u32(at), mem.u32(at + 4)) {
            (MAGIC, VERSION) => Ok(Abi { mem, at }),
            (MAGIC, v) => fail(format!("the module speaks ABI version {v}, this host version {VERSION}: build both from one tree")),
            (m, _) => fail(format!("this is no HydraNet module: its ABI block starts with {m:#010x}, expected {MAGIC:#010x}")),
        }
    }

    /// The configuration buffer.
    pub fn config(&self) -> Result<(u32, &mut [u8])> {
        let (p, n) = (self.mem.u32(self.at + 8), self.mem.u32(self.at + 12));
        match self.mem.bytes_mut(p, n) {
            Some(b) => Ok((p, b)),
            None => Err(broken("configuration buffer")),
        }
    }

    /// The first n bytes of the status text.
    pub fn text(&self, n: u32) -> Result<&[u8]> {
        self.mem.bytes(self.mem.u32(self.at + 24), n).ok_or_else(|| broken("status text"))
    }

    /// The rings of the first n interfaces. Call after `init`.
    pub fn rings(&self, n: usize) -> Result<Vec<Ring>> {
        let (have, at) = (self.mem.u32(self.at + 16), self.mem.u32(self.at + 20));
        if (have as usize) < n {
            return fail(format!("{n} interfaces were named, this module has room for {have}"));
        }
        (0..n as u32).map(|i| Ring::new(self.mem, at.wrapping_add(i * RING_SIZE))).collect()
    }

    /// The ports of local programs. Call after `init`.
    pub fn ports(&self) -> Result<Ports> {
        Ports::new(self.mem, if self.mem.range(self.at, 48).is_some() { self.mem.u32(self.at + 44) } else { 0 })
    }

    pub fn set_store(&self, done: u32, failed: u32) {
        self.mem.set(self.at + 36, done);
        self.mem.set(self.at + 40, failed);
    }
}

/// A frame that waits to be sent: two parts in linear memory.
#[derive(Clone, Copy)]
pub struct TxFrame {
    pub head: *mut u8,
    pub head_len: usize,
    pub body: *mut u8,
    pub body_len: usize,
    /// Microseconds; 0: none.
    pub deadline: u64,
}

impl TxFrame {
    pub fn parts(&self) -> [&[u8]; 2] {
        // SAFETY: `Ring::queued` checked both ranges, and the module does not run meanwhile.
        unsafe { [std::slice::from_raw_parts(self.head, self.head_len), std::slice::from_raw_parts(self.body, self.body_len)] }
    }
}

/// One interface's ring record. Addresses and sizes are read once; the module does not change them.
#[derive(Clone, Copy)]
pub struct Ring {
    mem: Memory,
    at: u32,
    rx_slots: u32,
    rx_size: u32,
    tx_slots: u32,
    tx_size: u32,
    /// Bytes that fit at each posted address.
    pub buf_size: u32,
}

impl Ring {
    fn new(mem: Memory, at: u32) -> Result<Ring> {
        mem.range(at, RING_SIZE).ok_or_else(|| broken("ring record"))?;
        let word = |i: u32| mem.u32(at + i);
        let r = Ring { mem, at, rx_slots: word(0), rx_size: word(4), tx_slots: word(16), tx_size: word(20), buf_size: word(44) };
        let fits = |p: u32, n: u32, size: u32| n.is_power_of_two() && n <= 65536 && mem.range(p, n * size).is_some();
        if !fits(r.rx_slots, r.rx_size, RX_SLOT) || !fits(r.tx_slots, r.tx_size, TX_SLOT) || r.buf_size < 64 {
            return Err(broken("ring"));
        }
        Ok(r)
    }

    /// Posted buffers that wait to be filled.
    pub fn free(&self) -> Result<u32> {
        let n = self.mem.u32(self.at + 8).wrapping_sub(self.filled());
        if n <= self.rx_size { Ok(n) } else { Err(broken("rxPosted")) }
    }

    pub fn filled(&self) -> u32 {
        self.mem.u32(self.at + 12)
    }

    /// The k-th free buffer, `buf_size` bytes.
    pub fn buffer(&self, k: u32) -> Result<*mut u8> {
        let p = self.mem.u32(self.rx_slot(self.filled().wrapping_add(k)));
        self.mem.range(p, self.buf_size).ok_or_else(|| broken("posted buffer"))
    }

    /// The next buffer holds a frame of n bytes.
    pub fn fill(&self, n: u32) {
        let i = self.filled();
        self.mem.set(self.rx_slot(i) + 4, n);
        self.mem.set(self.rx_slot(i) + 8, 0);
        self.mem.set(self.at + 12, i.wrapping_add(1));
    }

    /// Copies a frame into the next buffer. It must fit and a buffer must be free.
    pub fn put(&self, frame: &[u8]) -> Result<()> {
        let p = self.buffer(0)?;
        // SAFETY: the buffer has `buf_size` bytes, and the frame is at most that long.
        unsafe { std::ptr::copy_nonoverlapping(frame.as_ptr(), p, frame.len().min(self.buf_size as usize)) };
        self.fill(frame.len() as u32);
        Ok(())
    }

    /// A frame filled earlier, by its running index.
    pub fn received(&self, i: u32) -> &[u8] {
        let slot = self.rx_slot(i);
        self.mem.bytes(self.mem.u32(slot), self.mem.u32(slot + 4)).unwrap_or(&[])
    }

    pub fn tx_queued(&self) -> u32 {
        self.mem.u32(self.at + 24)
    }

    pub fn tx_sent(&self) -> u32 {
        self.mem.u32(self.at + 28)
    }

    pub fn tx_size(&self) -> u32 {
        self.tx_size
    }

    /// Frames that wait to be sent.
    pub fn waiting(&self) -> Result<u32> {
        let n = self.tx_queued().wrapping_sub(self.tx_sent());
        if n <= self.tx_size { Ok(n) } else { Err(broken("txQueued")) }
    }

    /// The frame with running index i; None where it is empty or a part lies outside the memory.
    pub fn queued(&self, i: u32) -> Option<TxFrame> {
        let slot = self.tx_slots + (i & (self.tx_size - 1)) * TX_SLOT;
        let word = |k: u32| self.mem.u32(slot + k);
        let (head_len, body_len) = (word(4), word(12));
        let head = self.mem.range(word(0), head_len)?;
        let body = self.mem.range(if body_len == 0 { 0 } else { word(8) }, body_len)?;
        let deadline = self.mem.u64(slot + 16);
        (head_len as u64 + body_len as u64 != 0)
            .then_some(TxFrame { head, head_len: head_len as usize, body, body_len: body_len as usize, deadline })
    }

    /// n more frames are the module's again.
    pub fn sent(&self, n: u32) {
        self.add(28, n);
    }

    pub fn late(&self, n: u32) {
        self.add(32, n);
        self.sent(n);
    }

    pub fn failed(&self, n: u32) {
        self.add(36, n);
        self.sent(n);
    }

    pub fn missed(&self, n: u32) {
        self.add(40, n);
    }

    pub fn set_link(&self, up: bool) {
        self.mem.set(self.at + 48, up as u32);
    }

    /// What the host has written: rxFilled, txSent, txLate, txFailed, rxMissed, linkUp.
    pub fn host_side(&self) -> [u32; 6] {
        [12, 28, 32, 36, 40, 48].map(|k| self.mem.u32(self.at + k))
    }

    fn rx_slot(&self, i: u32) -> u32 {
        self.rx_slots + (i & (self.rx_size - 1)) * RX_SLOT
    }

    fn add(&self, k: u32, n: u32) {
        self.mem.set(self.at + k, self.mem.u32(self.at + k).wrapping_add(n));
    }
}

fn broken(what: &str) -> Fail {
    Fail::Trap(format!("the module breaks the ABI: {what} is out of bounds"))
}
