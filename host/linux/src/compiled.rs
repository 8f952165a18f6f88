//! Compiled code of a module, kept beside it: `FILE.wasm` in `FILE.cwasm`, so that a node that starts again is there at once.

use crate::fail::{Result, because};
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use wasmtime::{Engine, Module};

/// The module of a file, from the cache where that was made from the same bytes by the same compiler.
pub fn load(engine: &Engine, path: &Path) -> Result<Module> {
    let wasm = std::fs::read(path).map_err(|e| because(path.display(), e))?;
    let mut h = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut h);
    wasm.hash(&mut h);
    let (cache, key) = (path.with_extension("cwasm"), h.finish().to_le_bytes());
    if let Some(module) = cached(engine, &cache, &key) {
        return Ok(module);
    }
    let module = Module::new(engine, wasm).map_err(|e| because(path.display(), format!("not a usable module: {e:#}")))?;
    // A cache that cannot be written only costs the next start some time.
    let _ = save(&cache, &key, &module);
    Ok(module)
}

/// Compiled code is not checked when it is loaded, so the file must be ours and nobody else's to write.
fn cached(engine: &Engine, cache: &Path, key: &[u8; 8]) -> Option<Module> {
    let meta = std::fs::metadata(cache).ok()?;
    // SAFETY: geteuid has no preconditions.
    if meta.uid() != unsafe { libc::geteuid() } || meta.mode() & 0o022 != 0 {
        return None;
    }
    let bytes = std::fs::read(cache).ok()?;
    // SAFETY: `save` wrote it for this key, and only this user can have changed it.
    unsafe { Module::deserialize(engine, bytes.strip_prefix(key)?) }.ok()
}

fn save(cache: &Path, key: &[u8; 8], module: &Module) -> wasmtime::Result<()> {
    let code = module.serialize()?;
    let temp = cache.with_extension(format!("cwasm.{}", std::process::id()));
    let mut f = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temp)?;
    let written = f.write_all(key).and_then(|()| f.write_all(&code)).and_then(|()| std::fs::rename(&temp, cache));
    if written.is_err() {
        let _ = std::fs::remove_file(&temp);
    }
    Ok(written?)
}
