//! Wakes the packet loop out of ppoll, from other threads and from signal handlers: an eventfd.

use crate::fail::{Result, os};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

/// Lives as long as the program, so the descriptor is never closed.
#[derive(Clone, Copy)]
pub struct Wake {
    pub fd: RawFd,
}

static STOP: AtomicBool = AtomicBool::new(false);
static STOP_FD: AtomicI32 = AtomicI32::new(-1);

impl Wake {
    pub fn new() -> Result<Wake> {
        // SAFETY: no preconditions.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 { Err(os("eventfd")) } else { Ok(Wake { fd }) }
    }

    pub fn up(&self) {
        let one = 1u64;
        // SAFETY: writes eight bytes; allowed in signal handlers.
        unsafe { libc::write(self.fd, (&raw const one).cast(), 8) };
    }

    /// Takes back what `up` did.
    pub fn clear(&self) {
        let mut n = 0u64;
        // SAFETY: reads eight bytes.
        unsafe { libc::read(self.fd, (&raw mut n).cast(), 8) };
    }

    /// From now on SIGTERM and SIGINT make `stopped` true and wake this.
    pub fn on_signals(&self) {
        STOP_FD.store(self.fd, SeqCst);
        // SAFETY: the handler only touches atomics and writes to a descriptor.
        unsafe {
            let mut a: libc::sigaction = std::mem::zeroed();
            a.sa_sigaction = stop as *const () as usize;
            a.sa_flags = libc::SA_RESTART;
            libc::sigaction(libc::SIGTERM, &a, std::ptr::null_mut());
            libc::sigaction(libc::SIGINT, &a, std::ptr::null_mut());
        }
    }
}

pub fn stopped() -> bool {
    STOP.load(SeqCst)
}

extern "C" fn stop(_: i32) {
    STOP.store(true, SeqCst);
    Wake { fd: STOP_FD.load(SeqCst) }.up();
}
