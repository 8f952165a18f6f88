// The Linux host with a small test module between kernel network stacks in namespaces: frames, captures, deadlines, full queues, the control
// socket, the durable record, content, links that go down, TAP.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { Bench, build, mayTap, sleep, until } from "./bench.ts";

let bench: Bench;
before(async () => { await build(); bench = new Bench(); });
afterEach(() => bench?.quiet());
after(() => bench?.close());

const tshark = (file: string, ...args: string[]): string[] =>
  execFileSync("tshark", ["-r", file, "-n", ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n").filter((l) => l !== "");

test("every frame is reflected and the capture shows both directions", async () => {
  const host = await bench.start(0, ["--pcap", bench.file("reflect.pcap")]);
  const before = bench.count(bench.a, "a0", "rx_packets");
  bench.udp(500, 700);
  await until("500 frames to come back", () => bench.count(bench.a, "a0", "rx_packets") - before >= 500);
  const s = await host.status();
  assert.deepEqual([s.frames, s.sent, s.late, s.failed, s.missed], [500, 500, 0, 0, 0]);
  assert.equal(await host.stop(), 0);
  const lines = tshark(bench.file("reflect.pcap"), "-T", "fields", "-e", "eth.src", "-e", "frame.len", "-e", "udp.checksum.status", "-o", "udp.check_checksum:TRUE");
  assert.equal(lines.length, 1000);
  assert.equal(lines.filter((l) => l.startsWith("02:00:00:00:00:0a\t742\t1")).length, 500);
  assert.equal(lines.filter((l) => l.startsWith("02:00:00:00:00:0b\t742\t1")).length, 500);
});

test("a frame of two parts leaves as one and a body may be shared", async () => {
  const host = await bench.start(2);
  const before = bench.count(bench.b, "b0", "rx_packets");
  bench.udp(100, 1000);
  await until("200 frames at b0", () => bench.count(bench.b, "b0", "rx_packets") - before === 200);
  assert.match(bench.in(bench.b, "cat /proc/net/snmp"), /Udp: \d+ 200 0 0/, "each is a datagram with a right checksum, to a closed port");
  const s = await host.status();
  assert.equal(s.sent, 200);
  await host.stop();
});

test("a full queue behind the socket loses nothing", async () => {
  bench.in(bench.h, "tc qdisc add dev h1 root tbf rate 4mbit burst 3000 limit 6000");
  try {
    const host = await bench.start(1);
    const before = bench.count(bench.b, "b0", "rx_packets");
    bench.udp(200, 1000);
    await until("200 frames at b0", () => bench.count(bench.b, "b0", "rx_packets") - before === 200);
    const s = await host.status();
    assert.deepEqual([s.sent, s.late, s.failed], [200, 0, 0]);
    assert.match(bench.in(bench.h, "tc -s qdisc show dev h1"), /dropped [1-9]/, "the queue was full at times");
    await host.stop();
  } finally {
    bench.in(bench.h, "tc qdisc del dev h1 root");
  }
});

test("a frame whose deadline passes in the queue is dropped and counted", async () => {
  bench.in(bench.h, "tc qdisc add dev h1 root tbf rate 4mbit burst 3000 limit 6000");
  try {
    const host = await bench.start(1, [], 200); // 20 ms
    const before = bench.count(bench.b, "b0", "rx_packets");
    bench.udp(200, 1000);
    const s = await until("200 frames to be gone", async () => { const s = await host.status(); return s.sent === 200 && s; });
    assert.ok(s.late > 50 && s.late < 200, `late: ${s.late}`);
    await sleep(100);
    assert.equal(bench.count(bench.b, "b0", "rx_packets") - before, 200 - s.late, "what was not late has arrived, nothing else");
    await host.stop();
  } finally {
    bench.in(bench.h, "tc qdisc del dev h1 root");
  }
});

test("frames wait in the socket while no buffer is posted", async () => {
  const host = await bench.start(0);
  assert.equal(await host.ask("hold"), "");
  bench.udp(400, 200);
  const s = await until("400 frames", async () => { const s = await host.status(); return s.frames === 400 && s; });
  assert.equal(s.missed, 0);
  await host.stop();
});

test("a frame that cannot be sent counts as failed and blocks nothing", async () => {
  const host = await bench.start(0);
  await host.ask("zero");
  bench.udp(3, 100);
  const s = await until("4 frames to be gone", async () => { const s = await host.status(); return s.sent === 4 && s; });
  assert.equal(s.failed, 1);
  await host.stop();
});

test("control socket answers status and commands and is private", async () => {
  const host = await bench.start(0);
  assert.equal(statSync(host.control).mode & 0o777, 0o600);
  assert.equal(await host.ask("echo of this"), "echo of this");
  assert.equal(await host.ask("unknown"), "error: -10");
  assert.equal(await host.ask(""), "error: empty command");
  assert.match(await host.ask(`e${"x".repeat(20000)}`), /^error: a command has at most 16384 bytes/);
  assert.ok(!/^\0*$/.test(await host.ask("n")), "entropy was there");
  await host.stop();
  assert.ok(!existsSync(host.control), "the socket is gone");
});

test("clients that say nothing hold up neither frames nor others for long", async () => {
  const host = await bench.start(1);
  const stuck: Socket[] = [];
  for (let i = 0; i < 12; i++) {
    const s = createConnection(host.control);
    s.on("error", () => undefined);
    if (i % 2) s.on("connect", () => s.write("stat"));
    stuck.push(s);
  }
  await sleep(100);
  const before = bench.count(bench.b, "b0", "rx_packets");
  bench.udp(200, 100);
  await until("200 frames at b0", () => bench.count(bench.b, "b0", "rx_packets") - before === 200, 300);
  await until("an answer", () => host.ask("echo").then((a) => a === "echo", () => false), 12000);
  stuck.forEach((s) => s.destroy());
  await host.stop();
});

test("durable record survives a restart and its writes are counted", async () => {
  const store = ["--store", bench.file("record")];
  let host = await bench.start(0, store);
  assert.equal((await host.status()).stored, 0);
  assert.equal(await host.ask("store the view"), "");
  await until("the write", async () => (await host.status()).storeDone === 1);
  assert.equal(bench.read("record").toString(), "the view");
  await host.stop();
  host = await bench.start(0, store);
  assert.equal((await host.status()).stored, 8);
  await host.stop();
  host = await bench.start(0);
  assert.equal((await host.status()).stored | 0, -1, "no storage without --store");
  await host.ask("store lost");
  await until("the refusal", async () => (await host.status()).storeFailed === 1);
  await host.stop();
});

test("content is read inside its image only", async () => {
  writeFileSync(bench.file("image"), "0123456789");
  let host = await bench.start(0, ["--content", bench.file("image")]);
  assert.equal(await host.ask("content"), "01234567");
  assert.equal(await host.ask("outside"), "5");
  await host.stop();
  host = await bench.start(0);
  assert.equal(await host.ask("content"), "", "no image");
  await host.stop();
});

test("a pulled cable is told and survived", async () => {
  const host = await bench.start(0);
  bench.in(bench.a, "ip link set a0 down");
  await until("link down", async () => (await host.status()).link === 0);
  bench.in(bench.a, "ip link set a0 up; ip neigh replace 10.7.0.2 lladdr 02:00:00:00:00:0b dev a0");
  await until("link up", async () => (await host.status()).link === 1);
  bench.in(bench.h, "ip link set h0 down");
  await until("link down", async () => (await host.status()).link === 0);
  await host.ask("zero");
  bench.in(bench.h, "ip link set h0 up");
  await until("link up", async () => (await host.status()).link === 1);
  const before = bench.count(bench.a, "a0", "rx_packets");
  bench.udp(10, 100);
  await until("frames to come back", () => bench.count(bench.a, "a0", "rx_packets") - before >= 10);
  assert.match(host.stderr, /warning node: interface h0 is down/);
  assert.equal(await host.stop(), 0);
});

test("a TAP device is made and reflects", async () => {
  const host = bench.spawn(["--config", bench.config(0), "--iface", "ht0=tap"]);
  if (!mayTap()) { assert.equal(await host.exit, 1); assert.match(host.stderr, /interface ht0: \/dev\/net\/tun: .*needs the tun driver, and root/); return; }
  await host.started();
  bench.in(bench.h, "ip link set ht0 up; ip addr add 10.8.0.1/24 dev ht0; ip neigh replace 10.8.0.2 lladdr 02:00:00:00:00:0c dev ht0");
  await until("link up", async () => (await host.status()).link === 1);
  bench.udp(20, 500, bench.h, "10.8.0.2");
  const s = await until("20 frames", async () => { const s = await host.status(); return s.sent >= 20 && s; });
  assert.deepEqual([s.failed, s.missed, s.link], [0, 0, 1]);
  assert.ok(bench.count(bench.h, "ht0", "rx_packets") >= 20);
  await host.stop();
});

/** Sends frames of 64 to 197 bytes from PEER to OWN, one after another; how many came back with the same type and payload. Then one that is too long. */
const PERL = `use Socket; my ($own, $peer, $back) = @ARGV; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, pack_sockaddr_un($peer)) or die; my $n = 0; alarm 10;
  for (1 .. 20) {
    my $f = pack("H12H12n", "020000000001", "020000000002", 0x88b5) . chr($_) x (50 + 7 * $_);
    send($s, $f, 0, pack_sockaddr_un($own)) or die;
    if ($back) { recv($s, my $got, 4096, 0); $n++ if substr($got, 12) eq substr($f, 12) }
  }
  send($s, "x" x 3000, 0, pack_sockaddr_un($own)) or die; print $n`;
const datagrams = (own: string, peer: string, back: boolean): string => execFileSync("perl", ["-e", PERL, own, peer, back ? "1" : ""], { encoding: "utf8" });

test("a UNIX datagram socket carries a frame per datagram; one that is too long is counted", async () => {
  const own = bench.file("own.sock"), peer = bench.file("peer.sock");
  const host = await bench.spawn(["--config", bench.config(0), "--iface", `u0=unix:${own},${peer}`]).started();
  assert.equal(datagrams(own, peer, true), "20");
  const s = await until("the long one", async () => { const s = await host.status(); return s.missed === 1 && s; });
  assert.deepEqual([s.frames, s.sent, s.failed, s.link], [20, 20, 0, 1]);
  await host.stop();
});

test("frames to a UNIX datagram socket that is not there are lost and counted", async () => {
  const own = bench.file("own0.sock");
  const host = await bench.spawn(["--config", bench.config(2), "--iface", `u0=unix:${own},${bench.file("peer0.sock")}`, "--iface", `u1=unix:${bench.file("own1.sock")},${bench.file("nobody.sock")}`]).started();
  datagrams(own, bench.file("peer0.sock"), false);
  const s = await until("all 20, twice", async () => { const s = await host.status(); return s.failed === 40 && s; });
  assert.deepEqual([s.frames, s.missed], [20, 1]);
  await host.stop();
});

test("log lines carry time, level and node", async () => {
  const host = await bench.start(0, ["--name", "s0"]);
  assert.match(host.stderr, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z info s0: started$/m);
  await host.stop();
  const quiet = await bench.start(0, ["--log", "warning"]);
  assert.equal(quiet.stderr, "");
  await quiet.stop();
});

test("SIGINT ends it well too", async () => {
  const host = await bench.start(0);
  host.child.kill("SIGINT");
  assert.equal(await host.exit, 0);
});
