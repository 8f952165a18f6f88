//! The command line.

use crate::fail::{Fail, Result};
use std::path::PathBuf;

pub const HELP: &str = "\
hydranet-host: runs a HydraNet node (a WebAssembly module) on Linux network interfaces

  hydranet-host --module FILE.wasm --config FILE.bin --iface NAME[=KIND] [--iface ...] [options]
  hydranet-host --replay FILE --module FILE.wasm

  --module FILE      the node's module
  --config FILE      its binary configuration
  --iface NAME       a network interface, in the order of the configuration; NAME=tap makes or takes a TAP device,
                     NAME=unix:OWN,PEER is a UNIX datagram socket, a frame per datagram (QEMU's -netdev dgram)
  --content FILE     content image that the module's services read
  --store FILE       where the node keeps its durable record
  --control PATH     UNIX socket that answers 'status' and the module's commands
  --sockets PATH     UNIX socket by which local programs use the node's TCP
  --pcap FILE        writes every frame, both directions, for Wireshark
  --record FILE      writes every input of the module, for --replay
  --replay FILE      feeds a recording again and compares the output of every poll
  --source-map FILE  names source lines in a trap's report (default: the module's name + .map)
  --log LEVEL        error, warning, info (default) or debug
  --name NODE        the node's name in log lines
  --pin CPU          runs on this processor only
  --spin US          microseconds of busy waiting after work (default 20, 0: none)
  --help, --version

Raw sockets need root or CAP_NET_RAW. SIGTERM and SIGINT end the node.
Exit status: 0 ended or replay equal, 1 failed or replay differs, 2 wrong command line, 70 the module trapped.
";

#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Iface {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Kind {
    Packet,
    Tap,
    /// Own path, and the other end's.
    Datagram(PathBuf, PathBuf),
}

#[derive(Debug, Default)]
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
    pub replay: Option<PathBuf>,
    pub source_map: Option<PathBuf>,
    pub log: Option<u32>,
    pub name: String,
    pub pin: Option<usize>,
    pub spin: u64,
    pub help: bool,
    pub version: bool,
}

/// Reads the words after the program's name.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Args> {
    let mut a = Args { name: "node".into(), spin: 20, ..Args::default() };
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let (option, inline) = match word.split_once('=') {
            Some((o, v)) if o.starts_with("--") => (o.to_string(), Some(v.to_string())),
            _ => (word, None),
        };
        match option.as_str() {
            "--help" | "-h" => { a.help = true; return Ok(a); }
            "--version" | "-V" => { a.version = true; return Ok(a); }
            _ => {}
        }
        if !KNOWN.contains(&option.as_str()) {
            return usage(format!("unknown option '{option}'"));
        }
        let value = match inline.or_else(|| words.next()) {
            Some(v) if !v.is_empty() => v,
            _ => return usage(format!("{option} needs a value")),
        };
        take(&mut a, &option, value)?;
    }
    check(a)
}

const KNOWN: [&str; 15] = [
    "--module", "--config", "--iface", "--content", "--store", "--control", "--sockets", "--pcap", "--record", "--replay", "--source-map", "--log",
    "--name", "--pin", "--spin",
];

fn take(a: &mut Args, option: &str, value: String) -> Result<()> {
    match option {
        "--module" => a.module = value.into(),
        "--config" => a.config = value.into(),
        "--iface" => a.ifaces.push(iface(&value)?),
        "--content" => a.content = Some(value.into()),
        "--store" => a.store = Some(value.into()),
        "--control" => a.control = Some(value.into()),
        "--sockets" => a.sockets = Some(value.into()),
        "--pcap" => a.pcap = Some(value.into()),
        "--record" => a.record = Some(value.into()),
        "--replay" => a.replay = Some(value.into()),
        "--source-map" => a.source_map = Some(value.into()),
        "--name" => a.name = value,
        "--log" => match crate::log::LEVELS.iter().position(|l| *l == value) {
            Some(l) => a.log = Some(l as u32),
            None => return usage(format!("--log {value}: expected error, warning, info or debug")),
        },
        "--pin" => a.pin = Some(number(option, &value, 1023)? as usize),
        _ => a.spin = number(option, &value, 10_000)?,
    }
    Ok(())
}

fn iface(value: &str) -> Result<Iface> {
    let (name, kind) = value.split_once('=').unwrap_or((value, ""));
    let bad = name.is_empty() || name.len() > 15 || name.contains(|c: char| c == '/' || c.is_whitespace());
    match kind {
        _ if bad => usage(format!("--iface {value}: an interface's name has 1 to 15 characters")),
        "" => Ok(Iface { name: name.into(), kind: Kind::Packet }),
        "tap" => Ok(Iface { name: name.into(), kind: Kind::Tap }),
        _ => match kind.strip_prefix("unix:").and_then(|p| p.split_once(',')) {
            Some((own, peer)) if !own.is_empty() && !peer.is_empty() => Ok(Iface { name: name.into(), kind: Kind::Datagram(own.into(), peer.into()) }),
            _ => usage(format!("--iface {value}: expected NAME, NAME=tap or NAME=unix:OWN,PEER")),
        },
    }
}

fn number(option: &str, value: &str, most: u64) -> Result<u64> {
    match value.parse() {
        Ok(n) if n <= most => Ok(n),
        _ => usage(format!("{option} {value}: expected a number from 0 to {most}")),
    }
}

fn check(a: Args) -> Result<Args> {
    if a.module.as_os_str().is_empty() {
        return usage("--module FILE.wasm is missing".into());
    }
    if a.replay.is_some() {
        return Ok(a);
    }
    if a.config.as_os_str().is_empty() {
        return usage("--config FILE.bin is missing".into());
    }
    if a.ifaces.is_empty() {
        return usage("--iface NAME is missing: name one per interface of the configuration".into());
    }
    Ok(a)
}

fn usage<T>(text: String) -> Result<T> {
    Err(Fail::Usage(format!("{text} (--help lists the options)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Args> {
        parse(text.split(' ').map(String::from))
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let a = words("--module m.wasm --config=c.bin --iface eth0 --iface t0=tap --iface u0=unix:/a,/b --spin 50 --log debug").unwrap();
        assert_eq!(a.ifaces, [
            Iface { name: "eth0".into(), kind: Kind::Packet },
            Iface { name: "t0".into(), kind: Kind::Tap },
            Iface { name: "u0".into(), kind: Kind::Datagram("/a".into(), "/b".into()) },
        ]);
        assert_eq!((a.spin, a.log), (50, Some(3)));
    }

    #[test]
    fn wrong_words_are_refused_by_name() {
        for (line, named) in [
            ("--modul m", "--modul"),
            ("--module", "needs a value"),
            ("--module m --config c", "--iface"),
            ("--module m --iface e", "--config"),
            ("--module m --config c --iface e=x", "NAME=tap"),
            ("--module m --config c --iface e=unix:/a", "OWN,PEER"),
            ("--module m --config c --iface e --log loud", "loud"),
            ("--module m --config c --iface e --spin -1", "--spin"),
        ] {
            let e = words(line).unwrap_err();
            assert!(e.text().contains(named) && e.status() == 2, "{line}: {}", e.text());
        }
    }
}
