// A board in an emulator for tests: its NICs are UNIX sockets of this process, its serial console is text.

import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { end, ended, start, TYPESCRIPT } from "../../tools/children.ts";
import { ROOT } from "../../tools/asc.ts";
import { boardOf } from "../../tools/image/board.ts";
import { macs, programAt } from "../../tools/image/layout.ts";
import { qemuArgs } from "../../tools/image/qemu.ts";
import { run } from "../../tools/lab/process.ts";

/** Milliseconds after which something that must happen has not. */
const PATIENCE = 120_000;

export const SITE = `
site = 1
key = "00112233445566778899aabbccddeeff"
[[node]]
name = "r"
role = "redirector"
[[node.interface]]
name = "eth0"
address = "10.0.0.1/24"
[[node]]
name = "s"
role = "host"
[[node.interface]]
name = "eth0"
address = "10.0.0.2/24"
[[service]]
name = "echo"
kind = "echo"
mode = "plain"
port = 7
receive-buffer = 16384
send-buffer = 16384
chain = ["s"]
`;
export const ADDRESS = { r: Buffer.from([10, 0, 0, 1]), s: Buffer.from([10, 0, 0, 2]) };
const OWN = Buffer.from([10, 0, 0, 9]), OWN_MAC = Buffer.from("024800000009", "hex");

