// Namespaces, links and host processes for the tests of the Linux host. Everything made is removed by `close`.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { compile, ROOT } from "../../tools/asc.ts";
import { cargo } from "../../tools/build/build.ts";

export const TARGET = cargo().CARGO_TARGET_DIR!;
export const HOST = path.join(TARGET, "release/hydranet-host");
export const MODULE = path.join(ROOT, "build/test/echo.wasm");
export const SOURCE = "host/linux/tests/echo.ts";

/** Builds the host and the test module. */
export async function build(): Promise<void> {
  execFileSync("cargo", ["build", "--release", "--quiet"], { cwd: path.join(ROOT, "host/linux"), env: { ...process.env, CARGO_TARGET_DIR: TARGET } });
  await compileEcho();
}

export async function compileEcho(): Promise<void> {
  await compile({ entry: SOURCE, out: MODULE, memoryKiB: 4096, replace: { "assembly/core/sizes.ts": "host/linux/tests/sizes.ts" } });
}

export function sh(line: string): string {
  return execFileSync("sh", ["-c", line], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });

/** Waits until `f` gives something true; fails with `what` after `ms`. */
export async function until<T>(what: string, f: () => T | Promise<T>, ms = 5000): Promise<Exclude<T, false>> {
  const end = Date.now() + ms;
  for (;;) {
    const v = await f();
    if (v) return v as Exclude<T, false>;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await sleep(20);
  }
}

export interface Status {
  frames: number; polls: number; filled: number; missed: number; link: number; sent: number; late: number; failed: number; free: number;
  stored: number; storeDone: number; storeFailed: number;
}

/** A running host process. */
export class Host {
  stdout = "";
  stderr = "";
  readonly exit: Promise<number>;

  constructor(readonly child: ChildProcess, readonly control: string) {
    child.stdout!.on("data", (d: Buffer) => { this.stdout += d.toString(); });
    child.stderr!.on("data", (d: Buffer) => { this.stderr += d.toString(); });
    this.exit = new Promise((done) => { child.on("close", (code, signal) => done(code ?? (signal ? -1 : 0))); });
  }

  async started(): Promise<this> {
    await until(`the host to start:\n${this.stderr}`, async () => {
      if (this.child.exitCode !== null) throw new Error(`the host ended: ${this.stderr}`);
      return this.ask("status").then((a) => a.startsWith("{"), () => false);
    });
    return this;
  }

  /** One line to the control socket, its answer without the newline. */
  ask(line: string): Promise<string> {
    return new Promise((done, fail) => {
      let text = "";
      const s = createConnection(this.control, () => s.write(`${line}\n`));
      s.on("data", (d: Buffer) => { text += d.toString("latin1"); });
      s.on("error", fail);
      s.on("close", () => done(text.replace(/\n$/, "")));
    });
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.ask("status")) as Status;
  }

  async stop(): Promise<number> {
    if (this.child.exitCode === null) this.child.kill("SIGTERM");
    return this.exit;
  }
}

/** Whether this user may open TAP devices; without root the file is often root's alone, and the host says so. */
export function mayTap(): boolean { try { accessSync("/dev/net/tun", constants.R_OK | constants.W_OK); return true; } catch { return false; } }

let benches = 0;

/**
 * Namespace A (10.7.0.1 on a0) and B (10.7.0.2 on b0), each linked to namespace H (h0, h1), where hosts run. A and B know each other's addresses,
 * so that nothing but what a test sends is on the links.
 */
export class Bench {
  readonly dir = mkdtempSync(path.join(tmpdir(), "hydranet-host-"));
  readonly a: string;
  readonly b: string;
  readonly h: string;
  private readonly hosts: Host[] = [];

  constructor(offloads = false) {
    const id = `hyt${process.pid}x${benches++}`;
    [this.a, this.b, this.h] = [`${id}a`, `${id}b`, `${id}h`];
    process.once("exit", () => this.down());
    try {
      this.up(offloads);
    } catch (e) {
      this.down();
      throw e;
    }
  }

