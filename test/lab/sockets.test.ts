// Sockets for programs (docs/sockets.md): every call, through the RPC, with stock Linux machines as peers.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { wasmOf } from "../../tools/build/build.ts";
import { Lab, sleep, until } from "../../tools/lab/lab.ts";
import type { Result } from "../../tools/lab/process.ts";
import { int, Rpc, sockaddr, SocketError } from "../../tools/sockets/client.ts";

const SITE = `
[[node]]
name = "a"
role = "linux"
[[node.interface]]
name = "eth0"
address = "10.2.0.2/24"
link = "lan"
[[node]]
name = "r"
role = "redirector"
address = "10.2.0.1"
[[node.interface]]
name = "eth0"
address = "10.2.0.1/24"
link = "lan"
control = true
[[node]]
name = "h"
role = "host"
[[node.interface]]
name = "eth0"
address = "10.2.0.10/24"
link = "lan"
[[service]]
name = "echo"
kind = "echo"
mode = "plain"
port = 7
chain = ["h"]
`;
const HOST = "10.2.0.10", PEER = "10.2.0.2";
const SOL_SOCKET = 1, SOL_TCP = 6, NONBLOCK = 0x800, IN = 1, OUT = 4, ERR = 8, HUP = 0x10, NVAL = 0x20, RDHUP = 0x2000;
const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-"));
let lab: Lab, rpc: Rpc;

before(async () => {
  writeFileSync(path.join(dir, "site.toml"), SITE);
  lab = await Lab.up(path.join(dir, "site.toml"), { sockets: true, record: true });
  rpc = await Rpc.open(lab.sockets("h"));
});
after(() => { rpc?.end(); lab?.down(); rmSync(dir, { recursive: true }); });

const sh = (line: string): Promise<Result> => lab.exec("a", "sh", ["-c", line], 30_000);
const fails = (code: string, call: Promise<unknown>): Promise<void> => assert.rejects(call, (e: SocketError) => { assert.equal(e.code, code); return true; });
const another = (): Promise<Rpc> => Rpc.open(lab.sockets("h"));

/** A program on the peer; ready when it has said a line. */
async function peer(code: string): Promise<ChildProcess & { said: () => string }> {
  const child = lab.spawn("a", "python3", ["-uc", `import socket, struct, time\n${code}`]) as ChildProcess & { said: () => string };
  let text = "";
  child.stdout!.on("data", d => { text += d; });
  child.stderr!.on("data", d => { text += d; });
  child.said = () => text;
  await until("the peer is ready", 5000, () => text.includes("\n"));
  return child;
}
const SERVER = (port: number, body: string): string => `
l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(("", ${port})); l.listen(8); print("ready")
s, _ = l.accept()
${body}`;

test("the socket is for its user alone", () => { assert.equal(statSync(lab.sockets("h")).mode & 0o777, 0o600); });

test("socket, connect, write, read, close against a stock server", async () => {
  const p = await peer(SERVER(5000, `d = s.recv(100); s.sendall(b"got " + d); print(s.recv(100) == b""); s.close()`));
  const fd = await rpc.stream();
  assert.equal(await rpc.connect(fd, PEER, 5000), 0);
  assert.equal(await rpc.write(fd, "hello"), 5);
  assert.equal(String(await rpc.read(fd)), "got hello");
  assert.equal(await rpc.close(fd), 0);
  await until("the peer has seen the end", 5000, () => p.said().includes("True"));
});

