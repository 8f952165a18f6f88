//! A network interface of the node: its rings in linear memory, and the socket or device behind them.

use crate::args::{Iface, Kind};
use crate::clock::Clock;
use crate::datagram::Datagram;
use crate::fail::Result;
use crate::packet::{BATCH, Packet};
use crate::pcap::Pcap;
use crate::ring::{Ring, TxFrame};
use crate::tap::{Tap, request};
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// Microseconds after which a full queue is tried again.
const RETRY: u64 = 200;

/// What a receive call did.
#[derive(Default)]
pub struct Rx {
    /// Buffers filled.
    pub frames: u32,
    /// Something was there, if only to be refused.
    pub seen: bool,
    /// The interface reports that it is down.
    pub link: bool,
}

/// Why a send call ended.
#[derive(PartialEq, Eq)]
pub enum Tx {
    Ok,
    /// The socket's buffer is full: POLLOUT tells.
    Wait,
    /// A queue behind the socket is full (ENOBUFS); nothing tells when it has room.
    Retry,
    /// The first frame cannot be sent at all.
    Bad,
}

impl Tx {
    pub fn from_errno() -> Tx {
        match Error::last_os_error().raw_os_error() {
            Some(libc::EAGAIN) => Tx::Wait,
            Some(libc::ENOBUFS | libc::ENOMEM | libc::EINTR) => Tx::Retry,
            _ => Tx::Bad,
        }
    }
}

enum Device {
    Packet(Box<Packet>),
    Tap(Tap),
    Datagram(Box<Datagram>),
}

/// Why frames wait in the transmit ring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stall {
    None,
    Writable,
    Until(u64),
}

pub struct Nic {
    pub name: String,
    pub ring: Ring,
    device: Device,
    stall: Stall,
    pub link: bool,
    /// For ioctls.
    probe: OwnedFd,
}

impl Nic {
    pub fn open(iface: &Iface, ring: Ring) -> Result<Nic> {
        let device = match &iface.kind {
            Kind::Packet => Device::Packet(Box::new(Packet::open(&iface.name)?)),
            Kind::Tap => Device::Tap(Tap::open(&iface.name)?),
            Kind::Datagram(own, peer) => Device::Datagram(Box::new(Datagram::open(&iface.name, own, peer)?)),
        };
        // SAFETY: a new descriptor, owned from here on.
        let probe = unsafe {
            let fd = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
            if fd < 0 {
                return Err(crate::fail::os("socket"));
            }
            OwnedFd::from_raw_fd(fd)
        };
        let mut nic = Nic { name: iface.name.clone(), ring, device, stall: Stall::None, link: true, probe };
        nic.check();
        Ok(nic)
    }

    pub fn receive(&mut self) -> Result<Rx> {
        match &mut self.device {
            Device::Packet(p) => p.receive(&self.ring),
            Device::Tap(t) => t.receive(&self.ring),
            Device::Datagram(d) => d.receive(&self.ring),
        }
    }

    /// Sends what is queued, as far as the queue behind takes it. True where the module should be polled again at once, because it may have
    /// waited for the room.
    pub fn drain(&mut self, clock: &Clock, mut pcap: Option<&mut Pcap>) -> Result<bool> {
        let waiting = self.ring.waiting()?;
        if waiting == 0 {
            return Ok(false);
        }
        let starved = waiting * 2 >= self.ring.tx_size() || self.stall != Stall::None || self.ring.free()? == 0;
        let before = self.ring.tx_sent();
        self.stall = Stall::None;
        while self.stall == Stall::None && self.ring.waiting()? != 0 {
            self.batch(clock, &mut pcap)?;
        }
        Ok(starved && self.ring.tx_sent() != before)
    }

