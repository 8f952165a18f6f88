//! Feeds a recording to a module again and compares what it gives back, call by call (docs/record.md).

use crate::args::Args;
use crate::fail::{Fail, Result, fail};
use crate::log::Log;
use crate::module::{Module, World};
use crate::record::{self, Hash, MAGIC, SIDE, kind};
use crate::ring::Ring;
use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

/// One entry of the file.
#[derive(Clone, Copy)]
struct Entry<'a> {
    kind: u8,
    body: &'a [u8],
}

/// The recording, and the place in it. Shared with the imports, which take their answers from it.
struct Tape {
    bytes: Vec<u8>,
    at: usize,
    hash: Hash,
    /// An import was called that the recording has no answer for.
    strayed: bool,
}

impl Tape {
    /// The next entry without taking it; None at the end or in a cut entry.
    fn peek(&self) -> Option<Entry<'_>> {
        let head = self.bytes.get(self.at..self.at + 5)?;
        let n = u32::from_le_bytes(head[1..].try_into().ok()?) as usize;
        Some(Entry { kind: head[0], body: self.bytes.get(self.at + 5..(self.at + 5).checked_add(n)?)? })
    }

    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        let (kind, body) = self.peek().map(|e| (e.kind, e.body.to_vec()))?;
        self.at += 5 + body.len();
        Some((kind, body))
    }

    /// The recorded answer to an import, and what it fills in.
    fn answer(&mut self, kind: u8, out: &mut [u8]) -> i32 {
        if self.peek().is_none_or(|e| e.kind != kind || e.body.len() < 4 || e.body.len() - 4 > out.len()) {
            self.strayed = true;
            return -1;
        }
        let (_, body) = self.next().expect("just seen");
        out[..body.len() - 4].copy_from_slice(&body[4..]);
        i32::from_le_bytes(body[..4].try_into().expect("four bytes"))
    }
}

struct Played {
    tape: Rc<RefCell<Tape>>,
    log: Log,
}

impl World for Played {
    fn log(&mut self, level: u32, text: &[u8]) {
        self.tape.borrow_mut().hash.piece(b'l', text);
        self.log.line(level, &String::from_utf8_lossy(text));
    }

    fn entropy(&mut self, out: &mut [u8]) -> i32 {
        self.tape.borrow_mut().answer(kind::ENTROPY, out)
    }

    fn store_read(&mut self, out: &mut [u8]) -> i32 {
        self.tape.borrow_mut().answer(kind::STORE_READ, out)
    }

    fn store_write(&mut self, record: &[u8]) {
        self.tape.borrow_mut().hash.piece(b's', record);
    }

    fn content_read(&mut self, _offset: u32, out: &mut [u8]) -> i32 {
        self.tape.borrow_mut().answer(kind::CONTENT, out)
    }
}

struct Player {
    tape: Rc<RefCell<Tape>>,
    module: Module,
    rings: Vec<Ring>,
    ifaces: usize,
    polls: u64,
    commands: u64,
}

/// Replays the whole file. An error names the first call whose output differs.
pub fn replay(path: &Path, args: &Args) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|e| Fail::Other(format!("{}: {e}", path.display())))?;
    if bytes.len() < 12 || !bytes.starts_with(MAGIC) {
        return fail(format!("{}: this is no recording of --record", path.display()));
    }
    let ifaces = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes")) as usize;
    let tape = Rc::new(RefCell::new(Tape { bytes, at: 12, hash: Hash::new(), strayed: false }));
    let log = Log { name: args.name.clone(), limit: args.log.unwrap_or(crate::log::ERROR) };
    let world = Box::new(Played { tape: tape.clone(), log });
    let module = Module::load(&args.module, args.source_map.clone(), world)?;
    let mut player = Player { tape, module, rings: Vec::new(), ifaces, polls: 0, commands: 0 };
    player.play()?;
    println!("replay equal: {} polls, {} commands", player.polls, player.commands);
    Ok(())
}

