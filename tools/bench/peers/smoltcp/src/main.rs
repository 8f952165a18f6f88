//! smoltcp as a server, for comparison: echo at port 7, discard at 9, a stream without end at 5010, on a raw socket of its own. Buffers of
//! 1 MiB for the streams; the socket's own queue is as long as that of HydraNet's host.
//!
//!   smoltcp-server INTERFACE MAC ADDRESS

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Medium, RawSocket, wait};
use smoltcp::socket::tcp::{Socket, SocketBuffer};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, IpCidr, Ipv4Address};
use std::os::fd::AsRawFd;

const STREAM: usize = 1 << 20;
const SMALL: usize = 1 << 16;
const QUEUE: i32 = 8 << 20;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Echo,
    Discard,
    Source,
}

/// A port, how many connections it takes at a time, and their buffers.
const OFFERS: [(Kind, u16, usize, usize); 3] = [(Kind::Echo, 7, 8, SMALL), (Kind::Discard, 9, 2, STREAM), (Kind::Source, 5010, 2, STREAM)];

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [_, name, mac, address] = &words[..] else { panic!("INTERFACE MAC ADDRESS") };
    let mac: EthernetAddress = mac.parse().expect("MAC");
    let address: Ipv4Address = address.parse().expect("ADDRESS");
    let mut device = RawSocket::new(name, Medium::Ethernet).expect("raw socket");
    tune(device.as_raw_fd());
    let mut config = Config::new(mac.into());
    config.random_seed = std::process::id() as u64;
    let mut iface = Interface::new(config, &mut device, Instant::now());
    iface.update_ip_addrs(|all| all.push(IpCidr::new(address.into(), 24)).expect("room for an address"));
    let mut sockets = SocketSet::new(Vec::new());
    let mut all = Vec::new();
    for (kind, port, count, size) in OFFERS {
        for _ in 0..count {
            all.push((kind, port, sockets.add(socket(size))));
        }
    }
    println!("ready");
    let block = vec![0u8; SMALL];
    loop {
        iface.poll(Instant::now(), &mut device, &mut sockets);
        let mut again = false;
        for &(kind, port, handle) in &all {
            again |= serve(kind, port, handle, &mut sockets, &block);
        }
        if !again {
            wait(device.as_raw_fd(), iface.poll_delay(Instant::now(), &sockets)).expect("wait");
        }
    }
}

/// No own frames come back, and a burst waits.
fn tune(fd: i32) {
    for (level, option, value) in [(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, 1), (libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, QUEUE)] {
        // SAFETY: value is valid for its size.
        unsafe { libc::setsockopt(fd, level, option, (&raw const value).cast(), 4) };
    }
}

fn socket(size: usize) -> Socket<'static> {
    let mut s = Socket::new(SocketBuffer::new(vec![0; size]), SocketBuffer::new(vec![0; size]));
    s.set_nagle_enabled(false);
    s
}

/// One step of a connection; true where there is something to send.
fn serve(kind: Kind, port: u16, handle: SocketHandle, sockets: &mut SocketSet, block: &[u8]) -> bool {
    let s = sockets.get_mut::<Socket>(handle);
    if !s.is_open() {
        s.listen(port).expect("listen");
        return false;
    }
    let mut sent = false;
    match kind {
        Kind::Source => {
            while s.can_send() && s.send_slice(block).expect("open") > 0 {
                sent = true;
            }
        }
        Kind::Discard => {
            while s.can_recv() && s.recv(|b| (b.len(), b.len())).expect("open") > 0 {
                sent = true;
            }
        }
        Kind::Echo => {
            let mut part = [0u8; 4096];
            while s.can_recv() && s.can_send() {
                let room = part.len().min(s.send_capacity() - s.send_queue());
                let n = s.recv_slice(&mut part[..room]).expect("open");
                s.send_slice(&part[..n]).expect("open");
                sent = true;
            }
        }
    }
    if s.may_send() && !s.may_recv() && (kind != Kind::Echo || s.recv_queue() == 0) && s.state() == smoltcp::socket::tcp::State::CloseWait {
        s.close();
        sent = true;
    }
    sent
}
