// The demonstration: a video through two kills of the primary, then, with the dead servers back, a download and an upload through a third.

import type { Bed, Chain } from "./bed.ts";
import { Body } from "./body.ts";
import { Capture, type Watched } from "./capture.ts";
import { Download, Player, Upload, counters, since, PLAYER_BUFFER } from "./clients.ts";
import { Follow, longestGap, offsetAt, type Point } from "./follow.ts";
import type { Material } from "./material.ts";
import { FPS, sinkCheck } from "./material.ts";
import type { Replica, Screen } from "./picture.ts";
import { end } from "../children.ts";
import type { Kill, Results, Stream } from "./results.ts";

/** How long the client may wait for a byte before the run is given up, and how long a dead server may take to join. */
const PATIENCE = 8000, JOIN = 30_000;
/** A gap that begins this long after a kill belongs to it. */
const AROUND = 300;
/** Silence that is longer than the capture's delay, milliseconds. */
const BEHIND = 700;
/** Both transfers have come this far when the third primary is killed; one that is further ahead of the other than this waits, so that the kill is in the middle of both. */
const BULK_KILL = 0.42, DOWNLOAD_AHEAD = 0.08, UPLOAD_AHEAD = 0.1;
/** Both have flowed freely for so long when it comes, milliseconds. */
const FLOWING = 30;
/** The upload, which costs the servers more, has come this far when the download starts. */
const UPLOAD_FIRST = 0.1;

export interface Options {
  fast: boolean; replicas: number; ffmpeg: string;
  /** The client's link during the transfers, bits per second: so fast that they take seconds, so slow that both get the same. */
  bulkRate: number;
}

const sleep = (ms: number): Promise<void> => new Promise(ok => setTimeout(ok, ms));

export class Demo {
  private readonly zero = performance.timeOrigin + performance.now();
  private readonly results: Results;
  private chain: Chain = { view: 0, members: [], progress: new Map() };
  private readonly dead = new Set<string>();
  private watching?: NodeJS.Timeout;
  private asking = false;
  private title = "";
  private work: () => { name: string; share: number; remark: string }[] = () => [];
  private streams: (() => Point[])[] = [];
  private stalls: { node: string; t: number; ms: number; streams: (() => Point[])[] }[] = [];
  private quiet = 0;
  private quietAt = -1;

  constructor(private readonly bed: Bed, private readonly m: Material, private readonly options: Options, private readonly screen: Screen) {
    const none = { retransmitted: 0, timeouts: 0 };
    this.results = {
      began: new Date().toISOString().replace("T", " ").slice(0, 19) + " UTC", fast: options.fast, replicas: options.replicas, system: bed.system,
      player: { program: options.ffmpeg, exit: -1, frames: m.video.frames, played: 0, late: 0, worst: 0, lateness: [], words: "" },
      video: this.stream("video", m.video.size, m.video.sha256), bulk: [], counters: { video: none, bulk: none }, events: [], lost: 0, machines: [],
    };
  }

  /** Milliseconds since the run began, on the clock of the captures. */
  private now(): number { return performance.timeOrigin + performance.now() - this.zero; }
  private event(text: string): void { this.results.events.push({ t: this.now(), text }); }

  /** Runs both acts. What breaks on the way is in the results; throws only where the laboratory does not work. */
  async run(): Promise<Results> {
    this.title = "HydraNet: bringing the laboratory up";
    this.show();
    await this.bed.up();
    this.watching = setInterval(() => { void this.watch(); }, 100);
    try {
      await this.until(() => this.chain.members.length === this.options.replicas, JOIN, "the chain has all its members");
      await this.video();
      if (this.results.error === undefined) {
        await this.restart();
        await this.bulk();
      }
    } finally {
      clearInterval(this.watching);
      this.results.machines = await this.bed.machines().catch(() => []);
      await this.bed.down();
    }
    this.show();
    return this.results;
  }

