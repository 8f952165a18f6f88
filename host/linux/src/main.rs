//! Runs a HydraNet node, a WebAssembly module, on Linux: moves frames between its rings and network interfaces, gives it the time, keeps its
//! record, hands out content. host/ABI.md is the contract. Started by tools/host.ts, which knows what to write on the command line.

mod args;
mod clock;
mod compiled;
mod content;
mod control;
mod datagram;
mod fail;
mod gso;
mod log;
mod memory;
mod module;
mod nic;
mod offload;
mod packet;
mod pcap;
mod qdisc;
mod record;
mod ring;
mod rpc;
mod run;
mod sched;
mod sink;
mod store;
mod tap;
mod wake;
mod world;

use fail::Fail;

fn main() {
    if let Err(e) = args::parse(std::env::args().skip(1)).and_then(|args| run::run(&args)) {
        match &e {
            // Taken from here by tools/host.ts, which finds the source lines.
            Fail::Trap(t) => println!("hydranet-host: {t}"),
            e => eprintln!("hydranet-host: {}", e.text()),
        }
        std::process::exit(e.status());
    }
}
