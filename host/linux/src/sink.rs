//! A file written by a thread of its own, so that the packet loop does not wait for the disk. What is appended in one call stays whole.

use crate::fail::{Result, because};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 256;

pub struct Sink {
    name: String,
    buffer: Vec<u8>,
    chunks: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// Waits for a slow disk; otherwise whole chunks are left out.
    complete: bool,
    told: bool,
}

impl Sink {
    /// Creates (or empties) the file.
    pub fn create(path: &Path, complete: bool) -> Result<Sink> {
        let name = path.display().to_string();
        // For this user only: a recording holds the site's key.
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
        let mut file = file.map_err(|e| because(&name, format!("cannot write: {e}")))?;
        let (chunks, incoming) = sync_channel::<Vec<u8>>(CHUNKS);
        let thread = std::thread::spawn({
            let name = name.clone();
            move || {
                // After an error the rest is taken and thrown away.
                if let Err(e) = incoming.iter().try_for_each(|chunk| file.write_all(&chunk)) {
                    eprintln!("{name}: {e}: the file is incomplete");
                    incoming.iter().for_each(drop);
                }
            }
        });
        Ok(Sink { name, buffer: Vec::with_capacity(CHUNK), chunks: Some(chunks), thread: Some(thread), complete, told: false })
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
        } else if chunks.try_send(chunk).is_err() && !std::mem::replace(&mut self.told, true) {
            eprintln!("{}: the disk is too slow, frames are left out", self.name);
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