impl Player {
    fn play(&mut self) -> Result<()> {
        loop {
            let next = self.tape.borrow_mut().next();
            let Some((kind, body)) = next else { break };
            match kind {
                kind::INIT if self.rings.is_empty() => self.init(&body)?,
                kind::FRAME => self.frame(&body)?,
                kind::STATE => self.state(&body)?,
                kind::PORT if self.module.abi.ports()?.replay(&body)? => {}
                kind::POLL => self.poll(&body)?,
                kind::COMMAND => self.command(&body)?,
                _ => return self.malformed(),
            }
        }
        let (at, size) = { let t = self.tape.borrow(); (t.at, t.bytes.len()) };
        if at != size {
            eprintln!("hydranet-host: the recording ends in the middle of an entry (the node was killed); replayed as far as it goes");
        }
        Ok(())
    }

    fn init(&mut self, config: &[u8]) -> Result<()> {
        self.tape.borrow_mut().hash = Hash::new();
        self.module.init(config)?;
        self.rings = self.module.abi.rings(self.ifaces)?;
        self.compare(0, "init".into())
    }

    fn frame(&mut self, body: &[u8]) -> Result<()> {
        let ring = body.first().and_then(|&i| self.rings.get(i as usize)).copied();
        let Some(ring) = ring else { return self.malformed() };
        if ring.free()? == 0 || body.len() - 1 > ring.buf_size as usize {
            return fail(format!("replay differs before poll {}: the module posted fewer buffers than in the recording", self.polls + 1));
        }
        ring.put(&body[1..])
    }

    fn state(&mut self, body: &[u8]) -> Result<()> {
        if body.len() != 8 + SIDE * self.ifaces || self.rings.len() != self.ifaces {
            return self.malformed();
        }
        let word = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().expect("four bytes"));
        self.module.abi.set_store(word(0), word(4));
        for (ring, b) in self.rings.iter().zip(body[8..].chunks(SIDE)) {
            ring.set_host_side(&record::side(b));
        }
        Ok(())
    }

    fn poll(&mut self, body: &[u8]) -> Result<()> {
        let Ok(now) = body.try_into().map(u64::from_le_bytes) else { return self.malformed() };
        self.polls += 1;
        let queued = self.begin();
        let wait = self.module.poll(now)?;
        self.hash_frames(&queued);
        self.compare(wait, format!("poll {} at {now} us", self.polls))
    }

    fn command(&mut self, text: &[u8]) -> Result<()> {
        self.commands += 1;
        let queued = self.begin();
        let answer = match self.module.command(text)? {
            Ok(text) => text,
            Err(e) => format!("error: {e}").into_bytes(),
        };
        self.tape.borrow_mut().hash.piece(b'a', &answer);
        self.hash_frames(&queued);
        self.compare(0, format!("command '{}' after poll {}", String::from_utf8_lossy(text), self.polls))
    }

    fn begin(&mut self) -> Vec<u32> {
        self.tape.borrow_mut().hash = Hash::new();
        self.rings.iter().map(|r| r.tx_queued()).collect()
    }

    fn hash_frames(&mut self, queued: &[u32]) {
        let mut tape = self.tape.borrow_mut();
        for (i, (ring, &from)) in self.rings.iter().zip(queued).enumerate() {
            tape.hash.frames(i as u8, ring, from);
        }
    }

    /// Takes the END entry of a call and compares. A recording that stops here (the module trapped, or was killed) has none.
    fn compare(&mut self, result: u32, call: String) -> Result<()> {
        let mut tape = self.tape.borrow_mut();
        if tape.strayed {
            return fail(format!("replay differs in {call}: the module asked its host for something that it did not ask for in the recording"));
        }
        let got = [&result.to_le_bytes()[..], &tape.hash.value().to_le_bytes()].concat();
        match tape.next() {
            None => Ok(()),
            Some((kind::END, want)) if want == got => Ok(()),
            Some((kind::END, want)) if want.len() == got.len() && want[..4] != got[..4] => {
                let was = u32::from_le_bytes(want[..4].try_into().expect("four bytes"));
                fail(format!("replay differs in {call}: it returned {result}, recorded {was}"))
            }
            Some((kind::END, _)) => fail(format!("replay differs in {call}: other frames, log lines or records than recorded")),
            Some(_) => fail(format!("replay differs in {call}: the module asked its host for less than in the recording")),
        }
    }

    fn malformed(&self) -> Result<()> {
        fail(format!("the recording is malformed after poll {}", self.polls))
    }
}
