// The demonstration's instruments, each by itself: captures, streams, frames, promises, pictures, pages.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { Body } from "../../tools/demo/body.ts";
import { Follow, longestGap, offsetAt, thin, type Point } from "../../tools/demo/follow.ts";
import { Frames } from "../../tools/demo/frames.ts";
import { sinkCheck } from "../../tools/demo/material.ts";
import { page } from "../../tools/demo/page.ts";
import { ACK, FIN, PcapReader, RST, segment, SYN, type Segment } from "../../tools/demo/pcap.ts";
import { bar, draw, paint } from "../../tools/demo/picture.ts";
import { ticks } from "../../tools/demo/plot.ts";
import { report } from "../../tools/demo/report.ts";
import { exitStatus, type Kill, type Machine, promises, type Results, type Stream } from "../../tools/demo/results.ts";

const ISN = 0xfffff000;
/** A segment of the server at stream offset `at`, or of the client. */
function seg(t: number, at: number, data: string | number, flags = ACK, more: Partial<Segment> = {}): Segment {
  const payload = typeof data === "string" ? Buffer.from(data) : Buffer.alloc(0), length = typeof data === "string" ? payload.length : data;
  return { t, src: "", dst: "", sport: 0, dport: 0, seq: ISN + 1 + at >>> 0, ack: 0, window: 0, scale: 0, flags, length, payload, ...more };
}
function follow(): { f: Follow; text: () => string } {
  const got: Buffer[] = [], f = new Follow(b => got.push(b));
  f.fromClient(seg(0, -1, 0, SYN, { scale: 2 }));
  f.fromServer(seg(0, -1, 0, SYN));
  return { f, text: () => Buffer.concat(got).toString() };
}

test("a stream is put together in order, and a byte behind a hole counts from when the hole is filled", () => {
  const { f, text } = follow();
  f.fromServer(seg(1, 0, "abc"));
  f.fromServer(seg(2, 6, "ghi"));
  f.fromServer(seg(3, 1, "bcdef"));
  f.fromServer(seg(4, 0, "abc"));
  assert.equal(text(), "abcdefghi");
  assert.deepEqual(f.down.map(p => p.slice(0, 2)), [[1, 3], [3, 6], [3, 9]]);
  assert.equal(f.repeated, 1);
});

test("sequence numbers may wrap", () => {
  const { f } = follow();
  for (let i = 0; i < 10; i++) f.fromServer(seg(i, i * 1000, 1000));
  assert.equal(f.received, 10_000);
});

test("a wait counts from when the client had room", () => {
  const { f } = follow();
  f.fromClient(seg(10, 0, 0, ACK, { ack: ISN + 1 >>> 0, window: 1000 }));
  f.fromServer(seg(20, 0, 1460));
  f.fromServer(seg(21, 1460, 1460));
  f.fromServer(seg(22, 2920, 1000));
  f.fromClient(seg(100, 0, 0, ACK, { ack: ISN + 3921 >>> 0, window: 500 }));
  f.fromServer(seg(130, 3920, 10));
  assert.deepEqual(f.down.map(p => p[2]), [0, 1, 0, 30]);
});

test("resets, repeated segments of the client and acknowledged bytes are counted", () => {
  const { f } = follow();
  f.fromClient(seg(1, 0, 100));
  f.fromClient(seg(2, 100, 100));
  f.fromClient(seg(3, 0, 100));
  f.fromServer(seg(4, 0, 0, ACK, { ack: ISN + 1 + 150 >>> 0 }));
  f.fromServer(seg(9, 0, 0, ACK, { ack: ISN + 1 + 200 >>> 0 }));
  f.fromServer(seg(9, 0, 0, ACK, { ack: ISN + 1 + 100 >>> 0 }));
  f.fromServer(seg(9, 0, 0, RST));
  f.fromClient(seg(9, 0, 0, RST));
  f.fromServer(seg(10, 0, 0, ACK | FIN));
  assert.deepEqual(f.up, [[4, 150, 0], [9, 200, 5]]);
  assert.deepEqual([f.resent, f.resets, f.confirmed, f.finished], [1, 1, 200, true]);
  f.fromServer(seg(11, 0, 0, RST));
  assert.equal(f.resets, 2, "the client has not closed");
  f.fromClient(seg(12, 200, 0, ACK | FIN));
  f.fromServer(seg(13, 0, 0, RST));
  assert.equal(f.resets, 2, "both have closed");
});

