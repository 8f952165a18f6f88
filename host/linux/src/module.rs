//! The node's module under wasmtime: loading (with a cache of the compiled code), the check of its interface, and calls into it.

use crate::fail::{Fail, Result, fail};
use crate::memory::Memory;
use crate::ring::Abi;
use crate::trap;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use wasmtime::{Caller, Engine, ExternType, Instance, Linker, Store, TypedFunc, WasmParams, WasmResults};

/// What the module asks of its host, from within a call.
pub trait World {
    fn log(&mut self, level: u32, text: &[u8]);
    /// Bytes of `out` that were filled.
    fn entropy(&mut self, out: &mut [u8]) -> i32;
    fn store_read(&mut self, out: &mut [u8]) -> i32;
    fn store_write(&mut self, record: &[u8]);
    fn content_read(&mut self, offset: u32, out: &mut [u8]) -> i32;
}

struct Host {
    mem: Memory,
    world: Box<dyn World>,
}

pub struct Module {
    store: Store<Host>,
    pub abi: Abi,
    map: Option<PathBuf>,
    init: TypedFunc<(i32, i32), i32>,
    poll: TypedFunc<i64, i32>,
    status: TypedFunc<(), i32>,
    command: Option<TypedFunc<i32, i32>>,
}

const IMPORTS: [&str; 5] = ["log", "entropy", "store_read", "store_write", "content_read"];
const EXPORTS: [&str; 5] = ["memory", "abi", "init", "poll", "status"];

impl Module {
    /// Compiles (or takes from the cache) and instantiates the module. `map` is its source map, where there is one.
    pub fn load(path: &Path, map: Option<PathBuf>, world: Box<dyn World>) -> Result<Module> {
        let wasm = std::fs::read(path).map_err(|e| Fail::Other(format!("{}: {e}", path.display())))?;
        let engine = Engine::default();
        let module = compile(&engine, path, &wasm)?;
        check(&module).map_err(|e| Fail::Other(format!("{}: {e}", path.display())))?;
        let mut store = Store::new(&engine, Host { mem: Memory::NONE, world });
        let instance = linker(&engine)
            .and_then(|l| l.instantiate(&mut store, &module))
            .map_err(|e| Fail::Other(format!("{}: {e}", path.display())))?;
        let memory = instance.get_memory(&mut store, "memory").expect("checked export");
        let mem = Memory::new(memory.data_ptr(&store), memory.data_size(&store));
        store.data_mut().mem = mem;
        let map = map.or_else(|| Some(with_suffix(path, ".map")).filter(|p| p.exists()));
        let at = match func::<(), i32>(&instance, &mut store, "abi")?.call(&mut store, ()) {
            Ok(at) => at as u32,
            Err(e) => return Err(trap::report("abi()", &e, map.as_deref())),
        };
        Ok(Module {
            abi: Abi::new(mem, at)?,
            map,
            init: func(&instance, &mut store, "init")?,
            poll: func(&instance, &mut store, "poll")?,
            status: func(&instance, &mut store, "status")?,
            command: instance.get_func(&mut store, "command").and_then(|f| f.typed(&store).ok()),
            store,
        })
    }

    /// Hands the configuration over. The module's own error is returned as `Fail`.
    pub fn init(&mut self, config: &[u8]) -> Result<()> {
        let (at, buffer) = self.abi.config()?;
        if config.len() > buffer.len() {
            return fail(format!("the configuration has {} bytes, the module takes {}", config.len(), buffer.len()));
        }
        buffer[..config.len()].copy_from_slice(config);
        match self.init.call(&mut self.store, (at as i32, config.len() as i32)) {
            Ok(0) => Ok(()),
            Ok(e) => fail(format!("the module refuses the configuration: {} ({e})", error_name(e))),
            Err(e) => Err(trap::report("init()", &e, self.map.as_deref())),
        }
    }

    /// One poll; microseconds until the next, u32::MAX: only for frames.
    pub fn poll(&mut self, now: u64) -> Result<u32> {
        match self.poll.call(&mut self.store, now as i64) {
            Ok(wait) => Ok(wait as u32),
            Err(e) => Err(trap::report("poll()", &e, self.map.as_deref())),
        }
    }

    pub fn status(&mut self) -> Result<Vec<u8>> {
        match self.status.call(&mut self.store, ()) {
            Ok(n) => Ok(self.abi.text(n as u32)?.to_vec()),
            Err(e) => Err(trap::report("status()", &e, self.map.as_deref())),
        }
    }

    /// Runs a command; the inner error is the module's refusal as text.
    pub fn command(&mut self, text: &[u8]) -> Result<std::result::Result<Vec<u8>, String>> {
        let Some(command) = &self.command else {
            return Ok(Err("this module takes no commands".into()));
        };
        let (_, buffer) = self.abi.config()?;
        if text.len() > buffer.len() {
            return Ok(Err(format!("a command has at most {} bytes", buffer.len())));
        }
        buffer[..text.len()].copy_from_slice(text);
        match command.call(&mut self.store, text.len() as i32) {
            Ok(e) if e < 0 => Ok(Err(format!("{} ({e})", error_name(e)))),
            Ok(n) => Ok(Ok(self.abi.text(n as u32)?.to_vec())),
            Err(e) => Err(trap::report("command()", &e, self.map.as_deref())),
        }
    }
}