test("an unknown call is not there, and wrong arguments give their errors", async () => {
  for (const op of [0, 19, 1000, 0xffffffff]) assert.deepEqual(await rpc.raw(op, 1, 2, 3, Buffer.alloc(7)), { result: -1, errno: 38, data: Buffer.alloc(0) });
  for (let op = 2; op <= 18; op++) if (op !== 15) assert.deepEqual([op, (await rpc.raw(op, 77, 0, 0, Buffer.alloc(16))).errno], [op, 9]);
  assert.equal((await rpc.raw(1, 10, 1, 0)).errno, 97);
  assert.equal((await rpc.raw(1, 2, 2, 0)).errno, 94);
  assert.equal((await rpc.raw(1, 2, 1, 17)).errno, 93);
  const fd = await rpc.stream();
  assert.equal((await rpc.raw(2, fd, 0, 0, Buffer.alloc(5))).errno, 22, "a short address");
  assert.equal((await rpc.raw(5, fd, 0, 0, Buffer.alloc(16))).errno, 97, "an address of no family");
  await fails("EADDRNOTAVAIL", rpc.bind(fd, "10.9.9.9", 80));
  await fails("EADDRINUSE", rpc.bind(fd, HOST, 7));
  await fails("ENETUNREACH", rpc.connect(fd, "172.16.0.1", 80));
  await fails("ENOTCONN", rpc.read(fd));
  await fails("EPIPE", rpc.write(fd, "x"));
  await fails("ENOTCONN", rpc.shutdown(fd, 1));
  await fails("ENOTCONN", rpc.peer(fd));
  await fails("EINVAL", rpc.accept(fd));
  await fails("EINVAL", rpc.fcntl(fd, 99));
  await fails("EINVAL", rpc.ioctl(fd, 1));
  await fails("ENOPROTOOPT", rpc.option(fd, SOL_TCP, 99));
  assert.equal((await rpc.raw(15, 2000, 0, 0, Buffer.alloc(8))).errno, 22, "more pollfds than bytes");
  await rpc.close(fd);
  await fails("EBADF", rpc.close(fd));
});

test("what a descriptor is called at both ends", async () => {
  await peer(SERVER(5001, `s.recv(1)`));
  const fd = await rpc.stream();
  await rpc.bind(fd, HOST, 3333);
  assert.deepEqual(await rpc.name(fd), { address: HOST, port: 3333 });
  await rpc.connect(fd, PEER, 5001);
  assert.deepEqual(await rpc.peer(fd), { address: PEER, port: 5001 });
  await fails("EISCONN", rpc.connect(fd, PEER, 5001));
  await rpc.write(fd, "x");
  await rpc.close(fd);
});

test("listen and accept: stock clients, in turn, and beyond the backlog", async () => {
  const l = await rpc.stream();
  await rpc.setsockopt(l, SOL_SOCKET, 2, 1);
  await rpc.bind(l, "0.0.0.0", 4000);
  await rpc.listen(l, 1);
  assert.equal(await rpc.option(l, SOL_SOCKET, 30), 1, "SO_ACCEPTCONN");
  const clients = [1, 2, 3].map(i => lab.exec("a", "sh", ["-c", `sleep 0.${i}; echo client ${i} | nc -N -w 8 ${HOST} 4000`], 20_000));
  await sleep(800);
  assert.equal((await rpc.getsockopt(l, SOL_TCP, 11, 240)).readUInt32LE(24), 2, "two wait to be accepted, the third has to try again");
  for (const i of [1, 2, 3]) {
    const { fd, peer } = await rpc.accept(l);
    assert.equal(peer.address, PEER);
    assert.equal(String(await rpc.read(fd)), `client ${i}\n`);
    await rpc.write(fd, `answer ${i}\n`);
    assert.equal((await rpc.read(fd)).length, 0);
    await rpc.close(fd);
  }
  assert.deepEqual((await Promise.all(clients)).map(r => r.stdout), ["answer 1\n", "answer 2\n", "answer 3\n"]);
  await rpc.close(l);
  assert.notEqual((await sh(`nc -w 2 -z ${HOST} 4000`)).code, 0, "nobody listens any more");
});

test("non-blocking calls do not wait, and poll tells when they can go on", async () => {
  const l = await rpc.stream(NONBLOCK);
  await rpc.bind(l, HOST, 4001);
  await rpc.listen(l, 4);
  await fails("EAGAIN", rpc.accept(l));
  assert.equal(await rpc.fcntl(l, 3), 2 | NONBLOCK);
  const waiting = rpc.poll([{ fd: l, events: IN }], 5000);
  const client = lab.exec("a", "python3", ["-c", `import socket,time\ns=socket.create_connection(("${HOST}",4001)); time.sleep(0.3); s.sendall(b"late"); print(s.recv(10))`], 10_000);
  assert.deepEqual(await waiting, [{ fd: l, events: IN, revents: IN }]);
  const { fd } = await rpc.accept(l);
  assert.equal(await rpc.fcntl(fd, 3), 2, "an accepted socket blocks");
  await rpc.fcntl(fd, 4, NONBLOCK);
  await fails("EAGAIN", rpc.read(fd));
  await fails("EAGAIN", rpc.recv(fd, 10, 0x40));
  assert.equal((await rpc.poll([{ fd, events: IN | OUT }], 0))[0].revents, OUT);
  assert.equal((await rpc.poll([{ fd, events: IN }], 3000))[0].revents, IN);
  assert.equal(String(await rpc.read(fd)), "late");
  await rpc.write(fd, "bye");
  await rpc.close(fd);
  await rpc.close(l);
  assert.equal((await client).stdout, "b'bye'\n");
});