test("the longest gap is one that overlaps the time asked for", () => {
  const points: Point[] = [[0, 1, 0], [100, 2, 90], [110, 3, 10], [150, 4, 1], [400, 5, 2]];
  assert.equal(longestGap(points, 105, 120, "ms")!.ms, 40);
  assert.equal(longestGap(points, 90, 120, "ms")!.ms, 100);
  assert.equal(longestGap(points, 105, 200, "waited")!.waited, 10);
  assert.equal(longestGap(points, 105, 200, "ms")!.offset, 4);
  assert.equal(longestGap(points.slice(0, 1), 0, 1, "ms"), undefined);
  assert.deepEqual([offsetAt(points, -1), offsetAt(points, 100), offsetAt(points, 149), offsetAt(points, 999)], [0, 2, 3, 5]);
  const many = Array.from({ length: 10_000 }, (_, i): Point => [i, i, 0]), few = thin(many, 100);
  assert.ok(few.length <= 101 && few[0] === many[0] && few.at(-1) === many.at(-1));
});

/** A capture of one TCP segment with options. */
function capture(payload: string): Buffer {
  const f = Buffer.alloc(14 + 20 + 24 + payload.length), h = Buffer.alloc(24), r = Buffer.alloc(16);
  f.writeUInt16BE(0x0800, 12);
  f[14] = 0x45;
  f.writeUInt16BE(f.length - 14, 16);
  f[23] = 6;
  f.set([10, 0, 0, 1, 10, 0, 0, 2], 26);
  f.writeUInt16BE(80, 34);
  f.writeUInt16BE(4000, 36);
  f.writeUInt32BE(7, 38);
  f[46] = 0x60;
  f[47] = SYN;
  f.writeUInt16BE(512, 48);
  f.set([3, 3, 9, 0], 54);
  f.write(payload, 58);
  h.writeUInt32LE(0xa1b2c3d4, 0);
  h.writeUInt32LE(1, 20);
  r.writeUInt32LE(5, 0);
  r.writeUInt32LE(1500, 4);
  r.writeUInt32LE(f.length, 8);
  return Buffer.concat([h, r, f, r, f]);
}

test("a capture is read in whatever pieces it comes", () => {
  const bytes = capture("hello");
  for (const step of [1, 7, 1000]) {
    const got: Segment[] = [], reader = new PcapReader((t, f) => got.push(segment(t, f)!));
    for (let i = 0; i < bytes.length; i += step) reader.push(bytes.subarray(i, i + step));
    assert.equal(got.length, 2);
    const s = got[1];
    assert.deepEqual([s.t, s.src, s.dst, s.sport, s.dport, s.seq, s.flags, s.window, s.scale, s.length, s.payload.toString()], [5001.5, "10.0.0.1", "10.0.0.2", 80, 4000, 7, SYN, 512, 9, 5, "hello"]);
  }
  assert.throws(() => new PcapReader(() => {}).push(Buffer.alloc(24)), /magic 0x0/);
  assert.equal(segment(0, Buffer.alloc(60)), undefined);
});