/// Names of core/err.
fn error_name(e: i32) -> &'static str {
    const NAMES: [&str; 12] = [
        "badMagic", "badVersion", "badLength", "badCrc", "badRecord", "tooMany", "noBuffer", "noRoute", "refused", "notFound", "later", "state",
    ];
    NAMES.get((-1i32).wrapping_sub(e) as usize).unwrap_or(&"unknown error")
}

fn func<P: WasmParams, R: WasmResults>(instance: &Instance, store: &mut Store<Host>, name: &str) -> Result<TypedFunc<P, R>> {
    instance.get_typed_func(&mut *store, name).map_err(|e| Fail::Other(format!("the module's export '{name}': {e}")))
}

/// Imports and exports are those of host/ABI.md, and the memory does not grow.
fn check(module: &wasmtime::Module) -> std::result::Result<(), String> {
    for i in module.imports() {
        if i.module() != "env" || !IMPORTS.contains(&i.name()) {
            return Err(format!("imports {}.{}, which this host does not offer (it offers env.{})", i.module(), i.name(), IMPORTS.join(", ")));
        }
    }
    for name in EXPORTS {
        if module.get_export(name).is_none() {
            return Err(format!("does not export '{name}': this is no HydraNet module"));
        }
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(m)) if m.maximum() == Some(m.minimum()) => Ok(()),
        _ => Err("its memory may grow; build it with equal initial and maximum size".into()),
    }
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<Host>> {
    let mut l = Linker::new(engine);
    l.func_wrap("env", "log", |mut c: Caller<'_, Host>, level: i32, p: i32, n: i32| {
        with(&mut c, "log", p, n, |w, b| w.log(level as u32, b))
    })?;
    l.func_wrap("env", "entropy", |mut c: Caller<'_, Host>, p: i32, n: i32| with(&mut c, "entropy", p, n, |w, b| w.entropy(b)))?;
    l.func_wrap("env", "store_read", |mut c: Caller<'_, Host>, p: i32, n: i32| with(&mut c, "store_read", p, n, |w, b| w.store_read(b)))?;
    l.func_wrap("env", "store_write", |mut c: Caller<'_, Host>, p: i32, n: i32| {
        with(&mut c, "store_write", p, n, |w, b| w.store_write(b))
    })?;
    l.func_wrap("env", "content_read", |mut c: Caller<'_, Host>, offset: i32, p: i32, n: i32| {
        with(&mut c, "content_read", p, n, |w, b| w.content_read(offset as u32, b))
    })?;
    Ok(l)
}

/// Calls the world with the n bytes at p; a range outside the memory traps.
fn with<R>(c: &mut Caller<'_, Host>, name: &str, p: i32, n: i32, f: impl FnOnce(&mut dyn World, &mut [u8]) -> R) -> wasmtime::Result<R> {
    let host = c.data_mut();
    let mem = host.mem;
    match mem.bytes_mut(p as u32, n as u32) {
        Some(bytes) => Ok(f(host.world.as_mut(), bytes)),
        None => Err(wasmtime::Error::msg(format!("{name}({:#x}, {}) is outside the memory", p as u32, n as u32))),
    }
}

/// `FILE.wasm` compiled, from `FILE.cwasm` where that was made from the same bytes by the same compiler.
fn compile(engine: &Engine, path: &Path, wasm: &[u8]) -> Result<wasmtime::Module> {
    let key = key(engine, wasm);
    let cache = path.with_extension("cwasm");
    if let Some(module) = cached(engine, &cache, &key) {
        return Ok(module);
    }
    let module = wasmtime::Module::new(engine, wasm).map_err(|e| Fail::Other(format!("{}: not a usable module: {e:#}", path.display())))?;
    save(&cache, &key, &module);
    Ok(module)
}

fn key(engine: &Engine, wasm: &[u8]) -> [u8; 8] {
    let mut h = std::collections::hash_map::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut h);
    wasm.hash(&mut h);
    h.finish().to_le_bytes()
}

/// Compiled code is not checked when it is loaded, so the file must be ours and nobody else's to write.
fn cached(engine: &Engine, cache: &Path, key: &[u8; 8]) -> Option<wasmtime::Module> {
    let meta = std::fs::metadata(cache).ok()?;
    // SAFETY: geteuid has no preconditions.
    if meta.uid() != unsafe { libc::geteuid() } || meta.mode() & 0o022 != 0 {
        return None;
    }
    let bytes = std::fs::read(cache).ok()?;
    let code = bytes.strip_prefix(key)?;
    // SAFETY: `save` wrote it for this key, and only this user can have changed it.
    unsafe { wasmtime::Module::deserialize(engine, code) }.ok()
}

/// A cache that cannot be written only costs the next start some time.
fn save(cache: &Path, key: &[u8; 8], module: &wasmtime::Module) {
    let Ok(code) = module.serialize() else { return };
    let temp = cache.with_extension(format!("cwasm.{}", std::process::id()));
    let written = write_private(&temp, &[key, &code]).and_then(|()| std::fs::rename(&temp, cache));
    if written.is_err() {
        let _ = std::fs::remove_file(&temp);
    }
}

fn write_private(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut f = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
    parts.iter().try_for_each(|p| f.write_all(p))?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    f.set_permissions(mode)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
