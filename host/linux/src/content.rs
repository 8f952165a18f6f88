//! The content image, mapped read-only: reads are answered at once from the page cache.

use crate::fail::{Result, because, fail, os};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

/// No such range (host/ABI.md).
pub const OUTSIDE: i32 = -5;

pub struct Content {
    base: *const u8,
    size: usize,
}

impl Content {
    pub fn open(path: &Path) -> Result<Content> {
        let file = File::open(path).map_err(|e| because(path.display(), e))?;
        let size = file.metadata().map_or(0, |m| m.len()) as usize;
        if size == 0 || size as u64 > u32::MAX as u64 + 1 {
            return fail(format!("{}: a content image has 1 byte to 4 GiB, this has {size} bytes", path.display()));
        }
        // SAFETY: a new private mapping of a file that is open.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), size, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0) };
        if base == libc::MAP_FAILED {
            return Err(os(&format!("{}: mmap", path.display())));
        }
        // SAFETY: the mapping just made.
        unsafe { libc::madvise(base, size, libc::MADV_WILLNEED) };
        Ok(Content { base: base.cast(), size })
    }

    /// Fills `out` from offset; its length, or OUTSIDE.
    pub fn read(&self, offset: u32, out: &mut [u8]) -> i32 {
        if offset as u64 + out.len() as u64 > self.size as u64 {
            return OUTSIDE;
        }
        // SAFETY: inside the mapping, which lives as long as self.
        unsafe { std::ptr::copy_nonoverlapping(self.base.add(offset as usize), out.as_mut_ptr(), out.len()) };
        out.len() as i32
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and no reference into it is left.
        unsafe { libc::munmap(self.base.cast_mut().cast(), self.size) };
    }
}
