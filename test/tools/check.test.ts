// The check of built modules: each forbidden thing is found, with its place, and nothing else is.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { compile, ROOT } from "../../tools/asc.ts";
import { type Abi, readAbi } from "../../tools/build/abi.ts";
import { checkCode, checkInterface, recursion } from "../../tools/build/check.ts";
import { refused } from "../../tools/build/imports.ts";
import { counterNames } from "../../tools/build/counters.ts";
import { SourceMap } from "../../tools/build/sourcemap.ts";
import { parse } from "../../tools/build/wasm.ts";

async function built<T>(source: string, f: (wasm: string) => T | Promise<T>, flags: string[] = []): Promise<T> {
  mkdirSync(path.join(ROOT, "build"), { recursive: true });
  const dir = mkdtempSync(path.join(ROOT, "build/check-"));
  try {
    writeFileSync(path.join(dir, "m.ts"), source);
    await compile({ entry: path.relative(ROOT, path.join(dir, "m.ts")), out: path.join(dir, "m.wasm"), memoryKiB: 64, flags });
    return await f(path.join(dir, "m.wasm"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const findings = (source: string, flags?: string[]): Promise<string[]> => built(source, async wasm => {
  const m = parse(readFileSync(wasm));
  return [...checkCode(m, SourceMap.read(`${wasm}.map`)), ...recursion(m)];
}, flags);

const BAD: [string, string, RegExp][] = [
  ["f64", "export function f(a: u32): u32 {\n  return <u32>(<f64>a * 1.5);\n}", /m\.ts:2 .*floating point|floating point/],
  ["a float constant in memory", "export function f(p: usize): void { store<f32>(p, 1.5); }", /floating point/],
  ["64-bit division", "export function f(a: u64, b: u64): u64 {\n\n  return a / b;\n}", /m\.ts:3 .*i64\.div_u/],
  ["64-bit remainder", "export function f(a: i64, b: i64): i64 { return a % b; }", /i64\.rem_s/],
  ["wide 64-bit multiplication", "export function f(a: u64, b: u32): u64 { return a * <u64>b; }", /i64\.mul of a value that is not zero-extended/],
  ["a product of a product", "export function f(a: u32, b: u32): u64 { return <u64>a * b * b; }", /i64\.mul/],
  ["a sign-extended factor", "export function f(a: i32, b: u32): i64 { return <i64>a * <i64>b; }", /i64\.mul/],
  ["memory.grow", "export function f(): i32 { return memory.grow(1); }", /memory\.grow/],
  ["the allocator", "class A { x: u32 = 1; }\nexport function f(): usize { return changetype<usize>(new A()); }", /~lib\/rt\/.*allocat/],
  ["recursion", "export function f(a: u32): u32 { return a < 2 ? a : f(a - 1) + f(a - 2); }", /recursion: .*f -> .*f/],
  ["recursion of two", "let n: u32 = 0;\nfunction g(a: u32): void { n++; if (a > 3) f(a / 3); n--; }\nexport function f(a: u32): void { n++; if (a) g(a - 1); n += n; }", /recursion/],
];

for (const [what, source, says] of BAD) {
  test(`${what} is found`, async () => { const out = await findings(source); assert.ok(out.some(l => says.test(l)), out.join("\n") || "nothing found"); });
}

test("recursion through the table is found", async () => {
  const source = "let n: u32 = 0;\nfunction g(a: u32): u32 { return a ? f(a - 1) : 1; }\nfunction h(a: u32): u32 { return a; }\nexport function f(a: u32): u32 { const t = n ? g : h; n++; return call_indirect<u32>(changetype<u32>(load<u32>(changetype<usize>(t))), a); }";
  assert.ok((await findings(source)).some(l => /recursion/.test(l)));
});

test("vectors are found", async () => {
  const out = await findings("export function f(p: usize): void { v128.store(p, v128.load(p + 16)); }", ["--enable", "simd"]);
  assert.ok(out.some(l => /v128/.test(l)), out.join());
});

test("what is allowed passes", async () => {
  assert.deepEqual(await findings(`
    export function mul(a: u32, b: u32): u64 { return <u64>a * <u64>b; }
    export function local(a: u32, b: u32, n: u32): u64 { let s: u64 = 0; for (let i: u32 = 0; i < n; i++) { const x = <u64>(a + i), y = <u64>b & 0xffff; s += x * y; } return s; }
    export function high(a: u64, b: u32): u64 { return (a >> 32) * b + (a & 0xffffffff) * <u64>b; }
    export function loaded(p: usize): u64 { return <u64>load<u32>(p) * load<u16>(p + 4); }
    export function add(a: u64, b: u64): u64 { return a + b ^ a << 3; }
    export function div(a: u32, b: u32): u32 { return a / b; }
    export function copy(p: usize, q: usize, n: u32): void { memory.copy(p, q, n); memory.fill(p, 0, n); }`), []);
});

test("imports and exports are those of host/ABI.md", async () => {
  const abi = await readAbi();
  assert.deepEqual([...abi.imports.keys()].sort(), ["content_read", "entropy", "log", "store_read", "store_write"]);
  const small: Abi = { imports: abi.imports, exports: new Map([["memory", "memory"], ["poll", abi.exports.get("poll")!]]) };
  const out = await built(`@external("env", "log") declare function log(l: i32, p: i32, n: i32): void;
    @external("env", "entropy") declare function entropy(p: i32): i32;
    @external("env", "reboot") declare function reboot(): void;
    export function poll(now: u32): i32 { log(1, 2, 3); reboot(); return entropy(4); }`, wasm => checkInterface(parse(readFileSync(wasm)), small));
  assert.equal(out.length, 3, out.join("\n"));
  assert.match(out.join("\n"), /imports env\.reboot .*not in host\/ABI\.md/);
  assert.match(out.join("\n"), /imports entropy as \(i32\) -> i32, host\/ABI\.md has \(i32, i32\) -> i32/);
  assert.match(out.join("\n"), /exports poll as \(i32\) -> i32, host\/ABI\.md has \(i64\) -> i32/);
});

test("a start function is found", async () => {
  const out = await built("export let a: u32 = f();\nfunction f(): u32 { return load<u32>(8); }", wasm => checkInterface(parse(readFileSync(wasm)), { imports: new Map(), exports: new Map() }));
  assert.match(out.join("\n"), /start function/);
});

test("folders import only what stands left of them", () => {
  for (const [file, target, ok] of [
    ["tcp/input.ts", "../net/ip", true], ["tcp/input.ts", "./conn", true], ["net/ip.ts", "../tcp/conn", false], ["tcp/input.ts", "../ft/chain", false],
    ["core/frame.ts", "../env", false], ["node/host.ts", "../env", true], ["nic/ne2000.ts", "../env", true], ["nic/ne2000.ts", "../net/eth", false],
    ["service/echo.ts", "./api", true], ["service/echo.ts", "../core/bytes", true], ["service/echo.ts", "../tcp/conn", false], ["service/echo.ts", "../ft/api", false],
    ["service/http/server.ts", "../api", true], ["tcp/input.ts", "../../boards/unit/sizes", false], ["core/sizes.ts", "../../boards/unit/sizes", true],
    ["redirector/copy.ts", "../manage/manager", true], ["manage/agent.ts", "../redirector/copy", false],
  ] as const) assert.equal(refused(file, target) === undefined, ok, `${file} imports ${target}`);
});

test("every counter has a name of its own", async () => {
  const names = Object.values(await counterNames());
  assert.ok(names.includes("core.noFrame") && names.includes("core.txFull"));
  assert.equal(new Set(names).size, names.length);
});
