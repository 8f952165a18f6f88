// The clients, all stock programs in the client's namespace: ffmpeg plays, curl downloads, nc uploads. And the kernel's own counters there.

import { type ChildProcess, spawnSync } from "node:child_process";
import { createHash, type Hash } from "node:crypto";
import { createReadStream, type ReadStream } from "node:fs";
import { FILTERS, Frames } from "./frames.ts";
import { ended, output, start } from "../children.ts";

/** Bytes of the player's socket buffer and of its look at the stream before it plays. */
export const PLAYER_BUFFER = 16384, PLAYER_PROBE = 32768;

/** Plays a video in real time, decoding to nothing; each frame is timed by ffmpeg itself. */
export class Player {
  readonly frames = new Frames();
  readonly child: ChildProcess;
  /** The last line that is no frame's: ffmpeg's words where it fails. */
  last = "";

  constructor(prefix: string[], url: string) {
    this.child = start(favoured(prefix), "ffmpeg", [
      "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-probesize", String(PLAYER_PROBE), "-analyzeduration", "200000", "-seekable", "0",
      "-recv_buffer_size", String(PLAYER_BUFFER), "-xerror", "-re", "-i", url, "-an", "-vf", FILTERS, "-fps_mode", "passthrough", "-f", "null", "-",
    ], ["ignore", "ignore", "pipe"]);
    let rest = "";
    this.child.stderr!.on("data", d => {
      const lines = (rest + d).split("\n");
      rest = lines.pop()!;
      for (const l of lines) if (!this.frames.line(l) && !l.includes("showinfo")) this.last = l;
    });
  }

  ended(): Promise<number> { return ended(this.child); }
}

/** The player and the servers are different machines in life: it gets real-time priority here, so that it does not wait for their CPUs. Where that is not permitted it runs without. */
const REALTIME = ["chrt", "--rr", "20"];
function favoured(prefix: string[]): string[] {
  const [program, ...args] = [...REALTIME, "true"];
  return spawnSync(program, args, { stdio: "ignore" }).status === 0 ? [...prefix, ...REALTIME] : prefix;
}

/** A download by curl, hashed as it comes. */
export class Download {
  received = 0;
  private readonly hash: Hash = createHash("sha256");
  readonly child: ChildProcess;
  readonly done: Promise<number>;

  constructor(prefix: string[], url: string) {
    this.child = start(prefix, "curl", ["--silent", "--show-error", "--fail", "--no-buffer", "--output", "-", url], ["ignore", "pipe", "ignore"]);
    this.child.stdout!.on("data", (d: Buffer) => { this.received += d.length; this.hash.update(d); });
    this.done = ended(this.child);
  }

  /** Whether what comes is left unread for now. */
  hold(on: boolean): void { if (on) this.child.stdout!.pause(); else this.child.stdout!.resume(); }

  /** Of what was received; to be asked once, after `done`. */
  sha256(): string { return this.hash.digest("hex"); }
}

/** An upload by nc, which closes its direction at the end and waits for the answer. */
export class Upload {
  answer = "";
  /** Bytes beyond which nc gets nothing more for now. */
  limit = Infinity;
  private read = 0;
  private held = false;
  private readonly bytes: ReadStream;
  readonly child: ChildProcess;
  readonly done: Promise<number>;

  constructor(prefix: string[], address: string, port: number, file: string) {
    this.child = start(prefix, "nc", ["-N", address, String(port)], ["pipe", "pipe", "ignore"]);
    this.child.stdout!.on("data", d => { this.answer += d; });
    const to = this.child.stdin!;
    this.bytes = createReadStream(file, { highWaterMark: 1 << 18 });
    to.on("error", () => this.bytes.destroy());
    to.on("drain", () => this.flow());
    this.bytes.on("data", d => { this.read += d.length; to.write(d); this.flow(); });
    this.bytes.on("end", () => to.end());
    this.done = ended(this.child);
  }

  /** Whether nc gets nothing more for now. */
  hold(on: boolean): void { this.held = on; this.flow(); }
  private flow(): void { if (this.held || this.read >= this.limit || this.child.stdin!.writableNeedDrain) this.bytes.pause(); else this.bytes.resume(); }

  /** Bytes that nc has taken: ahead of what arrived by its socket's buffer. */
  get given(): number { return this.read - (this.child.stdin?.writableLength ?? 0); }
}

/** Counters of the client's kernel (nstat has the same). */
export interface Counters { retransmitted: number; timeouts: number }

export async function counters(prefix: string[]): Promise<Counters> {
  const text = await output(prefix, "cat", ["/proc/net/snmp", "/proc/net/netstat"]);
  const value = (table: string, name: string): number => {
    const rows = text.split("\n").filter(l => l.startsWith(`${table}: `)).map(l => l.split(" ")), at = rows[0]?.indexOf(name) ?? -1;
    if (at < 0) throw new Error(`/proc/net: no counter ${name} of ${table}`);
    return Number(rows[1][at]);
  };
  return { retransmitted: value("Tcp", "RetransSegs"), timeouts: value("TcpExt", "TCPTimeouts") };
}

export const since = (a: Counters, b: Counters): Counters => ({ retransmitted: b.retransmitted - a.retransmitted, timeouts: b.timeouts - a.timeouts });