  private async watch(): Promise<void> {
    if (!this.asking) {
      this.asking = true;
      const before = this.chain.members[0];
      this.chain = await this.bed.chain().catch(() => this.chain);
      this.asking = false;
      if (this.chain.members[0] !== before && this.chain.members[0]) this.event(`primary is ${this.chain.members[0]}, view ${this.chain.view}, ${this.chain.members.length} in the chain`);
    }
    this.show();
  }

  private show(): void {
    const chain = this.bed.servers.map((name): Replica => {
      const at = this.chain.members.indexOf(name), state = this.dead.has(name) ? "dead" : at < 0 ? "outside" : at === 0 ? "primary" : "backup";
      return { name, state, ...this.chain.progress.get(name) ?? { produced: 0, received: 0 } };
    });
    this.measure();
    this.screen.show({ t: this.now(), title: this.title, view: this.chain.view, chain, work: this.work(), stalls: this.stalls, events: this.results.events });
  }

  /** Follows the stall at the last kill, for the picture: the capture is up to half a second behind. */
  private measure(): void {
    const k = this.stalls.at(-1);
    if (!k || k.streams !== this.streams || this.now() - k.t > 3 * PATIENCE) return;
    const from = this.zero + k.t, waits = this.streams.map(points => longestGap(points(), from, from + AROUND, "waited")?.waited ?? 0), silent = this.now() - this.newest();
    k.ms = Math.max(...waits, silent > BEHIND ? silent : 0);
  }

  /** When the last new byte came, on any of the streams. */
  private newest(): number { return Math.max(...this.streams.map(points => (points().at(-1)?.[0] ?? this.zero) - this.zero)); }

  private async until(done: () => boolean, limit: number, what: string): Promise<void> {
    for (const stop = this.now() + limit; !done();) {
      if (this.now() > stop) throw new Error(`not within ${limit / 1000} s: ${what}`);
      await sleep(20);
    }
  }

  /** Kills the primary; gives its name. */
  private async killPrimary(): Promise<{ node: string; t: number }> {
    const node = this.chain.members[0], t = this.now();
    this.dead.add(node);
    await this.bed.kill(node);
    this.event(`${node} killed, the primary`);
    this.stalls.push({ node, t, ms: 0, streams: this.streams });
    return { node, t };
  }

  private stream(name: string, size: number, expected: string): Stream {
    return { name, size, points: [], kills: [], connections: 0, resets: 0, resent: 0, digest: "", expected, gapMedian: 0, gapWorst: 0, waitWorst: 0, seconds: 0 };
  }

  private async video(): Promise<void> {
    const { video } = this.m, r = this.results, body = new Body(), watched: Watched = { port: this.bed.port, follow: new Follow(b => body.push(b)), connections: 0 };
    await this.bed.shape(2 * video.size * 8 / (video.frames / FPS));
    const capture = new Capture(this.bed.client, this.bed.iface, this.bed.address, [watched], 65535);
    await capture.listening();
    const before = await counters(this.bed.client);
    const player = new Player(this.bed.client, `http://${this.bed.address}:${this.bed.port}/${video.name}`);
    let over = false;
    void player.ended().then(code => { over = true; r.player.exit = code; });
    this.title = "a video plays in real time; its primaries are killed";
    this.streams = [() => watched.follow.down];
    this.work = () => [{ name: "video", share: player.frames.played / video.frames, remark: `frame ${player.frames.played} of ${video.frames}, ${player.frames.late} late` }];
    this.event(`the player starts, its link shaped to ${(2 * video.size * 8 / (video.frames / FPS) / 1e6).toFixed(2)} Mbit/s`);
    const kills: { node: string; t: number; played: number; successor: string }[] = [];
    while (!over) {
      await sleep(10);
      this.noteSuccessor(kills);
      if (kills.length < 2 && player.frames.played >= video.frames * (kills.length + 1) / 3 && this.chain.members.length) {
        const played = player.frames.played;
        kills.push({ ...await this.killPrimary(), played, successor: "" });
      }
      if (watched.follow.finished || !this.stalled(watched.follow.down, player.frames.played)) continue;
      r.error = `the video stood still for ${PATIENCE / 1000} s`;
      end(player.child);
    }
    this.streams = [];
    await sleep(50);
    r.counters.video = since(before, await counters(this.bed.client));
    r.lost += await capture.stop();
    r.player = { ...r.player, played: player.frames.played, late: player.frames.late, worst: player.frames.worst, lateness: player.frames.lateness, words: player.last };
    this.close(r.video, watched, watched.follow.down, body.head, kills.map(k => ({ ...k, left: 1 - k.played / video.frames, ahead: PLAYER_BUFFER })));
    r.video.digest = body.sha256();
    this.event(`the player has ended: ${r.player.played} frames, ${r.player.late} late`);
    if (r.player.exit !== 0 && r.error === undefined) r.error = `the player failed: ${r.player.words || `exit status ${r.player.exit}`}`;
  }

