//! The content image.

#![allow(dead_code)]

#[path = "../src/content.rs"]
mod content;
#[path = "../src/fail.rs"]
mod fail;

use content::*;

#[test]
fn ranges_outside_the_image_are_refused() {
    let path = std::env::temp_dir().join(format!("hydranet-content-{}", std::process::id()));
    std::fs::write(&path, b"0123456789").unwrap();
    let c = Content::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut out = [0; 4];
    assert_eq!(c.read(6, &mut out), 4);
    assert_eq!(&out, b"6789");
    for offset in [7, 10, u32::MAX - 1] {
        assert_eq!(c.read(offset, &mut out), OUTSIDE);
    }
    assert_eq!(c.read(10, &mut []), 0);
    assert_eq!(c.read(11, &mut []), OUTSIDE);
}