test("poll: timeouts, descriptors that are none, several at once", async () => {
  const fd = await rpc.stream();
  const began = Date.now();
  const r = await rpc.poll([{ fd: -1, events: IN }], 200);
  assert.equal(r[0].revents, 0);
  assert.ok(Date.now() - began >= 195 && Date.now() - began < 1000, `${Date.now() - began} ms`);
  assert.deepEqual((await rpc.poll([{ fd, events: IN | OUT }, { fd: 99, events: IN }, { fd: -1, events: IN }], 1000)).map(x => x.revents), [OUT | HUP, NVAL, 0]);
  await rpc.close(fd);
});

test("a connection to nobody is refused, also without blocking", async () => {
  const fd = await rpc.stream();
  await fails("ECONNREFUSED", rpc.connect(fd, PEER, 9));
  await rpc.fcntl(fd, 4, NONBLOCK);
  await fails("EINPROGRESS", rpc.connect(fd, PEER, 9));
  assert.ok((await rpc.poll([{ fd, events: OUT }], 3000))[0].revents & ERR);
  assert.equal(await rpc.option(fd, SOL_SOCKET, 4), 111, "SO_ERROR");
  assert.equal(await rpc.option(fd, SOL_SOCKET, 4), 0, "told once");
  await peer(SERVER(5002, `time.sleep(1)`));
  await fails("EINPROGRESS", rpc.connect(fd, PEER, 5002));
  assert.equal((await rpc.poll([{ fd, events: OUT }], 3000))[0].revents, OUT);
  assert.equal(await rpc.connect(fd, PEER, 5002), 0, "done");
  await fails("EISCONN", rpc.connect(fd, PEER, 5002));
  await rpc.close(fd);
});

test("peek leaves what it shows; FIONREAD and SIOCOUTQ count", async () => {
  await peer(SERVER(5003, `s.sendall(b"abcdef"); time.sleep(0.5); s.recv(200); s.close()`));
  const fd = await rpc.stream();
  await rpc.connect(fd, PEER, 5003);
  assert.equal(String(await rpc.recv(fd, 3, 2)), "abc");
  assert.equal(await rpc.ioctl(fd, 0x541b), 6);
  assert.equal(String(await rpc.recv(fd, 100, 0)), "abcdef");
  await rpc.write(fd, Buffer.alloc(100));
  await until("all is acknowledged", 3000, async () => await rpc.ioctl(fd, 0x5411) === 0);
  assert.equal((await rpc.recv(fd, 10, 2)).length, 0, "the end, seen by peeking");
  assert.equal((await rpc.read(fd)).length, 0);
  await rpc.close(fd);
});

test("half-closed either way, data goes on in the other", async () => {
  const p = await peer(SERVER(5004, `
d = b""
while True:
  x = s.recv(65536)
  if not x: break
  d += x
s.sendall(b"%d" % len(d)); s.shutdown(1); print(s.recv(1))`));
  const fd = await rpc.stream();
  await rpc.connect(fd, PEER, 5004);
  assert.equal(await rpc.write(fd, Buffer.alloc(3_000_000, "x")), 3_000_000, "a blocking write takes all");
  await rpc.shutdown(fd, 1);
  await fails("EPIPE", rpc.write(fd, "more"));
  assert.equal(String(await rpc.recv(fd, 7, 0x100)), "3000000");
  assert.equal((await rpc.read(fd)).length, 0);
  assert.equal((await rpc.poll([{ fd, events: IN | RDHUP }], 1000))[0].revents, IN | RDHUP | HUP);
  await rpc.close(fd);
  await until("the peer has ended", 3000, () => p.said().includes("b''"));
});

