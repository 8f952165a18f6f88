// A capture at the client's interface by dumpcap, followed while it runs; it hands on what it has four times a second. It sees what the client's kernel gets, and takes no part in it.

import type { ChildProcess } from "node:child_process";
import { Follow } from "./follow.ts";
import { PcapReader, segment, SYN } from "./pcap.ts";
import { end, ended, start } from "../children.ts";

/** Milliseconds without a packet after which all has been read, and how long to wait for that. */
const QUIET = 800, DRAIN = 20_000;

export interface Watched { port: number; follow: Follow; connections: number }

export class Capture {
  private readonly child: ChildProcess;
  private readonly reader: PcapReader;
  private readonly clients = new Set<string>();
  private text = "";
  private last = performance.now();
  private readonly ready: Promise<void>;

  /** Captures on `iface` of the namespace that `prefix` enters, `snap` bytes of each packet. Per server port one connection is followed. */
  constructor(prefix: string[], iface: string, private readonly server: string, private readonly watched: Watched[], snap: number) {
    this.child = start(prefix, "dumpcap", ["-q", "-p", "-i", iface, "-f", `tcp and host ${server}`, "-P", "-B", "64", "-s", String(snap), "-w", "-"], ["ignore", "pipe", "pipe"]);
    this.reader = new PcapReader((t, frame) => this.take(t, frame));
    this.child.stdout!.on("data", (d: Buffer) => this.reader.push(d));
    this.ready = new Promise((ok, no) => {
      // Its "Capturing on" comes before it has opened the interface; the file's header comes after.
      this.child.stdout!.once("data", () => ok());
      this.child.stderr!.on("data", d => { this.text += d; });
      this.child.on("error", no);
      this.child.on("close", () => no(new Error(`dumpcap: ${this.text.trim()}`)));
    });
    this.ready.catch(() => {});
  }

  /** Resolves when packets are being captured. */
  listening(): Promise<void> { return this.ready; }

  private take(t: number, frame: Buffer): void {
    this.last = performance.now();
    const s = segment(t, frame);
    if (!s) return;
    const inward = s.src === this.server, port = inward ? s.sport : s.dport, w = this.watched.find(x => x.port === port);
    if (!w) return;
    const who = `${inward ? s.dport : s.sport}:${port}`;
    if (!inward && s.flags & SYN && !this.clients.has(who)) { this.clients.add(who); w.connections++; }
    if (inward) w.follow.fromServer(s);
    else w.follow.fromClient(s);
  }

  /** Stops when nothing has come for a while: on a busy machine the capture is behind. Gives the number of packets that the capture lost. */
  async stop(): Promise<number> {
    for (const limit = performance.now() + DRAIN; performance.now() < limit && performance.now() - this.last < QUIET;) await new Promise(ok => setTimeout(ok, 50));
    end(this.child, "SIGINT");
    await ended(this.child);
    return Number(/received\/dropped on interface [^:]*: \d+\/(\d+)/.exec(this.text)?.[1] ?? 0);
  }
}
