//! Local programs' RPC connections (`--sockets PATH`): bytes from each into the module's request buffer of its port, bytes of the reply back, and the word
//! of who came and who went. What the bytes mean is the module's business (docs/sockets.md).

use crate::control;
use crate::fail::{Fail, Result, because, fail};
use crate::world::Recording;
use crate::memory::Memory;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const OPEN: u32 = 1;
const ENDED: u32 = 2;
/// Kinds of changes that the host makes in a port.
const CAME: u8 = 0;
const WENT: u8 = 1;
const SENT: u8 = 2;
const BYTES: u8 = 3;
/// Bytes of a port that the host knows.
const SHARED: u32 = 32;

/// The module's `Sockets` block and its ports (host/ABI.md).
#[derive(Clone, Copy)]
pub struct Ports {
    mem: Memory,
    at: u32,
    pub count: u32,
    stride: u32,
    news: u32,
}

impl Ports {
    /// `block`: address of the `Sockets` block, 0: the module has none.
    pub fn new(mem: Memory, block: u32) -> Result<Ports> {
        if block == 0 {
            return fail("--sockets: this module offers no sockets");
        }
        mem.range(block, 16).ok_or_else(broken)?;
        let p = Ports { mem, at: mem.u32(block), count: mem.u32(block + 4), stride: mem.u32(block + 8), news: mem.u32(block + 12) };
        if p.count > 65536 || p.stride < SHARED || mem.range(p.at, p.count * p.stride).is_none() || mem.range(p.news, p.count.div_ceil(32) * 4).is_none() {
            return Err(broken());
        }
        Ok(p)
    }

    fn word(&self, i: u32, at: u32) -> u32 {
        self.mem.u32(self.at + i * self.stride + at)
    }

    fn set(&self, i: u32, at: u32, v: u32) {
        self.mem.set(self.at + i * self.stride + at, v);
    }

    /// Tells the module that something about port i has changed.
    fn mark(&self, i: u32) {
        let at = self.news + i / 32 * 4;
        self.mem.set(at, self.mem.u32(at) | 1 << (i % 32));
    }

    /// True where no byte of a request waits.
    fn is_empty(&self, i: u32) -> bool {
        self.word(i, 8) == 0
    }

    fn is_free(&self, i: u32) -> bool {
        self.word(i, 24) == 0
    }

    /// Makes a change of port i: its kind, and a number or bytes. False where it does not fit.
    pub fn change(&self, i: u32, change: u8, arg: &[u8]) -> Result<bool> {
        let word = || arg.try_into().map(u32::from_le_bytes).unwrap_or(0);
        match change {
            CAME => {
                self.set(i, 28, word());
                self.set(i, 24, OPEN);
            }
            WENT => self.set(i, 24, ENDED),
            SENT => self.set(i, 20, self.word(i, 20).wrapping_add(word())),
            _ => {
                let room = self.room(i)?;
                if room.len() < arg.len() {
                    return Ok(false);
                }
                room[..arg.len()].copy_from_slice(arg);
                self.set(i, 8, self.word(i, 8) + arg.len() as u32);
            }
        }
        self.mark(i);
        Ok(true)
    }

    /// Room for bytes of requests; empty while the buffer is full.
    fn room(&self, i: u32) -> Result<&mut [u8]> {
        let (at, size, n) = (self.word(i, 0), self.word(i, 4), self.word(i, 8));
        self.mem.bytes_mut(at.wrapping_add(n), size.saturating_sub(n)).ok_or_else(broken)
    }

    /// What is left of the reply.
    fn reply(&self, i: u32) -> Result<&[u8]> {
        let (at, n, sent) = (self.word(i, 12), self.word(i, 16), self.word(i, 20));
        self.mem.bytes(at.wrapping_add(sent), n.saturating_sub(sent)).ok_or_else(broken)
    }
}

fn broken() -> Fail {
    Fail::Other("the module's Sockets block or a port in it points outside its memory".into())
}

struct Client {
    port: u32,
    stream: UnixStream,
}

/// The ports, and where their changes are recorded.
struct Desk {
    ports: Ports,
    recording: Recording,
}

impl Desk {
    fn change(&self, i: u32, change: u8, arg: &[u8]) -> Result<()> {
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            r.port(&[&[change], &i.to_le_bytes()[..], arg].concat());
        }
        self.ports.change(i, change, arg).map(|_| ())
    }
}

/// The socket, and who is connected.
pub struct Rpc {
    path: PathBuf,
    listener: UnixListener,
    desk: Desk,
    clients: Vec<Client>,
}

