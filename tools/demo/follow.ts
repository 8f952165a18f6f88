// What a capture at the client's interface says of one connection: when bytes came that the client's socket could hand on, what they were,
// how far the server acknowledged, and what the client had to send again.

import { ACK, FIN, RST, SYN, type Segment } from "./pcap.ts";

/** Milliseconds since 1970, a stream offset reached then, and for how long there had been room for the byte that came, or a byte to send. */
export type Point = [t: number, offset: number, waited: number];

/** Room in the client's window that a full segment needs. */
const ROOM = 1460;

export class Follow {
  /** Bytes from the server, in order and without holes. */
  readonly down: Point[] = [];
  /** Bytes of the client that the server acknowledged. */
  readonly up: Point[] = [];
  /** Segments of the server with the RST flag, but those after both ends' FIN: to a repeated ACK a closed connection may answer so, and nobody sees it. */
  resets = 0;
  /** Segments of the client whose bytes it had sent before. */
  resent = 0;
  /** Segments of the server whose bytes had come before. */
  repeated = 0;
  finished = false;
  private clientFinished = false;
  private rcvNxt?: number;
  private sndBase?: number;
  private sndMax = 0;
  private acked = 0;
  private offset = 0;
  private scale = 0;
  /** Offset of the window's right edge that the client last offered, and since when there is room for a full segment. */
  private edge = 0;
  private openSince?: number;
  private waiting = new Map<number, Segment>();

  /** `bytes` gets the server's stream in order, as far as it was captured. */
  constructor(private readonly bytes: (b: Buffer) => void = () => {}) {}

  get received(): number { return this.offset; }
  get confirmed(): number { return this.acked; }

  /** A segment from the server. */
  fromServer(s: Segment): void {
    if (s.flags & RST && !(this.finished && this.clientFinished)) this.resets++;
    if (s.flags & SYN) { this.rcvNxt ??= s.seq + 1 >>> 0; return; }
    if (s.flags & ACK) this.acknowledge(s);
    if (this.rcvNxt === undefined || (s.length === 0 && !(s.flags & FIN))) return;
    const ahead = s.seq - this.rcvNxt | 0;
    if (ahead > 0) { this.waiting.set(s.seq, s); return; }
    this.take(s, -ahead, s.t);
    for (let more = true; more;) {
      more = false;
      for (const [seq, w] of this.waiting) {
        const d = seq - this.rcvNxt | 0;
        if (d > 0) continue;
        this.waiting.delete(seq);
        this.take(w, -d, s.t);
        more = true;
      }
    }
  }

  /** A segment of the client. */
  fromClient(s: Segment): void {
    if (s.flags & SYN) { this.sndBase ??= s.seq + 1 >>> 0; this.scale = s.scale; return; }
    if (s.flags & FIN) this.clientFinished = true;
    if (s.flags & ACK && this.rcvNxt !== undefined) this.offer(s.t, this.offset + (s.ack - this.rcvNxt | 0) + (s.window << this.scale));
    if (this.sndBase === undefined || s.length === 0) return;
    const end = (s.seq + s.length - this.sndBase) >>> 0;
    if (end <= this.sndMax) this.resent++;
    this.sndMax = Math.max(this.sndMax, end);
  }

  private offer(t: number, edge: number): void {
    this.edge = Math.max(this.edge, edge);
    if (this.edge - this.offset < ROOM) this.openSince = undefined;
    else this.openSince ??= t;
  }

  private acknowledge(s: Segment): void {
    if (this.sndBase === undefined) return;
    const offset = Math.min((s.ack - this.sndBase) >>> 0, this.sndMax);
    if (offset <= this.acked || (s.ack - this.sndBase | 0) < 0) return;
    this.acked = offset;
    this.up.push([s.t, offset, s.t - (this.up.at(-1)?.[0] ?? s.t)]);
  }

  /** Takes a segment's bytes after the first `skip`, at time t: a segment behind a hole counts from when the hole was filled. */
  private take(s: Segment, skip: number, t: number): void {
    const fresh = s.length - skip;
    if (s.flags & FIN && fresh >= 0) this.finished = true;
    if (fresh <= 0) { if (s.length) this.repeated++; return; }
    this.bytes(s.payload.subarray(Math.min(skip, s.payload.length)));
    this.rcvNxt = this.rcvNxt! + fresh >>> 0;
    this.offset += fresh;
    this.down.push([t, this.offset, this.openSince === undefined ? 0 : t - Math.max(this.openSince, this.down.at(-1)?.[0] ?? t)]);
    if (this.edge - this.offset < ROOM) this.openSince = undefined;
  }
}

export interface Gap { from: number; ms: number; offset: number; waited: number }

/**
 * The longest time without a new byte among those that overlap [from, to]; `offset` is what was reached before it. `by`: which of two is longer:
 * the gap as such, or the part of it in which there was room at the client. Undefined without two points.
 */
export function longestGap(points: Point[], from: number, to: number, by: "ms" | "waited"): Gap | undefined {
  let best: Gap | undefined;
  for (let i = 1; i < points.length; i++) {
    const [a, offset] = points[i - 1], [b, , waited] = points[i];
    if (b < from || a > to) continue;
    const g = { from: a, ms: b - a, offset, waited };
    if (!best || g[by] > best[by]) best = g;
  }
  return best;
}

/** Offset reached at time t. */
export function offsetAt(points: Point[], t: number): number {
  let lo = 0, hi = points.length;
  while (lo < hi) { const mid = lo + hi >> 1; if (points[mid][0] <= t) lo = mid + 1; else hi = mid; }
  return lo ? points[lo - 1][1] : 0;
}

/** At most `most` of the points, evenly spread over time, first and last kept: for a picture. */
export function thin<P extends readonly [number, ...number[]]>(points: P[], most: number): P[] {
  if (points.length <= most) return points;
  const t0 = points[0][0], step = (points.at(-1)![0] - t0) / (most - 1), out: P[] = [];
  for (const p of points) if (p[0] >= t0 + out.length * step) out.push(p);
  if (out.at(-1) !== points.at(-1)) out.push(points.at(-1)!);
  return out;
}
