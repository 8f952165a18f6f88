//! The host that the module sees through its imports: log, entropy, durable record, content. Answers are recorded where a recording runs.

use crate::content::{Content, OUTSIDE};
use crate::log::Log;
use crate::memory::Memory;
use crate::record::{Recorder, kind};
use crate::store::{Done, Store};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Shared by the packet loop and the imports; never both at once.
pub type Recording = Rc<RefCell<Option<Recorder>>>;

pub struct World {
    pub mem: Memory,
    pub log: Log,
    pub store: Option<Store>,
    pub done: Arc<Done>,
    pub content: Option<Content>,
    pub recording: Recording,
}

impl World {
    fn record(&self, kind: u8, result: i32, bytes: &[u8]) {
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            r.answer(kind, result, bytes);
        }
    }

    fn output(&self, label: u8, bytes: &[u8]) {
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            r.hash.piece(label, bytes);
        }
    }

    pub fn log(&self, level: u32, text: &[u8]) {
        self.output(b'l', text);
        self.log.line(level, &String::from_utf8_lossy(text));
    }

    pub fn entropy(&self, out: &mut [u8]) -> i32 {
        // SAFETY: out is valid for its length.
        let n = unsafe { libc::getrandom(out.as_mut_ptr().cast(), out.len().min(256), libc::GRND_NONBLOCK) }.max(0) as usize;
        self.record(kind::ENTROPY, n as i32, &out[..n]);
        n as i32
    }

    pub fn store_read(&self, out: &mut [u8]) -> i32 {
        let record = self.store.as_ref().map(|s| &s.record[..]);
        let n = record.map_or(0, |r| r.len().min(out.len()));
        out[..n].copy_from_slice(&record.unwrap_or_default()[..n]);
        let result = record.map_or(-1, |r| r.len() as i32);
        self.record(kind::STORE_READ, result, &out[..n]);
        result
    }

    pub fn store_write(&self, record: &[u8]) {
        self.output(b's', record);
        match &self.store {
            Some(s) => s.write(record),
            None => self.done.count(false),
        }
    }

    pub fn content_read(&self, offset: u32, out: &mut [u8]) -> i32 {
        let result = self.content.as_ref().map_or(OUTSIDE, |c| c.read(offset, out));
        self.record(kind::CONTENT, result, if result < 0 { &[] } else { out });
        result
    }
}
