//! The node's durable record: one small file, replaced as a whole by a thread of its own (temporary file, fsync, rename, fsync of the folder).

use crate::fail::{Result, because, fail};
use crate::wake::Wake;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// Longest record (host/ABI.md).
pub const RECORD: usize = 512;

/// Finished writes, counted by the thread.
#[derive(Default)]
pub struct Done {
    done: AtomicU32,
    failed: AtomicU32,
}

impl Done {
    /// (writes done, writes failed)
    pub fn get(&self) -> [u32; 2] {
        [self.done.load(SeqCst), self.failed.load(SeqCst)]
    }

    pub fn count(&self, ok: bool) {
        if ok { &self.done } else { &self.failed }.fetch_add(1, SeqCst);
    }
}

pub struct Store {
    /// What the file held at the start; empty: there was none.
    pub record: Vec<u8>,
    writes: Option<Sender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    done: Arc<Done>,
}

impl Store {
    pub fn open(path: &Path, done: Arc<Done>, wake: Wake) -> Result<Store> {
        let record = match std::fs::read(path) {
            Ok(r) if r.len() <= RECORD => r,
            Ok(r) => return fail(format!("{}: {} bytes, a node's record has at most {RECORD}: is this the right file?", path.display(), r.len())),
            Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(because(path.display(), e)),
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf();
        let (writes, incoming) = channel::<Vec<u8>>();
        let (path, counter) = (path.to_path_buf(), done.clone());
        let thread = std::thread::spawn(move || {
            for record in incoming {
                let r = replace(&path, &folder, &record);
                if let Err(e) = &r {
                    eprintln!("{}: the record was not written: {e}", path.display());
                }
                counter.count(r.is_ok());
                wake.up();
            }
        });
        Ok(Store { record, writes: Some(writes), thread: Some(thread), done })
    }

    /// Starts a write; its end is counted.
    pub fn write(&self, record: &[u8]) {
        let accepted = record.len() <= RECORD && self.writes.as_ref().is_some_and(|w| w.send(record.to_vec()).is_ok());
        if !accepted {
            self.done.count(false);
        }
    }
}

impl Drop for Store {
    /// Waits for writes that were started.
    fn drop(&mut self) {
        self.writes = None;
        if let Some(t) = self.thread.take() {
            let _ = t.join();
        }
    }
}

fn replace(path: &Path, folder: &Path, record: &[u8]) -> std::io::Result<()> {
    let mut temp = path.as_os_str().to_owned();
    temp.push(".new");
    let temp = PathBuf::from(temp);
    let mut f = File::create(&temp)?;
    f.write_all(record)?;
    f.sync_all()?;
    std::fs::rename(&temp, path)?;
    File::open(folder)?.sync_all()
}
