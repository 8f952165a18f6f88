//! An interface through AF_PACKET: batched calls straight into and out of linear memory (packet(7)). Receives and sends on sockets of their
//! own, so that only received frames carry the header that tells of offloads.

use crate::fail::{Fail, Result, fail, os};
use crate::gso::{self, HEADERS, Large};
use crate::nic::{Rx, Tx};
use crate::offload::{self, NEEDS_CSUM, Stage, VNET_HDR, VnetHdr};
use crate::qdisc;
use crate::ring::{Ring, TxFrame};
use std::io::Error;
use std::mem::{MaybeUninit, size_of_val, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Frames per system call.
pub const BATCH: usize = 64;
/// Received frames per system call at least, where there is room.
const BATCH_LEAST: usize = 8;
/// Received frames per system call while the interface hands out frames to be cut, each up to 64 KiB.
const BATCH_LARGE: usize = 8;
/// What a frame that is longer than a posted buffer may have in all.
const LARGE: usize = 68 * 1024;
const RCVBUF: i32 = 8 << 20;

pub struct Packet {
    name: String,
    rx: OwnedFd,
    tx: OwnedFd,
    /// For large frames; their headers, and whether the queue behind takes such.
    gso: Option<OwnedFd>,
    larges: Vec<(VnetHdr, [u8; HEADERS])>,
    joins: bool,
    /// The last call used the socket for large frames: where it was full, that one tells when it has room.
    used_large: bool,
    /// Received frames come with a `VnetHdr`.
    vnet: bool,
    headers: [VnetHdr; BATCH],
    /// Room for what does not fit a posted buffer, LARGE bytes per frame of a batch; touched only when used.
    large: Vec<u8>,
    stage: Stage,
    limit: usize,
    /// Frames that the next call asks for.
    most: usize,
}

impl Packet {
    /// Binds to an interface that exists, in promiscuous mode.
    pub fn open(name: &str) -> Result<Packet> {
        let index = index(name);
        if index == 0 {
            // Bound to index 0 the sockets would take the frames of every interface of the machine.
            return fail(format!("interface {name}: no such interface here ('ip link' lists them; NAME=tap makes a TAP device)"));
        }
        let (rx, tx, gso) = (socket(name)?, socket(name)?, socket(name)?);
        set(&rx, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &1i32)
            .map_err(|e| Fail::Other(format!("interface {name}: PACKET_IGNORE_OUTGOING: {e} (Linux 4.20 or later is needed)")))?;
        let vnet = set(&rx, libc::SOL_PACKET, libc::PACKET_VNET_HDR, &1i32).is_ok();
        if set(&rx, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &RCVBUF).is_err() {
            // Without CAP_NET_ADMIN the kernel's limit holds: fewer frames wait, nothing else changes.
            let _ = set(&rx, libc::SOL_SOCKET, libc::SO_RCVBUF, &RCVBUF);
        }
        drop_tagged(&rx).map_err(|e| Fail::Other(format!("interface {name}: socket filter: {e}")))?;
        let large = if vnet { vec![0; BATCH * LARGE] } else { Vec::new() };
        let gso = set(&gso, libc::SOL_PACKET, libc::PACKET_VNET_HDR, &1i32).is_ok().then_some(gso);
        let larges = Vec::with_capacity(BATCH);
        let headers = [VnetHdr::default(); BATCH];
        let mut p = Packet {
            name: name.into(), rx, tx, gso, larges, joins: false, used_large: false, vnet, headers, large, stage: Stage::default(), limit: BATCH, most: BATCH,
        };
        p.bind(index)?;
        p.look_behind();
        Ok(p)
    }

    fn bind(&mut self, index: u32) -> Result<()> {
        bind(&self.rx, index, libc::ETH_P_ALL as u16).map_err(|e| Fail::Other(format!("interface {}: bind: {e}", self.name)))?;
        for s in [Some(&self.tx), self.gso.as_ref()].into_iter().flatten() {
            bind(s, index, 0).map_err(|e| Fail::Other(format!("interface {}: bind: {e}", self.name)))?;
        }
        // SAFETY: packet_mreq is plain numbers.
        let mut m: libc::packet_mreq = unsafe { zeroed() };
        m.mr_ifindex = index as i32;
        m.mr_type = libc::PACKET_MR_PROMISC as u16;
        set(&self.rx, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &m)
            .map_err(|e| Fail::Other(format!("interface {}: promiscuous mode: {e}", self.name)))
    }

    /// Binds again where the interface was removed and has come back with another index.
    pub fn rebind(&mut self) {
        let index = index(&self.name);
        if index != 0 && bound(&self.rx) != index {
            let _ = self.bind(index);
        }
    }

    /// Sees whether large frames can leave.
    pub fn look_behind(&mut self) {
        self.joins = self.gso.is_some() && qdisc::takes_large_frames(index(&self.name));
    }

    pub fn rx_fd(&self) -> RawFd {
        self.rx.as_raw_fd()
    }

    /// The socket that tells when it has room again.
    pub fn tx_fd(&self) -> RawFd {
        self.gso.as_ref().filter(|_| self.used_large).unwrap_or(&self.tx).as_raw_fd()
    }

    /// Frames are at hand that did not fit the buffers posted so far.
    pub fn staged(&self) -> bool {
        !self.stage.is_empty()
    }

    /// Fills free buffers with what has arrived, one system call at most.
    pub fn receive(&mut self, ring: &Ring) -> Result<Rx> {
        let free = ring.free()? as usize;
        if !self.stage.is_empty() {
            return self.unstage(ring, free);
        }
        let n = free.min(self.limit).min(self.most);
        if n == 0 {
            return Ok(Rx::default());
        }
        // Only the first n places are written and read.
        let mut iov = [const { MaybeUninit::<[libc::iovec; 3]>::uninit() }; BATCH];
        let mut msgs = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
        let size = ring.buf_size as usize;
        for i in 0..n {
            let buffer = ring.buffer(i as u32)?;
            let header = part((&raw mut self.headers[i]).cast(), VNET_HDR);
            let rest = if self.vnet { &mut self.large[i * LARGE + size..(i + 1) * LARGE] } else { &mut [] };
            let v = iov[i].write([header, part(buffer, size), part(rest.as_mut_ptr(), rest.len())]);
            let (first, parts) = if self.vnet { (0, 3) } else { (1, 1) };
            // SAFETY: plain numbers and pointers.
            let m = msgs[i].write(unsafe { zeroed() });
            m.msg_hdr.msg_iov = &mut v[first];
            m.msg_hdr.msg_iovlen = parts;
        }
        // SAFETY: the vectors point to memory that stays valid during the call.
        let got = unsafe { libc::recvmmsg(self.rx.as_raw_fd(), msgs.as_mut_ptr().cast(), n as u32, libc::MSG_DONTWAIT, std::ptr::null_mut()) };
        if got < 0 {
            self.most = BATCH_LEAST;
            return Ok(self.refused(ring));
        }
        // As many again and more the next time, so that looking in vain costs little.
        self.most = (2 * got as usize).clamp(BATCH_LEAST, BATCH);
        // SAFETY: the first n were written.
        let msgs = unsafe { std::slice::from_raw_parts(msgs.as_ptr().cast(), got as usize) };
        self.sort(ring, msgs)
    }

    /// Nothing was received: nothing there, the interface is down, or (EINVAL) the kernel could not describe a frame's offloads and dropped it.
    fn refused(&self, ring: &Ring) -> Rx {
        match Error::last_os_error().raw_os_error() {
            Some(libc::EINVAL) => {
                ring.missed(1);
                Rx { seen: true, ..Rx::default() }
            }
            Some(libc::ENETDOWN | libc::ENXIO | libc::ENODEV) => Rx { link: true, ..Rx::default() },
            _ => Rx::default(),
        }
    }

    /// Accounts for a batch that lies in the posted buffers. From the first frame on that needs room of its own, the rest is staged.
    fn sort(&mut self, ring: &Ring, msgs: &[libc::mmsghdr]) -> Result<Rx> {
        let size = ring.buf_size as usize;
        let mut filled = 0;
        for (i, m) in msgs.iter().enumerate() {
            let whole = m.msg_hdr.msg_flags & libc::MSG_TRUNC == 0;
            let n = (m.msg_len as usize).saturating_sub(if self.vnet { VNET_HDR } else { 0 });
            let h = if self.vnet { self.headers[i] } else { VnetHdr::default() };
            // SAFETY: `receive` took the buffer from the ring; it holds the frame's first `size` bytes.
            let first = unsafe { std::slice::from_raw_parts_mut(ring.buffer(i as u32 - filled)?, n.min(size)) };
            let ready = whole && h.gso_type == 0 && n <= size && (h.flags & NEEDS_CSUM == 0 || offload::complete(first, &h));
            if ready && filled as usize == i {
                ring.fill(n as u32);
                filled += 1;
            } else if ready {
                self.stage.push(first, &[]);
            } else if !whole || !self.cut(i, first, n, &h) {
                ring.missed(1);
            }
        }
        self.limit = if self.stage.is_empty() { BATCH } else { BATCH_LARGE };
        let more = if self.stage.is_empty() { 0 } else { let free = ring.free()?; self.unstage(ring, free as usize)?.frames };
        Ok(Rx { frames: filled + more, seen: true, link: false })
    }

    /// Cuts the i-th frame of a batch, n bytes long, whose first bytes lie in a posted buffer.
    fn cut(&mut self, i: usize, first: &[u8], n: usize, h: &VnetHdr) -> bool {
        if h.gso_type == 0 || n < first.len() || n > LARGE {
            return false;
        }
        let frame = &mut self.large[i * LARGE..(i + 1) * LARGE];
        frame[..first.len()].copy_from_slice(first);
        offload::segment(&frame[..n], h, &mut self.stage)
    }

    fn unstage(&mut self, ring: &Ring, free: usize) -> Result<Rx> {
        let mut frames = 0;
        while (frames as usize) < free {
            let Some(f) = self.stage.front() else { break };
            if f.len() > ring.buf_size as usize {
                ring.missed(1);
            } else {
                ring.put(f)?;
                frames += 1;
            }
            self.stage.pop();
        }
        Ok(Rx { frames, seen: frames != 0, link: false })
    }

    /// Sends frames in order; how many left, and why not more.
    pub fn send(&mut self, frames: &[TxFrame]) -> (usize, Tx) {
        self.used_large = self.joins && gso::stretch(frames) > 1;
        if self.used_large {
            return self.send_large(frames);
        }
        // SAFETY: both are plain numbers and pointers.
        let mut iov: [[libc::iovec; 2]; BATCH] = unsafe { zeroed() };
        let mut msgs: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        let mut n = 0;
        for (i, f) in frames.iter().enumerate() {
            if i != 0 && self.joins && gso::stretch(&frames[i..]) > 1 {
                break;
            }
            iov[i] = [part(f.head, f.head_len), part(f.body, f.body_len)];
            msgs[i].msg_hdr.msg_iov = iov[i].as_mut_ptr();
            msgs[i].msg_hdr.msg_iovlen = if f.body_len == 0 { 1 } else { 2 };
            n += 1;
        }
        // SAFETY: the vectors point into linear memory, checked by the ring.
        let sent = unsafe { libc::sendmmsg(self.tx.as_raw_fd(), msgs.as_mut_ptr(), n, libc::MSG_DONTWAIT) };
        if sent > 0 { (sent as usize, Tx::Ok) } else { (0, Tx::from_errno()) }
    }

    /// The same for frames that begin with a stretch of one connection: stretches leave as large frames, up to the first frame that is none.
    fn send_large(&mut self, frames: &[TxFrame]) -> (usize, Tx) {
        // SAFETY: both are plain numbers and pointers.
        let mut iov: [libc::iovec; 3 * BATCH] = unsafe { zeroed() };
        let mut msgs: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        let mut ends = [0; BATCH];
        let (mut count, mut parts, mut done) = (0, 0, 0);
        self.larges.clear();
        while done < frames.len() {
            let n = gso::stretch(&frames[done..]);
            let Some(large) = Large::of(&frames[done..done + n]).filter(|_| n > 1) else { break };
            self.larges.push((large.vnet, large.head));
            // Its room was there from the start, so it stays where it is.
            let (vnet, head) = self.larges.last_mut().expect("pushed");
            let first = parts;
            iov[parts] = part((&raw mut *vnet).cast(), VNET_HDR);
            iov[parts + 1] = part(head.as_mut_ptr(), large.headers);
            parts += 2;
            for f in &frames[done..done + n] {
                iov[parts] = part(f.head.wrapping_add(large.headers), f.head_len - large.headers);
                parts += 1;
            }
            msgs[count].msg_hdr.msg_iov = &mut iov[first];
            msgs[count].msg_hdr.msg_iovlen = n + 2;
            done += n;
            ends[count] = done;
            count += 1;
        }
        let Some(fd) = &self.gso else { return (0, Tx::Ok) };
        // SAFETY: the vectors point into linear memory, checked by the ring, and to headers that stay where they are during the call.
        let sent = unsafe { libc::sendmmsg(fd.as_raw_fd(), msgs.as_mut_ptr(), count as u32, libc::MSG_DONTWAIT) };
        if sent > 0 {
            return (ends[sent as usize - 1], Tx::Ok);
        }
        match Tx::from_errno() {
            // The interface takes no such frame: its parts leave one by one.
            Tx::Bad => {
                self.gso = None;
                self.joins = false;
                (0, Tx::Ok)
            }
            why => (0, why),
        }
    }

    /// Frames that the socket's queue had no room for since the last call.
    pub fn drops(&self) -> u32 {
        let mut s = libc::tpacket_stats { tp_packets: 0, tp_drops: 0 };
        let mut n = size_of_val(&s) as libc::socklen_t;
        // SAFETY: s is valid for n bytes.
        let r = unsafe { libc::getsockopt(self.rx.as_raw_fd(), libc::SOL_PACKET, libc::PACKET_STATISTICS, (&raw mut s).cast(), &mut n) };
        if r == 0 { s.tp_drops } else { 0 }
    }
}

fn part(p: *mut u8, n: usize) -> libc::iovec {
    libc::iovec { iov_base: p.cast(), iov_len: n }
}

fn socket(name: &str) -> Result<OwnedFd> {
    // Protocol 0: nothing is received before the socket is bound to its interface.
    // SAFETY: no preconditions.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK, 0) };
    if fd >= 0 {
        // SAFETY: fd is new and ours.
        return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    match Error::last_os_error().raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => fail(format!(
            "interface {name}: raw sockets are not permitted: run as root, give the program CAP_NET_RAW, or use a user namespace (unshare -Urnm)"
        )),
        _ => Err(os(&format!("interface {name}: AF_PACKET socket"))),
    }
}

fn index(name: &str) -> u32 {
    let Ok(name) = std::ffi::CString::new(name) else { return 0 };
    // SAFETY: name is a C string.
    unsafe { libc::if_nametoindex(name.as_ptr()) }
}

fn set<T>(fd: &OwnedFd, level: i32, option: i32, value: &T) -> std::io::Result<()> {
    // SAFETY: value is valid for its size.
    let r = unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, (&raw const *value).cast(), size_of_val(value) as u32) };
    if r == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