  private noteSuccessor(kills: { node: string; successor: string }[]): void {
    const k = kills.at(-1), now = this.chain.members[0];
    if (k && !k.successor && now && now !== k.node && !this.dead.has(now)) k.successor = now;
  }

  /** True when neither a byte nor a frame came for longer than PATIENCE. */
  private stalled(points: Point[], played: number): boolean {
    const newest = (points.at(-1)?.[0] ?? this.zero) - this.zero;
    if (played !== this.quietAt) { this.quietAt = played; this.quiet = this.now(); }
    return this.now() - Math.max(newest, this.quiet) > PATIENCE;
  }

  /** Fills in what the capture says of a stream; `head`: bytes before what counts. */
  private close(s: Stream, w: Watched, points: Point[], head: number, kills: { node: string; t: number; successor: string; left?: number; ahead: number }[]): void {
    s.points = points.map(([t, n, w]): Point => [t - this.zero, Math.max(0, n - head), w]);
    s.connections = w.connections;
    s.resets = w.follow.resets;
    s.resent = w.follow.resent;
    s.seconds = s.points.length ? (s.points.at(-1)![0] - s.points[0][0]) / 1000 : 0;
    s.kills = kills.map((k, i) => this.killOf(s, k, kills[i + 1]?.t));
    const gaps = s.points.slice(1).map((p, i) => ({ from: s.points[i][0], ms: p[0] - s.points[i][0], waited: p[2] })).filter(g => !s.kills.some(k => g.from + g.ms >= k.t && g.from <= k.t + AROUND));
    const sorted = gaps.map(g => g.ms).sort((a, b) => a - b);
    s.gapMedian = sorted[sorted.length >> 1] ?? 0;
    s.gapWorst = sorted.at(-1) ?? 0;
    s.waitWorst = gaps.reduce((n, g) => Math.max(n, g.waited), 0);
  }

  private killOf(s: Stream, k: { node: string; t: number; successor: string; left?: number; ahead: number }, next?: number): Kill {
    const offset = offsetAt(s.points, k.t), last = s.points.at(-1) ?? [k.t, 0, 0], end = this.now();
    const points: Point[] = last[1] < s.size ? [...s.points, [end, last[1], end - last[0]]] : s.points, none = { from: k.t, ms: 0, offset, waited: 0 };
    const gap = longestGap(points, k.t, k.t + AROUND, "ms") ?? none, wait = longestGap(points, k.t, k.t + AROUND, "waited") ?? none;
    const left = k.left ?? 1 - offset / s.size, after = k.successor === "" ? 0 : (next === undefined ? last[1] : offsetAt(s.points, next)) - wait.offset;
    const leftAtServer = Math.max(0, s.size - offset - k.ahead) / Math.max(1, s.size * left);
    return { t: k.t, node: k.node, successor: k.successor, offset, size: s.size, left, leftAtServer, stall: wait.waited, stallFrom: wait.from + wait.ms - wait.waited, gap: gap.ms, after };
  }

