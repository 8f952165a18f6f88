//! Captures.

#![allow(dead_code)]

#[path = "../src/fail.rs"]
mod fail;
#[path = "../src/pcap.rs"]
mod pcap;
#[path = "../src/sink.rs"]
mod sink;

use pcap::*;

#[test]
fn file_is_what_pcap_readers_expect() {
    let path = std::env::temp_dir().join(format!("hydranet-pcap-{}", std::process::id()));
    let mut p = Pcap::create(&path).unwrap();
    p.frame(1_700_000_000_123_456_789, [&[1, 2, 3], &[4]]);
    drop(p);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let expected = [
        0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0, // file
        0x00, 0xf1, 0x53, 0x65, 0x15, 0xcd, 0x5b, 0x07, 4, 0, 0, 0, 4, 0, 0, 0, // frame
        1, 2, 3, 4,
    ];
    assert_eq!(bytes, expected);
}
