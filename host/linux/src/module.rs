//! The node's module under wasmtime: the check of its interface, and calls into it.

use crate::compiled;
use crate::fail::{Fail, Result, because, fail};
use crate::memory::Memory;
use crate::ring::Abi;
use crate::world::World;
use std::fmt::Write;
use std::path::Path;
use wasmtime::{Caller, Engine, Linker, Store, TypedFunc, WasmBacktrace};

pub struct Module {
    store: Store<World>,
    pub abi: Abi,
    init: TypedFunc<(i32, i32), i32>,
    poll: TypedFunc<i64, i32>,
    status: TypedFunc<(), i32>,
    command: Option<TypedFunc<i32, i32>>,
}

impl Module {
    pub fn load(path: &Path, world: World) -> Result<Module> {
        let engine = Engine::default();
        let module = compiled::load(&engine, path)?;
        let wrong = |e| because(path.display(), e);
        let mut store = Store::new(&engine, world);
        let instance = linker(&engine).and_then(|l| l.instantiate(&mut store, &module)).map_err(wrong)?;
        let memory = instance.get_memory(&mut store, "memory").filter(|m| m.ty(&store).maximum() == Some(m.ty(&store).minimum()));
        let memory = memory.ok_or_else(|| because(path.display(), "exports no 'memory' of a fixed size: this is no HydraNet module"))?;
        let mem = Memory::new(memory.data_ptr(&store), memory.data_size(&store));
        store.data_mut().mem = mem;
        let at: i32 = instance.get_typed_func(&mut store, "abi").map_err(wrong)?.call(&mut store, ()).map_err(|e| trap("abi", &e))?;
        Ok(Module {
            abi: Abi::new(mem, at as u32)?,
            init: instance.get_typed_func(&mut store, "init").map_err(wrong)?,
            poll: instance.get_typed_func(&mut store, "poll").map_err(wrong)?,
            status: instance.get_typed_func(&mut store, "status").map_err(wrong)?,
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
        match self.init.call(&mut self.store, (at as i32, config.len() as i32)).map_err(|e| trap("init", &e))? {
            0 => Ok(()),
            e => fail(format!("the module refuses the configuration: error {e}")),
        }
    }

    /// One poll; microseconds until the next, u32::MAX: only for frames.
    pub fn poll(&mut self, now: u64) -> Result<u32> {
        self.poll.call(&mut self.store, now as i64).map(|wait| wait as u32).map_err(|e| trap("poll", &e))
    }

    pub fn status(&mut self) -> Result<Vec<u8>> {
        let n = self.status.call(&mut self.store, ()).map_err(|e| trap("status", &e))?;
        self.abi.text(n as u32).map(<[u8]>::to_vec)
    }

    /// Runs a command; its answer, or that it was refused.
    pub fn command(&mut self, text: &[u8]) -> Result<Vec<u8>> {
        let Some(command) = &self.command else {
            return Ok(b"error: this module takes no commands".into());
        };
        let (_, buffer) = self.abi.config()?;
        if text.len() > buffer.len() {
            return Ok(format!("error: a command has at most {} bytes", buffer.len()).into());
        }
        buffer[..text.len()].copy_from_slice(text);
        match command.call(&mut self.store, text.len() as i32).map_err(|e| trap("command", &e))? {
            e if e < 0 => Ok(format!("error: {e}").into()),
            n => self.abi.text(n as u32).map(<[u8]>::to_vec),
        }
    }
}

/// What stopped a call, and one line per function on the stack, innermost first. tools/build/trap.ts finds the source lines.
fn trap(call: &str, error: &wasmtime::Error) -> Fail {
    let mut text = format!("the module trapped in {call}(): {}", error.root_cause());
    for f in error.downcast_ref::<WasmBacktrace>().map_or(&[][..], |b| b.frames()) {
        let name = f.func_name().map_or(format!("function {}", f.func_index()), String::from);
        let _ = write!(text, "\n    at {name} (module offset {:#x})", f.module_offset().unwrap_or(0));
    }
    Fail::Trap(text)
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<World>> {
    let mut l = Linker::new(engine);
    l.func_wrap("env", "log", |c: Caller<World>, level: i32, p: i32, n: i32| range(&c, p, n).map(|b| c.data().log(level as u32, b)))?;
    l.func_wrap("env", "entropy", |c: Caller<World>, p: i32, n: i32| range(&c, p, n).map(|b| c.data().entropy(b)))?;
    l.func_wrap("env", "store_read", |c: Caller<World>, p: i32, n: i32| range(&c, p, n).map(|b| c.data().store_read(b)))?;
    l.func_wrap("env", "store_write", |c: Caller<World>, p: i32, n: i32| range(&c, p, n).map(|b| c.data().store_write(b)))?;
    l.func_wrap("env", "content_read", |c: Caller<World>, offset: i32, p: i32, n: i32| {
        range(&c, p, n).map(|b| c.data().content_read(offset as u32, b))
    })?;
    Ok(l)
}

/// The n bytes at p, which the module lends to an import that it calls; outside the memory it traps.
fn range<'a>(c: &'a Caller<World>, p: i32, n: i32) -> wasmtime::Result<&'a mut [u8]> {
    let outside = || wasmtime::Error::msg(format!("{} bytes at {:#x} are outside the memory", n as u32, p as u32));
    c.data().mem.bytes_mut(p as u32, n as u32).ok_or_else(outside)
}
