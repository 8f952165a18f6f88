// The campaign as one self-contained page: what was run, the distribution of stalls, what failed.

import { escape, plot } from "../demo/plot.ts";
import type { Entry, Row } from "./results.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2733; --paper: #fff; --soft: #667; --line: #d8dde3; --dot: #2463a8; --bad: #c0392b; --kill: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #dde3ea; --paper: #14181d; --soft: #9aa5b1; --line: #333c46; --dot: #6aa7e8; --bad: #ff7a6b; --kill: #ff7a6b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: right; } th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
svg { width: 100%; height: auto; } .tick { font: 11px system-ui, sans-serif; fill: var(--soft); } .name { font: 12px system-ui, sans-serif; fill: var(--ink); } .grid { stroke: var(--line); }
.grid2 { display: grid; grid-template-columns: repeat(auto-fill, minmax(34rem, 1fr)); gap: .5rem; } .title { font: 600 13px system-ui, sans-serif; fill: var(--ink); } .mark { font: 11px system-ui, sans-serif; }
.dot { fill: var(--dot); fill-opacity: .55; } .failed { fill: var(--bad); } .limit { stroke: var(--bad); stroke-dasharray: 4 3; } .mid { stroke: var(--ink); stroke-width: 2; } .bad { color: var(--bad); } p.soft { color: var(--soft); }`;

const WIDTH = 1000, LEFT = 190, RIGHT = 20, ROW = 22, TOP = 10;
const TICKS = [0, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

/** Stalls on a logarithmic axis that begins at nought. */
function strips(rows: Row[], entries: Entry[]): string {
  const most = Math.max(200, ...rows.map(r => r.worst)), end = Math.log1p(TICKS.find(t => t >= most) ?? most), height = TOP + rows.length * ROW + 26;
  const x = (ms: number): number => LEFT + Math.log1p(ms) / end * (WIDTH - LEFT - RIGHT), n1 = (v: number): string => v.toFixed(1), floor = TOP + rows.length * ROW;
  const out = [`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Stalls by class and phase">`];
  for (const t of TICKS.filter(t => Math.log1p(t) <= end + 1e-9)) out.push(`<line x1="${n1(x(t))}" x2="${n1(x(t))}" y1="${TOP}" y2="${floor}" class="grid"/><text x="${n1(x(t))}" y="${floor + 15}" text-anchor="middle" class="tick">${t}${t === 0 ? " ms" : ""}</text>`);
  rows.forEach((r, i) => out.push(strip(r, entries, TOP + i * ROW, x)));
  return `${out.join("")}</svg>`;
}

function strip(r: Row, entries: Entry[], y: number, x: (ms: number) => number): string {
  const own = entries.filter(e => e.class === r.fault.name && e.phase === r.phase), mid = y + ROW / 2;
  const dots = own.map((e, i) => `<circle cx="${x(e.stall).toFixed(1)}" cy="${(mid + (i * 7 % 11 - 5)).toFixed(1)}" r="2.6" class="dot${e.ok ? "" : " failed"}"><title>run ${e.run + 1}: ${e.stall} ms</title></circle>`);
  const limit = r.fault.bars.worst === undefined ? "" : `<line x1="${x(r.fault.bars.worst).toFixed(1)}" x2="${x(r.fault.bars.worst).toFixed(1)}" y1="${y + 2}" y2="${y + ROW - 2}" class="limit"/>`;
  const line = r.runs ? `<line x1="${x(r.median).toFixed(1)}" x2="${x(r.median).toFixed(1)}" y1="${y + 3}" y2="${y + ROW - 3}" class="mid"/>` : "";
  return `<text x="${LEFT - 10}" y="${mid + 4}" text-anchor="end" class="name">${escape(`${r.fault.name} ${r.phase}`)}</text>${dots.join("")}${limit}${line}`;
}

const COLOURS = ["#2463a8", "#c0392b", "#2a8f5b", "#b7791f", "#7d4cc2", "#4a5866"];

/** Of a class: which part of its runs stalled no longer than so many milliseconds, a line per phase. */
function distribution(whole: Row, rows: Row[]): string {
  const most = Math.max(whole.worst, whole.fault.bars.worst ?? 0, 1);
  const series = rows.filter(r => r.fault === whole.fault && r.runs > 0).map((r, i) => ({
    name: r.phase, colour: COLOURS[i % COLOURS.length], step: true, points: [[0, 0], ...r.stalls.map((v, k) => [v, (k + 1) / r.runs * 100]), [most, 100]] as [number, number][],
  }));
  const marks = whole.fault.bars.worst === undefined ? [] : [{ x: whole.fault.bars.worst, label: "promised" }];
  return plot({ title: `${whole.fault.name}: stalls, ${whole.runs} runs`, width: 720, height: 260, x: { from: 0, to: most, unit: "ms" }, y: { from: 0, to: 100, unit: "% of the runs" }, series, marks });
}

const cells = (r: Row): string => `<tr><td>${escape(r.fault.name)}</td><td>${r.phase}</td><td${r.passed < r.wanted ? ' class="bad"' : ""}>${r.passed}/${r.wanted}</td><td>${r.median.toFixed(1)}</td><td>${r.p90.toFixed(1)}</td><td>${r.worst.toFixed(1)}</td><td>${r.timeouts}</td><td>${r.retransmissions}</td><td>${r.probes}</td><td>${r.resets}</td></tr>`;
const rowsOf = (rows: Row[]): string => `<table><thead><tr><th>class<th>phase<th>passed<th>median ms<th>p90<th>worst<th>RTO<th>retransmitted<th>TLP<th>resets</tr></thead><tbody>${rows.map(cells).join("")}</tbody></table>`;

/** `rows`: class by phase; `whole`: each class. */
export function page(rows: Row[], whole: Row[], entries: Entry[], basis: string): string {
  const missed = rows.flatMap(r => r.missed), failed = entries.filter(e => !e.ok);
  const what = [...new Set(rows.map(r => r.fault))].map(f => `<li><b>${escape(f.name)}</b>: ${escape(f.what)}.</li>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Failure campaign</title><style>${STYLE}</style>
<h1>Failure campaign</h1><p>${missed.length === 0 ? "Every promise held." : `<span class="bad">Missed:</span>`}</p>${missed.length ? `<ul class="bad">${missed.map(m => `<li>${escape(m)}</li>`).join("")}</ul>` : ""}
<p class="soft">${escape(basis)}. A stall is the longest silence of a client's socket after the fault, less the undisturbed median; dots are runs, the bar is their median, the dashed line what is promised.</p>
<h2>Classes</h2>${rowsOf(whole)}
<h2>Distributions</h2><div class="grid2">${whole.map(w => distribution(w, rows)).join("")}</div>
<h2>Every run</h2>${strips(rows, entries)}
<h2>Classes by phase</h2>
${rowsOf(rows)}
<ul>${what.join("")}</ul>
${failed.length ? `<h2>Failed runs</h2><ul>${failed.map(e => `<li>${escape(`${e.class}/${e.phase} ${e.run + 1}: ${e.failures.join("; ")}`)}</li>`).join("")}</ul>` : ""}</html>\n`;
}
