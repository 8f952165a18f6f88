//! The packet loop: fill buffers, poll the module, send what it queued, wait.

use crate::args::Args;
use crate::clock::Clock;
use crate::content::Content;
use crate::control::Control;
use crate::fail::{Result, because};
use crate::log::{Log, WARNING};
use crate::memory::Memory;
use crate::module::Module;
use crate::nic::Nic;
use crate::pcap::Pcap;
use crate::record::Recorder;
use crate::ring::Ring;
use crate::rpc::Rpc;
use crate::sched;
use crate::store::{Done, Store};
use crate::wake::{self, Wake};
use crate::world::{Recording, World};
use std::sync::Arc;

/// Microseconds between looks at links, losses and files.
const HOUSEKEEPING: u64 = 100_000;
/// Rounds without waiting after which descriptors other than the interfaces' are looked at.
const BUSY_ROUNDS: u32 = 64;

struct Node {
    log: Log,
    clock: Clock,
    module: Module,
    nics: Vec<Nic>,
    control: Option<Control>,
    rpc: Option<Rpc>,
    pcap: Option<Pcap>,
    recording: Recording,
    done: Arc<Done>,
    wake: Wake,
    spin: u64,
    /// Receive indices at the last poll.
    seen: Vec<u32>,
    /// When the module wants to be polled.
    due: u64,
    /// When housekeeping is due.
    chores: u64,
}

/// Runs the node until a signal ends it.
pub fn run(args: &Args) -> Result<()> {
    let log = Log { name: args.name.clone(), limit: args.log };
    Node::start(args, log)?.serve()
}

impl Node {
    fn start(args: &Args, log: Log) -> Result<Node> {
        let wake = Wake::new()?;
        wake.on_signals();
        if let Some(cpu) = args.pin {
            sched::pin(cpu)?;
        }
        let config = std::fs::read(&args.config).map_err(|e| because(args.config.display(), e))?;
        let control = args.control.as_deref().map(|p| Control::open(p, wake)).transpose()?;
        let done = Arc::new(Done::default());
        let recorder = args.record.as_deref().map(|p| Recorder::create(p, args.ifaces.len())).transpose()?;
        let recording = Recording::new(recorder.into());
        let world = World {
            mem: Memory::NONE,
            log: log.clone(),
            store: args.store.as_deref().map(|p| Store::open(p, done.clone(), wake)).transpose()?,
            done: done.clone(),
            content: args.content.as_deref().map(Content::open).transpose()?,
            recording: recording.clone(),
        };
        let mut module = Module::load(&args.module, world)?;
        if let Some(r) = recording.borrow_mut().as_mut() {
            r.init(&config);
        }
        let clock = Clock::start();
        module.init(&config)?;
        if let Some(r) = recording.borrow_mut().as_mut() {
            r.end(0);
        }
        let rings = module.abi.rings(args.ifaces.len())?;
        let rpc = args.sockets.as_deref().map(|p| Rpc::open(p, module.abi.ports()?, recording.clone())).transpose()?;
        let nics = args.ifaces.iter().zip(rings).map(|(i, r)| Nic::open(i, r)).collect::<Result<Vec<_>>>()?;
        for n in nics.iter().filter(|n| !n.link) {
            log.warning(&format!("interface {} is down: switch it on with 'ip link set {} up'", n.name, n.name));
        }
        let pcap = args.pcap.as_deref().map(Pcap::create).transpose()?;
        let seen = nics.iter().map(|n| n.ring.filled()).collect();
        sched::urgent(&log);
        let (spin, chores) = (args.spin, clock.now() + HOUSEKEEPING);
        Ok(Node { log, clock, module, nics, control, rpc, pcap, recording, done, wake, spin, seen, due: 0, chores })
    }

    fn serve(&mut self) -> Result<()> {
        let mut rounds = 0;
        let mut worked = 0;
        while !wake::stopped() {
            let frames = self.receive()?;
            let now = self.clock.now();
            if frames || now >= self.due {
                self.poll(now)?;
                if let Some(r) = &mut self.rpc
                    && r.flush()?
                {
                    self.due = 0;
                }
                worked = now;
            }
            self.send()?;
            if now >= self.chores {
                self.housekeeping(now)?;
            }
            rounds += 1;
            let busy = frames || now >= self.due || now < worked + self.spin;
            if !busy || rounds >= BUSY_ROUNDS {
                rounds = 0;
                self.wait(busy)?;
            }
        }
        Ok(())
    }