test("a frame is late by the first frame's clock", () => {
  const f = new Frames(), say = (n: number, own: number, wall: number): void => {
    f.line(`[Parsed_showinfo_0 @ 0x5] n:${String(n).padStart(4)} pts: ${own * 90} pts_time:${own / 1000} pos: 1`);
    f.line(`[Parsed_showinfo_3 @ 0x6] n:${String(n).padStart(4)} pts: ${wall} pts_time:${wall / 1000} pos: 1`);
  };
  for (const [n, own, wall] of [[0, 0, 500], [1, 33.333, 533], [2, 66.667, 599], [3, 100, 634], [4, 133.333, 630]]) say(n, own, wall);
  assert.equal(f.line("frame=  300 fps= 30 q=-0.0 Lsize=N/A"), false);
  assert.deepEqual([f.played, f.late, Math.round(f.worst)], [5, 1, 34]);
  assert.equal(new Frames().worst, 0);
});

test("an answer's body is hashed without its head", () => {
  const b = new Body();
  for (const ch of "HTTP/1.1 200 OK\r\nA: b\r\n\r\nabc") b.push(Buffer.from(ch));
  assert.deepEqual([b.status, b.head, b.received, b.sha256().slice(0, 8)], ["HTTP/1.1 200 OK", 25, 3, "ba7816bf"]);
});

test("the upload's check is that of the service", async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), "check-"));
  try {
    await writeFile(path.join(dir, "a"), Buffer.from([1, 0, 0, 0, 2]));
    let h = 0;
    for (const w of [1, 2]) { const x = h ^ w; h = Math.imul(x << 5 | x >>> 27, 0x9e3779b1); }
    assert.equal(await sinkCheck(path.join(dir, "a")), (h >>> 0).toString(16).padStart(8, "0"));
  } finally { await rm(dir, { recursive: true }); }
});

const KILL: Kill = { t: 2000, node: "s0", successor: "s1", offset: 500, size: 1000, left: 0.5, leftAtServer: 0.8, stall: 47, stallFrom: 2010, gap: 60, after: 400 };
function stream(name: string, kills: Kill[]): Stream {
  const points = Array.from({ length: 51 }, (_, i): Point => [i * 100, i * 20, 1]);
  return { name, size: 1000, points, kills, connections: 1, resets: 0, resent: 0, digest: "aa", expected: "aa", gapMedian: 1, gapWorst: 9, waitWorst: 3, seconds: 5 };
}
const MACHINE: Machine = {
  node: "s0", board: "pc", machine: "pc", cpu: "pentium", memory: "16384 KiB", nics: "rtl8139 on pci", sha256: "ab".repeat(32), command: "qemu-system-i386 -m 16", counters: "{}", said: "<up>",
  runs: [{ pid: 7, genuine: true, found: "", killed: true }, { pid: 9, genuine: true, found: "", killed: false }],
};
function good(): Results {
  const none = { retransmitted: 0, timeouts: 0 };
  return structuredClone({
    began: "2000-01-01", fast: false, replicas: 3, system: "<test>", player: { program: "ffmpeg", exit: 0, frames: 3, played: 3, late: 0, worst: 4, lateness: [0, 4, 1], words: "" },
    video: stream("video", [KILL, { ...KILL, t: 3000, node: "s1", successor: "s2" }]), bulk: [stream("download", [KILL]), stream("upload", [KILL])],
    counters: { video: none, bulk: none }, events: [{ t: 1, text: "s0 killed" }], lost: 0, machines: [MACHINE],
  });
}

test("a run in which everything went well ends with 0", () => {
  assert.deepEqual(promises(good()).filter(p => !p.held), []);
  assert.equal(exitStatus(good()), 0);
});

