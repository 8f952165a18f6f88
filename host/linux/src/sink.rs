//! A file written by a thread of its own, so that the packet loop does not wait for the disk. What is appended in one call stays whole.

use crate::fail::{Fail, Result};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 256;

pub struct Sink {
    buffer: Vec<u8>,
    chunks: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// Waits for a slow disk; otherwise whole chunks are left out.
    complete: bool,
    /// Bytes left out.
    pub lost: u64,
}

impl Sink {
    /// Creates (or empties) the file.
    pub fn create(path: &Path, complete: bool) -> Result<Sink> {
        let mut file = File::create(path).map_err(|e| Fail::Other(format!("{}: cannot write: {e}", path.display())))?;
        let (chunks, incoming) = sync_channel::<Vec<u8>>(CHUNKS);
        let name = path.display().to_string();
        let thread = std::thread::spawn(move || {
            let mut told = false;
            for chunk in incoming {
                if let Err(e) = file.write_all(&chunk)
                    && !std::mem::replace(&mut told, true)
                {
                    eprintln!("{name}: {e}: the file is incomplete");
                }
            }
        });
        Ok(Sink { buffer: Vec::with_capacity(CHUNK), chunks: Some(chunks), thread: Some(thread), complete, lost: 0 })
    }

    pub fn append(&mut self, parts: &[&[u8]]) {
        parts.iter().for_each(|p| self.buffer.extend_from_slice(p));
        if self.buffer.len() >= CHUNK {
            self.flush();
        }
    }

    /// Hands everything to the thread.
    pub fn flush(&mut self) {
        let Some(chunks) = self.chunks.as_ref().filter(|_| !self.buffer.is_empty()) else { return };
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        if self.complete {
            let _ = chunks.send(chunk);
        } else if let Err(TrySendError::Full(chunk)) = chunks.try_send(chunk) {
            self.lost += chunk.len() as u64;
        }
    }
}

impl Drop for Sink {
    /// Waits until everything is written.
    fn drop(&mut self) {
        self.flush();
        self.chunks = None;
        if let Some(t) = self.thread.take() {
            let _ = t.join();
        }
    }
}
