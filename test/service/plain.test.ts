// Echo, discard, chargen and the ttcp services as a module of their own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Host, Kind, serviceModule } from "./host.ts";

const module = await serviceModule();
const host = (kind: number, params?: number[]): Host => new Host(module, { kind, params });

test("services import nothing but the interface", () => {
  const names = WebAssembly.Module.imports(module).map(i => `${i.module}.${i.name}`);
  assert.ok(names.length > 0);
  for (const n of names) assert.match(n, /^hydranet\.(recv|skip|unread|send|room|close|abort|set_timer|now|random|param|content|content_size)$/);
});

test("echo returns what came and closes after the client", () => {
  const p = host(Kind.echo).connect();
  p.send("hello ").send("world");
  assert.equal(p.text, "hello world");
  assert.equal(p.closed, false);
  p.end();
  assert.equal(p.closed, true);
});

test("echo leaves unread what it has no room to return", () => {
  const p = host(Kind.echo).connect(0, 3);
  p.send("abcdefgh").end();
  assert.equal(p.text, "abc");
  assert.equal(p.unread, 5);
  assert.equal(p.closed, false);
  for (let i = 0; i < 4; i++) p.free(1);
  assert.equal(p.text, "abcdefg");
  assert.equal(p.closed, false);
  p.free(100);
  assert.equal(p.text, "abcdefgh");
  assert.equal(p.closed, true);
  p.free(1);
});

test("connections do not mix", () => {
  const h = host(Kind.echo), a = h.connect(1, 2), b = h.connect(2);
  a.send("aaaa");
  b.send("bbbb");
  a.free(9);
  assert.deepEqual([a.text, b.text], ["aaaa", "bbbb"]);
});

test("discard says nothing and closes after the client", () => {
  const p = host(Kind.discard).connect();
  p.send(Buffer.alloc(100_000, 1));
  assert.equal(p.unread, 0);
  p.end();
  assert.equal(p.text, "");
  assert.equal(p.closed, true);
});

/** The first n bytes of RFC 864's stream. */
function chargen(n: number): string {
  let out = "";
  for (let line = 0; out.length < n; line++) {
    for (let k = 0; k < 72; k++) out += String.fromCharCode(32 + (line + k) % 95);
    out += "\r\n";
  }
  return out.slice(0, n);
}

for (const steps of [[1], [73, 1, 74], [5000], [2737, 2738, 2739], [7, 11, 13]]) {
  test(`chargen sends the same stream in steps of ${steps}`, () => {
    const p = host(Kind.chargen).connect(0, 0);
    for (let i = 0; p.bytes.length < 15_000; i++) p.free(steps[i % steps.length]);
    assert.equal(p.text, chargen(p.bytes.length));
    p.send("anything").end();
    assert.equal(p.unread, 0);
    assert.equal(p.closed, true);
    p.free(100);
  });
}

/** The ttcp pattern's first n bytes, made the slow way. */
export function pattern(seed: number, n: number): Buffer {
  const b = Buffer.alloc(n + 3 & ~3);
  for (let i = 0; i < b.length / 4; i++) {
    let x = seed + Math.imul(i, 0x9e3779b9) >>> 0;
    x = Math.imul(x ^ x >>> 16, 0x85ebca6b) >>> 0;
    x = Math.imul(x ^ x >>> 13, 0xc2b2ae35) >>> 0;
    b.writeUInt32LE((x ^ x >>> 16) >>> 0, 4 * i);
  }
  return b.subarray(0, n);
}

for (const [size, step] of [[1, 1], [4, 3], [10_001, 1], [10_001, 7], [100_000, 4093], [100_000, 65_536]]) {
  test(`ttcp source sends ${size} bytes of its pattern in steps of ${step} and closes`, () => {
    const p = host(Kind.ttcpSource, [size, 99]).connect(0, 0);
    for (let i = 0; i < size && !p.closed; i += step) p.free(step);
    assert.equal(p.closed, true);
    assert.ok(p.bytes.equals(pattern(99, size)));
    p.send("late").end().free(10);
    assert.equal(p.bytes.length, size);
  });
}

test("a bounded ttcp source goes on after the client closed its direction", () => {
  const p = host(Kind.ttcpSource, [20, 1]).connect(0, 5);
  p.end().free(100);
  assert.equal(p.bytes.length, 20);
  assert.equal(p.closed, true);
});

test("an endless ttcp source stops when the client has closed", () => {
  const p = host(Kind.ttcpSource, [0, 1]).connect(0, 5000);
  p.free(7);
  assert.equal(p.bytes.length, 5007);
  assert.equal(p.closed, false);
  p.end();
  assert.equal(p.closed, true);
  p.free(7);
});

/** The sink's check over a stream. */
function check(b: Uint8Array): string {
  let h = 0;
  for (let i = 0; i < b.length; i += 4) {
    let w = 0;
    for (let k = 0; k < 4 && i + k < b.length; k++) w |= b[i + k] << 8 * k;
    const x = (h ^ w) >>> 0;
    h = Math.imul(x << 5 | x >>> 27, 0x9e3779b1) >>> 0;
  }
  return h.toString(16).padStart(8, "0");
}

for (const step of [1, 2, 3, 5, 4096, 4097, 100_000]) {
  test(`ttcp sink counts and checks what comes in steps of ${step}`, () => {
    const p = host(Kind.ttcpSink).connect(0, 3), bytes = pattern(7, 30_003);
    for (let i = 0; i < bytes.length; i += step) p.send(bytes.subarray(i, i + step));
    p.end();
    assert.equal(p.closed, false);
    for (let i = 0; i < 30 && !p.closed; i++) p.free(1);
    assert.equal(p.text, `30003 ${check(bytes)}\n`);
    assert.equal(p.closed, true);
    p.free(10);
  });
}

test("ttcp sink answers zero to a client that sends nothing", () => {
  const p = host(Kind.ttcpSink).connect();
  p.end();
  assert.equal(p.text, "0 00000000\n");
});
