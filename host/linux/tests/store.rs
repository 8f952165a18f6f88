//! The durable record.

#![allow(dead_code)]

#[path = "../src/fail.rs"]
mod fail;
#[path = "../src/store.rs"]
mod store;
#[path = "../src/wake.rs"]
mod wake;

use std::sync::Arc;
use store::*;
use wake::Wake;

#[test]
fn the_last_record_written_is_read_again() {
    let path = std::env::temp_dir().join(format!("hydranet-store-{}", std::process::id()));
    let done = Arc::new(Done::default());
    let s = Store::open(&path, done.clone(), Wake::new().unwrap()).unwrap();
    assert!(s.record.is_empty());
    s.write(b"one");
    s.write(b"two");
    s.write(&[0; RECORD + 1]);
    drop(s);
    assert_eq!(done.get(), [2, 1]);
    let s = Store::open(&path, done, Wake::new().unwrap()).unwrap();
    assert_eq!(s.record, b"two");
    drop(s);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_file_that_is_no_record_is_refused() {
    let path = std::env::temp_dir().join(format!("hydranet-store-big-{}", std::process::id()));
    std::fs::write(&path, [0; RECORD + 1]).unwrap();
    let r = Store::open(&path, Arc::default(), Wake::new().unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(r.is_err());
}