  private async restart(): Promise<void> {
    this.title = "the dead servers start again and join";
    this.work = () => [{ name: "chain", share: this.chain.members.length / this.options.replicas, remark: `${this.chain.members.length} of ${this.options.replicas} in the chain` }];
    for (const node of [...this.dead]) {
      await this.bed.start(node);
      this.dead.delete(node);
      this.event(`${node} started again`);
    }
    await this.until(() => this.chain.members.length === this.options.replicas, JOIN, "the servers that were started again have joined");
    this.event("all servers are in the chain again");
  }

  private async bulk(): Promise<void> {
    const { bulk } = this.m, r = this.results, { client, address, port, sinkPort } = this.bed, check = `${bulk.size} ${await sinkCheck(bulk.path)}`;
    const down: Watched = { port, follow: new Follow(), connections: 0 }, up: Watched = { port: sinkPort, follow: new Follow(), connections: 0 };
    await this.bed.shape(this.options.bulkRate);
    const capture = new Capture(client, this.bed.iface, address, [down, up], 96);
    await capture.listening();
    const before = await counters(client), start = this.now();
    this.event("the upload starts");
    const upload = new Upload(client, address, sinkPort, bulk.path);
    upload.limit = 2 * UPLOAD_FIRST * bulk.size;
    await this.until(() => upload.given >= UPLOAD_FIRST * bulk.size, PATIENCE, "the upload begins");
    upload.limit = Infinity;
    const download = new Download(client, `http://${address}:${port}/${bulk.name}`);
    this.title = `${bulk.size / 1e6} MB down and up; the primary is killed`;
    this.streams = [() => down.follow.down, () => up.follow.up];
    const shares = (): number[] => [download.received / bulk.size, upload.given / bulk.size];
    this.work = () => ["download", "upload"].map((name, i) => ({ name, share: shares()[i], remark: `${(shares()[i] * bulk.size / 1e6).toFixed(1)} MB` }));
    this.event("the download starts");
    const kills: { node: string; t: number; successor: string; ahead: number }[] = [];
    let open = 2, failed = "", ripe: number | undefined;
    for (const [name, done] of [["curl", download.done], ["nc", upload.done]] as const) void done.then(code => { open--; if (code !== 0) failed ||= `${name} ended with ${code}`; });
    while (open > 0) {
      await sleep(5);
      this.noteSuccessor(kills);
      const [a, b] = shares();
      if (ripe === undefined && this.chain.members.length && Math.min(a, b) >= BULK_KILL) ripe = this.now();
      download.hold(ripe === undefined && a > b + DOWNLOAD_AHEAD);
      upload.hold(ripe === undefined && b > a + UPLOAD_AHEAD);
      if (kills.length === 0 && ripe !== undefined && this.now() - ripe >= FLOWING) kills.push({ ...await this.killPrimary(), successor: "", ahead: 0 });
      if (this.newest() > 0 ? this.now() - this.newest() < PATIENCE : this.now() - start < PATIENCE) continue;
      failed ||= `the transfers stood still for ${PATIENCE / 1000} s`;
      end(download.child);
      end(upload.child);
    }
    this.streams = [];
    if (failed) r.error = failed;
    r.counters.bulk = since(before, await counters(client));
    r.lost += await capture.stop();
    const d = this.stream("download", bulk.size, bulk.sha256), u = this.stream("upload", bulk.size, check);
    this.close(d, down, down.follow.down, Math.max(0, down.follow.received - download.received), kills);
    this.close(u, up, up.follow.up, 0, kills);
    d.digest = download.sha256();
    u.digest = upload.answer.trim();
    r.bulk = [d, u];
    this.event("both transfers have ended");
  }
}
