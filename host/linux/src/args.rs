//! The command line: pairs of an option and its value. Whoever starts the host has checked what people typed.

use crate::fail::{Fail, Result};
use crate::log::{INFO, LEVELS};
use std::path::PathBuf;

const HELP: &str = "\
hydranet-host --module FILE.wasm --config FILE.bin --iface NAME[=tap|=unix:OWN,PEER] ... (in the configuration's order) [--content FILE] [--store FILE]
  [--control PATH] [--sockets PATH] [--pcap FILE] [--record FILE] [--log LEVEL] [--name NODE] [--pin CPU] [--spin MICROSECONDS]
Exit status: 0 ended by SIGTERM or SIGINT, 1 failed, 2 wrong command line, 70 the module trapped.";

pub struct Iface {
    pub name: String,
    pub kind: Kind,
}

pub enum Kind {
    Packet,
    Tap,
    /// Own path, and the other end's.
    Datagram(PathBuf, PathBuf),
}

#[derive(Default)]
pub struct Args {
    pub module: PathBuf,
    pub config: PathBuf,
    pub ifaces: Vec<Iface>,
    pub content: Option<PathBuf>,
    pub store: Option<PathBuf>,
    pub control: Option<PathBuf>,
    pub sockets: Option<PathBuf>,
    pub pcap: Option<PathBuf>,
    pub record: Option<PathBuf>,
    pub log: u32,
    pub name: String,
    pub pin: Option<usize>,
    /// Microseconds of busy waiting after work; 0: none.
    pub spin: u64,
}

/// Reads the words after the program's name.
pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Args> {
    let mut a = Args { name: "node".into(), log: INFO, spin: 20, ..Args::default() };
    while let Some(option) = words.next() {
        let value = words.next().unwrap_or_default();
        if !take(&mut a, &option, &value) {
            return Err(Fail::Usage(format!("'{option} {value}' is not understood\n{HELP}")));
        }
    }
    if a.ifaces.is_empty() { Err(Fail::Usage(format!("--iface is missing\n{HELP}"))) } else { Ok(a) }
}

/// False where the option is unknown or the value makes no sense.
fn take(a: &mut Args, option: &str, value: &str) -> bool {
    let path = || Some(PathBuf::from(value));
    match option {
        "--module" => a.module = value.into(),
        "--config" => a.config = value.into(),
        "--iface" => return iface(value).map(|i| a.ifaces.push(i)).is_some(),
        "--content" => a.content = path(),
        "--store" => a.store = path(),
        "--control" => a.control = path(),
        "--sockets" => a.sockets = path(),
        "--pcap" => a.pcap = path(),
        "--record" => a.record = path(),
        "--name" => a.name = value.into(),
        "--log" => return LEVELS.iter().position(|l| *l == value).map(|l| a.log = l as u32).is_some(),
        "--pin" => return value.parse().map(|v| a.pin = Some(v)).is_ok(),
        "--spin" => return value.parse().map(|v| a.spin = v).is_ok(),
        _ => return false,
    }
    !value.is_empty()
}

fn iface(value: &str) -> Option<Iface> {
    let (name, kind) = value.split_once('=').unwrap_or((value, ""));
    let kind = match kind {
        "" => Kind::Packet,
        "tap" => Kind::Tap,
        _ => kind.strip_prefix("unix:")?.split_once(',').map(|(own, peer)| Kind::Datagram(own.into(), peer.into()))?,
    };
    (!name.is_empty()).then(|| Iface { name: name.into(), kind })
}
