//! Runs a HydraNet node, a WebAssembly module, on Linux: moves frames between its rings and network interfaces, gives it the time, keeps its
//! record, hands out content. host/ABI.md is the contract.

mod args;
mod clock;
mod content;
mod control;
mod datagram;
mod fail;
mod live;
mod log;
mod memory;
mod module;
mod nic;
mod offload;
mod packet;
mod pcap;
mod record;
mod replay;
mod ring;
mod rpc;
mod run;
mod sched;
mod sink;
mod sourcemap;
mod store;
mod tap;
mod trap;
mod wake;

fn main() {
    let result = args::parse(std::env::args().skip(1)).and_then(|args| match () {
        _ if args.help => { print!("{}", args::HELP); Ok(()) }
        _ if args.version => { println!("hydranet-host {} (host ABI 1)", env!("CARGO_PKG_VERSION")); Ok(()) }
        _ => match &args.replay {
            Some(recording) => replay::replay(recording, &args),
            None => run::run(&args),
        },
    });
    if let Err(e) = result {
        eprintln!("hydranet-host: {}", e.text());
        std::process::exit(e.status());
    }
}
