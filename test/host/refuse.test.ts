// What the Linux host refuses, traps, and recordings that are played again.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { explain, trapOf } from "../../tools/build/trap.ts";
import { Bench, build, HOST, mayTap, MODULE, SOURCE, until } from "./bench.ts";

let bench: Bench;
before(async () => { await build(); bench = new Bench(); });
afterEach(() => bench?.quiet());
after(() => bench?.close());

function run(...args: string[]): { status: number | null; text: string } {
  const r = spawnSync("ip", ["netns", "exec", bench.h, ...args], { encoding: "utf8", timeout: 20000 });
  return { status: r.status, text: r.stdout + r.stderr };
}

function refused(status: number, text: RegExp, args: string[], ...prefix: string[]): void {
  const r = run(...prefix, HOST, ...args);
  assert.match(r.text, text, args.join(" "));
  assert.equal(r.status, status, args.join(" "));
}

/** Runs `hydranet replay`, which plays a recording in Node's engine. */
function replayed(status: number, text: RegExp, file: string): void {
  const r = spawnSync(process.execPath, [path.join(ROOT, "tools/hydranet.mjs"), "replay", bench.file(file), "--module", MODULE], { encoding: "utf8" });
  assert.match(r.stdout + r.stderr, text, file);
  assert.equal(r.status, status, file);
}

test("wrong command lines are refused with what to do", () => {
  const good = ["--module", MODULE, "--config", bench.config(0), "--iface", "h0"];
  refused(2, /--iface is missing\nhydranet-host --module FILE\.wasm --config/, []);
  refused(2, /'--frob 1' is not understood/, [...good, "--frob", "1"]);
  refused(2, /'--iface ' is not understood/, ["--module", MODULE, "--config", "x", "--iface"]);
  for (const [option, value] of [["--spin", "x"], ["--pin", "-1"], ["--log", "loud"]]) refused(2, new RegExp(`'${option} ${value}' is not understood`), [...good, option, value]);
});

test("missing files and interfaces are refused by name", () => {
  const with_ = (over: Record<string, string>): string[] =>
    Object.entries({ "--module": MODULE, "--config": bench.config(0), "--iface": "h0", ...over }).flat();
  refused(1, /gone\.wasm: No such file/, with_({ "--module": bench.file("gone.wasm") }));
  refused(1, /gone\.bin: No such file/, with_({ "--config": bench.file("gone.bin") }));
  refused(1, /interface nic9: no such interface here/, with_({ "--iface": "nic9" }));
  refused(1, mayTap() ? /interface h0: exists, and is no TAP device/ : /interface h0: \/dev\/net\/tun: /, with_({ "--iface": "h0=tap" }));
  refused(1, /gone: No such file/, with_({ "--content": bench.file("gone") }));
  refused(1, /none\/x\.pcap: cannot write/, with_({ "--pcap": bench.file("none/x.pcap") }));
  refused(1, /exists and is no socket/, with_({ "--control": MODULE }));
  refused(1, /--pin 1000/, with_({ "--pin": "1000" }));
  assert.ok(existsSync(MODULE), "a file in the socket's place is left alone");
});

test("missing privilege is told", () => {
  refused(1, /raw sockets are not permitted: run as root/, ["--module", MODULE, "--config", bench.config(0), "--iface", "h0"], "setpriv", "--bounding-set", "-net_raw");
});

test("without real-time scheduling it runs and says so once", async () => {
  const r = spawnSync("ip", ["netns", "exec", bench.h, "timeout", "-s", "INT", "1", "setpriv", "--bounding-set", "-sys_nice", HOST, "--module", MODULE,
    "--config", bench.config(0), "--iface", "h0"], { encoding: "utf8" });
  assert.equal(r.stderr.match(/no real-time scheduling/g)?.length, 1, r.stderr);
});

test("what is no HydraNet module is refused", () => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const evil = [1, 4, 1, 0x60, 0, 0, 2, 12, 1, 3, ...Buffer.from("env"), 4, ...Buffer.from("evil"), 0, 0];
  const other = readFileSync(MODULE);
  const magic = other.indexOf(Buffer.from([0xc8, 0xb2, 0x91, 0x8a, 0x03])); // i32.const 0x31445948
  assert.ok(magic > 0, "the magic is in the code");
  other[magic] = 0xc9;
  for (const [bytes, text] of [
    [Buffer.from("no wasm at all"), /not a usable module/],
    [Buffer.from(header), /exports no 'memory' of a fixed size: this is no HydraNet module/],
    [Buffer.from([...header, ...evil]), /unknown import: `env::evil` has not been defined/],
    [other, /its ABI block starts with 0x31445949/],
  ] as [Buffer, RegExp][]) {
    writeFileSync(bench.file("bad.wasm"), bytes);
    refused(1, text, ["--module", bench.file("bad.wasm"), "--config", bench.config(0), "--iface", "h0"]);
  }
});