fn bind(fd: &OwnedFd, index: u32, protocol: u16) -> std::io::Result<()> {
    // SAFETY: sockaddr_ll is plain numbers.
    let mut a: libc::sockaddr_ll = unsafe { zeroed() };
    a.sll_family = libc::AF_PACKET as u16;
    a.sll_protocol = protocol.to_be();
    a.sll_ifindex = index as i32;
    // SAFETY: a is valid for its size.
    let r = unsafe { libc::bind(fd.as_raw_fd(), (&raw const a).cast(), size_of_val(&a) as u32) };
    if r == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

/// The interface that the socket is bound to.
fn bound(fd: &OwnedFd) -> u32 {
    // SAFETY: sockaddr_ll is plain numbers, valid for its size.
    unsafe {
        let mut a: libc::sockaddr_ll = zeroed();
        let mut n = size_of_val(&a) as u32;
        libc::getsockname(fd.as_raw_fd(), (&raw mut a).cast(), &mut n);
        a.sll_ifindex as u32
    }
}

/// Frames with a VLAN tag are not for this interface. The kernel takes the tag out of the bytes, so that they would look untagged.
fn drop_tagged(fd: &OwnedFd) -> std::io::Result<()> {
    const TAGGED: u32 = (-0x1000i32 + 48) as u32; // SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT
    let mut code = [
        libc::sock_filter { code: 0x30, jt: 0, jf: 0, k: TAGGED },  // ldb
        libc::sock_filter { code: 0x15, jt: 0, jf: 1, k: 0 },       // jeq #0
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: u32::MAX }, // ret all
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: 0 },       // ret none
    ];
    set(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &libc::sock_fprog { len: 4, filter: code.as_mut_ptr() })
}