  private up(offloads: boolean): void {
    for (const ns of [this.a, this.b, this.h]) {
      sh(`ip netns add ${ns}`);
      // Otherwise the kernels' own IPv6 chatter is on the links.
      this.in(ns, "f=/proc/sys/net/ipv6/conf/all/disable_ipv6; if [ -e $f ]; then echo 1 >$f; fi");
    }
    this.link(this.a, "a0", "h0", "10.7.0.1/24", "02:00:00:00:00:0a");
    this.link(this.b, "b0", "h1", "10.7.0.2/24", "02:00:00:00:00:0b");
    sh(`ip -n ${this.a} neigh replace 10.7.0.2 lladdr 02:00:00:00:00:0b dev a0; ip -n ${this.b} neigh replace 10.7.0.1 lladdr 02:00:00:00:00:0a dev b0`);
    const on = offloads ? "on" : "off";
    for (const [ns, dev] of [[this.a, "a0"], [this.b, "b0"]]) {
      sh(`ip netns exec ${ns} ethtool -K ${dev} tx ${on} rx ${on} tso ${on} gso ${on} gro ${on}`);
    }
  }

  private link(ns: string, dev: string, peer: string, address: string, mac: string): void {
    sh(`ip -n ${ns} link add ${dev} address ${mac} type veth peer name ${peer} netns ${this.h}`);
    sh(`ip -n ${ns} addr add ${address} dev ${dev}; ip -n ${ns} link set ${dev} up; ip -n ${this.h} link set ${peer} up`);
  }

  file(name: string): string { return path.join(this.dir, name); }

  read(name: string): Buffer { return readFileSync(this.file(name)); }

  /** A configuration of the test module. */
  config(mode: number, deadline = 0): string {
    const f = this.file(`config${mode}-${deadline}`);
    writeFileSync(f, Buffer.from([mode, deadline]));
    return f;
  }

  /** Starts a host on h0 (and h1 where the mode passes frames on). */
  async start(mode: number, extra: string[] = [], deadline = 0): Promise<Host> {
    const ifaces = mode === 0 ? ["h0"] : ["h0", "h1"];
    return this.spawn(["--config", this.config(mode, deadline), ...ifaces.flatMap((i) => ["--iface", i]), ...extra]).started();
  }

  spawn(args: string[]): Host {
    const control = this.file(`control${this.hosts.length}`);
    const all = ["netns", "exec", this.h, HOST, "--module", MODULE, "--control", control, ...args];
    const host = new Host(spawn("ip", all, { stdio: ["ignore", "pipe", "pipe"] }), control);
    this.hosts.push(host);
    return host;
  }

  /** Runs a shell line in a namespace. */
  in(ns: string, line: string): string {
    return execFileSync("ip", ["netns", "exec", ns, "sh", "-c", line], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
  }

  /** Starts a program in a namespace; its whole output when it ends well. */
  run(ns: string, ...argv: string[]): Promise<string> {
    const child = spawn("ip", ["netns", "exec", ns, ...argv], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (d: Buffer) => { text += d.toString(); });
    return new Promise((done, fail) => {
      child.on("close", (code) => { if (code === 0) done(text); else fail(new Error(`${argv[0]} ended with ${code}`)); });
    });
  }

  /** A counter of an interface, as the kernel keeps it. */
  count(ns: string, dev: string, name: string): number {
    return Number(this.in(ns, `cat /sys/class/net/${dev}/statistics/${name}`));
  }

  /** Sends n UDP datagrams of `size` bytes from A to B, or from another place. */
  udp(n: number, size: number, from = this.a, to = "10.7.0.2"): void {
    const code = `const s=require("dgram").createSocket("udp4");let k=0;` +
      `const next=()=>k++<${n}?s.send(Buffer.alloc(${size},k&255),9,"${to}",next):s.close();next()`;
    execFileSync("ip", ["netns", "exec", from, process.execPath, "-e", code]);
  }

  /** Ends all hosts. */
  async quiet(): Promise<void> {
    await Promise.all(this.hosts.map((h) => h.stop()));
  }

  async close(): Promise<void> {
    await this.quiet();
    this.down();
  }

  private down(): void {
    for (const ns of [this.a, this.b, this.h]) sh(`ip netns del ${ns} 2>/dev/null || true`);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
