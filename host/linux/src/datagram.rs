//! An interface through a UNIX datagram socket, one frame per datagram: the other end is an emulator's network card (QEMU's `-netdev dgram`)
//! or another node. While nobody is at the other end, frames are lost as on a cable that is not plugged in.

use crate::fail::{Fail, Result};
use crate::nic::{Rx, Tx};
use crate::packet::BATCH;
use crate::ring::{Ring, TxFrame};
use std::io::Error;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// What the kernel may hold for the other end; each datagram also counts against its limit of datagrams (net.unix.max_dgram_qlen).
static SNDBUF: i32 = 1 << 20;

pub struct Datagram {
    socket: UnixDatagram,
    remote: libc::sockaddr_un,
}

impl Datagram {
    /// Binds `local`, in place of what stands there, and talks to `remote`, which may come later.
    pub fn open(name: &str, local: &Path, remote: &Path) -> Result<Datagram> {
        let said = |what: &Path, e: Error| Fail::Other(format!("interface {name}: {}: {e}", what.display()));
        let _ = std::fs::remove_file(local);
        let socket = UnixDatagram::bind(local).map_err(|e| said(local, e))?;
        socket.set_nonblocking(true).map_err(|e| said(local, e))?;
        // SAFETY: the value lives during the call. Where it is refused, fewer frames wait.
        unsafe {
            libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_SNDBUF, (&raw const SNDBUF).cast(), size_of::<i32>() as u32);
        }
        let remote = address(remote).ok_or_else(|| said(remote, Error::from_raw_os_error(libc::ENAMETOOLONG)))?;
        Ok(Datagram { socket, remote })
    }

    pub fn fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Fills free buffers, at most a batch.
    pub fn receive(&mut self, ring: &Ring) -> Result<Rx> {
        let free = ring.free()?.min(BATCH as u32);
        let mut rx = Rx::default();
        while rx.frames < free {
            // SAFETY: the buffer is in linear memory, checked by the ring; MSG_TRUNC gives the length of what was sent.
            let n = unsafe { libc::recv(self.fd(), ring.buffer(0)?.cast(), ring.buf_size as usize, libc::MSG_TRUNC) };
            if n < 0 {
                break;
            }
            rx.seen = true;
            if n as usize > ring.buf_size as usize {
                ring.missed(1);
                continue;
            }
            ring.fill(n as u32);
            rx.frames += 1;
        }
        Ok(rx)
    }

    /// Sends frames in order; how many left, and why not more.
    pub fn send(&mut self, frames: &[TxFrame]) -> (usize, Tx) {
        for (i, f) in frames.iter().enumerate() {
            let mut v = [
                libc::iovec { iov_base: f.head.cast(), iov_len: f.head_len },
                libc::iovec { iov_base: f.body.cast(), iov_len: f.body_len },
            ];
            // SAFETY: both ranges lie in linear memory, checked by the ring; the address is ours.
            let sent = unsafe {
                let mut m: libc::msghdr = zeroed();
                m.msg_name = (&raw mut self.remote).cast();
                m.msg_namelen = size_of::<libc::sockaddr_un>() as u32;
                m.msg_iov = v.as_mut_ptr();
                m.msg_iovlen = 2;
                libc::sendmsg(self.fd(), &m, libc::MSG_NOSIGNAL)
            };
            if sent < 0 {
                // An unconnected socket cannot be waited for: a full queue at the other end is tried again.
                let why = Tx::from_errno();
                return (i, if why == Tx::Wait { Tx::Retry } else { why });
            }
        }
        (frames.len(), Tx::Ok)
    }
}

fn address(path: &Path) -> Option<libc::sockaddr_un> {
    let bytes = path.as_os_str().as_bytes();
    // SAFETY: sockaddr_un is plain numbers.
    let mut a: libc::sockaddr_un = unsafe { zeroed() };
    if bytes.len() >= a.sun_path.len() {
        return None;
    }
    a.sun_family = libc::AF_UNIX as u16;
    for (to, from) in a.sun_path.iter_mut().zip(bytes) {
        *to = *from as libc::c_char;
    }
    Some(a)
}