impl Rpc {
    /// Binds the path, for this user only.
    pub fn open(path: &Path, ports: Ports, recording: Recording) -> Result<Rpc> {
        let listener = control::bind("--sockets", path)?;
        listener.set_nonblocking(true).map_err(|e| because(path.display(), e))?;
        Ok(Rpc { path: path.into(), listener, desk: Desk { ports, recording }, clients: Vec::new() })
    }

    /// Descriptors and events for ppoll. Who hangs up is told in any case.
    pub fn interest(&self, out: &mut Vec<(RawFd, i16)>) -> Result<()> {
        let ports = &self.desk.ports;
        if (self.clients.len() as u32) < ports.count {
            out.push((self.listener.as_raw_fd(), libc::POLLIN));
        }
        for c in &self.clients {
            let input = if ports.room(c.port)?.is_empty() { 0 } else { libc::POLLIN };
            let output = if ports.reply(c.port)?.is_empty() { 0 } else { libc::POLLOUT };
            out.push((c.stream.as_raw_fd(), input | output));
        }
        Ok(())
    }

    /// Moves what can be moved without waiting. `hung`: somebody may be gone who is not heard of by reading. True where the module has news.
    pub fn run(&mut self, hung: bool) -> Result<bool> {
        let mut news = self.accept()?;
        let mut i = 0;
        while i < self.clients.len() {
            let moved = self.clients[i].run(&self.desk, hung)?;
            news |= moved != Moved::Nothing;
            if moved == Moved::Ended {
                self.desk.change(self.clients.swap_remove(i).port, WENT, &[])?;
            } else {
                i += 1;
            }
        }
        Ok(news)
    }

    fn accept(&mut self) -> Result<bool> {
        let mut any = false;
        while let Some(port) = (0..self.desk.ports.count).find(|&i| self.desk.ports.is_free(i))
            && let Ok((stream, _)) = self.listener.accept()
        {
            if stream.set_nonblocking(true).is_ok() {
                self.desk.change(port, CAME, &peer(&stream).to_le_bytes())?;
                self.clients.push(Client { port, stream });
                any = true;
            }
        }
        Ok(any)
    }

    /// Sends replies right after a poll. True where the module may go on with what it has.
    pub fn flush(&mut self) -> Result<bool> {
        let mut any = false;
        for c in &mut self.clients {
            any |= c.write(&self.desk)? && !self.desk.ports.is_empty(c.port);
        }
        Ok(any)
    }
}

impl Drop for Rpc {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[derive(PartialEq, Eq)]
enum Moved {
    Nothing,
    Something,
    Ended,
}

impl Client {
    fn run(&mut self, desk: &Desk, hung: bool) -> Result<Moved> {
        let mut moved = if self.write(desk)? { Moved::Something } else { Moved::Nothing };
        let mut part = [0; 16384];
        loop {
            let room = desk.ports.room(self.port)?.len().min(part.len());
            if room == 0 {
                return Ok(if hung && self.gone() { Moved::Ended } else { moved });
            }
            match self.stream.read(&mut part[..room]) {
                Ok(0) => return Ok(Moved::Ended),
                Ok(n) => desk.change(self.port, BYTES, &part[..n])?,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(moved),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Ok(Moved::Ended),
            }
            moved = Moved::Something;
        }
    }

    /// True where the reply has left, or a part of it. Who does not listen any more is found by reading.
    fn write(&mut self, desk: &Desk) -> Result<bool> {
        let reply = desk.ports.reply(self.port)?;
        if reply.is_empty() {
            return Ok(false);
        }
        match self.stream.write(reply) {
            Ok(n) => desk.change(self.port, SENT, &(n as u32).to_le_bytes()).map(|()| true),
            Err(_) => Ok(false),
        }
    }

    fn gone(&self) -> bool {
        let mut p = libc::pollfd { fd: self.stream.as_raw_fd(), events: 0, revents: 0 };
        // SAFETY: one valid entry.
        unsafe { libc::poll(&mut p, 1, 0) > 0 && p.revents & (libc::POLLHUP | libc::POLLERR) != 0 }
    }
}

/// Process number at the other end, as the kernel knows it; 0 where it is not visible.
fn peer(stream: &UnixStream) -> u32 {
    let mut who: libc::ucred = unsafe { std::mem::zeroed() };
    let mut n = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: `who` has room for what is asked.
    let e = unsafe { libc::getsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, (&raw mut who).cast(), &mut n) };
    if e == 0 { who.pid.max(0) as u32 } else { 0 }
}
