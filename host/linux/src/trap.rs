//! A trap's report: the functions on the stack, with source lines where the module's source map is at hand.

use crate::fail::Fail;
use crate::sourcemap::SourceMap;
use std::fmt::Write;
use std::path::Path;
use wasmtime::WasmBacktrace;

/// Text of what stopped `call`: a cause, then one line per frame, innermost first.
pub fn report(call: &str, error: &wasmtime::Error, map: Option<&Path>) -> Fail {
    let mut text = format!("the module trapped in {call}: {}", error.root_cause());
    let (map, trouble) = match map.map(SourceMap::read) {
        Some(Ok(m)) => (Some(m), None),
        Some(Err(e)) => (None, Some(e)),
        None => (None, Some("no source map beside the module".into())),
    };
    let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], |b| b.frames());
    for f in frames {
        let offset = f.module_offset().unwrap_or(0);
        let name = f.func_name().map_or(format!("function {}", f.func_index()), String::from);
        let place = map.as_ref().and_then(|m| m.find(offset as u32)).unwrap_or_else(|| format!("module offset {offset:#x}"));
        let _ = write!(text, "\n    at {name} ({place})");
    }
    if let Some(t) = trouble {
        let _ = write!(text, "\n    (source lines unknown: {t})");
    }
    Fail::Trap(text)
}