test("a full send buffer stops a non-blocking writer with what it took, and poll waits for room", async () => {
  const p = await peer(SERVER(5005, `
time.sleep(0.7)
n = 0
while True:
  x = s.recv(1 << 20)
  if not x: break
  n += len(x)
print(n)`));
  const fd = await rpc.stream();
  await rpc.setsockopt(fd, SOL_SOCKET, 7, 65536);
  assert.equal(await rpc.option(fd, SOL_SOCKET, 7), 65536);
  await rpc.connect(fd, PEER, 5005);
  await rpc.fcntl(fd, 4, NONBLOCK);
  let all = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      const r = await rpc.raw(7, fd, 0, 0, Buffer.alloc(200_000));
      if (r.result < 0) { assert.equal(r.errno, 11); return; }
      all += r.result;
    }
  };
  await fill();
  await sleep(300);   // until the peer's buffer is full as well
  await fill();
  assert.equal((await rpc.poll([{ fd, events: OUT }], 0))[0].revents, 0);
  assert.equal((await rpc.poll([{ fd, events: OUT }], 5000))[0].revents, OUT);
  await rpc.close(fd);
  await until("the peer has counted", 5000, () => p.said().includes("\n", 7));
  assert.equal(p.said(), `ready\n${all}\n`);
});

for (const [what, port] of [["linger 0", 5006], ["unread data", 5007]] as const) {
  test(`close resets: ${what}`, async () => {
    const p = await peer(SERVER(port, `
if ${port} == 5007: s.sendall(b"never read")
try: print(s.recv(10))
except ConnectionResetError: print("reset")`));
    const fd = await rpc.stream();
    await rpc.connect(fd, PEER, port);
    if (what === "linger 0") await rpc.setsockopt(fd, SOL_SOCKET, 13, Buffer.concat([int(1), int(0)]));
    else await rpc.poll([{ fd, events: IN }], 2000);
    await rpc.close(fd);
    await until("the peer was reset", 3000, () => p.said().includes("reset"));
  });
}

test("a close that lingers waits for the acknowledgement, or its time", async () => {
  await peer(SERVER(5008, `time.sleep(20)`));
  for (const [cut, least, most] of [[false, 0, 900], [true, 900, 3000]] as const) {
    const fd = await rpc.stream();
    if (cut) await peer(SERVER(5018, `time.sleep(20)`));
    await rpc.connect(fd, PEER, cut ? 5018 : 5008);
    await rpc.setsockopt(fd, SOL_SOCKET, 13, Buffer.concat([int(1), int(1)]));
    assert.deepEqual(await rpc.getsockopt(fd, SOL_SOCKET, 13, 8), Buffer.concat([int(1), int(1)]));
    if (cut) await drop(5018, "dport");
    await rpc.write(fd, "x");
    const began = Date.now();
    await rpc.close(fd);
    assert.ok(Date.now() - began >= least && Date.now() - began < most, `${Date.now() - began} ms`);
  }
  await pass();
});

/** The peer's firewall drops what comes to (dport), or also from, one of its ports. */
async function drop(port: number, ...ways: string[]): Promise<void> {
  await sh(`nft add table ip t; nft add chain ip t c '{ type filter hook input priority 0; }'; ${ways.map(w => `nft add rule ip t c tcp ${w} ${port} drop`).join("; ")}`);
}
const pass = (): Promise<Result> => sh("nft delete table ip t");

test("a reset is an error once, then the end", async () => {
  await peer(SERVER(5009, `time.sleep(0.2); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); s.close()`));
  const fd = await rpc.stream();
  await rpc.connect(fd, PEER, 5009);
  await fails("ECONNRESET", rpc.read(fd));
  assert.equal((await rpc.read(fd)).length, 0);
  await fails("EPIPE", rpc.write(fd, "x"));
  assert.equal((await rpc.poll([{ fd, events: IN | OUT }], 0))[0].revents, IN | OUT | HUP);
  await rpc.close(fd);
});

