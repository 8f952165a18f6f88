//! The packet loop's place among the machine's processes.

use crate::fail::{Result, os};
use crate::log::Log;

/// Above ordinary processes, below the kernel's own threads (interrupts are at 50).
const PRIORITY: i32 = 10;

/// Runs this thread on one processor.
pub fn pin(cpu: usize) -> Result<()> {
    // SAFETY: the set is plain bits, valid for its size.
    let r = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    if r == 0 { Ok(()) } else { Err(os(&format!("--pin {cpu}"))) }
}

/// Real-time scheduling and exact timers for this thread. Without the privilege it goes on, with later wake-ups under load.
pub fn urgent(log: &Log) {
    // SAFETY: plain values.
    let refused = unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0);
        let p = libc::sched_param { sched_priority: PRIORITY };
        libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &p) != 0
    };
    if refused {
        log.info("no real-time scheduling (needs root or CAP_SYS_NICE): timers may be milliseconds late under load");
    }
}
