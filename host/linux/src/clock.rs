//! The node's time: microseconds since start, suspended time included, rounded up so that it is never less than has passed.

#[derive(Clone, Copy)]
pub struct Clock {
    start: u64,
    /// Wall-clock nanoseconds at `start`, for captures and log lines.
    wall: u64,
}

impl Clock {
    pub fn start() -> Clock {
        Clock { start: nanos(libc::CLOCK_BOOTTIME), wall: nanos(libc::CLOCK_REALTIME) }
    }

    /// Microseconds since start.
    pub fn now(&self) -> u64 {
        (nanos(libc::CLOCK_BOOTTIME) - self.start).div_ceil(1000)
    }

    /// Nanoseconds since 1970 that go on evenly from the start, whatever happens to the wall clock.
    pub fn wall(&self) -> u64 {
        self.wall + (nanos(libc::CLOCK_BOOTTIME) - self.start)
    }
}

fn nanos(clock: libc::clockid_t) -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: t is valid; both clocks exist since Linux 2.6.39, so the call cannot fail.
    unsafe { libc::clock_gettime(clock, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}
