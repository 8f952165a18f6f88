//! The kind of queue behind an interface, asked of the kernel by rtnetlink(7).

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Queues that take a large frame or refuse it whole. Shapers such as tbf cut it themselves and lose a part of it without a word.
const WHOLE: [&[u8]; 7] = [b"noqueue", b"pfifo_fast", b"pfifo", b"bfifo", b"mq", b"fq", b"fq_codel"];
const IFLA_QDISC: u16 = 6;
const NLMSG: usize = 16;
const IFINFO: usize = 16;

/// True where a frame that is still to be cut may be queued at the interface.
pub fn takes_large_frames(index: u32) -> bool {
    ask(index).is_some_and(|reply| find(&reply).is_some_and(|kind| WHOLE.contains(&kind)))
}

/// The kernel's answer about an interface.
fn ask(index: u32) -> Option<Vec<u8>> {
    let mut request = [0u8; NLMSG + IFINFO];
    request[0] = (NLMSG + IFINFO) as u8;
    request[4..6].copy_from_slice(&libc::RTM_GETLINK.to_ne_bytes());
    request[6..8].copy_from_slice(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
    request[NLMSG + 4..NLMSG + 8].copy_from_slice(&index.to_ne_bytes());
    let mut reply = vec![0u8; 16384];
    // SAFETY: a new descriptor, owned from here on; the buffers are valid for their lengths.
    let n = unsafe {
        let fd = libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE);
        if fd < 0 {
            return None;
        }
        let fd = OwnedFd::from_raw_fd(fd);
        if libc::send(fd.as_raw_fd(), request.as_ptr().cast(), request.len(), 0) < 0 {
            return None;
        }
        libc::recv(fd.as_raw_fd(), reply.as_mut_ptr().cast(), reply.len(), 0)
    };
    reply.truncate(usize::try_from(n).ok()?);
    Some(reply)
}

/// The name of the queue in a message of type RTM_NEWLINK.
fn find(reply: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| Some(u16::from_ne_bytes([*reply.get(at)?, *reply.get(at + 1)?]));
    if word(4)? != libc::RTM_NEWLINK {
        return None;
    }
    let mut at = NLMSG + IFINFO;
    loop {
        let (n, kind) = (word(at)? as usize, word(at + 2)?);
        if n < 4 {
            return None;
        }
        if kind == IFLA_QDISC {
            return reply.get(at + 4..at + n)?.strip_suffix(&[0]);
        }
        at += n.next_multiple_of(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_has_no_queue() {
        assert!(takes_large_frames(1));
        assert!(!takes_large_frames(0x7fff_ffff));
    }

    #[test]
    fn a_reply_that_ends_early_names_no_queue() {
        let reply = ask(1).unwrap();
        assert_eq!(find(&reply), Some(&b"noqueue"[..]));
        let end = reply.windows(7).position(|w| w == b"noqueue").unwrap() + 8;
        for n in 0..end {
            assert_eq!(find(&reply[..n]), None);
        }
    }
}
