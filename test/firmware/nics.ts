// Boards in QEMU whose NICs are UNIX sockets of this process: traffic through each driver and the real emulation of its chip.

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
import { addr, arp, EtherType, icmp, ipAt, ipv4, Proto, put32, u16, u32, udp } from "../sim/packet.ts";
import { Peer } from "./peer.ts";

/** The six chips: the board that has them, and QEMU's devices; the ISA board's are NE2000 anyway. */
export const CHIPS: Record<string, { board: string; device?: string }> = {
  "ne2000-isa": { board: "pc-486-isa" },
  rtl8029: { board: "pc-486-pci", device: "ne2k_pci" },
  rtl8139: { board: "pc-486-pci", device: "rtl8139" },
  pcnet: { board: "pc-486-pci", device: "pcnet" },
  "8255x": { board: "pc-486-pci", device: "i82557b" },
  21143: { board: "pc-486-pci", device: "tulip" },
};

/** Milliseconds after which something that must happen has not. */
const PATIENCE = 120_000;
/** Frames on their way to one destination: below what the smallest receive ring holds. */
const WINDOW = 4;
const OWN = 0x024800000009;
const router = (i: number): number => addr(`10.${i + 1}.0.1`), station = (i: number): number => addr(`10.${i + 1}.0.9`), mac = (i: number): number => OWN + 0x10000 * (i + 1);
/** Behind station 0: reached over the interface that a frame came from. */
const BEHIND = addr("10.9.0.1");

const SITE = `site = 1
key = "00112233445566778899aabbccddeeff"
[[node]]
name = "r"
role = "redirector"
${[1, 2, 3].map(i => `[[node.interface]]\nname = "eth${i}"\naddress = "10.${i}.0.1/24"\n`).join("")}[[node.route]]
to = "10.9.0.0/24"
via = "10.1.0.9"
`;
const ALONE = SITE.replace(/\[\[node.interface\]\]\nname = "eth[23]"\naddress = "[^"]*"\n/g, "");
/** Images by site and board, in a folder that goes at the end. */
export class Images {
  readonly dir = mkdtempSync(path.join(os.tmpdir(), "hydranet-nics-"));
  readonly #made = new Map<string, string>();

  get(kind: "alone" | "three", board: string): string {
    const key = `${kind}-${board}`;
    if (!this.#made.has(key)) {
      const site = path.join(this.dir, `${kind}.toml`), out = path.join(this.dir, `${key}.img`);
      writeFileSync(site, kind === "alone" ? ALONE : SITE, { mode: 0o600 });
      run(process.execPath, [...TYPESCRIPT, path.join(ROOT, "tools/cli.ts"), "image", "--site", site, "--node", "r", "--board", board, "-o", out]);
      this.#made.set(key, out);
    }
    return this.#made.get(key)!;
  }

  remove(): void { rmSync(this.dir, { recursive: true, force: true }); }
}

