// The report as one HTML page that needs nothing else.

import { LATE_MS } from "./frames.ts";
import { type Point, thin } from "./follow.ts";
import { escape, type Mark, plot } from "./plot.ts";
import { type Kill, type Machine, percent, promises, type Results, short, type Stream } from "./results.ts";

const WIDE = 940, NARROW = 455, TALL = 250, LOW = 190;
/** What a close-up of a kill shows before and after it, milliseconds. */
const BEFORE = 400, AFTER = 800;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5d6b78; --line: #d8dee4; --paper: #ffffff; --a: #1f6fb2; --b: #d9822b; --kill: #c0392b; --good: #1d7f4e; --shade: #c0392b22; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa7b3; --line: #33404c; --paper: #151b21; --a: #58a6e0; --b: #eba25c; --kill: #f0776a; --good: #5cc68f; --shade: #f0776a2e; } }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--paper); max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } p { margin: .4rem 0; } .soft { color: var(--soft); }
.verdict { display: inline-block; margin: 1rem 0; padding: .35rem .9rem; border-radius: 4px; color: #fff; font-weight: 600; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; } .tile { flex: 1 1 104px; border: 1px solid var(--line); border-radius: 6px; padding: .5rem .8rem; }
.tile b { display: block; font-size: 1.15rem; } .tile span { color: var(--soft); font-size: .82rem; }
svg { width: 100%; height: auto; display: block; margin: .8rem 0; } .pair { display: flex; flex-wrap: wrap; gap: 1rem; } .pair svg { flex: 1 1 400px; width: auto; min-width: 0; }
svg text { font: 11px system-ui, "DejaVu Sans", sans-serif; fill: var(--ink); } svg .title { font-size: 13px; font-weight: 600; } svg .tick { fill: var(--soft); } svg .mark { fill: var(--kill); font-weight: 600; }
svg .grid { stroke: var(--line); } svg .limit { stroke: var(--kill); } svg .span { fill: var(--shade); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; } td, th { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } .held { color: var(--good); font-weight: 600; } .broken { color: var(--kill); font-weight: 600; } code { font-size: .85em; } td code { word-break: break-all; } pre { white-space: pre-wrap; word-break: break-all; font-size: .8em; }`;

const EXPLAIN = `<p class="soft">Stall: the longest time around the kill without a new byte at the client although it had room for one. Longest gap: the same, room or not; a player
that reads in real time leaves gaps of its own.</p>`;
const num = (n: number): string => n.toLocaleString("en-US");
const xy = (points: Point[], most = 1200): [number, number][] => thin(points, most).map(([t, n]) => [t, n]);

/** The whole page. */
export function page(r: Results): string {
  const all = promises(r), held = all.every(p => p.held), streams = [r.video, ...r.bulk], kills = streams.flatMap(s => s.kills.map(k => ({ s, k })));
  const body = [
    `<h1>HydraNet: what the client saw</h1><p class="soft">${escape(r.began)}, ${r.replicas} replica${r.replicas === 1 ? "" : "s"}${r.fast ? ", fast run" : ""}. ${escape(r.system)}</p>`,
    `<div class="verdict" style="background:${held ? "#1d7f4e" : "#b03024"}">${held ? "Every promise held" : `${all.filter(p => !p.held).length} of ${all.length} promises broken`}</div>`,
    tiles(r, kills.map(x => x.k)), "<h2>Video, played in real time while two primaries die</h2>", videoPlots(r),
    r.bulk.length ? "<h2>100 MB down and up through a third kill</h2>".replace("100 MB", `${Math.round(r.bulk[0].size / 1e6)} MB`) + bulkPlots(r) : "",
    kills.length ? "<h2>Kills</h2>" + killTable(kills) + EXPLAIN : "", "<h2>Bytes</h2>", byteTable(streams), "<h2>Promises</h2>", promiseTable(all), r.machines.length ? "<h2>Boards</h2>" + machineTables(r.machines) : "", "<h2>Events</h2>", eventTable(r),
  ];
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>HydraNet demonstration</title><style>${STYLE}</style></head>\n<body>\n${body.join("\n")}\n</body></html>\n`;
}

function tiles(r: Results, kills: Kill[]): string {
  const c = r.counters, tile = (value: string, what: string): string => `<div class="tile"><b>${escape(value)}</b><span>${escape(what)}</span></div>`;
  const resets = [r.video, ...r.bulk].reduce((n, s) => n + s.resets, 0);
  return `<div class="tiles">${[
    tile(`${num(r.player.played)} / ${num(r.player.frames)}`, "frames played"), tile(String(r.player.late), `frames late by more than ${LATE_MS} ms`),
    tile(kills.length ? `${kills.map(k => Math.round(k.stall)).join(", ")} ms` : "none", "stall at each kill"), tile(`${c.video.retransmitted + c.bulk.retransmitted}`, "segments the client sent again"),
    tile(`${c.video.timeouts + c.bulk.timeouts}`, "its retransmission timeouts"), tile(String(resets), "resets seen"),
  ].join("")}</div>`;
}

const marks = (kills: Kill[]): Mark[] => kills.map(k => ({ x: k.t, label: `${k.node} killed, stall ${Math.round(k.stall)} ms` }));

function videoPlots(r: Results): string {
  const v = r.video, t0 = v.points[0]?.[0] ?? 0, end = Math.max(v.points.at(-1)?.[0] ?? 1, t0 + 1), span = Math.max(1, r.player.frames) * 1000 / 30;
  const to = Math.max(end, t0 + span), first = r.player.lateness.length ? to - span : t0;
  const played: [number, number][] = r.player.lateness.map((ms, i) => [first + i * 1000 / 30 + ms, (i + 1) / r.player.frames * v.size]);
  const x = { from: t0, to, unit: "seconds", scale: 1000 };
  const late = r.player.lateness.map((ms, i): [number, number] => [i, ms]), top = Math.max(2 * LATE_MS, r.player.worst * 1.1);
  return plot({
    title: "Bytes received by the client, and played", width: WIDE, height: TALL, x, y: { from: 0, to: v.size, unit: "MB", scale: 1e6 }, marks: marks(v.kills),
    series: [{ name: "received", points: xy(v.points), colour: "var(--a)", step: true, fill: true }, { name: "played", points: thin(played, 600), colour: "var(--b)" }],
  }) + plot({
    title: "Lateness of each frame", width: WIDE, height: LOW, x: { from: 0, to: Math.max(1, r.player.frames), unit: "frame" }, y: { from: Math.min(0, ...r.player.lateness.slice(0, 5000)), to: top, unit: "ms" },
    series: [{ name: "lateness", points: late, colour: "var(--b)" }], limit: { y: LATE_MS, label: `late from here on (${LATE_MS} ms)` },
  }) + `<div class="pair">${v.kills.map(k => closeUp(v, k)).join("")}</div>`;
}

function bulkPlots(r: Results): string {
  const from = Math.min(...r.bulk.map(s => s.points[0]?.[0] ?? Infinity)), to = Math.max(...r.bulk.map(s => s.points.at(-1)?.[0] ?? 0)), colours = ["var(--a)", "var(--b)"];
  if (!(to > from)) return "";
  const kill = r.bulk.flatMap(s => s.kills)[0];
  return plot({
    title: "Bytes transferred", width: WIDE, height: TALL, x: { from, to, unit: "seconds", scale: 1000 }, y: { from: 0, to: Math.max(...r.bulk.map(s => s.size)), unit: "MB", scale: 1e6 },
    marks: kill ? [{ x: kill.t, label: `${kill.node} killed, stall ${r.bulk.map(s => `${Math.round(s.kills[0]?.stall ?? 0)} ms (${s.name})`).join(", ")}` }] : [],
    series: r.bulk.map((s, i) => ({ name: s.name, points: xy(s.points), colour: colours[i], step: true })),
  }) + `<div class="pair">${r.bulk.flatMap(s => s.kills.map(k => closeUp(s, k))).join("")}</div>`;
}

/** The moments around a kill, byte by byte. */
function closeUp(s: Stream, k: Kill): string {
  const from = k.t - BEFORE, to = k.t + Math.max(AFTER, k.stall * 1.3), inside = s.points.filter(p => p[0] >= from && p[0] <= to);
  if (inside.length === 0) return "";
  const low = inside[0][1], high = Math.max(inside.at(-1)![1], low + 1);
  return plot({
    title: `${s.name}: around the kill of ${k.node}`, width: NARROW, height: LOW, x: { from, to, unit: "seconds", scale: 1000 }, y: { from: low, to: high, unit: "MB", scale: 1e6 },
    series: [{ name: s.name, points: xy(inside, 800), colour: "var(--a)", step: true }], marks: [{ x: k.t, label: `stall ${Math.round(k.stall)} ms` }],
    span: { from: k.stallFrom, to: k.stallFrom + k.stall, label: "stall" },
  });
}

function table(head: string[], rows: string[][], numbers: number[] = []): string {
  const cls = (i: number): string => numbers.includes(i) ? ' class="n"' : "";
  return `<table><tr>${head.map((h, i) => `<th${cls(i)}>${escape(h)}</th>`).join("")}</tr>${rows.map(r => `<tr>${r.map((c, i) => `<td${cls(i)}>${c}</td>`).join("")}</tr>`).join("")}</table>`;
}

function killTable(kills: { s: Stream; k: Kill }[]): string {
  return table(["at", "killed", "stream", "stall", "longest gap", "offset then", "left", "of it at the server", "successor", "delivered by it"], kills.map(({ s, k }) => [
    `${(k.t / 1000).toFixed(2)} s`, escape(k.node), escape(s.name), `${k.stall.toFixed(0)} ms`, `${k.gap.toFixed(0)} ms`, num(k.offset), percent(k.left), percent(k.leftAtServer), escape(k.successor || "nobody"), num(k.after),
  ]), [3, 4, 5, 6, 7, 9]);
}

function byteTable(streams: Stream[]): string {
  return table(["stream", "bytes", "seconds", "check of what arrived", "equal to the original", "undisturbed: longest stall", "longest gap", "median gap", "sent again by the client"], streams.map(s => [
    escape(s.name), num(s.points.at(-1)?.[1] ?? 0), s.seconds.toFixed(1), `<code>${escape(short(s.digest))}</code>`, verdict(s.digest === s.expected && s.digest !== "", "yes", "no"),
    `${s.waitWorst.toFixed(0)} ms`, `${s.gapWorst.toFixed(0)} ms`, `${s.gapMedian.toFixed(1)} ms`, num(s.resent),
  ]), [1, 2, 5, 6, 7, 8]);
}

const verdict = (held: boolean, yes: string, no: string): string => `<span class="${held ? "held" : "broken"}">${held ? yes : no}</span>`;

const promiseTable = (all: ReturnType<typeof promises>): string => table(["", "promise", "found"], all.map(p => [verdict(p.held, "held", "broken"), escape(p.text), escape(p.found)]));

function machineTables(all: Machine[]): string {
  const rows = all.map(m => [escape(m.node), escape(m.board), escape(`${m.machine}, ${m.cpu}, ${m.memory}`), escape(m.nics), `<code>${escape(m.sha256)}</code>`, m.runs.map(x => `${x.pid}${x.killed ? " (killed)" : ""}`).join(", ")]);
  const more = all.map(m => `<details><summary>${escape(m.node)}: command line, counters of its drivers, console</summary><pre>${escape(m.command)}\n\n${escape(m.counters)}\n\n${escape(m.said)}</pre></details>`);
  return table(["node", "board", "machine in QEMU", "NICs", "SHA-256 of the image, as built in this run", "processes"], rows) + more.join("\n");
}

const eventTable = (r: Results): string => table(["at", "event"], r.events.map(e => [`${(e.t / 1000).toFixed(2)} s`, escape(e.text)]), [0]);