test("options keep what was set, and TCP_INFO tells the connection's numbers", async () => {
  await peer(SERVER(5010, `s.sendall(s.recv(100)); s.recv(1)`));
  const fd = await rpc.stream();
  for (const [level, name, value] of [[SOL_SOCKET, 2, 1], [SOL_SOCKET, 9, 1], [SOL_SOCKET, 8, 100_000], [SOL_TCP, 1, 1], [SOL_TCP, 3, 1], [SOL_TCP, 3, 0], [SOL_TCP, 2, 1000], [SOL_TCP, 18, 20_000],
    [SOL_TCP, 4, 60], [SOL_TCP, 5, 7], [SOL_TCP, 6, 3]]) {
    await rpc.setsockopt(fd, level, name, value);
    assert.equal(await rpc.option(fd, level, name), value, `level ${level} option ${name}`);
  }
  await fails("EINVAL", rpc.setsockopt(fd, SOL_TCP, 4, 0));
  await fails("EINVAL", rpc.setsockopt(fd, SOL_TCP, 2, 7));
  await fails("EINVAL", rpc.setsockopt(fd, SOL_TCP, 1, Buffer.alloc(2)));
  await fails("ENOENT", rpc.setsockopt(fd, SOL_TCP, 13, Buffer.from("bbr")));
  await rpc.setsockopt(fd, SOL_TCP, 13, Buffer.from("reno"));
  assert.equal(String(await rpc.getsockopt(fd, SOL_TCP, 13, 16)).replace(/\0+$/, ""), "reno");
  assert.equal((await rpc.getsockopt(fd, SOL_TCP, 11, 240))[0], 7, "closed");
  await rpc.connect(fd, PEER, 5010);
  await rpc.setsockopt(fd, SOL_TCP, 13, Buffer.from("cubic\0"));
  await rpc.write(fd, Buffer.alloc(100));
  await rpc.recv(fd, 100, 0x100);
  const info = await rpc.getsockopt(fd, SOL_TCP, 11, 1000);
  assert.equal(info.length, 240);
  assert.equal(info[0], 1, "established");
  assert.equal(info[5], 7, "timestamps, SACK and window scaling");
  assert.equal(info.readUInt32LE(16), 988, "a segment of 1000 less timestamps");
  assert.ok(info.readUInt32LE(80) >= 10, `${info.readUInt32LE(80)} segments of window`);
  assert.equal(info.readUInt32LE(120), 100, "bytes acknowledged");
  assert.equal(info.readUInt32LE(128), 100, "bytes received");
  assert.equal(await rpc.option(fd, SOL_TCP, 2), 988);
  await rpc.close(fd);
});

test("keep-alive keeps a silent peer's connection, and ends a dead one's", async () => {
  await peer(SERVER(5011, `time.sleep(20)`));
  const fd = await rpc.stream();
  await rpc.setsockopt(fd, SOL_SOCKET, 9, 1);
  for (const [name, value] of [[4, 1], [5, 1], [6, 2]]) await rpc.setsockopt(fd, SOL_TCP, name, value);
  await rpc.connect(fd, PEER, 5011);
  await sleep(3500);
  assert.equal((await rpc.getsockopt(fd, SOL_TCP, 11, 240))[0], 1, "answered probes keep it");
  await drop(5011, "dport");
  const began = Date.now();
  await fails("ETIMEDOUT", rpc.read(fd));
  assert.ok(Date.now() - began > 1500 && Date.now() - began < 6000, `${Date.now() - began} ms`);
  await pass();
  await rpc.close(fd);
});

test("a user timeout gives data up that nobody acknowledges", async () => {
  await peer(SERVER(5012, `time.sleep(20)`));
  const fd = await rpc.stream();
  await rpc.connect(fd, PEER, 5012);
  await rpc.setsockopt(fd, SOL_TCP, 18, 1000);
  await drop(5012, "dport");
  await rpc.write(fd, "lost");
  const began = Date.now();
  await fails("ETIMEDOUT", rpc.read(fd));
  assert.ok(Date.now() - began > 800 && Date.now() - began < 5000, `${Date.now() - began} ms`);
  await pass();
  await rpc.close(fd);
});