test("configuration that the module refuses, and interfaces that do not match it, are told", () => {
  refused(1, /refuses the configuration: error -5/, ["--module", MODULE, "--config", bench.config(9), "--iface", "h0"]);
  refused(1, /5 interfaces were named, this module has room for 4/, ["--module", MODULE, "--config", bench.config(0), ...["a", "b", "c", "d", "e"].flatMap((i) => ["--iface", i])]);
});

test("a control socket in use is refused and a dead one replaced", async () => {
  const host = await bench.start(0);
  refused(1, /in use by another node/, ["--module", MODULE, "--config", bench.config(0), "--iface", "h0", "--control", host.control]);
  host.child.kill("SIGKILL");
  await host.exit;
  assert.ok(existsSync(host.control));
  const r = run("timeout", "-s", "INT", "1", HOST, "--module", MODULE, "--config", bench.config(0), "--iface", "h0", "--control", host.control);
  assert.match(r.text, /started/);
  assert.ok(!existsSync(host.control), "and removed at the end");
});

const TRAP = `${SOURCE}:${readFileSync(path.join(ROOT, SOURCE), "utf8").split("\n").findIndex((l) => l.includes("// TRAP HERE")) + 1}:3`;

test("a trap ends with 70 and a backtrace, of which the tools make function, file, line and column", async () => {
  const host = await bench.start(0);
  await host.ask("trap").catch(() => undefined);
  assert.equal(await host.exit, 70);
  assert.match(host.stdout, /the module trapped in command\(\): wasm trap: out of bounds memory access\n {4}at host\/linux\/tests\/echo\/command \(module offset 0x/);
  assert.ok(explain(host.stdout, MODULE).includes(`    at host/linux/tests/echo/command (${TRAP})\n`), explain(host.stdout, MODULE));
  assert.equal(trapOf(explain(`said before\n${host.stdout}`, MODULE))!.split("\n")[1], `    at host/linux/tests/echo/command (${TRAP})`);
  copyFileSync(MODULE, bench.file("bare.wasm"));
  assert.match(explain(host.stdout, bench.file("bare.wasm")), /at host\/linux\/tests\/echo\/command \(module offset 0x[0-9a-f]+\)[\s\S]*source lines unknown: no .*bare\.wasm\.map/);
});

test("compiled code is cached, used again and made anew when spoilt", async () => {
  copyFileSync(MODULE, bench.file("cached.wasm"));
  const args = ["--config", bench.config(0), "--iface", "h0", "--module", bench.file("cached.wasm")];
  await (await bench.spawn(args).started()).stop();
  const cache = bench.read("cached.cwasm");
  await (await bench.spawn(args).started()).stop();
  assert.deepEqual(bench.read("cached.cwasm"), cache);
  writeFileSync(bench.file("cached.cwasm"), cache.subarray(0, 1000));
  await (await bench.spawn(args).started()).stop();
  assert.equal(bench.read("cached.cwasm").length, cache.length);
});

test("a recording replays equal, commands, storage, content and losses included", async () => {
  writeFileSync(bench.file("image"), "0123456789");
  const host = await bench.start(2, ["--record", bench.file("rec"), "--store", bench.file("rec.store"), "--content", bench.file("image")]);
  bench.udp(100, 900);
  for (const c of ["entropy", "n", "content", "outside", "store kept", "hold", "zero", "unknown", "echo"]) await host.ask(c);
  await until("the write", async () => (await host.status()).storeDone === 1);
  bench.in(bench.b, "ip link set b0 down");
  bench.udp(300, 1200);
  await until("all frames", async () => (await host.status()).frames >= 400);
  bench.in(bench.b, "ip link set b0 up; ip neigh replace 10.7.0.1 lladdr 02:00:00:00:00:0a dev b0");
  assert.equal(await host.stop(), 0);
  replayed(0, /^replay equal: \d+ polls, 9 commands/, "rec");

  const bytes = bench.read("rec");
  writeFileSync(bench.file("rec.cut"), bytes.subarray(0, bytes.length - 7));
  replayed(0, /replay equal[\s\S]*ends in the middle of an entry/, "rec.cut");

  const frame = bytes.indexOf(Buffer.alloc(200, 50)); // in the 50th datagram
  assert.ok(frame > 0);
  bytes[frame + 100]! ^= 1;
  writeFileSync(bench.file("rec.other"), bytes);
  replayed(1, /replay differs in poll \d+ at \d+ us: other frames/, "rec.other");
  replayed(1, /this is no recording/, "image");
});

test("a recorded trap traps again at the same place", async () => {
  const host = await bench.start(0, ["--record", bench.file("trap.rec")]);
  await host.ask("trap").catch(() => undefined);
  assert.equal(await host.exit, 70);
  replayed(70, new RegExp(`the module trapped in command\\(\\): .*\\n {4}at host/linux/tests/echo/command \\(${TRAP}\\)`), "trap.rec");
});