    /// True where something has arrived.
    fn receive(&mut self) -> Result<bool> {
        let mut any = false;
        for i in 0..self.nics.len() {
            let rx = self.nics[i].receive()?;
            any |= rx.seen;
            if rx.link {
                self.chores = 0;
            }
            if rx.frames != 0
                && let Some(p) = &mut self.pcap
            {
                let from = self.nics[i].ring.filled().wrapping_sub(rx.frames);
                self.nics[i].capture(from, self.clock.wall(), p);
            }
        }
        Ok(any)
    }

    fn poll(&mut self, now: u64) -> Result<()> {
        let queued = self.begin(|r| r.poll(now));
        let wait = self.module.poll(now)?;
        self.end(wait, &queued);
        self.due = if wait == u32::MAX { u64::MAX } else { now + wait as u64 };
        Ok(())
    }

    /// Makes the host's news visible before a call. Where a recording runs, records it and what `entry` adds, and returns the transmit indices.
    fn begin(&mut self, entry: impl FnOnce(&mut Recorder)) -> Vec<u32> {
        let store = self.done.get();
        self.module.abi.set_store(store[0], store[1]);
        let mut recording = self.recording.borrow_mut();
        let Some(r) = recording.as_mut() else { return Vec::new() };
        let rings: Vec<&Ring> = self.nics.iter().map(|n| &n.ring).collect();
        r.state(store, &rings, &self.seen);
        entry(r);
        self.seen = rings.iter().map(|r| r.filled()).collect();
        rings.iter().map(|r| r.tx_queued()).collect()
    }

    /// Records the output of a call.
    fn end(&mut self, result: u32, queued: &[u32]) {
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            for (i, (n, &from)) in self.nics.iter().zip(queued).enumerate() {
                r.hash.frames(i as u8, &n.ring, from);
            }
            r.end(result);
        }
    }

    fn send(&mut self) -> Result<()> {
        for n in &mut self.nics {
            if n.drain(&self.clock, self.pcap.as_mut())? {
                self.due = 0;
            }
        }
        Ok(())
    }

    fn housekeeping(&mut self, now: u64) -> Result<()> {
        self.chores = now + HOUSEKEEPING;
        for n in &mut self.nics {
            if n.check() {
                self.log.line(WARNING, &format!("interface {} is {}", n.name, if n.link { "up" } else { "down" }));
                self.due = 0;
            }
        }
        if let Some(p) = &mut self.pcap {
            p.flush();
        }
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            r.flush();
        }
        Ok(())
    }

    /// Sleeps until something happens or is due; with `busy` only looks.
    fn wait(&mut self, busy: bool) -> Result<()> {
        let mut fds = vec![(self.wake.fd, libc::POLLIN)];
        let mut until = self.due.min(self.chores);
        let mut ready = busy;
        for n in &self.nics {
            fds.extend(n.interest()?);
            until = until.min(n.retry());
            ready |= n.ready()?;
        }
        let first_rpc = fds.len();
        if let Some(r) = &self.rpc {
            r.interest(&mut fds)?;
        }
        let mut fds: Vec<libc::pollfd> = fds.iter().map(|&(fd, events)| libc::pollfd { fd, events, revents: 0 }).collect();
        let us = if ready { 0 } else { until.saturating_sub(self.clock.now()) };
        let t = libc::timespec { tv_sec: (us / 1_000_000) as i64, tv_nsec: (us % 1_000_000) as i64 * 1000 };
        // SAFETY: the vectors are valid during the call.
        unsafe { libc::ppoll(fds.as_mut_ptr(), fds.len() as u64, &t, std::ptr::null()) };
        if fds[0].revents != 0 {
            self.wake.clear();
            self.due = 0;
            self.serve_control()?;
        }
        let rpc = &fds[first_rpc..];
        if let Some(r) = &mut self.rpc
            && rpc.iter().any(|f| f.revents != 0)
            && r.run(rpc.iter().any(|f| f.revents & (libc::POLLHUP | libc::POLLERR) != 0))?
        {
            self.due = 0;
        }
        Ok(())
    }

    /// Answers what the control socket's clients have asked: `status`, or a command of the module. An answer ends with a newline.
    fn serve_control(&mut self) -> Result<()> {
        while let Some(line) = self.control.as_ref().and_then(Control::next) {
            let mut text = match &line.text[..] {
                b"" => b"error: empty command".to_vec(),
                b"status" => self.module.status()?,
                command => self.command(command)?,
            };
            text.push(b'\n');
            let _ = line.answer.send(text); // to a client that may be gone
        }
        Ok(())
    }

    fn command(&mut self, line: &[u8]) -> Result<Vec<u8>> {
        let queued = self.begin(|r| r.command(line));
        let text = self.module.command(line)?;
        if let Some(r) = self.recording.borrow_mut().as_mut() {
            r.hash.piece(b'a', &text);
        }
        self.end(0, &queued);
        self.due = 0;
        Ok(text)
    }
}
