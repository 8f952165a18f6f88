//! An interface through a TAP device, which this program makes or takes, and others switch on: one call per frame. The kernel finishes checksums and cuts
//! frames by itself, as the device promises nothing.

use crate::fail::{Fail, Result, fail, os};
use crate::nic::{Rx, Tx};
use crate::packet::BATCH;
use crate::ring::{Ring, TxFrame};
use std::fs::File;
use std::io::Error;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

pub struct Tap {
    file: File,
}

impl Tap {
    pub fn open(name: &str) -> Result<Tap> {
        let file = std::fs::OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/net/tun").map_err(|e| {
            Fail::Other(format!("interface {name}: /dev/net/tun: {e} (needs the tun driver, and root or access to that file)"))
        })?;
        let mut r = request(name);
        r.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI) as i16;
        // SAFETY: r is a valid ifreq.
        if unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &r) } < 0 {
            return match Error::last_os_error().raw_os_error() {
                Some(libc::EPERM) => fail(format!("interface {name}: making a TAP device is not permitted: run as root or give the program CAP_NET_ADMIN")),
                Some(libc::EBUSY) => fail(format!("interface {name}: the TAP device is in use by another program")),
                Some(libc::EINVAL) => fail(format!("interface {name}: exists, and is no TAP device")),
                _ => Err(os(&format!("interface {name}: TUNSETIFF"))),
            };
        }
        Ok(Tap { file })
    }

    pub fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Fills free buffers, at most a batch.
    pub fn receive(&mut self, ring: &Ring) -> Result<Rx> {
        let free = ring.free()?.min(BATCH as u32);
        let mut rx = Rx::default();
        // One byte more than fits shows a frame that is too long.
        let mut over = 0u8;
        while rx.frames < free {
            let v = [
                libc::iovec { iov_base: ring.buffer(0)?.cast(), iov_len: ring.buf_size as usize },
                libc::iovec { iov_base: (&raw mut over).cast(), iov_len: 1 },
            ];
            // SAFETY: both ranges are valid and ours during the call.
            let n = unsafe { libc::readv(self.fd(), v.as_ptr(), 2) };
            if n < 0 {
                break;
            }
            rx.seen = true;
            if n as usize > ring.buf_size as usize {
                ring.missed(1);
                break;
            }
            ring.fill(n as u32);
            rx.frames += 1;
        }
        Ok(rx)
    }

    /// Sends frames in order; how many left, and why not more.
    pub fn send(&mut self, frames: &[TxFrame]) -> (usize, Tx) {
        for (i, f) in frames.iter().enumerate() {
            let v = [
                libc::iovec { iov_base: f.head.cast(), iov_len: f.head_len },
                libc::iovec { iov_base: f.body.cast(), iov_len: f.body_len },
            ];
            // SAFETY: both ranges lie in linear memory, checked by the ring.
            if unsafe { libc::writev(self.fd(), v.as_ptr(), 2) } < 0 {
                return (i, Tx::from_errno());
            }
        }
        (frames.len(), Tx::Ok)
    }
}

/// An ifreq that names the interface.
pub fn request(name: &str) -> libc::ifreq {
    // SAFETY: ifreq is plain numbers.
    let mut r: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in r.ifr_name.iter_mut().zip(name.bytes().take(libc::IFNAMSIZ - 1)) {
        *to = from as libc::c_char;
    }
    r
}
