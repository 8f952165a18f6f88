//! The control socket: a connection sends one line, gets one answer and is closed. Everything is non-blocking and bounded.

use crate::fail::{Fail, Result, fail};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const CLIENTS: usize = 8;
const LINE: usize = 16 * 1024;
/// Microseconds that a client may take.
const PATIENCE: u64 = 5_000_000;

pub struct Control {
    path: PathBuf,
    listener: UnixListener,
    clients: Vec<Client>,
}

struct Client {
    stream: UnixStream,
    line: Vec<u8>,
    answer: Vec<u8>,
    written: usize,
    until: u64,
    asked: bool,
}

impl Control {
    /// Binds the path, for this user only. A socket that nobody listens on is replaced.
    pub fn open(path: &Path) -> Result<Control> {
        Ok(Control { path: path.into(), listener: bind("--control", path)?, clients: Vec::new() })
    }

    /// Descriptors and events for ppoll.
    pub fn interest(&self, out: &mut Vec<(RawFd, i16)>) {
        if self.clients.len() < CLIENTS {
            out.push((self.listener.as_raw_fd(), libc::POLLIN));
        }
        for c in &self.clients {
            out.push((c.stream.as_raw_fd(), if c.asked { libc::POLLOUT } else { libc::POLLIN }));
        }
    }

    /// Does what can be done without waiting. `serve` turns a line into an answer.
    pub fn run(&mut self, now: u64, mut serve: impl FnMut(&[u8]) -> Result<Vec<u8>>) -> Result<()> {
        while self.clients.len() < CLIENTS
            && let Ok((stream, _)) = self.listener.accept()
        {
            if stream.set_nonblocking(true).is_ok() {
                self.clients.push(Client { stream, line: Vec::new(), answer: Vec::new(), written: 0, until: now + PATIENCE, asked: false });
            }
        }
        let mut i = 0;
        while i < self.clients.len() {
            let c = &mut self.clients[i];
            if !c.asked && c.read() {
                c.answer = serve(&c.line)?;
                c.asked = true;
            }
            if now > c.until || c.write() { self.clients.swap_remove(i); } else { i += 1; }
        }
        Ok(())
    }

    pub fn idle(&self) -> bool {
        self.clients.is_empty()
    }
}

impl Client {
    /// True once the line is whole (newline, end of input or the limit).
    fn read(&mut self) -> bool {
        let mut part = [0; 4096];
        loop {
            match self.stream.read(&mut part) {
                Ok(0) => return true,
                Ok(n) => self.line.extend_from_slice(&part[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => { self.until = 0; return false; }
            }
            if let Some(end) = self.line.iter().position(|&b| b == b'\n') {
                self.line.truncate(end);
                return true;
            }
            if self.line.len() > LINE {
                return true;
            }
        }
    }

    /// True once the answer is written or the client is gone.
    fn write(&mut self) -> bool {
        while self.asked {
            match self.stream.write(&self.answer[self.written..]) {
                Ok(n) if self.written + n < self.answer.len() => self.written += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return false,
                _ => return true,
            }
        }
        false
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A non-blocking listener at the path that `option` names, for this user only. A socket that nobody listens on is replaced.
pub fn bind(option: &str, path: &Path) -> Result<UnixListener> {
    if path.exists() {
        if UnixStream::connect(path).is_ok() {
            return fail(format!("{option} {}: in use by another node", path.display()));
        }
        remove_socket(option, path)?;
    }
    // SAFETY: umask has no preconditions; no thread that makes files runs yet.
    let mask = unsafe { libc::umask(0o177) };
    let bound = UnixListener::bind(path);
    // SAFETY: as above.
    unsafe { libc::umask(mask) };
    bound.and_then(|l| l.set_nonblocking(true).map(|()| l)).map_err(|e| Fail::Other(format!("{option} {}: {e}", path.display())))
}

/// Removes a socket that a dead node left; never any other kind of file.
fn remove_socket(option: &str, path: &Path) -> Result<()> {
    use std::os::unix::fs::FileTypeExt;
    if !std::fs::symlink_metadata(path).is_ok_and(|m| m.file_type().is_socket()) {
        return fail(format!("{option} {}: exists and is no socket", path.display()));
    }
    std::fs::remove_file(path).map_err(|e| Fail::Other(format!("{option} {}: {e}", path.display())))
}
