// Sockets for programs (docs/sockets.md): every call, through the RPC, with stock Linux machines as peers.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../../tools/asc.ts";
import { Lab, sleep, until } from "../../tools/lab/lab.ts";
import type { Result } from "../../tools/lab/process.ts";
import { int, readSockaddr, Rpc, sockaddr, SocketError } from "../../tools/sockets/client.ts";

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
const python = (code: string): Promise<Result> => lab.exec("a", "python3", ["-c", code], 30_000);
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