test("a cork holds short segments until it is drawn, or for 200 ms", async () => {
  await peer(SERVER(5013, `
while s.recv(100): pass`));
  const fd = await rpc.stream();
  await rpc.connect(fd, PEER, 5013);
  const held = async (): Promise<number> => (await rpc.getsockopt(fd, SOL_TCP, 11, 240)).readUInt32LE(144);
  await rpc.setsockopt(fd, SOL_TCP, 3, 1);
  await rpc.write(fd, "a");
  await rpc.write(fd, "b");
  assert.equal(await held(), 2);
  await rpc.setsockopt(fd, SOL_TCP, 3, 0);
  assert.equal(await held(), 0, "drawn");
  await sleep(250);
  await rpc.setsockopt(fd, SOL_TCP, 3, 1);
  const began = Date.now();
  await rpc.write(fd, "c");
  assert.equal(await held(), 1);
  await until("the ceiling", 1000, async () => await held() === 0, 5);
  assert.ok(Date.now() - began > 150, `${Date.now() - began} ms`);
  await rpc.send(fd, "d", 0x8000);
  assert.equal(await held(), 1, "MSG_MORE");
  await rpc.send(fd, "e", 0);
  assert.equal(await held(), 2, "the cork itself is still in");
  await rpc.close(fd);
});

test("a program's descriptors are its own, on all of its connections", async () => {
  const fd = await rpc.stream(), second = await another();
  await second.bind(fd, HOST, 4100);
  assert.deepEqual(await rpc.name(fd), { address: HOST, port: 4100 });
  const code = `
import socket, struct
s = socket.socket(socket.AF_UNIX); s.connect("${lab.sockets("h")}")
def call(*w):
  s.sendall(struct.pack("<5I", *w, 0)); return struct.unpack("<iiI", s.recv(12))[:2]
print(call(17, ${fd}, 0, 0)[1], call(1, 2, 1, 0), call(10, ${fd}, 0, 0))`;
  const other = await lab.exec("a", "python3", ["-c", code]);
  assert.equal(other.stdout, `9 (3, 0) (0, 0)\n`, other.stderr);
  assert.deepEqual(await rpc.name(fd), { address: HOST, port: 4100 }, "the other program closed its own");
  await fails("EINVAL", second.accept(fd));
  await rpc.listen(fd, 1);
  const accepting = second.accept(fd).then(() => "", e => (e as SocketError).code);
  await sleep(50);
  await rpc.close(fd);
  assert.equal(await accepting, "EBADF", "a call that waits on a closed descriptor ends");
  second.end();
});