/** The other end of a NIC's wire: QEMU's stream format, a length in network order before each frame. Answers ARP for every address asked of it. */
class Wire {
  take: (frame: Uint8Array) => void = () => {};
  #socket?: net.Socket;
  #rest = Buffer.alloc(0);
  readonly #server = net.createServer(s => { this.#socket = s; s.setNoDelay(); s.on("error", () => {}); s.on("data", d => this.#input(d)); });
  constructor(readonly file: string, readonly mac: number) {}
  listen(): Promise<void> { return new Promise(done => { this.#server.listen(this.file, done); }); }
  send(frame: Uint8Array): void {
    const b = Buffer.alloc(4 + Math.max(60, frame.length));
    b.writeUInt32BE(b.length - 4);
    b.set(frame, 4);
    this.#socket?.write(b);
  }
  #input(d: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, d]);
    let at = 0;
    for (; this.#rest.length >= at + 4 && this.#rest.length >= at + 4 + this.#rest.readUInt32BE(at); at += 4 + this.#rest.readUInt32BE(at)) {
      const f = this.#rest.subarray(at + 4, at + 4 + this.#rest.readUInt32BE(at));
      if (u16(f, 12) === EtherType.arp && u16(f, 20) === 1 && u32(f, 28) !== u32(f, 38)) this.send(arp(2, this.mac, u32(f, 38), Number(`0x${Buffer.from(f.subarray(6, 12)).toString("hex")}`), u32(f, 28)));
      else this.take(f);
    }
    this.#rest = this.#rest.subarray(at);
  }
  close(): void { this.#socket?.destroy(); this.#server.close(); }
}

/** A running board. */
export class Emulated {
  console = "";
  readonly #child: ChildProcess;
  private constructor(child: ChildProcess, readonly wires: Wire[], readonly macs: number[]) {
    this.#child = child;
    for (const s of [child.stdout!, child.stderr!]) s.on("data", d => { this.console += d; });
  }

  static async start(images: Images, kind: "alone" | "three", chip: string): Promise<Emulated> {
    const n = kind === "three" ? 3 : 1, c = CHIPS[chip], image = images.get(kind, c.board), bytes = readFileSync(image), stations = macs(bytes.subarray(programAt(bytes)!));
    const wires = Array.from({ length: n }, (_, i) => new Wire(path.join(images.dir, `w${Math.random().toString(36).slice(2)}`), mac(i)));
    for (const w of wires) await w.listen();
    const board = await boardOf(c.board);
    if (c.device) board.qemu!.nics = board.nics.map(() => c.device!);
    const args = qemuArgs(board, { image, kind: "img", macs: stations, netdevs: wires.map(w => `stream,server=off,addr.type=unix,addr.path=${w.file}`), serial: "stdio" });
    const e = new Emulated(start([], "qemu-system-i386", args, ["pipe", "pipe", "pipe"]), wires, stations.map(s => Number(`0x${s.replaceAll(":", "")}`)));
    await e.said(new RegExp(`interface ${n - 1}: `));
    for (let i = 0; i < n; i++) await e.answers(i);
    return e;
  }

  async until<T>(name: string, what: () => T | undefined | false, patience = PATIENCE): Promise<T> {
    for (const limit = Date.now() + patience; Date.now() < limit;) {
      const v = what();
      if (v) return v;
      if (this.#child.exitCode !== null) break;
      await new Promise(done => { setTimeout(done, 5); });
    }
    assert.fail(`${name}: not seen; the console said:\n${this.console.slice(-3000)}`);
  }
  said(pattern: RegExp, from = 0): Promise<RegExpExecArray> { return this.until(String(pattern), () => pattern.exec(this.console.slice(from)) ?? undefined); }

  /** Asks for the board's address on one wire until it answers: its chips need some milliseconds after their reset. */
  async answers(i: number): Promise<void> {
    const w = this.wires[i];
    let answered = false, asked = 0;
    w.take = f => { if (u16(f, 12) === EtherType.arp && u16(f, 20) === 2 && u32(f, 28) === router(i)) answered = true; };
    await this.until(`an answer on wire ${i}`, () => {
      if (!answered && Date.now() - asked > 100) { asked = Date.now(); w.send(arp(1, mac(i), station(i), 0, router(i))); }
      return answered;
    });
  }

  /** The node's status. */
  async status(): Promise<{ frames: number; framesOf: number; counters: Record<string, number> }> {
    const from = this.console.length;
    this.#child.stdin!.write("status\r");
    return JSON.parse((await this.said(/\{"node".*\}\}/, from))[0]) as never;
  }

  async stop(): Promise<void> {
    end(this.#child);
    await ended(this.#child);
    for (const w of this.wires) w.close();
  }
}

export interface Outcome { frames: number; seconds: number; counters: Record<string, number> }

/** Sends `count` datagrams over each of the paths (from wire to wire), some at a time, and takes them at the other end: all, in their order, unchanged. */
async function stream(e: Emulated, paths: [number, number, number][], count: number, progress: (n: number) => void): Promise<void> {
  const flows = paths.map(([from, to, dst], k) => ({ from, to, dst, k, sent: 0, got: 0, bad: "" }));
  const next = (f: (typeof flows)[number]): void => {
    if (f.sent === count) return;
    const data = new Uint8Array(4 + (f.sent * 37 + f.k * 11) % 1469), src = station(f.from);
    for (let i = 4; i < data.length; i++) data[i] = i * 3 + f.sent;
    put32(data, 0, f.sent++);
    e.wires[f.from].send(ipv4(mac(f.from), e.macs[f.from], src, f.dst, Proto.udp, udp(src, f.dst, 1000 + f.k, 2000, data)));
  };
  e.wires.forEach((w, i) => {
    w.take = frame => {
      const ip = ipAt(frame);
      if (ip < 0 || frame[ip + 9] !== Proto.udp || u16(frame, 36) !== 2000) return;
      const f = flows[u16(frame, 34) - 1000];
      if (!f || f.to !== i) return;
      const n = u16(frame, 38) - 8, number = u32(frame, 42);
      if (number !== f.got || n !== 4 + (number * 37 + f.k * 11) % 1469) f.bad ||= `datagram ${number} of ${n} bytes instead of ${f.got}`;
      for (let j = 4; j < n; j++) if (frame[42 + j] !== (j * 3 + number & 255)) { f.bad ||= `byte ${j} of datagram ${number}`; break; }
      f.got++;
      if (f.got % 1000 === 0) progress(flows.reduce((s, g) => s + g.got, 0));
      next(f);
    };
  });
  for (const f of flows) for (let i = 0; i < WINDOW; i++) next(f);
  let last = -1;
  for (;;) {
    const sum = flows.reduce((s, f) => s + f.got, 0), bad = flows.find(f => f.bad);
    assert.ok(!bad, `from ${bad?.from} to ${bad?.to}: ${bad?.bad}`);
    if (sum === count * flows.length) return;
    assert.notEqual(sum, last, `no frame for a minute; ${flows.map(f => `${f.from} to ${f.to}: ${f.got} of ${f.sent}`).join(", ")}; ${e.console.slice(-2000)}`);
    last = sum;
    const until = Date.now() + 60_000;
    await e.until("frames", () => flows.reduce((s, f) => s + f.got, 0) > last || flows.some(f => f.bad) || Date.now() > until);
  }
}

/** Buffers are all there again: what is neither free nor posted would be missing. */
async function whole(e: Emulated, before: number): Promise<Record<string, number>> {
  for (let k = 0; k < 50; k++) {
    const s = await e.status();
    if (s.frames === before) return s.counters;
    await new Promise(done => { setTimeout(done, 50); });
  }
  assert.fail(`frame buffers are missing: ${(await e.status()).frames} free instead of ${before}`);
}

/** The redirector forwards on one NIC, back to the network that the frames come from, or between three. */
export async function forward(images: Images, chip: string, nics: 1 | 3, frames: number, progress: (n: number) => void = () => {}): Promise<Outcome> {
  const e = await Emulated.start(images, nics === 3 ? "three" : "alone", chip);
  try {
    const paths: [number, number, number][] = nics === 1 ? [[0, 0, BEHIND]] : [[0, 1, station(1)], [1, 2, station(2)], [2, 0, station(0)], [1, 0, station(0)], [2, 1, station(1)], [0, 2, station(2)]];
    await stream(e, paths, 3, () => {});
    const before = (await e.status()).frames, began = Date.now(), each = Math.ceil(frames / paths.length);
    await stream(e, paths, each, progress);
    const seconds = (Date.now() - began) / 1000;
    return { frames: each * paths.length, seconds, counters: await whole(e, before) };
  } finally { await e.stop(); }
}

/** Echo requests of all lengths, four at a time, as fast as they are answered. */
export async function pings(images: Images, chip: string, count: number): Promise<Outcome> {
  const e = await Emulated.start(images, "alone", chip);
  try {
    await stream(e, [[0, 0, BEHIND]], 1, () => {});
    const before = (await e.status()).frames, began = Date.now();
    let sent = 0, got = 0, bad = "";
    const next = (): void => {
      if (sent === count) return;
      const data = Uint8Array.from({ length: sent * 29 % 1473 }, (_, i) => i + sent);
      e.wires[0].send(ipv4(mac(0), e.macs[0], station(0), router(0), Proto.icmp, icmp(8, 0, sent++ & 0xffff, data)));
    };
    e.wires[0].take = frame => {
      const ip = ipAt(frame);
      if (ip < 0 || frame[ip + 9] !== Proto.icmp || frame[34] !== 0) return;
      const k = u32(frame, 38), n = u16(frame, 16) - 28;
      if (k !== (got & 0xffff) || n !== got * 29 % 1473 || frame.subarray(42, 42 + n).some((b, i) => b !== (i + got & 255))) bad ||= `reply ${k} instead of ${got}`;
      got++;
      next();
    };
    for (let i = 0; i < WINDOW; i++) next();
    await e.until("all replies", () => got === count || bad !== "", 600_000);
    assert.equal(bad, "");
    return { frames: count, seconds: (Date.now() - began) / 1000, counters: await whole(e, before) };
  } finally { await e.stop(); }
}

/** A TCP connection between two machines through the board: `bytes` one way and the same back, at once, each through two of its NICs. */
export async function tcp(images: Images, chip: string, bytes: number): Promise<Outcome> {
  const e = await Emulated.start(images, "three", chip), ends: Peer[] = [];
  try {
    await stream(e, [[0, 1, station(1)], [1, 0, station(0)]], 1, () => {});
    const before = (await e.status()).frames;
    for (const i of [0, 1]) {
      const p = await Peer.create(station(i), mac(i), router(i), f => e.wires[i].send(f));
      e.wires[i].take = f => p.receive(f);
      ends.push(p);
    }
    const began = Date.now();
    ends[1].serve(7);
    await ends[0].echo(station(1), 7, bytes, PATIENCE);
    for (const p of ends) p.stop();
    return { frames: bytes, seconds: (Date.now() - began) / 1000, counters: await whole(e, before) };
  } finally {
    for (const p of ends) p.stop();
    await e.stop();
  }
}
