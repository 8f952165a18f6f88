// A capture at the client's interface by tcpdump, followed while it runs. It sees what the client's kernel gets, and takes no part in it.

import type { ChildProcess } from "node:child_process";
import { Follow } from "./follow.ts";
import { PcapReader, segment, SYN } from "./pcap.ts";
import { end, ended, start } from "./process.ts";

export interface Watched { port: number; follow: Follow; connections: number }

export class Capture {
  private readonly child: ChildProcess;
  private readonly reader: PcapReader;
  private readonly clients = new Set<string>();
  private text = "";
  private readonly ready: Promise<void>;

  /**
   * Captures on `iface` of the namespace that `prefix` enters, `snap` bytes of each packet. Per server port one connection is followed.
   * `live`: each packet is handed on at once; otherwise some at a time, which costs less.
   */
  constructor(prefix: string[], iface: string, private readonly server: string, private readonly watched: Watched[], snap: number, live: boolean) {
    const filter = `tcp and host ${server}`;
    this.child = start(prefix, "tcpdump", [
      "-i", iface, "-p", "-n", "--immediate-mode", ...(live ? ["-U"] : []), "-Z", "root", "-B", "32768", "-s", String(snap), "-w", "-", filter,
    ], ["ignore", "pipe", "pipe"]);
    this.reader = new PcapReader((t, frame) => this.take(t, frame));
    this.child.stdout!.on("data", (d: Buffer) => this.reader.push(d));
    this.ready = new Promise((ok, no) => {
      this.child.stderr!.on("data", d => { this.text += d; if (/listening on/.test(this.text)) ok(); });
      this.child.on("error", no);
      this.child.on("close", () => no(new Error(`tcpdump: ${this.text.trim()}`)));
    });
    this.ready.catch(() => {});
  }

  /** Resolves when packets are being captured. */
  listening(): Promise<void> { return this.ready; }

  private take(t: number, frame: Buffer): void {
    const s = segment(t, frame);
    if (!s) return;
    const inward = s.src === this.server, port = inward ? s.sport : s.dport, w = this.watched.find(x => x.port === port);
    if (!w) return;
    const who = `${inward ? s.dport : s.sport}:${port}`;
    if (!inward && s.flags & SYN && !this.clients.has(who)) { this.clients.add(who); w.connections++; }
    if (inward) w.follow.fromServer(s);
    else w.follow.fromClient(s);
  }

  /** Stops, after what was captured has been read. Gives the number of packets that tcpdump lost. */
  async stop(): Promise<number> {
    await new Promise(ok => setTimeout(ok, 300));
    end(this.child, "SIGINT");
    await ended(this.child);
    return Number(/(\d+) packets? dropped by kernel/.exec(this.text)?.[1] ?? 0);
  }
}