test("a program that is killed leaves neither connections nor listeners behind", async () => {
  const p = await peer(SERVER(5014, `print(s.recv(10))`));
  const code = `
import socket, struct
s = socket.socket(socket.AF_UNIX); s.connect("${lab.sockets("h")}")
def call(op, a=0, b=0, c=0, d=b""):
  s.sendall(struct.pack("<5I", op, a, b, c, len(d)) + d); return struct.unpack("<iiI", s.recv(12))
addr = lambda port, ip: struct.pack("<H", 2) + struct.pack(">H", port) + socket.inet_aton(ip) + bytes(8)
l = call(1, 2, 1)[0]; call(2, l, 0, 0, addr(4200, "0.0.0.0")); call(3, l, 5)
c = call(1, 2, 1)[0]; print(call(5, c, 0, 0, addr(5014, "${PEER}")), flush=True)
call(6, c, 100)`;
  const program = spawn("python3", ["-c", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise(done => program.stdout!.once("data", done));
  assert.equal((await sh(`nc -w 2 -z ${HOST} 4200`)).code, 0, "listens");
  await sleep(100);
  program.kill("SIGKILL");
  await until("the peer sees the end", 3000, () => p.said().includes("b''"));
  assert.notEqual((await sh(`nc -w 2 -z ${HOST} 4200`)).code, 0, "listens no more");
  const fd = await rpc.stream();
  await rpc.setsockopt(fd, SOL_SOCKET, 2, 1);
  await rpc.bind(fd, HOST, 4200);
  await rpc.close(fd);
});

test("many connections of one program block each by itself", async () => {
  const l = await rpc.stream();
  await rpc.bind(l, HOST, 4300);
  await rpc.listen(l, 50);
  const waiting = await Promise.all(Array.from({ length: 20 }, async () => { const r = await another(); return { r, got: r.accept(l) }; }));
  const client = sh(`for i in $(seq 20); do echo $i | nc -N -w 5 ${HOST} 4300 & done; wait`);
  const said = await Promise.all(waiting.map(async w => { const { fd } = await w.got, d = String(await w.r.read(fd)); await w.r.close(fd); w.r.end(); return Number(d); }));
  assert.deepEqual(said.sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i + 1));
  await client;
  await rpc.close(l);
});

test("garbage costs an error, never the node", async () => {
  let seed = 7;
  const random = (n: number): number => { seed = Math.imul(seed, 1664525) + 1013904223 >>> 0; return (seed >>> 8) % n; };
  const odd = [0, 1, 2, 3, 4, 5, 6, 7, 99, 0x7fffffff, 0x80000000, 0xffffffff], pick = (): number => odd[random(odd.length)];
  let answered = 0;
  for (let k = 0; k < 12; k++) {
    const bad = await another();
    for (let i = 0; i < 150; i++) {
      const op = 1 + random(20), data = Buffer.from(Array.from({ length: random(4) === 0 ? random(300) : 16 }, () => random(256)));
      if (random(2)) sockaddr(PEER, random(3)).copy(data);
      const reply = await Promise.race([bad.raw(op, pick(), op === 15 && random(2) ? 0 : pick(), pick() | 0x40, data), sleep(150).then(() => undefined)]);
      if (reply === undefined) break;   // a call that blocks, as asked
      answered++;
      if (reply.result < 0) assert.ok(reply.errno > 0 && reply.errno < 134, `${reply.errno}`);
    }
    bad.end();
  }
  assert.ok(answered > 200, `${answered} answers`);
  for (let i = 0; i < 20; i++) {
    const r = await another();
    r.socket.write(Buffer.from(Array.from({ length: 2000 }, () => random(256))));
    await sleep(5);
    r.end();
  }
  assert.equal((await sh(`echo alive | nc -N -w 5 ${HOST} 7`)).stdout, "alive\n");
  const s = await rpc.stream();
  await rpc.close(s);
});

const hydranet = (args: string[], input: string | Buffer): Promise<Result> => new Promise(done => {
  const child = spawn(process.execPath, [path.join(ROOT, "tools/hydranet.mjs"), ...args], { stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  let wrong = "";
  child.stdout.on("data", d => out.push(d as Buffer));
  child.stderr.on("data", d => { wrong += d; });
  child.on("close", code => done({ code: code ?? -1, stdout: Buffer.concat(out).toString("latin1"), stderr: wrong }));
  child.stdin.end(input);
});

test("hydranet nc connects, and listens", async () => {
  const page = "0123456789".repeat(100_000), nc = ["nc", "--sockets", lab.sockets("h")];
  writeFileSync(path.join(dir, "page"), page);
  lab.spawn("a", "sh", ["-c", `nc -l -N 5100 < ${path.join(dir, "page")} > ${path.join(dir, "got")}`]);
  await until("nc listens", 3000, async () => (await sh("ss -ltn")).stdout.includes(":5100"));
  const r = await hydranet([...nc, PEER, "5100"], page);
  assert.equal(r.code, 0, r.stderr);
  assert.ok(r.stdout === page);
  await until("nc has it all", 3000, () => statSync(path.join(dir, "got")).size === page.length);
  const listening = hydranet([...nc, "-l", "4400"], "from the listener\n");
  await until("it listens", 8000, async () => (await sh(`echo to it | nc -N -w 3 ${HOST} 4400`)).stdout === "from the listener\n", 200);
  assert.equal((await listening).stdout, "to it\n");
});

test("a recording of all this replays", async () => {
  rpc.end();
  await sleep(200);
  await lab.stop("h");
  const r = await hydranet(["replay", path.join(path.dirname(lab.sockets("h")), "h.rec"), "--module", wasmOf("linux-host")], "");
  assert.equal(r.code, 0, r.stdout + r.stderr);
  assert.match(r.stdout, /replay equal/);
});