/** A folder that goes with the test, holding a site file. */
export function folder(site = SITE): { dir: string; site: string; remove(): void } {
  const dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-firmware-")), file = path.join(dir, "site.toml");
  writeFileSync(file, site, { mode: 0o600 });
  return { dir, site: file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Runs `hydranet image`; what it printed. */
export function image(...args: string[]): string { return run(process.execPath, [...TYPESCRIPT, path.join(ROOT, "tools/cli.ts"), "image", ...args]); }

/** One end of a wire to a NIC: QEMU's stream format, a big-endian length before each frame. */
class Wire {
  readonly frames: Buffer[] = [];
  private socket?: net.Socket;
  private rest = Buffer.alloc(0);
  readonly server = net.createServer(s => { this.socket = s; s.on("error", () => {}); s.on("data", d => this.take(d)); });
  constructor(readonly file: string) {}
  listen(): Promise<void> { return new Promise(done => { this.server.listen(this.file, done); }); }
  send(frame: Buffer): void {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(frame.length);
    this.socket?.write(Buffer.concat([head, frame]));
  }
  private take(d: Buffer): void {
    this.rest = Buffer.concat([this.rest, d]);
    while (this.rest.length >= 4 && this.rest.length >= 4 + this.rest.readUInt32BE(0)) {
      const n = this.rest.readUInt32BE(0);
      const frame = this.rest.subarray(4, 4 + n);
      this.frames.push(frame);
      if (frame.readUInt16BE(12) === 0x0806 && frame.readUInt16BE(20) === 1 && frame.subarray(38, 42).equals(OWN)) this.send(arpReply(frame));
      this.rest = this.rest.subarray(4 + n);
    }
  }
  close(): void { this.socket?.destroy(); this.server.close(); }
}

export interface Options { image: string; board: string; kind: "img" | "elf" | "floppy" | "cdrom"; nics?: number; memory?: number; content?: string; boot?: string }

/** A running board. */
export class Board {
  console = "";
  wires: Wire[] = [];
  /** Where the console comes by a file. */
  private file?: string;
  private constructor(private readonly child: ChildProcess, wires: Wire[]) {
    this.wires = wires;
    child.stdout!.on("data", d => { this.console += d; });
    child.stderr!.on("data", d => { this.console += `[qemu] ${d}`; });
  }

  static async qemu(dir: string, o: Options): Promise<Board> {
    const wires = Array.from({ length: o.nics ?? 1 }, (_, i) => new Wire(path.join(dir, `nic${i}-${Math.random().toString(36).slice(2)}`)));
    for (const w of wires) await w.listen();
    const netdevs = wires.map(w => `stream,server=off,addr.type=unix,addr.path=${w.file}`);
    const bytes = readFileSync(o.image);
    const args = qemuArgs(await boardOf(o.board), { image: o.boot ?? o.image, kind: o.kind, macs: macs(bytes.subarray(programAt(bytes)!)), netdevs, memory: o.memory, serial: "stdio", content: o.content });
    return new Board(start([], "qemu-system-i386", args, ["pipe", "pipe", "pipe"]), wires);
  }

  /** A PC with a Pentium in Bochs, without NIC: another BIOS, and a CPU that enforces the limits of segments. Its console comes by a file. */
  static async bochs(dir: string, disk: string): Promise<Board> {
    const com = path.join(dir, "bochs.com1"), rc = path.join(dir, "bochs.rc"), commands = path.join(dir, "bochs.commands"), cylinders = readFileSync(disk).length / (512 * 16 * 63);
    writeFileSync(com, "");
    writeFileSync(commands, "c\n"); // Debian's build begins in its debugger
    writeFileSync(rc, `config_interface: textconfig
display_library: rfb, options="timeout=0"
megs: 4
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=pentium, ips=30000000
clock: sync=none
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=${disk}, mode=flat, cylinders=${cylinders}, heads=16, spt=63
boot: disk
com1: enabled=1, mode=file, dev=${com}
sound: driver=dummy, waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
log: ${path.join(dir, "bochs.log")}
panic: action=fatal
`);
    const b = new Board(start([], "bochs", ["-q", "-unlock", "-f", rc, "-rc", commands], ["ignore", "pipe", "pipe"]), []);
    b.file = com;
    return b;
  }

  /** Types on the serial console. */
  type(text: string): void { this.child.stdin!.write(text); }

  /** Waits until `what` gives something. */
  async until<T>(name: string, what: () => T | undefined | false): Promise<T> {
    for (const limit = Date.now() + PATIENCE; Date.now() < limit;) {
      if (this.file) this.console = readFileSync(this.file, "latin1");
      const v = what();
      if (v) return v;
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      await new Promise(done => { setTimeout(done, 10); });
    }
    assert.fail(`${name}: not seen; the console said:\n${this.console.slice(-3000)}`);
  }
  said(pattern: RegExp): Promise<RegExpExecArray> { return this.until(String(pattern), () => pattern.exec(this.console) ?? undefined); }

  /** Asks for the address until somebody answers; its Ethernet address. */
  async arp(address: Buffer, nic = 0): Promise<Buffer> {
    const w = this.wires[nic];
    let asked = 0;
    return this.until(`an ARP reply of ${address.join(".")}`, () => {
      if (Date.now() - asked > 200) { asked = Date.now(); w.send(arpRequest(address)); }
      return w.frames.find(f => f.readUInt16BE(12) === 0x0806 && f.readUInt16BE(20) === 2 && f.subarray(28, 32).equals(address))?.subarray(6, 12);
    });
  }

  /** Sends an echo request of n bytes and waits for its reply, byte for byte. */
  async ping(address: Buffer, mac: Buffer, n: number, sequence: number, nic = 0): Promise<void> {
    const w = this.wires[nic], request = echoRequest(address, mac, n, sequence), data = request.subarray(42, 42 + n);
    let sent = 0;
    await this.until(`the reply to ping ${sequence} of ${n} bytes`, () => {
      if (Date.now() - sent > 1000) { sent = Date.now(); w.send(request); }
      return w.frames.some(f => f.readUInt16BE(12) === 0x0800 && f[23] === 1 && f[34] === 0 && f.readUInt16BE(40) === sequence && f.subarray(42, 42 + n).equals(data));
    });
  }

  async stop(): Promise<void> {
    end(this.child);
    await ended(this.child);
    for (const w of this.wires) w.close();
  }
}

function arpRequest(address: Buffer): Buffer {
  return Buffer.concat([Buffer.from("ffffffffffff", "hex"), OWN_MAC, Buffer.from("08060001080006040001", "hex"), OWN_MAC, OWN, Buffer.alloc(6), address, Buffer.alloc(18)]);
}

/** The reply to a board's question for our address. */
function arpReply(request: Buffer): Buffer {
  return Buffer.concat([request.subarray(6, 12), OWN_MAC, Buffer.from("08060001080006040002", "hex"), OWN_MAC, OWN, request.subarray(22, 32), Buffer.alloc(18)]);
}

export function echoRequest(address: Buffer, mac: Buffer, n: number, sequence: number): Buffer {
  const ip = Buffer.from("4500000000000000400100000000000000000000", "hex"), icmp = Buffer.alloc(8 + n);
  ip.writeUInt16BE(28 + n, 2);
  OWN.copy(ip, 12);
  address.copy(ip, 16);
  ip.writeUInt16BE(sum(ip), 10);
  icmp[0] = 8;
  icmp.writeUInt16BE(sequence, 6);
  for (let i = 0; i < n; i++) icmp[8 + i] = i * 7 + sequence;
  icmp.writeUInt16BE(sum(icmp), 2);
  const out = Buffer.concat([mac, OWN_MAC, Buffer.from("0800", "hex"), ip, icmp]);
  return out.length < 60 ? Buffer.concat([out, Buffer.alloc(60 - out.length)]) : out;
}

/** Internet checksum (RFC 1071). */
function sum(b: Buffer): number {
  let s = 0;
  for (let i = 0; i < b.length; i += 2) s += b[i] << 8 | (b[i + 1] ?? 0);
  while (s >> 16) s = (s & 0xffff) + (s >> 16);
  return ~s & 0xffff;
}