    /// One system call's worth of frames.
    fn batch(&mut self, clock: &Clock, pcap: &mut Option<&mut Pcap>) -> Result<()> {
        let start = self.ring.tx_sent();
        let most = self.ring.waiting()?.min(BATCH as u32);
        let mut frames = [NO_FRAME; BATCH];
        let mut n = 0;
        while n < most as usize {
            let Some(f) = self.ring.queued(start.wrapping_add(n as u32)) else { break };
            frames[n] = f;
            n += 1;
        }
        if n == 0 {
            self.ring.failed(1);
            return Ok(());
        }
        // The last look before the frames leave: all up to the first late one go, that one is dropped.
        let now = clock.now();
        let late = |f: &TxFrame| f.deadline != 0 && f.deadline < now;
        let good = frames[..n].iter().position(late).unwrap_or(n);
        if good == 0 {
            self.ring.late(1);
            return Ok(());
        }
        let (sent, why) = match &mut self.device {
            Device::Packet(p) => p.send(&frames[..good]),
            Device::Tap(t) => t.send(&frames[..good]),
            Device::Datagram(d) => d.send(&frames[..good]),
        };
        if let Some(p) = pcap {
            frames[..sent].iter().for_each(|f| p.frame(clock.wall(), f.parts()));
        }
        self.ring.sent(sent as u32);
        match why {
            Tx::Ok => {}
            Tx::Wait => self.stall = Stall::Writable,
            Tx::Retry => self.stall = Stall::Until(now + RETRY),
            Tx::Bad => self.ring.failed(1),
        }
        Ok(())
    }

    /// Frames of the receive ring from running index `from` on go into the capture.
    pub fn capture(&self, from: u32, wall: u64, pcap: &mut Pcap) {
        let mut i = from;
        while i != self.ring.filled() {
            pcap.frame(wall, [self.ring.received(i), &[]]);
            i = i.wrapping_add(1);
        }
    }

    /// Looks at the interface's flags and the socket's losses. True where the link changed.
    pub fn check(&mut self) -> bool {
        if matches!(self.device, Device::Datagram(_)) {
            return false;
        }
        if let Device::Packet(p) = &mut self.device {
            p.rebind();
            p.look_behind();
            self.ring.missed(p.drops());
        }
        let mut r = request(&self.name);
        // SAFETY: r is a valid ifreq; the flags are read where the call has set them.
        let flags = unsafe { if libc::ioctl(self.probe.as_raw_fd(), libc::SIOCGIFFLAGS, &mut r) == 0 { r.ifr_ifru.ifru_flags as i32 } else { 0 } };
        let both = libc::IFF_UP | libc::IFF_RUNNING;
        let link = flags & both == both;
        self.ring.set_link(link);
        std::mem::replace(&mut self.link, link) != link
    }

    /// What to wait for, as (descriptor, events) for ppoll: arrivals while buffers are free, room while frames wait for it.
    pub fn interest(&self) -> Result<[(RawFd, i16); 2]> {
        let rx = if self.ring.free()? != 0 { libc::POLLIN } else { 0 };
        let tx = if self.stall == Stall::Writable { libc::POLLOUT } else { 0 };
        Ok(match &self.device {
            Device::Packet(p) => [(if rx != 0 { p.rx_fd() } else { -1 }, rx), (if tx != 0 { p.tx_fd() } else { -1 }, tx)],
            Device::Tap(t) => [(if rx | tx != 0 { t.fd() } else { -1 }, rx | tx), (-1, 0)],
            Device::Datagram(d) => [(if rx != 0 { d.fd() } else { -1 }, rx), (-1, 0)],
        })
    }

    /// When to try again to send; u64::MAX: no reason to.
    pub fn retry(&self) -> u64 {
        if let Stall::Until(t) = self.stall { t } else { u64::MAX }
    }

    /// Frames are at hand without a system call, and buffers for them.
    pub fn ready(&self) -> Result<bool> {
        let staged = matches!(&self.device, Device::Packet(p) if p.staged());
        Ok(staged && self.ring.free()? != 0)
    }
}

const NO_FRAME: TxFrame = TxFrame { head: std::ptr::null_mut(), head_len: 0, body: std::ptr::null_mut(), body_len: 0, deadline: 0 };