const BREAK: Record<string, (r: Results) => void> = {
  "a frame is missing": r => { r.player.played = 2; },
  "the player fails": r => { r.player.exit = 1; },
  "a frame is late": r => { r.player.late = 1; },
  "one kill only": r => { r.video.kills.pop(); },
  "a byte of the video differs": r => { r.video.digest = "ab"; },
  "nothing is known of the video": r => { r.video.digest = r.video.expected = ""; },
  "a byte of the upload differs": r => { r.bulk[1].digest = "1 2"; },
  "the player connects again": r => { r.video.connections = 2; },
  "the successor delivers nothing": r => { r.video.kills[1].after = 0; },
  "nobody succeeds": r => { r.video.kills[0].successor = ""; },
  "all was sent before the kill": r => { r.video.kills[1].leftAtServer = 0.3; },
  "the bulk kill comes early": r => { r.bulk[0].kills[0] = { ...KILL, offset: 299 }; },
  "the bulk kill comes late": r => { r.bulk[1].kills[0] = { ...KILL, offset: 701 }; },
  "no bulk transfer": r => { r.bulk = []; },
  "a bulk transfer without its kill": r => { r.bulk[0].kills = []; },
  "a reset on the wire": r => { r.bulk[1].resets = 1; },
  "the capture misses the end": r => { r.bulk[0].points.pop(); },
  "the capture lost packets": r => { r.lost = 1; },
  "a board is another program": r => { r.machines[0].runs[1] = { pid: 9, genuine: false, found: "process 9 is sleep", killed: false }; },
  "a board never ran": r => { r.machines[0].runs = []; },
  "the run ends early": r => { r.error = "it broke"; },
};
for (const [name, spoil] of Object.entries(BREAK)) {
  test(`a promise is broken when ${name}`, () => {
    const r = good();
    spoil(r);
    assert.equal(exitStatus(r), 1);
    assert.match(report(r), /BROKEN/);
    assert.match(page(r), /promises broken/);
  });
}

test("the page needs nothing from outside and shows every kill", () => {
  const html = page(good());
  assert.doesNotMatch(html, /<script|src=|@import|url\(|<link/);
  assert.match(html, /Every promise held/);
  assert.equal(html.match(/<svg /g)!.length, 7);
  assert.match(html, /s0 killed, stall 47 ms/);
  assert.match(html, /&#60;test&#62;/);
  assert.match(html, /7 \(killed\), 9/);
  assert.match(html, /&#60;up&#62;/);
  assert.doesNotMatch(html, /NaN|Infinity|undefined/);
  const empty = good();
  Object.assign(empty, { bulk: [], video: { ...empty.video, points: [], kills: [] }, player: { ...empty.player, lateness: [], played: 0 } });
  assert.doesNotMatch(page(empty), /NaN|Infinity|undefined/);
});

test("ticks are round values in the range", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(0.2, 0.95, 4), [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(ticks(-3, 66, 4), [0, 20, 40, 60]);
});

test("the picture shows the chain, who is primary and who is dead", () => {
  const lines = draw({
    t: 65_400, title: "video", view: 3, stalls: [{ node: "s0", ms: 47.4 }], events: [{ t: 1000, text: "s0 killed, the primary" }],
    chain: [{ name: "s0", state: "dead", produced: 0, received: 0 }, { name: "s1", state: "primary", produced: 1_234_567, received: 99 }, { name: "s2", state: "outside", produced: 0, received: 0 }],
    work: [{ name: "video", share: 0.5, remark: "frame 3" }],
  });
  assert.match(lines[0], /^01:05\.4 {2}video .*view 3$/);
  assert.match(lines[2], / x s0 {2}dead/);
  assert.match(lines[3], /client --- redirector --\+- \* s1 {2}primary {2}1,234,567 out, 99 in/);
  assert.match(lines[4], / \. s2 {2}outside/);
  assert.ok(lines.every(l => l.length <= 78));
  assert.ok(lines.some(l => l.includes("stall at each kill: 47 ms (s0)")) && lines.some(l => l.includes("s0 killed")));
  assert.equal(paint("  00:01.0  s0 killed, the primary"), "  00:01.0  \x1b[31ms0 killed, the primary\x1b[0m");
  assert.deepEqual([bar(0, 4), bar(0.5, 4), bar(7, 4)], ["----", "##--", "####"]);
});
