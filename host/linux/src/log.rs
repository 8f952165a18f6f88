//! Log lines on standard error: `TIME LEVEL node: text`, one write each, so that a tool can read them live.

use std::io::Write;

pub const LEVELS: [&str; 4] = ["error", "warning", "info", "debug"];
pub const WARNING: u32 = 1;
pub const INFO: u32 = 2;

#[derive(Clone)]
pub struct Log {
    pub name: String,
    /// Lines above this level are not written.
    pub limit: u32,
}

impl Log {
    pub fn line(&self, level: u32, text: &str) {
        if level > self.limit {
            return;
        }
        let level = LEVELS[level.min(3) as usize];
        let line = format!("{} {level} {}: {text}\n", stamp(), self.name);
        // Nobody is left to tell where standard error is gone.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    pub fn warning(&self, text: &str) {
        self.line(WARNING, text);
    }

    pub fn info(&self, text: &str) {
        self.line(INFO, text);
    }
}

/// The wall clock in UTC, to the microsecond.
fn stamp() -> String {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: tm is plain numbers (and a pointer that is not read); both calls only write to what they are given.
    let tm = unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_REALTIME, &mut t);
        libc::gmtime_r(&t.tv_sec, &mut tm);
        tm
    };
    let (y, mo, d) = (tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    format!("{y}-{mo:02}-{d:02}T{:02}:{:02}:{:02}.{:06}Z", tm.tm_hour, tm.tm_min, tm.tm_sec, t.tv_nsec / 1000)
}
